"""Rows the flows work on: source records, documents, attempts. Frozen; the store makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tieout.domain.drafts import Draft
from tieout.domain.ids import ClaimKey, ExternalId, InternalId
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import StepKind
from tieout.domain.sources import SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One distinct record of a source: an input. `raw` is the newest payload, as it came.

    `override` holds a person's structured edit; the original stays in `raw` and in the inbox.
    """

    id: int
    source: SourceRef
    standing: Standing
    reason: str
    raw: dict[str, Any]
    override: dict[str, Any]
    digest: str
    planned_digest: str
    history_until: datetime | None
    deleted: bool
    correlation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One record we intend to write, and where it stands."""

    id: int
    kind: StepKind
    claim: ClaimKey
    account: str
    external_id: ExternalId | None
    source_record_id: int
    state: State
    draft: Draft
    payload_hash: str
    attempts: int
    internal_id: InternalId | None
    number: str
    due_at: datetime
    cleared_at: datetime | None
    sent_at: datetime | None
    doubt_until: datetime | None
    doubt: str
    waived: frozenset[str]
    lease_token: str
    lease_expires_at: datetime | None
    correlation: str


class Outcome(StrEnum):
    """How a call ended, as far as anybody can know."""

    DONE = "done"
    REFUSED = "refused"
    THROTTLED = "throttled"
    PAUSED = "paused"
    IN_DOUBT = "in_doubt"
    NOT_SENT = "not_sent"
    INTENT = "intent"  # written before the call
    FOUND = "found"  # adopted by look-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Evidence of one call: what was sent, what came back. Secrets never get here."""

    operation: str
    request: str
    status: int | None = None
    response: str = ""
    operation_id: str = ""
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A diagnosed refusal: a finding's code with its cause and the platform's own words."""

    code: str
    cause: str
    expected: str
    found: str
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a write came to. `exists`: NetSuite refused it because it already has such a record."""

    outcome: Outcome
    exchange: Exchange
    internal_id: InternalId | None = None
    problem: Problem | None = None
    exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Internal ids a draft's claims stand for, known when the call is made."""

    customer: InternalId | None = None
    created_from: InternalId | None = None
