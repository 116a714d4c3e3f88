"""What an administrator should know before the first deal: other connectors, hidden and missing fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieout.connectors.salesforce.client import SalesforceClient
from tieout.connectors.salesforce.fields import (
    ACCOUNT,
    LINE,
    OPPORTUNITY,
    foreign_fields,
    mapped_fields,
    seen_fields,
)
from tieout.connectors.salesforce.options import SalesforceOptions
from tieout.flows.errors import Refused

_LOOKED_AT = (OPPORTUNITY, ACCOUNT, LINE, "Product2", "Order")
_MOST_NAMES = 4


def warnings(options: SalesforceOptions, client: SalesforceClient) -> list[str]:
    """Sentences for people. Raises `CallError`s."""
    seen: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for name in _LOOKED_AT:
        try:
            seen[name] = seen_fields(client.describe(name))
        except Refused:
            seen[name] = {}  # an object this org or this user does not have
    return [
        *_others(options, seen),
        *_mapped(options, seen),
        *_notes(options, seen),
        *_currency(options, seen),
    ]


def _others(options: SalesforceOptions, seen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, fields in seen.items():
        for prefix in options.foreign_field_prefixes:
            found = sorted(
                one for one in foreign_fields(fields, options) if one.lower().startswith(prefix.lower())
            )
            if found:
                more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
                yield (
                    f"foreign writer: {name} has fields of another NetSuite connector"
                    f" ({', '.join(found[:_MOST_NAMES])}{more}); make sure that it writes no invoices any more"
                )


def _mapped(options: SalesforceOptions, seen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, fields in mapped_fields(options).items():
        for field in fields:
            if field not in seen[name]:
                yield f"{name}.{field} is mapped but missing, or field-level security hides it: polls will fail"


def _notes(options: SalesforceOptions, seen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not options.write_back:
        yield "no write-back fields are configured: Salesforce will not show what NetSuite has"
    for name, fields in options.write_back.items():
        for field in fields.model_dump().values():
            described = seen[name].get(field)
            if field and described is None:
                yield f"{name}.{field} is to take our notes but is missing, or field-level security hides it"
            elif described is not None and not described.get("updateable", True):
                yield f"{name}.{field} is to take our notes but the integration user may not edit it"


def _currency(options: SalesforceOptions, seen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    multi = "CurrencyIsoCode" in seen[OPPORTUNITY]
    if not multi and not options.default_currency:
        yield "the org has one currency and options.default_currency is empty: every deal will be a case"
