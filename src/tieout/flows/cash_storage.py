"""What cash application needs of the store: open items, reservations, movements, aliases, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tieout.domain.cash.evidence import Precision
from tieout.domain.cash.ledger import OpenItem
from tieout.domain.cash.payers import Alias
from tieout.domain.cash.references import Keys
from tieout.domain.ids import InternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow:
    """What reports and the search for second sightings know of an input that is a movement."""

    record_id: int
    route: str
    kind: str
    bank_account: str
    currency: str
    minor: int
    day: date
    customer: str = ""
    payer: str = ""
    outcome: str = ""
    automatic: bool = False
    matched_at: datetime | None = None
    #: side and amount of the bank's booking it is all, or (with `+` behind) a part of
    booking: str = ""


class Cash(Protocol):
    """Rows of cash application within one transaction."""

    # -- open items ----------------------------------------------------------------------------------------

    def put_items(self, account: str, items: Sequence[OpenItem], as_of: datetime) -> None:
        """Insert or replace items as NetSuite had them at `as_of`; an older answer never replaces a newer one."""
        ...

    def items(
        self, account: str, keys: Keys, customers: Iterable[InternalId], but: Sequence[int] = ()
    ) -> list[OpenItem]:
        """Items that these references or customers may mean, with what is reserved of them taken off; what the
        documents `but` have reserved counts as open.
        """
        ...

    def items_by_id(self, account: str, ids: Iterable[InternalId], but: Sequence[int] = ()) -> list[OpenItem]:
        """Items by internal id, as `items`."""
        ...

    def prefixes(self, account: str) -> set[str]:
        """Letters that begin document numbers of this account."""
        ...

    def under_way(self, ids: Iterable[InternalId]) -> set[InternalId]:
        """Which of these items a payment is being applied to at this moment: what is open of them is not known."""
        ...

    # -- reservations --------------------------------------------------------------------------------------

    def reserve(self, document_id: int, parts: Mapping[InternalId, int]) -> None:
        """A document takes these parts; what it reserved before is forgotten."""
        ...

    def settle(
        self,
        account: str,
        document_id: int,
        taken: Mapping[InternalId, int],
        sent_at: datetime,
        now: datetime,
    ) -> None:
        """The document is confirmed: what it took is no longer open, what it gave back is. An item that was read after
        the call had been sent is as NetSuite told it; its reservation ends.
        """
        ...

    # -- movements -----------------------------------------------------------------------------------------

    def put_movement(self, row: MovementRow) -> None:
        """Insert or replace what is known of a movement."""
        ...

    def movement(self, record_id: int) -> MovementRow | None:
        """One movement."""
        ...

    def movements(self, since: date | None = None, until: date | None = None) -> list[MovementRow]:
        """Movements of these days (half-open), oldest first."""
        ...

    def sighted_elsewhere(self, row: MovementRow, first: date, last: date) -> list[int]:
        """Other inputs of the same money (bank account, currency, amount, about the day) by another route."""
        ...

    def receipts(self, currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs that are receipts of this amount about these days: what a return may take back."""
        ...

    def payouts(self, currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs that went out in this amount about these days: what a line of a bank file may be the arrival of."""
        ...

    def advices(self, routes: Sequence[str], currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs of these routes about this amount about these days."""
        ...

    def of_booking(self, row: MovementRow, first: date, last: date, *, parts: bool) -> list[MovementRow]:
        """Lines, or parts, of bookings of the same account, currency, side and amount about these days."""
        ...

    # -- aliases and verdicts ------------------------------------------------------------------------------

    def aliases(self, identifiers: Iterable[tuple[str, str]]) -> list[Alias]:
        """Active aliases of these identifiers."""
        ...

    def teach(self, alias: Alias) -> bool:
        """Add an alias. False when it is active already."""
        ...

    def unlearn(self, scheme: str, value: str, customer: InternalId, by: str, now: datetime) -> bool:
        """End an alias. False when there is none that is active."""
        ...

    def all_aliases(self) -> list[Alias]:
        """Every alias, ended ones included, oldest first."""
        ...

    def add_verdict(self, record_id: int, signature: str, *, right: bool, by: str, now: datetime) -> None:
        """Append a person's verdict on a match."""
        ...

    def found_wrong(self) -> set[int]:
        """Inputs whose last verdict says that the match was wrong."""
        ...

    def precision(self) -> dict[str, Precision]:
        """Decided matches by signature."""
        ...
