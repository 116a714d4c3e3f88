"""CSV exports: headers in many languages, styles of amounts and dates, signs, balance rows, bad rows."""

from __future__ import annotations

from datetime import date

import pytest
from tests.connectors.bank.samples import codes, figures, read, read_text

from tieout.connectors.bank import parse_bank_file
from tieout.domain.cash.movements import MovementKind

HEADERS = [
    "Date,Description,Amount,Currency",
    "Posting Date,Description,Amount,Currency",
    "Buchungstag,Verwendungszweck,Betrag,Währung",
    "Date de comptabilisation,Libellé,Montant,Devise",
    "Fecha de operación,Concepto,Importe,Divisa",
    "Data operazione,Causale,Importo,Valuta",
    "Boekdatum,Omschrijving,Bedrag,Munt",
    "Data do movimento,Descrição,Valor,Moeda",
    "Bokföringsdag,Meddelande,Belopp,Valutakod",
    "Data operacji,Opis operacji,Kwota,Waluta",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_headers_are_known_in_many_languages_and_with_any_delimiter(header: str, delimiter: str):
    text = f'{header}\n2026-09-18,INV 10533,"-12.50",EUR\n'.replace(",", delimiter)
    (one,) = read_text(text).movements
    assert (str(one.amount), one.credit, one.texts, one.booked) == (
        "12.50 EUR",
        False,
        ("INV 10533",),
        date(2026, 9, 18),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-16-le"])
def test_encodings_are_found(encoding: str):
    text = "Buchungstag;Verwendungszweck;Betrag;Währung\n18.09.2026;Überweisung für Müller;1.234,56;EUR\n"
    (one,) = parse_bank_file(text.encode(encoding), "x").movements
    assert (one.texts, str(one.amount)) == (("Überweisung für Müller",), "1234.56 EUR")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("$1,250.00", "+1250.00"),
        ("(1,250.00)", "-1250.00"),
        ("-1,250.00", "-1250.00"),
        ("1,250.00-", "-1250.00"),
        ("1,250.00 CR", "+1250.00"),
        ("1,250.00 DR", "-1250.00"),
        ("\u22121,250.00", "-1250.00"),
        ("1'250.00", "+1250.00"),
        ("1 250.00", "+1250.00"),
        ("USD 1,250.00", "+1250.00"),
        ("1250", "+1250.00"),
        ("-$1,250.00", "-1250.00"),
        ("$-1,250.00", "-1250.00"),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, told: str):
    text = f'Date,Description,Amount\n2026-09-18,X,"{written}"\n2026-09-18,Y,0.10\n'
    (one, _) = read_text(text).movements
    assert f"{'+' if one.credit else '-'}{one.amount.amount}" == told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("1.234,56", "4,50"), ["1234.56", "4.50"]),
        (("1,234.56", "4.50"), ["1234.56", "4.50"]),
        (("1.234", "4,50"), ["1234.00", "4.50"]),
        (("1,234", "4.50"), ["1234.00", "4.50"]),
        (("29.000", "111.550"), ["29.00", "111.55"]),
    ],
)
def test_the_decimal_sign_is_decided_over_the_whole_column(rows: tuple[str, str], told: list[str]):
    text = "Date\tDescription\tAmount\tCurrency\n" + "".join(f"2026-09-18\tX\t{row}\tEUR\n" for row in rows)
    assert [str(one.amount.amount) for one in read_text(text).movements] == told


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (("09/18/2026", "09/05/2026"), [date(2026, 9, 18), date(2026, 9, 5)]),
        (("18/09/2026", "05/09/2026"), [date(2026, 9, 18), date(2026, 9, 5)]),
        (("18.09.26", "05.09.26"), [date(2026, 9, 18), date(2026, 9, 5)]),
        (("20260918", "20260905"), [date(2026, 9, 18), date(2026, 9, 5)]),
        (("18 Sep 2026", "Sep 5, 2026"), [date(2026, 9, 18), date(2026, 9, 5)]),
        (("2026-09-18 15:12:22", "2026-09-05T00:00:00Z"), [date(2026, 9, 18), date(2026, 9, 5)]),
    ],
)
def test_dates_are_decided_over_the_whole_file(dates: tuple[str, str], told: list[date]):
    text = "Date;Description;Amount;Currency\n" + "".join(f"{one};X;1,00;EUR\n" for one in dates)
    read_file = read_text(text)
    assert ([one.booked for one in read_file.movements], codes(read_file)) == (told, [])


def test_dates_that_can_be_read_both_ways_are_told_and_an_option_settles_them():
    text = "Date;Description;Amount;Currency\n05/09/2026;X;1,00;EUR\n"
    read_file = read_text(text)
    assert (read_file.movements[0].booked, codes(read_file)) == (date(2026, 9, 5), ["csv_dates_ambiguous"])
    dollars = read_text(text.replace("EUR", "USD"))
    assert (dollars.movements[0].booked, codes(dollars)) == (date(2026, 5, 9), ["csv_dates_ambiguous"])
    settled = read_text(text, date_order="mdy")
    assert (settled.movements[0].booked, codes(settled)) == (date(2026, 5, 9), [])


@pytest.mark.parametrize(
    ("debits", "credits_"),
    [(("4,50", ""), ("", "9,00")), (("-4,50", ""), ("", "9,00")), (("-4,50", "0,00"), ("0,00", "9,00"))],
)
def test_debit_columns_may_be_written_with_or_without_a_minus(
    debits: tuple[str, str], credits_: tuple[str, str]
):
    rows = [f"18.09.2026;A;{';'.join(cells)};EUR" for cells in (debits, credits_)]
    text = "\n".join(["Datum;Text;Soll;Haben;Währung", *rows])
    told = figures(read_text(text))
    assert (told["credits"], told["debits"]) == ({"EUR": "9.00"}, {"EUR": "4.50"})


@pytest.mark.parametrize(
    ("out", "into"), [("D", "C"), ("DR", "CR"), ("S", "H"), ("Af", "Bij"), ("Debit", "Credit")]
)
def test_a_marker_column_says_the_side(out: str, into: str):
    text = (
        f"Date,Text,Debit/Credit,Amount,Currency\n2026-09-18,A,{out},4.50,EUR\n2026-09-18,B,{into},9.00,EUR\n"
    )
    told = figures(read_text(text))
    assert (told["credits"], told["debits"]) == ({"EUR": "9.00"}, {"EUR": "4.50"})


def test_a_garbled_row_is_reported_and_the_others_go_on():
    read_file = read("csv/csv_garbled_amount.csv")
    (finding,) = read_file.findings
    assert (finding.code, finding.place.line, finding.found) == ("csv_row_unreadable", 3, "'12..34'")
    assert len(read_file.movements) == 1
    other = read_text("Date,Text,Amount,Currency\nnot a day,A,1.00,EUR\n2026-09-18,B,2.00,EUR\n")
    assert (codes(other), len(other.entries), len(other.movements)) == (["csv_row_unreadable"], 2, 1)


def test_rows_that_state_a_balance_or_a_total_are_no_entries():
    text = (
        "Account:;DE89\n\nDatum;Text;Betrag;Saldo;Währung\n;Anfangssaldo;;100,00;\n18.09.2026;A;1,00;101,00;EUR\n"
        "18.09.2026;Endsaldo;;101,00;\nSumme;;1,00;;\n"
    )
    read_file = read_text(text)
    assert codes(read_file) == ["csv_balance_row"] * 3
    assert (len(read_file.entries), read_file.movements[0].account) == (1, "DE89")


def test_a_running_balance_that_does_not_follow_is_told():
    rows = [
        ("1,00", "101,00"),
        ("2,00", "103,00"),
        ("3,00", "106,00"),
        ("4,00", "119,00"),
        ("1,00", "120,00"),
    ]
    text = "Datum;Text;Betrag;Saldo;Währung\n" + "".join(f"18.09.2026;{a};{a};{b};EUR\n" for a, b in rows)
    assert codes(read_text(text)) == ["csv_balance_differs"]


def test_a_card_export_is_turned_round_and_an_option_settles_it():
    assert codes(read("csv/viseca.csv")) == ["csv_card_signs"]
    assert codes(read("csv/viseca.csv", card=True)) == []
    assert figures(read("csv/viseca.csv", card=False))["credits"] == {"CHF": "234.90"}


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("Date,Description,Card number,Amount,Currency,Balance", ["2026-11-02,A,1234,25.00,USD,125.00"]),
        (
            "Date,Description,Card number,Amount,Currency",
            ["2026-11-02,A,,25.00,USD", "2026-11-02,B,1234,-3.00,USD"],
        ),
        (
            "Date,Description,Card number,Amount,Currency",
            ["2026-11-02,A,1234,25.00,USD", "2026-11-02,B,1234,-3.00,USD", "2026-11-03,C,1234,-4.00,USD"],
        ),
    ],
    ids=["it keeps a balance", "few rows name a card", "spending has a minus"],
)
def test_an_accounts_export_that_names_cards_is_not_turned_round(head: str, rows: list[str]):
    file = read_text("\n".join([head, *rows]) + "\n")
    assert codes(file) == []
    assert figures(file)["credits"] == {"USD": "25.00"}


@pytest.mark.parametrize("status", ["Failed", "DECLINED", "reverted", "Cancelled", "storniert"])
def test_rows_that_came_to_nothing_are_information(status: str):
    text = f"Date,Text,Amount,Currency,State\n2026-09-18,A,1.00,EUR,{status}\n2026-09-18,B,2.00,EUR,Sent\n"
    kinds = [one.kind for one in read_text(text).movements]
    assert kinds == [MovementKind.INFORMATION, MovementKind.RECEIPT]


def test_columns_can_be_named_where_no_header_is_known():
    text = "Wann;Wofür;Wieviel\n18.09.2026;INV 1;1,00\n"
    assert figures(read_text(text))["refused"] == "format_unknown"
    (one,) = read_text(
        text, columns={"date": "Wann", "text": "Wofür", "amount": "Wieviel"}, currency="EUR"
    ).movements
    assert (one.texts, str(one.amount)) == (("INV 1",), "1.00 EUR")


def test_overlapping_exports_give_equal_rows_equal_identities():
    rows = ["18.09.2026;A;1,00;EUR\n", "18.09.2026;A;1,00;EUR\n", "19.09.2026;B;2,00;EUR\n"]
    head = "Datum;Text;Betrag;Währung\n"
    first, second = read_text(head + "".join(rows)), read_text(head + "".join(rows[1:]))
    keys = [(one.identity, one.ordinal) for one in first.movements]
    assert [(one.identity, one.ordinal) for one in second.movements] == [keys[0], keys[2]]


def test_a_quote_that_never_closes_does_not_swallow_the_rows():
    rows = "".join(f'2026-09-18,"A {number},1.00,EUR\n' for number in range(60))
    assert len(read_text("Date,Text,Amount,Currency\n" + rows).entries) == 60


def test_pending_rows_are_information():
    text = "Date,Text,Amount,Currency,Status\n2026-09-18,A,1.00,EUR,Pending\n"
    assert [one.kind for one in read_text(text).movements] == [MovementKind.INFORMATION]


def test_columns_without_a_header_are_told_by_what_every_row_holds_or_not_at_all():
    rows = ['"09/18/2026","-12.50","*","","INV 1"', '"09/19/2026","100.00","*","","ACME, INC"']
    read_file = read_text("\n".join(rows))
    assert [(str(one.amount), one.credit, one.texts) for one in read_file.movements] == [
        ("12.50 USD", False, ("INV 1",)),
        ("100.00 USD", True, ("ACME, INC",)),
    ]
    assert "csv_header_missing" in codes(read_file)
    assert (
        figures(read_text("\n".join([*rows, '"09/19/2026","many","*","","x"'])))["refused"]
        == "format_unknown"
    )


#: exports as banks and services write them: (header, rows, what the first comes to)
EXPORTS = {
    "chase": (
        "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #",
        'DEBIT,09/18/2026,"ORIG CO NAME:ACME",-12.50,ACH_DEBIT,100.00,,',
        ("12.50 USD", False, ("ORIG CO NAME:ACME",), (), ""),
    ),
    "ing": (
        '"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mededelingen"',
        '"20260918";"ACME BV";"NL01INGB0001";"NL02INGB0002";"OV";"Bij";"12,50";"Factuur 1"',
        ("12.50 EUR", True, ("ACME BV", "Factuur 1"), (), "NL01INGB0001"),
    ),
    "dkb": (
        "Buchungsdatum;Wertstellung;Status;Zahlungspflichtige*r;Verwendungszweck;Umsatztyp;IBAN;Betrag (€)",
        '"18.09.26";"18.09.26";"Gebucht";"ACME GmbH";"Rechnung 1";"Eingang";"DE89";"12,50 €"',
        ("12.50 EUR", True, ("Rechnung 1",), ("ACME GmbH",), "DE89"),
    ),
    "revolut": (
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance",
        "TRANSFER,Current,2026-09-17 10:00:00,2026-09-18 10:00:00,From ACME,12.50,0.00,GBP,COMPLETED,100.00",
        ("12.50 GBP", True, ("From ACME",), (), ""),
    ),
    "n26": (
        '"Date","Payee","Account number","Payment reference","Amount (Foreign Currency)","Amount (EUR)"',
        '"2026-09-18","ACME","DE11","INV 1","99.00","-12.50"\n"2026-09-18","GLOBEX","DE22","INV 2","","-1.00"',
        ("12.50 EUR", False, ("INV 1",), ("ACME",), ""),
    ),
}


@pytest.mark.parametrize(("header", "rows", "told"), EXPORTS.values(), ids=EXPORTS)
def test_exports_of_well_known_banks_are_read(header: str, rows: str, told: tuple):
    first = read_text(f"{header}\n{rows}\n").movements[0]
    assert (str(first.amount), first.credit, first.texts, first.payer.names, first.account) == told
    assert first.booked == date(2026, 9, 18)
