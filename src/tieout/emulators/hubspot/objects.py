"""The object types a portal serves and their properties.

Sources: crm-cpq reference §8.2, §8.4; default property sets as in public captures.
"""

from __future__ import annotations

from dataclasses import dataclass

from tieout.emulators.kit.http import Json


@dataclass(frozen=True)
class ObjectType:
    """One object type. `name` is the plural in paths, `type_id` the number form, `defaults` what a read gives."""

    name: str
    singular: str
    type_id: str
    defaults: tuple[str, ...]
    created: str = "createdate"
    modified: str = "hs_lastmodifieddate"
    label: str = ""
    read_scopes: tuple[str, ...] = ()
    write_scopes: tuple[str, ...] = ()

    @property
    def always(self) -> tuple[str, ...]:
        """Properties a read gives whatever is asked."""
        return (self.created, self.modified, "hs_object_id")


def _type(
    name: str,
    singular: str,
    number: int,
    defaults: str,
    created: str = "createdate",
    modified: str = "hs_lastmodifieddate",
) -> ObjectType:
    read, write = f"crm.objects.{name}.read", f"crm.objects.{name}.write"
    commerce = ("e-commerce",) if name in ("line_items", "products") else ()
    return ObjectType(
        name,
        singular,
        f"0-{number}",
        tuple(sorted({*defaults.split(), created, modified, "hs_object_id"})),
        created,
        modified,
        singular.upper(),
        (read, *commerce),
        (write, *commerce),
    )


TYPES: dict[str, ObjectType] = {
    spec.name: spec
    for spec in (
        _type("contacts", "contact", 1, "email firstname lastname", modified="lastmodifieddate"),
        _type("companies", "company", 2, "domain name"),
        _type("deals", "deal", 3, "amount closedate dealname dealstage pipeline"),
        _type("products", "product", 7, "description name price"),
        _type("line_items", "line_item", 8, "amount hs_product_id quantity"),
        _type(
            "quotes", "quote", 14, "hs_expiration_date hs_public_url_key hs_status hs_title", "hs_createdate"
        ),
    )
}
_BY_WORD = {word: spec for spec in TYPES.values() for word in (spec.name, spec.singular, spec.type_id)}


def object_type(word: str) -> ObjectType | None:
    """The type of a path segment: plural, singular or number form, without regard to case."""
    return _BY_WORD.get(word.lower())


# name:type, `=` calculated (nobody may set it), `!` unique values. Types: s string, n number, d date,
# t datetime, e enumeration with the options given, b bool.
_PROPERTIES = {
    "deals": """
        dealname:s amount:n deal_currency_code:s pipeline:s dealstage:s closedate:t
        dealtype:e(newbusiness,existingbusiness) hubspot_owner_id:s description:s amount_in_home_currency=n
        hs_exchange_rate=n hs_is_closed=b hs_is_closed_won=b hs_deal_stage_probability=n
        hs_mrr=n hs_arr=n hs_tcv=n hs_acv=n hs_merged_object_ids=s hs_num_of_line_items=n""",
    "companies": """
        name:s domain:s phone:s website:s address:s address2:s city:s state:s zip:s country:s hubspot_owner_id:s
        hs_merged_object_ids=s hs_parent_company_id=n""",
    "contacts": """
        email!s firstname:s lastname:s phone:s company:s jobtitle:s hubspot_owner_id:s hs_merged_object_ids=s""",
    "products": """
        name:s description:s price:n hs_sku:s recurringbillingfrequency:s hs_recurring_billing_period:s
        hs_cost_of_goods_sold:n hs_product_type:s""",
    "line_items": """
        name:s description:s price:n quantity:n discount:n hs_discount_percentage:n amount=n hs_total_discount=n
        hs_pre_discount_amount=n hs_recurring_billing_period:s hs_recurring_billing_start_date:d
        hs_recurring_billing_end_date=d hs_term_in_months=n hs_product_id:s hs_sku:s hs_line_item_currency_code:s
        hs_tax_rate_group_id:s hs_position_on_quote:n hs_mrr=n hs_arr=n hs_tcv=n hs_acv=n
        recurringbillingfrequency:e(monthly,quarterly,per_six_months,annually,per_two_years,per_three_years,weekly,biweekly)
        """,
    "quotes": """
        hs_title:s hs_expiration_date:t hs_status:e(DRAFT,APPROVAL_NOT_NEEDED,PENDING_APPROVAL,APPROVED,REJECTED)
        hs_language:s hs_currency:s hs_quote_number:s hs_public_url_key=s hs_quote_amount=n hs_quote_link=s
        hs_pdf_download_link=s hs_locked=b hs_payment_status:s hs_esign_enabled:b""",
}
_KINDS = {"s": "string", "n": "number", "d": "date", "t": "datetime", "e": "enumeration", "b": "bool"}
_FIELD_TYPES = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "bool": "booleancheckbox",
}


def definition(
    name: str,
    kind: str,
    *,
    calculated: bool = False,
    unique: bool = False,
    options: list[str] | None = None,
    label: str | None = None,
    hubspot_defined: bool = True,
    group: str = "information",
) -> Json:
    """One property as the properties API shows it."""
    return {
        "name": name,
        "label": label or name.replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": _FIELD_TYPES[kind],
        "description": "",
        "groupName": group,
        "options": [
            {"label": option, "value": option, "displayOrder": place, "hidden": False}
            for place, option in enumerate(options or [])
        ],
        "displayOrder": -1,
        "calculated": calculated,
        "externalOptions": False,
        "hasUniqueValue": unique,
        "hidden": False,
        "hubspotDefined": hubspot_defined,
        "modificationMetadata": {
            "archivable": not hubspot_defined,
            "readOnlyDefinition": hubspot_defined,
            "readOnlyValue": calculated,
        },
        "formField": False,
        "dataSensitivity": "non_sensitive",
    }


def standard_definitions(spec: ObjectType) -> dict[str, Json]:
    """The properties every portal has for a type."""
    found = {}
    for word in _PROPERTIES[spec.name].split():
        options: list[str] = []
        text = word
        if word.endswith(")"):
            text, listed = word[:-1].split("(")
            options = listed.split(",")
        mark = text[-2]
        name, kind = text[:-2], _KINDS[text[-1]]
        group = f"{spec.singular.replace('_', '')}information"
        found[name] = definition(
            name, kind, calculated=mark == "=", unique=mark == "!", options=options, group=group
        )
    for name in (spec.created, spec.modified):
        found[name] = definition(name, "datetime", calculated=True)
    found["hs_object_id"] = definition("hs_object_id", "number", calculated=True)
    return found
