"""A remittance advice that comes without its money: it waits in sight, and is read with the payment it speaks of."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
from tests.journeys import test_bank_folder
from tests.journeys.test_bank_folder import ACCOUNT, COMPANY, arrives, owed, payments, pays
from tests.support.desk import Desk

treasury = test_bank_folder.treasury  # the fixture

TRACE = "820-20261102-VM"


def advises(
    desk: Desk, amount: str, *invoices: str, name: str = "advice.x12", more: str = "", when: str = "20261102"
):
    """The customer's 820 for an amount (its own, not the invoices')."""
    rows = "".join(f"RMR*IV*{one}**{part}~" for one, part in (each.split("=") for each in invoices))
    file = desk.folder.parent / "bank" / name
    file.write_text(
        f"ST*820*0001~BPR*I*{amount}*C*ACH*CTX*01*021000021*DA*1*{more or COMPANY}**01*071000013*DA*{ACCOUNT}*{when}~"
        f"TRN*1*{TRACE}*{more or COMPANY}~N1*PR*ACME INC*91*VM~ENT*1~{rows}SE*7*0001~"
    )
    os.utime(file, (0, 0))


def teach(desk: Desk, customer: str) -> None:
    payers = desk.folder / "payers.csv"
    payers.write_text(f"scheme,value,customer,evidence\nach_company,{COMPANY},{customer},mail\n")
    assert desk.run("payments", "teach", str(payers)).exit_code == 0


def reasons(desk: Desk) -> list[str]:
    rows = desk.json("payments", "list")["payments"]
    return [one["reason"] for one in rows if one["id"].startswith("820/")]


@pytest.mark.parametrize("first", ["advice", "money"])
def test_what_an_advice_names_is_applied_with_its_payment_in_either_order(treasury: Desk, first: str):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    if first == "advice":
        teach(desk, known["customer"])
        advises(desk, "250.00", "INV10530=250.00")
        desk.sync()
        assert reasons(desk) == ["advice_awaits_money"]
        assert len(desk.json("payments", "list", "--open")["payments"]) == 1
        arrives(desk, "monday.bai", pays("US1", "250.00", "hello"))
    else:
        arrives(desk, "monday.bai", pays("US1", "250.00", "hello"))
        desk.sync(code=1)
        assert desk.case("payer_unknown")
        teach(desk, known["customer"])
        advises(desk, "250.00", "INV10530=250.00")
    desk.sync()
    assert payments(desk) == [("US1", 250, 0)]
    assert reasons(desk) == ["advice_joined"]
    (row,) = [one for one in desk.json("payments", "list")["payments"] if not one["id"].startswith("820/")]
    assert desk.json("payments", "show", str(row["id"]))["advice"] == ["INV10530"]


def test_an_advice_of_another_amount_or_payer_is_not_read_with_the_payment(treasury: Desk):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    teach(desk, known["customer"])
    advises(desk, "250.01", "INV10530=250.01", name="a.x12")
    advises(desk, "250.00", "INV10530=250.00", name="b.x12", more="9999999999")
    arrives(desk, "monday.bai", pays("US1", "250.00", "hello"))
    desk.sync(code=1)
    assert reasons(desk) == ["advice_awaits_money"] * 2
    assert [one[1:] for one in payments(desk)] == [(Decimal(0), Decimal(250))]


def test_one_advice_and_two_equal_payments_of_its_payer_are_not_joined_on_a_guess(treasury: Desk):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    teach(desk, known["customer"])
    advises(desk, "250.00", "INV10530=250.00")
    arrives(desk, "monday.bai", pays("US1", "250.00", "hello"), pays("US2", "250.00", "hello"))
    desk.sync(code=1)
    assert all(one[1] == 0 for one in payments(desk))
    assert reasons(desk) == ["advice_awaits_money"]


def test_an_advice_without_a_day_waits_like_any_other(treasury: Desk):
    advises(treasury, "250.00", "INV10530=250.00", when="")
    treasury.sync()
    assert reasons(treasury) == ["advice_awaits_money"]
