"""What the examination asks of a NetSuite account beyond the write path. Nothing here saves anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from tieout.domain.comparison import CreateDraft
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.flows.rows import Links, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """How the account answered. `host`: as its own links name it; `server_time`: None when it told none."""

    host: str
    account: str
    server_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSeen:
    """One list decisions read. `always_filled`: NetSuite has rows there, so none means that we may not look."""

    name: str
    rows: bool
    always_filled: bool
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsSeen:
    """A record type's fields as the metadata lists them. `required`: those it calls required."""

    header: frozenset[str]
    lines: frozenset[str]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSeen:
    """What a pre-filled form answered to a record we would send: nothing was saved.

    `method` and `path`: the request a create would make; `sent`: its body; `dropped`: trace fields we sent
    that the form does not show; `problem`: NetSuite's refusal, diagnosed.
    """

    method: str
    path: str
    sent: Mapping[str, Any]
    dropped: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Slots as governance tells them; `of`: what the number is about."""

    slots: int
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRecord:
    """A transaction that is not this installation's. `marks`: other connectors' fields that it fills."""

    id: InternalId
    type: str
    number: str
    external_id: ExternalId | None
    installation: str
    customer: InternalId
    day: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    """A general ledger account. `currency`: empty where it keeps none of its own; `subsidiaries`: empty: all."""

    id: InternalId
    name: str
    kind: str
    active: bool
    currency: str = ""
    subsidiaries: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class Inspector(Protocol):
    """Looks an account over. Every method reads; methods raise `CallError`s unless they say otherwise."""

    @property
    def trace_fields(self) -> Mapping[RecordType, tuple[str, ...]]:
        """Record type → the fields that carry our trace; those of lines begin with `custcol_`."""
        ...

    def sign_in(self) -> SignedIn:
        """An authenticated read, and what it says about the account and its clock."""
        ...

    def lists(self, *, contacts: bool) -> Sequence[ListSeen]:
        """Every list decisions read, with whether our role sees rows in it."""
        ...

    def fields(self, record: RecordType) -> FieldsSeen:
        """The metadata of a record type."""
        ...

    def opens(self, record: RecordType, internal_id: InternalId) -> Problem | None:
        """Open a record the way an update would; None when it opened."""
        ...

    def form(self, draft: CreateDraft, links: Links) -> FormSeen:
        """The form NetSuite would pre-fill for this draft, with misspelt and unexposed fields refused."""
        ...

    def update_path(self, customer: InternalId) -> str:
        """Where an update of this customer would go: method and path."""
        ...

    def allowance(self) -> Allowance | None:
        """Slots the account allows us; None when our role may not know."""
        ...

    def others(self, since: date) -> Sequence[OtherRecord]:
        """Orders, invoices and cash sales since that day that this installation did not write."""
        ...

    def holders(self, ids: Sequence[ExternalId]) -> Mapping[ExternalId, OtherRecord]:
        """Transactions that carry one of these external ids and are not this installation's."""
        ...

    def foreign_fields(self) -> Sequence[str]:
        """Custom fields that look like another connector's."""
        ...

    @property
    def known_foreign_fields(self) -> frozenset[str]:
        """Those of them the configuration names."""
        ...

    def accounts(self, ids: Sequence[InternalId]) -> dict[InternalId, AccountSeen]:
        """General ledger accounts by internal id; those that our role does not see are left out."""
        ...

    def has_customer(self, external_id: ExternalId) -> bool:
        """Whether a customer with this external id is there."""
        ...
