"""Which fields are selected: those every org has, those that are mapped, and other connectors' own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tieout.connectors.salesforce.client import select
from tieout.connectors.salesforce.options import SalesforceOptions

OPPORTUNITY, ACCOUNT, LINE, HISTORY = "Opportunity", "Account", "OpportunityLineItem", "OpportunityHistory"
LINES, HISTORIES = "OpportunityLineItems", "OpportunityHistories"

_DEAL = ("Id", "Name", "AccountId", "StageName", "IsWon", "IsClosed", "Amount", "CloseDate", "SystemModstamp")
_ACCOUNT = ("Id", "Name", "ParentId")
_ACCOUNT_IF_SEEN = (
    "Phone",
    "Website",
    *(
        f"{kind}{part}"
        for kind in ("Billing", "Shipping")
        for part in ("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode")
    ),
)
_LINE = ("Id", "Product2Id", "Name", "Quantity", "TotalPrice", "SystemModstamp")
_LINE_IF_SEEN = (
    "SortOrder",
    "ProductCode",
    "UnitPrice",
    "Discount",
    "ServiceDate",
    "Description",
    "HasRevenueSchedule",
    "HasQuantitySchedule",
)
_PRODUCT = ("Product2.Name", "Product2.ProductCode")
_HISTORY = ("Id", "StageName", "CreatedDate", "Probability", "ForecastCategory")
_CURRENCY = "CurrencyIsoCode"


@dataclass(frozen=True, slots=True)
class Schema:
    """What the integration user sees of the objects that are read: field name → its describe."""

    deal: Mapping[str, Mapping[str, Any]]
    account: Mapping[str, Mapping[str, Any]]
    line: Mapping[str, Mapping[str, Any]]


def seen_fields(describe: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Fields of a describe by name."""
    return {str(field["name"]): field for field in describe["fields"] if isinstance(field, Mapping)}


class Selection:
    """The SELECT of an aggregate: deal, account, payer, lines, history. A mapped field is always asked for:
    when it is hidden, the query is refused and says so, instead of a deal losing its discount.
    """

    def __init__(self, options: SalesforceOptions, schema: Schema) -> None:
        self._options, self._schema = options, schema

    @property
    def bill_to_relationship(self) -> str:
        """Name of the relationship of the bill-to lookup, or nothing when none is mapped."""
        name = self._options.bill_to_field
        if not name:
            return ""
        field = self._schema.deal.get(name, {})
        return str(field.get("relationshipName") or name.removesuffix("__c") + "__r")

    def aggregate(self, where: str) -> str:
        """The query of whole aggregates."""
        options, relationship = self._options, self.bill_to_relationship
        deal = [
            *_DEAL,
            *self._if_seen(self._schema.deal, (_CURRENCY,)),
            options.po_number_field,
            options.header_discount_field,
            options.billing_terms_confirmed_field,
            options.bill_to_field,
            *options.deal_attribute_fields,
            *self._foreign(self._schema.deal),
            *(f"Account.{name}" for name in self._account()),
            *(f"{relationship}.{name}" for name in self._account() if relationship),
        ]
        lines = [
            *_LINE,
            *self._if_seen(self._schema.line, (*_LINE_IF_SEEN, _CURRENCY)),
            *_PRODUCT,
            options.line_kind_field,
            options.line_term_months_field,
            *self._foreign(self._schema.line),
        ]
        parts = [_joined(deal), f"({select(_joined(lines), LINES)})"]
        parts.append(f"({select(_joined(_HISTORY), HISTORIES)})")
        return select(", ".join(parts), OPPORTUNITY, where)

    def _account(self) -> list[str]:
        options = self._options
        names = [
            *_ACCOUNT,
            *self._if_seen(self._schema.account, (*_ACCOUNT_IF_SEEN, _CURRENCY)),
            options.account_terms_field,
            options.account_tax_id_field,
            options.account_billing_email_field,
            *options.account_attribute_fields,
            *self._foreign(self._schema.account),
        ]
        return [name for name in names if name]

    @staticmethod
    def _if_seen(seen: Mapping[str, Any], names: Iterable[str]) -> list[str]:
        return [name for name in names if name in seen]

    def _foreign(self, seen: Mapping[str, Any]) -> list[str]:
        return foreign_fields(seen, self._options)


def foreign_fields(seen: Iterable[str], options: SalesforceOptions) -> list[str]:
    """The fields that belong to other NetSuite connectors."""
    prefixes = tuple(prefix.lower() for prefix in options.foreign_field_prefixes)
    return [name for name in seen if prefixes and name.lower().startswith(prefixes)]


def mapped_fields(options: SalesforceOptions) -> dict[str, list[str]]:
    """Object → fields the options name on the object itself (paths over parents are left to the query)."""
    deal = [
        options.po_number_field,
        options.header_discount_field,
        options.bill_to_field,
        options.billing_terms_confirmed_field,
        *options.deal_attribute_fields,
    ]
    account = [
        options.account_terms_field,
        options.account_tax_id_field,
        options.account_billing_email_field,
        *options.account_attribute_fields,
    ]
    line = [options.line_kind_field, options.line_term_months_field]
    named = {OPPORTUNITY: deal, ACCOUNT: account, LINE: line}
    return {name: [field for field in fields if field and "." not in field] for name, fields in named.items()}


def _joined(names: Iterable[str]) -> str:
    """Each name once: selecting a field twice is refused."""
    return ", ".join(dict.fromkeys(name for name in names if name))
