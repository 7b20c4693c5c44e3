"""Sums of signed numbers and products as logic, from digits that are collected first and added once."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.aig import AigBuilder


class Sum:
    """Digits of any place, and a constant. A number is its bits from the lowest on; `signed`: in two's complement.
    `adders`: the place, inputs, sum and carry of each full adder."""

    def __init__(self, constant: int = 0) -> None:
        self.constant = constant
        self.columns: dict[int, list[int]] = {}
        self.adders: list[tuple[int, int, int, int, int, int]] = []

    def add_digit(self, literal: int, place: int, negative: bool = False) -> None:
        """Plus or minus 2^place, if the literal is 1: minus a digit is the inverted digit minus one."""
        self.columns.setdefault(place, []).append(literal ^ int(negative))
        self.constant -= int(negative) << place

    def add(self, bits: Sequence[int], signed: bool, place: int = 0, negative: bool = False) -> None:
        """Plus or minus 2^place times a number."""
        for index, bit in enumerate(bits):
            self.add_digit(bit, place + index, negative != (signed and index == len(bits) - 1))

    def add_product(self, builder: AigBuilder, left: Sequence[int], right: Sequence[int], right_signed: bool) -> None:
        """Plus the product of a signed number and another."""
        for low, a in enumerate(left):
            for high, b in enumerate(right):
                negative = (low == len(left) - 1) != (right_signed and high == len(right) - 1)
                self.add_digit(builder.and_(a, b), low + high, negative)

    def bits(self, builder: AigBuilder, width: int) -> list[int]:
        """The lowest bits of the sum, in two's complement. Adds up all that was collected."""
        columns = [list(self.columns.get(place, ())) for place in range(width)] + [[]]
        for place in range(width):
            if self.constant >> place & 1:
                columns[place].append(1)
        for place, column in enumerate(columns[:width]):
            while len(column) > 1:
                inputs = column.pop(0), column.pop(0), column.pop(0) if column else 0
                total, carry = builder.full_adder(*inputs)
                self.adders.append((place, *inputs, total, carry))
                column.append(total)
                columns[place + 1].append(carry)
        return [column[0] if column else 0 for column in columns[:width]]


def saturated(builder: AigBuilder, bits: Sequence[int], width: int) -> list[int]:
    """A signed number in fewer bits: the nearest that they can hold."""
    if width >= len(bits):
        return [*bits, *[bits[-1]] * (width - len(bits))]
    sign, beyond = bits[-1], 0
    for bit in bits[width - 1 : -1]:
        beyond = builder.or_(beyond, builder.xor(bit, sign))
    return [builder.mux(beyond, sign ^ 1, bit) for bit in bits[: width - 1]] + [sign]
