"""Sends webhook batches by real HTTP, from a thread of its own.

The receiver may call the emulator back while it handles a batch; the thread that serves requests must be free
for that.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from tieout.emulators.kit.http import Json

ANSWER_WITHIN_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.05
_PATIENT_SECONDS = 30.0


def post(url: str, headers: Json, body: bytes, timeout: float) -> int | None:
    """One POST. Its status, or None when there was no answer in time."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {str(name): str(value) for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer.status


class Outbox(Protocol):
    """What waits to be sent, as the vendor batches and signs it."""

    def take(self, config: Json) -> list[Json]:
        """The batches that are due: each with `url`, `headers` and `body` (text)."""
        ...

    def finished(self, batch: Json, status: int | None) -> None:
        """A batch was answered; None: not in time, or not at all."""
        ...

    def impatient(self) -> bool:
        """Whether an answer must come in time."""
        ...


class Courier:
    """Delivers what is due: once when told, or for ever in automatic mode."""

    def __init__(self, outbox: Outbox, config: Callable[[], Json], name: str) -> None:
        self._outbox, self._config, self._name = outbox, config, f"{name}-webhooks"
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._asked = 0
        self.done = 0

    def ask(self) -> int:
        """Deliver what is due; returns the number of the round, which `done` reaches when it is over."""
        self._asked += 1
        self.start()
        self._wake.set()
        return self._asked

    def start(self) -> None:
        """Make sure somebody is there to deliver."""
        if self._thread is None or not self._thread.is_alive():
            self._stopped.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Deliver no more."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(ANSWER_WITHIN_SECONDS + 1)
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.is_set():
            automatic = self._config()["mode"] == "automatic"
            self._wake.wait(_LOOK_AGAIN_SECONDS if automatic else None)
            self._wake.clear()
            if self._stopped.is_set():
                return
            asked = self._asked
            if automatic or asked > self.done:
                self._round()
                self.done = asked

    def _round(self) -> None:
        config = self._config()
        for batch in self._outbox.take(config):
            if self._stopped.is_set():
                return
            limit = float(config["answer_within_seconds"]) if self._outbox.impatient() else _PATIENT_SECONDS
            status = (
                post(batch["url"], batch["headers"], batch["body"].encode(), limit) if batch["url"] else None
            )
            self._outbox.finished(batch, status)
