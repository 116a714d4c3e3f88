"""Reading an object again, with what belongs to it. The order of truth is stripe-billing §3's: the event comes last."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.connectors.stripe.client import Item, StripeClient
from tieout.connectors.stripe.facts import Facts
from tieout.connectors.stripe.hooks import ObjectId
from tieout.connectors.stripe.options import StripeOptions
from tieout.connectors.stripe.payers import is_stamped, is_transfer
from tieout.connectors.stripe.payout_lines import is_complete
from tieout.connectors.stripe.values import EMPTY, Record, id_of, mapping_of, number_of, text_of

_PATHS = {
    "charge": "/v1/charges", "refund": "/v1/refunds", "dispute": "/v1/disputes", "payout": "/v1/payouts",
    "balance_transaction": "/v1/balance_transactions",
}  # fmt: skip
_EXPANDED = {
    "charge": ("balance_transaction", "customer", "failure_balance_transaction", "payment_intent"),
    "refund": ("balance_transaction", "failure_balance_transaction"),
    "dispute": ("charge",),
    "payout": ("balance_transaction", "failure_balance_transaction"),
    "balance_transaction": ("source",),
}
_CASH = "customer_cash_balance_transaction"


class Gatherer:
    """Reads what a movement is made of."""

    def __init__(self, options: StripeOptions, client: StripeClient) -> None:
        self._options, self._client = options, client

    def read(self, one: ObjectId) -> list[Facts]:
        """The objects that a hint comes to, as they are now; none for what moves no money. Raises `CallError`s."""
        if one.object == "payment_intent":
            return self._of_intent(one.id)
        if one.object == _CASH:
            return self._transfer(one.id)
        if one.object not in _PATHS:
            return []
        item = self._client.find(f"{_PATHS[one.object]}/{one.id}", _EXPANDED[one.object])
        if item is None:
            return []
        if one.object == "charge":
            return [self._charge(item)]
        if one.object == "payout":
            return [Facts(kind=one.object, item=item, inside=self._inside(item))]
        charge = mapping_of(item, "charge") if one.object == "dispute" else EMPTY
        return [Facts(kind=one.object, item=item, charge=charge)]

    def _inside(self, payout: Item) -> tuple[Item, ...] | None:
        if not is_complete(payout):
            return None
        return tuple(self._client.rows("/v1/balance_transactions", {"payout": text_of(payout, "id")}))

    def _of_intent(self, intent_id: str) -> list[Facts]:
        """A payment intent is paid by charges; it is none of the money itself."""
        rows = self._client.rows("/v1/charges", {"payment_intent": intent_id})
        return [facts for row in rows for facts in self.read(ObjectId("charge", str(row["id"])))]

    def _transfer(self, both: str) -> list[Facts]:
        """`customer/transaction`: a row of a cash balance has no address of its own outside of its customer."""
        customer, _, transaction = both.partition("/")
        for row in self._client.rows(f"/v1/customers/{customer}/cash_balance_transactions", {}):
            if row["id"] == transaction:
                return [Facts(kind=_CASH, item=row)]
        return []

    def _charge(self, charge: Item) -> Facts:
        intent = id_of(charge, "payment_intent")
        payments = self._payments(intent) if intent else ()
        invoices = tuple(
            found
            for one in dict.fromkeys(id_of(row, "invoice") for row in payments)
            if one and (found := self._client.find(f"/v1/invoices/{one}")) is not None
        )
        session: Record = EMPTY
        if intent and self._options.read_checkout_sessions and not is_stamped(charge):
            found_sessions, _ = self._client.page(
                "/v1/checkout/sessions", {"payment_intent": intent, "limit": "1"}
            )
            session = found_sessions[0] if found_sessions else EMPTY
        transfers = tuple(self._funding(charge, intent)) if is_transfer(charge) else ()
        return Facts(
            kind="charge", item=charge, invoice_payments=payments, invoices=invoices, session=session,
            transfers=transfers,
        )  # fmt: skip

    def _payments(self, intent: str) -> tuple[Item, ...]:
        params = {"payment[type]": "payment_intent", "payment[payment_intent]": intent}
        rows = self._client.rows("/v1/invoice_payments", params)
        # What was never paid says nothing of what this money is for.
        return tuple(row for row in rows if number_of(row, "amount_paid"))

    def _funding(self, charge: Item, intent: str) -> Iterator[Item]:
        """The transfers that lay on the cash balance when the payment was taken from it, the newest first."""
        customer = id_of(charge, "customer")
        if not customer:
            return
        applied, left = False, number_of(charge, "amount") or 0
        for row in self._client.rows(f"/v1/customers/{customer}/cash_balance_transactions", {}):
            if text_of(row, "type") == "applied_to_payment":
                applied = applied or id_of(mapping_of(row, "applied_to_payment"), "payment_intent") == intent
            if applied and text_of(row, "type") == "funded" and left > 0:
                left -= number_of(row, "net_amount") or 0
                yield row
