"""Lines of payouts: whatever is in one, its deposit comes to what the bank gets, or there is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.domain.cash.payouts import (
    LineKind,
    Payout,
    PayoutAccounts,
    PayoutFee,
    PayoutLine,
    Standing,
    Untied,
    fees_unmapped,
    split,
)
from tieout.domain.ids import InternalId
from tieout.domain.money import Money, total

ACCOUNTS = PayoutAccounts(
    bank="bank",
    account=InternalId("101"),
    clearing=InternalId("112"),
    fees={"other": InternalId("611"), "tax": InternalId("612")},
)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def line(kind: LineKind, identity: str, gross: int, *fees: tuple[str, int], category: str = "") -> PayoutLine:
    return PayoutLine(
        kind=kind,
        identity=identity,
        gross=usd(gross),
        category=category or str(kind),
        fees=tuple(PayoutFee(type=name, amount=usd(minor)) for name, minor in fees),
    )


def payout(*lines: PayoutLine) -> Payout:
    return Payout(state="paid", arrival=date(2026, 11, 4), paid=True, lines=lines)


_fees = st.lists(
    st.tuples(st.sampled_from(["stripe_fee", "tax", "new one"]), st.integers(-900, 900)), max_size=2
)
_lines = st.lists(st.tuples(st.sampled_from(LineKind), st.integers(-50_000, 50_000), _fees), max_size=12)
_where = st.sampled_from(
    [None, Standing(), Standing(taken=InternalId("9")), Standing(account=InternalId("103"))]
)


@given(_lines, st.lists(_where, min_size=12, max_size=12))
def test_whatever_is_in_it_a_deposit_is_the_payout_to_the_cent(rows, places):
    content = payout(*(line(kind, f"x{n}", gross, *fees) for n, (kind, gross, fees) in enumerate(rows)))
    amount = content.sum("USD")
    where = {f"x{n}": place for n, place in enumerate(places) if place is not None}
    parts = split(content, amount, ACCOUNTS, where)
    made = [*(one.amount for one in parts.taken), *(one.amount for one in parts.lines)]
    assert total(made, "USD") == amount
    payments = {one.identity for one in content.lines or () if one.kind is LineKind.PAYMENT}
    assert {*parts.held, *(one.identity for one in parts.taken)} <= payments


@given(_lines, st.integers(-500, 500).filter(bool))
def test_a_cent_too_much_or_too_little_is_no_deposit(rows, off):
    content = payout(*(line(kind, f"x{n}", gross, *fees) for n, (kind, gross, fees) in enumerate(rows)))
    with pytest.raises(Untied, match=r"come to .* the payout to"):
        split(content, content.sum("USD") + usd(off), ACCOUNTS, {})


def test_each_line_goes_where_it_belongs():
    content = payout(
        line(LineKind.PAYMENT, "ch_1", 25000, ("stripe_fee", 755), ("tax", 45)),
        line(LineKind.PAYMENT, "ch_2", 9000, ("stripe_fee", 300)),
        line(LineKind.OTHER, "re_1", -4000, category="refund"),
        line(LineKind.FEE, "txn_1", -120, category="stripe_fee"),
    )
    parts = split(content, content.sum("USD"), ACCOUNTS, {"ch_1": Standing(taken=InternalId("77"))})
    assert [(one.payment, one.amount) for one in parts.taken] == [("77", usd(25000))]
    assert {(one.account, one.amount, one.memo) for one in parts.lines} == {
        ("112", usd(9000), "payment ch_2"),
        ("112", usd(-4000), "refund re_1"),
        ("611", usd(-755 - 300 - 120), "fees: stripe_fee"),
        ("612", usd(-45), "fees: tax"),
    }
    assert parts.held == ("ch_2",)


def test_a_fee_nobody_mapped_is_named():
    strict = PayoutAccounts(bank="b", account=InternalId("1"), clearing=InternalId("2"), fees={})
    content = payout(line(LineKind.PAYMENT, "ch_1", 100, ("stripe_fee", 3)))
    assert fees_unmapped(content, strict) == ["stripe_fee"]
    with pytest.raises(Untied, match="stripe_fee"):
        split(content, usd(97), strict, {})


def test_lines_of_two_currencies_do_not_make_one_deposit():
    euros = PayoutLine(
        kind=LineKind.OTHER, identity="x", gross=Money(Decimal(1), "EUR"), category="adjustment"
    )
    with pytest.raises(Untied, match="EUR"):
        split(payout(euros), usd(100), ACCOUNTS, {})
