"""Tokens: static ones, renewed ones, and what a refusal means."""

from __future__ import annotations

import pytest
from tests.connectors.hubspot.support import OAUTH, SECRETS, Portal

from tieout.flows.errors import MaybeSent, NotSent, Paused, Throttled


def tokens_asked(portal):
    return len([one for one in portal.control.log() if one["operation"] == "token"])


def test_a_static_token_gives_the_portal():
    with Portal() as portal:
        assert portal.source.fingerprint() == "62515"


def test_a_service_key_will_do():
    with Portal(secrets={"env:TOKEN": "service-sample"}) as portal:
        assert portal.poll()


def test_a_refresh_token_gives_access_tokens_that_are_kept():
    with Portal(auth=OAUTH) as portal:
        assert portal.source.fingerprint() == "62515"
        portal.poll()
        assert tokens_asked(portal) == 1


def test_an_access_token_is_renewed_before_it_ends():
    with Portal(auth=OAUTH) as portal:
        portal.source.fingerprint()
        portal.advance(seconds=1741)
        portal.source.fingerprint()
        assert tokens_asked(portal) == 2
        assert not [one for one in portal.control.log() if one["status"] == 401]


def test_a_token_that_died_early_is_renewed_once():
    with Portal(auth=OAUTH) as portal:
        portal.source.fingerprint()
        portal.advance(seconds=1)
        portal.admin("expire_tokens")
        assert portal.source.fingerprint() == "62515"
        assert tokens_asked(portal) == 2


@pytest.mark.parametrize("wrong", ["env:CLIENT", "env:REFRESH"])
def test_refused_credentials_pause_the_source(wrong):
    with (
        Portal(auth=OAUTH, secrets={**SECRETS, wrong: "wrong-secret"}) as portal,
        pytest.raises(Paused) as told,
    ):
        portal.source.poll(None)
    assert "wrong-secret" not in f"{told.value} {told.value.raw}"


def test_a_refused_static_token_pauses_at_once():
    with Portal(secrets={"env:TOKEN": "pat-na1-revoked"}) as portal:
        with pytest.raises(Paused, match="INVALID_AUTHENTICATION"):
            portal.source.poll(None)
        assert len(portal.control.log()) == 1


def test_missing_scopes_pause_and_are_named():
    with (
        Portal(secrets={"env:TOKEN": "pat-na1-reader"}) as portal,
        pytest.raises(Paused, match=r"crm\.objects\.deals\.read"),
    ):
        portal.source.poll(None)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("error_500", NotSent), ("html_502", NotSent), ("cut_answer", NotSent), ("throttle", Throttled)],
)
def test_a_login_without_an_answer_changed_nothing(fault, error):
    with Portal(auth=OAUTH) as portal:
        portal.control.faults({"kind": fault, "match": {"operation": "token"}, "times": 1})
        with pytest.raises(error):
            portal.source.poll(None)
        assert portal.poll()


def test_a_moment_is_waited_for_when_searches_come_too_fast():
    with Portal() as portal:
        portal.poll()
        portal.admin("set_portal", settings={"search_limit": 1})
        with pytest.raises(Throttled) as told:
            portal.source.poll(portal.cursor)
        assert told.value.stop is False
        # The waits are ours alone: the emulator's clock stood still.
        assert len([one for one in portal.control.log() if one["status"] == 429]) == 4


def test_a_days_allowance_stops_for_long():
    with Portal() as portal:
        portal.admin("set_portal", settings={"daily_limit": 1})
        portal.source.fingerprint()
        with pytest.raises(Throttled) as told:
            portal.source.poll(None)
        assert told.value.stop is True
        assert len([one for one in portal.control.log() if one["status"] == 429]) == 1


def test_a_portal_that_is_being_moved_pauses():
    with Portal() as portal:
        portal.admin("migrate", seconds=3600)
        with pytest.raises(Paused, match="477"):
            portal.source.poll(None)


def test_html_from_a_gateway_says_nothing():
    with Portal() as portal:
        portal.control.faults({"kind": "html_502", "match": {"operation": "list"}, "times": 1})
        with pytest.raises(MaybeSent):
            portal.source.poll(None)
        assert portal.poll()
