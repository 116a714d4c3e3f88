"""Payments and bank files over HTTP, with a real NetSuite emulator behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.api import Api, open_api
from tests.support.cash_desk import bai2, cash_desk
from tests.support.desk import Desk
from tests.support.treasury import ACME, invoice

PAYER = "9876543210"
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Desk, Api]]:
    with cash_desk(tmp_path / "desk") as desk, open_api(desk) as api:
        yield desk, api


def send(api: Api, text: str, **more):
    return api.ask("POST", "/files?source=bank&name=monday.bai", content=text.encode(), headers=BYTES, **more)


def test_a_file_is_handed_in_and_its_payment_applied(served: tuple[Desk, Api]):
    desk, api = served
    text = bai2(("25000", "REF1", PAYER, "INV10530"))
    answer = send(api, text)
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"received": 1, "new": 1, "rejected": [], "notes": []}
    assert send(api, text).json()["new"] == 0
    desk.sync(code=1)
    (one,) = api.get("/payments?waiting=true")["items"]
    assert one["case"]["code"] == "payer_unknown"
    named = api.post(f"/payments/{one['input']}/payer", {"customer": "5001"})
    assert named["case"] is None
    desk.sync()
    (one,) = api.get("/payments")["items"]
    assert (one["standing"], one["applied"], one["unapplied"]) == ("confirmed", "250.00", "0.00")
    number = one["input"]
    back = api.post(f"/payments/{number}/unapply", {"because": "wrong month"})
    assert back["applied"] == "0.00"
    desk.sync()
    api.post(f"/payments/{number}/apply", {"to": [{"document": "INV10530", "amount": "100.00"}]})
    desk.sync()
    shown = api.get(f"/payments/{number}")
    assert (shown["applied"], shown["unapplied"]) == ("100.00", "150.00")
    assert shown["attempts"]
    (row,) = api.get("/reports/cash")["rows"]
    assert (row["cash_in"], row["applied"], row["unapplied"]) == ("250.00", "100.00", "150.00")
    assert api.get("/reports/matching")["rows"]


def test_a_payment_is_held_until_it_is_released(served: tuple[Desk, Api]):
    desk, api = served
    send(api, bai2(("25000", "REF1", PAYER, "INV10530")))
    desk.sync(code=1)
    (one,) = api.get("/payments")["items"]
    path = f"/payments/{one['input']}"
    held = api.post(f"{path}/hold", {"because": "they ask us to wait"})["held"]
    assert held["because"] == "they ask us to wait"
    desk.sync(code=1)
    assert api.get(path)["case"]["code"] == "payment_held"
    assert api.ask("POST", f"{path}/payer", json={"customer": "5001"}).status_code == 409
    assert api.get("/reports/cash")["rows"][0]["held"] == "250.00"
    assert api.post(f"{path}/release", {"because": "agreed"})["held"] is None
    api.post(f"{path}/payer", {"customer": "5001"})
    desk.sync()
    assert api.get(path)["standing"] == "confirmed"


def test_a_credit_is_used_beside_the_money(served: tuple[Desk, Api]):
    desk, api = served
    body = {key: value for key, value in invoice("CM77", ACME, "50.00").items() if key != "type"}
    desk.control.admin("human_create", record="creditMemo", body=body)
    send(api, bai2(("20000", "REF1", PAYER, "INV10530 CM77")))
    desk.sync(code=1)
    (one,) = api.get("/payments")["items"]
    path = f"/payments/{one['input']}/apply"
    wish = {"to": [{"document": "INV10530"}], "credits": [{"document": "CM77", "amount": "60.00"}]}
    assert "50.00 USD is left" in api.ask("POST", path, json=wish).text
    wish["credits"] = [{"document": "CM77"}]
    api.post(path, wish)
    desk.sync()
    shown = api.get(f"/payments/{one['input']}")
    assert (shown["standing"], shown["applied"], shown["unapplied"]) == ("confirmed", "200.00", "0.00")
    assert [(part["number"], part["amount"]) for part in shown["credits"]] == [("CM77", "50.00")]


def test_a_small_rest_is_written_off(served: tuple[Desk, Api]):
    desk, api = served
    send(api, bai2(("24500", "REF1", PAYER, "thanks")))
    desk.sync(code=1)
    (one,) = api.get("/payments")["items"]
    path = f"/payments/{one['input']}"
    api.post(f"{path}/apply", {"to": [{"document": "INV10530", "amount": "245.00"}]})
    desk.sync()
    wish = {"tolerance": "cents", "document": "INV10530", "because": "their bank's charges"}
    refused = api.ask("POST", f"{path}/write-off", json={**wish, "amount": "6.00"})
    assert refused.status_code == 409
    assert "5.00 USD is open on INV10530" in refused.text
    (planned,) = api.post(f"{path}/write-off", wish)["write_offs"]
    assert (planned["amount"], planned["account"], planned["state"]) == ("5.00", "611", "ready")
    desk.sync()
    api.post(f"{path}/write-off", wish)
    desk.sync()
    shown = api.get(path)
    assert (shown["standing"], shown["applied"], shown["unapplied"]) == ("confirmed", "245.00", "0.00")
    (done,) = shown["write_offs"]
    assert (done["state"], done["number"]) == ("confirmed", "INV10530")
    assert api.ask("POST", f"{path}/write-off", json=wish, by="vera").json()["code"] == "role_missing"


def test_what_cannot_be_done_is_a_problem_with_a_code(served: tuple[Desk, Api]):
    _, api = served
    assert api.ask("GET", "/payments/999").json()["code"] == "not_found"
    assert api.ask("POST", "/files?source=nowhere", content=b"x", headers=BYTES).json()["code"] == "not_found"
    assert send(api, "x", by="vera").json()["code"] == "role_missing"


def test_a_key_for_another_subsidiary_sees_no_money_of_this_one(served: tuple[Desk, Api]):
    desk, api = served
    send(api, bai2(("25000", "REF1", PAYER, "INV10530")))
    desk.sync(code=1)
    _, secret = api.door.people.make_key("otto", ["operator"], ["2"], "", "root")
    api.keys["german"] = secret
    assert api.ask("GET", "/payments", by="german").json()["items"] == []
    (one,) = api.get("/payments")["items"]
    refused = api.ask("GET", f"/payments/{one['input']}", by="german")
    assert refused.json()["code"] == "other_subsidiary"


def test_the_same_request_with_a_key_applies_once(served: tuple[Desk, Api]):
    desk, api = served
    send(api, bai2(("25000", "REF1", PAYER, "hello")))
    desk.sync(code=1)
    (one,) = api.get("/payments")["items"]
    path = f"/payments/{one['input']}/apply"
    body = {"to": [{"document": "INV10530", "amount": "200.00"}]}
    headers = {"Idempotency-Key": "k1"}
    first, again = (api.ask("POST", path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    desk.sync()
    (one,) = api.get("/payments")["items"]
    assert one["applied"] == "200.00"
