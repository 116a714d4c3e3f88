"""Customers, checkout sessions and webhook endpoints."""

from __future__ import annotations

from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import forms, versions
from tieout.emulators.stripe.account import Account
from tieout.emulators.stripe.errors import StripeError, required
from tieout.emulators.stripe.payments import Payments

_FIELDS = ("description", "email", "name", "phone")


class Customers:
    """Customers."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, given: Json) -> Json:
        """As `POST /v1/customers`."""
        fields: Json = {name: given.get(name) or None for name in _FIELDS}
        fields |= {
            "balance": 0, "currency": None, "delinquent": False, "invoice_prefix": self._prefix(),
            "invoice_settings": {"default_payment_method": None}, "metadata": self._metadata(given),
            "next_invoice_sequence": 1, "tax_exempt": "none", "_reconciliation": self._mode(given),
        }  # fmt: skip
        customer = self._account.make("customer", fields)
        self._account.emit("customer.created", customer)
        return customer

    def update(self, customer_id: str, given: Json) -> Json:
        """As `POST /v1/customers/{id}`."""
        customer = self._account.get("customer", customer_id)
        changes: Json = {name: given[name] or None for name in _FIELDS if name in given}
        changes["metadata"] = self._metadata(given, customer["metadata"])
        if "invoice_settings" in given:
            changes["invoice_settings"] = {**customer["invoice_settings"], **given["invoice_settings"]}
        customer["_reconciliation"] = self._mode(given) or customer["_reconciliation"]
        return self._account.change(customer, "customer.updated", **changes)

    def delete(self, customer_id: str) -> Json:
        """As `DELETE /v1/customers/{id}`."""
        customer = self._account.get("customer", customer_id)
        del self._account.objects["customer"][customer_id]
        self._account.emit("customer.deleted", customer)
        return {"id": customer_id, "object": "customer", "deleted": True}

    def _prefix(self) -> str:
        return self._account.new_id("p", 8)[2:].upper()

    @staticmethod
    def _mode(given: Json) -> str | None:
        settings = (given.get("cash_balance") or {}).get("settings")
        return settings.get("reconciliation_mode") if isinstance(settings, dict) else None

    def _metadata(self, given: Json, old: Json | None = None) -> Json:
        return forms.metadata(given, old, limited=self._account.switches.on("ST-10a"))


class Checkout:
    """Checkout sessions for one payment."""

    def __init__(self, account: Account, payments: Payments) -> None:
        self._account, self._payments = account, payments

    def create(self, given: Json) -> Json:
        """As `POST /v1/checkout/sessions`, mode `payment`, with `price_data` lines."""
        if given.get("mode") != "payment":
            raise StripeError(400, "Only mode `payment` is emulated.", param="mode")
        lines = given.get("line_items") or []
        if not lines:
            raise required("line_items")
        total = 0
        for line in lines:
            price = line.get("price_data") or {}
            total += forms.integer(price, "unit_amount") * forms.integer(line, "quantity", 1)
        currency = str(lines[0]["price_data"]["currency"]).lower()
        session = self._account.make(
            "checkout.session",
            {
                "amount_total": total, "client_reference_id": given.get("client_reference_id"), "currency": currency,
                "customer": given.get("customer"), "metadata": forms.metadata(given), "mode": "payment",
                "payment_intent": None, "payment_status": "unpaid", "status": "open",
                "success_url": given.get("success_url"), "url": "https://checkout.stripe.com/c/pay",
                "_intent": given.get("payment_intent_data") or {},
            },
        )  # fmt: skip
        return session

    def update(self, session_id: str, given: Json) -> Json:
        """As `POST /v1/checkout/sessions/{id}`: its own metadata, which no charge inherits."""
        session = self._account.get("checkout.session", session_id)
        session["metadata"] = forms.metadata(given, session["metadata"])
        return session

    def complete(self, session_id: str, method: str) -> Json:
        """The customer pays."""
        session = self._account.get("checkout.session", session_id)
        given = {
            **session["_intent"], "amount": str(session["amount_total"]), "currency": session["currency"],
            "customer": session["customer"], "payment_method": method, "payment_method_types": ["card",
            "us_bank_account"],
            "confirm": "true",
        }  # fmt: skip
        intent = self._payments.create(given)
        paid = "paid" if intent["status"] == "succeeded" else "unpaid"
        fields = {"payment_intent": intent["id"], "payment_status": paid, "status": "complete"}
        return self._account.change(session, "checkout.session.completed", **fields)


class Endpoints:
    """Webhook endpoints."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, given: Json) -> Json:
        """As `POST /v1/webhook_endpoints`; the secret is in this answer and in no other."""
        version = given.get("api_version")
        if version is not None and version not in versions.KNOWN:
            raise StripeError(400, f"Invalid Stripe API version: {version}", param="api_version")
        url, events = forms.text(given, "url"), given.get("enabled_events")
        if not events:
            raise required("enabled_events")
        endpoint = self._account.make(
            "webhook_endpoint",
            {
                "api_version": version, "application": None, "description": given.get("description"),
                "enabled_events": events, "metadata": forms.metadata(given), "status": "enabled", "url": url,
                "_secrets": [{"secret": self._account.new_id("whsec", 32), "until": None}],
            },
        )  # fmt: skip
        return {**endpoint, "secret": endpoint["_secrets"][0]["secret"]}

    def update(self, endpoint_id: str, given: Json) -> Json:
        """As `POST /v1/webhook_endpoints/{id}`."""
        endpoint = self._account.get("webhook_endpoint", endpoint_id)
        for name in ("url", "enabled_events", "description"):
            if name in given:
                endpoint[name] = given[name]
        if "disabled" in given:
            endpoint["status"] = "disabled" if forms.flag(given, "disabled") else "enabled"
        return endpoint

    def delete(self, endpoint_id: str) -> Json:
        """As `DELETE /v1/webhook_endpoints/{id}`."""
        self._account.get("webhook_endpoint", endpoint_id)
        del self._account.objects["webhook_endpoint"][endpoint_id]
        return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}

    def roll(self, endpoint_id: str, overlap_seconds: int) -> Any:
        """A new secret; the old ones sign beside it for a while."""
        endpoint = self._account.get("webhook_endpoint", endpoint_id)
        until = self._account.now() + overlap_seconds
        for one in endpoint["_secrets"]:
            one["until"] = min(until, one["until"]) if one["until"] else until
        made = self._account.new_id("whsec", 32)
        endpoint["_secrets"].append({"secret": made, "until": None})
        return {"secret": made}
