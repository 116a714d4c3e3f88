"""Query answers in batches, and the locators that fetch the next one.

Sources: crm-cpq reference §2.1. A locator is 18 characters from `0r8`, lives two days, and each of its pages can
be fetched once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tieout.emulators.kit.faults import draw
from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.soql.run import Result
from tieout.emulators.salesforce.values import stamp

LOCATOR_PREFIX = "0r8"
LOCATOR_LIFE = timedelta(days=2)
MIN_BATCH, MAX_BATCH = 200, 2_000
INVALID_LOCATOR = SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
_BATCH_OPTION = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass
class Cursor:
    """A query with rows still to fetch. `batch` is what the caller asked for; `next_at` the only valid offset."""

    result: Result
    text: str
    batch: int
    created: str
    next_at: int


class Pager:
    """Cuts results into batches and remembers what is left."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, Cursor] = {}

    def clear(self) -> None:
        """Forget all locators."""
        self._cursors = {}

    def batch_size(self, options: str) -> int:
        """The largest batch: the org's, or what `Sforce-Query-Options: batchSize=` asks for, 200 to 2000."""
        most = int(self._org.settings["batch_max"])
        asked = _BATCH_OPTION.search(options)
        return min(most, max(MIN_BATCH, min(MAX_BATCH, int(asked.group(1))))) if asked else most

    def first(self, result: Result, text: str, version: str, batch: int) -> Json:
        """The first batch of a result."""
        return self._envelope(Cursor(result, text, batch, self._org.now(), 0), None, version)

    def next(self, place: str, version: str) -> Json:
        """The batch behind `<locator>-<offset>`. Raises SalesforceError INVALID_QUERY_LOCATOR."""
        locator, _, offset = place.partition("-")
        cursor = self._cursors.get(locator)
        if cursor is None or not offset.isdigit():
            raise INVALID_LOCATOR
        if int(offset) != cursor.next_at and self._org.switches.on("SF-06b"):
            raise INVALID_LOCATOR
        if cursor.created < stamp(self._org.clock.now() - LOCATOR_LIFE) and self._org.switches.on("SF-06c"):
            raise INVALID_LOCATOR
        cursor.next_at = int(offset)
        return self._envelope(cursor, locator, version)

    def _envelope(self, cursor: Cursor, locator: str | None, version: str) -> Json:
        result, start = cursor.result, cursor.next_at
        size = self._drawn_size(cursor)
        rows = result.rows[start : start + size]
        self._note_served(result.sobject, rows)
        end = start + len(rows)
        done = end >= len(result.rows)
        answer: Json = {"totalSize": result.total, "done": done}
        cursor.next_at = end if not done else -1
        if not done:
            if locator is None:
                self._org.serials[LOCATOR_PREFIX] += 1
                locator = make_id(LOCATOR_PREFIX, self._org.serials[LOCATOR_PREFIX])
                self._cursors[locator] = cursor
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{locator}-{end}"
        answer["records"] = [result.render(row) for row in rows]
        return answer

    def _drawn_size(self, cursor: Cursor) -> int:
        """Salesforce may answer fewer rows than asked; half of the time, seeded, this does."""
        if not self._org.switches.on("SF-06a"):
            return cursor.batch
        key = (self._org.settings["seed"], cursor.text, cursor.next_at)
        if draw(*key) < 0.5:
            return cursor.batch
        return max(1, int(cursor.batch * (0.3 + 0.7 * draw(*key, "size"))))

    def _note_served(self, sobject: str, rows: list[Any]) -> None:
        newest = max((row.get("SystemModstamp") or "" for row in rows), default="")
        if newest > self._org.served.get(sobject, ""):
            self._org.served[sobject] = newest
