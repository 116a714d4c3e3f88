"""The embedded runner: one thread a lane and a pool for calls, in one process.

The sending lane alone writes outcomes and intents, many in one transaction: a wave's intents are committed
together with the outcomes that came in meanwhile. Ticks carry no lock; a lost one costs nothing.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import structlog

from tieout.flows.machine import Machine
from tieout.flows.rows import Document, Reply
from tieout.flows.sending import Call

log = structlog.get_logger(__name__)

_IDLE_PRODUCT_SECONDS = 1.0
_BREATH_PRODUCT_SECONDS = 0.25
_LEAST_IDLE = 0.02
# Settling a whole wave before the next leaves would keep calls in step, and slots empty between the steps.
_SETTLED_AT_ONCE = 3
_LEAST_POLL = 0.25
_FAULT_PAUSE = 0.5
_TOO_MANY_FAULTS = 20


class Rate:
    """Settled calls per product second, over the last few of them."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, int]] = deque(maxlen=60)

    def add(self, count: int, at: datetime) -> None:
        """So many calls were settled at this instant."""
        self._seen.append((at, count))

    def per_second(self) -> float:
        """Calls per product second; 0 before there is anything to measure."""
        if len(self._seen) < 2:
            return 0.0
        elapsed = (self._seen[-1][0] - self._seen[0][0]) / timedelta(seconds=1)
        return sum(count for _, count in self._seen) / elapsed if elapsed > 0 else 0.0


class InlineRunner:
    """Runs a machine's lanes until stopped."""

    def __init__(self, machine: Machine, poll_seconds: int) -> None:
        self._machine = machine
        self._context = machine.context
        scale = machine.context.clock.scale
        self._idle = max(_IDLE_PRODUCT_SECONDS / scale, _LEAST_IDLE)
        self._breath = max(_BREATH_PRODUCT_SECONDS / scale, _LEAST_IDLE / 2)
        self._poll_pause = max(poll_seconds / scale, _LEAST_POLL)
        self._stop = threading.Event()
        self._poll_now = threading.Event()
        self._moved = threading.Condition()
        self._answers: queue.SimpleQueue[tuple[Document, Reply]] = queue.SimpleQueue()
        self._in_flight = 0
        self._polls = 0
        self._fault: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._first: tuple[Document, Reply] | None = None
        self._rate = Rate()
        self._pool = ThreadPoolExecutor(machine.context.slots.limit, thread_name_prefix="call")

    # -- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start all lanes."""
        machine = self._machine
        lanes: dict[str, Callable[[], int]] = {
            "check": machine.checking.run,
            "look_up": self._look_up,
            "doubt": self._gated(machine.doubting.run),
            "confirm": self._gated(machine.confirming.run),
            "observe": self._gated(machine.observing.run),
            "write_back": machine.writing_back.run,
        }
        for name, lane in lanes.items():
            self._spawn(name, partial(self._turn, name, lane))
        self._spawn("send", self._send)
        self._spawn("poll", self._poll)

    def _spawn(self, name: str, body: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded(body), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, body: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                body()
            except BaseException as fault:
                self._fault = self._fault or fault
                self._stop.set()
                self._wake()

        return run

    def stop(self) -> None:
        """Stop gracefully: calls under way are finished and settled first."""
        self._stop.set()
        self._poll_now.set()
        self._wake()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()

    def wait_until_quiet(self, done: Callable[[], bool], deadline: float | None = None) -> bool:
        """Wait until nothing moves any more, at least one poll has followed, and `done` agrees.

        Returns False when `deadline` (a real monotonic instant) passed first. Raises what broke a lane.
        """
        quiet_since_poll: int | None = None
        while True:
            if self._fault is not None:
                raise self._fault
            if deadline is not None and time.monotonic() > deadline:
                return False
            if self._in_flight == 0 and done() and self._machine.is_quiet():
                # Two polls begun after this must find nothing new.
                quiet_since_poll = self._polls if quiet_since_poll is None else quiet_since_poll
                if self._polls >= quiet_since_poll + 2:
                    return True
                self._poll_now.set()
            else:
                quiet_since_poll = None
            time.sleep(self._idle)

    # -- lanes ---------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _rest(self, seconds: float) -> None:
        with self._moved:
            if not self._stop.is_set():
                self._moved.wait(seconds)

    def _gated(self, lane: Callable[[], int]) -> Callable[[], int]:
        return lambda: lane() if self._machine.gate.is_open() else 0

    def _turn(self, name: str, lane: Callable[[], int]) -> None:
        faults = 0
        while not self._stop.is_set():
            try:
                moved = lane()
                faults = 0
            except Exception:
                faults += 1
                log.exception("lane failed", lane=name, times=faults)
                if faults >= _TOO_MANY_FAULTS:
                    raise
                self._rest(_FAULT_PAUSE)
                continue
            if moved:
                self._wake()
                continue
            # Others move all the time: being woken by each of their steps would cost more than it brings.
            self._stop.wait(self._breath)
            self._rest(self._idle - self._breath)

    def _look_up(self) -> int:
        """Look up no more than can be sent while the answer is good."""
        machine = self._machine
        if not machine.gate.is_open():
            return 0
        room, backlog = self._room(), machine.sending.cleared()
        # Refilling by the spoonful would cost a call for every few records: wait until half is gone.
        return machine.looking_up.run(room - backlog) if backlog <= room // 2 else 0

    def _room(self) -> int:
        limits = self._context.limits
        per_second = max(self._rate.per_second(), 1)
        good_for = limits.absence_good_for / timedelta(seconds=1) * 0.6
        return min(limits.look_up_batch * 2, max(self._context.slots.limit * 2, int(per_second * good_for)))

    def _poll(self) -> None:
        while not self._stop.is_set():
            fresh = self._machine.poll()
            self._polls += 1
            if fresh:
                self._wake()
            self._poll_now.wait(self._poll_pause)
            self._poll_now.clear()

    def _send(self) -> None:
        slots = self._context.slots
        gate_open, asked = True, 0.0
        while not (self._stop.is_set() and self._in_flight == 0):
            answered = self._answered()
            done = len(answered)
            slots.give(done)
            if time.monotonic() - asked > self._idle:
                # Probing a paused account takes a slot, and only this lane gives slots back: others probe.
                gate_open, asked = not self._machine.gate.is_paused(), time.monotonic()
            free = slots.take(slots.limit) if gate_open and not self._stop.is_set() else 0
            calls = self._machine.sending.turn(answered, free)
            slots.give(free - len(calls))
            self._in_flight -= done
            for call in calls:
                self._in_flight += 1
                self._pool.submit(self._deliver, call)
            if done:
                self._rate.add(done, self._context.clock.now())
                self._wake()
            if not calls:
                self._await_answer()

    def _deliver(self, call: Call) -> None:
        try:
            reply = self._machine.sending.deliver(call)
            self._answers.put((call.document, reply))
        except BaseException as fault:
            self._fault = self._fault or fault
            self._stop.set()
            self._in_flight -= 1

    def _await_answer(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._first = self._answers.get(timeout=self._idle)

    def _answered(self) -> list[tuple[Document, Reply]]:
        """A few of the answers that have come in: the next calls leave before the others are settled."""
        answered = [self._first] if self._first is not None else []
        self._first = None
        while len(answered) < _SETTLED_AT_ONCE:
            try:
                answered.append(self._answers.get_nowait())
            except queue.Empty:
                break
        return answered
