"""What a frontier is made of: a YAML file that names cells and networks to train, and the flow that shrinks them; and
what each of them comes to, a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bridge.errors import InputError
from bridge.files import read_bytes

TREES, THRESHOLD, FLOAT, GRU = "trees", "threshold", "float", "gru"
MELTED, UNMELTED = (TREES, THRESHOLD), (FLOAT, GRU)
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
    """One model on the held-out part. `form`: of a cell, "serial", "parallel", or "unrolled" for the parallel form of a
    serial one; else "". `ands_before`: as lowered; `ands`, `levels`: after the flow; `evaluations_mean`,
    `evaluations_max`: of the netlist per byte; `training_seconds`, `steps` (trees, of a forest), `seed`: of its
    training, None where there is none; `proof`: of lowering and flow."""

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
