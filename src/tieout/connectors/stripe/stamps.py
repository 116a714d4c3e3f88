"""Stamps: what our own code writes into Stripe's metadata, so that money comes back with the invoice's name (R39).

A charge takes its payment intent's metadata when it is made, and never later (stripe-billing §2): a stamp belongs on
the intent before it is confirmed, in `payment_intent_data` of a Checkout session when that is created, or on the
Stripe invoice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

INVOICE_KEY = "tieout_invoice"
#: Stripe's limit for one value
MOST_CHARACTERS = 500
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)
_INTERNAL_ID = re.compile(r"[1-9]\d{0,14}\Z", re.ASCII)
#: path of an object's endpoint by the beginning of its id, as far as stamps may stand there
_PATHS = {"pi_": "payment_intents", "cs_": "checkout/sessions", "in_": "invoices"}


class NotAStamp(ValueError):
    """Something a stamp cannot say; the text says what it can."""


def stamp(invoices: Sequence[str], customer: str, customer_key: str) -> Mapping[str, str]:
    """Metadata that names NetSuite invoices by external ID and the customer by internal id.

    Raises `NotAStamp` for ids that are none, and for more invoices than one value holds (about twelve).
    """
    if not invoices:
        raise NotAStamp("expected at least one invoice, found none")
    for one in invoices:
        if _EXTERNAL_ID.match(one) is None:
            raise NotAStamp(
                f"expected the external ID of an invoice (letters, digits, _ and -, at most 40), found {one!r}"
            )
    if _INTERNAL_ID.match(customer) is None:
        raise NotAStamp(f"expected the internal id of a NetSuite customer, found {customer!r}")
    value = ",".join(dict.fromkeys(invoices))
    if len(value) > MOST_CHARACTERS:
        raise NotAStamp(
            f"expected at most {MOST_CHARACTERS} characters of external IDs, found {len(value)}: split the payment"
        )
    return {INVOICE_KEY: value, customer_key: customer}


def stamped_invoices(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The invoices a stamp names; empty without one, or when it is not of our making."""
    parts = [part.strip() for part in metadata.get(INVOICE_KEY, "").split(",")]
    return tuple(parts) if all(_EXTERNAL_ID.match(part) for part in parts) else ()


def stamped_customer(metadata: Mapping[str, str], customer_key: str) -> str:
    """The customer a stamp names, or empty."""
    value = metadata.get(customer_key, "").strip()
    return value if _INTERNAL_ID.match(value) else ""


def place_of(object_id: str) -> str:
    """Path of the endpoint that stamps an object. Raises `NotAStamp`."""
    path = next((path for prefix, path in _PATHS.items() if object_id.startswith(prefix)), "")
    if not path or not re.fullmatch(r"\w{4,255}", object_id, re.ASCII):
        raise NotAStamp(
            f"expected the id of a payment intent, Checkout session or invoice, found {object_id!r}"
        )
    return f"/v1/{path}/{object_id}"
