"""The API over real HTTP: what is sent becomes a confirmed invoice, a case that is cured, a plan, an approval."""

from __future__ import annotations

import json

from tests.support.api import Api
from tests.support.desk import deal


def test_a_deal_that_is_sent_becomes_a_confirmed_invoice_that_can_be_traced(api: Api):
    sent = api.post("/sources/files/deals", deal(1), code=202)
    assert sent == {
        "received": [{"id": "D-1", "version": sent["received"][0]["version"]}],
        "new": 1,
        "seen_before": 0,
        "rejected": [],
        "notes": [],
    }
    api.run()
    (row,) = api.get("/inputs")["items"]
    assert (row["system"], row["source_id"], row["standing"]) == ("files", "D-1", "confirmed")
    (invoice,) = api.get("/documents?kind=create_invoice")["items"]
    assert (invoice["state"], invoice["external_id"], invoice["total"]) == (
        "confirmed",
        "inv-D-1",
        "250.00 USD",
    )
    assert [one["id"] for one in api.desk.invoices()] == [invoice["internal_id"]]
    for some_id in ("D-1", "inv-D-1", invoice["document_number"]):
        (story,) = api.get("/traces", params={"id": some_id})["deals"]
        assert story["deal"] == "D-1"
    assert api.get(f"/documents/{invoice['id']}")["draft"]["subsidiary"] == "1"
    assert api.get(f"/inputs/{row['id']}")["payload"]["name"] == "Deal 1"


def test_a_case_is_listed_grouped_shown_and_cured_through_a_crosswalk(api: Api):
    line = {**deal(1)["lines"][0], "product": {"id": "P9"}}
    api.post("/sources/files/deals", [deal(1, lines=[line]), deal(2, lines=[line])], code=202)
    api.run()
    (group,) = api.get("/cases/groups")["groups"]
    assert (group["code"], group["count"]) == ("item_unmapped", 2)
    first = api.get("/cases?limit=1")
    assert [one["deal"] for one in first["items"]] == ["D-1"]
    rest = api.get(f"/cases?limit=1&after={first['next']}")
    assert ([one["deal"] for one in rest["items"]], rest["next"]) == (["D-2"], None)
    number = first["items"][0]["id"]
    assert api.post(f"/cases/{number}/assign", {"to": "ana"})["assignee"] == "ana"
    assert [one["id"] for one in api.get("/cases?assignee=ana")["items"]] == [number]
    assert api.get(f"/cases/{number}")["payload"]["lines"][0]["product"] == {"id": "P9"}
    text = "system,key,target\nfiles,P9,502\nfiles,P8,none\n"
    answer = api.ask("POST", "/crosswalks/item?why=new", content=text, headers={"content-type": "text/csv"})
    loaded = answer.json()
    assert (answer.status_code, loaded["added"], loaded["rejected"][0]["line"]) == (200, 1, 3)
    assert "expected a NetSuite internal id" in loaded["rejected"][0]["reason"]
    (row,) = api.get("/crosswalks/item/history?key=P9")["rows"]
    assert (row["target"], row["changed_by"], row["why"], row["version"]) == ("502", "otto", "new", 1)
    assert {one["key"] for one in api.get("/crosswalks/item")["rows"]} == {"P1", "P2", "P9", "P-OLD"}
    assert api.get("/crosswalks/item?on=1999-12-31")["rows"] == []
    assert api.post("/cases/retry", {"code": "item_unmapped", "because": "mapped"}) == {"retried": 2}
    api.run()
    assert {one["standing"] for one in api.get("/inputs")["items"]} == {"confirmed"}
    decided = api.get(f"/cases/{number}")["decisions"]
    assert [(one["action"], one["by"], one["because"]) for one in decided] == [
        ("assign", "otto", ""),
        ("retry", "otto", "mapped"),
    ]
    (key,) = {one["data"].get("through") for one in events(api, "D-1") if one["kind"] == "case_retry"}
    assert key.startswith("key_")


def events(api: Api, deal_id: str) -> list[dict]:
    return api.get("/traces", params={"id": deal_id})["deals"][0]["events"]


def test_a_case_is_edited_redated_bound_or_ignored(api: Api):
    line = {**deal(1)["lines"][0], "product": {"id": "P9"}}
    api.post("/sources/files/deals", [deal(n, lines=[line]) for n in (1, 2, 3, 4)], code=202)
    api.run()
    numbers = [one["id"] for one in api.get("/cases")["items"]]
    edited = api.post(
        f"/cases/{numbers[0]}/edit", {"changes": {"lines.0.product.id": "P1"}, "because": "typed wrong"}
    )
    assert edited["differences"] == ["lines.0.product.id: 'P9' → 'P1'"]
    assert edited["case"]["edit"] == {"lines.0.product.id": "P1"}
    wrong = api.ask("POST", f"/cases/{numbers[1]}/edit", json={"changes": {"none.0": "x"}, "because": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "case_conflict")
    api.post(f"/cases/{numbers[1]}/redate", {"day": "2026-11-03", "because": "October is closed"})
    none = api.ask("POST", f"/cases/{numbers[2]}/bind", json={"customer": "99999", "because": "x"})
    assert (none.status_code, none.json()["detail"]) == (
        409,
        "NetSuite has no customer 99999; give its internal id",
    )
    assert (
        api.post(f"/cases/{numbers[2]}/bind", {"customer": "901", "because": "same"})["state"] == "resolved"
    )
    assert api.post(f"/cases/{numbers[3]}/ignore", {"because": "billed elsewhere"})["state"] == "ignored"
    api.run()
    standings = {one["source_id"]: (one["standing"], one["edited"]) for one in api.get("/inputs")["items"]}
    assert standings == {
        "D-1": ("confirmed", True),
        "D-2": ("case", False),
        "D-3": ("case", False),
        "D-4": ("ignored", False),
    }


def large(number: int = 1) -> dict:
    return deal(number, lines=[{**deal(number)["lines"][0], "amount": "2500.00"}])


def test_a_plan_is_made_and_what_is_sent_back_is_carried_out_and_nothing_else(api: Api):
    api.post("/sources/files/deals", [deal(1), deal(2)], code=202)
    plan = api.post("/plans")
    assert {one["external_id"] for one in plan["steps"]} == {"A-1", "inv-D-1", "A-2", "inv-D-2"}
    assert plan["made_by"] == "otto"
    api.post("/sources/files/deals", deal(2, version=2, po_number="PO-2"), code=202)
    spoiled = api.ask("POST", "/plans/apply", json={**plan, "made_by": "vera"})
    assert (spoiled.status_code, spoiled.json()["code"]) == (422, "plan_unusable")
    applied = api.post("/plans/apply", plan)
    assert applied["plan"] == plan["digest"]
    assert {claim.rpartition("|")[2] for claim in applied["taken"]} & {"A-2"} == set()
    assert any("changed" in why for why in applied["refused"].values())
    states = {one["external_id"]: one["state"] for one in api.get("/documents")["items"]}
    assert states == {"A-1": "ready", "inv-D-1": "waiting"}


def test_an_approval_is_given_by_somebody_else_than_the_maker_whatever_key_it_comes_with(api: Api):
    api.post("/sources/files/deals", large(), code=202)
    api.run()
    (case,) = api.get("/cases")["items"]
    assert case["code"] == "approval_required"
    api.post(f"/cases/{case['id']}/edit", {"changes": {"po_number": "PO-7"}, "because": "it came late"})
    api.run()
    (waiting,) = api.get("/approvals", by="cora")["waiting"]
    assert (waiting["deal"], waiting["roles"], waiting["makers"]) == ("D-1", ["controller"], ["otto"])
    assert waiting["writes"] == ["invoice inv-D-1 2500.00 USD"]
    path, sent = f"/approvals/{waiting['case']}/approve", {"content": waiting["content"]}
    own = api.ask("POST", path, json=sent)
    assert (own.status_code, own.json()["code"]) == (403, "own_change")
    other = api.ask("POST", path, json={"content": "f" * 64}, by="cora")
    assert (other.status_code, other.json()["code"]) == (409, "content_changed")
    decided = api.post(path, sent, by="cora")
    assert (decided["by"], decided["through"][:4]) == ("cora", "key_")
    api.run()
    assert [one["standing"] for one in api.get("/inputs")["items"]] == ["confirmed"]
    assert api.ask("POST", path, json=sent, by="cora").json()["code"] == "nothing_waits"


def test_a_rejection_says_why(api: Api):
    api.post("/sources/files/deals", large(), code=202)
    api.run()
    (waiting,) = api.get("/approvals", by="cora")["waiting"]
    path = f"/approvals/{waiting['case']}/reject"
    api.post(path, {"content": waiting["content"], "because": "not the contract's price"}, by="cora")
    api.run()
    (case,) = api.get("/cases")["items"]
    assert (case["code"], case["found"]) == (
        "approval_rejected",
        "cora rejected it: not the contract's price",
    )


def test_each_piece_of_what_was_sent_is_received_or_named(api: Api):
    bad = {**deal(2), "id": ""}
    sent = api.post("/sources/files/deals", [deal(1), bad, 7, deal(3, currency="XXQ")], code=202)
    assert [one["id"] for one in sent["received"]] == ["D-1", "D-3"]
    assert {(one["reason"], one["found"][:9]) for one in sent["rejected"]} == {
        ("the deal has no usable id", "no id: ''"),
        ("not a deal", "'7'"),
    }
    assert "D-3 will be a case" in sent["notes"][0]
    lines = "\n".join(json.dumps(deal(n)) for n in (1, 4))
    headers = {"content-type": "application/x-ndjson"}
    again = api.ask("POST", "/sources/files/deals", content=lines, headers=headers).json()
    assert (again["new"], again["seen_before"]) == (1, 1)


def test_the_audit_log_is_verified_and_its_head_shown(api: Api):
    api.post("/sources/files/deals", deal(1), code=202)
    while api.application.machine.sealing.run(now_at_once=True):
        pass
    head = api.get("/audit/head", by="vera")
    verdict = api.get(f"/audit/verify?head={head['head']}", by="vera")
    assert (verdict["ok"], verdict["head"], verdict["unsealed"], verdict["seals"]) == (
        True,
        head["head"],
        0,
        head["seals"],
    )
    assert not api.get(f"/audit/verify?head={'f' * 64}")["ok"]
