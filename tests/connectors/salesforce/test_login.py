"""Login by client credentials and by JWT, expiry, and what refusals mean."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.connectors.salesforce.support import NOW, SECRET, Org, connect, key_pair

from tieout.emulators.salesforce.sample import sample_app, sample_dataset
from tieout.flows.errors import MaybeSent, NotSent, Paused, Throttled
from tieout.runner.clock import ManualClock

USERNAME = "integration@example.com"


def jwt_dataset(public, **app):
    dataset = sample_dataset()
    dataset["connected_apps"] = [sample_app(client_secret=None, public_key=public, **app)]
    return dataset


@pytest.fixture(scope="module")
def keys():
    return key_pair()


@pytest.fixture
def org():
    with Org() as org:
        yield org


def jwt_auth(**changes):
    auth = {
        "method": "jwt",
        "client_id": "sample-client",
        "username": USERNAME,
        "private_key": "file:key.pem",
    }
    return {"auth": {**auth, **changes}}


def test_client_credentials_give_the_org_id(org):
    assert org.source.fingerprint() == org.control.truth("Organization")[0]["id"]
    assert len(org.source.fingerprint()) == 18


def test_jwt_bearer_gives_the_org_id(keys):
    with Org(jwt_dataset(keys[1]), secret=keys[0], **jwt_auth()) as org:
        assert org.source.fingerprint().startswith("00D")
        assert org.poll()


@pytest.mark.parametrize(
    ("app", "auth", "said"),
    [
        ({}, {"audience": "https://nowhere.example"}, "audience is invalid; set auth.audience"),
        ({"approved": False}, {}, "hasn't approved this consumer; pre-authorise"),
        ({}, {"username": "somebody@example.com"}, "hasn't approved this consumer"),
        ({}, {"client_id": "another"}, "client identifier invalid"),
    ],
)
def test_a_refused_assertion_pauses_and_says_what_to_do(keys, app, auth, said):
    org = Org(jwt_dataset(keys[1], **app), secret=keys[0], **jwt_auth(**auth))
    with org, pytest.raises(Paused, match=said):
        org.source.fingerprint()


def test_an_assertion_lives_by_our_clock(keys):
    with Org(jwt_dataset(keys[1]), secret=keys[0], **jwt_auth()) as org:
        org.clock.advance(-timedelta(hours=1))
        with pytest.raises(Paused, match="expired"):
            org.source.fingerprint()


def test_a_key_that_is_none_pauses(keys):
    org = Org(jwt_dataset(keys[1]), secret="not a key", **jwt_auth())
    with org, pytest.raises(Paused, match="not an RSA key"):
        org.source.fingerprint()


def test_a_wrong_secret_and_a_missing_run_as_user_pause():
    with Org(secret="wrong") as org:
        with pytest.raises(Paused, match="invalid client credentials") as refused:
            org.source.poll(None)
        assert "wrong" not in str(refused.value.raw)
    dataset = sample_dataset()
    dataset["connected_apps"] = [sample_app(run_as=None)]
    with Org(dataset) as org, pytest.raises(Paused, match="run-as user"):
        org.source.poll(None)


def test_a_dead_token_is_met_once_with_a_new_one(org):
    org.settle()
    org.advance(hours=3)  # past the token's lifetime
    org.control.reset_stats()
    assert org.poll() == []
    assert org.control.stats()["by_status"] == {"401": 1, "200": 2}


def test_a_token_is_used_until_it_is_refused(org):
    for _ in range(3):
        org.poll()
    assert org.control.stats()["tokens"] == 1


def test_a_second_refusal_in_a_row_is_not_asked_again(org):
    org.settle()
    org.control.faults({"kind": "unauthorized", "match": {"operation": "query"}, "times": 2})
    with pytest.raises(Paused, match="INVALID_SESSION_ID"):
        org.poll()
    assert org.poll() == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [("error_500", NotSent), ("html_502", NotSent), ("reset", NotSent), ("throttle", NotSent)],
)
def test_a_login_that_fails_sent_nothing(org, kind, error):
    org.control.faults({"kind": kind, "match": {"operation": "token"}, "times": 1})
    with pytest.raises(error):
        org.poll()
    assert org.poll()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error_500", MaybeSent),
        ("html_502", MaybeSent),
        ("reset", MaybeSent),
        ("cut_answer", MaybeSent),
        ("throttle", Throttled),
        ("maintenance", MaybeSent),
    ],
)
def test_a_read_that_fails_moves_nothing(org, kind, error):
    org.source.fingerprint()
    org.control.faults({"kind": kind, "match": {"operation": "query"}, "times": 1})
    with pytest.raises(error):
        org.source.poll(None)
    assert len(org.poll()) == 2


def test_the_two_limits_are_told_apart_by_their_text(org):
    org.settle()
    org.control.faults({"kind": "throttle", "match": {"operation": "query"}, "times": 1})
    with pytest.raises(Throttled, match="ConcurrentRequests") as short:
        org.poll()
    assert not short.value.stop
    org.admin("set_org", settings={"daily_api_limit": 1})
    with pytest.raises(Throttled, match="TotalRequests") as long:
        org.poll()
    assert long.value.stop


def test_nobody_there_is_not_sent():
    with Org() as org:
        base_url = org.emulator.base_url
    source = connect(base_url, ManualClock(NOW))
    with pytest.raises(NotSent):
        source.poll(None)
    source.close()


def test_the_secret_is_not_in_what_is_shown(org):
    org.poll()
    shown = repr(org.source._client.session()) + repr(org.source)
    assert SECRET not in shown
    assert org.source._client.session().token not in shown
