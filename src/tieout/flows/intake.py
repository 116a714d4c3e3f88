"""Intake: poll a source, store what it says, answer later. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

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

    def poll(self, source: Source, lately: timedelta = timedelta()) -> int:
        """Poll until the source has nothing more, unless another process does, or did so `lately`. Returns how
        many versions were new.

        A failing poll changes nothing: the cursor moves with the sightings, in one transaction.
        """
        if not self._may_poll(source, lately):
            return 0
        began, fresh = self._context.clock.now(), 0
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
                self._ended(source, began)
                return fresh

    def _may_poll(self, source: Source, lately: timedelta) -> bool:
        """Whether no other process polls this source, or just did: it would cost the source's calls twice.

        A webhook asks for a poll whenever the last one was. Whoever begins the poll takes the asking away, whether
        the poll then succeeds or not: what it missed, the next one in its turn finds.
        """
        context = self._context
        asked = source.name in self.woken()
        if not context.holder and not asked:
            return True
        with context.store.write("lease_poll") as unit:
            now = context.clock.now()
            until = now + context.limits.poll_lease
            last = unit.leases.last_polls().get(source.name)
            if last is not None and now - last < lately and not asked:
                return False
            if context.holder and not unit.leases.lease_poll(source.name, context.holder, until, now):
                return False
            unit.hooks.answered(source.name)
            return True

    def woken(self) -> set[str]:
        """Sources a webhook asks to poll before their time."""
        with self._context.store.read() as unit:
            return unit.hooks.woken()

    def _ended(self, source: Source, began: datetime) -> None:
        if self._context.holder:
            with self._context.store.write("poll_ended") as unit:
                unit.leases.polled(source.name, self._context.holder, began)

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
