"""One portal's data: records, associations, pipelines, properties, and the copy that search reads."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.emulators.hubspot.links import Links
from tieout.emulators.hubspot.objects import TYPES, ObjectType, standard_definitions
from tieout.emulators.hubspot.values import milliseconds, stamp
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches

FIRST_NEW_ID = 30_000_000_001
DEFAULTS: Json = {
    "portal_id": 62515,
    "name": "Example portal",
    "account_type": "STANDARD",
    "time_zone": "UTC",
    "company_currency": "USD",
    "additional_currencies": [],
    "exchange_rates": {},
    "ten_second_limit": 190,
    "oauth_ten_second_limit": 110,
    "daily_limit": 650_000,
    "search_limit": 5,
    "search_lag_create_seconds": 10,
    "search_lag_update_seconds": 60,
    "token_ttl_seconds": 1800,
    "seed": 1,
}


@dataclass
class Item:
    """One record. `properties` holds only what has a value; `history` the newest value first."""

    id: str
    type: str
    properties: dict[str, str]
    created_at: str
    updated_at: str
    archived: bool = False
    archived_at: str | None = None
    merged_into: str | None = None
    history: dict[str, list[Json]] = field(default_factory=dict)
    meta: Json = field(default_factory=dict)


class SearchCopy:
    """What search sees: the records as they were some time ago."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, str]]] = {name: {} for name in TYPES}
        self.waiting: list[tuple[str, str, str, dict[str, str] | None]] = []

    def put(self, item: Item, visible_at: str) -> None:
        """The record's present state becomes visible at an instant; archived ones disappear then."""
        shown = None if item.archived else dict(item.properties)
        self.waiting.append((visible_at, item.type, item.id, shown))

    def catch_up(self, now: str) -> None:
        """Let everything in that is due, in the order in which it was due."""
        due = sorted((one for one in self.waiting if one[0] <= now), key=lambda one: one[0])
        if not due:
            return
        self.waiting = [one for one in self.waiting if one[0] > now]
        for _, kind, record_id, shown in due:
            if shown is None:
                self.rows[kind].pop(record_id, None)
            else:
                self.rows[kind][record_id] = shown


class Portal:
    """All state of one HubSpot account. Instants inside are milliseconds-precise ISO text that sorts."""

    def __init__(self, clock: EmulatorClock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.reset({})

    def reset(self, settings: Json) -> None:
        """An empty portal. Raises ValueError on an unknown setting."""
        unknown = set(settings) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"portal: unknown {', '.join(sorted(unknown))}; known: {', '.join(DEFAULTS)}")
        self.settings: Json = {**DEFAULTS, **settings}
        self.items: dict[str, dict[str, Item]] = {name: {} for name in TYPES}
        self.aliases: dict[str, dict[str, str]] = {name: {} for name in TYPES}
        self.links = Links()
        self.search = SearchCopy()
        self.pipelines: dict[str, list[Json]] = {"deals": []}
        self.owners: list[Json] = []
        self.definitions = {name: standard_definitions(spec) for name, spec in TYPES.items()}
        self.custom_properties: list[Json] = []
        self.validation_rules: list[Json] = []
        self.locks: dict[str, int] = {}
        self.migrating_until: str | None = None
        self.last_id = FIRST_NEW_ID - 1
        self.serial = 0

    # Time and numbers

    def now(self) -> str:
        """The present, as stored."""
        return sortable(self.clock.now())

    def later(self, seconds: float) -> str:
        """An instant so many seconds from now."""
        return sortable(self.clock.now() + timedelta(seconds=seconds))

    def new_id(self) -> str:
        """The next record id; one series for all types."""
        self.last_id += 1
        return str(self.last_id)

    def correlation_id(self, number: int) -> str:
        """The id of an answer, the same in every run."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.settings['seed']}-{number}"))

    @property
    def portal_id(self) -> int:
        """The account's number (hub id)."""
        return int(self.settings["portal_id"])

    # Records

    def live(self, kind: str) -> Iterator[Item]:
        """Records that are not archived."""
        return (item for item in self.items[kind].values() if not item.archived)

    def find(self, spec: ObjectType, record_id: str, *, archived: bool = False) -> Item | None:
        """The record of exactly that id."""
        item = self.items[spec.name].get(record_id)
        if item is None or item.archived != archived or item.merged_into is not None:
            return None
        return item

    def follow(self, spec: ObjectType, record_id: str) -> str:
        """The id a merged record lives on under; any other id itself."""
        aliases = self.aliases[spec.name]
        while record_id in aliases:
            record_id = aliases[record_id]
        return record_id

    def find_by(self, spec: ObjectType, name: str, value: str) -> Item | None:
        """The live record whose (unique) property holds a value, whatever its case."""
        wanted = value.lower()
        return next(
            (item for item in self.live(spec.name) if item.properties.get(name, "").lower() == wanted), None
        )

    def stage(self, pipeline: str | None, stage: str | None) -> Json | None:
        """A deal stage by the ids of pipeline and stage."""
        for one in self.pipelines["deals"]:
            if one["id"] == pipeline:
                return next((item for item in one["stages"] if item["id"] == stage), None)
        return None

    def rate(self, currency: str | None) -> str:
        """Today's exchange rate from a currency to the account's own, as text."""
        if currency in (None, self.settings["company_currency"]):
            return "1"
        return str(self.settings["exchange_rates"].get(currency, "1"))

    def put(self, item: Item, *, new: bool, at_once: bool = False) -> None:
        """Keep a record; search sees it later."""
        self.items[item.type][item.id] = item
        lag = self.settings["search_lag_create_seconds" if new else "search_lag_update_seconds"]
        prompt = at_once or not self.switches.on("HS-21a")
        self.search.put(item, self.now() if prompt else self.later(float(lag)))


def sortable(instant: datetime) -> str:
    """ISO text with milliseconds always, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def shown(text: str) -> str:
    """A stored instant as HubSpot spells it."""
    return stamp(datetime.fromisoformat(text))


def in_milliseconds(text: str) -> int:
    """A stored instant as milliseconds since 1970."""
    return milliseconds(datetime.fromisoformat(text))


def seed_meta(actor: str, at: str, request: int | None) -> dict[str, Any]:
    """The beginning of a record's ground truth."""
    return {"created_at": at, "created_by": actor, "request": request, "history": []}
