"""Who does the demo's work: this process, or workers on PostgreSQL of which some are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tieout import bootstrap
from tieout.cli.common import CLOCK_VARIABLE
from tieout.cli.sync import poll_seconds
from tieout.runner.clock import ScaledClock
from tieout.runner.inline import InlineRunner

_PAUSE_SECONDS = 0.2
_GRACE_SECONDS = 60


class StoreKind(StrEnum):
    """Where the demo keeps Tieout's memory."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers share which database, and how often one of them is killed (0: never)."""

    store: str
    workers: int
    kill_every: int


class Work(Protocol):
    """Whoever works on the demo's month."""

    @property
    def killed(self) -> int:
        """How many workers were killed so far."""
        ...

    def wait_until_quiet(self, done: Callable[[], bool], deadline: float) -> bool:
        """Whether everything came to rest before a real monotonic instant."""
        ...

    def disturb(self, share_done: float) -> None:
        """Do what is planned against the workers when so much of the month is done."""
        ...


@contextmanager
def memory(kind: StoreKind, workers: int, kill_every: int) -> Iterator[Crew | None]:
    """A private PostgreSQL server for a crew, or nothing for this process alone."""
    if kind is StoreKind.SQLITE:
        yield None
        return
    with bootstrap.private_server() as server:
        yield Crew(server.url(), max(1, workers), kill_every)


@contextmanager
def working(
    application: bootstrap.Application, crew: Crew | None, config: Path, clock: ScaledClock
) -> Iterator[Work]:
    """Work until the block is left."""
    if crew is None:
        runner = InlineRunner(application.machine, poll_seconds(application))
        runner.start()
        try:
            yield _Alone(runner)
        finally:
            runner.stop()
        return
    workers = Workers(application, crew, config, clock)
    try:
        workers.start()
        yield workers
    finally:
        workers.stop()


@dataclass(frozen=True, slots=True)
class _Alone:
    runner: InlineRunner
    killed: int = 0

    def wait_until_quiet(self, done: Callable[[], bool], deadline: float) -> bool:
        return self.runner.wait_until_quiet(done, deadline)

    def disturb(self, share_done: float) -> None:
        """Nobody else is there."""


@dataclass(slots=True)
class Workers:
    """Worker processes on one database. One after the other is killed; in the middle all are restarted in turn."""

    application: bootstrap.Application
    crew: Crew
    config: Path
    clock: ScaledClock
    killed: int = 0
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _next_kill: float = 0.0
    _rolled: bool = False

    def start(self) -> None:
        """Start all of them."""
        self._processes = [self._spawn() for _ in range(self.crew.workers)]
        self._next_kill = time.monotonic() + self.crew.kill_every

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.config.parent / "workers.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command, with this interpreter
                [sys.executable, "-m", "tieout", "worker", "--config", str(self.config)],
                env={**os.environ, CLOCK_VARIABLE: self.clock.dump()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def disturb(self, share_done: float) -> None:
        """Kill one when it is time, and restart all, one by one, when half of the month is done."""
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                self._processes[number] = self._spawn()
        if not self._rolled and share_done >= 0.5:
            self._rolled = True
            self._roll()
        if self.crew.kill_every and time.monotonic() >= self._next_kill:
            victim = self.killed % len(self._processes)
            self._processes[victim].send_signal(signal.SIGKILL)
            self._processes[victim].wait()
            self._processes[victim] = self._spawn()
            self.killed += 1
            self._next_kill = time.monotonic() + self.crew.kill_every

    def _roll(self) -> None:
        for number, process in enumerate(self._processes):
            _end(process)
            self._processes[number] = self._spawn()

    def wait_until_quiet(self, done: Callable[[], bool], deadline: float) -> bool:
        """Quiet, a complete poll of every source that began afterwards, and quiet still."""
        quiet_since = None
        while time.monotonic() < deadline:
            if done() and self.application.machine.is_quiet():
                quiet_since = quiet_since or self.clock.now()
                with self.application.store.read() as unit:
                    polls = unit.leases.last_polls()
                names = self.application.sources
                if all((at := polls.get(name)) is not None and at > quiet_since for name in names):
                    return True
            else:
                quiet_since = None
            time.sleep(_PAUSE_SECONDS)
        return False

    def stop(self) -> None:
        """End all of them, gracefully where they let us."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
