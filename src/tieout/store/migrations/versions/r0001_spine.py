"""The spine's tables, as they were before revisions were counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tieout.store.tables import Instant

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "account_state",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("probe_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "alias",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("loser", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("system", "object", "loser"),
    )
    op.create_table(
        "binding",
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("record_key"),
    )
    op.create_table(
        "crosswalk",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.Column("subsidiary", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "system", "key", "subsidiary", "version", name="crosswalk_version"),
    )
    op.create_table(
        "cursor",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "event",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_record_id", _Id, nullable=True),
        sa.Column("document_id", _Id, nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_document", "event", ["document_id", "id"], unique=False)
    op.create_index("event_record", "event", ["source_record_id", "id"], unique=False)
    op.create_table(
        "existing_customer",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("as_of", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account", "internal_id"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "redate",
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("record_key"),
    )
    op.create_table(
        "reference_data",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("as_of", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "source_event",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "system", "object", "object_id", "version", "payload_hash", name="source_event_once"
        ),
    )
    op.create_table(
        "source_record",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("override", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("planned_digest", sa.Text(), nullable=False),
        sa.Column("history_until", Instant(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=False),
        sa.Column("lease_expires_at", Instant(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("system", "object", "object_id", name="source_record_once"),
    )
    op.create_index("source_record_due", "source_record", ["standing", "due_at"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_key", sa.Text(), nullable=True),
        sa.Column("source_record_id", _Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("cleared_at", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("doubt_until", Instant(), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.Column("waived", sa.Text(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=False),
        sa.Column("lease_expires_at", Instant(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("claim"),
        sa.UniqueConstraint("external_key"),
    )
    op.create_index("document_due", "document", ["account", "state", "due_at", "id"], unique=False)
    op.create_index("document_external", "document", ["external_id"], unique=False)
    op.create_index("document_internal", "document", ["internal_id"], unique=False)
    op.create_index("document_record", "document", ["source_record_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("document_id", _Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attempt_document", "attempt", ["document_id", "id"], unique=False)
    op.create_table(
        "exception_case",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("source_record_id", _Id, nullable=False),
        sa.Column("document_id", _Id, nullable=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_document", "exception_case", ["document_id", "state"], unique=False)
    op.create_index("case_open", "exception_case", ["state", "code", "cause"], unique=False)
    op.create_index("case_record", "exception_case", ["source_record_id", "state"], unique=False)
    op.create_table(
        "need",
        sa.Column("document_id", _Id, nullable=False),
        sa.Column("needs_id", _Id, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["needs_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("document_id", "needs_id"),
    )
    op.create_index("need_reverse", "need", ["needs_id"], unique=False)
    op.create_table(
        "part",
        sa.Column("source_record_id", _Id, nullable=False),
        sa.Column("document_id", _Id, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"]),
        sa.PrimaryKeyConstraint("source_record_id", "document_id"),
    )
    op.create_index("part_reverse", "part", ["document_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("case_id", _Id, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["exception_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decision_case", "decision", ["case_id"], unique=False)


def downgrade() -> None:
    """Drop all tables."""
    op.drop_index("decision_case", table_name="decision")
    op.drop_table("decision")
    op.drop_index("part_reverse", table_name="part")
    op.drop_table("part")
    op.drop_index("need_reverse", table_name="need")
    op.drop_table("need")
    op.drop_index("case_record", table_name="exception_case")
    op.drop_index("case_open", table_name="exception_case")
    op.drop_index("case_document", table_name="exception_case")
    op.drop_table("exception_case")
    op.drop_index("attempt_document", table_name="attempt")
    op.drop_table("attempt")
    op.drop_index("document_record", table_name="document")
    op.drop_index("document_internal", table_name="document")
    op.drop_index("document_external", table_name="document")
    op.drop_index("document_due", table_name="document")
    op.drop_table("document")
    op.drop_index("source_record_due", table_name="source_record")
    op.drop_table("source_record")
    op.drop_table("source_event")
    op.drop_table("reference_data")
    op.drop_table("redate")
    op.drop_table("meta")
    op.drop_table("existing_customer")
    op.drop_index("event_record", table_name="event")
    op.drop_index("event_document", table_name="event")
    op.drop_table("event")
    op.drop_table("cursor")
    op.drop_table("crosswalk")
    op.drop_table("binding")
    op.drop_table("alias")
    op.drop_table("account_state")
