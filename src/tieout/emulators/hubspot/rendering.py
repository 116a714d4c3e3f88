"""Records as answers show them."""

from __future__ import annotations

from tieout.emulators.hubspot.objects import TYPES, ObjectType
from tieout.emulators.hubspot.portal import Item, Portal, shown
from tieout.emulators.kit.http import Json


def chosen(
    portal: Portal, spec: ObjectType, values: dict[str, str], asked: list[str], *, nulls: bool = True
) -> Json:
    """The properties an answer holds: the ones asked for and three more, or the small default set."""
    names = {*asked, *spec.always} if asked else set(spec.defaults)
    if not portal.switches.on("HS-19c"):
        names |= set(values)
    known = portal.definitions[spec.name]
    found = {name: values.get(name) for name in sorted(names) if name in known}
    if not nulls and portal.switches.on("HS-19g"):
        found = {name: value for name, value in found.items() if value is not None}
    if not portal.switches.on("HS-19a"):
        return {name: _typed(known[name]["type"], value) for name, value in found.items()}
    return dict(found)


def _typed(kind: str, value: str | None) -> object:
    if value is None or kind not in ("number", "bool"):
        return value
    return value == "true" if kind == "bool" else float(value)


def record(
    portal: Portal, item: Item, asked: list[str], history: list[str] | None = None, *, nulls: bool = True
) -> Json:
    """One record; `history` names the properties whose past is wanted."""
    spec = TYPES[item.type]
    found: Json = {
        "id": item.id,
        "properties": chosen(portal, spec, item.properties, [*asked, *(history or [])] if asked or history else [],
                             nulls=nulls),
    }  # fmt: skip
    if history:
        found["propertiesWithHistory"] = {
            name: [{**entry, "timestamp": shown(entry["timestamp"])} for entry in item.history.get(name, [])]
            for name in history
            if name in portal.definitions[spec.name]
        }
    found |= {
        "createdAt": shown(item.created_at),
        "updatedAt": shown(item.updated_at),
        "archived": item.archived,
    }
    if item.archived_at:
        found["archivedAt"] = shown(item.archived_at)
    return found


def linked(portal: Portal, item: Item, wanted: list[ObjectType]) -> Json:
    """The `associations` block of a single read: ids as text, types by their v3 names, keys with blanks."""
    found: Json = {}
    for target in wanted:
        rows = []
        for other, kinds in portal.links.of(item.type, item.id, target.name).items():
            words = (TYPES[item.type].singular, target.singular)
            rows += [
                {"id": other, "type": portal.links.v3_name(item.type, target.name, kind, words)}
                for kind in kinds
            ]
        if rows:
            found[target.name.replace("_", " ")] = {"results": rows}
    return found


def association_types(
    portal: Portal, source: ObjectType, target: ObjectType, kinds: list[tuple[str, int]]
) -> list[Json]:
    """`associationTypes` of a v4 row."""
    return [
        {"category": kind[0], "typeId": kind[1], "label": portal.links.label(source.name, target.name, kind)}
        for kind in kinds
    ]
