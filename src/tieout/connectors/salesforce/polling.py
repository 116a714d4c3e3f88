"""Change detection: which deals changed since the cursor, each read again as a whole (crm-cpq §3).

Deals, lines, accounts and stage history are scanned by `SystemModstamp` with keyset paging and an overlap; a
changed child only says which deal to read. Nothing depends on a stamp having moved on the deal itself: merges
re-parent without one, and a custom field edit on a line leaves the deal's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import structlog

from tieout.connectors.salesforce.client import QUERIES_A_CALL, Record, SalesforceClient, listed, select
from tieout.connectors.salesforce.cursor import Cursor, Position, normal_stamp, stamp_text
from tieout.connectors.salesforce.fields import (
    ACCOUNT,
    HISTORIES,
    HISTORY,
    LINE,
    LINES,
    OPPORTUNITY,
    Schema,
    Selection,
    seen_fields,
)
from tieout.connectors.salesforce.ids import full_id
from tieout.connectors.salesforce.options import SalesforceOptions
from tieout.flows.errors import CallError
from tieout.flows.ports import Alias, Batch, Clock, Sighting

_T = TypeVar("_T")
log = structlog.get_logger(__name__)

#: ids in one query, as long as query and ids fit into a URL (16,384 characters, crm-cpq §12)
_IDS_A_QUERY = 200
_LONGEST_QUERY = 14_000
_QUOTED_ID = len(quote("'0065g00000000AAAAA',", safe=""))
_MOST_DEALS = 800
#: Stamps are whole seconds: a row read within its own second may change again and keep its stamp. What is younger
#: than this is read again; a minute also covers clocks that differ a little.
_SETTLED_AFTER = timedelta(seconds=60)
_SCANNED: dict[str, tuple[str, str]] = {
    OPPORTUNITY: ("queryAll", "Id, SystemModstamp, IsDeleted"),
    LINE: ("query", "Id, SystemModstamp, OpportunityId"),
    ACCOUNT: ("queryAll", "Id, SystemModstamp, IsDeleted, MasterRecordId"),
    HISTORY: ("query", "Id, SystemModstamp, OpportunityId"),
}
_STAGES = ("query", "SELECT MasterLabel, ApiName, IsWon FROM OpportunityStage")
_CLOSED, _OMITTED = "Closed", "Omitted"


class Poller:
    """Turns a cursor into the next batch. One thread at a time."""

    def __init__(self, options: SalesforceOptions, client: SalesforceClient, clock: Clock) -> None:
        self._options, self._client, self._clock = options, client, clock
        self._selection: Selection | None = None
        # Rows of the overlap that were delivered already, by object and id; memory only saves requests, as the
        # inbox knows what it has. It is trusted only when our last batch was really stored.
        self._seen: dict[tuple[str, str], str] = {}
        self._fresh: dict[tuple[str, str], str] = {}
        self._returned = ""

    def poll(self, text: str | None) -> Batch:
        """The next page of changes. Raises `CallError`s; then nothing has moved."""
        stored = text is not None and text == self._returned
        self._seen = self._seen | self._fresh if stored else {}
        self._fresh, self._returned = {}, text or ""
        try:
            return self._next(text)
        except BaseException:
            self._fresh = {}
            raise

    def _next(self, text: str | None) -> Batch:
        cursor = self._cursor(text)
        aliases: list[Alias] = []
        sightings: list[Sighting] = []
        if not cursor.pending:
            changed = self._scan(cursor, aliases, sightings, first=not cursor.positions)
            cursor.pending = changed
        now, cursor.pending = cursor.pending[:_MOST_DEALS], cursor.pending[_MOST_DEALS:]
        sightings += self._aggregates(now, cursor)
        if not cursor.more:
            self._forget(cursor)
        self._returned = cursor.dump()
        return Batch(
            sightings=tuple(sightings), cursor=self._returned, more=cursor.more, aliases=tuple(aliases)
        )

    def _cursor(self, text: str | None) -> Cursor:
        if text is None:
            return Cursor()
        try:
            cursor = Cursor.load(text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Reading everything again is slow and harmless: the inbox knows what it has.
            log.warning("the stored cursor cannot be read; all deals are read again", error=str(error))
            return Cursor()
        if not cursor.more:
            overlap = timedelta(seconds=self._options.overlap_seconds)
            for position in cursor.positions.values():
                position.restart(overlap)
        return cursor

    def _forget(self, cursor: Cursor) -> None:
        """Drop from memory what the next round will not see."""
        overlap = timedelta(seconds=self._options.overlap_seconds)
        floors = {}
        for name, position in cursor.positions.items():
            ahead = Position(top=position.top)
            ahead.restart(overlap)
            floors[name] = ahead.since
        for memory in (self._seen, self._fresh):
            for key in [key for key, stamp in memory.items() if stamp < floors.get(key[0], "")]:
                del memory[key]

    # -- scanning ------------------------------------------------------------------------------------------

    def _scan(
        self, cursor: Cursor, aliases: list[Alias], sightings: list[Sighting], *, first: bool
    ) -> list[str]:
        """One page of every object that has more. Returns the deals to read."""
        if first:
            self._begin(cursor, aliases)
        scanned = [name for name, position in cursor.positions.items() if not position.done]
        now = self._clock.now()
        at, settled = cursor.tick(now), stamp_text(now - _SETTLED_AFTER)
        pages = self._queries([self._page(name, cursor.positions[name]) for name in scanned])
        rows = {
            name: self._taken(name, cursor.positions[name], page, settled)
            for name, page in zip(scanned, pages, strict=True)
        }
        changed: dict[str, None] = {}
        for row in rows.get(OPPORTUNITY, ()):
            deal = str(row.get("Id") or "")
            if row.get("IsDeleted") is True:
                sightings.append(_sighting(row, at, deleted=True))
            elif full_id(deal) is None:
                sightings.append(_sighting(row, at))
            else:
                changed[deal] = None
        for name in (LINE, HISTORY):
            changed |= dict.fromkeys(str(row.get("OpportunityId") or "") for row in rows.get(name, ()))
        accounts = rows.get(ACCOUNT, [])
        aliases += _merges(accounts)
        if not first:
            touched = [str(row.get(key) or "") for row in accounts for key in ("Id", "MasterRecordId")]
            changed |= dict.fromkeys(self._deals_of(touched))
        return [deal for deal in changed if full_id(deal)]

    def _begin(self, cursor: Cursor, aliases: list[Alias]) -> None:
        """The first poll reads all deals with all their children, so children begin at their newest stamp."""
        children = (LINE, ACCOUNT, HISTORY)
        newest = self._queries(
            [
                (resource, select(fields, name, tail="ORDER BY SystemModstamp DESC, Id DESC LIMIT 1"))
                for name, (resource, fields) in ((child, _SCANNED[child]) for child in children)
            ]
        )
        cursor.positions[OPPORTUNITY] = Position()
        for name, rows in zip(children, newest, strict=True):
            top = normal_stamp(rows[0].get("SystemModstamp")) if rows else ""
            cursor.positions[name] = Position(top=top, done=True)
        merged = select(_SCANNED[ACCOUNT][1], ACCOUNT, "IsDeleted = true AND MasterRecordId != null")
        aliases += _merges(self._client.query(merged, resource="queryAll"))

    def _page(self, name: str, position: Position) -> tuple[str, str]:
        resource, fields = _SCANNED[name]
        tail = f"ORDER BY SystemModstamp, Id LIMIT {self._options.page_size}"
        return resource, select(fields, name, position.condition(), tail)

    def _taken(self, name: str, position: Position, page: Sequence[Record], settled: str) -> list[Record]:
        """The rows of a page that are not in memory; the position moves behind the page."""
        fresh = []
        for row in page:
            stamp, key = normal_stamp(row.get("SystemModstamp")), (name, str(row.get("Id") or ""))
            position.note(stamp)
            if self._seen.get(key) != stamp or not stamp:
                fresh.append(row)
            if stamp <= settled:
                self._fresh[key] = stamp
        if len(page) < self._options.page_size:
            position.done, position.after = True, None
            return fresh
        last = page[-1]
        # An id no org can have issued cannot be compared with; what shares its stamp is then skipped.
        after = (normal_stamp(last.get("SystemModstamp")), full_id(str(last.get("Id") or "")) or "")
        position.after = after
        return fresh

    def _deals_of(self, accounts: Iterable[str]) -> list[str]:
        """Deals of these accounts, as buyer or as payer."""
        ids = sorted({found for account in accounts if (found := full_id(account))})
        columns = ["AccountId", *([self._options.bill_to_field] if self._options.bill_to_field else [])]
        deals: dict[str, None] = {}
        for part in _parts(ids, _IDS_A_QUERY // len(columns)):
            where = " OR ".join(f"{column} IN {listed(part)}" for column in columns)
            rows = self._client.query(select("Id", OPPORTUNITY, where))
            deals |= dict.fromkeys(str(row.get("Id") or "") for row in rows)
        return list(deals)

    # -- aggregates ----------------------------------------------------------------------------------------

    def _aggregates(self, deals: Sequence[str], cursor: Cursor) -> list[Sighting]:
        if not deals:
            return []
        selection = self._selected()
        room = (_LONGEST_QUERY - len(quote(selection.aggregate("Id IN ()"), safe=""))) // _QUOTED_ID
        size = min(max(room, 1), _IDS_A_QUERY)
        sightings = []
        for parts in _parts(list(_parts(deals, size)), QUERIES_A_CALL - 1):
            at = cursor.tick(self._clock.now())
            queries = [("query", selection.aggregate(f"Id IN {listed(part)}")) for part in parts]
            stages, *pages = self._queries([_STAGES, *queries])
            won = _won_stages(stages)
            sightings += [_sighting(_whole(row, won), at) for page in pages for row in page]
        return sightings

    def _selected(self) -> Selection:
        if self._selection is None:
            describes = [self._client.describe(name) for name in (OPPORTUNITY, ACCOUNT, LINE)]
            self._selection = Selection(self._options, Schema(*map(seen_fields, describes)))
        return self._selection

    def _queries(self, queries: Sequence[tuple[str, str]]) -> list[list[Record]]:
        """All answers, or the first error. A field that is gone makes us look at the fields again."""
        pages = []
        for result in self._client.queries(queries):
            if isinstance(result, CallError):
                self._selection = None
                raise result
            pages.append(result)
        return pages


def _merges(accounts: Iterable[Record]) -> list[Alias]:
    """Each loser with its winner; chains are followed where they are used."""
    return [
        Alias(object=ACCOUNT, loser=str(row["Id"]), winner=str(row["MasterRecordId"]))
        for row in accounts
        if row.get("IsDeleted") is True and row.get("MasterRecordId")
    ]


def _won_stages(rows: Iterable[Record]) -> dict[str, bool]:
    """Stage → whether it is a won one, by label and by API name: history keeps either."""
    return {
        str(row[key]): row.get("IsWon") is True
        for row in rows
        for key in ("ApiName", "MasterLabel")
        if row.get(key)
    }


def _whole(row: Record, won: dict[str, bool]) -> Record:
    """An aggregate in a fixed order, each history row with what its stage meant."""
    lines = sorted(row.get(LINES) or (), key=_line_order)
    histories = sorted(row.get(HISTORIES) or (), key=lambda one: (str(one["CreatedDate"]), str(one["Id"])))
    told = [{**one, "IsWon": _was_won(one, won)} for one in histories]
    return {**row, LINES: lines, HISTORIES: told}


def _line_order(line: Record) -> tuple[bool, int, str]:
    place = line.get("SortOrder")
    return not isinstance(place, int), place if isinstance(place, int) else 0, str(line["Id"])


def _was_won(history: Record, won: dict[str, bool]) -> bool | None:
    """By the stage table; for a stage that is gone from it, by the forecast category it had."""
    known = won.get(str(history.get("StageName")))
    if known is not None:
        return known
    return {_CLOSED: True, _OMITTED: False}.get(str(history.get("ForecastCategory")))


def _sighting(row: Record, at: str, *, deleted: bool = False) -> Sighting:
    """`at` orders versions: a reading shows the state at its instant or later, whatever the stamps in it say
    (a removed line takes the newest stamp with it).
    """
    rows: list[Any] = [row, *row.get(LINES, ())]
    newest = max(normal_stamp(one.get("SystemModstamp")) for one in rows)
    given = str(row.get("Id") or "")
    return Sighting(
        object=OPPORTUNITY,
        object_id=full_id(given) or given,
        version=f"{at}/{newest}",
        payload=row,
        deleted=deleted,
    )


def _parts(items: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
