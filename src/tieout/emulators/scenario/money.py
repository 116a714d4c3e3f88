"""Arithmetic of amounts, on its own: the expectations must not be computed by the product they judge."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

DECIMALS = {"USD": 2, "EUR": 2, "JPY": 0}


def unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01, or 1 for yen."""
    return Decimal(1).scaleb(-DECIMALS[currency])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's decimals."""
    return amount.quantize(unit(currency), ROUND_HALF_UP)


def spread(discount: Decimal, amounts: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Each line's share of a header discount.

    Proportional to the line amounts, cut down to the currency's decimals; what is left goes, one smallest unit
    each, to the lines with the largest remainders, ties to the earlier line. The shares sum to the discount.
    """
    total = sum(amounts, Decimal(0))
    exact = [discount * amount / total for amount in amounts]
    shares = [share.quantize(unit(currency), ROUND_DOWN) for share in exact]
    left = int((discount - sum(shares, Decimal(0))) / unit(currency))
    by_remainder = sorted(range(len(amounts)), key=lambda place: (shares[place] - exact[place], place))
    for place in by_remainder[:left]:
        shares[place] += unit(currency)
    return shares
