"""What the flows need from the outside, as Protocols in domain terms. Adapters implement them; `bootstrap`
wires them; tests may put in-memory twins or emulators behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.comparison import CreateDraft, Observed
from tieout.domain.documents import Order
from tieout.domain.drafts import ApplyDraft, CustomerUpdateDraft, ExtendCustomerDraft
from tieout.domain.extensions import Allowance
from tieout.domain.findings import Finding
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.reference import ExistingCustomer, Reference
from tieout.domain.sources import SourceRef
from tieout.flows.rows import Links, Reply


class Clock(Protocol):
    """Time as an argument. Product time may run faster than real time (`scale`)."""

    @property
    def scale(self) -> int:
        """Product seconds per real second."""
        ...

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def sleep(self, seconds: int) -> None:
        """Wait for so many product seconds."""
        ...


class Probe(Protocol):
    """Named points of the engine's life, for crash tests and progress. In production it does nothing."""

    def hit(self, point: str) -> None:
        """Called at the named point; a test's probe may end the process here."""
        ...


class NoProbe:
    """In production nothing happens at these points."""

    def hit(self, point: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One version of a source record as a source delivered it: the whole aggregate, raw."""

    object: str
    object_id: str
    version: str
    payload: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """`loser` was merged into `winner` in the source."""

    object: str
    loser: str
    winner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page of a poll. `cursor` is stored with its sightings in one transaction."""

    sightings: tuple[Sighting, ...]
    cursor: str
    more: bool
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What became of a source record, to be written back to it."""

    target: SourceRef
    record: RecordType
    external_id: ExternalId
    internal_id: InternalId
    number: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteResult:
    """How one write-back ended: done, skipped as equal, or refused with the source's words."""

    target: SourceRef
    done: bool
    skipped: bool = False
    retry: bool = False
    message: str = ""


class Source(Protocol):
    """A CRM or another origin of deals."""

    @property
    def name(self) -> str:
        """The configured name; the `system` of its source references."""
        ...

    @property
    def environment(self) -> str:
        """Which environment of the system: `production`, `sandbox` …"""
        ...

    @property
    def writes_back(self) -> bool:
        """Whether write-backs are configured."""
        ...

    def fingerprint(self) -> str:
        """The connected org's own id. Raises `CallError`s; compared with the configured pin at start."""
        ...

    def warnings(self) -> list[str]:
        """What a preflight finds odd: another connector's fields, hidden fields, missing write-back fields."""
        ...

    def poll(self, cursor: str | None) -> Batch:
        """The next page of changes after `cursor`. Raises `CallError`s."""
        ...

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """The canonical order of a payload, or why it is none. Pure; never raises on data."""
        ...

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Write notes in one request, one result each, in order. Raises `CallError`s."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class RejectedPiece(Protocol):
    """A piece of a file that belongs to no deal: where it stood, what was expected, what was found."""

    @property
    def line(self) -> int:
        """Line, counted from 1; 0 means the file as a whole."""
        ...

    @property
    def reason(self) -> str:
        """Why it was rejected."""
        ...

    @property
    def expected(self) -> str:
        """What was expected."""
        ...

    @property
    def found(self) -> str:
        """What was found."""
        ...

    @property
    def raw(self) -> str:
        """The piece itself."""
        ...


class ParsedFile(Protocol):
    """What a file came to."""

    @property
    def sightings(self) -> Sequence[Sighting]:
        """Its deals."""
        ...

    @property
    def rejected(self) -> Sequence[RejectedPiece]:
        """What belongs to no deal."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person may want to know."""
        ...


@runtime_checkable
class FileSource(Protocol):
    """A source whose deals come in files."""

    def parse_file(self, file: Path | bytes, name: str = "") -> ParsedFile:
        """The deals of a file. Never raises on what the file holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A webhook as it came: `body` are its raw bytes, `query` what followed `?` in its target."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    method: str = "POST"
    query: str = ""


class HookVerifier(Protocol):
    """Says whether a webhook is its system's. Pure: it has the secrets, all that are in force, and no connection."""

    def verify(self, request: HookRequest) -> Sequence[object]:
        """What the webhook names, as hints. Raises `HookRefused` for one that is not the system's, and
        `HookUnreadable` for one that is and cannot be read.
        """
        ...


@runtime_checkable
class HookSource(Protocol):
    """A source whose system sends webhooks."""

    @property
    def hook(self) -> HookVerifier | None:
        """What verifies them; None when none are configured."""
        ...


class StampRefused(ValueError):
    """A stamp cannot say this, or cannot stand there; the text says what was expected and what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A stamp that was written. `in_time`: false when the payment had been made before, without it."""

    object_id: str
    metadata: Mapping[str, str]
    in_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstamped:
    """A payment that names no invoice of ours."""

    charge: str
    intent: str
    amount: Money
    day: date | None
    payer: str
    description: str


@runtime_checkable
class StampingSource(Protocol):
    """A processor whose payments can carry the name of the invoice they are for."""

    def stamp_for(self, invoices: Sequence[str], customer: str) -> Mapping[str, str]:
        """The metadata to create a payment with. Raises `StampRefused`."""
        ...

    def stamp(self, object_id: str, invoices: Sequence[str], customer: str) -> Stamped:
        """Write the stamp on a payment that exists. Raises `StampRefused` and `CallError`s."""
        ...

    def unstamped(self, since: date, most: int) -> Sequence[Unstamped]:
        """Payments since a day without a stamp, the newest first. Raises `CallError`s."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpKey:
    """A record to look for: its type, external id and the subsidiary whose canary must be seen."""

    type: RecordType
    external_id: ExternalId
    subsidiary: InternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignQuery:
    """What another writer's record of this deal would look like."""

    source_id: str
    record: RecordType
    customer: InternalId | None
    amount_minor: int
    currency_id: InternalId
    day: date
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPaymentQuery:
    """What a payment that somebody entered by hand, or another integration made, would look like."""

    source_id: str
    customer: InternalId
    currency_id: InternalId
    total: str
    day: date
    #: the bank's own reference, as it would stand in the check number
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSign:
    """A record that another writer made, or may have made, for a deal. `certain` unless only suspected."""

    observed: Observed
    why: str
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Answer of a look-up whose canaries were seen: what was found, by external id. The rest is absent."""

    found: Mapping[ExternalId, tuple[Observed, ...]]
    as_of: datetime


class NetSuite(Protocol):
    """The NetSuite account. Writes return a `Reply` and never raise for what NetSuite may answer; reads
    raise `CallError`s.
    """

    @property
    def account(self) -> str:
        """The account id, upper case with underscores."""
        ...

    @property
    def deadline_seconds(self) -> int:
        """Total deadline of one write in product seconds, as it is really enforced."""
        ...

    @property
    def doubt_seconds(self) -> int:
        """How long NetSuite may still be working on a call whose answer was lost."""
        ...

    def look_up(self, keys: Sequence[LookUpKey]) -> LookUp:
        """Which of these external ids exist in their groups. Raises `LookUpBlind` without its canaries."""
        ...

    def foreign_signs(self, queries: Sequence[ForeignQuery]) -> Mapping[str, list[ForeignSign]]:
        """Signs of other writers, by source id."""
        ...

    def create(self, draft: CreateDraft, links: Links, left: Callable[[], None] | None = None) -> Reply:
        """POST one record (or transform one, when the draft was created from another).

        `left` is called when the request has left and its answer is awaited.
        """
        ...

    def update_customer(
        self, draft: CustomerUpdateDraft, customer: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """PATCH address and contact fields of one of our customers. `left` as in `create`."""
        ...

    def apply_payment(
        self, draft: ApplyDraft, payment: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """PATCH what one of our payments is applied to, in absolute amounts. `left` as in `create`."""
        ...

    def open_items(self, since: datetime | None) -> Iterable[list[OpenItem]]:
        """Pages of a customer's open documents and of those settled lately; with `since`, those that changed since,
        by payments and credits, too.
        """
        ...

    def items_now(self, ids: Sequence[InternalId]) -> list[OpenItem]:
        """These documents as they are now."""
        ...

    def settled_by(self, ids: Sequence[InternalId]) -> Mapping[InternalId, set[InternalId]]:
        """Payment or credit → the items it is applied to, and the credits it uses."""
        ...

    def count_since(self, first: date) -> int:
        """How many documents (no journal entries) there are, dated on or after a day."""
        ...

    def ids_since(self, first: date) -> Iterable[list[InternalId]]:
        """Pages of their internal ids."""
        ...

    def foreign_payments(self, queries: Sequence[ForeignPaymentQuery]) -> Mapping[str, list[ForeignSign]]:
        """Payments of other writers that may be these, by source id."""
        ...

    def extend_customer(
        self, draft: ExtendCustomerDraft, customer: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """Give a customer one more currency or subsidiary, after reading that it is who we think it is; what it has
        already is not written again. `left` as in `create`.
        """
        ...

    def allowances(self, customers: Sequence[InternalId]) -> Mapping[InternalId, Allowance]:
        """What these customers may do now; missing ones are absent from the answer."""
        ...

    def read_back(
        self, records: Sequence[tuple[RecordType, InternalId]]
    ) -> Mapping[tuple[RecordType, InternalId], Observed]:
        """The records as NetSuite has them now; missing ones are absent from the answer."""
        ...

    def payments_now(self, ids: Sequence[InternalId]) -> Mapping[InternalId, Observed]:
        """Customer payments as they are now, with the ledger lines they post; missing ones are absent. Raises
        `CallError`s.
        """
        ...

    def invoices_of(self, orders: Sequence[InternalId]) -> Mapping[InternalId, list[Observed]]:
        """Invoices created from these sales orders."""
        ...

    def reference(self) -> Reference:
        """Reference data, read now."""
        ...

    def customers(self, after: InternalId | None, since: datetime | None) -> Iterable[list[ExistingCustomer]]:
        """Pages of customers: all after an internal id, and those changed since an instant."""
        ...

    def fingerprint(self) -> str:
        """The connected account's id, to compare with the configured one."""
        ...

    def preflight(self, records: Iterable[RecordType]) -> list[str]:
        """What is wrong with the account before anything is written. Raises `EnvironmentMismatch`."""
        ...
