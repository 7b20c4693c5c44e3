"""What bits follow in the text: for every feature the bit that is most like it."""

from __future__ import annotations

from bridge.analysis.text.statistics import text_statistics
from bridge.printable import Listener
from bridge.report.part import Facts, Page, Part, Task
from bridge.report.signals import Record, SignalBook

STATISTICS = 100_000  # bytes of text
FEATURES = 6  # of a bit
ON, OFF = 5, 3  # example contexts


def _measure(page: Page, _progress: Listener) -> None:
    assert page.text is not None
    aig, shown = page.subject.aig, page.text.data[:STATISTICS]
    page.found.statistics = text_statistics(aig, shown)


def _facts(page: Page) -> Facts | None:
    """For every feature of the text the bit that follows it best, and how well any bit does by chance."""
    found, text = page.found.statistics, page.text
    if found is None or text is None or not found.features or not found.bits:
        return None
    chance, summed = found.moved, found.overlap()
    best, by_chance = found.shares.argmax(axis=0), chance.shares.max(axis=0)
    rows = []
    for place, name in enumerate(found.features):
        bit = int(best[place])
        row = {"name": name, "share": 100 * found.feature_ones[place] / found.positions, "bit": found.bits[bit]}
        row |= {"likeness": found.shares[bit, place], "bits": found.information[bit, place]}
        row |= {"chance": by_chance[place]}
        rows.append(row | {"carriers": int(summed.bits_per_feature[place])})
    rows.sort(key=lambda row: -row["likeness"])
    means = summed.summary()
    pairs, moved_pairs, random_pairs = (int(one.bits_per_feature.sum()) for one in (summed, *summed.nulls.values()))
    sentence = (
        f"On {found.positions:,} bytes of {text.name} the netlist was in {found.distinct_states:,} different states. "
        f"Feature overlap: a bit that carries any of {len(found.features)} features carries "
        f"{means['features_per_carrying_bit']:.1f} of them on average; a feature that is carried is carried by "
        f"{means['bits_per_carried_feature']:.1f} bits."
    )
    caption = (
        f"Measured on the first {found.positions:,} bytes. Likeness: mutual information over the geometric mean of the "
        "two entropies, 1 for equal or complementary; information is in bits. A bit carries a feature from a likeness "
        f"of {summed.threshold:g} on. By chance: the best likeness of all {len(found.bits):,} bits to the same feature "
        f"half a text away; there no bit has more than {chance.information.max():.4f} bits of information, and "
        f"{moved_pairs:,} pairs of bit and feature carry, of random bits that are 1 as often {random_pairs:,}, here "
        f"{pairs:,}."
    )
    return {"sentence": sentence, "caption": caption, "rows": rows}


def _data(page: Page) -> Facts:
    return {"features": list(page.found.statistics.features) if page.found.statistics is not None else []}


def _records(page: Page, _book: SignalBook, records: dict[str, Record]) -> None:
    statistics = page.found.statistics
    if statistics is None:
        return
    chance = statistics.moved
    places = {feature: place for place, feature in enumerate(statistics.features)}
    shares = (statistics.ones / max(1, statistics.positions)).tolist()
    for row, (name, share) in enumerate(zip(statistics.bits, shares, strict=True)):
        record = records[name]
        record["ones"] = round(share, 4)
        record["features"] = []
        for feature, bits, part in statistics.best_features(name, FEATURES):
            place = places[feature]
            by_chance = [round(float(facts[row, place]), 4) for facts in (chance.information, chance.shares)]
            if bits > 0.0005:
                record["features"].append([place, round(bits, 4), round(part, 3), *by_chance])
        for key, value, count in (("on", 1, ON), ("off", 0, OFF)):
            record[key] = [[context.text, context.place] for context in statistics.examples(name, value)[:count]]


PART = Part(
    "features",
    "What bits follow",
    heading="What the bits follow in the text",
    order=50,
    tasks=(Task("features", _measure, order=90, share=0.15, needs="bits per byte"),),
    absent="Left out: the netlist names no bits.",
    facts=_facts,
    about=lambda subject: not subject.classes,
    data=_data,
    records=_records,
)
