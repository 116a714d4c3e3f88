"""The actor: makes a scenario's later changes when they fall due, through the emulators' control API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from tieout.emulators.scenario.model import Change, Json, Scenario

TRANSACTIONS = ("salesorder", "invoice")
SOURCE_FIELD = "custbody_tieout_source_id"


class Control(Protocol):
    """What the actor needs of an emulator's control client."""

    def admin(self, action: str, **arguments: Any) -> Json:
        """Do what a person or an administrator would do."""
        ...

    def truth(self, record: str | None = None) -> list[Json]:
        """The live records."""
        ...


class Actor:
    """Keeps a scenario's timeline. Call `step` with the emulators' time now and then, until nothing is pending.

    `controls` maps a system's name to its control client. Time counts from `began`.
    """

    def __init__(self, scenario: Scenario, controls: Mapping[str, Control], began: datetime) -> None:
        self._controls = controls
        self._began = began
        self._pending = list(scenario.timeline)
        self._done: dict[str, datetime] = {}
        self._seen: dict[str, datetime] = {}

    @property
    def pending(self) -> tuple[Change, ...]:
        """Changes still to be made."""
        return tuple(self._pending)

    def step(self, now: datetime) -> list[Change]:
        """Make every change that is due; returns them. Raises what the control client raises."""
        self._look_for_records(now)
        made = []
        # A change may follow another at once, so the list is gone through until it stands still.
        while due := [change for change in self._pending if self._due(change, now)]:
            for change in due:
                self._controls[change.system].admin(change.action, **change.arguments)
                self._done[change.id] = now
                self._pending.remove(change)
                made.append(change)
        return made

    def _due(self, change: Change, now: datetime) -> bool:
        since = self._began
        for name, known in ((change.after, self._done), (change.record_for, self._seen)):
            if name is not None:
                if name not in known:
                    return False
                since = max(since, known[name])
        return now >= since + timedelta(seconds=change.seconds)

    def _look_for_records(self, now: datetime) -> None:
        awaited = {change.record_for for change in self._pending} - {None, *self._seen}
        if awaited:
            for row in self._controls["netsuite"].truth():
                source_id = row["fields"].get(SOURCE_FIELD)
                if source_id in awaited and row["record"].lower() in TRANSACTIONS:
                    self._seen.setdefault(source_id, now)
