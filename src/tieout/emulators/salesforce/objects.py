"""The standard objects of the emulated org."""

from __future__ import annotations

from tieout.emulators.salesforce import tables
from tieout.emulators.salesforce.schema import SObject, parse_object

CURRENCY_FIELD = "CurrencyIsoCode picklist(3) defaulted"
ADDRESS_PREFIXES = ("Billing", "Shipping", "Mailing")
READ_ONLY = {"createable": False, "updateable": False, "deletable": False}

# (name, key prefix, table, options); "CurrencyIsoCode" is added by `standard_objects` in multi-currency orgs.
_TABLES: tuple[tuple[str, str, str, dict[str, bool]], ...] = (
    ("Account", "001", tables.ACCOUNT, {"mergeable": True}),
    ("Contact", "003", tables.CONTACT, {"mergeable": True}),
    ("Opportunity", "006", tables.OPPORTUNITY, {}),
    ("OpportunityLineItem", "00k", tables.OPPORTUNITY_LINE_ITEM, {"soft_delete": False}),
    ("OpportunityHistory", "008", tables.OPPORTUNITY_HISTORY, READ_ONLY),
    ("OpportunityStage", "01J", tables.OPPORTUNITY_STAGE, READ_ONLY),
    ("Product2", "01t", tables.PRODUCT2, {}),
    ("Pricebook2", "01s", tables.PRICEBOOK2, {}),
    ("PricebookEntry", "01u", tables.PRICEBOOK_ENTRY, {}),
    ("Quote", "0Q0", tables.QUOTE, {}),
    ("QuoteLineItem", "0QL", tables.QUOTE_LINE_ITEM, {}),
    ("Order", "801", tables.ORDER, {}),
    ("OrderItem", "802", tables.ORDER_ITEM, {}),
    ("Contract", "800", tables.CONTRACT, {}),
    ("User", "005", tables.USER, READ_ONLY),
    ("Organization", "00D", tables.ORGANIZATION, READ_ONLY),
)
_MULTI_CURRENCY: tuple[tuple[str, str, str, dict[str, bool]], ...] = (
    ("CurrencyType", "01L", tables.CURRENCY_TYPE, {"deletable": False}),
    ("DatedConversionRate", "04w", tables.DATED_CONVERSION_RATE, {}),
)
_NO_CURRENCY_FIELD = frozenset(
    {"User", "Organization", "OpportunityStage", "CurrencyType", "DatedConversionRate"}
)
STANDARD_OBJECTS = tuple(name for name, *_ in (*_TABLES, *_MULTI_CURRENCY))


def standard_objects(*, multi_currency: bool, state_picklists: bool) -> dict[str, SObject]:
    """Fresh standard objects by lower-case name, with the fields the org's features bring.

    Every org keeps a currency on its rows; `Org.sees` hides the field unless the org has several currencies.
    """
    objects = {}
    for name, prefix, table, options in (*_TABLES, *(_MULTI_CURRENCY if multi_currency else ())):
        lines = [table]
        if name not in _NO_CURRENCY_FIELD:
            lines.append(CURRENCY_FIELD)
        if state_picklists:
            for part in ADDRESS_PREFIXES:
                if f"\n{part}Street " in table:
                    lines += [f"{part}StateCode picklist(10)", f"{part}CountryCode picklist(10)"]
        objects[name.lower()] = parse_object(name, prefix, "\n".join(lines), **options)
    return objects
