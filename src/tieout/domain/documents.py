"""Canonical documents: what a deal is, in no system's own words.

`Order` is what a source says; `Checked` (see `tieout.domain.validation`) is what may be planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tieout.domain.money import Money
from tieout.domain.periods import Period
from tieout.domain.sources import SourceRef


class LineKind(StrEnum):
    """How a line turns into money."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"
    USAGE = "usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address. `country` is an ISO 3166 alpha-2 code, or empty when the source has none."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    addressee: str = ""
    attention: str = ""


#: No address given.
NO_ADDRESS = Address()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at a customer."""

    source: SourceRef
    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys or who is billed. `currency` and `terms` are the account's, not the deal's."""

    source: SourceRef
    name: str
    email: str = ""
    phone: str = ""
    website: str = ""
    tax_id: str = ""
    currency: str = ""
    terms: str = ""
    billing: Address = NO_ADDRESS
    shipping: Address = NO_ADDRESS
    parent_id: str = ""
    contact: Contact | None = None
    #: ids of records merged into this one; they stay as alias rows
    merged_ids: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What was sold, by the source's stable id; name and SKU are for people only."""

    id: str
    sku: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line. `amount` is net of the line's own discount and before tax; the rate is derived from it."""

    source: SourceRef
    product: Product
    quantity: Decimal
    amount: Money
    kind: LineKind = LineKind.ONE_TIME
    description: str = ""
    service: Period | None = None
    term_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """One row of a deal's history: when it became, or stopped being, won."""

    at: datetime
    won: bool
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A deal as its source tells it, system-neutral. `won` is derived from the stage table, not its label."""

    source: SourceRef
    name: str
    customer: Customer
    currency: str
    lines: tuple[OrderLine, ...]
    close_date: date
    won: bool
    closed: bool
    bill_to: Customer | None = None
    header_amount: Money | None = None
    #: an amount (positive) to be spread over the lines, where the source keeps a discount on the header
    header_discount: Money | None = None
    po_number: str = ""
    terms: str = ""
    billing_terms_confirmed: bool | None = None
    history: tuple[StageChange, ...] = ()
    #: further fields rules may look at, as text
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: fields another NetSuite connector has filled on the source record: `name=value`
    foreign_marks: tuple[str, ...] = ()

    @property
    def payer(self) -> Customer:
        """Who is billed: the bill-to where it differs, else the buyer."""
        return self.bill_to or self.customer
