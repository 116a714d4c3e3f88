"""Cash application: open items, reservations, movements, payer aliases, verdicts on matches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tieout.store.tables import Instant

revision = "0006"
down_revision = "0005"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "open_item",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_digits", sa.Text(), nullable=False),
        sa.Column("number_plain", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("external_key", sa.Text(), nullable=False),
        sa.Column("po_number", sa.Text(), nullable=False),
        sa.Column("po_key", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("due", sa.Text()),
        sa.Column("subsidiary", sa.Text(), nullable=False),
        sa.Column("receivables", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_until", sa.Text()),
        sa.Column("as_of", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account", "internal_id"),
    )
    op.create_table(
        "reservation",
        sa.Column("document_id", _Id, nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("document_id", "item_id"),
    )
    op.create_table(
        "movement",
        sa.Column("source_record_id", _Id, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bank_account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("matched_at", Instant()),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"]),
        sa.PrimaryKeyConstraint("source_record_id"),
    )
    op.create_table(
        "payer_alias",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("taught_by", sa.Text(), nullable=False),
        sa.Column("taught_at", Instant(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("unlearned_by", sa.Text(), nullable=False),
        sa.Column("unlearned_at", Instant()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "match_verdict",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("source_record_id", _Id, nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["source_record_id"], ["source_record.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("open_item_digits", "open_item", ["account", "number_digits"])
    op.create_index("open_item_external", "open_item", ["account", "external_key"])
    op.create_index("open_item_po", "open_item", ["account", "po_key"])
    op.create_index("open_item_customer", "open_item", ["account", "customer"])
    op.create_index("reservation_item", "reservation", ["item_id"])
    op.create_index("movement_money", "movement", ["bank_account", "currency", "minor", "day"])
    op.create_index("payer_alias_identifier", "payer_alias", ["scheme", "value"])
    op.create_index("match_verdict_signature", "match_verdict", ["signature"])


def downgrade() -> None:
    """Drop them."""
    for index, table in (
        ("open_item_digits", "open_item"),
        ("open_item_external", "open_item"),
        ("open_item_po", "open_item"),
        ("open_item_customer", "open_item"),
        ("reservation_item", "reservation"),
        ("movement_money", "movement"),
        ("payer_alias_identifier", "payer_alias"),
        ("match_verdict_signature", "match_verdict"),
    ):
        op.drop_index(index, table_name=table)
    for table in ("match_verdict", "payer_alias", "movement", "reservation", "open_item"):
        op.drop_table(table)
