"""Clocks. Product time is `t0 + scale · (real − r0)`, the same for every process that is told the same."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


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
