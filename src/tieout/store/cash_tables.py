"""Tables of cash application: the picture of NetSuite's open items, what is reserved of it, money that moved, aliases.

Amounts are integers in the currency's smallest unit, beside the currency.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from tieout.store.tables import Instant, metadata

_Id = BigInteger().with_variant(Integer, "sqlite")

open_item = Table(
    "open_item",
    metadata,
    Column("account", Text, primary_key=True),
    Column("internal_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("number_digits", Text, nullable=False),
    Column("number_plain", Text, nullable=False),
    Column("external_id", Text, nullable=False, default=""),
    Column("external_key", Text, nullable=False, default=""),
    Column("po_number", Text, nullable=False, default=""),
    Column("po_key", Text, nullable=False, default=""),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
    Column("day", Text, nullable=False),
    Column("due", Text),
    Column("subsidiary", Text, nullable=False, default=""),
    Column("receivables", Text, nullable=False, default=""),
    Column("approved", Boolean, nullable=False),
    Column("disputed", Boolean, nullable=False, default=False),
    Column("discount_minor", BigInteger, nullable=False, default=0),
    Column("discount_until", Text),
    # the invoice a credit memo was made from
    Column("made_from", Text, nullable=False, server_default=""),
    # when NetSuite was asked: an older answer never replaces a newer one
    Column("as_of", Instant, nullable=False),
    Index("open_item_digits", "account", "number_digits"),
    Index("open_item_external", "account", "external_key"),
    Index("open_item_po", "account", "po_key"),
    Index("open_item_customer", "account", "customer"),
)

# What each payment and credit settles in NetSuite, as last read: when it changes or goes, these items are read again.
settlement = Table(
    "settlement",
    metadata,
    Column("account", Text, primary_key=True),
    Column("settler", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
)

# What a planned application takes of an item; it counts until its document is confirmed or cancelled.
reservation = Table(
    "reservation",
    metadata,
    Column("document_id", _Id, ForeignKey("document.id"), primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("minor", BigInteger, nullable=False),
    Index("reservation_item", "item_id"),
)

# Money that moved, one row for each input that is a movement: what reports and the search for second sightings read.
movement = Table(
    "movement",
    metadata,
    Column("source_record_id", _Id, ForeignKey("source_record.id"), primary_key=True),
    Column("route", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("bank_account", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("day", Text, nullable=False),
    Column("customer", Text, nullable=False, default=""),
    Column("payer", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False, default=""),
    Column("automatic", Boolean, nullable=False, default=False),
    Column("matched_at", Instant),
    # Side and amount of the bank's booking it is all of; with a `+` behind, of the one it is a part of.
    Column("booking", Text, nullable=False, default=""),
    Index("movement_money", "bank_account", "currency", "minor", "day"),
    Index("movement_booking", "bank_account", "booking", "day"),
    Index("movement_amount", "minor", "day"),
)

payer_alias = Table(
    "payer_alias",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("scheme", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("taught_by", Text, nullable=False),
    Column("taught_at", Instant, nullable=False),
    Column("evidence", Text, nullable=False, default=""),
    Column("active", Boolean, nullable=False),
    Column("unlearned_by", Text, nullable=False, default=""),
    Column("unlearned_at", Instant),
    Index("payer_alias_identifier", "scheme", "value"),
)

# Whether a proposed or automatic match turned out right: decided by people, counted by reason set.
match_verdict = Table(
    "match_verdict",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("source_record_id", _Id, ForeignKey("source_record.id"), nullable=False),
    Column("signature", Text, nullable=False),
    Column("right", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("match_verdict_signature", "signature"),
)
