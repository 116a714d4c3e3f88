"""Change detection: which deals changed since the cursor, each read again as a whole (crm-cpq §8.6).

Two ways, which make up for each other. Search names deals, lines and companies by their modified stamp, soon but
not surely: it lags behind, hides what was archived, and an association change moves no stamp. A list of all deals,
now and then, is complete: it names what search did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import structlog

from tieout.connectors.hubspot.aggregates import GONE_PROPERTIES, Aggregates, Found, gone
from tieout.connectors.hubspot.client import HubSpotClient, Record
from tieout.connectors.hubspot.cursor import Cursor, Position
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.properties import COMPANY, DEAL, KINDS, LINE, MODIFIED
from tieout.connectors.hubspot.values import (
    day_of,
    is_id,
    mapping_of,
    prop,
    rows_of,
    stamp_of,
    stamp_text,
    text_of,
)
from tieout.flows.errors import MaybeSent, Refused
from tieout.flows.ports import Batch, Clock

log = structlog.get_logger(__name__)

_SCANNED = (DEAL, LINE, COMPANY)
_MOST_DEALS = 100
#: A line is made first and associated with its deal a moment later, without a new stamp; so young rows are looked
#: at again.
_SETTLED_AFTER = timedelta(seconds=120)
_LINES = "hs_num_of_line_items"
_LISTED = (MODIFIED, "hs_is_closed_won", "closedate", _LINES)
_LINKED = ("line_items", "companies")
Seen = dict[tuple[str, str], str]


class Poller:
    """Turns a cursor into the next batch. One thread at a time."""

    def __init__(
        self,
        options: HubSpotOptions,
        client: HubSpotClient,
        aggregates: Aggregates,
        clock: Clock,
        cut_over: date,
    ) -> None:
        self._options, self._client, self._aggregates = options, client, aggregates
        self._clock, self._cut_over = clock, cut_over
        # What was read already: rows of the overlap by object and id, and listed deals. Memory only saves
        # requests, as the inbox knows what it has. It is trusted only when our last batch was really stored.
        self._seen: Seen = {}
        self._fresh: Seen = {}
        self._returned = ""

    def poll(self, text: str | None) -> Batch:
        """The next page of changes. Raises `CallError`s; then nothing has moved."""
        stored = text is not None and text == self._returned
        self._seen = self._seen | self._fresh if stored else {}
        self._fresh, self._returned = {}, text or ""
        try:
            return self._next(text)
        except Refused:
            self._fresh = {}
            self._aggregates.forget()
            raise
        except BaseException:
            self._fresh = {}
            raise

    def _next(self, text: str | None) -> Batch:
        cursor = self._cursor(text)
        found = Found()
        if not cursor.pending:
            changed = dict.fromkeys(self._scan(cursor))
            if cursor.sweep.running:
                changed |= dict.fromkeys(self._sweep(cursor, found))
            cursor.pending = [one for one in changed if is_id(one)]
        now, cursor.pending = cursor.pending[:_MOST_DEALS], cursor.pending[_MOST_DEALS:]
        read = self._aggregates.read(now, lambda: cursor.tick(self._clock.now()))
        if not cursor.more:
            self._forget(cursor)
        self._returned = cursor.dump()
        return Batch(
            sightings=(*found.sightings, *read.sightings),
            cursor=self._returned,
            more=cursor.more,
            aliases=tuple(read.aliases),
        )

    def _cursor(self, text: str | None) -> Cursor:
        now = self._clock.now()
        try:
            cursor = Cursor.load(text) if text is not None else self._beginning(now)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Reading everything again is slow and harmless: the inbox knows what it has.
            log.warning("the stored cursor cannot be read; all deals are read again", error=str(error))
            cursor = self._beginning(now)
        if not cursor.more:
            overlap = timedelta(seconds=self._options.overlap_seconds)
            for position in cursor.positions.values():
                position.restart(now, overlap)
            if cursor.sweep.is_due(now, timedelta(seconds=self._options.sweep_seconds)):
                cursor.sweep.begin(now)
        return cursor

    def _beginning(self, now: datetime) -> Cursor:
        """The first round lists all deals; search follows what changes from now on."""
        cursor = Cursor(positions={name: Position(top=stamp_text(now)) for name in _SCANNED})
        cursor.sweep.first = True
        cursor.sweep.begin(now)
        return cursor

    def _forget(self, cursor: Cursor) -> None:
        """Drop from memory the rows the next round will not see; listed deals stay."""
        overlap = timedelta(seconds=self._options.overlap_seconds)
        floors = {}
        for name, position in cursor.positions.items():
            ahead = Position(top=position.top)
            ahead.restart(self._clock.now(), overlap)
            floors[name] = ahead.since
        for memory in (self._seen, self._fresh):
            for key in [key for key, stamp in memory.items() if stamp < floors.get(key[0], "")]:
                del memory[key]

    # -- search --------------------------------------------------------------------------------------------

    def _scan(self, cursor: Cursor) -> list[str]:
        """One page of every object that has more. Returns the deals to read."""
        changed: list[str] = []
        for name in _SCANNED:
            position = cursor.positions[name]
            if position.done:
                continue
            try:
                changed += self._scan_one(name, position)
            except (Refused, MaybeSent) as error:
                if not cursor.sweep.running and not self._lately(cursor):
                    cursor.sweep.begin(self._clock.now())
                if not cursor.sweep.running:
                    raise
                # The list finds what search does not tell; the window stays where it was.
                log.warning("search does not answer; deals are listed instead", object=name, error=str(error))
                position.done = True
        return changed

    def _lately(self, cursor: Cursor) -> bool:
        return not cursor.sweep.is_due(self._clock.now(), timedelta(seconds=self._options.overlap_seconds))

    def _scan_one(self, name: str, position: Position) -> list[str]:
        size = self._options.page_size
        rows, more = self._client.search(KINDS[name], position.filters(), "hs_object_id", [MODIFIED], size)
        settled = stamp_text(self._clock.now() - _SETTLED_AFTER)
        fresh: dict[str, str] = {}
        for row in rows:
            stamp, one = stamp_of(prop(row, MODIFIED)), str(row.get("id") or "")
            position.note(stamp)
            if not stamp or self._seen.get((name, one)) != stamp:
                fresh[one] = stamp
        position.after = str(rows[-1].get("id") or "") if rows else position.after
        position.done = not more or not rows
        deals_of = self._aggregates.deals_of(name, fresh) if name != DEAL else {one: [one] for one in fresh}
        for one, stamp in fresh.items():
            if stamp <= settled:
                self._fresh[name, one] = stamp
        return [deal for deals in deals_of.values() for deal in deals]

    # -- the list ------------------------------------------------------------------------------------------

    def _sweep(self, cursor: Cursor, found: Found) -> list[str]:
        """One page of the list. Archived deals are told at once; of the others those to read are returned."""
        sweep = cursor.sweep
        if sweep.archived:
            rows, after = self._client.page(KINDS[DEAL], GONE_PROPERTIES, sweep.after, archived=True)
            at = cursor.tick(self._clock.now())
            found.sightings += [gone(row, at) for row in rows]
            for row in rows:
                self._seen.pop(_listed(row), None)
            sweep.turn(after)
            return []
        rows, after = self._client.page(KINDS[DEAL], _LISTED, sweep.after, _LINKED)
        changed = [str(row.get("id")) for row in rows if self._is_news(row, first=sweep.first)]
        self._fresh |= {_listed(row): _shape(row) for row in rows}
        sweep.turn(after)
        return changed

    def _is_news(self, row: Record, *, first: bool) -> bool:
        """Whether a listed deal is to be read. Open ones are nobody's business until search names them."""
        known = self._seen.get(_listed(row))
        if first or known is not None:
            return first or known != _shape(row)
        day = day_of(prop(row, "closedate"), UTC)
        # A day of grace: the portal's time zone may see the close date a day later or earlier.
        matters = day is None or day >= self._cut_over - min(timedelta(days=1), self._cut_over - date.min)
        return prop(row, "hs_is_closed_won") == "true" and matters


def _listed(row: Record) -> tuple[str, str]:
    return "listed", str(row.get("id") or "")


def _shape(row: Record) -> str:
    """What a listed deal looks like: its stamp, how many lines HubSpot counts, and what is associated with it."""
    linked: Sequence[str] = sorted(
        f"{kind}:{text_of(one, 'id')}:{text_of(one, 'type')}" for kind, rows in _blocks(row) for one in rows
    )
    return "|".join((stamp_of(prop(row, MODIFIED)), prop(row, _LINES), *linked))


def _blocks(row: Record) -> Iterable[tuple[str, list[Record]]]:
    associations = mapping_of(row, "associations")
    for kind in associations:
        yield kind, [dict(one) for one in rows_of(mapping_of(associations, kind), "results")]
