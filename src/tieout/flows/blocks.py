"""Processes that share a NetSuite account lease its slots in blocks: together never more than it allows.

A block is good for longer than any call begun under it can last. So the slots of a process that died come back
only when NetSuite can no longer be working for it, or when its calls are known to be in doubt and are counted as
such.
"""

from __future__ import annotations

from datetime import timedelta

from tieout.flows.context import Context

_PATIENCE_SECONDS = 5


class Blocks:
    """This process's block of the account's slots."""

    def __init__(self, context: Context) -> None:
        self._context = context
        #: who had blocks when this one was taken; empty while it is not all that it should be
        self._beside: frozenset[str] = frozenset()

    @property
    def _deadline(self) -> timedelta:
        return timedelta(seconds=self._context.netsuite.deadline_seconds)

    @property
    def good_for(self) -> timedelta:
        """How long a block lasts unless it is renewed."""
        return 2 * self._deadline + self._context.limits.lease_margin

    def renew(self) -> None:
        """Take, keep, grow or shrink this process's block. Does nothing where it is alone."""
        context = self._context
        if not context.holder:
            return
        account, slots = context.netsuite.account, context.slots
        with context.store.write("lease_slots") as unit:
            now = context.clock.now()
            until = now + self.good_for
            blocks = unit.leases.blocks(account, now)
            in_doubt = unit.documents.lost(account) + len(unit.documents.expired(account, now))
            others = {holder: held for holder, held in blocks.items() if holder != context.holder}
            # A quarantine never takes the last slot: somebody must be able to look up what became of the call.
            total = max(1, slots.of_account - in_doubt)
            wanted = fair_share(total, [*others, context.holder], context.holder)
            granted = max(0, min(wanted, total - sum(others.values())))
            # A block shrinks before others are told so. What is in use then is given back when it comes free.
            slots.shrink(granted)
            unit.leases.set_block(account, context.holder, max(granted, slots.used), until)
            settled = granted == wanted and slots.used <= granted
            self._beside = frozenset({*others, context.holder} if settled else ())
        slots.lease(granted, until - self._deadline, context.clock.now)

    def unsettled(self) -> bool:
        """Whether somebody came or went, or this block is not yet its share: `renew` may change something."""
        context = self._context
        with context.store.read() as unit:
            return self._beside != frozenset(unit.leases.held(context.netsuite.account, context.clock.now()))

    def acquire(self) -> None:
        """Wait until this process has a slot at all: others may have to give some back first."""
        self.renew()
        while self._context.holder and self._context.slots.limit < 1:
            self._context.clock.sleep(_PATIENCE_SECONDS)
            self.renew()

    def release(self) -> None:
        """Give the block back: the process is stopping and none of its calls is under way."""
        context = self._context
        if context.holder:
            with context.store.write("release_leases") as unit:
                unit.leases.release(context.holder)


def fair_share(total: int, holders: list[str], mine: str) -> int:
    """Slots for one of several holders: equal parts, the remainder to the first by name."""
    share, rest = divmod(total, len(holders))
    return share + (sorted(holders).index(mine) < rest)
