"""The emulators take the scenario's data sets and later changes as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.running import Emulator
from tieout.emulators.salesforce.app import SalesforceApp
from tieout.emulators.scenario import Actor, Scenario, generate


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return generate(11, 120)


@pytest.fixture
def salesforce(scenario: Scenario) -> Iterator[Any]:
    clock = EmulatorClock(datetime.fromisoformat(scenario.clock_start), frozen=True)
    with Emulator(SalesforceApp(clock)) as running:
        running.control.load(scenario.salesforce)
        yield running.control


class Netsuite:
    """Every transaction is there from the start; administration is only noted."""

    def __init__(self, scenario: Scenario) -> None:
        self.rows = [
            {"record": "invoice", "fields": {"custbody_tieout_source_id": row.source_id}}
            for row in scenario.rows
        ]
        self.asked: list[str] = []

    def admin(self, action: str, **_arguments: Any) -> dict[str, Any]:
        self.asked.append(action)
        return {}

    def truth(self, record: str | None = None) -> list[dict[str, Any]]:
        return [row for row in self.rows if record in (None, row["record"])]


def fields(control: Any, kind: str, record_id: str) -> dict[str, Any]:
    return next(row["fields"] for row in control.truth(kind) if row["id"] == record_id)


def test_salesforce_takes_the_month_and_everything_that_happens_in_it(scenario: Scenario, salesforce: Any):
    began = datetime.fromisoformat(scenario.clock_start)
    netsuite = Netsuite(scenario)
    actor = Actor(scenario, {"salesforce": salesforce, "netsuite": netsuite}, began)
    for seconds in range(0, 1200, 30):
        actor.step(began + timedelta(seconds=seconds))
        salesforce.clock(advance_seconds=30)
    assert actor.pending == ()
    assert netsuite.asked == ["expire_certificate", "revoke_tokens", "restore_certificate"]
    won = {row["id"] for row in salesforce.truth("Opportunity") if row["fields"]["IsWon"]}
    unwon = {row.source_id for row in scenario.rows if row.code == "not_won"}
    assert won == {row.source_id for row in scenario.rows} - unwon


def test_a_merged_account_takes_its_deal_along(scenario: Scenario, salesforce: Any):
    began = datetime.fromisoformat(scenario.clock_start)
    row = scenario.planted("merged_account")[0]
    winner = row.records[0].source_id
    assert fields(salesforce, "Opportunity", row.source_id)["AccountId"] != winner
    actor = Actor(scenario, {"salesforce": salesforce, "netsuite": Netsuite(scenario)}, began)
    actor.step(began + timedelta(seconds=60))
    assert fields(salesforce, "Opportunity", row.source_id)["AccountId"] == winner


def test_a_header_discount_survives_the_load(scenario: Scenario, salesforce: Any):
    row = scenario.planted("uneven_header_discount")[0]
    found = fields(salesforce, "Opportunity", row.source_id)
    lines = next(one["lines"] for one in salesforce.truth("Opportunity") if one["id"] == row.source_id)
    total = sum(int(line["TotalPrice"].replace(".", "")) for line in lines)
    assert int(found["Amount"].replace(".", "")) == total - 100_000
