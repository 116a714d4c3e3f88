"""Intake: poll a source, store what it says, answer later. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.ports import Batch, Sighting, Source
from tieout.flows.storage import Unit

log = structlog.get_logger(__name__)


class Intake:
    """Sources → inbox and source records."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def poll(self, source: Source) -> int:
        """Poll until the source has nothing more. Returns how many versions were new.

        A failing poll changes nothing: the cursor moves with the sightings, in one transaction.
        """
        fresh = 0
        while True:
            with self._context.store.read() as unit:
                cursor = unit.records.cursor(source.name)
            try:
                batch = source.poll(cursor)
            except CallError as error:
                log.warning("poll failed", source=source.name, error=str(error))
                return fresh
            fresh += self._store(source, batch)
            if not batch.more:
                return fresh

    def _store(self, source: Source, batch: Batch) -> int:
        now = self._context.clock.now()
        with self._context.store.write("receive") as unit:
            for alias in batch.aliases:
                if unit.records.add_alias(source.name, alias, now):
                    data = {"object": alias.object, "loser": alias.loser, "winner": alias.winner}
                    unit.journal.add("merged_at_source", now, data=data)
            fresh = take_in(unit, source, batch.sightings, self._context)
            unit.records.set_cursor(source.name, batch.cursor, now)
        return fresh


def take_in(unit: Unit, source: Source, sightings: Iterable[Sighting], context: Context) -> int:
    """Store sightings of one source in the caller's transaction. Returns how many were new and newer."""
    now = context.clock.now()
    fresh = 0
    for sighting in sightings:
        fresh += unit.records.receive(source.name, source.environment, sighting, context.token(), now)
    return fresh
