"""What an administrator should know before the first payment: rights, another connector, missing stamps."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.connectors.stripe.client import Item, StripeClient
from tieout.connectors.stripe.foreign import marks_of
from tieout.connectors.stripe.options import StripeOptions
from tieout.connectors.stripe.payers import is_stamped
from tieout.connectors.stripe.values import metadata_of, text_of
from tieout.flows.errors import Paused, Refused

_READ = (
    "events",
    "charges",
    "refunds",
    "disputes",
    "payouts",
    "balance_transactions",
    "invoice_payments",
    "customers",
)
_MOST_NAMES = 4


def warnings(options: StripeOptions, client: StripeClient) -> list[str]:
    """Sentences for people. Raises `CallError`s."""
    said = [*_rights(client), *_pin(options)]
    charges = _latest(client)
    return [*said, *_others(charges), *_stamps(charges), *_payouts(client)]


def _rights(client: StripeClient) -> Iterator[str]:
    """What is polled, tried once: Stripe names the permission that a restricted key lacks."""
    for name in _READ:
        try:
            client.page(f"/v1/{name}", {"limit": "1"})
        except (Paused, Refused) as error:
            yield f"{name} cannot be read: {error}"


def _pin(options: StripeOptions) -> Iterator[str]:
    if not options.account:
        yield "no account is pinned: a key of another account, or of the other mode, would not be noticed"
    if options.webhooks is None:
        yield "no webhooks are configured: payments are seen when the next poll comes"


def _latest(client: StripeClient) -> list[Item]:
    try:
        rows, _ = client.page("/v1/charges", {"limit": "100"}, ("data.payment_intent",))
    except (Paused, Refused):
        return []
    return [row for row in rows if text_of(row, "status") == "succeeded"]


def _others(charges: list[Item]) -> Iterator[str]:
    found = sorted({name for row in charges for name in marks_of(metadata_of(row))})
    if found:
        more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
        yield (
            f"foreign writer: charges carry metadata of Stripe's own NetSuite connector"
            f" ({', '.join(found[:_MOST_NAMES])}{more}); make sure that it writes no payments any more"
        )


def _stamps(charges: list[Item]) -> Iterator[str]:
    bare = sum(not is_stamped(row) for row in charges)
    if bare:
        yield (
            f"{bare} of the latest {len(charges)} charges name no NetSuite invoice: they will be matched by"
            " number, amount and customer only (`tieout payments unstamped` lists them)"
        )


def _payouts(client: StripeClient) -> Iterator[str]:
    try:
        rows, _ = client.page("/v1/payouts", {"limit": "1"})
    except (Paused, Refused):
        return
    if rows and rows[0].get("automatic") is False:
        yield "payouts are made by hand: Stripe cannot say which payments are in one"
