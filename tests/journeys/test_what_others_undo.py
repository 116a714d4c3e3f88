"""What people take back or delete in NetSuite is seen at the next reading, without reading everything again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_cash import applied_to, by_hand
from tests.journeys.test_credits_taken import memo
from tests.support.treasury import ACME, Treasury, invoice, treasury


def human(t: Treasury, operation: str, record: str, number: str, **more: Any) -> None:
    t.house.ns.control.admin(operation, record=record, id=number, **more)


def looks(t: Treasury) -> dict[str, int]:
    """What is open after the next reading of changes, by document number."""
    t.house.advance(timedelta(minutes=30))
    t.house.machine.ledger.refresh(timedelta(0))
    with t.house.store.read() as unit:
        items = unit.cash.items_by_id(
            t.house.machine.context.netsuite.account,
            sorted(one["id"] for one in t.house.ns.control.truth("invoice")),
        )
    return {item.number: item.open_minor for item in items if item.customer == ACME}


def days_go_by(t: Treasury) -> None:
    """Nothing of what was done is among the changes of the last days any more."""
    for _ in range(5):
        t.house.advance(timedelta(hours=20))
        t.house.machine.ledger.refresh(timedelta(0))


def paid_by_hand(t: Treasury) -> str:
    """Somebody's payment of INV10530, which our picture knows."""
    body = by_hand("250.00", apply=applied_to(t, "INV10530", "250.00"))
    made = t.house.ns.control.admin("human_create", record="customerPayment", body=body)
    assert looks(t) == {"INV10530": 0}
    days_go_by(t)
    return str(made["id"])


@pytest.mark.parametrize("stamped", ["on", "off"])
def test_an_application_taken_back_by_hand_opens_the_invoice_in_our_picture(tmp_path: Path, stamped: str):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.house.ns.control.switches({"NS-18d": stamped})
        number = paid_by_hand(t)
        nothing = {"customer": {"id": ACME}, "apply": {"items": []}}
        lines = applied_to(t, "INV10530", "0")
        human(t, "human_edit", "customerPayment", number, fields={**nothing, "apply": lines})
        assert looks(t) == {"INV10530": 250_00}


@pytest.mark.parametrize("operation", ["delete_record", "void_record"])
def test_a_payment_that_is_deleted_or_voided_opens_its_invoice(tmp_path: Path, operation: str):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        number = paid_by_hand(t)
        human(t, operation, "customerPayment", number)
        assert looks(t) == {"INV10530": 250_00}


def test_a_credit_memo_that_is_deleted_opens_its_invoice(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), memo("CM77", "50.00", id="7501")) as t:
        lines = applied_to(t, "INV10530", "50.00")
        human(t, "human_edit", "creditMemo", "7501", fields={"apply": lines})
        assert looks(t) == {"INV10530": 200_00}
        days_go_by(t)
        human(t, "delete_record", "creditMemo", "7501")
        assert looks(t) == {"INV10530": 250_00}


def test_an_invoice_that_is_deleted_leaves_the_picture(tmp_path: Path):
    with treasury(
        tmp_path, invoice("INV10530", ACME, "250.00", id="7601"), invoice("INV10531", ACME, "80.00")
    ) as t:
        assert looks(t) == {"INV10530": 250_00, "INV10531": 80_00}
        days_go_by(t)
        human(t, "delete_record", "invoice", "7601")
        account = t.house.machine.context.netsuite.account
        t.house.advance(timedelta(minutes=30))
        t.house.machine.ledger.refresh(timedelta(0))
        with t.house.store.read() as unit:
            assert unit.cash.items_by_id(account, ["7601"]) == []


def test_a_reading_without_changes_compares_no_ids(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        looks(t)
        days_go_by(t)
        before = len(t.house.ns.control.log())
        looks(t)
        asked = [one for one in t.house.ns.control.log()[before:] if one["operation"] != "token"]
        assert len(asked) <= 4
