"""Money is exact, rounding has a name, and parts sum to the whole."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.domain.money import (
    CURRENCY_EXPONENTS,
    MAX_INTEGER_DIGITS,
    Money,
    MoneyError,
    Rounding,
    currency_exponent,
    is_currency,
    parse_decimal,
    total,
)

#: One currency of each exponent there is.
ONE_OF_EACH = ["JPY", "USD", "BHD", "CLF"]
currencies = st.sampled_from(ONE_OF_EACH)
minors = st.integers(-(10**11), 10**11)
amounts = st.builds(Money.from_minor, minors, currencies)
weights = st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=12).filter(any)


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


@pytest.mark.parametrize(
    ("currency", "exponent"), [("JPY", 0), ("USD", 2), ("EUR", 2), ("BHD", 3), ("CLF", 4)]
)
def test_a_currency_has_the_decimals_iso_4217_gives_it(currency: str, exponent: int):
    assert currency_exponent(currency) == exponent


def test_codes_are_three_capitals_and_nothing_else_is_one():
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCY_EXPONENTS)
    assert not any(is_currency(code) for code in ("usd", "", "US", "XXX", "BTC", " USD"))
    with pytest.raises(MoneyError, match="'usd' is not an ISO 4217"):
        currency_exponent("usd")


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_is_finite(text: str):
    for make in (lambda: usd(text), lambda: Money.rounded(Decimal(text), "USD", Rounding.HALF_UP)):
        with pytest.raises(MoneyError, match="is not an amount of money"):
            make()


@pytest.mark.parametrize(
    ("text", "currency"), [("0.5", "JPY"), ("0.001", "USD"), ("0.0001", "BHD"), ("0.00001", "CLF")]
)
def test_an_amount_with_too_many_decimals_is_refused_not_rounded(text: str, currency: str):
    with pytest.raises(MoneyError, match="has more decimals"):
        Money(Decimal(text), currency)


def test_an_amount_has_at_most_fifteen_digits_before_the_point():
    assert usd("9" * MAX_INTEGER_DIGITS + ".99").amount == Decimal("9" * MAX_INTEGER_DIGITS + ".99")
    for text in ("1" + "0" * MAX_INTEGER_DIGITS, "1e400", "-1e15"):
        with pytest.raises(MoneyError, match="digits"):
            usd(text)


@given(amounts)
def test_minor_units_and_text_lead_back(money: Money):
    assert Money.from_minor(money.minor, money.currency) == money
    text, currency = str(money).split()
    assert Money(Decimal(text), currency) == money
    assert -money.amount.as_tuple().exponent == currency_exponent(money.currency)


def test_there_is_one_zero():
    assert str(usd("-0.00")) == str(usd("0")) == str(Money.zero("USD")) == "0.00 USD"
    assert str(-usd("0")) == "0.00 USD"


def test_equal_amounts_are_equal_however_they_were_written():
    assert usd("1.5") == usd("1.50") == usd("15e-1")
    assert hash(usd("1.5")) == hash(usd("1.50"))


@given(minors, minors, minors, currencies)
def test_addition_is_a_group(a: int, b: int, c: int, currency: str):
    x, y, z = (Money.from_minor(one, currency) for one in (a, b, c))
    assert (x + y) + z == x + (y + z)
    assert x + y == y + x
    assert x - y == x + (-y)
    assert x - x == Money.zero(currency)
    assert (x < y) == (a < b)
    assert (x <= y) == (a <= b)
    assert total([x, y, z], currency).minor == a + b + c


def test_addition_is_exact_at_the_widest():
    widest = usd("9" * 14 + ".99")
    assert str(widest + widest) == "199999999999999.98 USD"


@pytest.mark.parametrize(
    "combine", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b]
)
def test_currencies_never_mix(combine):
    with pytest.raises(MoneyError, match="cannot combine USD with EUR"):
        combine(usd("1"), Money(Decimal(1), "EUR"))
    with pytest.raises(MoneyError):
        total([Money.zero("EUR")], "USD")


@pytest.mark.parametrize(
    ("rounding", "up", "down"),
    [
        (Rounding.HALF_UP, "0.13", "-0.13"),
        (Rounding.HALF_EVEN, "0.12", "-0.12"),
        (Rounding.DOWN, "0.12", "-0.12"),
        (Rounding.FLOOR, "0.12", "-0.13"),
        (Rounding.CEILING, "0.13", "-0.12"),
    ],
)
def test_each_rounding_does_what_its_name_says(rounding: Rounding, up: str, down: str):
    assert Money.rounded(Decimal("0.125"), "USD", rounding) == usd(up)
    assert Money.rounded(Decimal("-0.125"), "USD", rounding) == usd(down)
    assert usd("0.25").times(Decimal("0.5"), rounding) == usd(up)


@given(st.decimals(-(10**9), 10**9, places=6), currencies, st.sampled_from(Rounding))
def test_rounding_moves_by_less_than_one_unit_and_not_at_all_when_exact(exact, currency, rounding):
    rounded = Money.rounded(exact, currency, rounding)
    unit = Decimal(1).scaleb(-currency_exponent(currency))
    assert abs(rounded.amount - exact) < unit
    assert Money.rounded(rounded.amount, currency, rounding) == rounded


def test_arithmetic_does_not_depend_on_the_callers_decimal_context():
    with localcontext(prec=3):
        assert str(usd("123456.78").times(Decimal(2), Rounding.HALF_UP)) == "246913.56 USD"
        assert usd("123456.78").minor == 12345678
        assert str(usd("123456.78") + usd("0.01")) == "123456.79 USD"
        assert str(-usd("123456.78")) == "-123456.78 USD"


@settings(max_examples=200)
@given(amounts, weights)
def test_parts_of_a_split_sum_to_the_whole_and_are_as_fair_as_can_be(money: Money, parts: list[Decimal]):
    shares = money.split(parts)
    assert total(shares, money.currency) == money
    whole = sum(parts)
    for share, weight in zip(shares, parts, strict=True):
        exact = Decimal(money.minor) * weight / whole
        assert abs(Decimal(share.minor) - exact) < 1 + Decimal("1e-9")
        assert share.minor == 0 or (share.minor > 0) == (money.minor > 0)
        assert weight or not share.minor


@given(amounts, weights, st.integers(1, 1000))
def test_a_split_depends_on_proportions_only(money: Money, parts: list[Decimal], factor: int):
    assert money.split(parts) == money.split([part * factor for part in parts])
    assert [-share for share in money.split(parts)] == list((-money).split(parts))


@given(st.integers(0, 10**6), st.lists(st.integers(1, 50), min_size=2, max_size=8, unique=True), st.randoms())
def test_a_split_gives_each_weight_the_same_wherever_it_stands(minor: int, parts: list[int], random):
    # Equal remainders go to the earlier part, so only remainders that differ are independent of place.
    whole = sum(parts)
    remainders = [minor * part % whole for part in parts]
    if len(set(remainders)) < len(remainders):
        return
    money = Money.from_minor(minor, "USD")
    by_weight = dict(zip(parts, money.split([Decimal(p) for p in parts]), strict=True))
    shuffled = random.sample(parts, len(parts))
    assert dict(zip(shuffled, money.split([Decimal(p) for p in shuffled]), strict=True)) == by_weight


def test_a_leftover_cent_goes_to_the_largest_remainder_then_to_the_earlier_part():
    assert [str(m.amount) for m in usd("100").split([Decimal(1)] * 3)] == ["33.34", "33.33", "33.33"]
    assert [m.minor for m in usd("0.05").split([Decimal(3), Decimal(7)])] == [2, 3]
    assert [m.minor for m in usd("-0.05").split([Decimal(3), Decimal(7)])] == [-2, -3]
    assert [m.minor for m in Money(Decimal(10), "JPY").split([Decimal(1), Decimal(2)])] == [3, 7]


@pytest.mark.parametrize("parts", [[], ["0"], ["0", "0"], ["1", "-1"], ["NaN"], ["Infinity", "1"]])
def test_a_split_without_sense_is_refused(parts: list[str]):
    with pytest.raises(MoneyError, match="a split needs"):
        usd("1").split([Decimal(part) for part in parts])


@given(st.decimals(-(10**20), 10**20, places=5))
def test_plain_numbers_are_parsed_exactly(number: Decimal):
    assert parse_decimal(f" {number:f} ") == number


@pytest.mark.parametrize(
    "text",
    [*" .-½٣", "", "+-1", "1e3", "1E3", "NaN", "inf", "1,000", "1 000", "1_000", "0x1", "1.2.3", "9" * 61],
)
def test_what_is_no_plain_number_is_none(text: str):
    assert parse_decimal(text) is None


@given(st.text(max_size=12))
def test_parsing_never_raises(text: str):
    found = parse_decimal(text)
    assert found is None or found.is_finite()


def test_money_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        usd("1").amount = Decimal(2)
