"""NetSuite's few concurrent requests, shared by everything this process does with one account.

Additive increase, multiplicative decrease on 429. A call whose answer was lost keeps its slot quarantined:
NetSuite may still be working on it. Reads go first: there are few of them and every one serves hundreds of
documents. Where several processes share an account, each has a leased block of the slots (`flows.blocks`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tieout.flows.errors import NotSent

_PATIENCE_SECONDS = 0.5


class Slots:
    """Counts slots in use. `limit` is what the account allows us (its limit less the head-room)."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("at least one slot is needed")
        self._account = limit
        self._block = limit
        self._allowed = limit
        self._good: Callable[[], bool] | None = None
        self._used = 0
        self._quarantined = 0
        self._readers_waiting = 0
        self._successes = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def of_account(self) -> int:
        """What the account allows all processes of this installation together."""
        return self._account

    @property
    def limit(self) -> int:
        """Slots this process may use at most."""
        return self._block

    @property
    def used(self) -> int:
        """Slots in use now."""
        return self._used

    def free(self) -> int:
        """Slots a wave of writes may take now; waiting reads come first."""
        with self._changed:
            return max(0, self._room() - self._readers_waiting)

    def _room(self) -> int:
        if self._good is not None and not self._good():
            return 0
        # A quarantine never takes the last slot: somebody must be able to look up what became of the call.
        quarantined = min(self._quarantined, max(0, self._allowed - 1))
        return self._allowed - self._used - quarantined

    def take(self, count: int) -> int:
        """Take up to `count` slots for writes without waiting. Returns how many."""
        with self._changed:
            taken = max(0, min(count, self._room() - self._readers_waiting))
            self._used += taken
            return taken

    def give(self, count: int = 1) -> None:
        """Give slots back."""
        with self._changed:
            self._used -= count
            self._changed.notify_all()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one slot for a read; waits for one, before any write may take it. Raises `NotSent` when the
        process is stopping.
        """
        with self._changed:
            self._readers_waiting += 1
            try:
                while self._room() < 1:
                    if self._closed:
                        raise NotSent("stopping: no slot for a read")
                    self._changed.wait(_PATIENCE_SECONDS)
            finally:
                self._readers_waiting -= 1
            self._used += 1
        try:
            yield
        finally:
            self.give()

    # -- blocks --------------------------------------------------------------------------------------------

    def shrink(self, block: int) -> None:
        """From now on no more than these many slots are used; what is in use beyond them runs out."""
        with self._changed:
            # The block as well: a success between this and the lease must not win a slot that was given away.
            self._block = min(self._block, block)
            self._allowed = min(self._allowed, self._block)

    def lease(self, block: int, until: datetime, now: Callable[[], datetime]) -> None:
        """From now on these many slots may be used, and nothing new may be begun after `until`."""
        with self._changed:
            full = self._allowed >= self._block or self._allowed == block
            self._block = block
            self._allowed = block if full else min(max(1, self._allowed), block)
            self._good = lambda: now() <= until
            self._changed.notify_all()

    def close(self) -> None:
        """The process is stopping: who still waits for a slot for a read gets none."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def open(self) -> None:
        """The process goes on."""
        self._closed = False

    # -- what calls say ------------------------------------------------------------------------------------

    def quarantine(self, calls_in_doubt: int) -> None:
        """Set how many calls NetSuite may still be working on though nobody waits for their answers.

        Where slots are leased, they are taken off before blocks are made.
        """
        with self._changed:
            self._quarantined = 0 if self._good is not None else calls_in_doubt
            self._changed.notify_all()

    def throttled(self) -> None:
        """NetSuite said 429: halve what we allow ourselves."""
        with self._changed:
            self._allowed = max(min(1, self._block), self._allowed // 2)
            self._successes = 0

    def succeeded(self) -> None:
        """A call went through: after as many as there are slots, try one slot more."""
        with self._changed:
            self._successes += 1
            if self._successes >= self._allowed and self._allowed < self._block:
                self._allowed += 1
                self._successes = 0
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:  # real seconds: a thread's patience, not a product time
        """Wait until something changed, at most so many real seconds."""
        with self._changed:
            self._changed.wait(seconds)
