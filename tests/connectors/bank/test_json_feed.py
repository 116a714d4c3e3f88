"""JSON feeds: Plaid's signs and pending entries, the shape of our own, bad entries."""

from __future__ import annotations

import json

import pytest
from tests.connectors.bank.samples import codes, figures, read, read_text

from tieout.domain.cash.movements import MovementKind


def test_a_positive_amount_of_plaid_is_money_out_and_pending_is_information():
    posted, pending = read("json/syn-plaid-style-sync.json").movements
    assert (posted.kind, posted.credit, str(posted.amount)) == (MovementKind.RECEIPT, True, "1250.00 USD")
    assert posted.identity == "json/acc1/t_01"
    assert posted.payer.identifiers == (("ach_company", "1234567890"),)
    assert pending.kind is MovementKind.INFORMATION
    assert codes(read("json/syn-plaid-style-sync.json")) == ["json_removed"]


def test_our_own_shape_is_signed_as_people_expect():
    feed = {
        "account": "001",
        "currency": "EUR",
        "entries": [
            {
                "id": "1",
                "date": "2026-09-18",
                "amount": "1250.00",
                "text": "INV 1",
                "name": "ACME",
                "reference": "R",
            },
            {"id": "2", "date": "2026-09-18", "amount": -0.1, "text": "fee"},
        ],
    }
    read_file = read_text(json.dumps(feed))
    assert figures(read_file)["credits"] == {"EUR": "1250.00"}
    assert figures(read_file)["debits"] == {"EUR": "0.10"}
    assert read_file.movements[0].payer.names == ("ACME",)


@pytest.mark.parametrize("amount", [None, "x", {}, "1e5", True, "NaN"])
def test_an_entry_without_a_usable_amount_rejects_itself(amount: object):
    rows = [{"date": "2026-09-18", "amount": amount}, {"date": "2026-09-18", "amount": "1"}]
    read_file = read_text(json.dumps({"entries": rows}))
    assert (len(read_file.entries), len(read_file.movements), codes(read_file)) == (
        2,
        1,
        ["json_row_unreadable"],
    )


def test_numbers_are_exact_however_many_digits_they_have():
    text = '{"entries": [{"date": "2026-09-18", "amount": 12345678901234.10}]}'
    assert figures(read_text(text))["credits"] == {"USD": "12345678901234.10"}


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"a": 1}', "[" * 100_000, '{"entries": [], "x": 1e999999999}', "null"]
)
def test_what_is_no_feed_is_refused_and_does_not_crash(text: str):
    assert figures(read_text(text))["refused"] in {"format_unknown", None}


def test_a_failed_transfer_is_a_return_with_its_code():
    row = {"transaction_id": "t", "date": "2026-09-18", "amount": 5, "failure": {"ach_return_code": "R01"}}
    (one,) = read_text(json.dumps({"added": [row]})).movements
    assert (one.kind, one.returned and one.returned.code) == (MovementKind.RETURN_OF_DEBIT, "R01")


@pytest.mark.parametrize("depth", [100, 900, 960, 985, 5000])
def test_nesting_inside_an_entry_never_crashes(depth: int):
    nested = "[" * depth + "]" * depth
    read_file = read_text(f'{{"entries": [{{"date": "2026-09-18", "amount": "1", "x": {nested}}}]}}')
    assert "file_unreadable" not in codes(read_file)
