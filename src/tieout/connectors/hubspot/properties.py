"""Which properties are asked for: HubSpot's own that matter, those that are mapped, other connectors'.

Without a list HubSpot answers with a small default set, so a property nobody asked for is never there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tieout.connectors.hubspot.options import HubSpotOptions

#: object → its name in paths
DEAL, COMPANY, LINE, PRODUCT = "deal", "company", "line_item", "product"
KINDS = {DEAL: "deals", COMPANY: "companies", LINE: "line_items", PRODUCT: "products"}
MODIFIED = "hs_lastmodifieddate"
MERGED = "hs_merged_object_ids"
STAGE = "dealstage"
_OF_PRODUCT = "product."

# Exchange rates and amounts in the home currency are left out: they float, and are never billed.
_DEAL = (
    "dealname", "pipeline", STAGE, "amount", "deal_currency_code", "closedate", "hs_is_closed",
    "hs_is_closed_won", MERGED, MODIFIED,
)  # fmt: skip
_LINE = (
    "name", "description", "price", "quantity", "discount", "hs_discount_percentage", "hs_total_discount",
    "hs_pre_discount_amount", "amount", "recurringbillingfrequency", "hs_recurring_billing_period",
    "hs_recurring_billing_start_date", "hs_recurring_billing_end_date", "hs_term_in_months", "hs_product_id",
    "hs_sku", "hs_line_item_currency_code", "hs_position_on_quote", "hs_pricing_model",
    "hs_tax_rate_group_id", MODIFIED,
)  # fmt: skip
_COMPANY = (
    "name", "domain", "website", "phone", "address", "address2", "city", "state", "hs_state_code", "zip",
    "country", "hs_country_code", "hs_parent_company_id", MERGED, MODIFIED,
)  # fmt: skip
_PRODUCT = ("name", "hs_sku")


def mapped(options: HubSpotOptions) -> dict[str, list[str]]:
    """Object → properties the options name."""
    kind = options.line_kind_property
    of_product = kind.startswith(_OF_PRODUCT)
    named = {
        DEAL: [
            options.po_number_property,
            options.header_discount_property,
            options.billing_terms_confirmed_property,
            *options.deal_attribute_properties,
        ],
        COMPANY: [
            options.company_terms_property,
            options.company_tax_id_property,
            options.company_billing_email_property,
            *options.company_address_properties.values(),
            *options.company_attribute_properties,
        ],
        LINE: [] if of_product else [kind],
        PRODUCT: [kind.removeprefix(_OF_PRODUCT)] if of_product else [],
    }
    return {name: [one for one in found if one] for name, found in named.items()}


def asked(options: HubSpotOptions, foreign: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Object → every property to read; `foreign` as `foreign_properties` finds them."""
    own = {DEAL: _DEAL, LINE: _LINE, COMPANY: _COMPANY, PRODUCT: _PRODUCT}
    named = mapped(options)
    return {name: list(dict.fromkeys((*own[name], *named[name], *foreign.get(name, ())))) for name in KINDS}


def foreign_properties(names: Iterable[str], kind: str, options: HubSpotOptions) -> list[str]:
    """Of these properties of an object, those that belong to other NetSuite connectors."""
    prefixes = tuple(options.foreign_property_prefixes)
    ours = {*written(kind, options), *mapped(options).get(kind, ())}
    return [
        name
        for name in sorted(map(str, names))
        if prefixes and name.startswith(prefixes) and name not in ours
    ]


def written(kind: str, options: HubSpotOptions) -> tuple[str, ...]:
    """The properties of an object that take our notes."""
    fields: Any = {str(name): fields for name, fields in options.write_back.items()}.get(kind)
    return fields.names if fields is not None else ()
