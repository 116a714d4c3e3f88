"""Marks that Stripe's own NetSuite connector leaves in metadata (stripe-billing §7.1). Read, never written."""

from __future__ import annotations

from collections.abc import Mapping

_PREFIX = "netsuite_"
#: The money is in NetSuite already, put there by the other connector.
BOOKED = frozenset(
    {
        "netsuite_customer_payment_id",
        "netsuite_cash_sale_id",
        "netsuite_customer_deposit_id",
        "netsuite_deposit_id",
        "netsuite_customer_refund_id",
        "netsuite_cash_refund_id",
        "netsuite_credit_memo_id",
    }
)


def marks_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """Everything the other connector wrote, or reads."""
    return {name: value for name, value in metadata.items() if name.startswith(_PREFIX) and value}


def booked_as(metadata: Mapping[str, str]) -> str:
    """The record the other connector made of this money, as `key value`; empty when it made none."""
    found = [f"{name} {value}" for name, value in sorted(marks_of(metadata).items()) if name in BOOKED]
    return ", ".join(found)
