"""The emulator's clock: scaled, shifted or frozen, the same formula for every process of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


class EmulatorClock:
    """`t = t0 + scale * (real - r0)`, or a frozen instant that only moves when told to.

    `t0` is an aware datetime, `r0` real epoch seconds. Token lifetimes, delays and latencies are counted on
    this clock and divided by `scale` where they must be slept in real time.
    """

    def __init__(
        self,
        t0: datetime | None = None,
        r0: float | None = None,
        scale: float = 1.0,
        *,
        frozen: bool = False,
    ) -> None:
        self._r0 = time.time() if r0 is None else r0
        self._t0 = t0 if t0 is not None else datetime.fromtimestamp(self._r0, UTC)
        if self._t0.tzinfo is None:
            raise ValueError("the emulator clock needs an aware datetime")
        self.scale = scale
        self._frozen: datetime | None = self._t0 if frozen else None
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The emulator's present, in UTC."""
        if self._frozen is not None:
            return self._frozen
        return self._t0 + timedelta(seconds=self.scale * (time.time() - self._r0))

    @property
    def is_frozen(self) -> bool:
        """True while time only moves through `advance`."""
        return self._frozen is not None

    def real_seconds(self, emulator_seconds: float) -> float:
        """Real seconds that so many emulator seconds last."""
        return emulator_seconds / self.scale

    def real_seconds_until(self, instant: datetime) -> float | None:
        """Real seconds until an emulator instant; None while frozen (nobody can tell)."""
        if self._frozen is not None:
            return None
        return (instant - self.now()).total_seconds() / self.scale

    def advance(self, seconds: float) -> None:
        """Move the clock forward by emulator seconds."""
        step = timedelta(seconds=seconds)
        if self._frozen is not None:
            self._frozen += step
        else:
            self._t0 += step
        self._changed()

    def freeze(self, instant: datetime | None = None) -> None:
        """Stop time, at the given instant or at the present one."""
        self._frozen = (instant or self.now()).astimezone(UTC)
        self._changed()

    def run(self, t0: datetime, r0: float, scale: float) -> None:
        """Let time run by the formula (again)."""
        self._t0, self._r0, self.scale, self._frozen = t0.astimezone(UTC), r0, scale, None
        self._changed()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever somebody moves the clock (so that sleepers look again)."""
        self._listeners.append(listener)

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def settings(self) -> dict[str, Any]:
        """JSON form, accepted back by `apply`."""
        state: dict[str, Any] = {"t0": self._t0.isoformat(), "r0": self._r0, "scale": self.scale}
        if self._frozen is not None:
            state["freeze"] = self._frozen.isoformat()
        return state

    def apply(self, settings: dict[str, Any]) -> None:
        """Carry out `{"t0","r0","scale"}`, `{"advance_seconds"}` or `{"freeze": iso}`."""
        if "t0" in settings:
            self.run(
                datetime.fromisoformat(settings["t0"]),
                float(settings.get("r0", time.time())),
                float(settings.get("scale", 1.0)),
            )
        elif "scale" in settings:
            self.run(self.now(), time.time(), float(settings["scale"]))
        if "freeze" in settings:
            self.freeze(datetime.fromisoformat(settings["freeze"]) if settings["freeze"] else None)
        if "advance_seconds" in settings:
            self.advance(float(settings["advance_seconds"]))
