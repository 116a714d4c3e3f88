"""An entry as the bank knows it, before a format writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a bank's file. `amount` is positive; `kind` says which way it goes and what it is.

    Kinds: `credit` (money in), `returned` (an ACH debit came back), `fee`, `paid_out`, `notice` (a notification of
    change). `identifier` is the payer's in the way the format carries one. `items` are documents with what is paid for
    each; `text` is what the payer wrote.
    """

    reference: str
    amount: Decimal
    kind: str = "credit"
    payer: str = ""
    identifier: str = ""
    text: str = ""
    items: tuple[tuple[str, Decimal], ...] = ()


def cents(amount: Decimal) -> int:
    """An amount of a currency with two decimals in its smallest unit."""
    return int(amount.scaleb(2))


def ascii_only(text: str, width: int) -> str:
    """As banks write names: capital letters without accents or marks, cut to a width."""
    plain = "".join(
        letter for letter in text.upper() if letter.isascii() and (letter.isalnum() or letter in " &")
    )
    return " ".join(plain.split())[:width].strip() or "CUSTOMER"
