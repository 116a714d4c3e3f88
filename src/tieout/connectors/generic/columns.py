"""The columns of the CSV form: where in the JSON form each one belongs. The reference page is made of these."""

from __future__ import annotations

from collections.abc import Mapping

Place = tuple[str, ...]

_ADDRESS = {
    "address": "lines",
    "city": "city",
    "region": "region",
    "postal_code": "postal_code",
    "country": "country",
    "addressee": "addressee",
    "attention": "attention",
}
_PARTY = ("id", "name", "email", "phone", "website", "tax_id", "currency", "terms", "parent_id", "merged_ids")
_CONTACT = ("id", "first_name", "last_name", "email", "phone")


def _party(key: str, prefix: str, addresses: Mapping[str, str]) -> dict[str, Place]:
    places: dict[str, Place] = {f"{prefix}_{name}": (key, name) for name in _PARTY}
    for kind, start in addresses.items():
        places |= {f"{start}_{column}": (key, kind, name) for column, name in _ADDRESS.items()}
    return places


#: Columns about the deal: the same in each of its rows, or empty in all but one.
DEAL: Mapping[str, Place] = {
    "deal_id": ("id",),
    "deal_name": ("name",),
    **{
        name: (name,)
        for name in (
            "version",
            "deleted",
            "won",
            "closed",
            "close_date",
            "currency",
            "amount",
            "discount",
            "po_number",
            "terms",
            "billing_terms_confirmed",
        )
    },
    **_party("customer", "customer", {"billing": "billing", "shipping": "shipping"}),
    **{f"contact_{name}": ("customer", "contact", name) for name in _CONTACT},
    **_party("bill_to", "bill_to", {"billing": "bill_to_billing"}),
}

#: Columns about the row's own line.
LINE: Mapping[str, Place] = {
    "line_id": ("id",),
    "product_id": ("product", "id"),
    "product_sku": ("product", "sku"),
    "product_name": ("product", "name"),
    "quantity": ("quantity",),
    "line_amount": ("amount",),
    "line_currency": ("currency",),
    "line_kind": ("kind",),
    "line_description": ("description",),
    "service_start": ("service_start",),
    "service_end": ("service_end",),
    "term_months": ("term_months",),
}

#: Beginnings of columns that become facts for rules: `deal.region` is the deal's attribute `region`.
FACTS: Mapping[str, Place] = {"deal.": ("attributes",), "customer.": ("customer", "attributes")}


def place_of(column: str, columns: Mapping[str, Place]) -> Place | None:
    """Where a column belongs, or None when it is not one of these."""
    if columns is DEAL:
        for start, place in FACTS.items():
            if column.startswith(start) and len(column) > len(start):
                return (*place, column.removeprefix(start))
    return columns.get(column)
