"""Invoices and what paid them: invoice payments, marks out of band, partial and over-payments (§6)."""

from __future__ import annotations

from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import forms
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.errors import StripeError
from tieout.emulators.stripe.methods import CASH
from tieout.emulators.stripe.payments import Payments


class Invoices:
    """Draft → open → paid, void or uncollectible."""

    def __init__(self, account: Account, payments: Payments) -> None:
        self._account, self._payments = account, payments
        payments.paid = self.intent_paid

    def add_item(self, given: Json) -> Json:
        """As `POST /v1/invoiceitems`."""
        customer = self._account.get("customer", forms.text(given, "customer"), "customer")
        fields = {
            "amount": forms.integer(given, "amount"), "currency": forms.text(given, "currency").lower(),
            "customer": customer["id"], "description": given.get("description"), "invoice": given.get("invoice"),
            "metadata": forms.metadata(given),
        }  # fmt: skip
        item = self._account.make("invoiceitem", fields)
        self._account.emit("invoiceitem.created", item)
        if item["invoice"]:
            self._sum(self._account.get("invoice", item["invoice"], "invoice"))
        return item

    def create(self, given: Json) -> Json:
        """As `POST /v1/invoices`: a draft, with the customer's pending items when asked for."""
        customer = self._account.get("customer", forms.text(given, "customer"), "customer")
        pending = [
            one for one in self._account.all("invoiceitem", customer=customer["id"]) if not one["invoice"]
        ] if given.get("pending_invoice_items_behavior") == "include" else []  # fmt: skip
        currency = (given.get("currency") or (pending[0]["currency"] if pending else "usd")).lower()
        method = given.get("collection_method", "charge_automatically")
        days = forms.integer(given, "days_until_due", 0)
        now = self._account.now()
        invoice = self._account.make(
            "invoice",
            {
                "amount_due": 0, "amount_overpaid": 0, "amount_paid": 0, "amount_remaining": 0,
                "auto_advance": forms.flag(given, "auto_advance", default=False), "billing_reason": "manual",
                "collection_method": method, "currency": currency, "customer": customer["id"],
                "customer_email": customer["email"], "customer_name": customer["name"],
                "description": given.get("description"),
                "due_date": now + days * DAY if method == "send_invoice" else None,
                "effective_at": None, "hosted_invoice_url": None, "metadata": self._metadata(given), "number": None,
                "parent": None, "period_end": now, "period_start": now, "starting_balance": 0, "status": "draft",
                "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at",
                "voided_at")),
                "subtotal": 0, "total": 0, "webhooks_delivered_at": None,
            },
        )  # fmt: skip
        for one in pending:
            one["invoice"] = invoice["id"]
        self._sum(invoice)
        event = self._account.emit("invoice.created", invoice)
        if invoice["auto_advance"]:
            pause = int(self._account.settings["invoice_draft_seconds"])
            self._account.later(now + pause, "finalize", id=invoice["id"], event=event["id"])
        return invoice

    def update(self, invoice_id: str, given: Json) -> Json:
        """As `POST /v1/invoices/{id}`: metadata and description."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        changes: Json = {"metadata": self._metadata(given, invoice["metadata"])}
        if "description" in given:
            changes["description"] = given["description"] or None
        return self._account.change(invoice, "invoice.updated", **changes)

    def finalize_by_itself(self, invoice_id: str, event_id: str) -> None:
        """An hour after its webhooks arrived; a failing endpoint delays it."""
        invoice = self._account.get("invoice", invoice_id)
        event = self._account.objects["event"].get(event_id)
        waits = event is not None and event["pending_webhooks"] and self._account.switches.on("ST-12a")
        if invoice["status"] != "draft":
            return
        if waits:
            later = self._account.now() + int(self._account.settings["invoice_draft_seconds"])
            self._account.later(later, "finalize", id=invoice_id, event=event_id)
            return
        invoice["webhooks_delivered_at"] = self._account.now()
        self.finalize(invoice_id)

    def finalize(self, invoice_id: str) -> Json:
        """As `POST /v1/invoices/{id}/finalize`: a number, and a payment intent that waits."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        if invoice["status"] != "draft":
            message = "This invoice is already finalized, you can't re-finalize a non-draft invoice."
            raise StripeError(400, message, code="invoice_not_editable")
        customer = self._account.get("customer", invoice["customer"])
        customer["next_invoice_sequence"] += 1
        number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence'] - 1:04d}"
        transitions = {**invoice["status_transitions"], "finalized_at": self._account.now()}
        invoice |= {"number": number, "effective_at": self._account.now()}
        self._account.change(invoice, "invoice.finalized", status="open", status_transitions=transitions)
        if invoice["amount_due"] > 0:
            self._pay_with(invoice, self._intent(invoice), default=True)
        else:
            self._settle(invoice)
        return invoice

    def pay(self, invoice_id: str, given: Json) -> Json:
        """As `POST /v1/invoices/{id}/pay`; `paid_out_of_band` marks it without any money of Stripe's."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        if invoice["status"] == "draft":
            self.finalize(invoice_id)
        if invoice["status"] != "open":
            message = (
                "Invoice is already paid"
                if invoice["status"] == "paid"
                else "This invoice can no longer be paid"
            )
            raise StripeError(400, message, code="invoice_not_editable")
        if forms.flag(given, "paid_out_of_band"):
            return self._out_of_band(invoice)
        intent = self._default_intent(invoice)
        method = given.get("payment_method") or self._saved_method(invoice["customer"])
        if not method:
            message = "There is no `default_payment_method` set on this Customer or Invoice."
            raise StripeError(400, message, code="resource_missing", param="payment_method")
        try:
            self._payments.confirm(intent["id"], {"payment_method": method})
        except StripeError:
            self._account.emit("invoice.payment_failed", invoice)
            raise
        return invoice

    def attach(self, invoice_id: str, given: Json) -> Json:
        """As `POST /v1/invoices/{id}/attach_payment`: one more payment of an open invoice."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        if invoice["status"] != "open":
            raise StripeError(
                400, "Payments can only be attached to open invoices.", code="invoice_not_editable"
            )
        intent = self._account.get("payment_intent", forms.text(given, "payment_intent"), "payment_intent")
        self._pay_with(invoice, intent, default=False)
        if intent["status"] == "succeeded":
            self.intent_paid(intent)
        return invoice

    def end(self, invoice_id: str, status: str, event: str, at: str) -> Json:
        """Void it, or mark it uncollectible."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        if invoice["status"] not in {"open", "uncollectible"}:
            message = "You can only pass in open invoices. This invoice isn't open."
            raise StripeError(400, message, code="invoice_not_editable")
        transitions = {**invoice["status_transitions"], at: self._account.now()}
        return self._account.change(invoice, event, status=status, status_transitions=transitions)

    def send(self, invoice_id: str) -> Json:
        """As `POST /v1/invoices/{id}/send`."""
        invoice = self._account.get("invoice", invoice_id, "invoice")
        if invoice["status"] == "draft":
            self.finalize(invoice_id)
        self._account.emit("invoice.sent", invoice)
        return invoice

    def lines(self, invoice_id: str) -> list[Json]:
        """All its lines."""
        return [
            {
                "id": f"il_{item['id'][3:]}", "object": "line_item", "amount": item["amount"],
                "currency": item["currency"], "description": item["description"], "discount_amounts": [],
                "invoice": invoice_id, "livemode": item["livemode"], "metadata": item["metadata"],
                "parent": {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": item["id"]}},
                "period": {"start": item["created"], "end": item["created"]}, "pricing": None, "quantity": 1,
                "quantity_decimal": "1", "subtotal": item["amount"], "taxes": [],
            }
            for item in self._account.all("invoiceitem", invoice=invoice_id)
        ]  # fmt: skip

    # -- payment

    def by_transfer(self, invoice: Json) -> Json:
        """The intent by which money of the cash balance goes to an invoice."""
        intent = self._default_intent(invoice)
        intent |= {"payment_method_types": [CASH], "_reference": intent.get("_reference") or ""}
        return intent

    def intent_paid(self, intent: Json) -> None:
        """A payment intent succeeded: what it received goes to the invoices it is attached to, in order."""
        left = intent["amount_received"]
        for row in self._account.payments("payment_intent", intent["id"]):
            if row["status"] != "open":
                left -= row["amount_paid"] or 0
                continue
            invoice = self._account.get("invoice", row["invoice"])
            amount = min(left, row["amount_requested"])
            left -= amount
            transitions = {**row["status_transitions"], "paid_at": self._account.now()}
            row |= {"amount_paid": amount, "_charge": intent["latest_charge"]}
            self._account.change(row, "invoice_payment.paid", status="paid", status_transitions=transitions)
            self._add_paid(invoice, amount)

    def _add_paid(self, invoice: Json, amount: int) -> None:
        invoice["amount_paid"] += amount
        over = max(0, invoice["amount_paid"] - invoice["amount_due"])
        invoice |= {
            "amount_remaining": max(0, invoice["amount_due"] - invoice["amount_paid"]),
            "amount_overpaid": over,
        }
        if invoice["amount_remaining"] == 0 and invoice["status"] == "open":
            self._settle(invoice)
            if over:
                self._account.emit("invoice.overpaid", invoice)

    def _settle(self, invoice: Json, *, by_payment: bool = True) -> None:
        transitions = {**invoice["status_transitions"], "paid_at": self._account.now()}
        self._account.change(invoice, "invoice.paid", status="paid", status_transitions=transitions)
        if by_payment:
            self._account.emit("invoice.payment_succeeded", invoice)

    def _out_of_band(self, invoice: Json) -> Json:
        amount = invoice["amount_remaining"]
        record = self._account.make(
            "payment_record", {"amount": {"currency": invoice["currency"], "value": amount}}
        )
        default = next(
            (one for one in self._account.payments("invoice", invoice["id"]) if one["is_default"]), None
        )
        if default is not None:
            self._account.change(default, None, status="canceled")
        fields = {
            "payment": {"type": "payment_record", "payment_record": record["id"]},
            "amount_paid": amount,
        }
        self._invoice_payment(invoice, amount, status="paid", is_default=False, **fields)
        invoice |= {
            "_out_of_band": True,
            "amount_paid": invoice["amount_paid"] + amount,
            "amount_remaining": 0,
        }
        self._settle(invoice, by_payment=not self._account.switches.on("ST-12b"))
        return invoice

    def _pay_with(self, invoice: Json, intent: Json, *, default: bool) -> Json:
        done = intent["status"] == "succeeded"
        requested = intent["amount_received"] if done else min(invoice["amount_remaining"], intent["amount"])
        payment = {"type": "payment_intent", "payment_intent": intent["id"]}
        return self._invoice_payment(invoice, requested, payment=payment, is_default=default)

    def _invoice_payment(self, invoice: Json, requested: int, **fields: Any) -> Json:
        base: Json = {
            "amount_paid": None, "amount_requested": requested, "currency": invoice["currency"],
            "invoice": invoice["id"],
            "status": "open", "status_transitions": {"canceled_at": None, "paid_at": None}, "_charge": None,
        }  # fmt: skip
        return self._account.make("invoice_payment", {**base, **fields})

    def _intent(self, invoice: Json) -> Json:
        given = {
            "amount": str(invoice["amount_due"]), "currency": invoice["currency"], "customer": invoice["customer"],
            "description": f"Payment for Invoice {invoice['number']}",
            "payment_method_types": ["card", "us_bank_account", "sepa_debit", "customer_balance"],
        }  # fmt: skip
        return self._payments.create(given)

    def _default_intent(self, invoice: Json) -> Json:
        rows = self._account.payments("invoice", invoice["id"])
        row = next(one for one in rows if one["is_default"] and one["status"] == "open")
        intent = self._account.get("payment_intent", row["payment"]["payment_intent"])
        remaining = invoice["amount_remaining"]
        row["amount_requested"], intent["amount"] = remaining, remaining
        return intent

    def _saved_method(self, customer: str) -> str | None:
        found = self._account.get("customer", customer)["invoice_settings"]["default_payment_method"]
        return None if found is None else str(found)

    def _sum(self, invoice: Json) -> None:
        total = sum(one["amount"] for one in self._account.all("invoiceitem", invoice=invoice["id"]))
        due = max(0, total)
        invoice |= {"subtotal": total, "total": total, "amount_due": due, "amount_remaining": due}

    def _metadata(self, given: Json, old: Json | None = None) -> Json:
        return forms.metadata(given, old, limited=self._account.switches.on("ST-10a"))
