"""How much of a payment goes on a document, as a person writes it."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.errors import DomainError
from tieout.domain.money import Money, parse_decimal


class PaymentError(ValueError):
    """The decision is not taken; the message says what was expected and found, and what can be done."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a person puts on a document, in minor units, and the discount granted beside it."""

    minor: int
    discount: int = 0

    def __str__(self) -> str:
        return f"{self.minor}+{self.discount}" if self.discount else str(self.minor)


def part_of(item: OpenItem, text: str) -> Part:
    """The amount a person gives for a document, with a discount after a plus; empty means everything that is open.

    Raises `PaymentError`.
    """
    if not text:
        return Part(item.open_minor)
    paid, plus, discount = text.partition("+")
    part = Part(_minor(item, paid), _minor(item, discount) if plus else 0)
    if part.minor + part.discount > item.open_minor or not item.payable:
        raise PaymentError(f"{item.number}: {item.open} is open, {text} was to be applied")
    return part


def _minor(item: OpenItem, text: str) -> int:
    amount = parse_decimal(text)
    if amount is None or amount <= 0:
        raise PaymentError(f"{item.number}: expected an amount above zero, found {text!r}")
    try:
        return Money(amount, item.currency).minor
    except DomainError as error:
        raise PaymentError(f"{item.number}: {error}") from error
