"""What a source itself says of money: that it cannot be read, or that another connector has booked it already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.bank_script import SYSTEM, ScriptBank, receipt, with_cash
from tests.support.house import START, house, policy

from tieout.domain.lifecycle import Standing
from tieout.flows.cash.judging import Judging
from tieout.flows.ports import Sighting
from tieout.flows.verdict import Verdict


class UpToMatching(Judging):
    """Says `planned` of what would be matched against open items."""

    def _matched(self, *_: Any) -> Verdict:
        return Verdict(standing=Standing.PLANNED)


@pytest.fixture
def judge(tmp_path):
    """A payload's verdict."""
    with house(tmp_path, source=ScriptBank(), policy=with_cash(policy(), account="1")) as made:

        def verdict(payload: dict[str, Any], override: dict[str, Any] | None = None):
            with made.store.write("test") as unit:
                sighting = Sighting(object="movement", object_id="ch_1", version="1", payload=payload)
                unit.records.receive(SYSTEM, "test", sighting, "test", START)
                (record,) = unit.records.all()
                return UpToMatching(made.machine.context).judge(
                    unit, replace(record, override=override or {}), [], None
                )

        yield verdict


def payload(**more: Any) -> dict[str, Any]:
    bank = ScriptBank()
    bank.put(receipt("ch_1", "50.00"), route="stripe")
    return {**bank.poll(None).sightings[0].payload, **more}


def test_money_that_its_source_says_another_connector_booked_is_not_booked_again(judge):
    verdict = judge(payload(elsewhere="netsuite_customer_payment_id 8123"))
    assert verdict.standing is Standing.CASE
    (finding,) = verdict.findings
    assert (finding.code, finding.found) == ("payment_entered_by_hand", "netsuite_customer_payment_id 8123")


def test_a_person_may_say_that_it_is_other_money(judge):
    verdict = judge(payload(elsewhere="netsuite_customer_payment_id 8123"), {"distinct": True})
    assert verdict == Verdict(standing=Standing.PLANNED)


def test_what_cannot_be_read_is_a_case_in_the_sources_own_words(judge):
    verdict = judge(
        {"route": "stripe", "problem": "refund re_1: expected amount in minor units", "raw": "{}"}
    )
    (finding,) = verdict.findings
    assert (finding.code, finding.found) == (
        "payload_unreadable",
        "refund re_1: expected amount in minor units",
    )


def test_an_account_nobody_mapped_comes_before_all_that(judge):
    verdict = judge(
        payload(elsewhere="x 1") | {"movement": {**payload()["movement"], "account": "stripe:acct:usd"}}
    )
    assert [one.code for one in verdict.findings] == ["bank_account_unmapped"]
