"""Balances and sums of a camt statement against its entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connectors.bank.camt_details import day_of, figure
from tieout.connectors.bank.camt_xml import either, first, kids, text
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.texts import digits, iso_day
from tieout.domain.cash.movements import Place
from tieout.domain.money import parse_decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What an entry adds to the account."""

    credit: bool
    amount: Decimal
    currency: str
    booked: bool
    reversal: bool
    value_date: date | None

    @property
    def signed(self) -> Decimal:
        """Positive for a credit."""
        return self.amount if self.credit else -self.amount


@dataclass(slots=True)
class Figures:
    """What a statement states."""

    balances: dict[str, tuple[Decimal, str, date | None]] = field(default_factory=dict)
    entries: list[Booked] = field(default_factory=list)
    count: int = 0
    unreadable: int = 0

    @property
    def opening(self) -> tuple[Decimal, str, date | None] | None:
        """The booked opening balance, else the previous closing one."""
        return self.balances.get("OPBD") or self.balances.get("PRCD")

    @property
    def closing(self) -> tuple[Decimal, str, date | None] | None:
        """The booked closing balance."""
        return self.balances.get("CLBD")


def balances_of(statement: Any) -> dict[str, tuple[Decimal, str, date | None]]:
    """Balances by code: signed amount, currency, day. The first of each code counts."""
    kept: dict[str, tuple[Decimal, str, date | None]] = {}
    for one in kids(statement, "Bal"):
        code = either(one, ("Tp", "CdOrPrtry", "Cd"), ("Tp", "CdOrPrtry", "Prtry"), ("Tp", "Cd"))
        element = first(one, "Amt")
        value = figure(element)
        if code and value is not None and code not in kept:
            signed = -value if text(one, "CdtDbtInd") == "DBIT" else value
            kept[code] = (signed, element.get("Ccy") or "", iso_day(day_of(one, "Dt")))
    return kept


def foots(figures: Figures, place: Place, found: Collector) -> bool | None:
    """Whether opening balance and booked entries make the closing balance.

    Two habits of banks are allowed for: reversals that are counted against their sign, and entries valued after the
    day of the closing balance that it leaves out. None where balances or currencies leave nothing to compare.
    """
    opening, closing = figures.opening, figures.closing
    if opening is None or closing is None or figures.unreadable or opening[1] != closing[1]:
        return None
    booked = [one for one in figures.entries if one.booked]
    if any(one.currency != opening[1] for one in booked):
        return None
    plain = sum((one.signed for one in booked), Decimal(0))
    turned = sum((-one.signed if one.reversal else one.signed for one in booked), Decimal(0))
    day = closing[2]
    forward = [
        one for one in booked if day is not None and one.value_date is not None and one.value_date > day
    ]
    later = sum((one.signed for one in forward), Decimal(0))
    wanted = closing[0] - opening[0]
    if wanted in {plain, turned, plain - later}:
        return True
    found.note(
        "balance_differs",
        f"a closing balance of {closing[0]} {closing[1]}",
        f"{opening[0]} and entries of {plain} make {opening[0] + plain}",
        place,
    )
    return False


def check_summary(statement: Any, figures: Figures, place: Place, found: Collector) -> bool:
    """Compare `TxsSummry` with the entries; sums that differ block, counts are told. True when nothing differs."""
    summary = first(statement, "TxsSummry")
    if summary is None or figures.unreadable:
        return True
    right = True
    for tag, wanted in (("TtlCdtNtries", True), ("TtlDbtNtries", False)):
        mine = [one for one in figures.entries if one.credit is wanted]
        sums = {
            sum((one.amount for one in mine), Decimal(0)),
            sum((one.amount for one in mine if one.booked), Decimal(0)),
        }
        stated = parse_decimal(text(summary, tag, "Sum"))
        if stated is not None and stated not in sums and len({one.currency for one in figures.entries}) <= 1:
            found.note("totals_differ", f"{tag} of {stated}", f"entries of {max(sums)}", place)
            right = False
        _count(text(summary, tag, "NbOfNtries"), len(mine), tag, place, found)
    _count(text(summary, "TtlNtries", "NbOfNtries"), figures.count, "TtlNtries", place, found)
    return right


def _count(stated: str, real: int, what: str, place: Place, found: Collector) -> None:
    number = digits(stated)
    if number is not None and number != real:
        found.note("count_differs", f"{real} entries, as there are", f"{number} stated in {what}", place)
