"""How far a poll has come, as the JSON text that is stored with its sightings."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

_VERSION = 1
#: The lists a sweep goes through. Balance transactions come last: what moved between two lists is in them, too.
LISTS = ("charges", "refunds", "disputes", "payouts", "balance_transactions")


@dataclass(slots=True)
class Events:
    """The place in the list of events, which is newest first.

    A round reads from the newest back to `since`; `after` is the last id read. `top` is the newest creation ever
    read, and `at` when a round last began.
    """

    since: int = 0
    after: str = ""
    top: int = 0
    at: int = 0
    done: bool = True

    def restart(self, now: int, overlap: int) -> None:
        """Begin the next round: events of one second come in any order, and some are listed late."""
        self.since, self.after, self.done = max(0, (self.top or self.at or now) - overlap), "", False
        self.at = now


@dataclass(slots=True)
class Sweep:
    """A round through the lists of objects, each newest first, back to `since`. `at`: when the last one began."""

    running: bool = False
    place: int = 0
    after: str = ""
    since: int = 0
    at: int = 0

    def begin(self, now: int, since: int) -> None:
        """Start with the first list."""
        self.running, self.place, self.after, self.since, self.at = True, 0, "", since, now

    def turn(self, after: str) -> None:
        """A page was read; `after` says where the next one begins, empty when the list has ended."""
        self.after = after
        if not after:
            self.place += 1
            self.running = self.place < len(LISTS)


@dataclass(slots=True)
class Cursor:
    """The whole place. `read` is the last instant objects were read at; versions never go back behind it."""

    read: str = ""
    events: Events = field(default_factory=Events)
    sweep: Sweep = field(default_factory=Sweep)
    #: `kind:id` of objects that are known to have changed and are still to be read
    pending: list[str] = field(default_factory=list)

    @property
    def more(self) -> bool:
        """Whether the round is not over."""
        return bool(self.pending) or self.sweep.running or not self.events.done

    def tick(self, now: datetime) -> str:
        """The instant of a new reading, later than every earlier one even if the clock was set back."""
        last = datetime.fromisoformat(self.read) if self.read else None
        if last is not None and now <= last:
            now = last + timedelta(microseconds=1)
        self.read = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return self.read

    def dump(self) -> str:
        """The text to store."""
        return json.dumps({"version": _VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Cursor:
        """What `dump` gave. Raises `ValueError`, `KeyError` or `TypeError` for a text of another shape."""
        state = json.loads(text)
        if state.get("version") != _VERSION:
            raise ValueError(f"a Stripe cursor of version {state.get('version')}")
        return cls(
            read=state["read"],
            events=Events(**state["events"]),
            sweep=Sweep(**state["sweep"]),
            pending=list(state["pending"]),
        )
