"""The account's gate: one alarm instead of a thousand cases when nothing can be written at all."""

from __future__ import annotations

import structlog

from tieout.flows.context import Context
from tieout.flows.errors import CallError, LookUpBlind, Paused
from tieout.flows.ports import LookUpKey

_STILL = " (still: "

log = structlog.get_logger(__name__)


class Gate:
    """Pauses and resumes one NetSuite account."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unseen: tuple[LookUpKey, ...] = ()

    def is_paused(self) -> bool:
        """Whether the account is paused. Asks the store only: never waits for a slot, never calls out."""
        with self._context.store.read() as unit:
            return unit.mappings.paused(self._context.netsuite.account) is not None

    def is_open(self) -> bool:
        """Whether calls may be made; when the pause has lasted a while, it probes first."""
        context = self._context
        with context.store.read() as unit:
            paused = unit.mappings.paused(context.netsuite.account)
        if paused is None:
            return True
        reason, _, probe_at = paused
        if context.clock.now() < probe_at:
            return False
        try:
            with context.slots.reading():
                context.netsuite.fingerprint()
            if self._unseen:
                # An account that answers is not yet one that shows us its records.
                with context.slots.reading():
                    context.netsuite.look_up(self._unseen)
        except CallError as error:
            self.close(f"{reason.partition(_STILL)[0]}{_STILL}{error})")
            return False
        self._unseen = ()
        with context.store.write("resume") as unit:
            first = unit.mappings.resume(context.netsuite.account, context.clock.now())
        if first:
            log.warning("account resumed", account=context.netsuite.account)
        return True

    def close(self, reason: str) -> None:
        """Pause the account; the alarm is raised once."""
        context = self._context
        now = context.clock.now()
        with context.store.write("pause") as unit:
            probe_at = now + context.limits.pause_probe
            first = unit.mappings.pause(context.netsuite.account, reason, probe_at, now)
            if first:
                unit.journal.add("account_paused", now, data={"reason": reason})
        if first:
            log.error("account paused", account=context.netsuite.account, reason=reason)

    def note(self, error: CallError) -> bool:
        """Close the gate when this error concerns the whole account. Returns whether it did."""
        if isinstance(error, Paused | LookUpBlind):
            if isinstance(error, LookUpBlind):
                kinds = {(key.type, key.subsidiary): key for key in error.keys}
                self._unseen = tuple(kinds.values())
            self.close(str(error))
            return True
        return False
