"""The shape of a cell for a budget of ANDs."""

from __future__ import annotations

from bridge.training.options import LayerOptions, TrainingOptions

SMALL = 20_000  # ANDs that the widths below belong to


def sized(ands: int) -> TrainingOptions:
    """Options for a cell of about so many ANDs (adders shared, before any flow) with a code head.

    All its weights compete for the budget; the widths, which say how many neurons may take part, grow more slowly.
    """
    width, bits = (max(1, round(small * (ands / SMALL) ** power)) for small, power in ((24, 0.6), (64, 0.3)))
    return TrainingOptions(
        embedding_bits=bits,
        window=4,
        layers=(
            LayerOptions(neurons=2 * width, latches=width, fan_in=16, embeddings=4),
            LayerOptions(neurons=4 * width, fan_in=16, embeddings=2, taps=(0, 2)),
        ),
        head_fan_in=20,
        head_embeddings=2,
        wiring="cell",
        head="code",
        ands=ands,
    )
