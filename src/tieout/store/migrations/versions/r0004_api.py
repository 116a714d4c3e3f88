"""Answers kept under idempotency keys, webhooks as they came, and sources that wait for a poll."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tieout.store.append_only import guard, unguard
from tieout.store.tables import Instant

revision = "0004"
down_revision = "0003"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "kept_answer",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("effect_at", Instant(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key"),
    )
    op.create_index("kept_answer_expiry", "kept_answer", ["expires_at"])
    op.create_table(
        "hook_event",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "digest", name="hook_event_once"),
    )
    op.create_table(
        "wake_up",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    guard("hook_event")


def downgrade() -> None:
    """Drop them: what was kept under keys is forgotten, and webhooks that were received with it."""
    unguard("hook_event")
    op.drop_table("wake_up")
    op.drop_table("hook_event")
    op.drop_index("kept_answer_expiry", table_name="kept_answer")
    op.drop_table("kept_answer")
