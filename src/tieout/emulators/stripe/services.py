"""Everything one account can do, wired together; and what falls due by itself."""

from __future__ import annotations

from collections.abc import Callable

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe.account import Account
from tieout.emulators.stripe.cash import CashBalances
from tieout.emulators.stripe.customers import Checkout, Customers, Endpoints
from tieout.emulators.stripe.invoices import Invoices
from tieout.emulators.stripe.methods import Methods
from tieout.emulators.stripe.payments import Payments
from tieout.emulators.stripe.payouts import Payouts
from tieout.emulators.stripe.refunds import Disputes, Refunds
from tieout.emulators.stripe.webhooks import Outbox


class Services:
    """The parts of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.outbox = Outbox(account)
        account.tell = self.outbox.told
        self.methods = Methods(account)
        self.payments = Payments(account, self.methods)
        self.refunds, self.disputes, self.payouts = Refunds(account), Disputes(account), Payouts(account)
        self.payments.disputed = lambda charge, inquiry: self.disputes.open(charge["id"], inquiry=inquiry)
        self.invoices = Invoices(account, self.payments)
        self.cash = CashBalances(account, self.payments, self.invoices.by_transfer)
        self.customers, self.endpoints = Customers(account), Endpoints(account)
        self.checkout = Checkout(account, self.payments)
        self._actions: dict[str, Callable[[Json], object]] = {
            "available": lambda one: self._available(one["id"]),
            "book": lambda one: self.payments.book_late(one["id"]),
            "end_debit": lambda one: self.payments.end_debit(one["id"]),
            "late_return": lambda one: self.disputes.late_return(one["id"]),
            "end_refund": lambda one: self.refunds.end(one["id"]),
            "reconcile": lambda one: self.payouts.reconcile(one["id"]),
            "payout_paid": lambda one: self.payouts.pay(one["id"]),
            "finalize": lambda one: self.invoices.finalize_by_itself(one["id"], one["event"]),
            "sweep": lambda _: self._sweep(),
        }

    def run_due(self) -> None:
        """Carry out what fell due, in order; what that makes due already, too."""
        caused = self.account.request
        self.account.request = {"id": None, "idempotency_key": None}
        while (one := self.account.take_due()) is not None:
            self._actions[one["action"]](one)
        self.account.request = caused

    def _available(self, transaction_id: str) -> None:
        transaction = self.account.get("balance_transaction", transaction_id)
        transaction["status"] = "available"
        self.account.emit("balance.available", self.account.balance())

    def _sweep(self) -> None:
        self.payouts.sweep()
        self.account.later(self.account.midnight(self.account.now()) + 30 * 3600, "sweep")
