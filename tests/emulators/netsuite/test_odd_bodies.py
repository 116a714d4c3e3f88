"""Bodies nobody should send, to the records about money: refused in the platform's form, never a crash."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.emulators.netsuite.support import Desk, apply, invoice, journal, payment

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e40, "", "x", "1", "999", "2026-11-05", [], {}, {"id": "1"}, {"id": "abc"},
    {"id": None}, {"externalId": "nobody"}, {"items": []}, {"items": None}, {"items": [{}]}, {"items": [{"doc": None}]},
    {"items": [{"doc": {"id": "1"}, "apply": True}]}, {"items": [{"doc": {"id": "1"}, "amount": 1e30}]},
    {"items": [{"doc": "1", "amount": "5", "line": 3}]}, {"items": [{"id": "2"}]},
    {"items": [{"account": {"id": "101"}, "amount": 5}]},
    {"items": [{"account": {"id": "121"}, "debit": 5, "entity": {"id": "1001"}}]},
]  # fmt: skip
GOOD: dict[str, Any] = {
    "customerPayment": payment(None),
    "customerDeposit": payment(None),
    "creditMemo": invoice(None),
    "customerRefund": {"customer": {"id": "1001"}, "account": {"id": "101"}, "apply": apply(("2", 1))},
    "depositApplication": {"deposit": {"id": "3"}, "apply": apply(("1", 1))},
    "journalEntry": journal(
        None,
        {"account": {"id": "121"}, "entity": {"id": "1001"}, "debit": 5},
        {"account": {"id": "101"}, "credit": 5},
    ),
    "deposit": {"account": {"id": "101"}, "other": {"items": [{"account": {"id": "611"}, "amount": 5}]}},
}
#: What no plain create makes.
MADE_BY = {"depositApplication": "customerDeposit/3/!transform/depositApplication"}
TABLES = ("transaction", "transactionline", "transactionaccountingline", "nexttransactionlinelink")


@pytest.mark.parametrize("seed", [1, 2])
def test_an_odd_body_is_taken_or_refused_and_everything_stays_readable(seed: int) -> None:
    chance = random.Random(seed)
    taken = dict.fromkeys(GOOD, 0)
    with Desk() as desk:
        desk.post("invoice", invoice("inv-1"))
        desk.post("customerPayment", payment("pay-1", 1000))
        desk.post("customerDeposit", payment("cd-1", 1000))
        for _ in range(400):
            kind = chance.choice(list(GOOD))
            names = [field.name for field in desk.emulator.app.state.types[kind.lower()].fields.values()]
            body = GOOD[kind] | {
                chance.choice(names): chance.choice(ODD) for _ in range(chance.randint(0, 2))
            }
            known = [one["id"] for one in desk.control.truth(kind)] if chance.random() < 0.3 else []
            path = MADE_BY.get(kind, kind)
            answer = desk.patch(f"{kind}/{chance.choice(known)}", body) if known else desk.post(path, body)
            assert answer.status in (204, 400), (kind, body, answer.body)
            taken[kind] += answer.status == 204
        for kind in GOOD:
            for one in desk.control.truth(kind):
                assert desk.get(f"{kind}/{one['id']}?expandSubResources=true").status == 200
        for table in TABLES:
            assert desk.query(f"SELECT * FROM {table}").status == 200
    assert min(taken.values()) > 0, taken
