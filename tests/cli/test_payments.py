"""An analyst's morning: yesterday's bank file, what applied itself, and the rest with the answer beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.cash_desk import bai2, cash_desk
from tests.support.desk import Desk
from tests.support.treasury import ACME, invoice

PAYER = "9876543210"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with cash_desk(tmp_path / "desk") as made:
        yield made


def drop(desk: Desk, name: str, text: str) -> Path:
    """A file in the watched folder, written a while ago."""
    file = desk.folder / "inbox" / name
    file.write_text(text)
    past = time.time() - 60
    os.utime(file, (past, past))
    return file


def payments(desk: Desk, *words: str) -> dict[str, dict]:
    found = desk.json("payments", "list", *words)["payments"]
    return {one["amount"]: one for one in found}


def books(desk: Desk) -> dict[str, Decimal]:
    return {
        one["fields"]["tranId"]: Decimal(one["fields"]["amountRemaining"])
        for one in desk.control.truth("invoice")
        if one["fields"]["tranId"].startswith(("INV105", "INV200"))
    }


def test_a_credit_is_used_beside_the_money(desk: Desk):
    body = {key: value for key, value in invoice("CM77", ACME, "50.00").items() if key != "type"}
    desk.control.admin("human_create", record="creditMemo", body=body)
    drop(desk, "monday.bai", bai2(("28000", "REF1", PAYER, "INV10530 INV10531 CM77")))
    desk.sync(code=1)
    number = payments(desk)["280.00"]["id"]
    wish = ("--to", "INV10530", "--to", "INV10531", "--credit", "CM77=50.00")
    told = desk.run("payments", "apply", number, *wish, "--because", "as listed")
    assert told.exit_code == 0, told.stderr
    desk.sync()
    assert books(desk) == {"INV10530": 0, "INV10531": 0, "INV20001": 75}
    assert (payments(desk)["280.00"]["applied"], payments(desk)["280.00"]["standing"]) == (
        "280.00",
        "confirmed",
    )


@pytest.mark.requirement("R41")
def test_a_morning(desk: Desk):
    drop(desk, "monday.bai", bai2(("25000", "REF1", PAYER, "INV10530"), ("8000", "REF2", PAYER, "thanks")))
    desk.sync(code=1)
    waiting = payments(desk, "--open")
    assert {amount: one["case"]["code"] for amount, one in waiting.items()} == {
        "250.00": "payer_unknown",
        "80.00": "payer_unknown",
    }
    first = waiting["250.00"]["id"]
    shown = desk.run("payments", "show", first).stdout
    assert "proposed: INV10530 250.00 USD" in " ".join(shown.split())
    assert desk.run("payments", "payer", first, "--customer", "5001", "--by", "ann").exit_code == 0
    assert desk.run("cases", "retry", "--code", "payer_unknown").exit_code == 0
    desk.sync(code=1)
    now = payments(desk)
    assert (now["250.00"]["standing"], now["250.00"]["applied"]) == ("confirmed", "250.00")
    assert (now["80.00"]["case"]["code"], now["80.00"]["unapplied"]) == ("cash_amount_only", "80.00")
    second = now["80.00"]["number"]
    told = desk.run("payments", "apply", second, "--to", "INV10531=60.00", "--because", "by mail")
    assert told.exit_code == 0, told.stderr
    desk.sync()
    assert books(desk) == {"INV10530": 0, "INV10531": 20, "INV20001": 75}
    (row,) = desk.json("report", "cash")["rows"]
    assert (row["cash_in"], row["applied"], row["unapplied"]) == ("330.00", "310.00", "20.00")
    (line,) = [one for one in desk.json("report", "matching")["signatures"] if one["decided"]]
    assert (line["outcome"], line["decided"], line["right"]) == ("amount_only", 1, 0)
    assert "ach_company 9876543210 → customer 5001: ann" in desk.run("payments", "aliases").stdout
    assert desk.run("payments", "unapply", second, "--because", "wrong").exit_code == 0
    desk.sync()
    assert books(desk)["INV10531"] == 80
    assert desk.run("payments", "unlearn", "ach_company", PAYER, "--customer", "5001").exit_code == 0
    assert "(ended)" in desk.run("payments", "aliases").stdout


def test_a_payment_is_held_until_it_is_released(desk: Desk):
    drop(desk, "monday.bai", bai2(("25000", "REF1", PAYER, "INV10530")))
    desk.sync(code=1)
    (one,) = payments(desk).values()
    number = one["id"]
    told = desk.run("payments", "hold", number, "--because", "they ask us to wait", "--by", "ann")
    assert told.exit_code == 0, told.stderr
    assert "by ann: they ask us to wait" in told.stdout
    desk.sync(code=1)
    assert payments(desk)["250.00"]["case"]["code"] == "payment_held"
    refused = desk.run("payments", "payer", number, "--customer", "5001")
    assert refused.exit_code == 1
    assert "release it first" in " ".join(refused.stderr.split())
    assert desk.json("report", "cash")["rows"][0]["held"] == "250.00"
    assert desk.run("payments", "release", number, "--because", "agreed").exit_code == 0
    desk.sync(code=1)
    assert desk.run("payments", "payer", number, "--customer", "5001").exit_code == 0
    desk.sync()
    assert books(desk)["INV10530"] == 0
    late = desk.run("payments", "hold", number, "--because", "too late")
    assert late.exit_code == 1
    assert "has been sent" in " ".join(late.stderr.split())


def written_off(desk: Desk, number: str, *more: str, code: int = 0) -> str:
    """What `payments write-off` says."""
    told = desk.run(
        "payments", "write-off", number, *more, "--because", "their bank's charges", "--by", "ann"
    )
    assert told.exit_code == code, told.stderr
    return " ".join((told.stdout + told.stderr).split())


def test_a_small_rest_is_written_off_within_the_limit_of_a_tolerance(desk: Desk):
    drop(desk, "monday.bai", bai2(("24500", "REF1", PAYER, "thanks"), ("9000", "REF2", PAYER, "thanks")))
    desk.sync(code=1)
    number, second = (payments(desk)[one]["id"] for one in ("245.00", "90.00"))
    desk.run("payments", "apply", number, "--to", "INV10530=245.00", "--because", "by mail")
    desk.run("payments", "apply", second, "--to", "INV10531", "--because", "by mail")
    desk.sync()
    of_invoice = ("--tolerance", "cents", "--invoice", "INV10530")
    assert "expected a tolerance of `cash.tolerances` (cents), found 'none'" in written_off(
        desk, number, "--tolerance", "none", "--invoice", "INV10530", code=1
    )
    assert "allows 5.00 USD" in written_off(desk, second, "--tolerance", "cents", code=1)
    told = written_off(desk, number, *of_invoice)
    assert "INV10530 5.00 short, cents, account 611:" in told
    assert "`tieout sync` carries it out." in told
    written_off(desk, second, "--tolerance", "cents", "--amount", "4.00")
    desk.sync()
    written_off(desk, number, *of_invoice)
    desk.sync()
    assert books(desk) == {"INV10530": 0, "INV10531": 0, "INV20001": 75}
    (first,) = payments(desk)["245.00"]["write_offs"]
    assert (first["amount"], first["state"], first["kind"]) == ("5.00", "confirmed", "short")
    now = payments(desk)["90.00"]
    assert (now["applied"], now["unapplied"], now["write_offs"][0]["kind"]) == ("84.00", "6.00", "over")
    (row,) = desk.json("report", "cash")["rows"]
    assert (row["cash_in"], row["applied"], row["unapplied"]) == ("335.00", "329.00", "6.00")
    assert (row["written_off_over"], row["written_off_short"]) == ("4.00", "5.00")


def test_the_same_file_under_another_name_changes_nothing(desk: Desk):
    text = bai2(("25000", "REF1", PAYER, "INV10530"))
    drop(desk, "monday.bai", text)
    desk.sync(code=1)
    drop(desk, "monday-again.bai", text)
    assert desk.sync(code=1)["inputs"] == 1


def test_a_file_whose_totals_do_not_foot_is_a_case_and_books_nothing(desk: Desk):
    file = desk.folder / "broken.bai"
    file.write_text(bai2(("25000", "REF1", PAYER, "INV10530")).replace("16,165,25000", "16,165,26000"))
    result = desk.run("ingest", str(file), "--source", "bank")
    assert result.exit_code == 1
    desk.sync(code=1)
    assert desk.case("bank_file_blocked")["cause"] == "broken.bai"
    assert desk.json("payments", "list")["payments"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "NOBODY"), "expected the id of one payment, found none for 'NOBODY'"),
        (("apply", "NOBODY", "--to", "INV10530"), "found none"),
        (("unlearn", "iban", "X", "--customer", "1"), "iban X does not stand for customer 1"),
    ],
)
def test_what_cannot_be_done_says_why(desk: Desk, words: tuple[str, ...], message: str):
    result = desk.run("payments", *words)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("INV10530=300.00", "250.00 USD is open, 300.00 was to be applied"),
        ("INV10530=0", "expected an amount above zero, found '0'"),
        ("INV10530=12,50", "expected an amount above zero, found '12,50'"),
        ("INV99999", "expected one document 'INV99999', found none"),
        ("INV20001", "one payment is one customer's"),
    ],
)
def test_applying_what_does_not_fit_is_refused(desk: Desk, to: str, message: str):
    drop(desk, "monday.bai", bai2(("25000", "REF1", PAYER, "INV10530"), ("100", "REF2", PAYER, "hello")))
    desk.sync(code=1)
    waiting = payments(desk)
    desk.run("payments", "payer", waiting["1.00"]["id"], "--customer", "5001")
    desk.sync(code=1)
    result = desk.run("payments", "apply", payments(desk)["1.00"]["number"], "--to", to)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_a_payment_is_split_over_several_documents_and_one_is_no_split(desk: Desk):
    drop(desk, "monday.bai", bai2(("28000", "REF1", PAYER, "for both")))
    desk.sync(code=1)
    (waiting,) = payments(desk, "--open").values()
    refused = desk.run("payments", "split", waiting["id"], "--to", "INV10530=250.00")
    assert (refused.exit_code, "at least two documents" in refused.stderr) == (2, True)
    told = desk.run("payments", "split", waiting["id"], "--to", "INV10530=250.00", "--to", "INV10531=30.00")
    assert told.exit_code == 0, told.stderr
    desk.sync()
    assert payments(desk)["280.00"]["applied"] == "280.00"
