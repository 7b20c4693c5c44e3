"""Libraries of cells for tests."""

from __future__ import annotations

from collections.abc import Sequence

CELLS = (
    ("INVX", 1.0, "A", "!A"),
    ("BUFX", 1.5, "A", "A"),
    ("ND2", 2.0, "AB", "(A B)'"),
    ("NR2", 2.0, "AB", "!(A+B)"),
    ("XR2", 4.0, "AB", "A^B"),
    ("AO21", 3.5, "ABC", "(A&B) | C"),
)
_HEAD = """library(test) {
  delay_model : table_lookup;
  time_unit : "1ns"; capacitive_load_unit (1,pf); voltage_unit : "1V"; current_unit : "1mA";
  pulling_resistance_unit : "1kohm"; leakage_power_unit : "1nW";
  lu_table_template(t) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1("0.01, 0.1, 1.0"); index_2("0.001, 0.01, 0.1");
  }
"""
_TABLE = '(t) { values("0.1,0.2,0.5", \\\n "0.3,0.4,0.6", "0.35,0.45,0.65"); }'
_TABLES = " ".join(f"{name}{_TABLE}" for name in ("cell_rise", "rise_transition", "cell_fall", "fall_transition"))


def liberty(cells: Sequence[tuple[str, float, str, str]] = CELLS, more: str = "") -> str:
    """A Liberty file; cells: (name, area, one-letter inputs, function); more: text of other groups."""
    return _HEAD + "".join(_cell(*cell) for cell in cells) + more + "}\n"


def _cell(name: str, area: float, inputs: str, function: str) -> str:
    pins = "".join(f"    pin({pin}) {{ direction : input; capacitance : 0.01; }}\n" for pin in inputs)
    timing = "".join(f'timing() {{ related_pin : "{pin}"; {_TABLES} }}\n' for pin in inputs)
    out = f'    pin(Y) {{ direction : output; max_capacitance : 1.0; function : "{function}";\n{timing} }}\n'
    return f"  cell({name}) {{ area : {area}; /* a comment */\n{pins}{out}  }}\n"
