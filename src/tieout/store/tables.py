"""Tables, in portable SQL. Instants are UTC; money lives inside JSON documents as decimal strings.

Text has no bound here: what comes from outside may be longer than anybody thought, and PostgreSQL would refuse it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Instant(TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, fixed-width ISO text (which sorts) on SQLite."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type on this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Refuse naive instants; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value if dialect.name == "postgresql" else value.astimezone(UTC).strftime(_FORMAT)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """An aware instant in UTC."""
        del dialect
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        if not isinstance(value, str):
            return None
        return datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)


metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("source", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

source_event = Table(
    "source_event",
    metadata,
    _id(),
    Column("system", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("taken", Boolean, nullable=False),
    UniqueConstraint("system", "object", "object_id", "version", "payload_hash", name="source_event_once"),
)

source_record = Table(
    "source_record",
    metadata,
    _id(),
    Column("system", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("raw", Text, nullable=False),
    Column("override", Text, nullable=False, default="{}"),
    Column("digest", Text, nullable=False, default=""),
    Column("planned_digest", Text, nullable=False, default=""),
    # the last stage change known when it was planned: later ones that are not won mean "reopened"
    Column("history_until", Instant),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Text, nullable=False, default=""),
    Column("lease_expires_at", Instant),
    Column("correlation", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("system", "object", "object_id", name="source_record_once"),
    Index("source_record_due", "standing", "due_at"),
)

document = Table(
    "document",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("claim", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("external_id", Text),
    # one external id per account and group, without regard to case; empty for steps that create nothing
    Column("external_key", Text, unique=True),
    Column("source_record_id", _Id, ForeignKey("source_record.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("draft", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("internal_id", Text),
    Column("number", Text, nullable=False, default=""),
    Column("observed", Text, nullable=False, default=""),
    Column("due_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("sent_at", Instant),
    Column("doubt_until", Instant),
    # why it is in doubt: the answer was `lost`, unreadable (`answered`), or says that it `exists`
    Column("doubt", Text, nullable=False, default=""),
    # finding codes a person has waived for this document, blank-separated
    Column("waived", Text, nullable=False, default=""),
    Column("lease_token", Text, nullable=False, default=""),
    Column("lease_expires_at", Instant),
    Column("correlation", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("document_due", "account", "state", "due_at", "id"),
    Index("document_record", "source_record_id"),
    Index("document_internal", "internal_id"),
    Index("document_external", "external_id"),
)

need = Table(
    "need",
    metadata,
    Column("document_id", _Id, ForeignKey("document.id"), primary_key=True),
    Column("needs_id", _Id, ForeignKey("document.id"), primary_key=True),
    Index("need_reverse", "needs_id"),
)

# A deal and every document of its plan, also shared ones (its customer).
part = Table(
    "part",
    metadata,
    Column("source_record_id", _Id, ForeignKey("source_record.id"), primary_key=True),
    Column("document_id", _Id, ForeignKey("document.id"), primary_key=True),
    Index("part_reverse", "document_id"),
)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    Column("document_id", _Id, ForeignKey("document.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("operation", Text, nullable=False),
    Column("external_id", Text),
    Column("payload_hash", Text, nullable=False),
    Column("request", Text, nullable=False, default=""),
    Column("status", Integer),
    Column("response", Text, nullable=False, default=""),
    Column("operation_id", Text, nullable=False, default=""),
    Column("elapsed_ms", Integer, nullable=False, default=0),
    Column("detail", Text, nullable=False, default=""),
    Index("attempt_document", "document_id", "id"),
)

exception_case = Table(
    "exception_case",
    metadata,
    _id(),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("source_record_id", _Id, ForeignKey("source_record.id"), nullable=False),
    Column("document_id", _Id, ForeignKey("document.id")),
    Column("assignee", Text, nullable=False, default=""),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index("case_open", "state", "code", "cause"),
    Index("case_record", "source_record_id", "state"),
    Index("case_document", "document_id", "state"),
)

decision = Table(
    "decision",
    metadata,
    _id(),
    Column("case_id", _Id, ForeignKey("exception_case.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("because", Text, nullable=False, default=""),
    Column("before", Text, nullable=False, default=""),
    Column("after", Text, nullable=False, default=""),
    Column("at", Instant, nullable=False),
    Index("decision_case", "case_id"),
)

redate = Table(
    "redate",
    metadata,
    Column("record_key", Text, primary_key=True),
    Column("day", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

event = Table(
    "event",
    metadata,
    _id(),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source_record_id", _Id),
    Column("document_id", _Id),
    Column("data", Text, nullable=False, default=""),
    Index("event_record", "source_record_id", "id"),
    Index("event_document", "document_id", "id"),
)

crosswalk = Table(
    "crosswalk",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    Column("subsidiary", Text, nullable=False, default=""),
    Column("version", Integer, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("why", Text, nullable=False, default=""),
    UniqueConstraint("kind", "system", "key", "subsidiary", "version", name="crosswalk_version"),
)

alias = Table(
    "alias",
    metadata,
    Column("system", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("loser", Text, primary_key=True),
    Column("winner", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# Who a source's account is in NetSuite: every statement, oldest first. What is in force follows from the order.
customer_link = Table(
    "customer_link",
    metadata,
    _id(),
    Column("record_key", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("internal_id", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("because", Text, nullable=False, default=""),
    Column("evidence", Text, nullable=False, default=""),
    Column("seen", Text, nullable=False, default=""),
    Column("at", Instant, nullable=False),
    Index("customer_link_key", "record_key", "id"),
)

# What a customer we plan can be recognised by, so that another source's deal finds it before NetSuite shows it.
customer_trait = Table(
    "customer_trait",
    metadata,
    Column("document_id", _Id, ForeignKey("document.id"), primary_key=True),
    Column("trait", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Index("customer_trait_value", "trait", "value"),
)

reference_data = Table(
    "reference_data",
    metadata,
    Column("account", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("as_of", Instant, nullable=False),
)

existing_customer = Table(
    "existing_customer",
    metadata,
    Column("account", Text, primary_key=True),
    Column("internal_id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("as_of", Instant, nullable=False),
)

# NetSuite's few slots, leased by processes in blocks.
slot_block = Table(
    "slot_block",
    metadata,
    Column("account", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("slots", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

# Who polls a source at present, and when the last complete poll began.
poll_lease = Table(
    "poll_lease",
    metadata,
    Column("source", Text, primary_key=True),
    Column("holder", Text, nullable=False, default=""),
    Column("expires_at", Instant),
    Column("polled_at", Instant),
)

# Links of the audit chain: rows of evidence up to here, their digest, and the head with it.
seal = Table(
    "seal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", Instant, nullable=False),
    Column("upto", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("head", Text, nullable=False),
)

# Decisions about something with a content of its own: they hold for that content and no other.
approval = Table(
    "approval",
    metadata,
    _id(),
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("through", Text, nullable=False, default=""),
    Column("because", Text, nullable=False, default=""),
    Column("at", Instant, nullable=False),
    Index("approval_content", "content"),
)

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("subsidiaries", Text, nullable=False, default=""),
    Column("active", Boolean, nullable=False),
    Column("password", Text, nullable=False, default=""),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# Keys belong to a person; what is done with a key is done by that person.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("subsidiaries", Text, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("active", Boolean, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)

account_state = Table(
    "account_state",
    metadata,
    Column("account", Text, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("since", Instant, nullable=False),
    Column("probe_at", Instant, nullable=False),
)

# What is known of requests with an idempotency key, until it expires.
kept_answer = Table(
    "kept_answer",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("route", Text, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("effect_at", Instant),
    Column("status", Integer),
    Column("content_type", Text, nullable=False, default=""),
    Column("body", LargeBinary, nullable=False, default=b""),
    Index("kept_answer_expiry", "expires_at"),
)

# Verified webhooks as they came; the same body is kept once.
hook_event = Table(
    "hook_event",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("source", "digest", name="hook_event_once"),
)

# Sources that are to be polled before their time.
wake_up = Table(
    "wake_up",
    metadata,
    Column("source", Text, primary_key=True),
    Column("asked_at", Instant, nullable=False),
)
