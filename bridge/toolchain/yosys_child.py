"""Run one Yosys script through libyosys; started as a script of its own, since a Yosys error ends the interpreter.

Arguments: the folder that holds the package pyosys, the script file.
"""

from __future__ import annotations

import sys


def main(packages: str, script: str) -> None:
    sys.path.insert(0, packages)
    from pyosys import libyosys

    libyosys.run_pass(f"script {script}", libyosys.Design())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
