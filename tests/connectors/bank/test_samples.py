"""Every sample file comes to what an independent reading says, to the cent and word for word."""

from __future__ import annotations

import pytest
from tests.connectors.bank.samples import EXPECTED, FOLDER, SAMPLES, content_of, figures, read

from tieout.connectors.bank import parse_bank_file
from tieout.domain.cash.movements import CASH, MovementKind


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_to_its_figures(name: str):
    told = figures(read(name))
    assert {key: told[key] for key in EXPECTED[name]} == EXPECTED[name]


def test_every_sample_has_figures():
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*") if path.parent.name != "LICENSES"}
    assert files == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_format_is_found_by_content_whatever_the_file_is_called(name: str):
    told = figures(parse_bank_file(content_of(name), "statement.pdf"))
    wanted = "unknown" if name.endswith("sample-parseError.txt") else name.partition("/")[0]
    assert told["format"].partition(".")[0].replace("mt942", "mt940") == wanted


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_file_twice_has_the_same_identities_and_no_two_movements_share_one(name: str):
    first, second = read(name), parse_bank_file(content_of(name), "another name")
    keys = [(one.identity, one.ordinal) for one in first.movements]
    assert keys == [(one.identity, one.ordinal) for one in second.movements]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", SAMPLES)
def test_line_ends_and_a_byte_order_mark_change_nothing(name: str):
    plain = content_of(name).replace(b"\r\n", b"\n")
    windows = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n") if b"encoding" not in plain[:99] else plain
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        windows = plain.replace(b"\n", b"\r\n")
    one, two = figures(parse_bank_file(plain, name)), figures(parse_bank_file(windows, name))
    for key in ("format", "entries", "credits", "debits", "returns", "nocs", "remittance_texts", "refused"):
        assert two[key] == one[key]


#: what the samples' README says of them, beyond the figures
BLOCKED = {
    "bai2/sample5-issue113.txt": "bai2_control_total",
    "camt/camt053.v2.all-balance-types.xml": "balance_differs",
    "camt/camt053.v2.five.decimals.xml": "balance_differs",
    "camt/viafintech-053-valid_example_with_batch.xml": "totals_differ",
    "mt940/jejik-abnamro.sta": "balance_differs",
    "mt940/betterplace-sepa_snippet_broken.sta": "balance_differs",
}


@pytest.mark.parametrize(("name", "code"), BLOCKED.items())
def test_amounts_that_do_not_foot_block_and_are_not_a_refusal(name: str, code: str):
    told = figures(read(name))
    assert (told["blocked"], told["refused"]) == (True, None)
    assert code in [one["code"] for one in told["findings"] if one["severity"] == "blocks"]


@pytest.mark.parametrize(
    "name",
    [
        "bai2/syn-receipts-and-returns.bai2",
        "bai2/svb_us_example.bai2",
        "camt/viafintech-053-valid_example_v4.xml",
        "camt/camt053.v2.multi.statement.xml",
        "camt/FI_camt_053_sample.xml",
        "mt940/betterplace-sepa_mt9401.sta",
        "mt940/cmxl-mt940.sta",
        "lockbox/syn-lockbox-overflow.txt",
        "nacha/syn-returns-r01-r29-r03.ach",
    ],
)
def test_statements_that_foot_say_so(name: str):
    assert {one["foots"] for one in figures(read(name))["statements"]} == {True}


def test_what_is_no_payment_is_no_cash():
    prenotes = [one for one in read("nacha/no_control.txt").movements if one.amount.amount == 0]
    assert len(prenotes) == 3
    micro = read("nacha/two-micro-deposits.ach").movements
    pending = read("camt/camt052.v6.Amt-zero.xml").movements
    assert {one.kind for one in (*prenotes, *micro, *pending)} == {MovementKind.INFORMATION}
    advices = read("nacha/adv-read.ach").movements
    assert {one.kind for one in advices} == {MovementKind.SUMMARY}
    assert not {MovementKind.INFORMATION, MovementKind.SUMMARY, MovementKind.NOTICE_OF_CHANGE} & CASH


def test_two_genuine_equal_payments_of_a_day_are_two():
    for name in ("camt/camt053_duplicate_same_day.xml", "csv/syn-us-bank-export.csv"):
        equal = [one for one in read(name).movements if one.kind is not MovementKind.RETURN_OF_DEBIT]
        assert [one.ordinal for one in equal] == [1, 2]
        assert len({one.identity for one in equal}) == 1
