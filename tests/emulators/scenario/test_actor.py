"""The actor makes later changes in their order, at their time, and only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.emulators.scenario import Actor, generate

BEGAN = datetime(2026, 10, 31, 18, tzinfo=UTC)


class Desk:
    """A control client that remembers what it was asked to do, and holds the records it was given."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.records: list[dict[str, Any]] = []

    def admin(self, action: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append((action, arguments))
        return {}

    def truth(self, record: str | None = None) -> list[dict[str, Any]]:
        return [one for one in self.records if record in (None, one["record"])]


def after(seconds: int) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def test_a_merge_comes_before_the_win_that_follows_it():
    scenario = generate(7, 10, plants=["merged_account"], live_share_percent=0)
    salesforce, netsuite = Desk(), Desk()
    actor = Actor(scenario, {"salesforce": salesforce, "netsuite": netsuite}, BEGAN)
    assert actor.step(after(59)) == []
    assert [change.action for change in actor.step(after(60))] == ["merge"]
    assert actor.step(after(89)) == []
    assert [change.action for change in actor.step(after(90))] == ["set_stage"]
    assert actor.step(after(900)) == []
    assert actor.pending == ()
    assert [action for action, _ in salesforce.asked] == ["merge", "set_stage"]


def test_a_deal_is_reopened_only_once_it_is_billed():
    scenario = generate(7, 10, plants=["won_reopened_won"], live_share_percent=0)
    salesforce, netsuite = Desk(), Desk()
    actor = Actor(scenario, {"salesforce": salesforce, "netsuite": netsuite}, BEGAN)
    assert actor.step(after(5000)) == []
    source_id = scenario.planted("won_reopened_won")[0].source_id
    netsuite.records.append({"record": "invoice", "fields": {"custbody_tieout_source_id": source_id}})
    assert actor.step(after(5001)) == []
    assert [change.arguments["stage"] for change in actor.step(after(5121))] == ["Negotiation"]
    assert [change.arguments["stage"] for change in actor.step(after(5151))] == ["Contract Signed"]


def test_changes_without_delay_follow_at_once():
    scenario = generate(7, 10, plants=["expired_certificate"], live_share_percent=0)
    salesforce, netsuite = Desk(), Desk()
    actor = Actor(scenario, {"salesforce": salesforce, "netsuite": netsuite}, BEGAN)
    source_id = scenario.planted("expired_certificate")[0].source_id
    netsuite.records.append({"record": "invoice", "fields": {"custbody_tieout_source_id": source_id}})
    made = [change.action for change in actor.step(after(10))]
    assert made == ["expire_certificate", "revoke_tokens", "set_stage"]
    assert [change.action for change in actor.step(after(190))] == ["restore_certificate"]
