"""Money is a `Decimal` and a currency, always; rounding has a name and happens in one place.

Currency exponents follow ISO 4217 (JPY 0, USD 2, BHD 3, CLF 4). Unit *rates* may carry more digits than
amounts: they are plain `Decimal`s and become `Money` only through `Money.rounded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    InvalidOperation,
    localcontext,
)
from enum import StrEnum

from tieout.domain.errors import DomainError

#: Amounts of more digits than this are refused: NetSuite stores 15 significant digits and no deal has more.
MAX_INTEGER_DIGITS = 15
#: wide enough for any amount; arithmetic never depends on the caller's decimal context
_WIDE = Context(prec=60)

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
        "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
        "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON "
        "RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
        "UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
}
CURRENCY_EXPONENTS: dict[str, int] = {
    code: exponent for exponent, codes in _EXPONENTS.items() for code in codes.split()
}


class Rounding(StrEnum):
    """How an exact figure becomes one the currency can hold."""

    HALF_UP = ROUND_HALF_UP
    HALF_EVEN = ROUND_HALF_EVEN
    DOWN = ROUND_DOWN
    FLOOR = ROUND_FLOOR
    CEILING = ROUND_CEILING


class MoneyError(DomainError):
    """Arithmetic that has no meaning: other currency, not finite, not representable."""


def currency_exponent(currency: str) -> int:
    """Number of decimals an amount of `currency` has. Raises `MoneyError` for an unknown code."""
    try:
        return CURRENCY_EXPONENTS[currency]
    except KeyError:
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency code") from None


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code (upper case)."""
    return code in CURRENCY_EXPONENTS


def parse_decimal(text: str) -> Decimal | None:
    """A finite decimal number in plain notation, or None when `text` is anything else.

    NaN, infinities, exponents, grouping and blanks inside are refused: a source that sends them is read by
    a person, not by a guess.
    """
    stripped = text.strip()
    body = stripped[1:] if stripped[:1] in {"-", "+"} else stripped
    whole, _, fraction = body.partition(".")
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit() or len(body) > 60:
        return None
    try:
        return Decimal(stripped)
    except InvalidOperation:  # pragma: no cover - the checks above leave nothing for Decimal to refuse
        return None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in a currency, exact and representable in it. Never a rate, never rounded silently."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        exponent = currency_exponent(self.currency)
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount of money")
        with localcontext(_WIDE):
            if self.amount.adjusted() >= MAX_INTEGER_DIGITS:
                raise MoneyError(f"{self.amount} {self.currency} has more than {MAX_INTEGER_DIGITS} digits")
            quantum = self.amount.quantize(Decimal(1).scaleb(-exponent))
        if quantum != self.amount:
            raise MoneyError(f"{self.amount} has more decimals than {self.currency} ({exponent})")
        object.__setattr__(self, "amount", quantum or abs(quantum))

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`."""
        return cls(Decimal(0), currency)

    @classmethod
    def rounded(cls, exact: Decimal, currency: str, rounding: Rounding) -> Money:
        """The representable amount next to `exact`, by the named rounding."""
        if not exact.is_finite():
            raise MoneyError(f"{exact} is not an amount of money")
        with localcontext(_WIDE):
            step = Decimal(1).scaleb(-currency_exponent(currency))
            return cls(exact.quantize(step, rounding=rounding.value), currency)

    @classmethod
    def from_minor(cls, units: int, currency: str) -> Money:
        """From integer minor units (cents for USD, yen for JPY)."""
        return cls(_WIDE.scaleb(Decimal(units), -currency_exponent(currency)), currency)

    @property
    def minor(self) -> int:
        """The amount in integer minor units."""
        return int(_WIDE.scaleb(self.amount, currency_exponent(self.currency)))

    def _same(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise MoneyError(f"cannot combine {self.currency} with {other.currency}")
        return other

    def __add__(self, other: Money) -> Money:
        return Money(_WIDE.add(self.amount, self._same(other).amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(_WIDE.subtract(self.amount, self._same(other).amount), self.currency)

    def __neg__(self) -> Money:
        return Money(_WIDE.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def times(self, factor: Decimal, rounding: Rounding) -> Money:
        """The amount multiplied by an exact factor and rounded by name."""
        with localcontext(_WIDE):
            return Money.rounded(self.amount * factor, self.currency, rounding)

    def split(self, weights: Sequence[Decimal]) -> tuple[Money, ...]:
        """Parts in proportion to `weights` that sum to the whole exactly: largest remainder.

        Minor units left over after rounding down go to the parts with the largest remainders; among equal
        remainders the earlier part wins, so the result does not depend on anything but the arguments.
        Raises `MoneyError` when there is no weight, a negative one, or all are zero.
        """
        if not weights or any(not w.is_finite() or w < 0 for w in weights) or not any(weights):
            raise MoneyError("a split needs non-negative weights, at least one above zero")
        sign = -1 if self.amount < 0 else 1
        units = abs(self.minor)
        with localcontext(Context(prec=200)):
            total = sum(weights, Decimal(0))
            scaled = [Decimal(units) * w for w in weights]
            floors = [int(s // total) for s in scaled]
            remainders = [s - total * f for s, f in zip(scaled, floors, strict=True)]
        left = units - sum(floors)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
        for index in by_remainder[:left]:
            floors[index] += 1
        return tuple(Money.from_minor(sign * f, self.currency) for f in floors)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, which must all be in `currency`."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result
