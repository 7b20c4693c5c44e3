"""Flows: YAML recipes for ABC and Yosys, run step by step, every result proven."""

from bridge.flow.compare import compare
from bridge.flow.result import Counts, FlowProgress, FlowResult, StepError, StepRecord
from bridge.flow.run import resume_flow, run_flow
from bridge.flow.schema import Flow, load_flow
from bridge.flow.table import Row, Table

__all__ = [
    "Counts",
    "Flow",
    "FlowProgress",
    "FlowResult",
    "Row",
    "StepError",
    "StepRecord",
    "Table",
    "compare",
    "load_flow",
    "resume_flow",
    "run_flow",
]
