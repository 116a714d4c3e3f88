"""Runs in the environment of the PyPI package `stripe`, unchanged. Prints one JSON object.

Standard input has the webhooks a receiver got: signature header and body of each, and the endpoint's secret.
"""

import json
import os
import sys

import stripe
from stripe import StripeClient

# It trusts a bundle of its own unless told; this is its public setting for that.
stripe.ca_bundle_path = os.environ["SSL_CERT_FILE"]
given = json.load(sys.stdin)
seen: dict[str, object] = {"version": stripe.VERSION, "api_version": stripe.api_version}
client = StripeClient(given["key"], base_addresses={"api": given["base_url"]} if given["base_url"] else None)
v1 = client.v1

account = v1.accounts.retrieve_current()
seen["account"] = account.id
customer = v1.customers.create({"name": "Made by a stranger", "metadata": {"tieout_customer": "2056"}})
intent = v1.payment_intents.create(
    {
        "amount": 5000, "currency": "usd", "customer": customer.id, "confirm": True,
        "payment_method": "pm_card_bypassPending", "payment_method_types": ["card"],
        "metadata": {"tieout_invoice": "inv-1"}, "expand": ["latest_charge.balance_transaction"],
    },
    {"idempotency_key": "made-once"},
)  # fmt: skip
charge = intent.latest_charge
seen["paid"] = [intent.status, charge.metadata["tieout_invoice"], charge.balance_transaction.net]
try:
    v1.payment_intents.create({"amount": 7000, "currency": "usd"}, {"idempotency_key": "made-once"})
except stripe.IdempotencyError as error:
    seen["other_parameters"] = [error.http_status, str(error.user_message).split(".")[0]]
try:
    v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    )
except stripe.CardError as error:
    seen["declined"] = [error.code, error.http_status, bool(error.request_id)]
try:
    v1.charges.retrieve("ch_none")
except stripe.InvalidRequestError as error:
    seen["missing"] = [error.code, error.param]

for number in range(12):
    v1.customers.create({"name": f"Many {number}"})
seen["all"] = len(list(v1.customers.list({"limit": 5}).auto_paging_iter()))
refund = v1.refunds.create({"charge": charge.id, "amount": 1000})
seen["refund"] = [
    refund.status,
    v1.charges.retrieve(charge.id, {"expand": ["refunds"]}).refunds.data[0].id == refund.id,
]

v1.invoice_items.create({"customer": customer.id, "amount": 3000, "currency": "usd"})
invoice = v1.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
payments = v1.invoice_payments.list({"invoice": invoice.id})
seen["invoice"] = [
    v1.invoices.retrieve(invoice.id).status,
    payments.data[0].status,
    payments.data[0].amount_paid,
]
payout = v1.payouts.create({"amount": 1000, "currency": "usd"})
seen["payout"] = payout.status
seen["events"] = sorted(
    {one.type for one in v1.events.list({"limit": 100, "type": "payout.created"}).auto_paging_iter()}
)

checked = []
for header, body in given["webhooks"]:
    event = client.construct_event(body, header, given["secret"], tolerance=None)
    checked.append(event.type)
    assert stripe.Webhook.construct_event(body, header, given["secret"], tolerance=None).id == event.id
seen["webhooks"] = checked
body = json.dumps({"id": "evt_made", "object": "event", "type": "charge.succeeded"})
made = stripe.WebhookSignature.generate_signature_header(body, given["secret"], timestamp=given["stamp"])
seen["signed"] = [made, body]
sys.stdout.write(json.dumps(seen))
