"""The scripts of the page share one scope, where the last of two functions of a name would win without a word."""

from __future__ import annotations

import re
from collections import Counter

from bridge.report.part import WEB
from bridge.report.parts import all_parts

DECLARED = re.compile(r"^(?:async )?(?:function\*?|const|let|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)


def test_no_name_is_declared_twice() -> None:
    own = [f"parts/{part.name}.js" for part in all_parts() if WEB.joinpath("parts", f"{part.name}.js").is_file()]
    names = [*(each.name for each in WEB.iterdir() if each.name.endswith(".js")), *own]
    names += [script for part in all_parts() for script in part.scripts if script not in own]
    declared = Counter(name for file in names for name in DECLARED.findall(WEB.joinpath(file).read_text("utf-8")))
    assert declared["element"] == 1
    assert [name for name, count in declared.items() if count > 1] == []
