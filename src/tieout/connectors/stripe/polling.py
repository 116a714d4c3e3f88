"""Polling: events say what changed, lists of objects find what no event told, and every object is read again.

Events are kept for thirty days. When the last round is older than that, or there was none, the lists are gone through
from the cut-over on: they are the truth, and events only save calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import structlog

from tieout.connectors.stripe.client import Item, StripeClient
from tieout.connectors.stripe.cursor import LISTS, Cursor
from tieout.connectors.stripe.facts import Books
from tieout.connectors.stripe.gathering import Gatherer
from tieout.connectors.stripe.hooks import ObjectId, named_by
from tieout.connectors.stripe.movements import KINDS, ROUTE, Told, movements_of, source_of
from tieout.connectors.stripe.options import StripeOptions
from tieout.connectors.stripe.values import id_of, mapping_of, metadata_of, number_of, text_of
from tieout.flows.codec import encode
from tieout.flows.errors import Paused, Refused
from tieout.flows.ports import Batch, Clock, Sighting

log = structlog.get_logger(__name__)

MOVEMENT = "movement"
#: a day less than Stripe keeps events
_EVENTS_REACH = 29 * 24 * 3600
#: objects read in one poll, so that a long backfill is stored step by step
_AT_ONCE = 25
_LIST_KINDS = {"charges": "charge", "refunds": "refund", "disputes": "dispute", "payouts": "payout"}
_CASH = "customer_cash_balance_transaction"
#: A stamp that comes late is on the payment intent alone, and no event tells of it.
_EXPANDED = {"charges": ("data.payment_intent",), "balance_transactions": ("data.source",)}
_MOST_ROWS = 200_000


@dataclass(slots=True)
class _Memory:
    """What need not be read again: listed rows by their looks, events by their creation, objects of this round."""

    rows: dict[str, str] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def add(self, other: _Memory) -> None:
        """Take over what another one knows."""
        self.rows |= other.rows
        self.events |= other.events
        self.read |= other.read

    def next_round(self, since: int) -> None:
        """Forget what the next round will not meet."""
        self.read.clear()
        self.events = {one: made for one, made in self.events.items() if made >= since}
        if len(self.rows) > _MOST_ROWS:
            self.rows.clear()


class Poller:
    """One account's changes, as sightings of movements."""

    def __init__(
        self, options: StripeOptions, client: StripeClient, books: Books, clock: Clock, cut_over: date
    ) -> None:
        self._options, self._client, self._books, self._clock = options, client, books, clock
        self._gatherer = Gatherer(options, client)
        #: noon of the day before, so that no time zone's first hour is missed
        self._cut_over = cut_over - min(timedelta(days=1), cut_over - date.min)
        #: in memory only, a restart reads once more: what listed objects looked like, when the events that were read
        #: were made, what was read in this round
        self._known = _Memory()
        #: what the last page adds, once its cursor has come back: only then is it stored
        self._fresh = _Memory()
        self._given = ""

    def poll(self, text: str | None) -> Batch:
        """One page of events or of a list, and some of the objects they name. Raises `CallError`s."""
        if text == self._given:
            self._known.add(self._fresh)
        # A poll that fails gives nothing: what it had noted must not pass for stored when its cursor comes back.
        self._fresh, self._given = _Memory(), ""
        cursor = self._cursor(text)
        if not cursor.pending:
            if not cursor.events.done:
                self._note(cursor, self._events(cursor))
            elif cursor.sweep.running:
                self._note(cursor, self._sweep(cursor))
        now, cursor.pending = cursor.pending[:_AT_ONCE], cursor.pending[_AT_ONCE:]
        sightings = [one for key in now for one in self._read(key, cursor)]
        self._given = cursor.dump()
        return Batch(sightings=tuple(sightings), cursor=self._given, more=cursor.more)

    # -- the cursor ----------------------------------------------------------------------------------------

    def _cursor(self, text: str | None) -> Cursor:
        now = int(self._clock.now().timestamp())
        try:
            cursor = Cursor.load(text) if text is not None else Cursor()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Reading everything again is slow and harmless: the inbox knows what it has.
            log.warning("the stored cursor cannot be read; all objects are read again", error=str(error))
            cursor = Cursor()
        if cursor.more:
            return cursor
        lost = not cursor.events.at or now - cursor.events.at > _EVENTS_REACH
        cursor.events.restart(now, self._options.overlap_seconds)
        self._known.next_round(cursor.events.since)
        if lost:
            self._known.rows.clear()
            cursor.sweep.begin(now, self._beginning())
        elif now - cursor.sweep.at >= self._options.sweep_seconds:
            since = now - self._options.sweep_days * 24 * 3600
            cursor.sweep.begin(now, max(since, self._beginning()))
        return cursor

    def _beginning(self) -> int:
        noon = datetime.combine(self._cut_over, time(12), tzinfo=UTC)
        return max(0, int(noon.timestamp()))

    def _note(self, cursor: Cursor, found: Iterable[ObjectId]) -> None:
        """What is to be read, each once in a round: what changes meanwhile, events tell of in the next one."""
        known = {*cursor.pending, *self._known.read}
        for one in found:
            key = f"{one.object}:{one.id}"
            if key not in known:
                known.add(key)
                cursor.pending.append(key)

    # -- events --------------------------------------------------------------------------------------------

    def _events(self, cursor: Cursor) -> list[ObjectId]:
        """One page of events, newest first: the objects they name."""
        place = cursor.events
        params = {"limit": str(self._options.page_size), "created[gte]": str(place.since)}
        params |= {"starting_after": place.after} if place.after else {}
        try:
            rows, more = self._client.page("/v1/events", params)
        except Refused as refused:
            if not place.after:
                raise
            # The event we left off at has ended meanwhile: the lists know what the rest would have told.
            log.warning("events have ended; all objects are read again", error=str(refused))
            place.after, place.done = "", True
            cursor.sweep.begin(int(self._clock.now().timestamp()), self._beginning())
            return []
        for row in rows:
            place.top = max(place.top, number_of(row, "created") or 0)
        place.after, place.done = str(rows[-1]["id"]) if rows else "", not more
        return [one for row in rows if not self._is_known(row) for one in _hints(row)]

    def _is_known(self, event: Item) -> bool:
        """The overlap shows the same events again: what one of them named was read since."""
        if event["id"] in self._known.events:
            return True
        self._fresh.events[event["id"]] = number_of(event, "created") or 0
        return False

    # -- lists ---------------------------------------------------------------------------------------------

    def _sweep(self, cursor: Cursor) -> list[ObjectId]:
        """One page of a list: the objects that do not look as they did when they were last read."""
        sweep = cursor.sweep
        name = LISTS[sweep.place]
        params = {"limit": str(self._options.page_size), "created[gte]": str(sweep.since)}
        params |= {"starting_after": sweep.after} if sweep.after else {}
        transactions = name == "balance_transactions"
        rows, more = self._client.page(f"/v1/{name}", params, _EXPANDED.get(name, ()))
        sweep.turn(str(rows[-1]["id"]) if more else "")
        changed = []
        for row in rows:
            looks = hashlib.sha256(json.dumps(_shape(row), sort_keys=True).encode()).hexdigest()
            if self._known.rows.get(row["id"]) == looks:
                continue
            self._fresh.rows[row["id"]] = looks
            one = ObjectId(*source_of(row)) if transactions else ObjectId(_LIST_KINDS[name], str(row["id"]))
            changed.append(one)
        return changed

    # -- objects -------------------------------------------------------------------------------------------

    def _read(self, key: str, cursor: Cursor) -> list[Sighting]:
        kind, _, object_id = key.partition(":")
        self._fresh.read.add(key)
        found = []
        for facts in self._gatherer.read(ObjectId(kind, object_id)):
            self._check_mode(facts.item)
            version = cursor.tick(self._clock.now())
            found += [sighting_of(one, version) for one in movements_of(facts, self._books)]
        return found

    def _check_mode(self, item: object) -> None:
        """An object of the other mode means that the key was exchanged under our feet."""
        wanted = self._options.account.partition("/")[2]
        live = item.get("livemode") if isinstance(item, dict) else None
        if wanted and isinstance(live, bool) and live != (wanted == "live"):
            raise Paused(
                f"expected objects of {wanted} mode, found one with livemode {live}: is it the right key?"
            )


def sighting_of(told: Told, version: str) -> Sighting:
    """What is stored of it: the movement, or the words of the problem with the raw object."""
    payload: dict[str, object] = {"route": ROUTE}
    if told.movement is not None:
        payload["movement"] = json.loads(encode(told.movement))
    else:
        payload |= {"problem": told.problem, "raw": told.raw}
    if told.elsewhere:
        payload["elsewhere"] = told.elsewhere
    return Sighting(object=MOVEMENT, object_id=told.identity, version=version, payload=payload)


def _hints(event: Item) -> list[ObjectId]:
    """What to read after an event. An invoice's payment names the payment intent whose charge is the money."""
    about = mapping_of(mapping_of(event, "data"), "object")
    kind = text_of(about, "object")
    if kind == "invoice_payment":
        intent = id_of(mapping_of(about, "payment"), "payment_intent")
        return [ObjectId("payment_intent", intent)] if intent else []
    if kind == _CASH:
        customer, own = id_of(about, "customer"), text_of(about, "id")
        return [ObjectId(_CASH, f"{customer}/{own}")] if customer and own else []
    if kind == "payment_intent":
        latest = id_of(about, "latest_charge")
        return [ObjectId("charge", latest)] if latest else []
    return [one for one in named_by(event) if one.object in KINDS]


def _shape(row: Item) -> object:
    """What a listed object looks like; of what hangs from it only its id, and a payment intent's metadata."""
    plain = {
        name: id_of(row, name) if isinstance(value, dict) and "id" in value else value
        for name, value in row.items()
    }
    return {**plain, "intent": dict(metadata_of(mapping_of(row, "payment_intent")))}
