"""A batch that the bank books as one line and tells the details of in another message: the money is counted once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_bank_folder import BANK, CANARY, owed
from tests.journeys.test_bank_folder import payments as made
from tests.support.desk import CONFIGURATION, Desk, open_desk

ACCOUNT = "4455667788"
MESSAGES = {"camt.053": ("BkToCstmrStmt", "Stmt"), "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
PARTS = (("DE02", "INV10530", "250.00"), ("DE03", "INV10531", "40.00"))


@dataclass
class Bank:
    """A desk whose bank puts camt files into a folder."""

    desk: Desk

    def arrives(self, name: str, message: str, *entries: str) -> None:
        outer, inner = MESSAGES[message]
        file = self.desk.folder.parent / "bank" / name
        file.write_text(
            f'<?xml version="1.0"?><Document><{outer}><{inner}><Id>{name}</Id><Acct><Id><Othr><Id>{ACCOUNT}</Id>'
            f"</Othr></Id><Ccy>USD</Ccy></Acct>{''.join(entries)}</{inner}></{outer}></Document>"
        )
        os.utime(file, (0, 0))  # long enough ago that nobody writes it any more

    def line(self, *references: str, name: str = "statement.xml") -> None:
        """A statement with a line of 290.00 for two payments for each of these references."""
        self.arrives(
            name, "camt.053", *(entry(one, "<Btch><NbOfTxs>2</NbOfTxs></Btch>") for one in references)
        )

    def details(self, reference: str = "", name: str = "notification.xml", parts: Any = PARTS) -> None:
        """A notification of what is in it."""
        self.arrives(name, "camt.054", entry(reference, "".join(part(*one) for one in parts)))

    def standings(self) -> dict[str, str]:
        """Payer's text (empty for the line) and amount → how it ended."""
        rows = self.desk.json("payments", "list")["payments"]
        return {" ".join([*one["texts"], one["amount"]]): one["reason"] for one in rows}


def entry(reference: str, inner: str) -> str:
    told = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        '<Ntry><Amt Ccy="USD">290.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-02</Dt>'
        f"</BookgDt><ValDt><Dt>2026-11-02</Dt></ValDt>{told}<NtryDtls>{inner}</NtryDtls></Ntry>"
    )


def part(iban: str, text: str, amount: str) -> str:
    return (
        f'<TxDtls><Refs><EndToEndId>{text}</EndToEndId></Refs><Amt Ccy="USD">{amount}</Amt><RltdPties><Dbtr><Nm>{iban}'
        f"</Nm></Dbtr><DbtrAcct><Id><Othr><Id>{iban}</Id></Othr></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>{text}"
        "</Ustrd></RmtInf></TxDtls>"
    )


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    folder = tmp_path / "bank"
    folder.mkdir()
    text = CONFIGURATION.replace("rules:\n", BANK.replace("@folder@", str(folder)) + "rules:\n")
    text = text.replace("    invoice: {", '    customer_payment: {"1": canary-payment-1}\n    invoice: {')
    with open_desk(tmp_path / "desk", text) as desk:
        desk.control.admin("human_create", record="customerPayment", body=CANARY)
        payers = desk.folder / "payers.csv"
        known = [owed(desk, text, amount) for _, text, amount in PARTS]
        rows = [
            f"bank_account,{iban},{one['customer']},mail\n"
            for (iban, *_), one in zip(PARTS, known, strict=True)
        ]
        payers.write_text("scheme,value,customer,evidence\n" + "".join(rows))
        assert desk.run("payments", "teach", str(payers)).exit_code == 0
        yield Bank(desk)


def applied(bank: Bank) -> list[Decimal]:
    return sorted(one[1] for one in made(bank.desk))


@pytest.mark.requirement("R30")
@pytest.mark.parametrize("reference", ["", "BOOKING-1"])
@pytest.mark.parametrize("first", ["line", "details"])
def test_the_details_are_the_money_and_the_line_is_ignored_in_either_order(
    bank: Bank, first: str, reference: str
):
    tell = {"line": lambda: bank.line(reference), "details": lambda: bank.details(reference)}
    tell.pop(first)()
    bank.desk.sync(code=1 if first == "line" else 0)
    assert made(bank.desk) == []
    if first == "line":
        assert "2 payments" in bank.desk.case("batch_unsplit")["found"]
    next(iter(tell.values()))()
    bank.desk.sync()
    assert applied(bank) == [40, 250]
    assert bank.desk.json("cases", "list") == {"groups": []}
    assert bank.standings() == {"290.00": "details_told", "INV10530 250.00": "", "INV10531 40.00": ""}
    [row] = bank.desk.json("report", "cash")["rows"]
    assert (row["cash_in"], row["applied"], row["unapplied"]) == ("290.00", "290.00", "0.00")


def test_what_was_tied_stays_tied_however_often_it_is_told_again(bank: Bank):
    bank.details()
    bank.line("")
    bank.desk.sync()
    bank.details(name="again.xml")
    bank.line("", name="statement again.xml")
    bank.desk.sync()
    assert applied(bank) == [40, 250]
    assert bank.desk.json("cases", "list") == {"groups": []}


def test_a_batch_a_person_has_booked_is_not_doubled_by_its_details(bank: Bank):
    bank.line("BOOKING-1")
    bank.desk.sync(code=1)
    (line,) = bank.desk.json("payments", "list")["payments"]
    booked = bank.desk.run(
        "payments", "apply", str(line["id"]), "--to", "INV10530", "--because", "they wrote"
    )
    assert booked.exit_code == 0, booked.output
    bank.desk.sync()
    bank.details("BOOKING-1")
    bank.desk.sync()
    assert [(one[1], one[2]) for one in made(bank.desk)] == [(250, 40)]
    assert bank.standings() == {
        "290.00": "",
        "INV10530 250.00": "booked_as_one",
        "INV10531 40.00": "booked_as_one",
    }


def test_two_equal_batches_of_a_day_without_references_are_a_persons(bank: Bank):
    bank.line("", "")
    bank.details()
    bank.desk.sync(code=1)
    assert made(bank.desk) == []
    found = bank.desk.json("cases", "list", "--code", "batch_ambiguous")["cases"]
    assert len(found) == 2
    assert "2 lines and 1 sets of details" in found[0]["found"]


def test_two_equal_batches_with_references_go_to_their_own_lines(bank: Bank):
    bank.line("B-1", "B-2")
    bank.details("B-2")
    bank.desk.sync(code=1)
    assert applied(bank) == [40, 250]
    assert "B-1" in json.dumps(bank.desk.case("batch_unsplit"))


def test_a_single_payment_keeps_what_its_notification_said_when_the_statement_says_nothing(bank: Bank):
    bank.arrives("notification.xml", "camt.054", entry("B-1", part("DE02", "INV10530", "290.00")))
    bank.desk.sync()
    bank.arrives("statement.xml", "camt.053", entry("B-1", ""))
    bank.desk.sync(code=1)
    (row,) = bank.desk.json("payments", "list")["payments"]
    assert (row["standing"], row["outcome"]) == ("case", "over")
    assert "INV10530" in row["case"]["found"]


def test_details_of_another_sum_wait_and_the_line_stays_with_a_person(bank: Bank):
    bank.line("")
    bank.details(parts=PARTS[:1])
    bank.desk.sync(code=1)
    assert made(bank.desk) == []
    assert bank.desk.case("batch_unsplit")


def test_a_person_who_says_that_details_are_money_has_them_booked(bank: Bank):
    bank.line("", "")
    bank.details()
    bank.desk.sync(code=1)
    details = [one for one in bank.desk.json("payments", "list")["payments"] if one["texts"]]
    for one in details:
        said = bank.desk.run("payments", "distinct", str(one["id"]), "--because", "the bank confirmed it")
        assert said.exit_code == 0, said.output
    bank.desk.sync(code=1)
    assert applied(bank) == [40, 250]
