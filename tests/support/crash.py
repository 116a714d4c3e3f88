"""Crash points: where the process may die, and a probe that dies there."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import tieout.flows
from tieout.domain.lifecycle import TRANSITIONS
from tieout.domain.planning import StepKind
from tieout.emulators.kit.client import ControlClient

#: Steps that call out and write; observing makes nothing.
CALLING = tuple(kind for kind in StepKind if kind is not StepKind.OBSERVE_INVOICE)
_WRITE = re.compile(r"\bstore\.write\(\s*((?:\"[a-z_]+\"(?:,\s*)?)+)\)")
_DECISION = re.compile(r"self\._decide\(\s*case_id,\s*\"([a-z_]+)\"")


def named_steps() -> list[str]:
    """Durable steps other than a document's moves, read from the flows themselves."""
    flows = Path(tieout.flows.__file__).parent
    # An examination keeps nothing that could be lost.
    files = [path for path in sorted(flows.rglob("*.py")) if path.parent.name != "doctor"]
    text = "\n".join(path.read_text() for path in files)
    steps = {name for names in _WRITE.findall(text) for name in re.findall(r'"([a-z_]+)"', names)}
    return sorted(steps | {f"case_{action}" for action in _DECISION.findall(text)})


def points() -> list[str]:
    """Every point: around each transition, each other durable step, and inside each call that writes."""
    steps = [*(str(move) for move in TRANSITIONS), *named_steps()]
    around = [f"{side}:{step}" for step in steps for side in ("before", "after")]
    inside = [f"{side}:{kind}" for kind in CALLING for side in ("after-bytes", "after-response")]
    return around + inside


class SimulatedCrash(BaseException):
    """The process is gone. No handler for `Exception` may hold it back."""


class CrashProbe:
    """Ends the process, or pretends to, the first time a point is hit.

    After the bytes of a call have left, it dies only once the account has carried the call out: that is the
    answer nobody will ever read. `since`: only after this other point was passed.
    """

    def __init__(
        self, point: str, control: ControlClient | None = None, *, kill: bool = False, since: str = ""
    ) -> None:
        self.point, self.kill, self.fired, self.since = point, kill, False, since
        self.seen: set[str] = set()
        self.control = control

    def hit(self, point: str) -> None:
        self.seen.add(point)
        if point != self.point or self.fired or (self.since and self.since not in self.seen):
            return
        self.fired = True
        if point.startswith("after-bytes:") and self.control is not None:
            self._until_carried_out(self.control)
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise SimulatedCrash(point)

    @staticmethod
    def _until_carried_out(control: ControlClient) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if any(one["committed"] for one in control.log()[-1:]):
                return
            time.sleep(0.01)


Step = Callable[..., None]
