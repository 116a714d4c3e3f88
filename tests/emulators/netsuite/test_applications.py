"""Whatever is applied, taken back, refused or deleted, in any order: the sums hold, and are the sums of the lines."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from tests.emulators.netsuite.support import Desk, apply, invoice, line, payment

AGAIN = {"customer": {"id": "1001"}}


def check(desk: Desk) -> int:
    """Every record's amounts against the lines of all live records; returns how many applications there are."""
    truth = desk.control.truth()
    settled: dict[str, Decimal] = {}
    count = 0
    for record in truth:
        for name in ("apply", "credit"):
            for row in record["lines"].get(name, []):
                settled[row["doc"]] = settled.get(row["doc"], Decimal(0)) + Decimal(row["amount"])
                count += 1
    for record in truth:
        fields, own = record["fields"], _sum(record, "apply")
        used = settled.get(record["id"], Decimal(0))
        if record["record"] == "invoice":
            assert Decimal(fields["amountPaid"]) == used
            assert Decimal(fields["amountRemaining"]) == Decimal(fields["total"]) - used >= 0
            assert (fields["status"] == "B") == (Decimal(fields["total"]) == used)
        elif record["record"] == "creditMemo":
            assert Decimal(fields["unapplied"]) == Decimal(fields["total"]) - own - used >= 0
        elif record["record"] == "customerPayment":
            total = Decimal(fields["payment"]) + _sum(record, "credit")
            assert (
                Decimal(fields["total"]) == total == Decimal(fields["applied"]) + Decimal(fields["unapplied"])
            )
            assert Decimal(fields["applied"]) == own <= total
    rows = desk.rows(
        "SELECT i.id, i.foreignamountpaid AS paid, SUM(l.foreignamount) AS linked FROM transaction i"
        " JOIN nexttransactionlinelink l ON l.previousdoc = i.id AND l.linktype = 'Payment'"
        " WHERE i.type = 'CustInvc' GROUP BY i.id, i.foreignamountpaid"
    )
    assert all(Decimal(row["paid"]) == Decimal(row["linked"]) for row in rows)
    return count


def _sum(record: dict[str, Any], name: str) -> Decimal:
    return sum((Decimal(row["amount"]) for row in record["lines"].get(name, [])), Decimal(0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sums_hold_after_any_sequence_of_changes(seed: int) -> None:
    chance = random.Random(seed)
    with Desk() as desk:
        documents = [
            desk.post("invoice", invoice(None, line(rate=chance.randint(1, 9) * 10))).id for _ in range(4)
        ]
        credits_ = [
            desk.post("creditMemo", invoice(None, line(rate=chance.randint(1, 4) * 10))).id for _ in range(2)
        ]
        payments: list[str] = []
        answers: dict[int, int] = {}
        most = 0
        for _ in range(60):
            rows = apply(*((one, chance.choice((0, 5, 10, 30))) for one in chance.sample(documents, 2)))
            choice = chance.random()
            if choice < 0.3 or not payments:
                credit = {"credit": apply((chance.choice(credits_), 10))} if chance.random() < 0.4 else {}
                answer = desk.post(
                    "customerPayment", payment(None, chance.randint(0, 6) * 10, apply=rows, **credit)
                )
                payments += [answer.id] if answer.status == 204 else []
            elif choice < 0.75:
                answer = desk.patch(f"customerPayment/{chance.choice(payments)}", AGAIN | {"apply": rows})
            elif choice < 0.9:
                answer = desk.patch(f"creditMemo/{chance.choice(credits_)}", {"apply": rows})
            else:
                gone = payments.pop(chance.randrange(len(payments)))
                answer = desk.delete(f"customerPayment/{gone}")
            answers[answer.status] = answers.get(answer.status, 0) + 1
            most = max(most, check(desk))
    assert most >= 4, "applications were made"
    assert min(answers.get(204, 0), answers.get(400, 0)) >= 5, f"both kinds of answers: {answers}"
