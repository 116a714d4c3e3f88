"""Control totals, counts and balances of a BAI2 file."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tieout.connectors.bank.bai2_records import Fields, Logical, amount
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.texts import digits
from tieout.domain.cash.movements import Place


@dataclass(slots=True)
class Level:
    """An account, a group or the file: what its parts come to, and what its trailer says.

    `unsigned` is the specification's sum: every amount as it is written, balances and totals included, debit and
    credit alike. Banks are seen to add in other ways; those sums are kept beside it.
    """

    place: Place
    unsigned: Decimal = Decimal(0)
    details: Decimal = Decimal(0)
    signed: Decimal = Decimal(0)
    records: int = 0
    parts: int = 0
    stated: Decimal | None = None
    stated_parts: list[Decimal | None] = field(default_factory=list)
    closed: bool = False


def close(level: Level, trailer: Logical, exponent: int, found: Collector) -> None:
    """Read a trailer: `49,total,records`, `98,total,accounts,records`, `99,total,groups,records`."""
    fields = Fields(trailer.lines)
    stated, first, second = fields.take(), fields.take(), fields.take()
    level.closed = True
    level.stated = amount(stated, exponent)
    place = found.place(f"{level.place.where} trailer", trailer.line)
    if trailer.code == "49":
        _count("records", first, level.records, place, found)
        return
    _count("accounts" if trailer.code == "98" else "groups", first, level.parts, place, found)
    _count("records", second, level.records, place, found)


def _count(what: str, stated: str, real: int, place: Place, found: Collector) -> None:
    if digits(stated) != real:
        found.note("bai2_counts", f"{real} {what}, as there are", f"{stated or 'none'} stated", place)


@dataclass(slots=True)
class Trailers:
    """All totals of the file, judged together at its end."""

    wrong: list[tuple[Level, Decimal]] = field(default_factory=list)
    disagree: list[tuple[Level, Decimal]] = field(default_factory=list)
    missing: list[Level] = field(default_factory=list)

    def account(self, level: Level) -> None:
        """Compare an account's control total with its amounts."""
        if not level.closed:
            self.missing.append(level)
        elif level.stated is not None:
            ways = {level.unsigned, level.details, level.signed}
            if level.stated not in ways:
                self.wrong.append((level, level.unsigned))

    def outer(self, level: Level) -> None:
        """Compare a group's or the file's total with the totals stated inside it."""
        if not level.closed:
            self.missing.append(level)
        elif level.stated is not None and level.stated_parts and None not in level.stated_parts:
            inside = sum((one for one in level.stated_parts if one is not None), Decimal(0))
            if inside != level.stated:
                self.disagree.append((level, inside))

    def tell(self, found: Collector) -> None:
        """Say what is wrong. Trailers that agree with each other, and not with the records, prove a damage."""
        code = "bai2_control_total" if self.disagree or self.missing else "bai2_control_damaged"
        for level, real in self.wrong:
            found.note(code, f"a control total of {level.stated}", f"amounts of {real}", level.place)
        for level, real in self.disagree:
            found.note(
                "bai2_control_total", f"a control total of {level.stated}", f"parts of {real}", level.place
            )
        for level in self.missing:
            found.note("bai2_trailer_missing", "a trailer", "none", level.place)
