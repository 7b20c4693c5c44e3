"""The page in a real browser: no errors, search, links, keyboard, both colour schemes, hostile names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge import Cell
from bridge.aig import Aig, AigBuilder
from bridge.report import write_report
from bridge.resources import netlist_path
from support.browser import Browser
from support.texts import VERSES

pytestmark = pytest.mark.heavy

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '" onmouseover="window.hacked = 1',
    "{{ 7 * 7 }}{% raw %}",
    "100%[3]",
    "überall ‮ x[0]",
)


SHADES = (  # the colours that the matrix is drawn in
    "const canvas = document.querySelector('#plot-matrix canvas');"
    "const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
    "return [...new Set(new Uint32Array(data.buffer))]"
)


def point(browser: Browser, event: str, row: int, column: int) -> None:
    """At an entry of the matrix as it is shown."""
    browser.run(
        "const [svg, canvas] = ['svg', 'canvas'].map((tag) => document.querySelector(`#plot-matrix ${tag}`));"
        "const box = canvas.getBoundingClientRect(), { rows, columns } = heatmap;"
        "const along = (at, [from, to]) => (at - from + 0.5) / (to - from);"
        "const [name, row, column] = arguments;"
        "svg.dispatchEvent(new PointerEvent(name, { clientX: box.left + box.width * along(column, columns),"
        " clientY: box.top + box.height * along(row, rows) }))",
        event,
        row,
        column,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "text.txt").write_bytes(VERSES)
    cell = Cell.load(str(netlist_path("tiny.safetensors")))
    write_report([cell], folder / "page.html", text=str(folder / "text.txt"))
    return folder / "page.html"


def hostile_netlist() -> Aig:
    """Names as nobody should give them: inputs, latches, points and outputs."""
    builder = AigBuilder(HOSTILE[0])
    first, second = (builder.input(name) for name in HOSTILE[:2])
    latch = builder.latch(HOSTILE[2])
    inner = builder.and_(first, second)
    builder.point(HOSTILE[3], inner)
    builder.set_next(latch, builder.and_(inner, latch ^ 1))
    builder.output(HOSTILE[4], inner)
    builder.output(HOSTILE[5], latch)
    return builder.build()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_and_draws(browser: Browser, page: Path, scheme: str) -> None:
    browser.emulate(scheme=scheme)
    browser.open(page)
    browser.run("drawAll()")
    assert browser.run("return document.querySelectorAll('#plot-memory polyline').length") == 8
    assert browser.text("#plot-memory .key").startswith("state.")
    for choice in ("output", "neuron", "text", "age", "state"):
        browser.run(f"document.querySelector('[name=matrix][value={choice}]').click()")
        assert len(browser.run(SHADES)) > 1, choice
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) < 200) == (scheme == "dark")


def test_axes_are_named(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("return drawAll()")
    named = {
        "state": ("inverted: state bit or input", "affected: next state bit"),
        "output": ("inverted: state bit or input", "affected: output"),
        "neuron": ("inverted: neuron", "affected: next state bit or output"),
        "text": ("inverted: state bit", "changed: state bit, 1 byte later"),
        "age": ("inverted: state bit, longest remembered first", "changed: cost of a byte, so many bytes later"),
    }
    for choice, (rows, columns) in named.items():
        browser.run(f"document.querySelector('[name=matrix][value={choice}]').click()")
        assert browser.text("#plot-matrix .ytitle") == rows
        assert browser.text("#plot-matrix .xtitle") == columns
    assert "from 1, not from 0" in browser.text("#plot-memory .xtitle")
    assert "logarithmic, from 0.00001" in browser.text("#plot-memory .ytitle")


def go(browser: Browser, address: str) -> None:
    """To another address in the open page."""
    moved = "return new Promise((done) => { addEventListener('hashchange', () => done(), { once: true }); %s })"
    browser.run(moved % "location.hash = arguments[0]", address)


def test_unknown_addresses_say_so(browser: Browser, page: Path) -> None:
    unknown = "document.getElementById('unknown').textContent"
    browser.open(page, "#unheard-of")
    assert "no signal, block or section “unheard-of”" in browser.text("#unknown")
    for address in ("nonsense", "%", "signals/nonsense", "layer1.neurons[999]", "signal", "<img src=x>"):
        go(browser, address)
        assert f"no signal, block or section “{address}”" in browser.text("#unknown")
        assert "not found" in browser.run("return document.title")
    browser.open(page, "#layer1.neurons[999]")
    assert browser.text("#unknown a") == "layer1.neurons[0]"
    browser.run("document.querySelector('#unknown a').click()")
    assert browser.until("document.getElementById('signal-name')?.textContent") == "layer1.neurons[0]"
    assert browser.run(f"return {unknown}") == ""
    for address in ("", "#overview", "#content", "#memory", "#plot-matrix", "#layer1.neurons", "#signals/logit"):
        go(browser, address)
        assert browser.text("#unknown") == ""
    for address in ("logit.97", "logit.'a'", "logit.97[0]", "logit.'a'[2]"):
        go(browser, f"#{address}")
        assert browser.text("#signal-name").startswith("logit.97"), address
    browser.open(page, "#layer1.neurons")
    assert browser.run("return document.querySelector('#signal-list details[open]').dataset.block") == "layer1.neurons"


def test_search_finds_signals_and_symbols(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.press("/")
    browser.press(*"layer1.neurons[3]")
    assert browser.text("#hits [aria-selected=true]").startswith("layer1.neurons[3]")
    browser.press("\ue007")
    assert browser.until("!document.getElementById('signal').hidden")
    assert browser.text("#signal-name") == "layer1.neurons[3]"
    browser.press("/")
    browser.press("a", "\ue007")
    browser.until("location.hash == '#logit.97'")
    assert "a" in browser.text("#signal-name").removeprefix("logit.97")
    browser.press("/")
    browser.press(*"nonsense")
    assert "no signal" in browser.text("#hits")
    browser.press("\ue00c")
    assert browser.run("return document.getElementById('hits').hidden")
    browser.press(*"emb[", "\ue015", "\ue015")
    assert browser.text("#hits [aria-selected=true]").startswith("emb[2]")


def test_links_lead_from_signal_to_signal(browser: Browser, page: Path) -> None:
    browser.open(page)
    names = set(browser.run("return [...document.querySelectorAll('a.signal')].map((a) => a.textContent)"))
    assert "state.layer0.memory[0]" in names
    browser.open(page, "#layer0.memory[2]")
    assert browser.text("#signal-name") == "layer0.memory[2]"
    assert "takes the value of layer0.value[2] when layer0.select[2] fires" in browser.text(".equation")
    assert browser.run("return document.querySelectorAll('.truth tbody tr').length") == 8
    assert browser.run("return document.querySelectorAll('.drawing circle').length") == 4, "three ANDs and the neuron"
    browser.run("document.querySelector('.equation a').click()")
    browser.until("document.getElementById('signal-name').textContent == 'layer0.value[2]'")
    readers = browser.run("return [...document.querySelectorAll('#signal a.signal')].map((a) => a.textContent)")
    assert "layer0.memory[2]" in readers, "and back"
    assert browser.run("return document.activeElement.id") == "signal-name", "a reader hears where it is"
    browser.driver.back()
    browser.until("document.getElementById('signal-name').textContent == 'layer0.memory[2]'")
    browser.run("document.querySelector('.home').click()")
    browser.until("!document.getElementById('overview').hidden")


def test_every_link_has_a_target(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelectorAll('#signal-list details').forEach((details) => { details.open = true; })")
    browser.until("document.querySelectorAll('.cells a').length > 200")
    hashes = browser.run(
        "return [...new Set([...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href').slice(1)))]"
    )
    ids = set(browser.run("return [...document.querySelectorAll('[id]')].map((place) => place.id)"))
    signals = [hash for hash in hashes if hash not in ids and not hash.startswith("signals/")]
    assert len(signals) > 200
    for address in signals[:: len(signals) // 12]:
        browser.run("location.hash = arguments[0]", address)
        browser.until("!document.getElementById('signal').hidden")
        browser.until(f"decodeURIComponent({address!r}) == document.title.split(' · ')[0]")


def test_the_keyboard_is_enough(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.press("\ue004")
    assert browser.text(":focus") == "Skip to the content"
    browser.run("document.querySelector('.passage').focus()")
    browser.press("\ue014", "\ue014")
    assert "bits; expected:" in browser.text("#readout-0")
    browser.run("const list = document.querySelector('#signal-list details'); list.open = true;")
    browser.until("document.querySelector('.cells a')")
    browser.run("document.querySelector('.cells a').focus()")
    browser.press("\ue014", "\ue014")
    assert browser.text(":focus") == "[2]"
    sort = "document.querySelector('#memory-table th:nth-child(5)')"
    browser.run(f"{sort}.querySelector('button').focus()")
    browser.press("\ue007")
    assert browser.run(f"return {sort}.getAttribute('aria-sort')") == "descending"
    column = "[...document.querySelectorAll('#memory-table tbody td:nth-child(5)')].map((cell) => +cell.textContent)"
    values = browser.run(f"return {column}")
    assert values == sorted(values, reverse=True)


def test_it_can_be_read_by_machines(browser: Browser, page: Path) -> None:
    for address in ("", "#layer1.neurons%5B3%5D"):
        browser.open(page, address)
        nameless = "a:not([aria-label]), button, summary, input:not([aria-label]):not([type=radio]), svg[role]"
        found = browser.run(
            "return [...document.querySelectorAll(arguments[0])].filter((part) => part.checkVisibility() &&"
            " !part.textContent.trim() && !part.ariaLabel && !part.labels?.length).map((part) => part.outerHTML)",
            nameless,
        )
        assert found == []
        assert (
            browser.run(
                "return document.querySelectorAll('h1').length - document.querySelectorAll('[hidden] h1').length"
            )
            == 1
        )
        assert browser.run(
            "return [...document.querySelectorAll('table')].every((table) => table.querySelector('th[scope]'))"
        )


def test_narrow_windows_and_print(browser: Browser, page: Path) -> None:
    with browser.phone():
        browser.open(page)
        assert browser.run("return document.documentElement.scrollWidth") <= 390
    browser.emulate(media="print")
    hidden = (
        "['.top', 'nav', '#signals'].every((part) => getComputedStyle(document.querySelector(part)).display == 'none')"
    )
    assert browser.run(f"return {hidden}")
    assert browser.run("return getComputedStyle(document.querySelector('.scroll.tall')).overflowY") == "visible"


def test_hostile_names_are_only_names(browser: Browser, tmp_path: Path) -> None:
    write_report([hostile_netlist()], tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    assert browser.text("h1") == HOSTILE[0]
    assert browser.run("return document.querySelectorAll('img').length") == 0
    browser.run("return drawAll()")
    assert browser.run("return document.querySelectorAll('#plot-matrix .row').length") > 0
    browser.run("document.querySelectorAll('#signal-list details').forEach((details) => { details.open = true; })")
    for name in HOSTILE:
        browser.run("location.hash = '#' + encodeURIComponent(arguments[0])", name)
        browser.until("!document.getElementById('signal').hidden")
        browser.until(f"document.getElementById('signal-name').textContent.startsWith({json.dumps(name)})")
    browser.run("document.getElementById('query').focus()")
    browser.press("<")
    assert "<img" in browser.text("#hits")
    assert browser.run("return window.hacked") is None


def test_the_colours_follow_the_system(browser: Browser, page: Path) -> None:
    browser.emulate(scheme="light")
    browser.open(page)
    browser.run("return drawAll()")
    stroke = "return getComputedStyle(document.querySelector('#plot-memory polyline')).stroke"
    light, shades = browser.run(stroke), browser.run(SHADES)
    browser.emulate(scheme="dark")
    assert browser.run(stroke) != light
    browser.until(
        f"JSON.stringify((() => {{ {SHADES} }})()) != {json.dumps(json.dumps(shades, separators=(',', ':')))}"
    )


def test_the_matrix_reads_and_leads(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("return drawAll()")
    point(browser, "pointermove", 3, 32)
    readout = browser.text("#matrix-readout")
    assert readout.startswith("state.emb.past[3]")
    assert "within one step, proven by" in readout or "shown by two runs" in readout
    assert browser.run("return document.getElementById('matrix-whole').hidden")
    point(browser, "pointerdown", 0, 0)
    point(browser, "pointermove", 9, 9)
    point(browser, "pointerup", 9, 9)
    rows = "return [...document.querySelectorAll('#plot-matrix .row')].map((tick) => tick.textContent)"
    assert browser.run(rows) == [f"state.emb.past[{bit}]" for bit in range(10)]
    browser.run("document.getElementById('matrix-whole').click()")
    assert len(browser.run(rows)) != 10
    assert browser.run("return document.getElementById('matrix-whole').hidden")
    point(browser, "pointerdown", 7, 1)
    point(browser, "pointerup", 7, 1)
    browser.until("document.getElementById('signal-name')?.textContent == 'state.emb.past[7]'")


def test_lines_are_read_by_pointing(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("return drawAll()")
    browser.run(
        "const svg = document.querySelector('#plot-memory svg');"
        "const { left, top } = svg.getBoundingClientRect(), first = svg.querySelector('polyline').points[0];"
        "svg.dispatchEvent(new PointerEvent('pointermove', { clientX: left + first.x, clientY: top + first.y }))"
    )
    assert browser.text("#plot-memory .told").endswith("bits after 1 byte")


def test_a_matrix_of_nothing_says_so(browser: Browser, tmp_path: Path) -> None:
    """Outputs that read no input, and names that make an output of what is listed as a neuron."""
    builder = AigBuilder("constructor")
    latch = builder.latch("__proto__", None)
    builder.set_next(latch, builder.xor(latch, builder.input("constructor")))
    builder.point("x" * 10_000, latch)
    builder.output("x" * 10_000, latch)
    write_report([builder.build()], tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    browser.run("drawAll()")
    for choice in browser.run("return [...document.querySelectorAll('[name=matrix]')].map(({ value }) => value)"):
        browser.run(f"document.querySelector('[name=matrix][value={choice}]').click()")
        drawn = "return document.querySelector('#plot-matrix canvas') !== null"
        assert browser.run(drawn) or "no such signals" in browser.text("#plot-matrix")
    assert browser.text("#trouble") == ""


def test_netlists_without_neurons_offer_no_matrix_of_them(browser: Browser, tmp_path: Path) -> None:
    builder = AigBuilder("plain")
    builder.set_next(builder.latch("q"), builder.input("a"))
    write_report([builder.build()], tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    assert browser.run("return [...document.querySelectorAll('[name=matrix]')].map(({ value }) => value)") == ["state"]


def test_plots_that_are_not_in_view_are_left_alone(browser: Browser, page: Path) -> None:
    """The colours change, or the page is printed, while a signal is shown."""
    browser.open(page, "#layer1.neurons[0]")
    browser.run("drawAll()")
    assert browser.run("return document.querySelectorAll('.plot svg').length") == 0


def test_the_axis_of_memory_holds_for_many_signals(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run("return highest(Array.from({ length: 30_000 }, () => Array(16).fill(0.5)))") == 0.5
