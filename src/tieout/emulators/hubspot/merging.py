"""Two records become one: under a third id, with the old ids as aliases.

Source: crm-cpq reference §0.10, §8.5. For companies and contacts the new id is [inferred].
"""

from __future__ import annotations

from tieout.emulators.hubspot.errors import invalid, not_found
from tieout.emulators.hubspot.objects import ObjectType
from tieout.emulators.hubspot.portal import Item, Portal, shown
from tieout.emulators.hubspot.writes import Writer

MERGEABLE = ("deals", "companies", "contacts")


def merge(portal: Portal, writer: Writer, spec: ObjectType, primary_id: str, other_id: str) -> Item:
    """Merge `other_id` into `primary_id`; returns the record that is left. Raises HubSpotError."""
    if spec.name not in MERGEABLE:
        raise invalid(f"{spec.label} objects cannot be merged")
    if primary_id == other_id:
        raise invalid("Cannot merge an object with itself")
    primary, other = portal.find(spec, primary_id), portal.find(spec, other_id)
    if primary is None or other is None:
        raise not_found(primary_id if primary is None else other_id)
    third = portal.switches.on("HS-23a" if spec.name == "deals" else "HS-23d")
    new_id = portal.new_id() if third else primary_id
    losers = [item for item in (primary, other) if item.id != new_id]
    moved = len([name for name in other.properties if name not in primary.properties])
    at = portal.now()
    old_ids = [
        number
        for item in (primary, other)
        for number in [*item.properties.get("hs_merged_object_ids", "").split(";"), item.id]
        if number and number != new_id
    ]
    properties = {
        **other.properties,
        **primary.properties,
        "hs_object_id": new_id,
        "hs_merged_object_ids": ";".join(dict.fromkeys(old_ids)),
        spec.modified: shown(at),
    }
    winner = Item(new_id, spec.name, properties, min(primary.created_at, other.created_at), at)
    winner.meta = {**primary.meta, "merged_at": at, "merged_by": writer.actor, "merged": old_ids}
    for name in {*primary.history, *other.history}:
        entries = [*primary.history.get(name, []), *other.history.get(name, [])]
        winner.history[name] = sorted(entries, key=lambda entry: str(entry["timestamp"]), reverse=True)
    portal.put(winner, new=True)
    # The other side first: where both have a primary company, the primary record's one stays.
    for item in (other, primary):
        _move_links(portal, item, winner)
    for item in losers:
        item.archived, item.merged_into = True, new_id
        portal.put(item, new=False)
        portal.aliases[spec.name][item.id] = new_id
    writer.wrote.append(new_id)
    writer.tell_merge(spec, primary_id, [other_id], new_id, moved)
    if spec.name == "deals":
        writer.refresh_deal(new_id)
    return winner


def _move_links(portal: Portal, item: Item, winner: Item) -> None:
    for target, other, kinds in list(portal.links.all_of(item.type, item.id)):
        if item.id != winner.id:
            portal.links.cut(item.type, item.id, target, other)
        if (target, other) != (winner.type, winner.id):
            portal.links.put(winner.type, winner.id, target, other, kinds)
