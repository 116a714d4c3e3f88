"""The account's own automation: a workflow that bills approved sales orders by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import NsError
from tieout.emulators.netsuite.loading import ADMINISTRATOR
from tieout.emulators.netsuite.state import State
from tieout.emulators.netsuite.transforms import bill_order


@dataclass
class Automation:
    """When on, an order in status F is billed `delay_seconds` (emulator time) after its creation."""

    on: bool = False
    delay_seconds: float = 120.0


class Workflow:
    """Bills approved orders; the invoices carry `createdFrom` but no external id."""

    def __init__(self, state: State, switches: Switches) -> None:
        self._state, self._switches = state, switches
        self.automation = Automation()
        self._due: list[tuple[datetime, str]] = []

    def order_saved(self, order_id: str) -> None:
        """An order was created; remember when to bill it."""
        if self.automation.on:
            due = self._state.clock.now() + timedelta(seconds=self.automation.delay_seconds)
            self._due.append((due, order_id))

    def dump(self) -> Json:
        """Mode and pending work as JSON."""
        return {
            "on": self.automation.on,
            "delay_seconds": self.automation.delay_seconds,
            "due": [[due.isoformat(), order_id] for due, order_id in self._due],
        }

    def restore(self, saved: Json) -> None:
        """Take back what `dump` gave."""
        self.automation = Automation(saved["on"], saved["delay_seconds"])
        self._due = [(datetime.fromisoformat(due), order_id) for due, order_id in saved["due"]]

    def run_due(self) -> None:
        """Bill what is due by now."""
        if not self._due or self._state.clock.now() < self._due[0][0]:
            return
        now = self._state.clock.now()
        ready = [order_id for due, order_id in self._due if due <= now]
        self._due = [(due, order_id) for due, order_id in self._due if due > now]
        for order_id in ready:
            order = self._state.get("salesOrder", order_id)
            if order is None or order.fields["status"] not in ("B", "F"):
                continue
            context = SaveContext(self._state, self._switches, ADMINISTRATOR, "workflow")
            try:
                bill_order(context, order, {})
            except NsError:
                # A real workflow would write to its error log; the order simply stays unbilled.
                continue
