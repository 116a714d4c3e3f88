"""Slots and polls are leased by processes; evidence can be added to and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tieout.store.append_only import guard, unguard
from tieout.store.tables import Instant

revision = "0002"
down_revision = "0001"

_EVIDENCE = ("attempt", "event", "source_event", "decision")


def upgrade() -> None:
    """Add the leases and the triggers."""
    op.create_table(
        "slot_block",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account", "holder"),
    )
    op.create_table(
        "poll_lease",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("polled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("source"),
    )
    for table in _EVIDENCE:
        guard(table)


def downgrade() -> None:
    """Drop them."""
    for table in _EVIDENCE:
        unguard(table)
    op.drop_table("poll_lease")
    op.drop_table("slot_block")
