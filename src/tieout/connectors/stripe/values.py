"""Stripe's values: minor units, seconds since 1970, ids where an object may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from tieout.domain.money import Money, currency_exponent, is_currency

Record = Mapping[str, Any]
EMPTY: Record = {}
#: Decimals of the API's minor unit where ISO 4217 says otherwise (stripe-billing §2): two for ISK and UGX, which
#: have none in the world; none for MGA, which has two.
_API_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}


class Unreadable(Exception):
    """An object that cannot be a movement: what was expected, what was found."""


def text_of(row: Record, name: str) -> str:
    """A text, or empty for null and for what is none."""
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def number_of(row: Record, name: str) -> int | None:
    """A whole number, or None."""
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping_of(row: Record, name: str) -> Record:
    """A nested object, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else EMPTY


def rows_of(row: Record, name: str) -> list[Record]:
    """The objects of a list, or of a Stripe list object; what is none is left out."""
    value = row.get(name)
    if isinstance(value, Mapping):
        value = value.get("data")
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def id_of(row: Record, name: str) -> str:
    """The id of a reference, whether it stands there or the whole object does."""
    value = row.get(name)
    return text_of(value, "id") if isinstance(value, Mapping) else text_of(row, name)


def metadata_of(row: Record) -> Mapping[str, str]:
    """Metadata; what is no text is left out."""
    return {k: v for k, v in mapping_of(row, "metadata").items() if isinstance(v, str)}


def money_of(row: Record, name: str = "amount") -> tuple[Money, int]:
    """An amount and its sign: Stripe counts minor units, and not always ISO 4217's.

    Raises `Unreadable` when there is none, or when the currency cannot hold it.
    """
    minor, currency = number_of(row, name), text_of(row, "currency").upper()
    if minor is None or not is_currency(currency):
        raise Unreadable(
            f"expected {name} in minor units of a currency, found {row.get(name)!r} {currency!r}"
        )
    digits = _API_DIGITS.get(currency, currency_exponent(currency))
    try:
        amount = Money(Decimal(abs(minor)).scaleb(-digits), currency)
    except ValueError as error:
        raise Unreadable(
            f"expected an amount {currency} can hold, found {minor} minor units: {error}"
        ) from error
    return amount, -1 if minor < 0 else 1


def day_of(row: Record, name: str, zone: tzinfo) -> date | None:
    """The day of an instant in the books' time zone; None when there is none."""
    seconds = number_of(row, name)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(zone).date()
    except (OverflowError, ValueError, OSError):
        return None


def unique(texts: Iterator[str] | list[str]) -> tuple[str, ...]:
    """Without the empty ones, each once, in order."""
    return tuple(dict.fromkeys(one for one in texts if one))
