"""A scenario is decided by its seed, holds what it promises, and adds up."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.scenario import PLANTS, Scenario, generate
from tieout.emulators.scenario.money import spread

MONTH = generate(7)


def test_the_same_seed_gives_the_same_bytes():
    assert generate(7).dumps() == MONTH.dumps()


def test_another_seed_gives_another_month_with_the_same_plants():
    other = generate(8)
    assert other.dumps() != MONTH.dumps()
    assert {row.plant for row in other.rows} == {row.plant for row in MONTH.rows}


def test_a_scenario_survives_json():
    assert Scenario.from_json(json.loads(MONTH.dumps())) == MONTH


@pytest.mark.parametrize("deals", [60, 300, 1200])
def test_inputs_are_the_deals_asked_for(deals: int):
    scenario = generate(3, deals)
    opportunities = [row["Id"] for row in scenario.salesforce["records"]["Opportunity"]]
    assert scenario.inputs == deals == len(set(opportunities))
    assert {row.source_id for row in scenario.rows} == set(opportunities)


def test_every_plant_is_there_and_ends_as_it_says():
    found = Counter((row.plant, row.outcome, row.code) for row in MONTH.rows if row.plant)
    assert found == {(name, plant.outcome, plant.code): plant.deals for name, plant in PLANTS.items()}


def test_larger_months_hold_more_plants():
    assert len(generate(7, 1200).planted("commit_hang")) > 1


def test_most_deals_have_nothing_planted_and_are_confirmed():
    plain = [row for row in MONTH.rows if row.plant is None]
    assert len(plain) > 240
    assert sum(row.outcome == "confirmed" for row in plain) > 220


def test_ids_are_well_formed_and_unique_per_object():
    for name, rows in MONTH.salesforce["records"].items():
        ids = [row["Id"] for row in rows]
        assert len(ids) == len(set(ids)), name
        assert all(to_18(one) == one for one in ids), name


def test_references_lead_somewhere():
    records = MONTH.salesforce["records"]
    ids = {name: {row["Id"] for row in rows} for name, rows in records.items()}
    for deal in records["Opportunity"]:
        assert deal["AccountId"] in ids["Account"]
        assert deal["Bill_To_Account__c"] is None or deal["Bill_To_Account__c"] in ids["Account"]
    for line in records["OpportunityLineItem"]:
        assert line["OpportunityId"] in ids["Opportunity"]
        assert line["PricebookEntryId"] in ids["PricebookEntry"]
        assert line["Product2Id"] in ids["Product2"]


def test_expected_lines_add_up_to_the_header_amount():
    headers = {row["Id"]: row["Amount"] for row in MONTH.salesforce["records"]["Opportunity"]}
    checked = 0
    for row in MONTH.rows:
        for record in row.records:
            if record.type == "invoice":
                total = sum((Decimal(line.amount) for line in record.lines), Decimal(0))
                assert total == Decimal(headers[row.source_id]), row
                checked += 1
    assert checked > 240


def test_lines_multiply_out_before_a_header_discount():
    for line in MONTH.salesforce["records"]["OpportunityLineItem"]:
        exact = (
            Decimal(line["Quantity"])
            * Decimal(line["UnitPrice"])
            * (100 - Decimal(line["Discount"] or 0))
            / 100
        )
        assert abs(exact - Decimal(line["TotalPrice"])) <= Decimal("0.5")


def test_three_currencies_and_both_subsidiaries_are_sold():
    invoices = [record for row in MONTH.rows for record in row.records if record.type == "invoice"]
    assert {(record.subsidiary, record.currency) for record in invoices} == {
        ("1", "1"),
        ("1", "3"),
        ("2", "2"),
    }


def test_yen_have_no_decimals():
    yen = [
        line
        for line in MONTH.salesforce["records"]["OpportunityLineItem"]
        if line["CurrencyIsoCode"] == "JPY"
    ]
    assert yen
    assert all("." not in line["TotalPrice"] for line in yen)


def test_every_expected_item_term_and_subsidiary_is_known_to_netsuite():
    items = {row["id"]: row for row in MONTH.netsuite["items"]}
    for row in MONTH.rows:
        for record in row.records:
            assert record.subsidiary in {one["id"] for one in MONTH.netsuite["subsidiaries"]}
            assert record.terms is None or record.terms in {one["id"] for one in MONTH.netsuite["terms"]}
            for line in record.lines:
                assert not items[line.item]["inactive"]


def test_the_form_with_the_new_field_meets_one_customer_only():
    public = [
        row["Id"] for row in MONTH.salesforce["records"]["Account"] if row["Segment__c"] == "Public Sector"
    ]
    deals = [row for row in MONTH.salesforce["records"]["Opportunity"] if row["AccountId"] in public]
    assert [deal["Id"] for deal in deals] == [row.source_id for row in MONTH.planted("new_mandatory_field")]


def test_closed_and_open_periods_surround_the_month():
    closed = {row["start"]: row["closed"] for row in MONTH.netsuite["periods"]}
    assert closed["2026-09-01"]
    assert not closed["2026-10-01"]
    assert len(closed) == 12


def test_faults_hang_on_documents():
    ids = {row.source_id for row in MONTH.rows}
    assert all(fault["match"]["contains"] in ids for fault in MONTH.faults["netsuite"])


def test_later_changes_name_earlier_ones():
    seen: set[str] = set()
    for change in MONTH.timeline:
        assert change.after is None or change.after in seen
        seen.add(change.id)
    assert len(seen) == len(MONTH.timeline)


def test_a_sales_order_hand_off_expects_order_and_invoice():
    scenario = generate(7, 60, handoff="sales_order")
    row = scenario.planted("commit_hang")[0]
    assert [record.type for record in row.records] == ["customer", "salesOrder", "invoice"]
    assert scenario.faults["netsuite"][0]["match"]["record"] == "salesOrder"


def test_a_month_that_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="need more than"):
        generate(7, 20)
    with pytest.raises(ValueError, match="unknown plants nonsense"):
        generate(7, plants=["nonsense"])
    with pytest.raises(ValueError, match="first of a month"):
        generate(7, start=date(2026, 10, 2))
    with pytest.raises(ValueError, match="hand-off"):
        generate(7, handoff="fax")


def test_a_month_without_plants_is_plain():
    assert {row.plant for row in generate(7, 20, plants=()).rows} == {None}


@given(
    amounts=st.lists(st.decimals(min_value="0.01", max_value="99999.99", places=2), min_size=1, max_size=40),
    percent=st.integers(1, 99),
)
def test_shares_of_a_discount_sum_to_it_and_stay_near_their_part(amounts: list[Decimal], percent: int):
    total = sum(amounts, Decimal(0))
    discount = (total * percent / 100).quantize(Decimal("0.01"))
    shares = spread(discount, amounts, "USD")
    assert sum(shares, Decimal(0)) == discount
    assert all(
        abs(share - discount * amount / total) < Decimal("0.01")
        for share, amount in zip(shares, amounts, strict=True)
    )
