"""What the doors need of the store, as Protocols: pages, figures, kept answers, and the inbox of webhooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tieout.domain.cases import Case, CaseState
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import StepKind
from tieout.flows.rows import Document, SourceRecord

#: Subsidiaries somebody may see; None: all of them.
Reach = Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsWanted:
    """Which documents are listed; what is empty restricts nothing. `deal`: a source id."""

    state: State | None = None
    kind: StepKind | None = None
    external_id: str = ""
    internal_id: str = ""
    deal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsWanted:
    """Which inputs are listed; what is empty restricts nothing."""

    standing: Standing | None = None
    reason: str = ""
    system: str = ""
    source_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesWanted:
    """Which cases are listed; what is empty restricts nothing."""

    state: CaseState | None = None
    code: str = ""
    cause: str = ""
    assignee: str = ""


class Listing(Protocol):
    """Pages of rows with ids after one, in the order of their ids.

    With a `reach`, a document that names another subsidiary is left out, and so is an input or a case of which any
    document does. What names no subsidiary yet is shown to everybody.
    """

    def documents(self, wanted: DocumentsWanted, after: int, limit: int, reach: Reach) -> list[Document]:
        """Documents."""
        ...

    def inputs(self, wanted: InputsWanted, after: int, limit: int, reach: Reach) -> list[SourceRecord]:
        """Source records."""
        ...

    def cases(self, wanted: CasesWanted, after: int, limit: int, reach: Reach) -> list[Case]:
        """Cases."""
        ...

    def within(self, record_ids: Sequence[int], reach: Reach) -> set[int]:
        """Those of these inputs that may be seen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So many documents of this kind in this state; the earliest is due at `oldest_due`."""

    state: State
    kind: StepKind
    count: int
    oldest_due: datetime


class Figures(Protocol):
    """Counts over whole tables, for a scrape."""

    def documents(self) -> list[Tally]:
        """Documents by state and kind."""
        ...

    def doubts(self, account: str) -> tuple[int, datetime | None]:
        """Calls in doubt, and when the oldest of them was sent."""
        ...

    def open_cases(self) -> dict[str, int]:
        """Code → open cases."""
        ...

    def oldest_received(self) -> datetime | None:
        """When the oldest input that waits to be checked is due."""
        ...

    def leased_slots(self, account: str, now: datetime) -> int:
        """Slots in blocks that have not run out."""
        ...

    def polls(self) -> dict[str, datetime]:
        """Source → when something of a poll was last stored, be it only that nothing is new."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What is known of a request with an idempotency key.

    `token` names the execution that holds it until `lease_until`; `effect_at` is set by the transaction that makes
    the request's effect durable; `status` and `body` are there once it was answered.
    """

    principal: str
    key: str
    route: str
    request_hash: str
    token: str
    lease_until: datetime
    expires_at: datetime
    effect_at: datetime | None = None
    status: int | None = None
    content_type: str = ""
    body: bytes = b""


class Answers(Protocol):
    """Rows of `kept_answer` within one transaction."""

    def get(self, principal: str, key: str) -> KeptAnswer | None:
        """What is known of this key."""
        ...

    def put(self, answer: KeptAnswer) -> None:
        """Begin to know of a key, or begin anew."""
        ...

    def mark(self, principal: str, key: str, token: str, now: datetime) -> bool:
        """The effect is in this transaction. False when the key is held by another execution by now."""
        ...

    def keep(self, principal: str, key: str, token: str, status: int, content_type: str, body: bytes) -> bool:
        """Keep the answer. False when the key is held by another execution by now."""
        ...

    def free(self, principal: str, key: str, token: str) -> bool:
        """Forget a key whose request changed nothing. False when it did, or the key is another execution's."""
        ...

    def forget(self, now: datetime) -> int:
        """Remove what has expired. Returns how many."""
        ...


class HookInbox(Protocol):
    """Rows of `hook_event` and `wake_up` within one transaction."""

    def add(self, source: str, digest: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
        """Store a verified webhook as it came. False when this very body is there already."""
        ...

    def wake(self, source: str, now: datetime) -> None:
        """This source is to be polled soon."""
        ...

    def woken(self) -> set[str]:
        """Sources that are to be polled soon."""
        ...

    def answered(self, source: str) -> None:
        """The poll that was asked for begins."""
        ...
