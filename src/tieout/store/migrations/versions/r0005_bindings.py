"""Links between accounts and customers as history, and what planned customers can be recognised by."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from tieout.domain.documents import Address, Customer
from tieout.domain.likeness import traits_of
from tieout.domain.sources import SourceRef
from tieout.store.append_only import guard, unguard
from tieout.store.tables import Instant

revision = "0005"
down_revision = "0004"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables; carry over what was bound, and index the customers planned so far."""
    op.create_table(
        "customer_link",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("customer_link_key", "customer_link", ["record_key", "id"])
    op.create_table(
        "customer_trait",
        sa.Column("document_id", _Id, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "trait", "value"),
    )
    op.create_index("customer_trait_value", "customer_trait", ["trait", "value"])
    op.execute(
        'INSERT INTO customer_link (record_key, action, stage, internal_id, "by", entered_by, because, evidence,'
        " seen, at) SELECT record_key, 'link', 'in_force', internal_id, \"by\", \"by\", because, '', '', at"
        " FROM binding ORDER BY at, record_key"
    )
    op.drop_table("binding")
    _note_traits()
    # What was kept of NetSuite's customers lacks their addresses and subsidiaries: it is read anew.
    op.execute("DELETE FROM existing_customer")
    op.execute("DELETE FROM reference_data")
    guard("customer_link")


def downgrade() -> None:
    """Keep the links in force; the history before them is lost."""
    unguard("customer_link")
    op.create_table(
        "binding",
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("record_key"),
    )
    op.execute(
        'INSERT INTO binding (record_key, internal_id, "by", because, at)'
        " SELECT record_key, internal_id, \"by\", because, at FROM customer_link WHERE action = 'link'"
        " AND id IN (SELECT MAX(id) FROM customer_link WHERE stage = 'in_force' AND action IN ('link', 'unlink')"
        " GROUP BY record_key)"
    )
    op.drop_index("customer_trait_value", table_name="customer_trait")
    op.drop_table("customer_trait")
    op.drop_index("customer_link_key", table_name="customer_link")
    op.drop_table("customer_link")
    op.execute("DELETE FROM existing_customer")
    op.execute("DELETE FROM reference_data")


def _note_traits() -> None:
    connection = op.get_bind()
    document = sa.table("document", sa.column("id"), sa.column("kind"), sa.column("draft"))
    trait = sa.table("customer_trait", *(sa.column(name) for name in ("document_id", "trait", "value")))
    query = sa.select(document.c.id, document.c.draft).where(document.c.kind == "create_customer")
    for document_id, text in connection.execute(query).all():
        rows = [
            {"document_id": document_id, "trait": str(one.trait), "value": one.value}
            for one in traits_of(_customer(json.loads(text)))
        ]
        if rows:
            connection.execute(sa.insert(trait), rows)


def _customer(draft: dict[str, object]) -> Customer:
    def words(name: str) -> str:
        return str(draft.get(name) or "")

    def address(name: str) -> Address:
        plain = draft.get(name)
        if not isinstance(plain, dict):
            return Address()
        return Address(**{**plain, "lines": tuple(plain.get("lines", ()))})

    return Customer(
        source=SourceRef(system="", environment="", object="", id=""),
        name=words("name"),
        email=words("email"),
        website=words("website"),
        tax_id=words("tax_id"),
        billing=address("billing"),
        shipping=address("shipping"),
    )
