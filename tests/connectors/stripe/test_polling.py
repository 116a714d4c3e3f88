"""Polling: events save calls, lists are the truth, nothing is read that need not be, nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.connectors.stripe.support import ACME, DAY, Till

from tieout.connectors.stripe.client import API_VERSION
from tieout.flows.errors import MaybeSent, Paused, Refused, Throttled


@pytest.fixture
def till():
    with Till() as made:
        yield made


def asked(till, since=0):
    return [one["path"].partition("?")[0] for one in till.control.log(since) if one["method"] == "GET"]


def last(till):
    log = till.control.log()
    return log[-1]["n"] if log else 0


# What is found


def test_a_first_poll_finds_what_is_older_than_all_events(till):
    old = till.pay()
    till.pass_time(31 * DAY)
    new = till.pay()
    told = till.read("events", limit=100, type="charge.succeeded")["data"]
    assert [one["data"]["object"]["id"] for one in told] == [new["latest_charge"]]
    till.poll()
    assert {old["latest_charge"], new["latest_charge"]} <= set(till.known)


def test_money_of_before_the_cut_over_is_not_asked_for():
    from datetime import date

    with Till(cut_over=date(2026, 11, 10)) as till:
        till.pay()
        till.pass_time(10 * DAY)
        late = till.pay()["latest_charge"]
        till.poll()
        assert set(till.kinds()) == {late}


def test_lost_events_cost_time_and_no_payment(till):
    till.poll()
    intent = till.pay()
    till.admin("forget_events")
    till.poll()
    assert till.kinds() == {}, "nothing tells of it yet"
    till.pass_time(6 * 3600)
    till.poll()
    assert till.kinds() == {intent["latest_charge"]: "receipt"}


def test_after_an_outage_longer_than_events_are_kept_the_lists_are_gone_through_from_the_cut_over(till):
    intent = till.pay(method="pm_card_createDisputeInquiry")
    till.poll()
    (dispute,) = till.read("disputes")["data"]
    till.pass_time(15 * DAY)
    till.admin("escalate", dispute=dispute["id"])
    till.pass_time(31 * DAY)
    till.reconnect()
    till.poll()
    assert till.kinds() == {intent["latest_charge"]: "receipt", dispute["id"]: "returned_receipt"}


def test_a_restart_continues_where_the_cursor_says(till):
    first = till.pay()["latest_charge"]
    till.poll()
    second = till.pay()["latest_charge"]
    till.reconnect()
    came = {one.object_id for one in till.poll()}
    assert second in came
    assert {first, second} == set(till.kinds())


def test_a_quiet_time_without_events_hides_nothing(till):
    till.poll()
    for _ in range(3):
        till.pass_time(3600)
        till.poll()
    intent = till.pay()
    till.pass_time(3000)
    assert intent["latest_charge"] in {one.object_id for one in till.poll()}


def test_many_pages_are_all_read(till):
    charges = {till.pay(settle=False)["latest_charge"] for _ in range(12)}
    till.pass_time(2)
    till._changes = {"page_size": 5}
    till.reconnect()
    till.poll()
    assert set(till.kinds()) == charges


def test_a_page_whose_sightings_were_not_stored_is_read_again(till):
    till.pay()
    lost = till.source.poll(None)
    assert lost.sightings
    again = till.source.poll(None)
    assert {one.object_id for one in again.sightings} == {one.object_id for one in lost.sightings}


def test_a_cursor_nobody_can_read_reads_everything_again(till):
    charge = till.pay()["latest_charge"]
    till.poll()
    for text in ("", "{}", "[]", '{"version": 9}', '{"version": 1, "read": ""}'):
        till.cursor, till.known = text, {}
        till.reconnect()
        till.poll()
        assert charge in till.known, text


def test_events_that_end_while_they_are_read_send_us_to_the_lists(till):
    charges = {till.pay(settle=False)["latest_charge"] for _ in range(3)}
    till.pass_time(2)
    till._changes = {"page_size": 2}
    till.reconnect()
    batch = till.source.poll(None)
    till.cursor = batch.cursor
    till.admin("forget_events")
    till.poll()
    assert charges <= {*till.known, *(one.object_id for one in batch.sightings)}


# What is not asked


def test_a_quiet_account_costs_one_call_a_poll(till):
    till.pay()
    till.poll()
    till.pass_time(600)
    before = last(till)
    till.poll()
    assert asked(till, before) == ["/v1/events"]


def test_a_payment_is_read_once_however_often_it_is_told(till):
    intent = till.pay(customer=ACME)
    before = last(till)
    till.poll()
    paths = asked(till, before)
    assert paths.count(f"/v1/charges/{intent['latest_charge']}") == 1


def test_a_sweep_reads_only_what_looks_different(till):
    intents = [till.pay() for _ in range(3)]
    till.poll()
    till.pass_time(6 * 3600)
    till.poll()
    before = last(till)
    till.made(f"charges/{intents[1]['latest_charge']}", metadata={"x": "y"})
    till.admin("forget_events")
    till.pass_time(6 * 3600)
    till.poll()
    read = [path for path in asked(till, before) if path.startswith("/v1/charges/")]
    assert read == [f"/v1/charges/{intents[1]['latest_charge']}"]


def test_what_is_read_twice_and_did_not_change_is_the_same_payload(till):
    intent = till.pay(customer=ACME)
    till.poll()
    first = till.known[intent["latest_charge"]]
    till.cursor = None
    till.pass_time(1)
    till.reconnect()
    till.poll()
    again = till.known[intent["latest_charge"]]
    assert again.version > first.version
    assert again == replace(first, version=again.version)


def test_versions_grow_even_when_the_clock_is_set_back(till):
    from datetime import timedelta

    intent = till.pay()
    till.poll()
    before = till.known[intent["latest_charge"]].version
    till.clock.advance(timedelta(days=-1))
    till.made("refunds", payment_intent=intent["id"], amount=100)
    till.cursor = json.dumps({**json.loads(till.cursor), "pending": [f"charge:{intent['latest_charge']}"]})
    batch = till.source.poll(till.cursor)
    assert all(one.version > before for one in batch.sightings)
    assert batch.sightings


# What goes wrong


def test_every_call_names_one_api_version_whatever_the_accounts_own_is(till):
    till.admin("set_account", settings={"api_version": "2024-11-20.acacia"})
    invoice = till.bill()
    till.made(f"invoices/{invoice['id']}/pay", payment_method="pm_card_visa")
    till.pass_time(2)
    till.poll()
    (receipt,) = [one for one in till.movements().values() if one.kind == "receipt"]
    assert [one.text for one in receipt.references] == [invoice["number"]]
    assert API_VERSION == "2026-10-28.endive"


def test_limits_held_objects_and_short_failures_are_waited_out(till):
    intent = till.pay()
    till.admin("throttle", reason="endpoint-rate", times=2)
    till.admin("lock", id=intent["latest_charge"])
    till.control.faults({"kind": "error_500", "match": {"operation": "get"}})
    till.poll()
    assert intent["latest_charge"] in till.known


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"kind": "throttle", "times": 9}, Throttled, "rate_limit"),
        ({"kind": "error_500", "times": 9}, MaybeSent, "500"),
        ({"kind": "html_502", "times": 9}, MaybeSent, "502"),
        ({"kind": "unauthorized", "times": 9}, Paused, "401"),
        ({"kind": "reset", "times": 9}, MaybeSent, "Error"),
        ({"kind": "cut_answer", "times": 9}, MaybeSent, "Error"),
    ],
)
def test_a_call_that_fails_says_what_may_have_happened_and_moves_no_cursor(till, fault, error, words):
    till.pay()
    till.control.faults(fault)
    with pytest.raises(error, match=words):
        till.source.poll(till.cursor)
    till.control.clear_faults()
    till.poll()
    assert len(till.kinds()) == 1


def test_an_object_that_cannot_be_read_when_an_event_tells_of_it_is_read_by_the_next_poll(till):
    till.poll()
    intent = till.pay()
    till.control.faults({"kind": "reset", "times": 9, "match": {"operation": "get"}})
    with pytest.raises(MaybeSent):
        till.source.poll(till.cursor)
    till.control.clear_faults()
    till.poll()
    assert intent["latest_charge"] in till.known, "not only by the next sweep, hours later"


def test_a_refusal_names_the_request_and_no_key(till):
    with pytest.raises(Refused) as refused:
        till.source._client.page("/v1/charges", {"colour": "mauve"})
    assert "req_" in str(refused.value)
    assert "sk_test_tieout" not in str(refused.value) + refused.value.raw


def test_objects_of_the_other_mode_stop_the_poll():
    with Till(account="acct_1TieoutEmulator/live") as till:
        till.pay()
        with pytest.raises(Paused, match="expected objects of live mode, found one with livemode False"):
            till.poll()


def test_the_fingerprint_is_the_account_and_its_mode(till):
    assert till.source.fingerprint() == "acct_1TieoutEmulator/test"
