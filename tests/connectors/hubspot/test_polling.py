"""Change detection against the emulator: what search shows late, what it never shows, and merges."""

from __future__ import annotations

import itertools

import pytest
from tests.connectors.hubspot.support import Portal, dataset, note

from tieout.emulators.hubspot.sample import (
    ACME,
    ACME_PARENT,
    BETA,
    CUSTOM_LINE,
    LINE,
    OPEN,
    OPEN_STAGE,
    PLATFORM,
    WON,
    WON_STAGE,
)
from tieout.flows.errors import CallError, MaybeSent, Throttled


@pytest.fixture
def portal():
    with Portal() as made:
        yield made


def many_deals(count, stamp="2026-11-20T10:00:00Z"):
    """The sample portal with more won deals, all of one stamp."""
    data = dataset()
    data["records"]["deals"] += [
        {
            "id": str(600_000 + number),
            "createdAt": stamp,
            "updatedAt": stamp,
            "properties": {
                "dealname": f"Deal {number}",
                "pipeline": "98765430",
                "dealstage": WON_STAGE,
                "closedate": "2026-11-20T00:00:00Z",
                "amount": "10",
            },
            "associations": {"companies": [{"id": ACME, "types": ["primary"]}]},
        }
        for number in range(count)
    ]
    return data


# -- the first round -----------------------------------------------------------------------------------------


def test_the_first_round_reads_every_deal(portal):
    assert sorted(portal.seen()) == [WON, OPEN]


def test_the_first_round_asks_nothing_of_search(portal):
    portal.poll()
    assert not [one for one in portal.control.log() if one["operation"] == "query"]


def test_more_deals_than_a_page_are_all_read_once():
    with Portal(many_deals(250)) as portal:
        seen = portal.seen()
        assert len(seen) == len(set(seen)) == 252


def test_archived_deals_are_told_as_deleted(portal):
    portal.admin("archive", type="deals", id=OPEN)
    told = {one.object_id: one.deleted for one in portal.poll()}
    assert told == {WON: False, OPEN: True}


# -- changes -------------------------------------------------------------------------------------------------


def test_nothing_new_costs_three_searches_and_no_reading(portal):
    portal.settle()
    portal.advance(minutes=1)
    before = len(portal.control.log())
    assert portal.poll() == []
    assert [one["operation"] for one in portal.control.log()[before:]] == ["query"] * 3


def test_a_changed_deal_is_found_when_search_shows_it(portal):
    portal.settle()
    portal.update(WON, dealname="Renamed")
    assert portal.seen() == []
    portal.advance(seconds=61)
    [sighting] = portal.poll()
    assert portal.order(sighting).name == "Renamed"


def test_a_change_that_search_shows_late_is_not_lost(portal):
    """Another deal's newer change is shown first."""
    portal.settle()
    portal.admin("set_portal", settings={"search_lag_update_seconds": 100})
    portal.update(WON, dealname="Late")
    portal.advance(seconds=5)
    portal.admin("set_portal", settings={"search_lag_update_seconds": 0})
    portal.update(OPEN, dealname="Soon")
    assert portal.seen() == [OPEN]
    portal.advance(seconds=100)
    assert WON in portal.seen()


@pytest.mark.parametrize(
    ("kind", "record", "changes"),
    [("line_items", LINE, {"quantity": "11"}), ("companies", ACME, {"city": "Potsdam"})],
)
def test_a_change_below_a_deal_reads_the_deal(portal, kind, record, changes):
    portal.settle()
    portal.update(record, kind, **changes)
    portal.advance(seconds=61)
    assert portal.seen() == [WON]


def test_a_new_line_is_found_by_its_own_stamp(portal):
    portal.settle()
    line = portal.admin("add_line", deal=WON, properties={"name": "More", "price": "5", "quantity": "1"})
    portal.advance(seconds=61)
    [sighting] = portal.poll()
    assert line["id"] in [one["id"] for one in sighting.payload["lineItems"]]


def test_a_removed_line_is_found_by_the_list(portal):
    portal.settle()
    portal.admin("archive", type="line_items", id=CUSTOM_LINE)
    portal.advance(hours=1)
    [sighting] = portal.poll()
    assert CUSTOM_LINE not in [one["id"] for one in sighting.payload["lineItems"]]


def test_a_changed_association_is_found_by_the_list(portal):
    """It moves no stamp."""
    portal.settle()
    portal.admin("dissociate", from_type="deals", **{"from": WON}, to_type="companies", to=ACME)
    portal.advance(hours=1)
    [sighting] = portal.poll()
    assert [one["id"] for one in sighting.payload["companies"]] == [ACME_PARENT]


def test_a_deleted_deal_is_found_by_the_list(portal):
    portal.settle()
    portal.admin("archive", type="deals", id=WON)
    portal.advance(hours=1)
    assert [(one.object_id, one.deleted) for one in portal.poll()] == [(WON, True)]


def test_a_restored_deal_comes_back(portal):
    portal.settle()
    portal.admin("archive", type="deals", id=WON)
    portal.advance(hours=1)
    portal.poll()
    portal.admin("restore", type="deals", id=WON)
    portal.advance(hours=1)
    assert [(one.object_id, one.deleted) for one in portal.poll() if not one.deleted] == [(WON, False)]


def test_the_list_reads_open_deals_only_when_they_change(portal):
    portal.settle()
    portal.source.poll(None)  # another process took over and nothing of ours was stored
    portal.advance(hours=1)
    assert portal.seen() == [WON]


def test_a_note_of_ours_changes_nothing_that_is_read(portal):
    [first] = [one for one in portal.poll() if one.object_id == WON]
    portal.source.write_back([note(WON)])
    portal.advance(minutes=2)
    [again] = portal.poll()
    stamps = ("hs_lastmodifieddate",)
    strip = lambda one: {k: v for k, v in one.payload["properties"].items() if k not in stamps}  # noqa: E731
    assert strip(first) == strip(again)


# -- many ----------------------------------------------------------------------------------------------------


def test_thousands_of_rows_of_one_stamp_neither_repeat_nor_get_lost():
    """Paging by stamp alone would end in a loop, paging by number at 10,000."""
    with Portal(many_deals(450), page_size=100) as portal:
        portal.settle()
        changed = portal.admin("bulk_update", type="deals", properties={"po_number": "7"})["ids"]
        portal.advance(seconds=61)
        seen = portal.seen()
        assert sorted(seen) == sorted(changed)


def test_a_page_is_asked_for_by_window_and_id(portal):
    portal.settle()
    asked = []
    search = portal.source._poller._client.search
    portal.source._poller._client.search = lambda *args: asked.append(args) or search(*args)
    portal.poll()
    for _, filters, sort, _, _ in asked:
        assert sort == "hs_object_id"
        assert [(one["propertyName"], one["operator"]) for one in filters] == [
            ("hs_lastmodifieddate", "GTE"),
            ("hs_lastmodifieddate", "LTE"),
        ]


# -- merges --------------------------------------------------------------------------------------------------


def test_merged_deals_become_aliases_of_a_third(portal):
    portal.settle()
    new = portal.admin("merge", type="deals", primary=WON, other=OPEN)["id"]
    portal.advance(minutes=2)
    told = {one.object_id: one.deleted for one in portal.poll()}
    assert told == {WON: True, OPEN: True, new: False}
    assert set(portal.aliases) == {("deal", WON, new), ("deal", OPEN, new)}


def test_chains_of_merges_are_told_whole(portal):
    portal.settle()
    first = portal.admin("merge", type="deals", primary=WON, other=OPEN)["id"]
    other = portal.admin("create", type="deals", properties={"dealname": "Third"})["id"]
    last = portal.admin("merge", type="deals", primary=first, other=other)["id"]
    portal.advance(minutes=2)
    portal.poll()
    assert {("deal", one, last) for one in (WON, OPEN, first, other)} <= set(portal.aliases)


def test_merged_companies_become_aliases(portal):
    portal.settle()
    new = portal.admin("merge", type="companies", primary=ACME, other=BETA)["id"]
    portal.advance(minutes=2)
    sightings = {one.object_id: one for one in portal.poll()}
    assert {("company", ACME, new), ("company", BETA, new)} <= set(portal.aliases)
    order = portal.order(sightings[WON])
    assert (order.customer.source.id, order.customer.merged_ids) == (new, (ACME, BETA))


# -- what fails ----------------------------------------------------------------------------------------------


def test_a_failed_poll_moves_nothing(portal):
    portal.settle()
    portal.update(WON, dealname="Renamed")
    portal.advance(seconds=61)
    portal.control.faults(
        {"kind": "error_500", "match": {"operation": "list", "record": "deals"}, "times": 1}
    )
    with pytest.raises(CallError):
        portal.source.poll(portal.cursor)
    assert portal.seen() == [WON]


def test_where_search_does_not_answer_the_list_does(portal):
    portal.settle()
    portal.update(WON, dealname="Renamed")
    portal.advance(minutes=6)
    portal.control.faults({"kind": "error_500", "match": {"operation": "query"}, "times": 3})
    assert portal.seen() == [WON]
    portal.control.faults({"kind": "error_500", "match": {"operation": "query"}, "times": 3})
    with pytest.raises(MaybeSent):  # the list was read a moment ago
        portal.poll()
    portal.control.clear_faults()
    portal.advance(minutes=1)
    assert portal.seen() == [WON]  # search is where it was, and tells it once more


def test_throttled_search_is_no_reason_to_list(portal):
    portal.settle()
    portal.advance(minutes=6)
    portal.control.faults({"kind": "throttle", "match": {"operation": "query"}, "times": 9})
    before = len(portal.control.log())
    with pytest.raises(Throttled):
        portal.source.poll(portal.cursor)
    assert {one["operation"] for one in portal.control.log()[before:]} == {"query"}


def test_a_cursor_nobody_can_read_begins_again(portal):
    portal.cursor = '{"version": 99}'
    assert sorted(portal.seen()) == [WON, OPEN]


def test_versions_grow_even_when_the_clock_is_set_back(portal):
    versions = []
    for step in range(3):
        portal.update(WON, dealname=f"Step {step}")
        portal.advance(minutes=5)
        portal.clock._now -= (step == 1) * (portal.clock.now() - portal.clock.now().replace(hour=1))
        versions += [one.version for one in portal.poll() if one.object_id == WON]
    assert all(one < two for one, two in itertools.pairwise(versions))


def test_a_batch_that_names_another_error_is_no_answer(portal):
    """What is absent for another reason than not being there must not look deleted."""
    client = portal.source._client
    post = client._post
    client._post = lambda path, body: {
        **post(path, body),
        "errors": [{"category": "INTERNAL", "message": "?"}],
    }
    with pytest.raises(MaybeSent, match="in part"):
        client.batch_read("deals", [WON], ["dealname"])
    with pytest.raises(MaybeSent, match="in part"):
        client.associations("deals", "companies", [WON])


def test_a_line_that_is_named_and_cannot_be_read_is_recorded(portal):
    client = portal.source._poller._client
    read = client.batch_read
    client.batch_read = lambda kind, ids, *rest, **more: {
        one: row for one, row in read(kind, ids, *rest, **more).items() if one != LINE
    }
    [sighting] = [one for one in portal.poll() if one.object_id == WON]
    assert sighting.payload["missing"]["line_items"] == [LINE]
    [finding] = [one for one in portal.source.read(sighting) if one.cause == LINE]
    assert finding.code == "payload_unreadable"


def test_a_line_knows_its_product(portal):
    [sighting] = [one for one in portal.poll() if one.object_id == WON]
    products = {one["id"]: (one["product"] or {}).get("id") for one in sighting.payload["lineItems"]}
    assert products[LINE] == PLATFORM
    assert products[CUSTOM_LINE] is None


def test_a_reopened_deal_shows_its_past(portal):
    portal.settle()
    for stage in (OPEN_STAGE, WON_STAGE):
        portal.admin("set_stage", id=WON, stage=stage)
        portal.advance(seconds=5)
    portal.advance(minutes=2)
    [sighting] = portal.poll()
    assert [change.won for change in portal.order(sighting).history] == [False, True, False, True]


def test_a_small_allowance_makes_a_long_first_round_slow_and_nothing_else():
    """What a page brought is kept, so a poll that is told to wait goes on where it was."""
    with Portal(many_deals(300)) as portal:
        portal.admin("set_portal", settings={"ten_second_limit": 25})
        seen, waits = [], 0
        for _ in range(50):
            try:
                batch = portal.source.poll(portal.cursor)
            except Throttled:
                waits += 1
                portal.advance(seconds=10)
                continue
            portal.cursor = batch.cursor
            seen += [one.object_id for one in batch.sightings]
            if not batch.more:
                break
        assert waits
        assert len(seen) == len(set(seen)) == 302
