"""Stripe as a source of movements: charges, refunds, disputes, payouts, fees (see `docs/reference/stripe.md`)."""

from __future__ import annotations

from tieout.connectors.kit.registration import Connector
from tieout.connectors.stripe.client import API_VERSION
from tieout.connectors.stripe.hooks import Hook, ObjectId
from tieout.connectors.stripe.options import StripeOptions
from tieout.connectors.stripe.source import StripeSource, build
from tieout.connectors.stripe.stamps import NotAStamp, stamp

STRIPE = Connector(options=StripeOptions, build=build, pin="account")

__all__ = [
    "API_VERSION",
    "STRIPE",
    "Hook",
    "NotAStamp",
    "ObjectId",
    "StripeOptions",
    "StripeSource",
    "stamp",
]
