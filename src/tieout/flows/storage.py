"""What the flows need of the store: repositories on one transaction, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from tieout.domain.approvals import Approval, Key, Person
from tieout.domain.audit import Seal
from tieout.domain.bindings import Link
from tieout.domain.cases import Case, CaseState
from tieout.domain.crosswalk import CrosswalkRow
from tieout.domain.findings import Finding
from tieout.domain.ids import ClaimKey, InternalId
from tieout.domain.lifecycle import Move, Standing, State
from tieout.domain.planning import StepKind
from tieout.flows.cash_storage import Cash
from tieout.flows.ports import Alias, Sighting
from tieout.flows.rows import Document, Exchange, Outcome, SourceRecord
from tieout.flows.settlement_storage import Settlements
from tieout.flows.storage_doors import Answers, Figures, HookInbox, Listing

#: No transaction settles more at once: calls that wait to be sent wait for the turn to write.
_CHUNK = 30

_T = TypeVar("_T")


def chunks(rows: Sequence[_T], size: int = _CHUNK) -> Iterator[Sequence[_T]]:
    """Rows in portions that one transaction may settle."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


class Documents(Protocol):
    """Rows of the table `document` within one transaction."""

    def get(self, document_id: int) -> Document | None:
        """One document."""
        ...

    def by_claims(self, claims: Iterable[ClaimKey]) -> dict[ClaimKey, Document]:
        """Documents of these claims."""
        ...

    def latest_change(self, customer: ClaimKey) -> Document | None:
        """The last update planned for the customer of this claim, cancelled ones left out."""
        ...

    def by_external_key(self, account: str, group: str, external_id: str) -> Document | None:
        """The document that has taken this external id (without regard to case) in this group."""
        ...

    def by_any_id(self, some_id: str) -> list[Document]:
        """Documents with this external id, internal id or document number."""
        ...

    def of_record(self, source_record_id: int) -> list[Document]:
        """All documents of a deal's plan, shared ones included, in the order they were planned."""
        ...

    def records_of(self, document_ids: Sequence[int]) -> set[int]:
        """The deals whose plans contain any of these documents."""
        ...

    def states_of(self, record_ids: Iterable[int]) -> dict[int, list[tuple[int, State]]]:
        """For each deal, the NetSuite documents of its plan (write-backs do not count) and their states."""
        ...

    def needs_of(self, document_ids: Sequence[int]) -> dict[int, dict[ClaimKey, InternalId | None]]:
        """For each document, the claims it needs and the internal ids they came to."""
        ...

    def due(
        self, account: str, state: State, kinds: Iterable[StepKind], now: datetime, limit: int
    ) -> list[Document]:
        """Unleased documents in `state` that are due, oldest first; none that would leave on an old version of
        a deal while a newer one waits to be judged.
        """
        ...

    def any_due(self, account: str, state: State, kinds: Iterable[StepKind], now: datetime) -> bool:
        """Whether `due` would find anything; much cheaper than asking for it."""
        ...

    def expired(self, account: str, now: datetime) -> list[Document]:
        """Documents being sent whose lease ran out: whoever sent them is gone."""
        ...

    def count(self, account: str, states: Iterable[State]) -> int:
        """How many documents are in one of these states."""
        ...

    def lost(self, account: str) -> int:
        """How many calls are in doubt because no answer came: NetSuite may still be working on them."""
        ...

    def next_due(self, states: Iterable[State]) -> datetime | None:
        """The earliest instant at which a document in one of these states becomes due."""
        ...

    def insert(self, values: Mapping[str, Any], needs: Sequence[int]) -> int:
        """A new document (already in the state its needs allow) with its edges. Returns its id."""
        ...

    def add_part(self, source_record_id: int, document_id: int) -> None:
        """Make a document part of a deal's plan; harmless when it is already."""
        ...

    def move(self, document: Document, move: Move, now: datetime, **values: Any) -> bool:
        """Take one transition, fenced: only while the row is as `document` says and the lease is ours.

        False means the fence was lost: somebody else moved it, and what we know is evidence only.
        """
        ...

    def lease(self, documents: Sequence[Document], token: str, until: datetime) -> list[Document]:
        """Take the leases of rows that are still as we read them. Returns those, as they are now."""
        ...

    def begin(
        self, documents: Sequence[Document], move: Move, now: datetime, token: str, until: datetime
    ) -> list[Document]:
        """Begin an attempt of each of these, fenced as by `move`, under a lease. Returns those begun, as they are
        now, in the order given.
        """
        ...

    def postpone(self, document: Document, due_at: datetime) -> bool:
        """Look at it again later, in the same state; the lease is given up."""
        ...

    def unblock(self, confirmed: Sequence[int], now: datetime) -> list[int]:
        """Documents that waited for these and now have all they need become ready. Returns their ids."""
        ...

    def unblock_ready(self, document_ids: Sequence[int], now: datetime) -> list[int]:
        """Those of these documents that wait although all they need is confirmed become ready."""
        ...

    def replan(
        self, document: Document, values: Mapping[str, Any], needs: Sequence[int], now: datetime
    ) -> bool:
        """A new draft, with new needs, for a document nothing was sent of yet. False when it has left meanwhile."""
        ...

    def note_traits(self, document_id: int, traits: Iterable[tuple[str, str]]) -> None:
        """What the customer of this document can be recognised by: (trait, value), replacing what was noted."""
        ...

    def with_traits(self, account: str, traits: Iterable[tuple[str, str]]) -> list[Document]:
        """Customers of ours that have any of these traits, cancelled ones left out."""
        ...


class Records(Protocol):
    """Rows of `source_event`, `source_record`, `alias` and `cursor` within one transaction."""

    def receive(
        self, system: str, environment: str, sighting: Sighting, correlation: str, now: datetime
    ) -> bool:
        """Store one sighting. True when it is new and newer than what we know of its record.

        The payload we have, and a version seen before, change nothing; an older version is kept as evidence
        and never replaces a newer one. A record that goes back to an earlier content is news.
        """
        ...

    def get(self, record_id: int) -> SourceRecord | None:
        """One source record."""
        ...

    def mentioning(self, text: str) -> list[SourceRecord]:
        """Records whose payload or edit has this text anywhere: a coarse sieve, read them to be sure."""
        ...

    def all(self, standing: Standing | None = None) -> list[SourceRecord]:
        """All source records, in the order first seen."""
        ...

    def by_source_id(self, object_id: str) -> list[SourceRecord]:
        """Records with this id, in whatever system."""
        ...

    def claim(self, limit: int, token: str, until: datetime, now: datetime) -> list[SourceRecord]:
        """Lease up to `limit` records that wait to be checked."""
        ...

    def any_received(self, due: datetime | None = None) -> bool:
        """Whether any record waits to be checked (and is due at this instant)."""
        ...

    def settle(
        self, record: SourceRecord, token: str, standing: Standing, reason: str, now: datetime, **values: Any
    ) -> bool:
        """Write the verdict on a leased record. False when a newer version came meanwhile."""
        ...

    def stand(self, record_ids: Sequence[int], standing: Standing, reason: str, now: datetime) -> None:
        """Set where these records stand (they are not being checked)."""
        ...

    def restand(self, record_ids: Sequence[int], standing: Standing, reason: str, now: datetime) -> None:
        """Set where these records stand, except those that wait to be checked or are ignored."""
        ...

    def accept(self, record_id: int, digest: str, now: datetime) -> None:
        """Take what the deal says now as what was synced: a person decided that NetSuite stays as it is."""
        ...

    def override(self, record_id: int, edit: dict[str, Any], now: datetime) -> None:
        """Keep a person's structured edit beside the original payload."""
        ...

    def postpone(self, record_ids: Sequence[int], due_at: datetime) -> None:
        """Check these again later."""
        ...

    def counts(self) -> dict[Standing, int]:
        """How many records stand where."""
        ...

    def events_of(self, record: SourceRecord) -> list[dict[str, Any]]:
        """Every version of a record that was seen, oldest first."""
        ...

    def add_alias(self, system: str, alias: Alias, now: datetime) -> bool:
        """Remember a merge. True when it is new."""
        ...

    def aliases(self) -> dict[tuple[str, str, str], str]:
        """(system, object, loser) → winner."""
        ...

    def cursor(self, source: str) -> str | None:
        """Where the last poll of a source ended."""
        ...

    def set_cursor(self, source: str, value: str, now: datetime) -> None:
        """Remember where a poll ended."""
        ...


class Journal(Protocol):
    """Rows of `attempt` and `event` within one transaction."""

    def attempt(
        self, document: Document, outcome: Outcome, exchange: Exchange, now: datetime, detail: str = ""
    ) -> None:
        """Log an intent or an outcome, unconditionally: evidence is never fenced away."""
        ...

    def attempts(self, ended: Iterable[tuple[Document, Outcome, Exchange, str]], now: datetime) -> None:
        """Log intents or outcomes of several documents: document, outcome, exchange, detail."""
        ...

    def attempts_of(self, document_id: int) -> list[dict[str, Any]]:
        """Every intent and outcome of a document, oldest first."""
        ...

    def attempts_total(self) -> dict[str, int]:
        """How many attempts ended how."""
        ...

    def add(
        self,
        kind: str,
        now: datetime,
        *,
        record: int | None = None,
        document: int | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Log one event."""
        ...

    def add_all(
        self, events: Iterable[tuple[str, int | None, int | None, Mapping[str, object] | None]], now: datetime
    ) -> None:
        """Log events: kind, source record, document, data."""
        ...

    def events_of(self, record_id: int, document_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Events of a deal and its documents, oldest first."""
        ...


class Cases(Protocol):
    """Rows of `exception_case`, `decision` and `redate` within one transaction."""

    def open(self, finding: Finding, record_id: int, document_id: int | None, now: datetime) -> int:
        """Open a case, unless the same one is open already. Returns its id."""
        ...

    def get(self, case_id: int) -> Case | None:
        """One case."""
        ...

    def find(
        self,
        *,
        state: CaseState | None = CaseState.OPEN,
        code: str = "",
        cause: str = "",
        record_ids: Sequence[int] | None = None,
        document_ids: Sequence[int] | None = None,
    ) -> list[Case]:
        """Cases by any of these, oldest first."""
        ...

    def close(self, case_ids: Sequence[int], state: CaseState, now: datetime) -> None:
        """Close cases as resolved or ignored."""
        ...

    def assign(self, case_id: int, assignee: str) -> None:
        """Name who looks after a case."""
        ...

    def decide(
        self, case_id: int, action: str, by: str, because: str, before: str, after: str, now: datetime
    ) -> None:
        """Log what a person decided, with the state before and after."""
        ...

    def decisions_of(self, case_id: int) -> list[dict[str, Any]]:
        """Decisions on a case, oldest first."""
        ...

    def approve_date(self, record_key: str, day: date, by: str, now: datetime) -> None:
        """Approve another transaction date for a deal."""
        ...

    def approved_dates(self) -> dict[str, date]:
        """Record key → transaction date a person approved."""
        ...


class Mappings(Protocol):
    """Rows of `crosswalk`, `reference_data`, `existing_customer` and `account_state`."""

    def crosswalk(self) -> list[CrosswalkRow]:
        """Every row of every version."""
        ...

    def add_crosswalk(self, rows: Iterable[CrosswalkRow]) -> int:
        """Append new versions. A row that says what the newest version says is left out. Returns how many
        were added.
        """
        ...

    def crosswalk_size(self) -> int:
        """Number of rows: it grows with every change, so it tells whether a cached copy is old."""
        ...

    def reference(self, account: str) -> tuple[str, datetime] | None:
        """The cached reference data and its as-of time."""
        ...

    def set_reference(self, account: str, body: str, as_of: datetime) -> None:
        """Replace the cached reference data."""
        ...

    def customers(self, account: str) -> list[str]:
        """Cached NetSuite customers, encoded."""
        ...

    def set_customers(self, account: str, rows: Sequence[tuple[InternalId, str]], as_of: datetime) -> None:
        """Insert or replace cached NetSuite customers."""
        ...

    def paused(self, account: str) -> tuple[str, datetime, datetime] | None:
        """Reason, since when, and when to try again, if the account is paused."""
        ...

    def pause(self, account: str, reason: str, probe_at: datetime, now: datetime) -> bool:
        """Stop all calls to an account. True when it was not paused before (one alarm, not a thousand)."""
        ...

    def resume(self, account: str, now: datetime) -> bool:
        """Let calls go again. True when it was paused."""
        ...


class Links(Protocol):
    """Rows of `customer_link` within one transaction."""

    def history(self, record_key: str = "") -> list[Link]:
        """Every statement, oldest first; of one account, or of all."""
        ...

    def size(self) -> int:
        """Number of rows: it grows with every statement, so it tells whether a cached book is old."""
        ...

    def add(self, link: Link) -> None:
        """Append a statement."""
        ...


class Leases(Protocol):
    """Rows of `slot_block` and `poll_lease` within one transaction."""

    def blocks(self, account: str, now: datetime) -> dict[str, int]:
        """Holder → slots, of the blocks that have not run out; those that have are removed."""
        ...

    def held(self, account: str, now: datetime) -> dict[str, int]:
        """Holder → slots, of the blocks that have not run out; nothing is removed."""
        ...

    def set_block(self, account: str, holder: str, slots: int, until: datetime) -> None:
        """This holder has so many slots until then."""
        ...

    def lease_poll(self, source: str, holder: str, until: datetime, now: datetime) -> bool:
        """Whether this holder may poll the source until then; nobody else does meanwhile."""
        ...

    def polled(self, source: str, holder: str, began: datetime) -> None:
        """A complete poll of this source by this holder began then and has ended; its lease, too."""
        ...

    def last_polls(self) -> dict[str, datetime | None]:
        """Source → when its last complete poll began."""
        ...

    def release(self, holder: str) -> None:
        """Give back all that this holder has."""
        ...


class Audit(Protocol):
    """Rows of `seal`, and of the tables of evidence, within one transaction."""

    def last(self) -> Seal | None:
        """The newest seal."""
        ...

    def seals(self) -> list[Seal]:
        """Every seal, oldest first."""
        ...

    def add(self, seal: Seal) -> None:
        """Append a seal."""
        ...

    def rows(
        self, table: str, after: int, upto: int | None, limit: int | None
    ) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Rows of a table of evidence with ids after one and up to another, in order."""
        ...

    def count_after(self, table: str, after: int) -> int:
        """How many rows of a table are younger than one."""
        ...


class People(Protocol):
    """Rows of `person`, `api_key` and `approval` within one transaction."""

    def all(self) -> list[Person]:
        """Everybody, by name."""
        ...

    def get(self, name: str) -> Person | None:
        """One person."""
        ...

    def put(self, person: Person, by: str, now: datetime) -> None:
        """Add or change a person; the password stays as it is."""
        ...

    def password(self, name: str) -> str:
        """The stored hash of a person's password; empty when none is set."""
        ...

    def set_password(self, name: str, hashed: str) -> None:
        """Replace the hash of a person's password."""
        ...

    def keys(self) -> list[Key]:
        """Every key, in the order they were made."""
        ...

    def key_of(self, digest: str) -> Key | None:
        """The key with this digest of its secret."""
        ...

    def add_key(self, key: Key, digest: str, note: str, by: str, now: datetime) -> None:
        """Add a key; its secret is never stored."""
        ...

    def revoke_key(self, key_id: str) -> bool:
        """Make a key useless. False when there is none that works."""
        ...

    def approvals(self, content: str) -> list[Approval]:
        """Decisions about this content, oldest first."""
        ...

    def add_approval(self, approval: Approval) -> None:
        """Append a decision."""
        ...


class Unit(Protocol):
    """All repositories on one transaction."""

    @property
    def documents(self) -> Documents:
        """The documents."""
        ...

    @property
    def records(self) -> Records:
        """The records."""
        ...

    @property
    def journal(self) -> Journal:
        """The journal."""
        ...

    @property
    def cases(self) -> Cases:
        """The cases."""
        ...

    @property
    def mappings(self) -> Mappings:
        """The mappings."""
        ...

    @property
    def links(self) -> Links:
        """The links between accounts and customers."""
        ...

    @property
    def leases(self) -> Leases:
        """The leases of processes."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit chain."""
        ...

    @property
    def people(self) -> People:
        """People, keys and approvals."""
        ...

    @property
    def cash(self) -> Cash:
        """Open items, reservations, movements, aliases."""
        ...

    @property
    def settlements(self) -> Settlements:
        """What payments and credits settle in NetSuite."""
        ...

    @property
    def listing(self) -> Listing:
        """Pages."""
        ...

    @property
    def figures(self) -> Figures:
        """Counts."""
        ...

    @property
    def answers(self) -> Answers:
        """Kept answers."""
        ...

    @property
    def hooks(self) -> HookInbox:
        """The inbox of webhooks."""
        ...


class Store(Protocol):
    """Opens units of work."""

    def write(self, *steps: str) -> AbstractContextManager[Unit]:
        """A write transaction, committed on leaving; `steps` name what it does beside moving documents."""
        ...

    def read(self) -> AbstractContextManager[Unit]:
        """A consistent view; nothing can be written."""
        ...
