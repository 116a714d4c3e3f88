"""The portal as JSON and back, and the ground truth for assertions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tieout.emulators.hubspot.metadata import add_property
from tieout.emulators.hubspot.portal import Item, Portal
from tieout.emulators.kit.http import Json


def truth(portal: Portal) -> list[Json]:
    """Every live record with all properties, its associations, a deal's or quote's lines, and who wrote it."""
    found = []
    for kind in portal.items:
        for item in portal.live(kind):
            associations: dict[str, Any] = {}
            for target, other, kinds in portal.links.all_of(kind, item.id):
                associations.setdefault(target, {})[other] = [list(one) for one in kinds]
            lines = [portal.items["line_items"][one] for one in associations.get("line_items", {})]
            found.append({
                "record": kind,
                "id": item.id,
                "external_id": None,
                "fields": dict(item.properties),
                "lines": [dict(line.properties) for line in lines if not line.archived],
                "associations": associations,
                "_meta": item.meta,
            })  # fmt: skip
    return found


def dump(portal: Portal) -> Json:
    """Everything a portal holds, as JSON."""
    return {
        "settings": portal.settings,
        "pipelines": portal.pipelines,
        "owners": portal.owners,
        "custom_properties": portal.custom_properties,
        "validation_rules": portal.validation_rules,
        "items": [asdict(item) for items in portal.items.values() for item in items.values()],
        "aliases": portal.aliases,
        "labels": portal.links.custom,
        "renamed": [[*kind, label] for kind, label in portal.links.labels.items()],
        "links": [
            [*key, other, [list(kind) for kind in kinds]]
            for key, linked in portal.links.book.items()
            for other, kinds in linked.items()
        ],
        "search": portal.search.rows,
        "search_waiting": [list(one) for one in portal.search.waiting],
        "locks": portal.locks,
        "migrating_until": portal.migrating_until,
        "last_id": portal.last_id,
    }


def restore(portal: Portal, state: Json) -> None:
    """Take back what `dump` gave."""
    portal.reset(state["settings"])
    portal.pipelines, portal.owners = state["pipelines"], state["owners"]
    for item in state["custom_properties"]:
        add_property(portal, item)
    for item in state["labels"]:
        portal.links.add_label(item)
    portal.validation_rules = state["validation_rules"]
    for row in state["items"]:
        portal.items[row["type"]][row["id"]] = Item(**row)
    portal.aliases = state["aliases"]
    portal.links.labels = {(category, number): label for category, number, label in state["renamed"]}
    for source, number, target, other, kinds in state["links"]:
        rows = portal.links.book.setdefault((source, number, target), {})
        rows[other] = [(kind[0], kind[1]) for kind in kinds]
    portal.search.rows = state["search"]
    portal.search.waiting = [(one[0], one[1], one[2], one[3]) for one in state["search_waiting"]]
    portal.locks, portal.migrating_until = state["locks"], state["migrating_until"]
    portal.last_id = state["last_id"]
