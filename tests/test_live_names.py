"""The scripts of the page share one scope: what two of them call by one name, only the last of them has."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import bridge

WEB = Path(bridge.__file__).parent / "report" / "web"
DECLARED = re.compile(r"^(?:async )?(?:function\*?|const|let|class) (\w+|\[[^\]]*\])", re.MULTILINE)


def test_no_two_scripts_declare_one_name() -> None:
    scripts = [path for folder in (".", "live", "parts") for path in WEB.joinpath(folder).glob("*.js")]
    assert len(scripts) > 30
    found = Counter(
        name
        for script in scripts
        for declared in DECLARED.findall(script.read_text("utf-8"))
        for name in re.findall(r"\w+", declared)
    )
    assert [name for name, count in found.items() if count > 1] == []
