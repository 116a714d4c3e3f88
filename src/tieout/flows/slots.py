"""NetSuite's few concurrent requests, shared by everything this process does with one account.

Additive increase, multiplicative decrease on 429. A call whose answer was lost keeps its slot quarantined:
NetSuite may still be working on it. Reads go first: there are few of them and every one serves hundreds of
documents.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Slots:
    """Counts slots in use. `limit` is what the account allows us (its limit less the head-room)."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("at least one slot is needed")
        self._configured = limit
        self._allowed = limit
        self._used = 0
        self._quarantined = 0
        self._readers_waiting = 0
        self._successes = 0
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """Slots configured for this process."""
        return self._configured

    def free(self) -> int:
        """Slots a wave of writes may take now; waiting reads come first."""
        with self._changed:
            return max(0, self._room() - self._readers_waiting)

    def _room(self) -> int:
        # A quarantine never takes the last slot: somebody must be able to look up what became of the call.
        quarantined = min(self._quarantined, self._allowed - 1)
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
        """Hold one slot for a read; waits for one, before any write may take it."""
        with self._changed:
            self._readers_waiting += 1
            try:
                while self._room() < 1:
                    self._changed.wait()
            finally:
                self._readers_waiting -= 1
            self._used += 1
        try:
            yield
        finally:
            self.give()

    def quarantine(self, calls_in_doubt: int) -> None:
        """Set how many calls NetSuite may still be working on though nobody waits for their answers."""
        with self._changed:
            self._quarantined = calls_in_doubt
            self._changed.notify_all()

    def throttled(self) -> None:
        """NetSuite said 429: halve what we allow ourselves."""
        with self._changed:
            self._allowed = max(1, self._allowed // 2)
            self._successes = 0

    def succeeded(self) -> None:
        """A call went through: after as many as there are slots, try one slot more."""
        with self._changed:
            self._successes += 1
            if self._successes >= self._allowed and self._allowed < self._configured:
                self._allowed += 1
                self._successes = 0
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:  # real seconds: a thread's patience, not a product time
        """Wait until something changed, at most so many real seconds."""
        with self._changed:
            self._changed.wait(seconds)
