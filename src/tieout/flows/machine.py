"""The machine: all lanes over one context. A runner turns them; a test may turn them one by one."""

from __future__ import annotations

from datetime import datetime, timedelta

from tieout.domain.documents import Order
from tieout.domain.lifecycle import State
from tieout.domain.planning import Plan
from tieout.flows.approvals import Approving, PlanOf
from tieout.flows.audit import Sealing
from tieout.flows.blocks import Blocks
from tieout.flows.cash.ledger import LedgerKeeper
from tieout.flows.cash.prepaid import Prepaid
from tieout.flows.checking import Checking, Planned
from tieout.flows.confirming import Confirming, Observing
from tieout.flows.context import Context
from tieout.flows.customers import CustomerWork
from tieout.flows.doubting import Doubting
from tieout.flows.extending import Extending
from tieout.flows.gate import Gate
from tieout.flows.intake import Intake
from tieout.flows.looking_up import LookingUp
from tieout.flows.plans import Plans
from tieout.flows.rows import SourceRecord
from tieout.flows.sending import Sending
from tieout.flows.storage import Unit
from tieout.flows.world import WorldKeeper
from tieout.flows.writing_back import WritingBack

#: States in which a document still has a way to go by itself.
MOVING = (State.READY, State.CLEARED, State.SENDING, State.IN_DOUBT, State.WRITTEN)


class Machine:
    """Lanes: intake, check, look up, send, doubt, confirm, observe, write back."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.gate = Gate(context)
        self.keeper = WorldKeeper(context)
        self.blocks = Blocks(context)
        self.intake = Intake(context)
        self.ledger = LedgerKeeper(context)
        self.checking = Checking(context, self.keeper, self.gate, self.ledger)
        self.looking_up = LookingUp(context, self.gate)
        self.sending = Sending(context, self.gate, self.keeper)
        self.doubting = Doubting(context, self.gate)
        self.confirming = Confirming(context, self.gate)
        self.extending = Extending(context, self.gate, self.keeper)
        self.observing = Observing(context, self.gate)
        self.prepaid = Prepaid(context, self.keeper, self.gate, self.ledger)
        self.writing_back = WritingBack(context)
        self.sealing = Sealing(context)
        self.plans = Plans(context, self.checking, self.keeper)
        self.customers = CustomerWork(context, self.keeper)

    @property
    def approving(self) -> Approving:
        """What people do about plans that wait for approval."""

        def preview() -> PlanOf:
            around = self.keeper.surroundings()

            def plan_of(unit: Unit, record: SourceRecord) -> tuple[Order, Plan] | None:
                found = self.checking.preview(unit, record, around)
                return (found.order, found.plan) if isinstance(found, Planned) else None

            return plan_of

        return Approving(self.context, preview)

    def poll(self, lately: timedelta = timedelta()) -> int:
        """Poll every source once, but for those another process polled `lately`. Returns how many versions
        were new.
        """
        return sum(self.intake.poll(source, lately) for source in self.context.sources.values())

    def poll_woken(self) -> int:
        """Poll the sources a webhook says have news. Returns how many versions were new."""
        sources = self.context.sources
        return sum(self.intake.poll(sources[name]) for name in self.intake.woken() & set(sources))

    def send_one_by_one(self) -> int:
        """Send what is cleared, one call after the other: what a runner does with many threads."""
        sent = 0
        while calls := self.sending.next_wave(1):
            for call in calls:
                reply = self.sending.deliver(call)
                self.sending.settle([(call.document, reply)])
                sent += 1
        return sent

    def step(self, *, intake: bool = True) -> int:
        """Turn every lane once, in order, in this thread; without `intake` nothing new is checked. Returns how
        much moved.
        """
        self.blocks.renew()
        moved = self.checking.run() if intake else 0
        if self.gate.is_open():
            moved += self.looking_up.run(self.context.limits.look_up_batch)
            moved += self.send_one_by_one()
            moved += self.doubting.run()
            moved += self.confirming.run()
            moved += self.extending.run()
            moved += self.observing.run()
            moved += self.prepaid.run() if intake else 0
        moved += self.writing_back.run()
        self.sealing.run()
        return moved

    def is_quiet(self, *, intake: bool = True) -> bool:
        """Whether nothing is left that would move by itself; without `intake`, deals that wait to be checked
        may wait.
        """
        with self.context.store.read() as unit:
            if intake and unit.records.any_received():
                return False
            return unit.documents.count(self.context.netsuite.account, MOVING) == 0

    def next_due(self) -> datetime | None:
        """When the next document is due, if any is moving."""
        with self.context.store.read() as unit:
            return unit.documents.next_due(MOVING)
