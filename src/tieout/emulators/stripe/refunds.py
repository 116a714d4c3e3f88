"""Refunds and disputes: money that goes back, and sometimes comes again."""

from __future__ import annotations

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe import forms
from tieout.emulators.stripe.account import DAY, Account
from tieout.emulators.stripe.errors import StripeError, required
from tieout.emulators.stripe.methods import CARD

DISPUTE_FEE = 1500
_REFUND_DAYS = 5


class Refunds:
    """One refund's life; a charge shows their sum."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, given: Json) -> Json:
        """As `POST /v1/refunds`."""
        charge = self._charge(given)
        if charge["status"] != "succeeded" or not charge["captured"]:
            raise StripeError(
                400, f"Charge {charge['id']} has not succeeded and cannot be refunded.", param="charge"
            )
        if charge["refunded"]:
            message = f"Charge {charge['id']} has already been refunded."
            raise StripeError(400, message, code="charge_already_refunded")
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = forms.integer(given, "amount", left)
        if amount < 1 or (amount > left and self._account.switches.on("ST-08a")):
            raise StripeError(
                400,
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        card = charge["payment_method_details"]["type"] == CARD
        delayed = not card and self._account.switches.on("ST-07c")
        refund = self._account.make(
            "refund",
            {
                "amount": amount, "balance_transaction": None, "charge": charge["id"], "currency": charge["currency"],
                "destination_details": {"type": charge["payment_method_details"]["type"]},
                "metadata": self._metadata(given),
                "payment_intent": charge["payment_intent"], "reason": given.get("reason"), "receipt_number": None,
                "status": "pending" if delayed else "succeeded",
            },
        )  # fmt: skip
        del refund["livemode"]
        kind = "refund" if card else "payment_refund"
        made = self._account.transact(kind, "refund", -amount, charge["currency"], refund["id"])
        refund["balance_transaction"] = made["id"]
        self._account.emit("refund.created", refund)
        self._sum(charge)
        self._account.emit("charge.refunded", charge)
        if delayed:
            self._account.later(self._account.now() + _REFUND_DAYS * DAY, "end_refund", id=refund["id"])
        return refund

    def update(self, refund_id: str, given: Json) -> Json:
        """As `POST /v1/refunds/{id}`: metadata."""
        refund = self._account.get("refund", refund_id)
        before = refund["metadata"]
        refund["metadata"] = self._metadata(given, before)
        self._tell(refund, {"metadata": before})
        return refund

    def end(self, refund_id: str, reason: str = "") -> Json:
        """A pending refund arrives, or fails for a reason; a failed one's money comes back to the balance."""
        refund = self._account.get("refund", refund_id)
        if not reason:
            if refund["status"] == "pending":
                refund["status"] = "succeeded"
                self._tell(refund, {"status": "pending"})
            return refund
        if refund["status"] == "failed":
            return refund
        before = refund["status"]
        kind = "refund_failure"
        back = self._account.transact(kind, kind, refund["amount"], refund["currency"], refund["id"])
        refund |= {"status": "failed", "failure_reason": reason, "failure_balance_transaction": back["id"]}
        self._tell(refund, {"status": before})
        self._account.emit("refund.failed", refund)
        self._sum(self._account.get("charge", refund["charge"]))
        return refund

    def _tell(self, refund: Json, previous: Json) -> None:
        self._account.emit("refund.updated", refund, previous)
        self._account.emit("charge.refund.updated", refund, previous)

    def _sum(self, charge: Json) -> None:
        live = [one for one in self._account.all("refund", charge=charge["id"]) if one["status"] != "failed"]
        total = sum(one["amount"] for one in live)
        charge |= {"amount_refunded": total, "refunded": total >= charge["amount_captured"]}

    def _charge(self, given: Json) -> Json:
        if given.get("charge"):
            return self._account.get("charge", given["charge"], "charge")
        if not given.get("payment_intent"):
            raise required("payment_intent")
        intent = self._account.get("payment_intent", given["payment_intent"], "payment_intent")
        if intent["latest_charge"] is None or intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise StripeError(400, message, param="payment_intent")
        return self._account.get("charge", intent["latest_charge"])

    def _metadata(self, given: Json, old: Json | None = None) -> Json:
        return forms.metadata(given, old, limited=self._account.switches.on("ST-10a"))


class Disputes:
    """Disputes: an inquiry moves nothing; a withdrawal takes the amount and a fee; a won one gives it back."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def open(
        self, charge_id: str, reason: str = "fraudulent", amount: int | None = None, *, inquiry: bool = False
    ) -> Json:
        """A customer's bank disputes a charge, or asks about it."""
        charge = self._account.get("charge", charge_id)
        inquiry = inquiry and self._account.switches.on("ST-07d")
        now = self._account.now()
        dispute = self._account.make(
            "dispute",
            {
                "amount": amount or charge["amount_captured"], "balance_transactions": [], "charge": charge["id"],
                "currency": charge["currency"], "evidence": {}, "evidence_details": {"due_by": now + 21 * DAY},
                "is_charge_refundable": inquiry, "metadata": {}, "payment_intent": charge["payment_intent"],
                "payment_method_details": {"type": charge["payment_method_details"]["type"]}, "reason": reason,
                "status": "warning_needs_response" if inquiry else "needs_response",
            },
        )  # fmt: skip
        charge["disputed"] = True
        self._account.emit("charge.dispute.created", dispute)
        if not inquiry:
            self._withdraw(dispute)
        return dispute

    def late_return(self, charge_id: str, reason: str = "insufficient_funds") -> Json:
        """A debit that had succeeded comes back: final at once, created and closed in the same second."""
        dispute = self.open(charge_id, reason)
        final = self._account.switches.on("ST-07b")
        if final:
            self._account.change(dispute, "charge.dispute.closed", status="lost")
        return dispute

    def escalate(self, dispute_id: str) -> Json:
        """An inquiry becomes a dispute."""
        dispute = self._account.get("dispute", dispute_id, "dispute")
        dispute |= {"is_charge_refundable": False}
        self._account.change(dispute, "charge.dispute.updated", status="needs_response")
        self._withdraw(dispute)
        return dispute

    def close(self, dispute_id: str) -> Json:
        """As `POST /v1/disputes/{id}/close`: it is accepted, and lost."""
        dispute = self._account.get("dispute", dispute_id, "dispute")
        if dispute["status"] in {"won", "lost", "warning_closed"}:
            raise StripeError(400, "This dispute is already closed", param="dispute")
        status = "warning_closed" if dispute["status"].startswith("warning") else "lost"
        return self._account.change(dispute, "charge.dispute.closed", status=status)

    def win(self, dispute_id: str) -> Json:
        """The bank finds for us: the amount comes back, the fee does not."""
        dispute = self._account.get("dispute", dispute_id, "dispute")
        made = self._account.transact(
            "adjustment", "dispute_reversal", dispute["amount"], dispute["currency"], dispute["id"],
            description=f"Chargeback reversal for {dispute['charge']}",
        )  # fmt: skip
        dispute["balance_transactions"].append(made["id"])
        self._account.emit("charge.dispute.funds_reinstated", dispute)
        return self._account.change(dispute, "charge.dispute.closed", status="won")

    def update(self, dispute_id: str, given: Json) -> Json:
        """As `POST /v1/disputes/{id}`: metadata and evidence."""
        dispute = self._account.get("dispute", dispute_id, "dispute")
        merged = forms.metadata(given, dispute["metadata"], limited=self._account.switches.on("ST-10a"))
        return self._account.change(dispute, "charge.dispute.updated", metadata=merged)

    def _withdraw(self, dispute: Json) -> None:
        made = self._account.transact(
            "adjustment", "dispute", -dispute["amount"], dispute["currency"], dispute["id"], fee=DISPUTE_FEE,
            fee_text="Dispute fee", description=f"Chargeback withdrawal for {dispute['charge']}",
        )  # fmt: skip
        dispute["balance_transactions"].append(made["id"])
        self._account.emit("charge.dispute.funds_withdrawn", dispute)
