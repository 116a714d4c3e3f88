"""One booking of the bank's for several payments, and the details of it that may come in another message.

A statement may show a batch as one line (camt.053: an entry with `Btch` and no `TxDtls`), and a notification, camt.054,
tell what was in it. The details are the money; the line only says that they were booked. Which details are a line's is
proven by a reference both carry, or by there being nothing else of this account, side, amount and day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tieout.domain.money import Money


class LinkKind(StrEnum):
    """Whose reference of a booking it is."""

    SERVICER = "servicer"  # the bank's own (`AcctSvcrRef`)
    ORDER = "order"  # the payment information it was ordered with (`PmtInfId`)
    MESSAGE = "message"  # the message of the order (`MsgId`), which may have held several
    ENTRY = "entry"  # the entry's (`NtryRef`): weak, banks put a running number there


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The booking a movement is all of, or (`part`) one of the payments in. `key` is the same for all parts of one
    booking; `count` is how many payments the bank says are in it (0: it does not say); `links` are its references.
    """

    key: str
    amount: Money
    credit: bool
    part: bool
    count: int = 0
    links: tuple[tuple[LinkKind, str], ...] = ()

    @property
    def shape(self) -> str:
        """What line and details agree on beside account and currency: side and amount."""
        return f"{'C' if self.credit else 'D'}{self.amount.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line, or the details of one booking together, as one message told them: who (`ids`), the signed sum in minor
    units, days, the message's file. `booked`: a statement told it.
    """

    ids: tuple[int, ...]
    booking: Booking
    minor: int
    days: frozenset[date]
    file: str
    booked: bool

    def link(self, kind: LinkKind) -> frozenset[str]:
        """References of this kind."""
        return frozenset(value for one, value in self.booking.links if one is kind)

    @property
    def whole(self) -> bool:
        """Whether the payments come to the booking."""
        return self.minor == (
            self.booking.amount.minor if self.booking.credit else -self.booking.amount.minor
        )


class Ambiguous(Exception):
    """Several fit equally well."""


def tied(line: Told, lines: Iterable[Told], details: Iterable[Told]) -> Told | None:
    """The details of a line; None while there are none. `lines`: other lines nobody has decided on, `details`: all that
    are not a line's yet. Raises `Ambiguous` when nothing tells several lines or details apart.
    """
    fits = [one for one in details if one.whole and may_be(line, one)]
    named = [one for one in fits if linked(line, one)]
    if named:
        if len(named) > 1 or any(linked(other, named[0]) for other in lines):
            raise Ambiguous
        return named[0]
    # Without a reference only the day tells equals apart; lines and details that a reference joins are out of it.
    joined = [(other, one) for other in lines for one in fits if linked(other, one)]
    near = [one for one in fits if line.days & one.days and not any(one is theirs for _, theirs in joined)]
    alone = [other for other in lines if not any(other is one for one, _ in joined)]
    rivals = [other for other in alone if any(may_be(other, one) and other.days & one.days for one in near)]
    if not near:
        return None
    if len(near) == 1 and not rivals:
        return near[0]
    same = [one for one in near if line.link(LinkKind.ENTRY) & one.link(LinkKind.ENTRY)]
    if len(same) == 1 and not any(
        other.link(LinkKind.ENTRY) & same[0].link(LinkKind.ENTRY) for other in rivals
    ):
        return same[0]
    raise Ambiguous


def gathered(parts: Sequence[Told]) -> list[Told]:
    """Single payments as the details of their bookings."""
    found: dict[str, Told] = {}
    for one in parts:
        before = found.get(one.booking.key)
        if before is None:
            found[one.booking.key] = one
            continue
        found[one.booking.key] = Told(
            ids=(*before.ids, *one.ids),
            booking=before.booking,
            minor=before.minor + one.minor,
            days=before.days | one.days,
            file=before.file,
            booked=before.booked or one.booked,
        )
    return list(found.values())


def linked(line: Told, details: Told) -> bool:
    """Whether a reference of both says that they are one booking; of one message there may be several."""
    if _shared(line, details, LinkKind.SERVICER) or _shared(line, details, LinkKind.ORDER):
        return True
    return bool(_shared(line, details, LinkKind.MESSAGE)) and _shared(line, details, LinkKind.ORDER) is None


def _shared(line: Told, details: Told, kind: LinkKind) -> bool | None:
    """Whether a reference of this kind is the same in both. None: not both have one."""
    mine, theirs = line.link(kind), details.link(kind)
    return bool(mine & theirs) if mine and theirs else None


def may_be(line: Told, details: Told) -> bool:
    """Whether a line and details may be one booking: a message does not tell one twice, and a reference that both have
    says the same in both. What a statement tells is money of its own unless a reference says otherwise.
    """
    if line.file == details.file:
        return False
    if linked(line, details):
        return True
    kinds = (LinkKind.SERVICER, LinkKind.ORDER, LinkKind.MESSAGE)
    return not details.booked and not any(_shared(line, details, kind) is False for kind in kinds)
