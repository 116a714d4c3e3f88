"""What is in a payout, from its balance transactions (stripe-billing §5). Pure.

Known only for automatic payouts, and complete only when `reconciliation_status` is `completed`. The sum of the nets of
all rows but the payout's own is its amount; whether it is, the product checks and not Stripe.
"""

from __future__ import annotations

from datetime import UTC, date, tzinfo

from tieout.connectors.stripe.values import (
    Record,
    Unreadable,
    day_of,
    id_of,
    mapping_of,
    money_of,
    number_of,
    rows_of,
    text_of,
)
from tieout.domain.cash.payouts import LineKind, Payout, PayoutFee, PayoutLine
from tieout.domain.money import Money

#: Types of balance transactions that a charge is: its movement is a receipt, and its payment is in NetSuite.
_PAYMENTS = frozenset({"charge", "payment"})
#: Types that are fees as rows of their own; Stripe's reporting category decides for those that are not named.
FEES = frozenset(
    {
        "stripe_fee", "stripe_fx_fee", "tax_fee", "application_fee", "network_cost", "contribution",
        "climate_order_purchase",
    }
)  # fmt: skip
FEE_CATEGORIES = frozenset({"fee", "network_costs", "tax"})
#: What a fee is called whose details do not add up to it.
_UNSPECIFIED = "unspecified"


def is_complete(payout: Record) -> bool:
    """Whether Stripe can say what is in it, all of it."""
    return payout.get("automatic") is True and text_of(payout, "reconciliation_status") == "completed"


def payout_of(payout: Record, rows: tuple[Record, ...] | None, zone: tzinfo) -> Payout:
    """A payout as it is now. Raises `Unreadable` when it does not say when it arrives."""
    # Days of arrival are midnights in UTC, whatever the books' time zone.
    arrival = day_of(payout, "arrival_date", UTC)
    if arrival is None:
        raise Unreadable(f"expected the day of arrival of a payout, found {payout.get('arrival_date')!r}")
    status = text_of(payout, "status")
    failed = status in {"failed", "canceled"}
    own = id_of(payout, "balance_transaction")
    lines = None
    if rows is not None:
        lines = tuple(
            _line(row, zone) for row in rows if row.get("id") != own and row.get("type") != "payout"
        )
    return Payout(
        state=f"{status} {text_of(payout, 'failure_code')}".strip(),
        arrival=arrival,
        automatic=payout.get("automatic") is True,
        paid=status == "paid",
        failed=failed,
        failed_on=_failure_day(payout, zone) if failed else None,
        lines=lines,
    )


def _failure_day(payout: Record, zone: tzinfo) -> date | None:
    return day_of(mapping_of(payout, "failure_balance_transaction"), "created", zone)


def _line(row: Record, zone: tzinfo) -> PayoutLine:
    kind = text_of(row, "type")
    meaning = LineKind.OTHER
    if kind in _PAYMENTS and id_of(row, "source"):
        meaning = LineKind.PAYMENT
    elif kind in FEES or text_of(row, "reporting_category") in FEE_CATEGORIES:
        meaning = LineKind.FEE
    return PayoutLine(
        kind=meaning,
        identity=id_of(row, "source") or text_of(row, "id"),
        gross=_signed(row, "amount"),
        category=kind,
        fees=_fees(row),
        day=day_of(row, "created", zone),
    )


def _fees(row: Record) -> tuple[PayoutFee, ...]:
    if not number_of(row, "fee"):
        return ()
    whole = _signed(row, "fee")
    parts = [
        PayoutFee(type=text_of(one, "type") or _UNSPECIFIED, amount=_signed(one, "amount"))
        for one in rows_of(row, "fee_details")
    ]
    same = all(one.amount.currency == whole.currency for one in parts)
    if not same or sum(one.amount.minor for one in parts) != whole.minor:
        return (PayoutFee(type=_UNSPECIFIED, amount=whole),)
    return tuple(parts)


def _signed(row: Record, name: str) -> Money:
    money, sign = money_of(row, name)
    return -money if sign < 0 else money
