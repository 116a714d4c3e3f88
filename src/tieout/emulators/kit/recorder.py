"""The request log and the counters benchmarks read."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Exchange, Json, Operation, Request


@dataclass
class Entry:
    """One logged request. Bodies stay bytes until somebody asks for the log."""

    exchange: Exchange
    arrived: datetime
    arrived_real: float
    in_flight: int
    status: int | None = None
    fault: str | None = None
    ended: datetime | None = None
    ended_real: float | None = None
    client_left: datetime | None = None

    def to_json(self) -> Json:
        """The entry as `/_emulator/log` shows it."""
        exchange, request = self.exchange, self.exchange.request
        return {
            "n": exchange.n,
            "arrived": self.arrived.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "arrived_real": self.arrived_real,
            "ended_real": self.ended_real,
            "client_left": self.client_left.isoformat() if self.client_left else None,
            "method": request.method,
            "path": request.target,
            "operation": exchange.operation.kind,
            "record": exchange.operation.record,
            "external_id": exchange.operation.external_id,
            "target": exchange.operation.target,
            "status": self.status,
            "committed": exchange.committed,
            "record_id": exchange.record_id,
            "actor": exchange.actor,
            "fault": self.fault,
            "in_flight_at_arrival": self.in_flight,
            "request_hash": request_hash(request),
            "body": _logged_body(request, exchange.operation),
            "error": exchange.error,
        }


def request_hash(request: Request) -> str:
    """SHA-256 over method, target and body: equal for byte-equal requests."""
    text = f"{request.method} {request.target}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


def _logged_body(request: Request, operation: Operation) -> Any:
    # Token requests carry credentials; a log that people paste into bug reports must not.
    if operation.kind == "token" or not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


class Recorder:
    """Numbers requests, remembers them, counts what is in flight."""

    def __init__(self, clock: EmulatorClock) -> None:
        self._clock = clock
        self.entries: list[Entry] = []
        self.last_n = 0
        self.in_flight = 0
        self.reset_stats()

    def reset_stats(self) -> None:
        """Forget the counters (the log stays)."""
        self._by_operation: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._creates_ok = 0
        self._write_seconds = 0.0
        self._first: float | None = None
        self._last: float | None = None
        self._max_in_flight = self.in_flight

    def begin(self, request: Request, operation: Operation) -> Entry:
        """A request has arrived and takes a slot."""
        self.last_n += 1
        self.in_flight += 1
        now = time.time()
        self._first = self._first or now
        self._max_in_flight = max(self._max_in_flight, self.in_flight)
        self._by_operation[operation.kind] += 1
        entry = Entry(Exchange(self.last_n, request, operation), self._clock.now(), now, self.in_flight)
        self.entries.append(entry)
        return entry

    def answered(self, entry: Entry, status: int | None) -> None:
        """The answer's last byte was handed to the socket (status), or there will be none (None)."""
        entry.status = status
        self._by_status[str(status) if status is not None else "none"] += 1

    def end(self, entry: Entry) -> None:
        """The request gives its slot back."""
        self.in_flight -= 1
        entry.ended, entry.ended_real = self._clock.now(), time.time()
        self._last = entry.ended_real
        exchange = entry.exchange
        if exchange.committed and exchange.operation.write:
            self._write_seconds += entry.ended_real - entry.arrived_real
            if exchange.operation.kind in ("create", "transform"):
                self._creates_ok += 1

    def log(self, since: int = 0) -> list[Json]:
        """Entries with a number above `since`."""
        return [entry.to_json() for entry in self.entries if entry.exchange.n > since]

    def stats(self) -> Json:
        """Counters since the last reset. Seconds are real seconds."""
        return {
            "requests": sum(self._by_operation.values()),
            "by_operation": dict(self._by_operation),
            "by_status": dict(self._by_status),
            "tokens": self._by_operation["token"],
            "creates_ok": self._creates_ok,
            "write_in_flight_seconds": self._write_seconds,
            "first_arrival_real": self._first,
            "last_end_real": self._last,
            "in_flight": self.in_flight,
            "max_in_flight": self._max_in_flight,
            "count_429": self._by_status["429"],
        }
