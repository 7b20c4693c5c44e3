"""What a frontier is made of: a YAML file that names cells and networks to train, and the flow that shrinks them; and
what each of them comes to, a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bridge.coding.score import score
from bridge.errors import InputError
from bridge.files import read_bytes

TREES, THRESHOLD, FLOAT, GRU = "trees", "threshold", "float", "gru"
MELTED, UNMELTED = (TREES, THRESHOLD), (FLOAT, GRU)
PARALLEL, NEURONS = "parallel", "neurons"  # forms of what is evaluated once a byte
TOTALS = ("total", "coded_total", "packed_total")
KINDS = (*MELTED, *UNMELTED)


@dataclass(frozen=True)
class Member:
    """`kind`: one of KINDS; `options`: of its training, those that are not the default ones."""

    name: str
    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """`flow`: a shipped one or a path; `members` have distinct names."""

    flow: str
    members: tuple[Member, ...]

    def only(self, names: list[str]) -> Family:
        """Those of these names; InputError for one that is not there."""
        for name in names:
            if name not in (member.name for member in self.members):
                known = ", ".join(member.name for member in self.members)
                raise InputError(f"the family has no member {name!r}; there are {known}")
        return Family(self.flow, tuple(member for member in self.members if member.name in names))


@dataclass(frozen=True)
class Row:
    """One model on the held-out part, or on the whole text if `heldout_bytes` is 0. `form`: of a cell, "serial",
    PARALLEL, NEURONS for trees that are written as neurons, or "unrolled" for the parallel form of a serial one; else
    "". `ands_before`: as lowered; `ands`, `levels`: after the flow; `evaluations_mean`, `evaluations_max`: of the
    netlist per byte; `training_seconds`, `steps` (trees, of a forest), `seed`: of its training, None where there is
    none; `proof`: of lowering and flow.

    What has to be sent besides the text, None where that is not said: `circuit_bits`: of the smallest netlist that is
    proven, by the bound (`bridge.coding.score`), of a network all weights as float32; `coded_bits`: of that netlist as
    it is coded; `packed_bits`: of the packed cell, of a network what xz makes of the weights as float16. All are 0 for
    programs that are everywhere. `whole_bytes`: of the text that shares it."""

    member: str
    kind: str
    form: str
    bits_per_byte: float
    heldout_bytes: int
    ands_before: int | None = None
    ands: int | None = None
    levels: int | None = None
    evaluations_mean: float | None = None
    evaluations_max: int | None = None
    training_seconds: float | None = None
    steps: int | None = None
    seed: int | None = None
    verdict: str = ""
    proof: str = ""
    flow: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    whole_bytes: int | None = None
    circuit_bits: float | None = None
    coded_bits: float | None = None
    packed_bits: float | None = None

    @property
    def total(self) -> float | None:
        """The score with what `circuit_bits` says."""
        return self._with(self.circuit_bits)

    @property
    def coded_total(self) -> float | None:
        """The score with what `coded_bits` says."""
        return self._with(self.coded_bits)

    @property
    def packed_total(self) -> float | None:
        """The score with what `packed_bits` says."""
        return self._with(self.packed_bits)

    def _with(self, bits: float | None) -> float | None:
        if bits is None or not self.whole_bytes:
            return None
        return score(self.bits_per_byte, bits, self.whole_bytes)

    @property
    def of_whole_text(self) -> bool:
        """Is it measured on all of the text, of which then nothing is held out?"""
        return not self.heldout_bytes

    def facts(self) -> dict[str, Any]:
        """JSON-able, with all scores."""
        return {**asdict(self), **{key: getattr(self, key) for key in TOTALS}}

    @property
    def sure_ands(self) -> int:
        """ANDs of the smallest netlist that is proven: as lowered, where the flow's result is not."""
        return (self.ands if self.verdict == "equivalent" else self.ands_before) or 0


def load_family(path: Path) -> Family:
    """Read `{flow: NAME, members: [{name, kind, options}, ..]}`; InputError for anything else."""
    try:
        facts = yaml.safe_load(read_bytes(path, "a family (YAML)", 1 << 20))
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(facts, dict) or facts.keys() - {"flow", "members"} or not isinstance(facts.get("members"), list):
        raise InputError(f"{path}: a family has the keys flow and members, a list")
    members = tuple(_member(entry, f"{path}: member {place}") for place, entry in enumerate(facts["members"], 1))
    if len({member.name for member in members}) < len(members):
        raise InputError(f"{path}: two members have the same name")
    return Family(str(facts.get("flow", "shrink")), members)


def _member(entry: Any, place: str) -> Member:
    if (
        not isinstance(entry, dict)
        or entry.keys() - {"name", "kind", "options"}
        or not entry.keys() >= {"name", "kind"}
    ):
        raise InputError(f"{place} needs a name and a kind, and may have options")
    options = entry.get("options", {})
    if entry["kind"] not in KINDS or not isinstance(options, dict) or not isinstance(entry["name"], str):
        raise InputError(f"{place}: kind must be one of {', '.join(KINDS)}, name a text, options a mapping")
    if "," in entry["name"]:
        raise InputError(f"{place}: a name has no comma, which is what separates names on the command line")
    return Member(entry["name"], entry["kind"], options)
