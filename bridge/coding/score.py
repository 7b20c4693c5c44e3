"""One score for models of text: what a byte takes, the circuit included.

    total = bits per byte on held-out text + bits that the circuit takes / bytes of the whole text

A larger circuit has to earn its own description. That is counted three times: of the netlist by a bound
(`netlist_bits`), which holds for any; of the netlist as it is coded (`bridge.coding.netlist_code`), which makes use of
how circuits are built; and of the smallest file that the netlist is built from again, the packed cell
(`bridge.coding.cell_code`).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from bridge.aig import Aig
from bridge.cell.predictor import Predictor
from bridge.coding.model_code import pack_model
from bridge.coding.netlist_code import pack_netlist


def score(bits_per_byte: float, circuit_bits: float, whole_bytes: int) -> float:
    """Bits per byte of held-out text, and what the circuit adds to every byte of the whole text."""
    return bits_per_byte + circuit_bits / whole_bytes


def netlist_bits(aig: Aig) -> float:
    """What ANDs take at most when their order does not count: see `written`. Outputs, the next values of latches and
    names are not counted."""
    return written(len(aig.ands), len(aig.inputs) + len(aig.latches))


def written(ands: int, leaves: int) -> float:
    """log2 of how many netlists of G ANDs over n inputs and latches there are, at most: `G (2 log2(2 (n + G)) - 1 -
    log2(G / e))`. Each AND is one of all pairs of literals, whose order does not count (1 bit), and the ANDs are a set,
    which is written down in one of G! orders (log2 G! > G log2(G / e)). 0 without ANDs."""
    if not ands:
        return 0.0
    return ands * (2 * math.log2(2 * (leaves + ands)) - 1 - math.log2(ands / math.e))


@dataclass(frozen=True)
class Score:
    """`bits_per_byte`: on held-out text; `whole_bytes`: of the text that it is held out from; `ands`, `circuit_bits`:
    of the netlist, by the bound; `coded_bits`: as it is coded; `packed_bits`: of the packed model, None for none."""

    bits_per_byte: float
    whole_bytes: int
    ands: int
    circuit_bits: float
    coded_bits: float
    packed_bits: float | None = None

    def told(self, model: str) -> str:
        """In a line, with what is packed called so."""
        told = [
            f"{self.total:.4f} bits per byte with the netlist ({self.ands:,} ANDs, {self.circuit_bits / 8:,.0f} bytes)",
            f"{self.coded_total:.4f} with the netlist as it is coded ({self.coded_bits / 8:,.0f} bytes)",
        ]
        if self.packed_bits is not None:
            told.append(f"{self.packed_total:.4f} with the packed {model} ({self.packed_bits / 8:,.0f} bytes)")
        return f"score: {', '.join(told)}, spread over {self.whole_bytes:,} bytes of text"

    @classmethod
    def of(cls, bits_per_byte: float, whole_bytes: int, aig: Aig, model: Predictor | None = None) -> Score:
        """Of a netlist, and of the cell or the folded network that it comes from."""
        packed = None if model is None else 8.0 * len(pack_model(model))
        return cls(bits_per_byte, whole_bytes, len(aig.ands), netlist_bits(aig), 8.0 * len(pack_netlist(aig)), packed)

    @property
    def total(self) -> float:
        """With the netlist, by the bound."""
        return score(self.bits_per_byte, self.circuit_bits, self.whole_bytes)

    @property
    def coded_total(self) -> float:
        """With the netlist as it is coded."""
        return score(self.bits_per_byte, self.coded_bits, self.whole_bytes)

    @property
    def packed_total(self) -> float | None:
        """With the packed model."""
        return None if self.packed_bits is None else score(self.bits_per_byte, self.packed_bits, self.whole_bytes)

    def facts(self) -> dict[str, float | None]:
        """JSON-able."""
        totals = {"total": self.total, "coded_total": self.coded_total, "packed_total": self.packed_total}
        return {**asdict(self), **totals}
