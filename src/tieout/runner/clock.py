"""Clocks. Product time is `t0 + scale · (real − r0)`, the same for every process that is told the same."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tieout.flows.errors import StoreError

_ASK_AGAIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Product time that runs `scale` times as fast as real time. `scale` 1 with r0 = t0 is plain time."""

    t0: datetime
    r0: float
    scale: int = 1

    @classmethod
    def real(cls) -> ScaledClock:
        """Plain time."""
        return cls(datetime.fromtimestamp(0, UTC), 0.0, 1)

    @classmethod
    def parse(cls, text: str) -> ScaledClock:
        """From `t0,r0,scale` as an environment variable hands it to another process."""
        t0, r0, scale = text.split(",")
        return cls(datetime.fromisoformat(t0), float(r0), int(scale))

    def dump(self) -> str:
        """The text `parse` reads."""
        return f"{self.t0.isoformat()},{self.r0!r},{self.scale}"

    def now(self) -> datetime:
        """The present instant in product time."""
        return self.t0 + timedelta(seconds=(time.time() - self.r0) * self.scale)

    def sleep(self, seconds: int) -> None:
        """Wait for so many product seconds."""
        time.sleep(seconds / self.scale)


class SharedClock:
    """The database's time, so that processes whose machines disagree about it agree about leases and due times.

    Asked once a minute; in between the machine's monotonic clock counts on, which nobody sets. While the database does
    not answer, it counts on further.
    """

    scale = 1

    def __init__(self, ask: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._monotonic = ask, monotonic
        self._lock = threading.Lock()
        self._base, self._mark = self._measured()

    def _measured(self) -> tuple[datetime, float]:
        before = self._monotonic()
        told = self._ask()
        # The answer was true somewhere between the question and now: the middle errs least.
        return told, (before + self._monotonic()) / 2

    def now(self) -> datetime:
        """The present instant by the database's clock."""
        with self._lock:
            if self._monotonic() - self._mark > _ASK_AGAIN_SECONDS:
                with contextlib.suppress(StoreError):
                    self._base, self._mark = self._measured()
            return self._base + timedelta(seconds=self._monotonic() - self._mark)

    def sleep(self, seconds: int) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is moved. Sleeping moves it."""

    scale = 1

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move it."""
        self._now += step

    def sleep(self, seconds: int) -> None:
        """Move it by so many seconds."""
        self._now += timedelta(seconds=seconds)
