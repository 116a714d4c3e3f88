"""X12 820: separators, envelopes, sums, what moves money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.domain.cash.movements import MovementKind, Stage
from tieout.domain.money import Money

WHOLE = content_of("x12-820/syn-820-discount-creditmemo.x12").decode()


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


@pytest.mark.parametrize("separator", ["*", "|", "\u00a6", "\x1d", "^"])
@pytest.mark.parametrize("terminator", ["~", "\\", "\x1c", "\n", "'"])
@pytest.mark.parametrize("envelope", [True, False])
def test_any_separators_are_read_from_the_interchange_or_found(
    separator: str, terminator: str, envelope: bool
):
    text = WHOLE if envelope else "ST" + WHOLE.split("ST", 1)[1].split("GE*")[0]
    text = text.replace("\n", "").replace("*", separator).replace("~", terminator)
    told = figures(read_text(text))
    assert (told["format"], told["credits"], told["remittance_texts"], told["findings"]) == (
        "x12-820",
        {"USD": "10985.50"},
        ["INV-10530", "INV-10531", "CM-2210"],
        [],
    )


def test_items_keep_paid_gross_discount_and_adjustment_and_a_credit_memo_is_negative():
    (one,) = read("x12-820/syn-820-discount-creditmemo.x12").movements
    items = [
        (ref.text, ref.paid, ref.gross, ref.discount, ref.adjustment, ref.adjustment_reason)
        for ref in one.references
        if not ref.qualifier.startswith("REF")
    ]
    assert items == [
        ("INV-10530", usd("8900.00"), usd("8900.00"), None, None, ""),
        ("INV-10531", usd("2145.50"), usd("2200.00"), usd("44.00"), usd("-10.50"), "01"),
        ("CM-2210", usd("-60.00"), usd("-60.00"), None, None, ""),
    ]
    assert (one.identity, one.stage) == ("820/820-20260918-VM/9876543210/10985.50", Stage.NOTIFIED)


@pytest.mark.parametrize(
    ("handling", "kind"),
    [
        ("C", MovementKind.RECEIPT),
        ("D", MovementKind.RECEIPT),
        ("U", MovementKind.RECEIPT),
        ("I", MovementKind.INFORMATION),
        ("P", MovementKind.INFORMATION),
        ("H", MovementKind.INFORMATION),
    ],
)
def test_the_handling_code_says_whether_money_moves(handling: str, kind: MovementKind):
    assert [one.kind for one in read_text(WHOLE.replace("BPR*C*", f"BPR*{handling}*")).movements] == [kind]


def test_items_that_do_not_make_the_payment_go_to_review_and_refuse_nothing():
    read_file = read("x12-820/syn-820-bpr-mismatch.x12")
    assert (figures(read_file)["refused"], codes(read_file)) == (None, ["x12_sum_differs"])
    assert codes(read_text(WHOLE.replace("*44.00*", "*45.00*"))) == ["x12_item_differs"]


def test_a_header_adjustment_belongs_to_the_sum():
    text = (
        WHOLE.replace("10985.50", "10975.50", 1)
        .replace("ENT*1~", "ADX*-10.00*01~ENT*1~")
        .replace("SE*14", "SE*15")
    )
    assert codes(read_text(text)) == []


def test_each_transaction_set_is_a_payment_and_other_sets_are_passed_over():
    sets = WHOLE.split("ST*820", 1)[1].split("GE*1")[0]
    text = WHOLE.replace("GE*1*", f"ST*820{sets}ST*997*3~AK1*RA~SE*3*3~GE*3*")
    read_file = read_text(text)
    assert (figures(read_file)["entries"], codes(read_file)) == (2, ["x12_other_set"])


def test_wrong_counts_and_a_missing_end_are_told():
    assert codes(read_text(WHOLE.replace("SE*14", "SE*99").replace("GE*1", "GE*7"))) == [
        "x12_counts",
        "x12_counts",
    ]
    assert codes(read_text(WHOLE.split("SE*")[0])) == ["x12_incomplete", "x12_incomplete"]


def test_the_currency_is_the_segments():
    text = WHOLE.replace("N1*PR", "CUR*PR*CAD~N1*PR").replace("SE*14", "SE*15")
    assert figures(read_text(text))["credits"] == {"CAD": "10985.50"}
