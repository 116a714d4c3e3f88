"""One path into NetSuite, one place that decides, and nothing written before it was checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.crash_scenarios import until
from tests.support.house import house, policy
from tests.support.script import customer, order


@pytest.mark.requirement("R01", "R02")
def test_every_transaction_of_ours_was_claimed_intended_and_answered(tmp_path: Path):
    with house(tmp_path) as h:
        h.ns.control.faults({"kind": "commit_reset", "match": {"operation": "create", "record": "invoice"}})
        h.source.put(*(order(n, lines=n) for n in range(1, 6)))
        h.run()
        documents = h.documents()
        for invoice in h.made("invoice"):
            document = documents[invoice["external_id"]]
            assert document.internal_id == invoice["id"]
            assert document.number == invoice["fields"]["tranId"], "NetSuite numbers it, we only remember"
            with h.store.read() as unit:
                attempts = unit.journal.attempts_of(document.id)
            assert attempts[0]["outcome"] == "intent"
            assert attempts[-1]["outcome"] in {"done", "found"}
            trace = invoice["fields"]
            assert trace["custbody_tieout_source_id"] == invoice["external_id"].removeprefix("inv-")
            assert trace["custbody_tieout_installation"] == "test-house"
        assert len(h.made("invoice")) == 5


@pytest.mark.requirement("R01", "R06")
@pytest.mark.parametrize("trouble", ["close_period", "deactivate_item"])
def test_netsuite_is_not_the_validation_layer(trouble: str, tmp_path: Path):
    with house(tmp_path) as h:
        arguments = {"date": "2026-10-15"} if trouble == "close_period" else {"id": "501"}
        h.ns.control.admin(trouble, **arguments)
        h.source.put(order(1))
        h.run()
        assert h.standings()["D00001"][0] == "case"
        assert [one for one in h.ns.control.log() if one["operation"] in {"create", "update"}] == []


@pytest.mark.requirement("R03", "R10")
def test_a_won_deal_waits_until_its_billing_terms_are_confirmed(tmp_path: Path):
    sources = {"script": replace(policy().sources["script"], require_billing_terms=True)}
    with house(tmp_path, policy=replace(policy(), sources=sources)) as h:
        h.source.put(order(1), order(2, billing_terms_confirmed=False))
        h.run()
        assert set(h.standings().values()) == {("ignored", "billing_terms_unconfirmed")}
        assert h.requests("create") == []
        h.source.put(order(1, billing_terms_confirmed=True))
        h.run()
        assert h.standings()["D00001"] == ("confirmed", "")


@pytest.mark.requirement("R18", "R23")
def test_a_product_is_mapped_by_its_id_never_by_its_name(tmp_path: Path):
    with house(tmp_path) as h:
        plain = order(1)
        line = plain.lines[0]
        renamed = replace(line, product=replace(line.product, name="Seat licence", sku="SEAT"))
        unmapped = replace(line, product=replace(line.product, id="P-NEW"))
        h.source.put(replace(plain, lines=(renamed,)), replace(order(2), lines=(unmapped,)))
        h.run()
        assert h.standings() == {"D00001": ("confirmed", ""), "D00002": ("case", "item_unmapped")}
        assert [one["item"] for one in h.made("invoice")[0]["lines"]["item"]] == ["501"]


@pytest.mark.requirement("R70")
def test_a_case_holds_the_payload_the_error_and_the_ways_out(tmp_path: Path):
    with house(tmp_path) as h:
        refusal = {"text": "Credit hold: see finance", "match": {"record": "invoice"}}
        h.ns.control.admin("arm_user_event_refusal", **refusal)
        h.source.put(order(1))
        h.run()
        view = h.cases.open_cases()[0]
        shown = view.as_json()
        assert "Credit hold: see finance" in shown["raw"]
        assert "Credit hold: see finance" in shown["found"]
        assert shown["ways_out"]
        assert view.record.raw["source"]["id"] == "D00001"
        h.advance(timedelta(days=400))
        h.run()
        assert h.case_codes() == [shown["code"]], "a case never goes away by itself"


@pytest.mark.requirement("R07", "R08", "R20")
def test_a_worker_that_stood_still_past_its_lease_sends_nothing(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, customer=customer(1)))
        until("inv-D00001", "cleared")(h)
        call = h.machine.sending.next_wave(1)[0]
        assert call.document.lease_expires_at is not None
        h.advance(call.document.lease_expires_at - h.clock.now())
        creates = len(h.requests("create"))
        assert h.machine.sending.deliver(call).outcome == "not_sent"
        assert len(h.requests("create")) == creates
