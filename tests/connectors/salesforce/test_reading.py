"""Payloads as orders: money exactly, ids strictly, and every finding at once."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.connectors.salesforce.support import ACME, BETA, DISCOUNTED_LINE, LINE, WON, options

from tieout.connectors.kit.countries import country_code
from tieout.connectors.salesforce.ids import full_id
from tieout.connectors.salesforce.reading import Reader
from tieout.domain.documents import LineKind, Order
from tieout.emulators.salesforce.ids import make_id
from tieout.flows.ports import Sighting

PRODUCT = make_id("01t", 1)
ACCOUNT = {
    "Id": ACME,
    "Name": "Acme GmbH",
    "BillingStreet": "Hauptstraße 1\r\n\r\nHinterhaus",
    "BillingCity": "Berlin",
    "BillingPostalCode": "10115",
    "BillingCountry": "Germany",
    "Website": "https://acme.example",
    "Phone": "+49 30 1",
    "ParentId": BETA[:15],
    "Payment_Terms__c": "Net 30",
    "Segment__c": "Public",
}
DEAL = {
    "Id": WON,
    "Name": "Acme platform",
    "AccountId": ACME,
    "StageName": "Auftrag erteilt",
    "IsWon": True,
    "IsClosed": True,
    "Amount": "11810.0",
    "CloseDate": "2026-10-15",
    "SystemModstamp": "2026-10-15T10:00:00.000+0000",
    "Account": ACCOUNT,
    "OpportunityLineItems": [
        {
            "Id": LINE,
            "Product2Id": PRODUCT,
            "Quantity": "10.0",
            "UnitPrice": "1100.0",
            "TotalPrice": "11000.0",
            "Product2": {"Name": "Platform", "ProductCode": "PLAT-01", "Billing_Type__c": "One-Time"},
        },
        {
            "Id": DISCOUNTED_LINE,
            "Product2Id": PRODUCT,
            "Quantity": "3.0",
            "UnitPrice": "300.0",
            "Discount": "10.0",
            "TotalPrice": "810.0",
            "Product2": {"Name": "Platform", "ProductCode": "PLAT-01", "Billing_Type__c": "One-Time"},
        },
    ],
    "OpportunityHistories": [
        {
            "Id": "1",
            "StageName": "Verhandlung",
            "CreatedDate": "2026-10-01T10:00:00.000+0000",
            "IsWon": False,
        },
        {
            "Id": "2",
            "StageName": "Auftrag erteilt",
            "CreatedDate": "2026-10-15T10:00:00.000+0000",
            "IsWon": True,
        },
    ],
}


def read(change=None, **settings):
    deal = deepcopy(DEAL)
    if change:
        change(deal)
    sighting = Sighting(object="Opportunity", object_id=WON, version="v1", payload=deal)
    return Reader(options("http://sf", **settings), "sf", "sandbox").read(sighting)


def order(change=None, **settings) -> Order:
    result = read(change, **settings)
    assert isinstance(result, Order), result
    return result


def codes(change, **settings):
    result = read(change, **settings)
    assert not isinstance(result, Order), result
    return sorted(finding.code for finding in result)


def put(*path, value):
    def change(deal):
        node = deal
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return change


FIRST = ("OpportunityLineItems", 0)


def test_a_deal_becomes_an_order():
    got = order(account_attribute_fields=["Segment__c"])
    assert (got.name, got.currency, got.close_date, got.won) == (
        "Acme platform",
        "EUR",
        date(2026, 10, 15),
        True,
    )
    assert str(got.header_amount) == "11810.00 EUR"
    assert got.attributes["StageName"] == "Auftrag erteilt"
    customer = got.customer
    assert customer.billing.lines == ("Hauptstraße 1", "Hinterhaus")
    assert (customer.billing.country, customer.parent_id, customer.terms) == ("DE", BETA, "Net 30")
    assert customer.attributes == {"Segment__c": "Public", "BillingCountry": "Germany"}
    assert got.history[-1].at == datetime(2026, 10, 15, 10, tzinfo=UTC)


@pytest.mark.requirement("R23")
def test_a_line_discount_is_taken_once():
    assert [str(line.amount) for line in order().lines] == ["11000.00 EUR", "810.00 EUR"]


def test_money_keeps_every_digit():
    got = order(put(*FIRST, "TotalPrice", value="123456789012345.67"))
    assert got.lines[0].amount.amount == Decimal("123456789012345.67")
    assert codes(put(*FIRST, "TotalPrice", value="0.005")) == ["amount_invalid"]
    assert codes(put(*FIRST, "TotalPrice", value="NaN")) == ["amount_invalid"]
    assert codes(put(*FIRST, "TotalPrice", value=1.5)) == ["amount_invalid"]
    assert codes(put(*FIRST, "TotalPrice", value=None)) == ["amount_invalid"]


def test_a_yen_deal_has_no_decimals():
    def yen(deal):
        deal["CurrencyIsoCode"] = "JPY"

    assert str(order(yen).header_amount) == "11810 JPY"


def test_all_findings_come_at_once():
    def broken(deal):
        deal["OpportunityLineItems"][0] |= {"Quantity": "ten", "Product2Id": "01t_bad"}
        deal["OpportunityLineItems"][1]["TotalPrice"] = "a lot"
        deal["Amount"] = "much"

    assert codes(broken) == ["amount_invalid", "amount_invalid", "id_malformed", "quantity_invalid"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("AccountId", value="0015g00000000001AAB"), "id_malformed"),
        (put("Account", value=None), "customer_missing"),
        (put("Id", value="006not"), "id_malformed"),
        (put(*FIRST, "Id", value="00k5g"), "id_malformed"),
        (put("CurrencyIsoCode", value="EURO"), "currency_unknown"),
        (put("IsWon", value=None), "payload_unreadable"),
        (put("CloseDate", value="soon"), "payload_unreadable"),
        (put("OpportunityLineItems", value="two"), "payload_unreadable"),
    ],
)
def test_one_thing_wrong_is_one_code(change, code):
    assert set(codes(change)) == {code}


@pytest.mark.requirement("R21")
def test_a_deal_without_account_is_left_to_the_check():
    def without(deal):
        deal["AccountId"], deal["Account"] = None, None

    assert (order(without).customer.source.id, order(without).customer.name) == ("", "")


@pytest.mark.requirement("R10")
def test_what_is_not_won_is_an_order_whatever_is_wrong():
    def open_and_broken(deal):
        deal |= {"IsWon": False, "IsClosed": False, "AccountId": "bad", "Amount": "x", "CurrencyIsoCode": ""}
        deal["OpportunityLineItems"][0]["Quantity"] = None

    assert not order(open_and_broken, default_currency="").won


def test_won_is_the_flag_and_never_the_label():
    assert not order(put("IsWon", value=False)).won
    assert order(put("StageName", value="Closed Lost")).won


def test_ids_of_fifteen_characters_are_the_same_records():
    def short(deal):
        deal |= {"Id": WON[:15], "AccountId": ACME[:15]}
        deal["OpportunityLineItems"][0] |= {"Id": LINE[:15], "Product2Id": PRODUCT[:15]}

    got = order(short)
    assert (got.customer.source.id, got.lines[0].source.line, got.lines[0].product.id) == (
        ACME,
        LINE,
        PRODUCT,
    )


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("70130000001tcyI", "70130000001tcyIAAQ"),
        ("00558000001N0Ke", "00558000001N0KeAAK"),
        ("003G000001SUbc4", "003G000001SUbc4IAD"),
        ("a0D30000001n7Pi", "a0D30000001n7PiEAI"),
    ],
)
def test_suffixes_of_known_ids(short, full):
    assert full_id(short) == full_id(full) == full
    assert full_id(short + "AAA") is None or full.endswith("AAA")
    assert full_id(short.lower()) != full


@pytest.mark.parametrize("text", ["", "006", "0065g0000000001AA", "0065g0000000001aaa", "0065g00000000_1AAA"])
def test_what_no_org_issues_is_no_id(text):
    assert full_id(text) is None


KINDS = {"line_kind_field": "Product2.Billing_Type__c"}


@pytest.mark.requirement("R23")
def test_line_kinds_follow_the_map_and_nothing_else():
    kinds = {"One-Time": "one_time", "Subscription": "recurring"}
    assert order(line_kinds=kinds, **KINDS).lines[0].kind is LineKind.ONE_TIME
    monthly = put(*FIRST, "Product2", "Billing_Type__c", value="Subscription")
    assert order(monthly, line_kinds=kinds, **KINDS).lines[0].kind is LineKind.RECURRING
    for value in ("Lifetime", None):
        unknown = put(*FIRST, "Product2", "Billing_Type__c", value=value)
        assert codes(unknown, line_kinds=kinds, **KINDS) == ["payload_unreadable"]
    blank = put(*FIRST, "Product2", "Billing_Type__c", value=None)
    assert order(blank, line_kinds={**kinds, "": "usage"}, **KINDS).lines[0].kind is LineKind.USAGE


@pytest.mark.parametrize("name", ["HasRevenueSchedule", "HasQuantitySchedule"])
def test_a_schedule_makes_a_line_recurring(name):
    assert order(put(*FIRST, name, value=True)).lines[0].kind is LineKind.RECURRING


def test_terms_in_months():
    term = {"line_term_months_field": "Months__c"}
    assert order(put(*FIRST, "Months__c", value="12.0"), **term).lines[0].term_months == 12
    assert order(**term).lines[0].term_months is None
    assert codes(put(*FIRST, "Months__c", value="1.5"), **term) == ["payload_unreadable"]


def test_header_discount_po_number_and_confirmed_terms():
    def filled(deal):
        deal |= {"Off__c": "100.0", "PO__c": 'PO "7"', "Confirmed__c": True}

    got = order(
        filled,
        header_discount_field="Off__c",
        po_number_field="PO__c",
        billing_terms_confirmed_field="Confirmed__c",
    )
    assert (str(got.header_discount), got.po_number, got.billing_terms_confirmed) == (
        "100.00 EUR",
        'PO "7"',
        True,
    )
    assert order().billing_terms_confirmed is None


def test_the_payer_is_the_bill_to_account():
    def billed(deal):
        deal |= {"Payer__c": BETA, "Payer__r": {"Id": BETA, "Name": "Beta Ltd"}}

    assert order(billed, bill_to_field="Payer__c").payer.name == "Beta Ltd"
    assert order(put("Payer__c", value=ACME[:15]), bill_to_field="Payer__c").bill_to is None
    assert codes(put("Payer__c", value=BETA), bill_to_field="Payer__c") == ["customer_missing"]


def test_an_accounts_currency_can_be_a_rule_or_not():
    change = put("Account", "CurrencyIsoCode", value="USD")
    assert order(change).customer.currency == "USD"
    assert order(change, account_currency_is_rule=False).customer.currency == ""


@pytest.mark.requirement("R02")
def test_other_connectors_fields_are_marks():
    def marked(deal):
        deal["netsuite_conn__NetSuite_Id__c"] = "991"
        deal["netsuite_conn__Push_to_NetSuite__c"] = False
        deal["celigo_sfnsio__NetSuite_Id__c"] = None
        deal["Account"]["celigo_sfnsio__NetSuite_Id__c"] = "7"
        deal["OpportunityLineItems"][0]["netsuite_conn__Line__c"] = "3"

    assert order(marked).foreign_marks == (
        "netsuite_conn__NetSuite_Id__c=991",
        "Account.celigo_sfnsio__NetSuite_Id__c=7",
        f"{LINE}.netsuite_conn__Line__c=3",
    )
    assert order(marked, foreign_field_prefixes=[]).foreign_marks == ()


def test_a_stage_nobody_knows_counts_as_not_won():
    assert [change.won for change in order(put("OpportunityHistories", 1, "IsWon", value=None)).history] == [
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("de ", "DE"), ("Germany", "DE"), ("United States", "US"), ("U.S.A.", "US"), ("usa", "US"),
        ("England", "GB"), ("Côte d'Ivoire", "CI"), ("日本", "JP"), ("", ""), ("Atlantis", ""), ("XX", ""),
        ("Republic of Korea", "KR"),
    ],
)  # fmt: skip
def test_countries(text, code):
    assert country_code(text) == code


def test_the_countrys_code_field_comes_first():
    change = put("Account", "BillingCountryCode", value="AT")
    assert order(change).customer.billing.country == "AT"


def test_what_is_wrong_with_a_deal_from_before_the_cut_over_is_nobodys_case():
    old = DEAL | {"AccountId": "hashed==", "CloseDate": "2019-05-01"}
    sighting = Sighting(object="Opportunity", object_id=WON, version="1", payload=old)
    assert isinstance(Reader(options("http://x"), "sf", "sandbox").read(sighting), list)
    order = Reader(options("http://x"), "sf", "sandbox", date(2026, 10, 1)).read(sighting)
    assert isinstance(order, Order)
    assert order.close_date == date(2019, 5, 1)
