"""What one emulated system must provide; everything else is the kit's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.faults import KINDS, FaultBook
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response
from tieout.emulators.kit.recorder import Recorder
from tieout.emulators.kit.rules import Rule, Switches


class EmulatorApp(ABC):
    """One system's behaviour. Handlers are synchronous and run on one thread, so a commit is atomic.

    `config` holds at least `latency` (`read_ms`, `write_ms`; emulator time) and `concurrency`
    (None: no limit).
    """

    system: str = ""
    server_limit_seconds: float = 900.0
    extra_fault_kinds: ClassVar[dict[str, str]] = {}
    extra_profile_kinds: tuple[str, ...] = ()

    def __init__(self, rules: Iterable[Rule], clock: EmulatorClock | None = None) -> None:
        self.clock = clock or EmulatorClock()
        self.switches = Switches(rules)
        self.faults = FaultBook({**KINDS, **self.extra_fault_kinds}, self.extra_profile_kinds)
        self.faults.limit_seconds = self.server_limit_seconds
        self.recorder = Recorder(self.clock)
        self.config: Json = {"latency": {"read_ms": 0, "write_ms": 0}, "concurrency": None}

    @abstractmethod
    def classify(self, request: Request) -> Operation:
        """What the request is about. Must never raise."""

    @abstractmethod
    def handle(self, exchange: Exchange) -> Response:
        """Serve the request. Sets `committed`, `record_id`, `error` and `actor` on the exchange."""

    @abstractmethod
    def fault_answer(self, kind: str, exchange: Exchange) -> Response:
        """The vendor's own answer for error_500, commit_500, throttle, unauthorized, maintenance."""

    @abstractmethod
    def load(self, dataset: Json) -> None:
        """Replace the data. Raises ValueError, saying what is wrong with the data set."""

    @abstractmethod
    def truth(self) -> list[Json]:
        """Every live record: {"record", "id", "external_id", "fields", "lines", "_meta"}."""

    @abstractmethod
    def admin(self, action: str, arguments: Json) -> Json:
        """What an administrator, another person or another connector does. Raises ValueError if it cannot."""

    @abstractmethod
    def dump(self) -> Json:
        """The whole state as JSON."""

    @abstractmethod
    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:  # noqa: ARG002 - a hook
        """Refuse before anything happens (authentication, concurrency), or None to go on."""
        return None

    def holds_slot_after_client_left(self) -> bool:
        """Whether an unanswered request keeps its slot up to the server's limit though the client is gone."""
        return False

    def run_due(self) -> None:  # noqa: B027 - a hook, not every system has due work
        """Carry out what fell due since the last request (workflows, delayed jobs)."""

    def apply_special_fault(
        self,
        kind: str,  # noqa: ARG002 - a hook
        response: Response,
        exchange: Exchange,  # noqa: ARG002 - a hook
    ) -> Response:
        """Alter a committed answer for a fault kind of the vendor's own (`extra_fault_kinds`)."""
        return response

    def configure(self, changes: Json) -> None:
        """Merge configuration, nested objects too. Raises ValueError on unknown keys."""
        for key, value in changes.items():
            if key not in self.config:
                raise ValueError(f"unknown configuration {key}; known: {', '.join(self.config)}")
            old: Any = self.config[key]
            both = isinstance(old, dict) and isinstance(value, dict)
            self.config[key] = {**old, **value} if both else value

    def latency_seconds(self, operation: Operation) -> float:
        """Emulator seconds a normal request of this kind takes."""
        latency = self.config["latency"]
        milliseconds = latency["write_ms"] if operation.write else latency["read_ms"]
        return float(milliseconds) / 1000.0
