"""How far a poll has come, as the JSON text that is stored with its sightings."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

_VERSION = 1


def stamp_text(instant: datetime) -> str:
    """An instant as SOQL takes it and as texts sort by time: `2026-11-22T18:00:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: object) -> datetime | None:
    """An instant as Salesforce answers it (`2026-11-22T18:00:00.000+0000`), or None for anything else."""
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None else None


def normal_stamp(text: object) -> str:
    """`stamp_text` of a stamp as answered; empty when it is none."""
    instant = read_instant(text)
    return stamp_text(instant) if instant is not None else ""


@dataclass(slots=True)
class Position:
    """One object's place in the current round.

    `since`: the round reads rows stamped then or later. `after`: the last row read, when there are more.
    `top`: the newest stamp ever read; the next round begins that far back, less the overlap.
    """

    since: str = ""
    after: tuple[str, str] | None = None
    top: str = ""
    done: bool = False

    def note(self, stamp: str) -> None:
        """A row of this stamp was read."""
        self.top = max(self.top, stamp)

    def restart(self, overlap: timedelta) -> None:
        """Begin the next round: late commits come with stamps older than the newest one read."""
        newest = read_instant(self.top)
        self.since = stamp_text(newest - overlap) if newest is not None else ""
        self.after, self.done = None, False

    def condition(self) -> str:
        """The keyset condition: equal stamps neither repeat nor get lost."""
        if self.after is None:
            return f"SystemModstamp >= {self.since}" if self.since else ""
        stamp, last = self.after
        if not last:
            return f"SystemModstamp > {stamp}"
        return f"((SystemModstamp = {stamp} AND Id > '{last}') OR SystemModstamp > {stamp})"


@dataclass(slots=True)
class Cursor:
    """The whole place. `read` is the last instant aggregates were read at; versions never go back behind it."""

    read: str = ""
    positions: dict[str, Position] = field(default_factory=dict)
    #: deals that are known to have changed and are still to be read
    pending: list[str] = field(default_factory=list)

    @property
    def more(self) -> bool:
        """Whether the round is not over."""
        return bool(self.pending) or not all(position.done for position in self.positions.values())

    def tick(self, now: datetime) -> str:
        """The instant of a new reading, later than every earlier one even if the clock was set back."""
        last = read_instant(self.read)
        if last is not None and now <= last:
            now = last + timedelta(microseconds=1)
        self.read = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return self.read

    def dump(self) -> str:
        """The text to store."""
        positions = {name: asdict(position) for name, position in self.positions.items()}
        state = {"version": _VERSION, "read": self.read, "positions": positions, "pending": self.pending}
        return json.dumps(state, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Cursor:
        """What `dump` gave. Raises `ValueError` for a text of another shape."""
        state = json.loads(text)
        if state.get("version") != _VERSION:
            raise ValueError(f"a Salesforce cursor of version {state.get('version')}")
        positions = {
            name: Position(
                since=value["since"],
                after=tuple(value["after"]) if value["after"] else None,
                top=value["top"],
                done=value["done"],
            )
            for name, value in state["positions"].items()
        }
        return cls(read=state["read"], positions=positions, pending=list(state["pending"]))
