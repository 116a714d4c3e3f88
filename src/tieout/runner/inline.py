"""The embedded runner: one thread a lane and a pool for calls, in one process.

The sending lane alone writes outcomes and intents, many in one transaction: a wave's intents are committed
together with the outcomes that came in meanwhile, and a few intents ahead of the slots, so that a call that
ends hands its slot straight to the next one. Ticks carry no lock; a lost one costs nothing.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from tieout.flows.machine import Machine
from tieout.flows.ports import HookSource
from tieout.flows.rows import Document, Outcome, Reply
from tieout.flows.sending import Call

log = structlog.get_logger(__name__)

_IDLE_PRODUCT_SECONDS = 1.0
_BREATH_PRODUCT_SECONDS = 0.25
_HOOK_PRODUCT_SECONDS = 2.0
_LEAST_IDLE = 0.02
_LEAST_IDLE_TOGETHER = 0.1  # several processes ask the same database, and one of them is enough
# A thread that computes would otherwise hold back each step of fifteen calls by Python's usual 5 ms.
_SWITCH_SECONDS = 0.0005
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """How a call ended. One that went well has handed its slot on, and one that never left had none; any other
    keeps its slot until its outcome is written.
    """

    document: Document
    reply: Reply
    keeps_slot: bool


class InlineRunner:
    """Runs a machine's lanes until stopped; without `intake` it neither polls nor checks."""

    def __init__(self, machine: Machine, poll_seconds: int, *, intake: bool = True) -> None:
        self._machine = machine
        self._intake = intake
        self._context = machine.context
        scale = machine.context.clock.scale
        least = _LEAST_IDLE_TOGETHER if machine.context.holder else _LEAST_IDLE
        self._idle = max(_IDLE_PRODUCT_SECONDS / scale, least)
        self._breath = max(_BREATH_PRODUCT_SECONDS / scale, least / 2)
        self._poll_pause = max(poll_seconds / scale, _LEAST_POLL)
        self._polled_lately = timedelta(seconds=poll_seconds) * 0.9
        self._hook_pause = max(_HOOK_PRODUCT_SECONDS / scale, least)
        sources = machine.context.sources.values()
        self._hooked = any(isinstance(one, HookSource) and one.hook is not None for one in sources)
        self._stop = threading.Event()
        self._poll_now = threading.Event()
        self._moved = threading.Condition()
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        #: intents that are committed and not settled
        self._in_flight = 0
        #: intents that are committed and wait for a slot; as many as there are slots keep them full
        self._staged: deque[Call] = deque()
        self._polls = 0
        self._fault: BaseException | None = None
        self._threads: list[threading.Thread] = []
        #: an answer that keeps its slot waits to be settled
        self._slot_kept = threading.Event()
        self._first: _Answer | None = None
        self._rate = Rate()
        self._renew_pause = machine.blocks.good_for / timedelta(seconds=1) / scale / 6
        self._pool = ThreadPoolExecutor(machine.context.slots.of_account, thread_name_prefix="call")

    # -- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start all lanes."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        machine = self._machine
        self._context.slots.open()
        machine.blocks.renew()
        lanes: dict[str, Callable[[], int]] = {
            **({"check": machine.checking.run} if self._intake else {}),
            **({"prepaid": self._gated(machine.prepaid.run)} if self._intake else {}),
            "look_up": self._look_up,
            "doubt": self._gated(machine.doubting.run),
            "confirm": self._gated(machine.confirming.run),
            "extend": self._gated(machine.extending.run),
            "observe": self._gated(machine.observing.run),
            "write_back": machine.writing_back.run,
            "seal": machine.sealing.run,
        }
        for name, lane in lanes.items():
            self._spawn(name, partial(self._turn, name, lane))
        self._spawn("send", self._send)
        if self._intake:
            self._spawn("poll", self._poll)
        if self._context.holder:
            self._spawn("slots", self._renew)

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
        self._context.slots.close()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()
        self._machine.blocks.release()

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
            if self._in_flight == 0 and done() and self._machine.is_quiet(intake=self._intake):
                if not self._intake:
                    return True
                # Two polls begun after this must find nothing new.
                quiet_since_poll = self._polls if quiet_since_poll is None else quiet_since_poll
                if self._polls >= quiet_since_poll + 2:
                    return True
                self._poll_now.set()
            else:
                quiet_since_poll = None
            time.sleep(self._idle)

    @property
    def fault(self) -> BaseException | None:
        """What broke a lane, if anything did."""
        return self._fault

    def is_well(self) -> bool:
        """Whether no lane broke."""
        return self._fault is None

    def wait(self, stop: threading.Event) -> None:
        """Work until told to stop. Raises what broke a lane."""
        while not stop.wait(self._idle):
            if self._fault is not None:
                raise self._fault

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
            fresh = self._machine.poll(self._polled_lately)
            self._polls += 1
            if fresh:
                self._wake()
            self._rest_between_polls()
            self._poll_now.clear()

    def _rest_between_polls(self) -> None:
        """Wait for the next poll; what webhooks ask for meanwhile is polled at once."""
        until = time.monotonic() + self._poll_pause
        while (left := until - time.monotonic()) > 0:
            if self._poll_now.wait(min(left, self._hook_pause)):
                return
            if self._hooked and self._machine.poll_woken():
                self._wake()

    def _renew(self) -> None:
        blocks, renewed = self._machine.blocks, time.monotonic()
        while not self._stop.wait(min(self._renew_pause, self._idle)):
            try:
                if time.monotonic() - renewed >= self._renew_pause or blocks.unsettled():
                    blocks.renew()
                    renewed = time.monotonic()
            except Exception:
                # Without a renewed block nothing new is sent, and that is all that happens.
                log.exception("the block of slots could not be renewed")

    def _send(self) -> None:
        slots = self._context.slots
        gate_open, asked = True, 0.0
        while not (self._stop.is_set() and self._in_flight == 0):
            answered = self._answered()
            done = len(answered)
            kept = sum(answer.keeps_slot for answer in answered)
            if time.monotonic() - asked > self._idle:
                # Probing a paused account takes a slot, and only this lane gives slots back: others probe.
                gate_open, asked = not self._machine.gate.is_paused(), time.monotonic()
            sending = gate_open and not self._stop.is_set()
            if not sending:
                self._unstage()
            wanted = max(0, slots.free() + kept + slots.limit - len(self._staged)) if sending else 0
            calls = self._settled([(answer.document, answer.reply) for answer in answered], wanted)
            if kept:
                self._slot_kept.clear()
            slots.give(kept)
            self._in_flight += len(calls) - done
            self._staged.extend(calls)
            self._fill()
            if done:
                self._rate.add(done, self._context.clock.now())
                self._wake()
            if not calls:
                self._await_answer()
            self._gather()

    def _settled(self, answered: list[tuple[Document, Reply]], wanted: int) -> list[Call]:
        """One turn of the sending lane. A transaction that fails is tried again: answers are not asked twice."""
        for _ in range(_TOO_MANY_FAULTS):
            try:
                return self._machine.sending.turn(answered, wanted)
            except Exception:
                log.exception("outcomes could not be written yet", answers=len(answered))
                time.sleep(_FAULT_PAUSE)
        return self._machine.sending.turn(answered, wanted)

    def _fill(self) -> None:
        """Give every free slot a call."""
        while (call := self._next()) is not None:
            self._pool.submit(self._carry, call)

    def _next(self) -> Call | None:
        """A staged call with a slot to run in, or neither."""
        if not self._staged or not self._context.slots.take(1):
            return None
        with contextlib.suppress(IndexError):
            return self._staged.popleft()
        self._context.slots.give()
        return None

    def _unstage(self) -> None:
        """Nothing may leave now: what waits for a slot is settled as not sent."""
        with contextlib.suppress(IndexError):
            while True:
                call = self._staged.popleft()
                reply = self._machine.sending.unsent(call, "sending stopped")
                self._answers.put(_Answer(call.document, reply, keeps_slot=False))

    def _carry(self, call: Call | None) -> None:
        """Make a call, and then the next one in the same slot, as long as they go well."""
        try:
            while call is not None:
                reply = self._machine.sending.deliver(call)
                went_well = reply.outcome is Outcome.DONE
                self._answers.put(_Answer(call.document, reply, keeps_slot=not went_well))
                if not went_well:
                    self._slot_kept.set()
                    return
                self._context.slots.give()
                call = self._next()
        except BaseException as fault:
            self._fault = self._fault or fault
            self._stop.set()
            self._in_flight -= 1

    def _await_answer(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._first = self._answers.get(timeout=self._idle)

    def _gather(self) -> None:
        """While enough calls wait for the slots that come free, let a few answers come in: each turn of this lane
        is a transaction, and takes the turn to write from the other lanes and processes.
        """
        until = time.monotonic() + self._breath
        while len(self._staged) > self._context.slots.limit // 2 and not self._stop.is_set():
            left = until - time.monotonic()
            if left <= 0 or self._slot_kept.wait(min(left, _LEAST_IDLE / 2)):
                return
            self._fill()  # a read may have given its slot back

    def _answered(self) -> list[_Answer]:
        """The answers that have come in."""
        answered = [self._first] if self._first is not None else []
        self._first = None
        with contextlib.suppress(queue.Empty):
            while True:
                answered.append(self._answers.get_nowait())
        return answered
