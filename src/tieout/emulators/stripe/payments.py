"""Payment intents and charges: cards at once, debits after days, transfers from the cash balance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import currencies, forms
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.errors import StripeError, card_declined
from tieout.emulators.stripe.methods import CARD, CASH, DELAYED, TYPES, Methods

_CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_CANCELABLE = _CONFIRMABLE | {"requires_capture", "processing"}
_LATE_SECONDS = 2
_DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}


class Payments:
    """Payment intents and their charges. `paid` is told of every intent that succeeded."""

    def __init__(self, account: Account, methods: Methods) -> None:
        self._account, self._methods = account, methods
        self.paid: Callable[[Json], None] = lambda _: None
        self.disputed: Callable[[Json, bool], Any] = lambda charge, inquiry: None  # noqa: ARG005
        self.fund: Callable[[Json], None] = lambda _: None

    # -- payment intents

    def create(self, given: Json) -> Json:
        """As `POST /v1/payment_intents`."""
        amount, currency = forms.integer(given, "amount"), forms.text(given, "currency").lower()
        currencies.check_amount(amount, currency)
        types = given.get("payment_method_types") or [CARD]
        types = [types] if isinstance(types, str) else types
        for one in types:
            if one not in TYPES:
                message = f'The payment method type "{one}" is invalid.'
                raise StripeError(400, message, param="payment_method_types")
        if given.get("customer"):
            self._account.get("customer", given["customer"], "customer")
        intent = self._account.make(
            "payment_intent",
            {
                "amount": amount, "amount_capturable": 0, "amount_received": 0, "canceled_at": None,
                "cancellation_reason": None, "capture_method": given.get("capture_method", "automatic"),
                "client_secret": None, "confirmation_method": "automatic", "currency": currency,
                "customer": given.get("customer") or None, "description": given.get("description") or None,
                "last_payment_error": None, "latest_charge": None, "metadata": self._metadata(given),
                "next_action": None, "payment_details": given.get("payment_details") or None,
                "payment_method": None, "payment_method_options": given.get("payment_method_options") or {},
                "payment_method_types": types, "processing": None, "receipt_email": given.get("receipt_email"),
                "shipping": given.get("shipping"), "statement_descriptor": given.get("statement_descriptor"),
                "status": "requires_payment_method", "transfer_group": given.get("transfer_group"), "_funded": 0,
            },
        )  # fmt: skip
        intent["client_secret"] = f"{intent['id']}_secret_{self._account.new_id('s', 16)[2:]}"
        self._account.emit("payment_intent.created", intent)
        self._choose_method(intent, given)
        if forms.flag(given, "confirm"):
            self.confirm(intent["id"], {})
        return intent

    def update(self, intent_id: str, given: Json) -> Json:
        """As `POST /v1/payment_intents/{id}`; after the charge exists, its copy of the metadata stays as it was."""
        intent = self._account.get("payment_intent", intent_id, "intent")
        changes: Json = {"metadata": self._metadata(given, intent["metadata"])}
        if "amount" in given:
            if intent["status"] not in _CONFIRMABLE:
                raise self._wrong_state(intent, "This PaymentIntent's amount could not be updated")
            changes["amount"] = forms.integer(given, "amount")
        for name in ("description", "receipt_email", "customer", "transfer_group", "payment_details"):
            if name in given:
                changes[name] = given[name] or None
        self._choose_method(intent, given)
        intent |= changes
        if not self._account.switches.on("ST-10b") and intent["latest_charge"]:
            self._account.get("charge", intent["latest_charge"])["metadata"] = dict(intent["metadata"])
        return intent

    def confirm(self, intent_id: str, given: Json) -> Json:
        """As `POST /v1/payment_intents/{id}/confirm`."""
        intent = self._account.get("payment_intent", intent_id, "intent")
        if intent["status"] not in _CONFIRMABLE:
            raise self._wrong_state(intent, "You cannot confirm this PaymentIntent")
        self._choose_method(intent, given)
        if intent["payment_method"] is None:
            raise StripeError(
                400,
                "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the"
                " PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a"
                " payment method or ConfirmationToken.",
                code="payment_intent_unexpected_state",
            )
        method = self._account.get("payment_method", intent["payment_method"])
        if method["type"] == CASH:
            self._await_transfer(intent)
        elif method["type"] in DELAYED:
            self._start_debit(intent, method)
        else:
            self._charge_card(intent, method)
        return intent

    def capture(self, intent_id: str, given: Json) -> Json:
        """As `POST /v1/payment_intents/{id}/capture`; what is not captured is released."""
        intent = self._account.get("payment_intent", intent_id, "intent")
        if intent["status"] != "requires_capture":
            raise self._wrong_state(intent, "This PaymentIntent could not be captured")
        charge = self._account.get("charge", intent["latest_charge"])
        amount = forms.integer(given, "amount_to_capture", charge["amount"])
        if not 0 < amount <= charge["amount"]:
            message = "You cannot capture more than the authorized amount."
            raise StripeError(400, message, code="amount_too_large", param="amount_to_capture")
        charge |= {"captured": True, "amount_captured": amount}
        self._succeed(intent, charge, "charge.captured")
        return intent

    def cancel(self, intent_id: str, given: Json) -> Json:
        """As `POST /v1/payment_intents/{id}/cancel`."""
        intent = self._account.get("payment_intent", intent_id, "intent")
        if intent["status"] not in _CANCELABLE:
            raise self._wrong_state(intent, "You cannot cancel this PaymentIntent")
        reason = given.get("cancellation_reason")
        fields = {"status": "canceled", "canceled_at": self._account.now(), "cancellation_reason": reason}
        return self._account.change(intent, "payment_intent.canceled", **fields)

    def update_charge(self, charge_id: str, given: Json) -> Json:
        """As `POST /v1/charges/{id}`: description, receipt and metadata."""
        charge = self._account.get("charge", charge_id)
        changes: Json = {"metadata": self._metadata(given, charge["metadata"])}
        changes |= {name: given[name] or None for name in ("description", "receipt_email") if name in given}
        return self._account.change(charge, "charge.updated", **changes)

    # -- how a payment goes

    def _charge_card(self, intent: Json, method: Json) -> None:
        behaviour = method["_behaviour"]
        if behaviour in _DECLINES:
            charge = self._charge(intent, method, "failed", failure_code="card_declined", paid=False,
                                  failure_message=_DECLINES[behaviour])  # fmt: skip
            self._account.emit("charge.failed", charge)
            problem = {"charge": charge["id"], "code": "card_declined", "decline_code": behaviour,
                       "message": _DECLINES[behaviour], "type": "card_error"}  # fmt: skip
            self._account.change(intent, "payment_intent.payment_failed", status="requires_payment_method",
                                 last_payment_error=problem, payment_method=None)  # fmt: skip
            raise card_declined(_DECLINES[behaviour], behaviour, charge["id"], intent)
        if intent["capture_method"] == "manual":
            charge = self._charge(intent, method, "succeeded", captured=False, amount_captured=0)
            self._account.emit("charge.succeeded", charge)
            self._account.change(intent, "payment_intent.amount_capturable_updated", status="requires_capture",
                                 amount_capturable=intent["amount"])  # fmt: skip
            return
        charge = self._charge(intent, method, "succeeded")
        charge["_bypass"] = behaviour == "bypass"
        self._succeed(intent, charge, "charge.succeeded")
        if behaviour in {"dispute", "inquiry"}:
            self.disputed(charge, behaviour == "inquiry")

    def _start_debit(self, intent: Json, method: Json) -> None:
        """A debit: the charge exists, and may have a balance transaction, days before anybody knows how it ends."""
        pending = self._account.switches.on("ST-07a")
        charge = self._charge(intent, method, "pending", prefix="py", paid=False)
        days = int(self._account.settings["ach_days"])
        expected = self._account.midnight(self._account.now()) + days * DAY
        charge["payment_method_details"][method["type"]]["expected_debit_date"] = _iso(expected)
        self._book(charge, available_on=expected)
        self._account.change(intent, "payment_intent.processing", status="processing")
        self._account.emit("charge.pending", charge)
        if not pending:
            self.end_debit(charge["id"])
        elif method["_behaviour"] != "stuck":
            self._account.later(self._account.now() + days * DAY, "end_debit", id=charge["id"])

    def end_debit(self, charge_id: str, outcome: str = "") -> Json:
        """The bank's answer: it succeeded, or failed with a reason. `outcome` overrides the test method's own."""
        charge = self._account.get("charge", charge_id)
        if charge["status"] != "pending":
            return charge
        intent = self._account.get("payment_intent", charge["payment_intent"])
        method = self._account.get("payment_method", charge["payment_method"])
        behaviour = outcome or method["_behaviour"]
        if behaviour in {"succeed", "late_return", "stuck"}:
            charge |= {"status": "succeeded", "paid": True}
            self._succeed(intent, charge, "charge.succeeded")
            if behaviour == "late_return":
                self._account.later(self._account.now() + 20 * DAY, "late_return", id=charge["id"])
            return charge
        message = f"The customer's bank account could not be debited: {behaviour}."
        fee = self._account.get("balance_transaction", charge["balance_transaction"])["fee"]
        kind = "payment_failure_refund"
        back = self._account.transact(
            kind, "charge_failure", -charge["amount"], charge["currency"], charge["id"], fee=-fee
        )
        charge |= {"failure_balance_transaction": back["id"]}
        self._account.change(
            charge, "charge.failed", status="failed", failure_code=behaviour, failure_message=message
        )
        problem = {"charge": charge["id"], "code": behaviour, "message": message, "type": "card_error"}
        self._account.change(intent, "payment_intent.payment_failed", status="requires_payment_method",
                             last_payment_error=problem)  # fmt: skip
        return charge

    def _await_transfer(self, intent: Json) -> None:
        if intent["customer"] is None:
            raise StripeError(400, "A customer is required to use customer_balance.", param="customer")
        intent["_reference"] = intent.get("_reference") or self._account.new_id("r", 12)[2:].upper()
        self._instruct(intent)
        self.fund(intent)
        if intent["status"] != "succeeded":
            self._account.change(intent, "payment_intent.requires_action", status="requires_action")

    def _instruct(self, intent: Json) -> None:
        intent["next_action"] = {
            "type": "display_bank_transfer_instructions",
            "display_bank_transfer_instructions": {
                "amount_remaining": intent["amount"] - intent["_funded"], "currency": intent["currency"],
                "reference": intent["_reference"], "type": "us_bank_transfer",
            },
        }  # fmt: skip

    def add_funds(self, intent: Json, amount: int) -> None:
        """Money of the cash balance goes to an intent; the charge comes when there is enough."""
        intent["_funded"] += amount
        if intent["_funded"] < intent["amount"]:
            self._instruct(intent)
            self._account.emit("payment_intent.partially_funded", intent)
            return
        method = self._methods.make(CASH, "succeed", {})
        intent |= {"payment_method": method["id"], "next_action": None}
        self._succeed(intent, self._charge(intent, method, "succeeded", prefix="py"), "charge.succeeded")

    def _charge(self, intent: Json, method: Json, status: str, *, prefix: str = "ch", **more: Any) -> Json:
        copied = dict(intent["metadata"])
        details: Json = {"type": method["type"], method["type"]: dict(method[method["type"]])}
        fields: Json = {
            "amount": intent["amount"], "amount_captured": intent["amount"] if status != "failed" else 0,
            "amount_refunded": 0, "balance_transaction": None, "billing_details": method["billing_details"],
            "captured": status != "failed", "currency": intent["currency"], "customer": intent["customer"],
            "description": intent["description"], "disputed": False, "failure_balance_transaction": None,
            "failure_code": None, "failure_message": None, "metadata": copied, "paid": True,
            "payment_intent": intent["id"], "payment_method": method["id"], "payment_method_details": details,
            "receipt_email": intent["receipt_email"], "refunded": False, "shipping": intent["shipping"],
            "statement_descriptor": intent["statement_descriptor"], "status": status,
            "transfer_group": intent["transfer_group"], **more,
        }  # fmt: skip
        charge = self._account.make("charge", fields, prefix if self._account.switches.on("ST-02b") else "ch")
        intent |= {"latest_charge": charge["id"]}
        return charge

    def _succeed(self, intent: Json, charge: Json, event: str) -> None:
        """The money is ours: the charge, its balance transaction, the intent, whoever waits for it."""
        late = charge["payment_method_details"]["type"] == CARD and self._account.switches.on("ST-07h")
        late = late and not charge.get("_bypass")
        if charge["balance_transaction"] is None and not late:
            self._book(charge)
        self._account.emit(event, charge)
        intent |= {"amount_received": charge["amount_captured"], "amount_capturable": 0}
        self._account.change(intent, "payment_intent.succeeded", status="succeeded")
        if charge["balance_transaction"] is None:
            self._account.later(self._account.now() + _LATE_SECONDS, "book", id=charge["id"])
        self.paid(intent)

    def book_late(self, charge_id: str) -> None:
        """The balance transaction comes after the first event, which `charge.updated` tells."""
        charge = self._account.get("charge", charge_id)
        if charge["balance_transaction"] is None:
            self._book(charge)
            self._account.emit("charge.updated", charge, {"balance_transaction": None})

    def _book(self, charge: Json, available_on: int | None = None) -> None:
        settings = self._account.settings
        kind = charge["payment_method_details"]["type"]
        amount = charge["amount_captured"]
        gross, _, _ = self._account.settle(amount, charge["currency"])
        if settings["pricing"] == "ic_plus":
            fee = 0
        elif kind == CARD:
            fee = currencies.share(gross, "0.029", 30)
        else:
            fee = currencies.share(gross, "0.008", most=500)
        if available_on is None:
            days = 0 if charge.get("_bypass") else int(settings["card_available_days"])
            available_on = (
                self._account.midnight(self._account.now()) + days * DAY if days else self._account.now()
            )
        made = self._account.transact(
            "charge" if kind == CARD else "payment", "charge", amount, charge["currency"], charge["id"],
            fee=fee, available_on=available_on, description=charge["description"],
        )  # fmt: skip
        charge["balance_transaction"] = made["id"]

    # -- helpers

    def _choose_method(self, intent: Json, given: Json) -> None:
        if given.get("payment_method"):
            method = self._methods.resolve(given["payment_method"])
        elif given.get("payment_method_data"):
            method = self._methods.create(given["payment_method_data"])
        else:
            return
        if method["type"] not in intent["payment_method_types"]:
            allowed = ", ".join(intent["payment_method_types"])
            raise StripeError(
                400,
                f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach a"
                f" PaymentMethod of one of the following types: {allowed}.",
                param="payment_method",
            )
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}

    def _metadata(self, given: Json, old: Json | None = None) -> Json:
        return forms.metadata(given, old, limited=self._account.switches.on("ST-10a"))

    @staticmethod
    def _wrong_state(intent: Json, text: str) -> StripeError:
        message = f"{text} because it has a status of {intent['status']}."
        return StripeError(400, message, code="payment_intent_unexpected_state")


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
