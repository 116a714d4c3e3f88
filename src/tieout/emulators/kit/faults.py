"""Faults: armed one by one, or drawn by a profile — per document, never per moment."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tieout.emulators.kit.http import Json, Operation, Request

KINDS: dict[str, str] = {
    "hang": "never commits, never answers; held until the client leaves",
    "commit_hang": "commits at once, never answers",
    "commit_late": "holds, commits after delay_seconds even though the client has left",
    "error_500": "unexpected error before the commit",
    "commit_500": "commits, then answers an unexpected error",
    "html_502": "a gateway's HTML page, nothing committed",
    "commit_html_502": "commits, then a gateway's HTML page",
    "reset": "connection reset before the commit",
    "commit_reset": "commits, then resets the connection",
    "cut_answer": "commits, sends half of the answer's bytes, closes",
    "drip": "commits, sends the answer one byte per second",
    "throttle": "too many requests",
    "unauthorized": "the session is not accepted",
    "slow": "delay_seconds, then the normal answer",
    "maintenance": "the system is down for maintenance",
}
BEFORE_COMMIT = frozenset(
    {"hang", "error_500", "html_502", "reset", "throttle", "unauthorized", "maintenance"}
)
PROFILES = {"none": (0.0, 0.0), "normal": (0.06, 0.02), "hostile": (0.30, 0.04)}
MAX_FAULTS_PER_DOCUMENT = 2
READ_KINDS = ("slow", "error_500", "html_502", "throttle", "reset")
GENTLE_WRITE_KINDS = (
    "error_500", "html_502", "throttle", "reset", "slow",
    "commit_500", "commit_html_502", "commit_reset", "cut_answer", "commit_hang",
)  # fmt: skip
WRITE_KINDS = (*GENTLE_WRITE_KINDS, "hang", "commit_late", "drip", "unauthorized")


@dataclass
class Fault:
    """One armed fault. `match` keys: operation, record, method, path (regex), external_id, contains."""

    kind: str
    match: Json = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    delay_seconds: float | None = None
    status: int | None = None
    body: Any = None
    id: str = ""
    seen: int = 0
    hits: int = 0

    def wants(self, request: Request, operation: Operation) -> bool:
        """Whether this request is one the fault is meant for."""
        match = self.match
        wanted = match.get("operation", "any")
        if wanted not in ("any", operation.kind):
            return False
        record = match.get("record")
        if record is not None and record.lower() != (operation.record or "").lower():
            return False
        if "method" in match and match["method"].upper() != request.method:
            return False
        if "path" in match and not re.search(match["path"], request.target):
            return False
        if "external_id" in match and match["external_id"] != operation.external_id:
            return False
        needle = match.get("contains")
        return needle is None or needle.encode() in request.body or needle in request.target

    def to_json(self) -> Json:
        """The fault with its counters."""
        return dict(vars(self))


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


class FaultBook:
    """All faults of one emulator and the profile in force."""

    def __init__(self, kinds: dict[str, str], extra_write_kinds: tuple[str, ...] = ()) -> None:
        self._kinds = kinds
        self._extra = extra_write_kinds
        self.faults: list[Fault] = []
        self.profile = "none"
        self.seed = 0
        self.limit_seconds = 900.0
        self._attempts: Counter[tuple[str, ...]] = Counter()
        self._profile_hits: Counter[tuple[str, ...]] = Counter()
        self._serial = 0

    def add(self, items: list[Json]) -> list[str]:
        """Arm faults; returns their ids. Raises ValueError on an unknown kind or key."""
        ids = []
        for item in items:
            if item.get("kind") not in self._kinds:
                raise ValueError(f"unknown fault kind {item.get('kind')!r}; known: {', '.join(self._kinds)}")
            try:
                fault = Fault(**item)
            except TypeError as error:
                raise ValueError(str(error)) from None
            self._serial += 1
            fault.id = fault.id or f"f{self._serial}"
            self.faults.append(fault)
            ids.append(fault.id)
        return ids

    def clear(self) -> None:
        """Disarm everything (the profile stays)."""
        self.faults.clear()

    def use_profile(self, name: str, seed: int) -> None:
        """Choose a profile. Raises ValueError when there is no such profile."""
        if name not in PROFILES:
            raise ValueError(f"unknown profile {name}; known: {', '.join(PROFILES)}")
        self.profile, self.seed = name, seed
        self._attempts.clear()
        self._profile_hits.clear()

    def pick(self, request: Request, operation: Operation) -> Fault | None:
        """The fault for this request, or None. Armed faults come before the profile's."""
        for fault in self.faults:
            if fault.hits >= fault.times or not fault.wants(request, operation):
                continue
            fault.seen += 1
            if fault.seen > fault.skip:
                fault.hits += 1
                return fault
        if self.profile == "none" or operation.kind == "token":
            return None
        return self._from_profile(request, operation)

    def _from_profile(self, request: Request, operation: Operation) -> Fault | None:
        write_share, read_share = PROFILES[self.profile]
        key: tuple[str, ...]
        if operation.write:
            key = (operation.kind, operation.record or "", operation.document or _digest(request))
            share = write_share
            kinds = (*(WRITE_KINDS if self.profile == "hostile" else GENTLE_WRITE_KINDS), *self._extra)
        else:
            key = (operation.kind, _digest(request))
            share, kinds = read_share, READ_KINDS
        self._attempts[key] += 1
        attempt = self._attempts[key]
        if self._profile_hits[key] >= MAX_FAULTS_PER_DOCUMENT or attempt > MAX_FAULTS_PER_DOCUMENT:
            return None
        if draw(self.seed, *key, attempt) >= share:
            return None
        self._profile_hits[key] += 1
        kind = kinds[int(draw(self.seed, *key, attempt, "kind") * len(kinds))]
        fraction = draw(self.seed, *key, attempt, "delay")
        delay = fraction * (0.95 * self.limit_seconds if kind == "commit_late" else 20.0)
        return Fault(kind, delay_seconds=delay, times=1, hits=1, id=f"profile-{self.profile}")

    def dump(self) -> Json:
        """Everything, as JSON."""
        return {
            "faults": [fault.to_json() for fault in self.faults],
            "profile": self.profile,
            "seed": self.seed,
            "attempts": [[list(key), count] for key, count in self._attempts.items()],
            "hits": [[list(key), count] for key, count in self._profile_hits.items()],
        }

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.faults = [Fault(**item) for item in state["faults"]]
        self.profile, self.seed = state["profile"], state["seed"]
        self._attempts = Counter({tuple(key): count for key, count in state["attempts"]})
        self._profile_hits = Counter({tuple(key): count for key, count in state["hits"]})


def _digest(request: Request) -> str:
    return hashlib.sha256(request.target.encode() + b"\n" + request.body).hexdigest()
