"""NACHA: direction, returns, notices, remittance in addenda, totals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.connectors.bank import Perspective
from tieout.domain.cash.movements import MovementKind, Rail
from tieout.domain.cash.payments import references_of
from tieout.domain.money import Money


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


def sample(name: str) -> str:
    return content_of(f"nacha/{name}").decode("latin-1")


def test_a_returned_debit_takes_money_back_and_a_returned_credit_brings_it_back_whoever_reads():
    for perspective in Perspective:
        first, second, third = read("nacha/syn-returns-r01-r29-r03.ach", perspective=perspective).movements
        assert (first.kind, first.credit, first.amount) == (
            MovementKind.RETURN_OF_DEBIT,
            False,
            usd("1250.00"),
        )
        assert (second.kind, second.returned and second.returned.code) == (
            MovementKind.RETURN_OF_DEBIT,
            "R29",
        )
        assert (third.kind, third.credit, third.amount) == (MovementKind.RETURN_OF_CREDIT, True, usd("45.00"))
        assert first.returned
        assert first.returned.original == "ach/9071000013/071000010000011"
        assert first.customer_reference == "INV-10601"


def test_a_return_is_known_by_its_addenda_whatever_the_transaction_code_says():
    text = sample("return-no-file-header-control.ach").replace("626091400606", "627091400606")
    (one,) = read_text(text).movements
    assert (one.kind, one.returned and one.returned.code) == (MovementKind.RETURN_OF_DEBIT, "R01")


def test_an_unknown_return_code_is_a_return_all_the_same():
    read_file = read_text(sample("return-no-file-header-control.ach").replace("799R01", "799R97"))
    assert figures(read_file)["return_codes"] == ["R97"]
    assert "nacha_return_unknown" in codes(read_file)


def test_dishonored_and_contested_returns_dispute_and_move_nothing():
    (contested,) = read("nacha/contested_addenda.txt").movements
    assert contested.kind is MovementKind.DISPUTED_RETURN
    assert contested.returned
    assert contested.returned.code == "R72"
    assert "return 756392180000001 (R01), dishonored by 123456780000070 (R68)" in contested.returned.reason
    dishonored = sample("return-no-file-header-control.ach").replace("799R01", "799R68")
    assert read_text(dishonored).movements[0].kind is MovementKind.DISPUTED_RETURN


def test_a_notice_of_change_never_moves_cash_and_tells_the_corrected_data():
    for name, told in (("cor-read.ach", "account=1918171614"), ("iat-addenda98.ach", "account=89722-C3")):
        (one,) = read(f"nacha/{name}").movements
        assert (one.kind, one.amount) == (MovementKind.NOTICE_OF_CHANGE, usd("0"))
        assert one.returned
        assert (one.returned.code, one.returned.corrected) == ("C01", told)


@pytest.mark.parametrize(
    ("code", "data", "told"),
    [
        ("C02", "121042882", "routing=121042882"),
        ("C03", "121042882   1918171614", "routing=121042882 account=1918171614"),
        ("C05", "32", "transaction_code=32"),
        ("C06", "1918171614          32", "account=1918171614 transaction_code=32"),
        (
            "C07",
            "12104288219181716140000000 32",
            "routing=121042882 account=19181716140000000 transaction_code=3",
        ),
        ("C99", "anything", "anything"),
    ],
)
def test_corrected_data_is_read_by_its_code(code: str, data: str, told: str):
    text = (
        sample("cor-read.ach")
        .replace("798C01", f"798{code}")
        .replace("1918171614".ljust(29), data.ljust(29)[:29])
    )
    (one,) = read_text(text).movements
    assert one.returned
    assert one.returned.corrected.startswith(told)


def test_as_receiver_a_credit_is_money_in_and_as_originator_money_out():
    (ours,) = read("nacha/ppd-credit.ach").movements
    assert (ours.kind, ours.credit) == (MovementKind.RECEIPT, True)
    (sent,) = read("nacha/ppd-credit.ach", perspective=Perspective.ORIGINATOR).movements
    assert (sent.kind, sent.credit, sent.payer.names) == (
        MovementKind.DISBURSEMENT,
        False,
        ("Receiver Account Name",),
    )
    (pulled,) = read("nacha/ppd-debit.ach", perspective=Perspective.ORIGINATOR).movements
    assert (pulled.kind, pulled.credit) == (MovementKind.RECEIPT, True)


def test_a_whole_820_in_addenda_becomes_references_and_the_texts_stay_verbatim():
    ctx, rmr, free, bare = read("nacha/syn-received-ctx820-ccdplus.ach").movements
    items = [
        (one.qualifier, one.text, one.paid) for one in ctx.references if not one.qualifier.startswith("REF")
    ]
    assert items == [
        ("IV", "INV-10530", usd("8900.00")),
        ("IV", "INV-10531", usd("2145.50")),
        ("CM", "CM-2210", usd("-60.00")),
    ]
    second = ctx.references[2]
    assert (second.gross, second.discount, second.adjustment) == (usd("2200.00"), usd("44.00"), usd("-10.50"))
    assert second.place.where == "batch 1 entry 1 addenda 6"
    assert len(ctx.texts) == 8
    assert ctx.customer_reference == "820-20260918-VM/9876543210"
    assert ctx.payer.names == ("VERTEX MFG LLC", "VERTEX MANUFACTURING LLC")
    assert ctx.payer.identifiers[0] == ("ach_company", "9876543210")
    assert [(one.text, one.paid) for one in rmr.references] == [("INV-77", usd("500.00"))]
    assert [one.text for one in free.references] == ["10544,10545"]
    assert bare.references == ()
    assert ctx.rail is Rail.ACH
    assert references_of(ctx) == ctx.references  # dates and routing numbers of the envelope name nothing
    assert [one.text for one in references_of(free)] == ["10544,10545"] * 2


def test_an_amount_in_the_remittance_that_is_not_the_entrys_is_told():
    told = figures(read("nacha/nonascii-utf8.ach"))
    assert [one["text"] for one in told["references"]] == ["/PHON 888-888-8888 /CONT JO SM", "ANG"]
    assert "x12_sum_differs" in [one["code"] for one in told["findings"]]


def test_a_changed_amount_refuses_the_file_and_changed_counts_do_not():
    text = sample("syn-returns-r01-r29-r03.ach")
    damaged = read_text(text.replace("0000125000", "0000125001", 1))
    assert figures(damaged)["refused"] == "nacha_batch_totals"
    assert [one.code for one in damaged.findings if one.severity == "blocks"] == [
        "nacha_batch_totals",
        "nacha_file_totals",
    ]
    credited = read_text(text.replace("0000004500", "0000004501", 1))
    assert figures(credited)["refused"] == "nacha_batch_totals"
    recounted = read_text(text.replace("9000002000002", "9000007000002").replace("8200000004", "8200000009"))
    assert (figures(recounted)["refused"], set(codes(recounted))) == (None, {"nacha_counts"})


def test_a_garbled_entry_rejects_itself_and_the_others_go_on():
    text = sample("web-credit.ach").replace("0000000799", "00000O0799")
    read_file = read_text(text)
    assert [str(one.amount) for one in read_file.movements] == ["100.00 USD"]
    assert "amount_unreadable" in codes(read_file)
    assert figures(read_file)["entries"] == 2


def test_the_same_entries_in_another_download_have_the_same_identity():
    text = sample("syn-received-ctx820-ccdplus.ach")
    other = text.replace("2609180830A", "2609191200B")
    assert [one.identity for one in read_text(other).movements] == [
        one.identity for one in read_text(text).movements
    ]


def test_several_files_sent_as_one_are_read_with_all_their_totals():
    both = read_text(sample("ppd-credit.ach") + sample("ppd-debit.ach"))
    assert codes(both) == []
    told = figures(both)
    assert (told["entries"], told["credits"], told["debits"]) == (
        2,
        {"USD": "1000000.00"},
        {"USD": "1000000.00"},
    )


def test_the_offset_of_a_balanced_batch_is_nobodys_payment():
    kinds = [one.kind for one in read("nacha/ppd-mixedDebitCredit.ach").movements]
    assert kinds == [MovementKind.INFORMATION, MovementKind.RECEIPT, MovementKind.RECEIPT]


def test_a_reversal_takes_a_receipt_back():
    (one,) = read_text(sample("ppd-debit.ach").replace("REG.SALARY", "REVERSAL  ")).movements
    assert (one.kind, one.credit) == (MovementKind.RETURNED_RECEIPT, False)


def test_job_control_before_the_file_header_is_passed_over_and_told():
    read_file = read_text("$$ADD ID=USER1 BATCHID='ACH'\n" + sample("ppd-credit.ach"))
    assert (read_file.format, codes(read_file), len(read_file.movements)) == (
        "nacha",
        ["nacha_record_unknown"],
        1,
    )


def test_an_international_return_has_its_own_columns_and_names_both_sides():
    back = (
        "799R16"
        "091000017611242" + " " * 6 + "12104288" + "0000100000" + "SANCTIONED".ljust(34) + "231380100000007"
    )
    text = sample("iat-debit.ach").replace("718Bank of France", f"{back}\n718Bank of France")
    (one,) = read_text(text).movements
    assert (one.kind, one.credit, one.amount) == (MovementKind.RETURN_OF_DEBIT, False, usd("1000.00"))
    assert one.returned
    assert (one.returned.code, one.returned.original) == ("R16", "ach/123456789/091000017611242")
    assert one.returned.reason == "account frozen; SANCTIONED"
    assert one.payer.names == ("BEK Solutions", "BEK Enterprises")
