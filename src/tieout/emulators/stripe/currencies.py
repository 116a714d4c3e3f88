"""Minor units as Stripe counts them; not always ISO 4217's (stripe-billing §2)."""

from __future__ import annotations

from decimal import Decimal

from tieout.emulators.stripe.errors import StripeError

ZERO = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
THREE = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
#: two decimals in the API, none in the world
WHOLE = frozenset({"isk", "ugx"})
WHOLE_PAYOUTS = frozenset({"huf", "twd"})
_PLAIN = ("usd", "eur", "gbp", "cad", "aud", "nzd", "chf", "sek", "nok", "dkk", "pln", "czk", "mxn", "brl")
KNOWN = ZERO | THREE | WHOLE | WHOLE_PAYOUTS | frozenset((*_PLAIN, "hkd", "sgd", "inr", "zar"))


def digits(currency: str) -> int:
    """Decimals of the API's minor unit."""
    return 0 if currency in ZERO else 3 if currency in THREE else 2


def check_amount(amount: int, currency: str, *, payout: bool = False) -> None:
    """Steps and minima. Raises `StripeError`."""
    if currency not in KNOWN:
        raise StripeError(
            400, f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(KNOWN))}", param="currency",
        )  # fmt: skip
    if amount < 1:
        raise StripeError(
            400,
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if currency == "usd" and amount < 50 and not payout:
        message = "Amount must be at least $0.50 usd"
        raise StripeError(400, message, code="amount_too_small", param="amount")
    step = (
        10 if currency in THREE else 100 if currency in WHOLE or (payout and currency in WHOLE_PAYOUTS) else 1
    )
    if amount % step:
        code = "invalid_charge_amount_no_decimal_compatible" if step == 100 else "invalid_charge_amount"
        message = f"Invalid amount {amount} for {currency}: it must be a multiple of {step}."
        raise StripeError(400, message, code=code, param="amount")


def converted(amount: int, currency: str, to: str, rate: Decimal) -> int:
    """An amount in the other currency's minor unit, half up."""
    exact = Decimal(amount).scaleb(-digits(currency)) * rate
    return int(exact.scaleb(digits(to)).quantize(Decimal(1), "ROUND_HALF_UP"))


def share(amount: int, rate: str, fixed: int = 0, most: int | None = None) -> int:
    """A fee: a share of the amount, half up, plus a fixed part, up to a most."""
    fee = int((Decimal(amount) * Decimal(rate)).quantize(Decimal(1), "ROUND_HALF_UP")) + fixed
    return fee if most is None else min(fee, most)
