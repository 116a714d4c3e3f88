"""BAI2: signs, decimals, funds types, continuations, group status, double counting, totals."""

from __future__ import annotations

from datetime import date

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.domain.cash.movements import MovementKind, Stage
from tieout.domain.cash.payments import references_of


def account(
    *records: str, currency: str = "USD", status: str = "1", modifier: str = "2", total: str = ""
) -> str:
    return "\n".join(
        [
            "01,BANK,US,260919,0600,1,,,2/",
            f"02,US,BANK,{status},260918,2400,{currency},{modifier}/",
            f"03,001234,{currency},,,,/",
            *records,
            f"49,{total},{2 + len(records)}/",
            f"98,{total},1,{4 + len(records)}/",
            f"99,{total},1,{6 + len(records)}/",
        ]
    )


@pytest.mark.parametrize(
    ("code", "kind", "credit"),
    [
        ("142", MovementKind.RECEIPT, True),
        ("257", MovementKind.RETURN_OF_CREDIT, True),
        ("266", MovementKind.RETURN_OF_CREDIT, True),
        ("475", MovementKind.DISBURSEMENT, False),
        ("495", MovementKind.DISBURSEMENT, False),
        ("555", MovementKind.RETURNED_RECEIPT, False),
        ("557", MovementKind.RETURN_OF_DEBIT, False),
        ("566", MovementKind.RETURNED_RECEIPT, False),
        ("698", MovementKind.FEE, False),
        ("100", MovementKind.SUMMARY, True),
        ("920", MovementKind.RECEIPT, True),
        ("960", MovementKind.DISBURSEMENT, False),
        ("890", MovementKind.INFORMATION, True),
    ],
)
def test_the_type_code_says_what_a_detail_is(code: str, kind: MovementKind, credit: bool):
    (one,) = read_text(account(f"16,{code},1000,0,,,TEXT/")).movements
    assert (one.kind, one.credit) == (kind, credit)


@pytest.mark.parametrize(("currency", "told"), [("USD", "12.34"), ("JPY", "1234"), ("BHD", "1.234")])
def test_decimals_are_those_of_the_currency(currency: str, told: str):
    assert figures(read_text(account("16,142,1234,0,,,/", currency=currency)))["credits"] == {currency: told}


@pytest.mark.parametrize(
    "funds",
    ["", "0", "Z", "S,1,2,3", "V,260920,", "V,260920,1412", "D,2,0,500,1,500", "D,0"],
)
def test_funds_types_do_not_shift_the_references(funds: str):
    (one,) = read_text(account(f"16,195,1000,{funds},BANKREF,CUSTREF,SOME, TEXT/")).movements
    assert (one.bank_reference, one.customer_reference, one.texts) == ("BANKREF", "CUSTREF", ("SOME, TEXT",))
    assert one.value_date == (date(2026, 9, 20) if funds.startswith("V") else None)


def test_continuations_go_on_where_the_record_broke_off():
    broken = account(
        "16,195,1000/", "88,V,260920,1412,BANKREF,CUST/REF", "88,/TEXT that begins with a slash", "88:EREF: X"
    )
    (one,) = read_text(broken).movements
    assert (one.bank_reference, one.customer_reference) == ("BANKREF", "CUST/REF")
    assert one.texts == ("/TEXT that begins with a slash", "EREF: X")
    assert [(ref.qualifier, ref.text) for ref in one.references] == [
        ("EREF", "X"),
        ("", "/TEXT that begins with a slash"),
    ]


def test_the_numbers_of_a_bank_s_own_form_are_no_references():
    line = "ACME INC DES:PAYMENT ID:P123 INDN:US CO ID:9123456789 CCD PMT INFO:INV10530"
    (one,) = read_text(account(f"16,142,1000,Z,R1,,{line}")).movements
    assert (one.payer.names, one.payer.identifiers) == (("ACME INC",), (("ach_company", "9123456789"),))
    assert [ref.text for ref in references_of(one)] == ["P123", "INV10530"]


def test_a_text_without_a_form_is_read_as_free_text():
    (one,) = read_text(account("16,142,1000,Z,R1,,INV10530 of 3 May")).movements
    assert [ref.text for ref in references_of(one)] == ["INV10530 of 3 May"]


def test_records_that_share_a_line_are_told_apart():
    apart = account("16,142,1000,0,R1,,TEXT/", "16,142,2000,0,R2,,TEXT/", total="3000")
    together = apart.replace("/\n16,", "/ 16,").replace("/\n02,", "/ 02,").replace("/\n49,", "/ 49,")
    assert together.count("\n") < apart.count("\n")
    assert figures(read_text(together))["credits"] == figures(read_text(apart))["credits"] == {"USD": "30.00"}


@pytest.mark.parametrize(
    ("status", "code"),
    [("2", "bai2_group_deletion"), ("3", "bai2_group_correction"), ("4", "bai2_group_test")],
)
def test_groups_that_delete_correct_or_test_are_booked_nowhere(status: str, code: str):
    read_file = read_text(account("16,142,1000,0,R1,,/", status=status))
    assert [one.kind for one in read_file.movements] == [MovementKind.INFORMATION]
    assert code in codes(read_file)


def test_an_interim_entry_has_the_identity_it_will_have_on_the_final_report():
    (interim,) = read_text(account("16,142,1000,0,R1,,ONE TEXT/", modifier="3")).movements
    (final,) = read_text(account("16,142,1000,0,R1,,ANOTHER TEXT/", modifier="2")).movements
    assert (interim.stage, final.stage) == (Stage.INTERIM, Stage.BOOKED)
    assert interim.identity == final.identity


def test_a_deposit_and_its_items_are_one_money():
    kinds = [
        one.kind
        for one in read_text(account("16,115,300,,,,/", "16,116,100,,,,/", "16,116,200,,,,/")).movements
    ]
    assert kinds == [MovementKind.SUMMARY, MovementKind.RECEIPT, MovementKind.RECEIPT]
    differing = read_text(account("16,115,300,,,,/", "16,116,100,,,,/"))
    assert [one.kind for one in differing.movements] == [MovementKind.RECEIPT, MovementKind.INFORMATION]
    assert "bai2_items_differ" in codes(differing)


def test_a_changed_amount_refuses_the_file_when_its_trailers_agree_with_each_other():
    text = content_of("bai2/syn-receipts-and-returns.bai2").decode()
    assert figures(read_text(text.replace("1098550", "1098551")))["refused"] == "bai2_control_damaged"


def test_trailers_that_do_not_even_agree_with_each_other_block_and_refuse_nothing():
    text = content_of("bai2/syn-receipts-and-returns.bai2").decode()
    read_file = read_text(text.replace("98,19842350", "98,19842351"))
    assert (read_file.blocked, figures(read_file)["refused"]) == (True, None)
    assert "bai2_control_total" in codes(read_file)


def test_wrong_counts_warn():
    text = content_of("bai2/syn-receipts-and-returns.bai2").decode()
    read_file = read_text(text.replace("49,19842350,13", "49,19842350,99"))
    assert (read_file.blocked, codes(read_file)) == (False, ["bai2_counts"])


def test_balances_that_do_not_follow_from_the_totals_block():
    text = content_of("bai2/syn-receipts-and-returns.bai2").decode()
    changed = text.replace("015,7547450", "015,7547460").replace("19842350", "19842360")
    read_file = read_text(changed)
    assert (read_file.blocked, codes(read_file)) == (True, ["balance_differs"])


def test_a_return_names_its_reason_and_what_came_back():
    back = [one for one in read("bai2/syn-receipts-and-returns.bai2").movements if one.returned]
    assert [(one.returned.code, one.returned.original) for one in back if one.returned] == [
        ("R01", "071000010000011"),
        ("", "0000882104"),
    ]


def test_a_garbled_detail_rejects_itself_and_the_others_go_on():
    read_file = read_text(account("16,142,1O00,0,,,/", "16,142,2000,0,,,/"))
    assert [str(one.amount) for one in read_file.movements] == ["20.00 USD"]
    assert "amount_unreadable" in codes(read_file)


def test_dates_of_eight_digits_times_with_colons_and_explicit_decimals_are_read():
    text = account("16,142,12.50,0,R1,,/").replace(",260918,2400,", ",20260918,14:59:35,")
    (one,) = read_text(text).movements
    assert (one.booked, str(one.amount)) == (date(2026, 9, 18), "12.50 USD")
