"""What people decide about refunds that wait: which credit memo was paid out, or that the money is on account now."""

from __future__ import annotations

from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.drafts import PaymentDraft
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.refunds import is_refund
from tieout.flows.cash.views import PaymentView
from tieout.flows.storage import Unit


class RefundDesk(PaymentDesk):
    """Booking refunds by decision."""

    def refund(self, some_id: str | int, credit: str, by: str, because: str) -> PaymentView:
        """Book a refund against a credit memo, by number or internal id; empty: against what is on account by now.

        Raises `PaymentError` when it is no refund, or the credit memo does not exist or has too little left.
        """
        with self._context.store.write("refund_decided") as unit:
            view = self._not_under_way(unit, some_id)
            if not is_refund(view.movement):
                raise PaymentError(f"{some_id} is no refund: expected money we paid back")
            edit = {}
            if credit:
                item = self._item(unit, credit, [])
                if item.kind is not ItemKind.CREDIT_MEMO or item.open_minor < view.movement.amount.minor:
                    raise PaymentError(
                        f"expected a credit memo with {view.movement.amount} left, found {item.kind} {item.number}"
                        f" with {item.open}"
                    )
                self._of_payer(unit, view, item)
                edit = {"credit": str(item.id), "by": by}
            self._again(unit, view, edit)
            self._decided(unit, view, "refund", by, because, "", credit or "on account")
        return self.show(some_id)

    def _of_payer(self, unit: Unit, view: PaymentView, credit: OpenItem) -> None:
        """Raises `PaymentError` when the credit memo is not that of the customer whose money it was."""
        back = view.movement.returned
        original = self._view(unit, self._record(unit, back.original if back else ""), None)
        draft = original.payment.draft if original.payment is not None else None
        if not isinstance(draft, PaymentDraft) or draft.customer != credit.customer:
            raise PaymentError(
                f"{credit.number} is customer {credit.customer}'s, the money that is paid back was"
                f" {draft.customer if isinstance(draft, PaymentDraft) else 'not booked'}"
            )
