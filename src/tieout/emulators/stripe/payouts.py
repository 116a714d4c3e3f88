"""Payouts: what leaves the balance for the bank, and what was in it."""

from __future__ import annotations

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import currencies, forms
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.errors import StripeError


class Payouts:
    """Manual ones are made by request; automatic ones sweep what is available and know what is in them."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, given: Json) -> Json:
        """As `POST /v1/payouts`: a manual payout."""
        amount, currency = forms.integer(given, "amount"), forms.text(given, "currency").lower()
        currencies.check_amount(amount, currency, payout=True)
        available = {row["currency"]: row["amount"] for row in self._account.balance()["available"]}
        if amount > available.get(currency, 0):
            raise StripeError(
                400,
                "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.",
                code="balance_insufficient",
            )
        return self._send(amount, currency, given, automatic=False, rows=[])

    def sweep(self) -> list[Json]:
        """The day's automatic payouts, one for each currency with money."""
        made = []
        for currency in self._account.settings["balances"]:
            rows = [
                row
                for row in self._account.all("balance_transaction", currency=currency, status="available")
                if row["_payout"] is None and row["type"] != "payout"
            ]
            amount = sum(row["net"] for row in rows)
            if amount > 0:
                made.append(self._send(amount, currency, {}, automatic=True, rows=rows))
        return made

    def _send(self, amount: int, currency: str, given: Json, *, automatic: bool, rows: list[Json]) -> Json:
        account = self._account
        now = account.now()
        arrival = account.midnight(now) + int(account.settings["payout_days"]) * DAY
        payout = account.make(
            "payout",
            {
                "amount": amount, "arrival_date": arrival, "automatic": automatic, "balance_transaction": None,
                "currency": currency, "description": given.get("description") or "STRIPE PAYOUT",
                "destination": "ba_1TieoutBank", "failure_balance_transaction": None, "failure_code": None,
                "failure_message": None, "metadata": forms.metadata(given), "method": "standard",
                "original_payout": None, "reconciliation_status": "in_progress" if automatic else "not_applicable",
                "reversed_by": None, "source_type": "card", "statement_descriptor": given.get("statement_descriptor"),
                "status": "pending", "trace_id": {"status": "pending", "value": None}, "type": "bank_account",
            },
        )  # fmt: skip
        row = account.transact(
            "payout", "payout", -amount, currency, payout["id"], description="STRIPE PAYOUT"
        )
        payout["balance_transaction"] = row["id"]
        for one in [*rows, row]:
            one["_payout"] = payout["id"]
        account.emit("payout.created", payout)
        account.change(payout, "payout.updated", status="in_transit")
        if automatic:
            account.later(now + int(account.settings["reconcile_seconds"]), "reconcile", id=payout["id"])
        account.later(arrival, "payout_paid", id=payout["id"])
        return payout

    def reconcile(self, payout_id: str) -> None:
        """It is known now what is in it."""
        payout = self._account.get("payout", payout_id)
        if payout["reconciliation_status"] == "in_progress":
            self._account.change(payout, "payout.reconciliation_completed", reconciliation_status="completed")

    def pay(self, payout_id: str) -> None:
        """It has reached the bank, as far as Stripe knows."""
        payout = self._account.get("payout", payout_id)
        if payout["status"] == "in_transit":
            trace = {"status": "supported", "value": f"0910000{payout['arrival_date'] % 10**8:08d}"}
            self._account.change(payout, "payout.paid", status="paid", trace_id=trace)

    def fail(self, payout_id: str, code: str = "account_closed") -> Json:
        """The bank sends it back, also days after it counted as paid."""
        payout = self._account.get("payout", payout_id)
        if payout["status"] == "paid" and not self._account.switches.on("ST-07e"):
            return payout
        back = self._account.transact(
            "payout_failure", "payout_reversal", payout["amount"], payout["currency"], payout_id
        )
        fields = {"failure_balance_transaction": back["id"], "failure_code": code,
                  "failure_message": "The bank account has been closed."}  # fmt: skip
        return self._account.change(payout, "payout.failed", status="failed", **fields)

    def update(self, payout_id: str, given: Json) -> Json:
        """As `POST /v1/payouts/{id}`: metadata."""
        payout = self._account.get("payout", payout_id, "payout")
        merged = forms.metadata(given, payout["metadata"], limited=self._account.switches.on("ST-10a"))
        return self._account.change(payout, "payout.updated", metadata=merged)

    def rows(self, payout_id: str) -> list[Json]:
        """Its balance transactions. Raises `StripeError` for a manual one, whose content nobody knows."""
        payout = self._account.get("payout", payout_id, "payout")
        rows = list(self._account.all("balance_transaction", _payout=payout_id))
        if not payout["automatic"] and self._account.switches.on("ST-09b"):
            raise StripeError(
                400,
                "Balance transaction history can only be filtered on automatic transfers, not manual.",
                param="payout",
            )
        if payout["reconciliation_status"] == "in_progress" and self._account.switches.on("ST-09a"):
            return rows[1:]
        return rows
