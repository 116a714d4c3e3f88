"""What a payload becomes: won by the pipeline, decimals exactly, parties by type id, findings for the rest."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.connectors.hubspot.support import options

from tieout.connectors.hubspot.reading import Reader
from tieout.connectors.hubspot.values import day_of, instant_of, months_of, zone_of
from tieout.domain.documents import Address, LineKind, Order
from tieout.domain.money import Money
from tieout.flows.codec import business_digest
from tieout.flows.ports import Sighting

DLT = Path(__file__).parents[2] / "fixtures" / "hubspot" / "dlt"
#: A deal as `aggregates` puts it together from public captures; HubSpot publishes no line item's answer, so the
#: lines are synthetic.
LINE = {
    "id": "50001",
    "properties": {
        "amount": "1876.48",
        "hs_discount_percentage": "20",
        "hs_product_id": "70002",
        "hs_sku": "SUP-01",
        "name": "Support",
        "price": "234.56",
        "quantity": "10",
        "hs_line_item_currency_code": "EUR",
    },
    "product": {"id": "70002", "properties": {"name": "Support", "hs_sku": "SUP-01", "billing": "Once"}},
}
PRIMARY = [
    {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None},
    {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"},
]
PLAIN = PRIMARY[:1]
BILL_TO = [*PLAIN, {"category": "USER_DEFINED", "typeId": 101, "label": "Bill to"}]
ACME = {
    "id": "30001",
    "properties": {
        "name": "Acme GmbH",
        "domain": "acme.example",
        "address": "Hauptstraße 1\nHinterhaus",
        "address2": "3. Stock",
        "city": "Berlin",
        "zip": "10115",
        "country": "Deutschland",
        "payment_terms": "NET30",
    },
    "associationTypes": PRIMARY,
}
OTHER = {"id": "30002", "properties": {"name": "Acme Holding"}, "associationTypes": PLAIN}
DEAL = {
    "id": "20001",
    "properties": {
        "amount": "1876.48",
        "closedate": "2026-10-15T00:00:00Z",
        "deal_currency_code": "EUR",
        "dealname": "Acme support",
        "dealstage": "98765433",
        "pipeline": "98765430",
        "po_number": "PO-7",
    },
    "propertiesWithHistory": {
        "dealstage": [
            {"value": "98765431", "timestamp": "2026-09-01T08:00:00Z", "won": False, "label": "Verhandlung"},
            {"value": "98765433", "timestamp": "2026-10-15T10:00:00.5Z", "won": True, "label": "Erteilt"},
        ]
    },
    "stage": {"id": "98765433", "label": "Auftrag erteilt", "won": True, "closed": True},
    "lineItems": [LINE],
    "companies": [ACME, OTHER],
    "missing": {"line_items": [], "companies": []},
    "portal": {"portalId": 62515, "companyCurrency": "USD", "timeZone": "Europe/Berlin"},
}


def read(payload, *, cut_over=date.min, deal_id="20001", **changes):
    reader = Reader(options("http://127.0.0.1:9", **changes), "hs", "sandbox", cut_over)
    return reader.read(Sighting(object="deal", object_id=deal_id, version="1", payload=payload))


def order(payload, **changes) -> Order:
    found = read(payload, **changes)
    assert isinstance(found, Order), found
    return found


def codes(payload, **changes):
    found = read(payload, **changes)
    return sorted(one.code for one in found) if isinstance(found, list) else []


def deal(**properties):
    made = deepcopy(DEAL)
    made["properties"] |= properties
    return made


def with_line(**properties):
    made = deepcopy(DEAL)
    made["lineItems"][0]["properties"] |= properties
    return made


def line(**properties):
    # The header says nothing, so that only the line is looked at.
    return order({**with_line(**properties)}).lines[0]


# -- the whole -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("R13")
def test_a_deal_is_read_whole():
    found = order(DEAL)
    assert (found.name, found.won, found.closed) == ("Acme support", True, True)
    assert found.close_date == date(2026, 10, 15)
    assert found.header_amount == Money(Decimal("1876.48"), "EUR")
    assert found.po_number == "PO-7"
    assert found.attributes == {"dealstage": "98765433", "pipeline": "98765430"}
    assert [(one.won, one.label) for one in found.history] == [(False, "Verhandlung"), (True, "Erteilt")]
    customer = found.customer
    assert (customer.source.object, customer.source.id, customer.terms) == ("company", "30001", "NET30")
    assert customer.billing == Address(
        lines=("Hauptstraße 1", "Hinterhaus", "3. Stock"), city="Berlin", postal_code="10115", country="DE"
    )
    [one] = found.lines
    assert (one.product.id, one.product.sku, one.quantity) == ("70002", "SUP-01", Decimal(10))
    assert (one.amount, one.kind) == (Money(Decimal("1876.48"), "EUR"), LineKind.ONE_TIME)


@pytest.mark.parametrize("row", json.loads((DLT / "mock_deals_data.json").read_text())["results"])
def test_captured_open_deals_are_nobodys_business(row):
    """Their close dates are null, which is no fault while they are open."""
    payload = {**row, "stage": {"won": False, "closed": False}, "portal": DEAL["portal"]}
    found = order(payload, deal_id=row["id"])
    assert (found.won, found.closed, found.lines) == (False, False, ())
    assert found.name == row["properties"]["dealname"]
    assert found.header_amount == Money(Decimal(row["properties"]["amount"]), "USD")


@pytest.mark.parametrize("row", json.loads((DLT / "mock_companies_data.json").read_text())["results"])
def test_captured_companies_are_customers(row):
    found = order({**DEAL, "companies": [{**row, "associationTypes": PRIMARY}]})
    assert (found.customer.source.id, found.customer.name) == (row["id"], row["properties"]["name"])
    assert found.customer.website == row["properties"]["domain"]


@pytest.mark.parametrize("row", json.loads((DLT / "mock_products_data.json").read_text())["results"])
def test_captured_products_name_their_lines(row):
    payload = with_line(hs_product_id=row["id"], name="", hs_sku="")
    payload["lineItems"][0]["product"] = row
    product = order(payload).lines[0].product
    assert (product.id, product.name) == (row["id"], row["properties"]["name"])


# -- won -----------------------------------------------------------------------------------------------------


def test_a_stage_called_closedwon_may_be_lost():
    payload = {**deal(dealstage="closedwon"), "stage": {"label": "Closed won", "won": False, "closed": True}}
    assert (order(payload).won, order(payload).closed) == (False, True)


@pytest.mark.parametrize("said", ["true", "false"])
def test_a_stage_gone_from_every_pipeline_is_judged_by_hubspots_flag(said):
    payload = {**deal(hs_is_closed_won=said, hs_is_closed="true"), "stage": {}}
    assert order(payload).won is (said == "true")


def test_a_stage_nobody_can_judge_is_a_finding():
    assert codes({**DEAL, "stage": {}}) == ["payload_unreadable"]


def test_a_won_deal_without_a_close_date_is_a_finding():
    assert codes(deal(closedate=None)) == ["payload_unreadable"]


def test_a_stage_gone_from_history_counts_as_not_won():
    payload = deepcopy(DEAL)
    payload["propertiesWithHistory"]["dealstage"][1]["won"] = None
    assert [one.won for one in order(payload).history] == [False, False]


def test_what_is_wrong_before_the_cut_over_is_nobodys_case():
    broken = {**with_line(amount="x"), "companies": []}
    assert codes(broken) != []
    assert isinstance(read(broken, cut_over=date(2026, 10, 16)), Order)


# -- parties -------------------------------------------------------------------------------------------------


def company(given, types, **properties):
    return {**deepcopy(given), "associationTypes": types, "properties": {**given["properties"], **properties}}


def test_the_primary_company_is_told_by_type_id_not_by_label():
    renamed = [{**one, "label": "Something else"} for one in PRIMARY]
    payload = {**DEAL, "companies": [OTHER, company(ACME, renamed)]}
    assert order(payload).customer.source.id == "30001"


def test_a_custom_label_of_number_five_is_not_primary():
    custom = [*PLAIN, {"category": "USER_DEFINED", "typeId": 5, "label": "Primary"}]
    assert codes({**DEAL, "companies": [company(ACME, PLAIN), company(OTHER, custom)]}) == [
        "customer_missing"
    ]


def test_one_company_without_a_primary_is_the_customer():
    assert order({**DEAL, "companies": [company(ACME, PLAIN)]}).customer.source.id == "30001"


def test_several_companies_and_no_primary_are_a_persons_choice():
    [finding] = read({**DEAL, "companies": [company(ACME, PLAIN), OTHER]})
    assert finding.code == "customer_missing"
    assert "30001 Acme GmbH" in finding.found
    assert "30002 Acme Holding" in finding.found


def test_a_company_that_cannot_be_read_is_a_finding():
    payload = {**DEAL, "companies": [OTHER], "missing": {"companies": ["30001"]}}
    assert codes(payload) == ["customer_missing"]


def test_no_company_leaves_an_empty_customer_for_the_check():
    assert (order({**DEAL, "companies": []}).customer.source.id, order(DEAL).customer.parent_id) == ("", "")


def test_the_bill_to_label_names_the_payer():
    payload = {**DEAL, "companies": [ACME, company(OTHER, BILL_TO, payment_terms="NET60")]}
    assert order(payload).bill_to is None
    found = order(payload, bill_to_association=101)
    assert (found.customer.source.id, found.payer.source.id, found.payer.terms) == ("30001", "30002", "NET60")


def test_a_buyer_that_pays_is_no_bill_to():
    payload = {**DEAL, "companies": [company(ACME, [*PRIMARY, BILL_TO[1]])]}
    assert order(payload, bill_to_association=101).bill_to is None


def test_two_bill_to_labels_are_a_finding():
    third = {**OTHER, "id": "30003"}
    payload = {**DEAL, "companies": [ACME, company(OTHER, BILL_TO), company(third, BILL_TO)]}
    assert codes(payload, bill_to_association=101) == ["customer_missing"]


def test_merged_companies_are_named_on_the_customer():
    payload = {**DEAL, "companies": [company(ACME, PRIMARY, hs_merged_object_ids="30009;30008;")]}
    assert order(payload).customer.merged_ids == ("30008", "30009")


def test_the_billing_address_may_live_in_other_properties():
    named = {"country": "billing_country", "city": "billing_city"}
    payload = {**DEAL, "companies": [company(ACME, PRIMARY, billing_country="FR", billing_city="Paris")]}
    billing = order(payload, company_address_properties=named).customer.billing
    assert (billing.city, billing.country) == ("Paris", "FR")


def test_a_country_nobody_knows_stays_empty():
    assert (
        order({**DEAL, "companies": [company(ACME, PRIMARY, country="Ruritania")]}).customer.billing.country
        == ""
    )


@pytest.mark.parametrize("name", ["country", "name", "terms"])
def test_a_property_may_not_hide_a_fact_of_every_order(name):
    with pytest.raises(ValueError, match="is a fact of every order"):
        options("http://127.0.0.1:9", company_attribute_properties=[name])


# -- money ---------------------------------------------------------------------------------------------------


def test_a_deal_without_a_currency_is_in_the_portals():
    payload = deal(deal_currency_code=None)
    payload["lineItems"][0]["properties"]["hs_line_item_currency_code"] = None
    assert order(payload).currency == "USD"
    assert order(payload).lines[0].amount.currency == "USD"


def test_a_line_keeps_its_own_currency_so_that_the_check_can_refuse_it():
    found = order(with_line(hs_line_item_currency_code="USD"))
    assert (found.currency, found.lines[0].amount.currency) == ("EUR", "USD")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deal_currency_code": "EURO"}, "currency_unknown"),
        ({"amount": "1e3"}, "amount_invalid"),
        ({"amount": "1876.485"}, "amount_invalid"),
    ],
)
def test_an_unusable_header_is_a_finding(changes, code):
    assert code in codes(deal(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": None}, "amount_invalid"),
        ({"amount": "1,876.48"}, "amount_invalid"),
        ({"quantity": "ten"}, "quantity_invalid"),
        ({"hs_product_id": "P-7"}, "id_malformed"),
        ({"hs_line_item_currency_code": "€"}, "currency_unknown"),
        ({"amount": "2345.60"}, "amount_mismatch"),
        ({"price": "500"}, "amount_mismatch"),
    ],
)
def test_an_unusable_line_is_a_finding(changes, code):
    assert codes(with_line(**changes)) == [code]


@pytest.mark.parametrize(
    ("price", "quantity", "percent", "unit", "amount"),
    [
        ("234.56", "10", "20", None, "1876.48"),  # from the line, not 10 × 187.65 (crm-cpq §8.4)
        ("500", "1", None, "50", "450.00"),
        ("100", "3", None, "1.50", "295.50"),  # an amount is per unit
        ("0.333333", "100", None, None, "33.33"),
        ("0", "5", None, None, "0"),
        ("19.99", "2.5", None, None, "49.98"),
        ("19.99", "2.5", None, None, "49.97"),  # a cent of rounding is HubSpot's business
    ],
)
def test_the_amount_is_net_and_explained(price, quantity, percent, unit, amount):
    found = line(price=price, quantity=quantity, hs_discount_percentage=percent, discount=unit, amount=amount)
    assert found.amount == Money(Decimal(amount), "EUR")


def test_prices_by_tier_are_not_multiplied():
    assert line(hs_pricing_model="volume", price="1", amount="7").amount == Money(Decimal(7), "EUR")


def test_a_header_discount_is_read_where_it_is_mapped():
    found = order(deal(special_discount="100.00"), header_discount_property="special_discount")
    assert found.header_discount == Money(Decimal(100), "EUR")


# -- lines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "months"),
    [
        ({"recurringbillingfrequency": "monthly", "hs_recurring_billing_period": "P12M"}, 12),
        ({"recurringbillingfrequency": "annually", "hs_recurring_billing_period": "P2Y"}, 24),
        ({"recurringbillingfrequency": "annually", "hs_term_in_months": "36"}, 36),
        ({"recurringbillingfrequency": "monthly"}, None),
        ({"hs_recurring_billing_period": "P1Y6M"}, 18),
    ],
)
def test_a_billing_frequency_makes_a_line_recurring(properties, months):
    found = line(**properties)
    assert (found.kind, found.term_months) == (LineKind.RECURRING, months)


def test_the_kind_may_be_the_products():
    kinds = {"line_kind_property": "product.billing", "line_kinds": {"Once": "one_time", "Metered": "usage"}}
    assert order(DEAL, **kinds).lines[0].kind is LineKind.ONE_TIME
    payload = deepcopy(DEAL)
    payload["lineItems"][0]["product"]["properties"]["billing"] = "Metered"
    assert order(payload, **kinds).lines[0].kind is LineKind.USAGE
    payload["lineItems"][0]["product"] = None
    assert codes(payload, **kinds) == ["payload_unreadable"]


def test_a_line_without_a_product_can_be_mapped_by_name():
    assert line(hs_product_id=None, name="Workshop").product.id == "custom:Workshop"


def test_a_line_twice_is_a_finding():
    assert codes({**DEAL, "lineItems": [LINE, LINE]}) == ["payload_unreadable"]


def test_a_line_without_an_id_is_a_finding():
    assert codes({**DEAL, "lineItems": [{**LINE, "id": None}]}) == ["id_malformed"]


def test_another_id_than_was_asked_for_is_a_finding():
    assert codes({**DEAL, "id": "20009"}) == ["id_malformed"]


# -- marks and facts -----------------------------------------------------------------------------------------


def test_other_connectors_properties_are_marks_and_ours_are_none():
    payload = deal(netsuite_id="4711", netsuite_sync_order="SO-1", celigo_done="false")
    payload["lineItems"][0]["properties"]["hs_netsuite_item"] = "9"
    assert order(payload).foreign_marks == ("netsuite_sync_order=SO-1", "50001.hs_netsuite_item=9")


def test_our_notes_are_outside_what_detects_a_change():
    noted = deal(netsuite_id="4711", netsuite_status="confirmed", hs_lastmodifieddate="2026-11-01T00:00:00Z")
    assert business_digest(order(noted)) == business_digest(order(DEAL))


def test_a_removed_line_changes_what_was_sold():
    assert business_digest(order({**DEAL, "lineItems": []})) != business_digest(order(DEAL))


@pytest.mark.parametrize(
    ("said", "read_as"), [("true", True), ("false", False), (None, None), ("maybe", None)]
)
def test_confirmed_billing_terms(said, read_as):
    found = order(deal(terms_ok=said), billing_terms_confirmed_property="terms_ok")
    assert found.billing_terms_confirmed is read_as


def test_mapped_properties_are_facts():
    found = order(deal(approval="Approved"), deal_attribute_properties=["approval"])
    assert found.attributes["approval"] == "Approved"


# -- values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-10-15", "Europe/Berlin", date(2026, 10, 15)),
        ("2026-10-15T00:00:00Z", "America/New_York", date(2026, 10, 15)),
        ("2026-10-15T22:30:00Z", "Europe/Berlin", date(2026, 10, 16)),
        ("2026-10-15T03:30:00.123Z", "America/New_York", date(2026, 10, 14)),
        ("1792108800000", "Asia/Tokyo", date(2026, 10, 16)),
        ("1792020600000", "no such zone", date(2026, 10, 14)),
        ("", "UTC", None),
        ("2026-10-15T22:30:00", "UTC", None),
        ("9" * 30, "UTC", None),
    ],
)
def test_days(text, zone, day):
    assert day_of(text, zone_of(zone)) == day


def test_periods_and_instants():
    assert [months_of(one) for one in ("P1Y6M", "P0M", "P30D", "P", "")] == [18, None, None, None, None]
    assert instant_of("2026-10-15T10:00:00Z") == instant_of("1792058400000")
