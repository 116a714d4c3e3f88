"""How far a poll has come, as the JSON text that is stored with its sightings."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from tieout.connectors.hubspot.properties import MODIFIED
from tieout.connectors.hubspot.values import instant_of, milliseconds, stamp_text

_VERSION = 1


@dataclass(slots=True)
class Position:
    """One object's place in the current round.

    A round reads the rows stamped from `since` to `until`, in the order of their ids: however many of them share a
    stamp, none is passed over, and 10,000 results are never reached. `after` is the last id read. `top` is the
    newest stamp ever read; the next round begins that far back, less the overlap.
    """

    since: str = ""
    until: str = ""
    after: str = ""
    top: str = ""
    done: bool = True

    def note(self, stamp: str) -> None:
        """A row of this stamp was read."""
        self.top = max(self.top, stamp)

    def restart(self, now: datetime, overlap: timedelta) -> None:
        """Begin the next round: search shows changes late, with stamps older than the newest one read."""
        newest = instant_of(self.top)
        self.since = stamp_text(newest - overlap) if newest is not None else ""
        self.until, self.after, self.done = stamp_text(now), "", False

    def filters(self) -> list[dict[str, str]]:
        """The window and the last id, as search filters."""
        bounds = ((MODIFIED, "GTE", self.since), (MODIFIED, "LTE", self.until))
        found = [
            {"propertyName": name, "operator": operator, "value": str(milliseconds(instant))}
            for name, operator, text in bounds
            if (instant := instant_of(text)) is not None
        ]
        if self.after:
            found.append({"propertyName": "hs_object_id", "operator": "GT", "value": self.after})
        return found


@dataclass(slots=True)
class Sweep:
    """A list of all deals, page by page: first the live ones, then the archived.

    `first`: the very first one, which takes every deal. `at`: when the last one began.
    """

    running: bool = False
    first: bool = False
    archived: bool = False
    after: str = ""
    at: str = ""

    def begin(self, now: datetime) -> None:
        """Start from the first page."""
        self.running, self.archived, self.after, self.at = True, False, "", stamp_text(now)

    def turn(self, after: str) -> None:
        """A page was read; `after` says where the next one begins."""
        self.after = after
        if not after:
            self.running, self.archived = not self.archived, not self.archived
            self.first = self.first and self.running

    def is_due(self, now: datetime, pause: timedelta) -> bool:
        """Whether the last one began that long ago."""
        last = instant_of(self.at)
        return not self.running and (last is None or now - last >= pause)


@dataclass(slots=True)
class Cursor:
    """The whole place. `read` is the last instant deals were read at; versions never go back behind it."""

    read: str = ""
    positions: dict[str, Position] = field(default_factory=dict)
    sweep: Sweep = field(default_factory=Sweep)
    #: deals that are known to have changed and are still to be read
    pending: list[str] = field(default_factory=list)

    @property
    def more(self) -> bool:
        """Whether the round is not over."""
        return (
            bool(self.pending)
            or self.sweep.running
            or not all(position.done for position in self.positions.values())
        )

    def tick(self, now: datetime) -> str:
        """The instant of a new reading, later than every earlier one even if the clock was set back."""
        last = instant_of(self.read)
        if last is not None and now <= last:
            now = last + timedelta(microseconds=1)
        self.read = reading_text(now)
        return self.read

    def dump(self) -> str:
        """The text to store."""
        return json.dumps({"version": _VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Cursor:
        """What `dump` gave. Raises `ValueError`, `KeyError` or `TypeError` for a text of another shape."""
        state = json.loads(text)
        if state.get("version") != _VERSION:
            raise ValueError(f"a HubSpot cursor of version {state.get('version')}")
        return cls(
            read=state["read"],
            positions={name: Position(**value) for name, value in state["positions"].items()},
            sweep=Sweep(**state["sweep"]),
            pending=list(state["pending"]),
        )


def reading_text(instant: datetime) -> str:
    """An instant as versions begin with it, to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
