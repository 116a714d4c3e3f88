"""Bank transfers: money on a customer's cash balance, and what Stripe does with it by itself (§4.2)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import forms
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.payments import Payments

_OVERDUE = 30 * DAY
_LARGEST_GROUP = 5


class CashBalances:
    """The cash balance of each customer, by currency."""

    def __init__(self, account: Account, payments: Payments, bill: Callable[[Json], Json]) -> None:
        self._account, self._payments, self._bill = account, payments, bill
        payments.fund = self._fund_intent

    def balance(self, customer: str, currency: str) -> int:
        """What lies there, in minor units."""
        rows = self._account.all("customer_cash_balance_transaction", customer=customer, currency=currency)
        return sum(row["net_amount"] for row in rows)

    def shown(self, customer: str) -> Json:
        """As `GET /v1/customers/{id}/cash_balance`."""
        currencies = {
            row["currency"]
            for row in self._account.all("customer_cash_balance_transaction", customer=customer)
        }
        mode = self._account.get("customer", customer, "customer").get("_reconciliation") or "automatic"
        return {
            "object": "cash_balance", "available": {one: self.balance(customer, one) for one in sorted(currencies)},
            "customer": customer, "livemode": self._account.settings["livemode"],
            "settings": {"reconciliation_mode": mode, "using_merchant_default": True},
        }  # fmt: skip

    def fund(self, customer: str, given: Json) -> Json:
        """A transfer arrives: `amount`, `currency`, `reference`, and who sent it."""
        self._account.get("customer", customer, "customer")
        amount, currency = forms.integer(given, "amount"), forms.text(given, "currency").lower()
        reference = str(given.get("reference") or "")
        transfer = {
            "reference": reference or None, "type": "us_bank_transfer",
            "us_bank_transfer": {"network": given.get("network", "ach"), "sender_name": given.get("sender_name")},
        }  # fmt: skip
        row = self._move(customer, currency, amount, "funded", funded={"bank_transfer": transfer})
        self._account.emit("cash_balance.funds_available", self.shown(customer))
        mode = self._account.objects["customer"][customer].get("_reconciliation")
        if (mode or self._account.settings["reconciliation_mode"]) == "automatic":
            self._reconcile(customer, currency, amount, reference)
        return row

    def _move(self, customer: str, currency: str, amount: int, kind: str, **more: Json) -> Json:
        ending = self.balance(customer, currency) + amount
        fields = {"currency": currency, "customer": customer, "ending_balance": ending, "net_amount": amount}
        row = self._account.make("customer_cash_balance_transaction", {**fields, "type": kind, **more})
        self._account.emit("customer_cash_balance_transaction.created", row)
        return row

    # -- what Stripe decides by itself

    def _reconcile(self, customer: str, currency: str, amount: int, reference: str) -> None:
        """The published order: the reference, an exact group, the oldest invoices in full, the oldest intents."""
        invoices, intents = self._open(customer, currency)
        open_amount = {one["id"]: _left(one) for one in [*invoices, *intents]}
        if self._account.switches.on("ST-11a") and reference:
            named = [one for one in invoices if one["number"] == reference and _left(one) <= amount]
            named = named or [one for one in intents if one.get("_reference") == reference]
            if named:
                self._apply(named[0])
                return
        if self._account.switches.on("ST-11b"):
            group = self._exact([*invoices, *intents], amount, open_amount)
            for one in group:
                self._apply(one)
            if group:
                return
        if self._account.switches.on("ST-11c"):
            for one in invoices:
                if _left(one) <= self.balance(customer, currency):
                    self._apply(one)
        if self._account.switches.on("ST-11d"):
            for one in intents:
                if self.balance(customer, currency) > 0:
                    self._apply(one)

    def _open(self, customer: str, currency: str) -> tuple[list[Json], list[Json]]:
        now = self._account.now()
        invoices = [
            one
            for one in self._account.all("invoice", customer=customer, currency=currency, status="open")
            if one["due_date"] is None or now - one["due_date"] <= _OVERDUE
        ]
        waiting = self._account.all(
            "payment_intent", customer=customer, currency=currency, status="requires_action"
        )
        billed = {
            one["payment"].get("payment_intent") for one in self._account.objects["invoice_payment"].values()
        }
        intents = [one for one in waiting if one.get("_reference") and one["id"] not in billed]
        return sorted(invoices, key=lambda one: one["created"]), intents

    @staticmethod
    def _exact(items: list[Json], amount: int, open_amount: dict[str, int]) -> list[Json]:
        for size in range(1, min(len(items), _LARGEST_GROUP) + 1):
            for group in combinations(items, size):
                if sum(open_amount[one["id"]] for one in group) == amount:
                    return list(group)
        return []

    def _apply(self, item: Json) -> None:
        """Put what is needed on an invoice (all of it) or an intent (as much as there is)."""
        intent = self._bill(item) if item["object"] == "invoice" else item
        self._fund_intent(intent)

    def _fund_intent(self, intent: Json) -> None:
        customer, currency = intent["customer"], intent["currency"]
        amount = min(self.balance(customer, currency), intent["amount"] - intent["_funded"])
        if amount <= 0:
            return
        applied = {"payment_intent": intent["id"]}
        self._move(customer, currency, -amount, "applied_to_payment", applied_to_payment=applied)
        self._payments.add_funds(intent, amount)


def _left(item: Json) -> int:
    if item["object"] == "invoice":
        return int(item["amount_remaining"])
    return int(item["amount"] - item["_funded"])
