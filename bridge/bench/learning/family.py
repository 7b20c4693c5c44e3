"""What a frontier is made of: a YAML file that names cells and networks to train, and the flow that shrinks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
