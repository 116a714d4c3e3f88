"""OFX: signs, amounts, missing closing tags, accounts, error answers."""

from __future__ import annotations

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.domain.cash.movements import MovementKind


def download(*entries: str, account: str = "<BANKID>1<ACCTID>2") -> str:
    rows = "".join(f"<STMTTRN>{entry}</STMTTRN>" for entry in entries)
    return (
        f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM>{account}</BANKACCTFROM>"
        f"<BANKTRANLIST>{rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


@pytest.mark.parametrize(
    ("written", "credits_", "debits"),
    [
        ("12.50", {"USD": "12.50"}, {}),
        ("+12.50", {"USD": "12.50"}, {}),
        ("-12,50", {}, {"USD": "12.50"}),
        ("-1,234.50", {}, {"USD": "1234.50"}),
        ("1.234,50", {"USD": "1234.50"}, {}),
        ("1,234,567", {"USD": "1234567.00"}, {}),
        (".50", {"USD": "0.50"}, {}),
    ],
)
def test_the_sign_decides_and_amounts_come_in_any_style(written: str, credits_: dict, debits: dict):
    told = figures(read_text(download(f"<TRNTYPE>CREDIT<DTPOSTED>20260918<TRNAMT>{written}<FITID>1")))
    assert (told["credits"], told["debits"]) == (credits_, debits)


def test_closing_tags_may_be_missing_and_elements_empty():
    entry = "<TRNTYPE>DEP\n<DTPOSTED>20260918120000[-5:EST]\n<TRNAMT>5.00\n<FITID>7\n<NAME>\n<MEMO>INV 1 &amp; 2\n"
    (one,) = read_text(download(entry).replace("</STMTTRN>", "").replace("</STMTRS>", "")).movements
    assert (one.texts, one.account, str(one.booked)) == (("INV 1 & 2",), "1/2", "2026-09-18")


def test_an_id_that_repeats_with_other_content_is_another_entry():
    rows = [f"<TRNTYPE>DEP<DTPOSTED>20260918<TRNAMT>{amount}<FITID>7" for amount in ("5.00", "6.00", "5.00")]
    kept = read_text(download(*rows)).movements
    assert [(one.identity, one.ordinal) for one in kept] == [
        ("ofx/1/2/7/2026-09-18/5.00", 1),
        ("ofx/1/2/7/2026-09-18/6.00", 1),
        ("ofx/1/2/7/2026-09-18/5.00", 2),
    ]


def test_a_file_whose_only_answer_is_an_error_is_refused_and_an_error_beside_a_statement_is_told():
    assert figures(read("ofx/error_message.ofx"))["refused"] == "ofx_status"
    error = "<STMTTRNRS><STATUS><CODE>2000<SEVERITY>ERROR</STATUS></STMTTRNRS></BANKMSGSRSV1>"
    part = read_text(download("<DTPOSTED>20260918<TRNAMT>1<FITID>1").replace("</BANKMSGSRSV1>", error))
    assert (figures(part)["refused"], codes(part), len(part.movements)) == (None, ["ofx_status_part"], 1)


def test_balances_without_entries_are_no_refusal():
    for name in ("multiple_accounts2", "account_listing_aggregation"):
        read_file = read(f"ofx/{name}.ofx")
        assert (figures(read_file)["refused"], codes(read_file)) == (None, ["ofx_no_entries"])
    assert [one.account for one in read("ofx/multiple_accounts2.ofx").statements] == ["123/9100", "123/9200"]


def test_a_garbled_amount_rejects_itself():
    read_file = read("ofx/decimal_error.ofx")
    assert (figures(read_file)["entries"], codes(read_file)) == (1, ["amount_unreadable"])


def test_fractions_of_a_cent_are_kept_in_the_figures_and_rounded_with_a_word_in_the_movement():
    read_file = read("ofx/fidelity-savings.ofx")
    assert figures(read_file)["debits"] == {"USD": "1894.2283"}
    assert [str(one.amount) for one in read_file.movements] == [
        "1500.00 USD",
        "115.83 USD",
        "197.11 USD",
        "197.12 USD",
    ]
    assert codes(read_file) == ["amount_rounded"] * 3


def test_a_return_is_told_by_its_text_and_the_charge_for_one_is_a_fee():
    rows = (
        "<DTPOSTED>20260918<TRNAMT>-9<FITID>1<MEMO>ACH RETURN R01 ACME",
        "<DTPOSTED>20260918<TRNAMT>-5<FITID>2<MEMO>RETURNED CHECK FEE",
    )
    kinds = [one.kind for one in read_text(download(*rows)).movements]
    assert kinds == [MovementKind.RETURN_OF_DEBIT, MovementKind.FEE]
    assert content_of("ofx/checking.ofx")


def test_a_correction_is_booked_nowhere():
    read_file = read_text(
        download("<DTPOSTED>20260918<TRNAMT>9<FITID>2<CORRECTFITID>1<CORRECTACTION>REPLACE")
    )
    assert ([one.kind for one in read_file.movements], codes(read_file)) == (
        [MovementKind.INFORMATION],
        ["ofx_correction"],
    )
