"""Change detection: nothing is missed, whatever stamps say, and what did not change is not asked for again."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from tests.connectors.salesforce.support import (
    ACME,
    BETA,
    DISCOUNTED_LINE,
    LINE,
    OPEN,
    WON,
    Org,
    connect,
    many_deals,
    note,
)

from tieout.domain.documents import Order
from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.salesforce.sample import OPEN_STAGE, WON_STAGE, sample_dataset
from tieout.flows.errors import CallError, Refused

REMARK = "Remark__c"


@pytest.fixture
def org():
    with Org(line_kind_field=REMARK, line_kinds={"": "one_time", "sub": "recurring"}) as org:
        yield org


def receive(org, store, sightings):
    with store.write("receive") as unit:
        return [unit.records.receive("sf", "sandbox", one, "t", org.clock.now()) for one in sightings]


def test_the_first_poll_reads_every_deal_whole(org):
    won, still_open = sorted(org.poll(), key=lambda one: one.object_id)
    order = org.order(won)
    assert (order.won, order.source.id, order.customer.source.id) == (True, WON, ACME)
    assert [(line.source.line, str(line.amount)) for line in order.lines] == [
        (LINE, "11000.00 EUR"),
        (DISCOUNTED_LINE, "810.00 EUR"),
    ]
    assert not org.order(still_open).won


def test_an_idle_org_costs_one_call_a_poll(org):
    org.settle()
    org.control.reset_stats()
    assert org.poll() == []
    assert org.control.stats()["requests"] == 1


@pytest.mark.requirement("R10")
def test_only_what_changed_is_read_again(org):
    org.settle()
    org.advance(hours=1)
    org.update(OPEN, NextStep="call")
    assert org.seen() == [OPEN]
    org.settle()
    assert org.seen() == []


def test_two_edits_of_one_second_are_both_read(org):
    org.settle()
    org.advance(hours=1)
    for step in ("first", "second"):
        org.update(OPEN, NextStep=step)
        [sighting] = org.poll()
        assert org.order(sighting).attributes["NextStep"] == step


def test_a_custom_field_edit_on_a_line_is_noticed(org):
    org.settle()
    org.advance(hours=1)
    org.update(LINE, "OpportunityLineItem", **{REMARK: "sub"})
    [sighting] = org.poll()
    assert [line.kind.value for line in org.order(sighting).lines] == ["recurring", "one_time"]


def test_a_removed_line_is_noticed_and_counts_as_newer(org, store):
    receive(org, store, org.poll())
    org.advance(hours=1)
    org.update(LINE, "OpportunityLineItem", **{REMARK: "sub"})
    receive(org, store, org.poll())
    org.admin("delete", type="OpportunityLineItem", id=LINE)
    sightings = org.poll()
    [sighting] = [one for one in sightings if one.object_id == WON]
    assert [line.source.line for line in org.order(sighting).lines] == [DISCOUNTED_LINE]
    assert any(receive(org, store, sightings))
    with store.read() as unit:
        [record] = [one for one in unit.records.all() if one.source.id == WON]
    assert [row["Id"] for row in record.raw["OpportunityLineItems"]] == [DISCOUNTED_LINE]


def test_a_late_commit_is_found_behind_newer_rows(org):
    org.settle()
    org.advance(hours=1)
    org.update(OPEN, NextStep="newer")
    assert org.seen() == [OPEN]
    org.settle()
    org.admin("late_commit", type="Opportunity", id=WON, fields={"NextStep": "older"}, backdate_seconds=200)
    [sighting] = org.poll()
    assert sighting.object_id == WON
    assert org.order(sighting).attributes["NextStep"] == "older"


def test_a_late_commit_beyond_the_overlap_needs_a_longer_one():
    for overlap, found in ((300, []), (1200, [WON])):
        with Org(overlap_seconds=overlap) as org:
            org.settle()
            org.advance(hours=1)
            org.update(OPEN, NextStep="newer")
            org.settle()
            org.admin(
                "late_commit", type="Opportunity", id=WON, fields={"NextStep": "x"}, backdate_seconds=900
            )
            assert org.seen() == found


def test_a_held_line_becomes_visible_late(org):
    org.settle()
    org.advance(hours=1)
    fields = {REMARK: "sub"}
    org.admin("late_commit", type="OpportunityLineItem", id=LINE, fields=fields, held_seconds=120)
    org.update(OPEN, NextStep="meanwhile")
    assert org.seen() == [OPEN]
    org.settle()
    org.advance(seconds=60)
    assert org.seen() == [WON]


@pytest.mark.parametrize("page_size", [1, 2, 7, 2000])
def test_more_rows_of_one_stamp_than_a_page_holds(page_size):
    with Org(many_deals(25), page_size=page_size) as org:
        assert sorted(org.seen()) == sorted([WON, OPEN, *(make_id("006", 100 + n) for n in range(25))])
        org.settle()
        org.advance(hours=1)
        org.admin("bulk_update", type="Opportunity", ids=[], fields={"NextStep": "bulk"})
        assert len(set(org.seen())) == 27
        org.settle()
        assert org.seen() == []


def test_short_batches_and_many_lines_lose_nothing():
    dataset = many_deals(40)
    dataset["org"]["batch_max"] = 7
    dataset["records"]["OpportunityLineItem"] += [
        {
            "Id": make_id("00k", 100 + number),
            "OpportunityId": WON,
            "PricebookEntryId": make_id("01u", 1),
            "Quantity": "1",
            "UnitPrice": "1",
            "CreatedDate": "2026-09-01T08:00:00Z",
        }
        for number in range(60)
    ]
    with Org(dataset) as org:
        sightings = {one.object_id: one for one in org.poll()}
        assert len(sightings) == 42
        assert len(org.order(sightings[WON]).lines) == 62


@pytest.mark.requirement("R15")
def test_reopened_and_won_again_between_two_polls_is_in_the_history(org):
    org.settle()
    org.advance(hours=1)
    org.admin("set_stage", id=WON, stage=OPEN_STAGE)
    org.advance(seconds=5)
    org.admin("set_stage", id=WON, stage=WON_STAGE)
    [sighting] = org.poll()
    order = org.order(sighting)
    assert order.won
    assert [(change.won, change.label) for change in order.history[-2:]] == [
        (False, OPEN_STAGE),
        (True, WON_STAGE),
    ]


def test_a_deleted_deal_is_told_and_an_undeleted_one_comes_back(org, store):
    receive(org, store, [*org.poll(), *org.poll()])
    org.advance(hours=1)
    org.admin("delete", type="Opportunity", id=WON)
    [gone] = org.poll()
    assert (gone.object_id, gone.deleted) == (WON, True)
    org.advance(seconds=10)
    org.admin("undelete", type="Opportunity", id=WON)
    [back] = [one for one in org.poll() if one.object_id == WON]
    assert receive(org, store, [gone, back]) == [True, True]
    with store.read() as unit:
        [record] = [one for one in unit.records.all() if one.source.id == WON]
    assert not record.deleted


def test_a_merge_is_an_alias_and_its_deals_are_read_again(org):
    org.settle()
    org.advance(hours=1)
    org.admin("merge", type="Account", winner=BETA, losers=[ACME])
    sightings = {one.object_id: one for one in org.poll()}
    assert org.aliases == [(ACME, BETA)]
    assert org.order(sightings[WON]).customer.source.id == BETA


@pytest.mark.requirement("R16")
def test_a_chain_of_merges_gives_each_step():
    dataset = sample_dataset()
    third = make_id("001", 3)
    dataset["records"]["Account"].append(
        {"Id": third, "Name": "Gamma", "CreatedDate": "2026-09-01T08:00:00Z"}
    )
    with Org(dataset) as org:
        org.settle()
        org.advance(hours=1)
        org.admin("merge", type="Account", winner=BETA, losers=[ACME])
        org.advance(hours=1)
        org.admin("merge", type="Account", winner=third, losers=[BETA])
        sightings = {one.object_id: one for one in org.poll()}
        assert set(org.aliases) == {(ACME, BETA), (BETA, third)}
        assert org.order(sightings[WON]).customer.source.id == third


def test_merges_from_before_the_first_poll_are_known(org):
    org.admin("merge", type="Account", winner=BETA, losers=[ACME])
    org.poll()
    assert org.aliases == [(ACME, BETA)]


def test_a_changed_account_brings_its_deals_also_as_payer():
    dataset = sample_dataset()
    dataset["custom_fields"] = [
        *dataset["custom_fields"],
        {
            "object": "Opportunity",
            "name": "Bill_To__c",
            "type": "reference",
            "reference_to": "Account",
            "relationship": "Payer__r",
        },
    ]
    dataset["records"]["Opportunity"][0]["Bill_To__c"] = BETA
    with Org(dataset, bill_to_field="Bill_To__c") as org:
        org.settle()
        org.advance(hours=1)
        org.update(BETA, "Account", BillingCity="York")
        sightings = {one.object_id: one for one in org.poll()}
        assert sightings.keys() == {WON, OPEN}
        order = org.order(sightings[WON])
        assert (order.customer.source.id, order.payer.source.id) == (ACME, BETA)
        assert order.payer.billing.city == "York"


def test_an_echo_changes_no_order(org):
    before = {one.object_id: org.order(one) for one in org.poll()}
    org.settle()
    org.advance(hours=1)
    assert all(result.done for result in org.source.write_back([note(), note(ACME, "Account")]))
    for sighting in org.poll():
        order = org.order(sighting)
        assert order.lines == tuple(
            line.__class__(**{**_fields(line), "source": order.source.at_line(line.source.line)})
            for line in before[order.source.id].lines
        )
        assert not set(json.dumps(sighting.payload).split('"')) & {"NetSuite_Id__c", "NetSuite_Status__c"}
    org.settle()
    assert org.seen() == []


def _fields(line):
    return {name: getattr(line, name) for name in line.__dataclass_fields__}


def test_an_edit_taken_back_counts(org, store):
    receive(org, store, org.poll())
    for step in ("first", "second", "first"):
        org.advance(minutes=10)
        org.update(WON, NextStep=step)
        assert any(receive(org, store, org.poll())), step
    with store.read() as unit:
        [record] = [one for one in unit.records.all() if one.source.id == WON]
    assert record.raw["NextStep"] == "first"


def test_versions_grow_even_when_the_clock_is_set_back(org):
    [first] = [one for one in org.poll() if one.object_id == WON]
    org.clock.advance(-(org.clock.now() - org.clock.now().replace(year=2025)))
    org.control.clock(advance_seconds=3600)
    org.update(WON, NextStep="x")
    [second] = [one for one in org.poll() if one.object_id == WON]
    assert second.version > first.version


def test_a_restart_without_memory_only_reads_the_overlap_again(org):
    org.settle()
    org.advance(hours=1)
    org.update(OPEN, NextStep="x")
    org.settle()
    again = connect(org.emulator.base_url, org.clock, line_kind_field=REMARK, line_kinds={"": "one_time"})
    with closing(again):
        assert OPEN in [one.object_id for one in again.poll(org.cursor).sightings]


def test_a_failed_poll_repeats_what_it_would_have_delivered(org):
    org.settle()
    org.advance(hours=1)
    org.update(OPEN, NextStep="x")
    org.control.faults({"kind": "error_500", "match": {"operation": "query"}, "skip": 1, "times": 1})
    with pytest.raises(CallError):
        org.poll()
    assert org.seen() == [OPEN]


def test_a_batch_that_was_not_stored_is_delivered_again(org):
    org.settle()
    org.advance(hours=1)
    org.update(OPEN, NextStep="x")
    stored = org.cursor
    assert org.seen() == [OPEN]
    org.cursor = stored
    assert OPEN in org.seen()


def test_a_hidden_mapped_field_stops_the_poll_and_is_named(org):
    org.settle()
    org.admin("hide_field", object="OpportunityLineItem", field=REMARK)
    org.advance(hours=1)
    org.update(WON, NextStep="x")
    with pytest.raises(Refused, match=f"{REMARK}.*field-level security"):
        org.poll()
    org.admin("show_field", object="OpportunityLineItem", field=REMARK)
    assert org.seen() == [WON]


def test_a_hidden_optional_field_is_left_out(org):
    org.admin("hide_field", object="Account", field="BillingStreet")
    [sighting] = [one for one in org.poll() if one.object_id == WON]
    assert org.order(sighting).customer.billing.lines == ()


def test_multi_currency_orgs_give_the_deals_own():
    with Org(sample_dataset(multi_currency=True), default_currency="") as org:
        orders = [org.source.read(one) for one in org.poll()]
        assert [isinstance(order, Order) and order.currency for order in orders] == ["USD", "USD"]


def test_an_unreadable_cursor_means_reading_everything_again(org):
    for text in ("", "[]", '{"version":99}', "{"):
        org.cursor = text
        assert sorted(org.seen()) == [WON, OPEN]


def test_queries_fit_into_a_url_however_many_fields_there_are():
    dataset = many_deals(230)
    names = [f"netsuite_conn__A_Rather_Long_Name_Of_A_Field_{number:03d}__c" for number in range(100)]
    dataset["custom_fields"] = [
        *dataset["custom_fields"],
        *(
            {"object": thing, "name": name, "type": "string"}
            for thing in ("Account", "Opportunity")
            for name in names
        ),
    ]
    with Org(dataset, page_size=2000) as org:
        assert len(set(org.seen())) == 232
        urls = [
            item["url"]
            for entry in org.control.log()
            for item in (entry["body"] or {}).get("compositeRequest", ())
        ]
        assert max(map(len, urls)) < 16_384
