"""Which invoice a credit memo was made from, and what each payment and credit settles in NetSuite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("open_item", sa.Column("made_from", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "settlement",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("settler", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "settler", "item_id"),
    )

    # Read again as a whole: parents and intercompany customers were not asked for before.
    op.execute("DELETE FROM existing_customer")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("settlement")
    op.drop_column("open_item", "made_from")
