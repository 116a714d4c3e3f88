"""Webhooks: whose they are is decided on the raw bytes, and nothing of them is believed but what they name."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.connectors.stripe.support import NOW, SECRET
from tests.emulators.stripe.support import Desk, receiving

from tieout.connectors.stripe.hooks import Hook, ObjectId, sign
from tieout.flows.errors import HookRefused, HookUnreadable
from tieout.flows.ports import HookRequest

OLD = "whsec_old"
STAMP = int(NOW.timestamp())
EVENT = {"id": "evt_1", "object": "event", "type": "charge.succeeded", "livemode": False,
         "data": {"object": {"object": "charge", "id": "py_1"}}}  # fmt: skip
BODY = json.dumps(EVENT, indent=2).encode()


def hook(**changes):
    return Hook(**{"secrets": [OLD, SECRET], **changes})


def request(body=BODY, header=None, received_at=NOW):
    header = f"t={STAMP},v1={sign(SECRET, str(STAMP), body)}" if header is None else header
    return HookRequest(headers={"Stripe-Signature": header}, body=body, received_at=received_at)


@pytest.mark.parametrize("secret", [OLD, SECRET])
def test_any_secret_in_force_is_right(secret):
    header = f"t={STAMP},v1={sign(secret, str(STAMP), BODY)}"
    assert hook().verify(request(header=header)) == [ObjectId("charge", "py_1")]


def test_one_right_signature_among_several_and_other_schemes_is_enough():
    right = sign(SECRET, str(STAMP), BODY)
    header = f"t={STAMP},v0={right},v1={'0' * 64},v1={right},v9=x"
    assert hook().verify(request(header=header)) == [ObjectId("charge", "py_1")]


@pytest.mark.parametrize(
    "header",
    [
        "", "t=", f"t={STAMP}", f"v1={sign(SECRET, str(STAMP), BODY)}", "t=x,v1=y", f"t={STAMP},v1=",
        f"t={STAMP},v0={sign(SECRET, str(STAMP), BODY)}", f"t={STAMP},v1={sign('whsec_other', str(STAMP), BODY)}",
        f"t={STAMP + 1},v1={sign(SECRET, str(STAMP), BODY)}", f"t={STAMP},v1=\u00e9", "t=1e9,v1=a", f"t=-{STAMP},v1=a",
        "t=99999999999999999999,v1=a", "=,=,=", ",,,",
    ],
)  # fmt: skip
def test_anything_else_is_refused(header):
    with pytest.raises(HookRefused) as refused:
        hook().verify(request(header=header))
    assert not isinstance(refused.value, HookUnreadable)
    assert SECRET not in str(refused.value)


def test_a_body_that_was_written_anew_is_refused_although_it_means_the_same():
    header = request().headers["Stripe-Signature"]
    with pytest.raises(HookRefused):
        hook().verify(request(body=json.dumps(EVENT).encode(), header=header))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_time_too_far_off_is_refused_on_either_side(seconds):
    with pytest.raises(HookRefused, match="too far from now"):
        hook().verify(request(received_at=NOW + timedelta(seconds=seconds)))
    assert hook().verify(request(received_at=NOW + timedelta(seconds=seconds - seconds // 300)))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"object": "charge"}', b"\xff"])
def test_what_is_signed_and_no_event_is_unreadable(body):
    with pytest.raises(HookUnreadable):
        hook().verify(request(body=body))


def test_an_event_of_the_other_mode_is_refused():
    with pytest.raises(HookRefused, match="expected an event of live mode"):
        hook(live=True).verify(request())
    assert hook(live=False).verify(request())


def test_a_thin_event_names_its_object_too():
    event = {"object": "v2.core.event", "type": "v1.charge.succeeded", "livemode": False,
             "related_object": {"id": "ch_1", "type": "charge", "url": "/v1/charges/ch_1"}}  # fmt: skip
    assert hook(live=False).verify(request(body=json.dumps(event).encode())) == [ObjectId("charge", "ch_1")]


@pytest.mark.parametrize("about", [None, {}, {"object": "charge"}, {"id": 7, "object": []}, "x"])
def test_an_event_that_names_nothing_still_wakes(about):
    body = json.dumps({**EVENT, "data": {"object": about}}).encode()
    assert hook().verify(request(body=body)) == []


def test_a_hook_without_secrets_cannot_be():
    for secrets in ([], [""], [SECRET, ""]):
        with pytest.raises(ValueError, match="secrets"):
            Hook(secrets=secrets)


def test_what_the_emulator_sends_is_accepted_and_spoiled_signatures_are_not():
    with Desk() as desk, receiving(desk) as receiver:
        for signature, right in (("right", True), ("wrong", False), ("missing", False)):
            desk.control.config(webhooks={"signature": signature})
            receiver.requests.clear()
            desk.made("customers", name="Told")
            desk.deliver()
            ((headers, body),) = receiver.requests
            given = HookRequest(headers=headers, body=body, received_at=NOW)
            if right:
                assert [one.object for one in hook().verify(given)] == ["customer"]
            else:
                with pytest.raises(HookRefused):
                    hook().verify(given)
