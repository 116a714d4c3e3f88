"""The data set a HubSpot emulator is loaded with: one JSON document.

```
{
  "portal": {                              # all optional; see `portal.DEFAULTS`
    "portal_id": 62515, "account_type": "STANDARD", "time_zone": "Europe/Berlin",
    "company_currency": "USD", "additional_currencies": ["EUR"], "exchange_rates": {"EUR": "1.08"},
    "ten_second_limit": 190, "oauth_ten_second_limit": 110, "daily_limit": 650000, "search_limit": 5,
    "search_lag_create_seconds": 10, "search_lag_update_seconds": 60,   # emulator seconds
    "token_ttl_seconds": 1800, "seed": 1
  },
  "tokens": [                              # bearer tokens that need no exchange
    {"token": "pat-na1-sample", "kind": "private_app"},                 # or "service_key"; no scopes: all of them
    {"token": "pat-na1-reader", "kind": "private_app", "scopes": ["crm.objects.deals.read"]}
  ],
  "oauth_apps": [
    {"client_id": "…", "client_secret": "…", "scopes": ["…"], "app_id": 54321,
     "refresh_tokens": ["na1-refresh-sample"], "codes": {"a code": "its redirect URI"}}
  ],
  "pipelines": {"deals": [                 # stage ids are yours; "default"/"closedwon" only in the first pipeline
    {"id": "default", "label": "Sales Pipeline", "stages": [
      {"id": "closedwon", "label": "Closed won", "metadata": {"probability": "1.0", "isClosed": "true"}}]}
  ]},
  "properties": [                          # the portal's own properties
    {"object": "deals", "name": "netsuite_id", "type": "string", "unique": true},
    {"object": "companies", "name": "payment_terms", "type": "enumeration", "options": ["NET30", "NET60"]}
  ],                                       # further keys: "label", "read_only"
  "association_labels": [                  # user-defined labels
    {"from": "deals", "to": "companies", "type_id": 101, "opposite_id": 102, "label": "Bill to"}
  ],
  "owners": [{"id": "41", "email": "vera@example.com", "firstName": "Vera", "lastName": "Vertrieb"}],
  "records": {                             # deals, companies, contacts, products, line_items, quotes
    "deals": [
      {"id": "20001",                      # digits; absent: the next one
       "properties": {"dealname": "Acme", "pipeline": "default", "dealstage": "closedwon", "amount": "1200.00"},
       "createdAt": "2026-09-01T08:00:00Z", "updatedAt": "2026-10-15T10:00:00Z",   # default: the load instant
       "archived": false,
       "history": {"dealstage": [{"value": "…", "timestamp": "…", "sourceType": "CRM_UI"}]},   # newest first
       "merged_ids": ["19001", "19002"],   # ids that live on under this one
       "associations": {
         "companies": [{"id": "30001", "types": ["primary"]}, "30002"],    # "primary", a label, or a number
         "line_items": ["50001", "50002"], "contacts": ["40001"]}}
    ], …
  },
  "validation_rules": [                    # enforced from API version 2026-09 on (and for people)
    {"object": "deals", "property": "po_number", "when": {"dealstage": ["closedwon"]}, "message": "…",
     "kind": "required",                   # or "required_on_create"; with "allowed": a list of the only values
     "every_version": false}
  ],
  "webhooks": {                            # one app; see `webhooks`
    "app_id": 54321, "client_secret": "…", "target_url": "http://127.0.0.1:9000/hubspot",
    "public_url": null,                    # the URL that is signed; null: the target URL
    "subscriptions": [{"id": 1, "event_type": "deal.propertyChange", "property": "dealstage", "active": true}]
  }
}
```

**Values.** Every property value is text; numbers and booleans are accepted and turned into text. Datetimes are ISO
8601 or milliseconds since 1970, as text. Section, object and property names are checked; a top-level key that
starts with `_` is a remark.

**Taken as given.** Loading sends no events and writes no history beyond what is given (a property without history
gets one entry at `updatedAt`). Calculated properties are computed unless the record states them: a line's `amount`
and discounts, a deal's `hs_is_closed_won` and exchange rate, and what a deal takes from its lines — but never a
deal's `amount`. Search sees loaded records at once.
"""

from __future__ import annotations

from typing import Any

from tieout.emulators.hubspot import derive
from tieout.emulators.hubspot.links import Kind
from tieout.emulators.hubspot.metadata import add_property
from tieout.emulators.hubspot.objects import TYPES, ObjectType, object_type
from tieout.emulators.hubspot.portal import Item, Portal, seed_meta, shown, sortable
from tieout.emulators.hubspot.values import as_text, parse_instant, stamp
from tieout.emulators.hubspot.writes import merged
from tieout.emulators.kit.http import Json

SECTIONS = frozenset({
    "portal", "tokens", "oauth_apps", "pipelines", "properties", "association_labels", "owners", "records",
    "validation_rules", "webhooks",
})  # fmt: skip
_LOAD_ORDER = ("companies", "contacts", "products", "line_items", "deals", "quotes")


def load_dataset(portal: Portal, dataset: Json) -> None:
    """Replace everything. Raises ValueError on unknown sections, objects, properties, and on a doubled id."""
    unknown = [name for name in dataset if name not in SECTIONS and not name.startswith("_")]
    if unknown:
        raise ValueError(f"unknown sections {', '.join(unknown)}; known: {', '.join(sorted(SECTIONS))}")
    portal.reset(dataset.get("portal", {}))
    portal.pipelines = {"deals": [], **dataset.get("pipelines", {})}
    for item in dataset.get("properties", []):
        add_property(portal, item)
    for item in dataset.get("association_labels", []):
        portal.links.add_label(item)
    portal.owners = [{"archived": False, **owner} for owner in dataset.get("owners", [])]
    portal.validation_rules = list(dataset.get("validation_rules", []))
    records: dict[str, list[Json]] = {}
    for word, items in dataset.get("records", {}).items():
        spec = object_type(word)
        if spec is None:
            raise ValueError(f"records: no object type {word}; known: {', '.join(TYPES)}")
        records[spec.name] = items
    made: list[tuple[ObjectType, Item, Json]] = []
    for name in _LOAD_ORDER:
        for number, given in enumerate(records.get(name, [])):
            made.append((TYPES[name], _load(portal, TYPES[name], given, f"{name}[{number}]"), given))
    for spec, item, given in made:
        _load_links(portal, spec, item, given.get("associations", {}))
    for item in portal.items["deals"].values():
        _figures(portal, item)
    for _, item, _ in made:
        for name, value in item.properties.items():
            first = {"value": value, "timestamp": item.updated_at, "sourceType": "CRM_UI"}
            item.history.setdefault(name, [first])
        portal.put(item, new=False, at_once=True)
    portal.search.catch_up(portal.now())


def _instant(text: str | None, default: str) -> str:
    return sortable(parse_instant(text)) if text else default


def _load(portal: Portal, spec: ObjectType, given: Json, place: str) -> Item:
    record_id = str(given.get("id") or portal.new_id())
    if not record_id.isdigit():
        raise ValueError(f"{place}: id {record_id} is not numeric")
    if record_id in portal.items[spec.name]:
        raise ValueError(f"{place}: a second record with id {record_id}")
    portal.last_id = max(portal.last_id, int(record_id))
    stated: dict[str, str] = {}
    for name, raw in given.get("properties", {}).items():
        meaning = portal.definitions[spec.name].get(name)
        if meaning is None:
            raise ValueError(f"{place}: {spec.name} have no property {name}")
        text = as_text(raw)
        if text is not None:
            stated[name] = stamp(parse_instant(text)) if meaning["type"] == "datetime" else text
    now = portal.now()
    created = _instant(given.get("createdAt") or stated.get(spec.created), now)
    updated = max(_instant(given.get("updatedAt") or stated.get(spec.modified), created), created)
    item = Item(record_id, spec.name, stated, created, updated, meta=seed_meta("seed", created, None))
    item.properties |= {
        spec.created: shown(created),
        spec.modified: shown(updated),
        "hs_object_id": record_id,
    }
    if spec.name == "line_items":
        item.properties = {**derive.line_properties(portal, item.properties), **item.properties}
    if given.get("archived"):
        item.archived, item.archived_at = True, updated
    merged_ids = [str(one) for one in given.get("merged_ids", [])]
    if merged_ids:
        item.properties["hs_merged_object_ids"] = ";".join(merged_ids)
        portal.aliases[spec.name].update(dict.fromkeys(merged_ids, record_id))
    for name, entries in given.get("history", {}).items():
        item.history[name] = [
            {"sourceType": "CRM_UI", **entry, "timestamp": _instant(entry["timestamp"], now)}
            for entry in entries
        ]
    portal.items[spec.name][record_id] = item
    return item


def _figures(portal: Portal, deal: Item) -> None:
    """A deal's calculated properties, where the record does not state them."""
    pipelines = portal.pipelines["deals"]
    if pipelines and "dealstage" in deal.properties:
        deal.properties.setdefault("pipeline", str(pipelines[0]["id"]))
    rolled = {name: value for name, value in derive.roll_up(portal, deal).items() if name != "amount"}
    found = merged({name: value for name, value in rolled.items() if value is not None}, deal.properties)
    deal.properties = {**derive.deal_properties(portal, None, found), **found}
    for line_id in portal.links.of("deals", deal.id, "line_items"):
        line = portal.items["line_items"][line_id]
        currency = deal.properties.get("deal_currency_code") or portal.settings["company_currency"]
        line.properties.setdefault("hs_line_item_currency_code", currency)


def _load_links(portal: Portal, spec: ObjectType, item: Item, given: Json) -> None:
    for word, others in given.items():
        target = object_type(word)
        if target is None or not portal.links.known(spec.name, target.name):
            raise ValueError(f"{spec.name} {item.id}: cannot be associated with {word}")
        for other in others:
            entry = other if isinstance(other, dict) else {"id": other}
            other_id = str(entry["id"])
            if other_id not in portal.items[target.name]:
                raise ValueError(f"{spec.name} {item.id}: no {target.name} {other_id} to associate with")
            kinds = [_kind(portal, spec, target, word) for word in entry.get("types", [])]
            wanted = kinds or [portal.links.plain(spec.name, target.name)]
            portal.links.put(spec.name, item.id, target.name, other_id, wanted)


def _kind(portal: Portal, source: ObjectType, target: ObjectType, word: Any) -> Kind:
    for kind, one in portal.links.known(source.name, target.name).items():
        if kind[1] == word or (isinstance(word, str) and word.lower() == (one.label or "").lower()):
            return kind
    raise ValueError(f"{source.name} to {target.name}: no association type {word}")
