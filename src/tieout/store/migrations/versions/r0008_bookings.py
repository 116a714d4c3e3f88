"""Which booking of the bank's a movement is all, or a part, of; movements by amount, whatever account tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("movement", sa.Column("booking", sa.Text(), nullable=False, server_default=""))
    op.create_index("movement_booking", "movement", ["bank_account", "booking", "day"])
    op.create_index("movement_amount", "movement", ["minor", "day"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("movement_amount", "movement")
    op.drop_index("movement_booking", "movement")
    op.drop_column("movement", "booking")
