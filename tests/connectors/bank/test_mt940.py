"""MT940 and MT942: marks, dates, dialects of :86:, several statements, balances."""

from __future__ import annotations

from datetime import date

import pytest
from tests.connectors.bank.samples import codes, figures, read, read_text

from tieout.domain.cash.movements import MovementKind, Stage


def statement(*lines: str, opening: str = "C260917EUR100,00", closing: str = "") -> str:
    end = [f":62F:{closing}"] if closing else []
    return "\n".join([":20:S1", ":25:10020030/1234567", ":28C:5/1", f":60F:{opening}", *lines, *end, "-", ""])


@pytest.mark.parametrize(
    ("mark", "credit", "kind"),
    [
        ("C", True, MovementKind.RECEIPT),
        ("CR", True, MovementKind.RECEIPT),
        ("D", False, MovementKind.DISBURSEMENT),
        ("DN", False, MovementKind.DISBURSEMENT),
        ("RC", False, MovementKind.RETURNED_RECEIPT),
        ("RCR", False, MovementKind.RETURNED_RECEIPT),
        ("RD", True, MovementKind.RETURN_OF_CREDIT),
    ],
)
def test_a_mark_says_the_side_and_a_reversal_turns_it(mark: str, credit: bool, kind: MovementKind):
    (one,) = read_text(statement(f":61:2609180918{mark}12,5NTRFREF//BANK")).movements
    assert (one.credit, one.kind, str(one.amount)) == (credit, kind, "12.50 EUR")
    assert (one.customer_reference, one.bank_reference) == ("REF", "BANK")


@pytest.mark.parametrize("amount", ["12,50", "12,5", "000000012,50", "12,500"])
def test_amounts_are_read_in_every_form(amount: str):
    assert figures(read_text(statement(f":61:260918C{amount}NTRFX")))["credits"] == {"EUR": "12.50"}


def test_dates_without_an_entry_day_with_blanks_or_on_30_february():
    rows = (":61:260918C1,NTRFX", ":61:260918    C1,NTRFX", ":61:2601020105C1,NTRFX", ":61:2612311231C1,NTRFX",
            ":61:2701011231C1,NTRFX", ":61:260230C1,NTRFX")  # fmt: skip
    read_file = read_text(statement(*rows))
    assert [(one.value_date, one.booked) for one in read_file.movements] == [
        (date(2026, 9, 18), date(2026, 9, 18)),
        (date(2026, 9, 18), date(2026, 9, 18)),
        (date(2026, 1, 2), date(2026, 1, 5)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2026, 12, 31)),
        (date(2026, 2, 28), date(2026, 2, 28)),
    ]
    assert codes(read_file) == ["date_impossible"]


@pytest.mark.parametrize(
    ("told", "texts", "references"),
    [
        ("?20RETURN REASON AC04?21EREF+PAY-77", ("RETURN REASON AC04",), [("EREF", "PAY-77")]),
        ("?20RETURN?21 AC04?22KREF+K1?23EREF+P?2477", ("RETURN AC04",), [("EREF", "P77"), ("KREF", "K1")]),
        ("?20RUECKGABE?21SVWZ+Rechnung 1?220533?23EREF+E1", ("Rechnung 10533",), [("EREF", "E1")]),
        ("?20INV 10533 ADAPTER BIC+PLUG?21 AND MORE", ("INV 10533 ADAPTER BIC+PLUG AND MORE",), []),
        ("?20EREF+PAY-77?21SVWZ+Thanks", ("Thanks",), [("EREF", "PAY-77")]),
    ],
)  # fmt: skip
def test_a_key_word_that_begins_a_later_subfield_ends_the_text_before_it(
    told: str, texts: tuple[str, ...], references: list[tuple[str, str]]
):
    (one,) = read_text(statement(":61:260918C1,NTRFNONREF", f":86:166?00GUTSCHRIFT{told}")).movements
    assert one.texts == texts
    assert [(r.qualifier, r.text) for r in one.references if r.qualifier in {"EREF", "KREF"}] == references
    assert [r.text for r in one.references if not r.qualifier] == list(texts)


def test_german_subfields_are_joined_as_they_were_cut():
    text = ":86:166?00GUTSCHRIFT?109?20EREF+INV-1?21SVWZ+Rechnung 10?22533 vom 1.9.?30BANKDEFF"
    text += "\n?31DE89370400440532013000?32Richter Renate Beg?33inn"
    (one,) = read_text(statement(":61:260918C1,NTRFNONREF", text)).movements
    assert one.texts == ("Rechnung 10533 vom 1.9.",)
    assert [(ref.qualifier, ref.text) for ref in one.references] == [
        ("", "Rechnung 10533 vom 1.9."),
        ("EREF", "INV-1"),
    ]
    assert one.payer.names == ("Richter Renate Beginn",)
    assert one.payer.identifiers == (("iban", "DE89370400440532013000"),)
    assert one.customer_reference == "INV-1"


def test_swift_code_words_are_read():
    text = ":86:/EREF/E2E-1/ORDP//NAME/Globex GmbH/IBAN/DE89370400440532013000"
    text += "REMI//USTD//INV 10533\n/10534/ISDT/2026-09-18"
    (one,) = read_text(statement(":61:260918C1,NTRFEREF", text)).movements
    assert one.texts == ("INV 10533/10534",)
    assert one.payer.names == ("Globex GmbH",)
    assert one.customer_reference == "E2E-1"


def test_free_text_keeps_its_lines_and_lines_that_look_like_tags():
    (one,) = read_text(
        statement(":61:260918C1,NTRFX", ":86:PAID AT T16", ":20:37 Folgenr.", ":08 Karten", "last")
    ).movements
    assert one.texts == ("PAID AT T16", ":20:37 Folgenr.", ":08 Karten", "last")


def test_a_returned_transfer_and_a_returned_debit_are_told_by_their_business_code():
    rows = (
        ":61:260918C1,NTRFX",
        ":86:159?00RETOURE?20X?34914",
        ":61:260918D1,NTRFX",
        ":86:109?00RUECKLAST?20X?34901",
    )
    kinds = [(one.kind, one.returned and one.returned.code) for one in read_text(statement(*rows)).movements]
    assert kinds == [(MovementKind.RETURN_OF_CREDIT, "914"), (MovementKind.RETURN_OF_DEBIT, "901")]


@pytest.mark.parametrize(("closing", "foots"), [("C260918EUR112,50", True), ("C260918EUR112,51", False)])
def test_each_statement_is_footed_on_its_own(closing: str, foots: bool):
    good = statement(":61:260918C5,NTRFX", closing="C260918EUR105,")
    told = figures(read_text(good + statement(":61:260918C12,50NTRFX", closing=closing)))
    assert [one["foots"] for one in told["statements"]] == [True, foots]
    assert (told["blocked"], told["refused"]) == (not foots, None)


def test_an_interim_report_is_marked_so_and_its_sums_are_checked():
    text = (
        ":20:R1\n:25:1/2\n:28C:1/1\n:34F:EUR0,\n:13D:2609181815+0100\n:61:260918C10,NTRFX\n:90C:1EUR{}\n-\n"
    )
    good, bad = read_text(text.format("10,00")), read_text(text.format("11,00"))
    assert (good.format, good.movements[0].stage, codes(good)) == ("mt942", Stage.INTERIM, [])
    assert (bad.blocked, codes(bad)) == (True, ["totals_differ"])


def test_a_garbled_entry_rejects_itself_and_the_balance_is_not_judged():
    read_file = read_text(statement(":61:2609XXC5,NTRFX", ":61:260918C7,NTRFX", closing="C260918EUR999,"))
    assert [str(one.amount) for one in read_file.movements] == ["7.00 EUR"]
    assert codes(read_file) == ["mt940_entry_unreadable"]


def test_a_currency_is_never_guessed():
    read_file = read("mt940/betterplace-empty_entry_date.sta")
    assert read_file.movements == ()
    assert "mt940_currency_missing" in codes(read_file)


def test_the_text_of_an_entry_under_another_tag_is_read_and_told():
    read_file = read("mt940/betterplace-sepa_snippet_broken.sta")
    assert "mt940_tag_misplaced" in codes(read_file)
    assert read_file.movements[0].payer.names == ("KARL        KAUFMANN",)
