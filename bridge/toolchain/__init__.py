"""External programs: find ABC and Yosys, run one under limits, see whether it failed."""

from bridge.toolchain.doctor import Fact, doctor
from bridge.toolchain.locate import Tool, ToolName, all_of, locate
from bridge.toolchain.process import Limits, ToolRunError
from bridge.toolchain.run import ToolRun, run_tool

__all__ = ["Fact", "Limits", "Tool", "ToolName", "ToolRun", "ToolRunError", "all_of", "doctor", "locate", "run_tool"]
