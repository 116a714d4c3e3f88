"""Setting a payment aside: nothing of it is booked or applied until somebody lets it go again."""

from __future__ import annotations

from tieout.domain.lifecycle import Standing, State
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.remarks import HELD, held_of
from tieout.flows.cash.views import PaymentView
from tieout.flows.planting import drop
from tieout.flows.storage import Unit


class HoldDesk(PaymentDesk):
    """Hold and release. Every decision is kept with who and why."""

    def hold(self, some_id: str | int, by: str, because: str) -> PaymentView:
        """Set a movement aside; what was planned for it and has not left is taken back.

        Raises `PaymentError` without a reason, and once something of it is in NetSuite or has been sent.
        """
        _reasoned(because)
        with self._context.store.write("payment_held") as unit:
            view = self._not_under_way(unit, some_id)
            now = self._context.clock.now()
            own = [
                d for d in unit.documents.of_record(view.record.id) if d.source_record_id == view.record.id
            ]
            left = [d for d in own if d.internal_id or (d.attempts and d.state is not State.CANCELLED)]
            if left:
                raise PaymentError(
                    f"{left[0].external_id or left[0].claim} has been sent: it cannot be held any more; unapply it, or"
                    " decide its case"
                )
            drop(unit, [d.id for d in own], now)
            held = {"by": by, "because": because, "at": now.isoformat()}
            self._judged_again(unit, view, {**view.record.override, HELD: held})
            self._decided(unit, view, "hold", by, because, "", "held")
        return self.show(some_id)

    def release(self, some_id: str | int, by: str, because: str) -> PaymentView:
        """Let it go: it is judged as if it came now. Raises `PaymentError` when it is not held, or without a reason."""
        _reasoned(because)
        with self._context.store.write("payment_released") as unit:
            record = self._record(unit, some_id)
            held = held_of(record)
            if held is None:
                raise PaymentError(f"{some_id} is not held")
            view = self._view(unit, record, unit.cash.movement(record.id))
            rest = {key: value for key, value in record.override.items() if key != HELD}
            self._judged_again(unit, view, rest)
            self._decided(unit, view, "release", by, because, f"held by {held['by']}", "released")
        return self.show(some_id)

    def _judged_again(self, unit: Unit, view: PaymentView, override: dict[str, object]) -> None:
        now = self._context.clock.now()
        unit.records.override(view.record.id, override, now)
        self._close(unit, view)
        unit.records.stand([view.record.id], Standing.RECEIVED, "", now)


def _reasoned(because: str) -> None:
    if not because.strip():
        raise PaymentError("holding a payment, or letting it go, needs a reason: --because '…'")
