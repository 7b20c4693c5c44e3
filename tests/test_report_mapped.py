"""Mapped figures of the page."""

from __future__ import annotations

from pathlib import Path

from support.command_line import Call


def test_tables_and_cells_of_the_page_may_be_others(call: Call, tmp_path: Path) -> None:
    pin = "PIN * INV 1 9 1 0 1 0"
    library = tmp_path / "few.genlib"
    gates = ("inv 1 O=!a; " + pin, "nand 2 O=!(a*b); " + pin, "zero 0 O=CONST0;", "one 0 O=CONST1;")
    library.write_text("".join(f"GATE {gate}\n" for gate in gates))
    call("lower", "tiny", "-o", "tiny.aig")
    done = call("report", "tiny.aig", "-o", "page.html", "--lut-size", "4", "--library", str(library))
    assert done.code == 0, done.err
    page = Path("page.html").read_text()
    assert "Lookup tables of 4 inputs, and cells of the library <code>few.genlib</code>, by ABC" in page
    stats = call("stats", "tiny.aig", "--lut-size", "4", "--library", str(library), "--json").json
    assert f'<td class="number">{stats["luts"]:,}</td>' in page
    assert f'<td class="number">{stats["area"]:,.1f}</td>' in page
