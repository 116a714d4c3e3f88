"""The Python side of the control API."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tieout.emulators.kit.http import Json


class ControlError(RuntimeError):
    """The emulator refused a control request; the message says why."""


class ControlClient:
    """Talks to one emulator's control API. One short connection per call; safe from any thread."""

    def __init__(self, base_url: str, timeout_seconds: float = 120.0) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._timeout = timeout_seconds

    def call(self, method: str, route: str, body: Any = None) -> Any:
        """One control request. Raises ControlError on a refusal."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/_emulator/{route}", payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ControlError(data.get("error", f"status {answer.status}"))
        return data

    def health(self) -> Json:
        """`{"ok", "system", "now"}`."""
        return dict(self.call("GET", "health"))

    def load(self, dataset: Json) -> None:
        """Replace the data set."""
        self.call("POST", "load", dataset)

    def save(self, path: str) -> None:
        """Write the whole state to a file on the emulator's machine."""
        self.call("POST", "save", {"path": path})

    def restore(self, path: str) -> None:
        """Read the whole state back from a file."""
        self.call("POST", "restore", {"path": path})

    def clock(self, **settings: Any) -> Json:
        """Move the clock (`advance_seconds`, `freeze`, or `t0`/`r0`/`scale`); without arguments read it."""
        return dict(self.call("POST", "clock", settings) if settings else self.call("GET", "clock"))

    def config(self, **changes: Any) -> Json:
        """Change configuration (latency, concurrency, …) and return it."""
        return dict(self.call("POST", "config", changes))

    def switches(self, changes: dict[str, str | bool] | None = None) -> dict[str, str]:
        """Move rule switches (if any are given) and return all positions."""
        return dict(self.call("POST", "switches", changes) if changes else self.call("GET", "switches"))

    def faults(self, *faults: Json) -> list[str]:
        """Arm faults; returns their ids."""
        return list(self.call("POST", "faults", {"faults": list(faults)})["ids"])

    def armed(self) -> list[Json]:
        """Armed faults with their hit counts."""
        return list(self.call("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self.call("DELETE", "faults")

    def profile(self, name: str, seed: int = 0) -> None:
        """Choose a fault profile: none, normal or hostile."""
        self.call("POST", "profile", {"profile": name, "seed": seed})

    def admin(self, action: str, **arguments: Any) -> Json:
        """Do what an administrator or another person would do."""
        return dict(self.call("POST", "admin", {"action": action, **arguments}))

    def truth(self, record: str | None = None) -> list[Json]:
        """Every live record, or those of one record type."""
        records = list(self.call("GET", "truth")["records"])
        return [row for row in records if record is None or row["record"].lower() == record.lower()]

    def log(self, since: int = 0) -> list[Json]:
        """The request log after number `since`."""
        return list(self.call("GET", f"log?since={since}")["log"])

    def stats(self) -> Json:
        """Counters since the last reset."""
        return dict(self.call("GET", "stats"))

    def reset_stats(self) -> None:
        """Start counting anew."""
        self.call("POST", "stats/reset")
