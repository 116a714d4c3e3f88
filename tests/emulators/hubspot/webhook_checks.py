"""The checks of the webhook rules; they run a receiver of their own. Each takes a `Desk`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import contextmanager

from tests.emulators.hubspot.support import DATED, Desk, Receiver

from tieout.emulators.hubspot.sample import BETA, OPEN, OPEN_STAGE, PIPELINE, WON, WON_STAGE
from tieout.emulators.kit.client import ControlError

WEBHOOK_CHECKS = {}


def check(function):
    WEBHOOK_CHECKS[function.__name__] = function
    return function


@contextmanager
def receiving(desk: Desk, pause=0.0, **config):
    """A receiver that is the target; nothing is duplicated unless asked for."""
    desk.control.config(webhooks={"duplicate_share": 0.0, **config})
    with Receiver(pause) as receiver:
        desk.admin("set_target", target_url=receiver.url)
        yield receiver


def change_stages(desk: Desk, times):
    for number in range(times):
        stage = (WON_STAGE, OPEN_STAGE)[number % 2]
        desk.admin("update", type="deals", id=OPEN, properties={"pipeline": PIPELINE, "dealstage": stage})
        desk.pass_time(0.001)


@check
def webhooks_come_in_no_order(desk: Desk):
    with receiving(desk) as receiver:
        change_stages(desk, 12)
        desk.deliver()
        times = [event["occurredAt"] for event in receiver.events]
        assert len(times) == 12
        assert times != sorted(times)


@check
def webhooks_come_twice(desk: Desk):
    with receiving(desk, duplicate_share=1.0) as receiver:
        change_stages(desk, 3)
        desk.deliver()
        times = [event["occurredAt"] for event in receiver.events]
        assert len(times) == 6
        assert len(set(times)) == 3


@check
def webhook_batches_hold_100(desk: Desk):
    with receiving(desk) as receiver:
        change_stages(desk, 130)
        desk.deliver()
        assert [len(batch) for batch in receiver.batches] == [100, 30]


@check
def webhooks_are_retried(desk: Desk):
    with receiving(desk) as receiver:
        change_stages(desk, 1)
        receiver.answers = [400, 503]
        desk.deliver()
        for _ in range(3):
            desk.pass_time(4 * 3600)
            desk.deliver()
        assert [event["attemptNumber"] for event in receiver.events] == [0, 1, 2]
        tried = desk.admin("deliveries")
        assert [one["status"] for one in tried["attempts"]] == [400, 503, 200]
        assert tried["waiting"] == 0


@check
def event_ids_repeat(desk: Desk):
    with receiving(desk) as receiver:
        change_stages(desk, 12)
        desk.deliver()
        assert len({event["eventId"] for event in receiver.events}) < 12


@check
def association_events_tell_both_sides(desk: Desk):
    with receiving(desk) as receiver:
        desk.admin("associate", from_type="deals", **{"from": WON}, to_type="companies", to=BETA, types=[5])
        desk.deliver()
        told = {event["associationType"]: event for event in receiver.events}
        assert sorted(told) == ["COMPANY_TO_DEAL", "DEAL_TO_COMPANY"]
        deal = told["DEAL_TO_COMPANY"]
        assert (deal["fromObjectId"], deal["toObjectId"]) == (int(WON), int(BETA))
        assert (deal["isPrimaryAssociation"], deal["associationRemoved"]) == (True, False)


@check
def webhooks_are_signed_over_the_public_url(desk: Desk):
    with receiving(desk) as receiver:
        desk.admin("set_target", public_url="https://hooks.example.com/hubspot?tenant=a%2Fb%20c")
        change_stages(desk, 1)
        desk.deliver()
        (_, headers, body), *_ = receiver.requests
        stamp = headers["X-HubSpot-Request-Timestamp"]
        text = b"POSThttps://hooks.example.com/hubspot?tenant=a/b%20c" + body + stamp.encode()
        wanted = base64.b64encode(hmac.digest(b"sample-secret", text, hashlib.sha256)).decode()
        assert headers["X-HubSpot-Signature-v3"] == wanted


@check
def the_modified_stamp_cannot_be_subscribed(desk: Desk):
    refusals = []
    try:
        desk.admin("subscribe", event_type="deal.propertyChange", property="hs_lastmodifieddate")
    except ControlError as error:
        refusals.append(str(error))
    assert refusals == ["ValueError: hs_lastmodifieddate cannot be subscribed to"]
    assert len(desk.admin("deliveries")["subscriptions"]) == 4


@check
def webhooks_wait_five_seconds(desk: Desk):
    with receiving(desk, pause=0.4, answer_within_seconds=0.1):
        change_stages(desk, 1)
        desk.deliver()
        tried = desk.admin("deliveries")
        assert [one["status"] for one in tried["attempts"]] == [None]
        assert tried["waiting"] == 1


@check
def new_subscriptions_take_five_minutes(desk: Desk):
    with receiving(desk) as receiver:
        desk.admin("subscribe", event_type="object.creation", active=True)
        desk.post(f"{DATED}/products", {"properties": {"name": "Early"}})
        desk.pass_time(300)
        made = desk.post(f"{DATED}/products", {"properties": {"name": "Late"}}).json()["id"]
        desk.deliver()
        (event,) = receiver.events
        assert (event["subscriptionType"], event["objectTypeId"], event["objectId"]) == (
            "object.creation", "0-7", int(made),
        )  # fmt: skip
