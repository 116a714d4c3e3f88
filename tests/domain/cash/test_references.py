"""Numbers as people write them are found; what merely resembles one is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.cash.builders import AS_OF, PLACE, invoice, ledger, text

from tieout.domain.cash.ledger import OpenLedger, digits_of, plain
from tieout.domain.cash.movements import RemittanceReference
from tieout.domain.cash.policy import SubsetSearch
from tieout.domain.cash.references import keys_of, look_up
from tieout.domain.cash.subsets import Proof, find_subset

BOOKS = (
    invoice("INV10530"),
    invoice("INV10531"),
    invoice("INV10532"),
    invoice("INV-2026-00123"),
    invoice("R/2026/77"),
    invoice("INV20000", po_number="4500123"),
)


def named(*lines: str) -> set[str]:
    return {hit.item.number for hit in look_up(text(*lines), ledger(*BOOKS)).hits}


def dangling(*lines: str) -> tuple[str, ...]:
    return look_up(text(*lines), ledger(*BOOKS)).dangling


def test_the_figures_inside_an_external_id_name_nothing_else():
    books = ledger(invoice("INV10530", external_id="inv-0065g00000003AcAAI"))
    found = look_up(text("payment of inv-0065g00000003AcAAI"), books)
    assert ([hit.item.number for hit in found.hits], found.dangling) == (["INV10530"], ())
    absent = look_up(text("payment of inv-0065g00000003ZzAAI"), books)
    assert (absent.hits, absent.dangling) == ((), ("INV0065",))


@pytest.mark.parametrize("qualifier", ["EndToEndId", "ID", "MndtId", "REF:CR"])
def test_the_payer_s_own_numbers_may_name_a_document_and_do_not_claim_to(qualifier: str):
    own = RemittanceReference(text="20261031", place=PLACE, qualifier=qualifier)
    assert look_up((own,), ledger(*BOOKS)).dangling == ()
    ours = RemittanceReference(text="INV10530", place=PLACE, qualifier=qualifier)
    assert [hit.item.number for hit in look_up((ours,), ledger(*BOOKS)).hits] == ["INV10530"]


@pytest.mark.requirement("R31")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("INV10530", {"INV10530"}),
        ("inv-10530", {"INV10530"}),
        ("Invoice no. 10530 thank you", {"INV10530"}),
        ("RECHNUNG NR 0010530", {"INV10530"}),
        ("10530", {"INV10530"}),
        ("PAYMENT ACME 10530", {"INV10530"}),
        ("INV#10530/10531", {"INV10530", "INV10531"}),
        ("10530,10531 and 10532", {"INV10530", "INV10531", "INV10532"}),
        ("INV10530-INV10532", {"INV10530", "INV10532"}),
        ("INV10530-10532", {"INV10530", "INV10531", "INV10532"}),
        ("INV 105 30", {"INV10530"}),
        ("INV-2026-00123", {"INV-2026-00123"}),
        ("Inv 2026/123", set()),
        ("R/2026/77", {"R/2026/77"}),
        ("PO 4500123", {"INV20000"}),
        ("10530 PAID 1,053.10 ON 2026-10-31", {"INV10530"}),
        ("1.053,00 EUR", set()),
        ("2026-10-31", set()),
        ("CUSTOMER 77 REF 1", set()),
    ],
)
def test_numbers_are_found_as_people_write_them(written, expected):
    assert named(written) == expected


@pytest.mark.requirement("R34")
@pytest.mark.parametrize(
    "written", ["INV10539", "1O530", "INV105301", "SO10530", "CM10530", "INV1053", "ABC10530"]
)
def test_what_resembles_a_number_is_none(written):
    assert named(written) == set()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("INV99999", ("INV99999",)),
        ("invoice 99999", ("INVOICE99999",)),
        ("99999", ("99999",)),
        ("PO 99999", ()),
        ("THANK YOU 2", ()),
        ("paid 1,250.00 on 10/31/2026", ()),
    ],
)
def test_what_claims_to_be_ours_and_is_not_is_told(written, expected):
    assert dangling(written) == expected


@given(st.text(max_size=300))
def test_any_text_is_read(written):
    look_up(text(written), ledger(*BOOKS))


WORDS = (
    "INV10530",
    "inv-10531",
    "10532",
    "INV",
    "105",
    "30",
    "10530-10532",
    "R/2026/77",
    "2026",
    "PO",
    "4500123",
    ",",
    "/",
    "INV-2026-00123",
    "inv-INV10530",
    "1,053.00",
    "2026-10-31",
    "x",
)


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.sampled_from(["", "IV", "PO", "tieout_invoice"]))
def test_what_the_keys_fetch_is_all_that_is_looked_at(words, qualifier):
    written = (RemittanceReference(text=" ".join(words), place=PLACE, qualifier=qualifier),)
    whole = ledger(*BOOKS)
    keys = keys_of(written, whole.prefixes)
    fetched = [
        item
        for item in BOOKS
        if digits_of(item.number) in keys.digits
        or plain(item.number) in keys.letters
        or item.external_id.lower() in keys.externals
        or plain(item.po_number) in keys.orders
    ]
    part = OpenLedger.of(fetched, AS_OF, prefixes=whole.prefixes)
    expected, found = look_up(written, whole), look_up(written, part)
    assert {(h.item.id, h.strength) for h in expected.hits} == {(h.item.id, h.strength) for h in found.hits}
    assert expected.dangling == found.dangling


@given(
    st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=11),
    st.integers(min_value=1, max_value=200),
)
def test_uniqueness_is_proven_as_by_trying_every_set(amounts, target):
    solutions = [
        mask
        for mask in range(1, 1 << len(amounts))
        if mask.bit_count() <= 8 and sum(a for i, a in enumerate(amounts) if mask >> i & 1) == target
    ]
    found = find_subset(amounts, target, SubsetSearch())
    expected = {0: Proof.NONE, 1: Proof.UNIQUE}.get(len(solutions), Proof.SEVERAL)
    assert found.proof is expected
    if solutions:
        assert sum(amounts[index] for index in found.chosen) == target


def test_a_search_has_a_bound():
    amounts = [2 * n for n in range(1, 41)]
    assert find_subset(amounts, 401, SubsetSearch(most_steps=1000)).proof is Proof.UNKNOWN
    assert find_subset([1] * 41, 5, SubsetSearch()).proof is Proof.UNKNOWN
