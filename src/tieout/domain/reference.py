"""What NetSuite has, as the domain needs to know it: reference data and customers, with their as-of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tieout.domain.documents import Address
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item a line can name. Empty `subsidiaries` means every one."""

    id: InternalId
    name: str
    active: bool
    subsidiaries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingPeriod:
    """An accounting month; `days` is half-open."""

    id: InternalId
    name: str
    days: Period
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """NetSuite's reference data as of `as_of`."""

    as_of: datetime
    items: Mapping[InternalId, Item] = field(default_factory=dict)
    #: internal id -> name, active ones only
    subsidiaries: Mapping[InternalId, str] = field(default_factory=dict)
    #: ISO code -> internal id
    currencies: Mapping[str, InternalId] = field(default_factory=dict)
    #: internal id -> name, active ones only
    terms: Mapping[InternalId, str] = field(default_factory=dict)
    #: internal id -> name, active ones only
    accounts: Mapping[InternalId, str] = field(default_factory=dict)
    periods: tuple[PostingPeriod, ...] = ()

    def period_of(self, day: date) -> PostingPeriod | None:
        """The posting period a day lies in."""
        return next((period for period in self.periods if day in period.days), None)

    def next_open(self, day: date) -> PostingPeriod | None:
        """The first open period on or after `day`."""
        later = [p for p in self.periods if not p.closed and (p.days.end is None or p.days.end > day)]
        return min(later, key=lambda period: period.days.start, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingCustomer:
    """A customer as NetSuite has it; the keys are what suggestions are made from.

    `subsidiary` is the primary one, `subsidiaries` are all it is related to (empty: not known). `source_system` is
    the source an installation of Tieout made it for.
    """

    id: InternalId
    name: str
    external_id: ExternalId | None = None
    email: str = ""
    website: str = ""
    tax_id: str = ""
    installation: str = ""
    source_system: str = ""
    subsidiary: str = ""
    subsidiaries: frozenset[str] = frozenset()
    addresses: tuple[Address, ...] = ()
    currencies: frozenset[str] = frozenset()
    active: bool = True
    #: the customer it belongs to, and the subsidiary of ours that it stands for (an intercompany customer)
    parent: InternalId | None = None
    represents: str = ""
