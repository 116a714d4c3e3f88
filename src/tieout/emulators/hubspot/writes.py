"""Changes to records and associations, and what follows from them: calculated values, history, events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.emulators.hubspot import derive
from tieout.emulators.hubspot.checks import check_state, read_properties
from tieout.emulators.hubspot.errors import HubSpotError, invalid, parsing
from tieout.emulators.hubspot.links import Kind
from tieout.emulators.hubspot.objects import TYPES, ObjectType
from tieout.emulators.hubspot.portal import Item, Portal, seed_meta, shown
from tieout.emulators.kit.http import Json

Emit = Callable[[Json], None]


class Writer:
    """Somebody who changes things. `actor` goes to the ground truth, `source` to history and webhooks."""

    def __init__(
        self,
        portal: Portal,
        emit: Emit,
        *,
        actor: str,
        source: str = "INTEGRATION",
        source_id: str = "",
        request: int | None = None,
        version: str = "v3",
    ) -> None:
        self.portal, self._emit = portal, emit
        self.actor, self.source, self.source_id = actor, source, source_id
        self.request, self.version = request, version
        self.wrote: list[str] = []

    @property
    def human(self) -> bool:
        """True when the change is made in HubSpot's own screens."""
        return self.source == "CRM_UI"

    # Checking, before anything is changed

    def plan(self, spec: ObjectType, item: Item | None, given: Json) -> dict[str, str | None]:
        """The values of a write, checked against the record as it would be. Raises HubSpotError."""
        values = read_properties(self.portal, spec, given)
        if item is None and spec.name == "deals":
            values.setdefault("pipeline", self._first_pipeline())
        after = merged(item.properties if item else {}, values)
        if item is None and spec.name == "companies" and not (after.get("name") or after.get("domain")):
            raise invalid("One of name or domain is required to create a company")
        if item is None and spec.name == "quotes":
            for name in ("hs_title", "hs_expiration_date"):
                if not after.get(name):
                    raise invalid(
                        f"Error creating QUOTE. Some required properties were not set. {name} is required"
                    )
        if item is not None:
            self._check_lock(item)
        check_state(self.portal, spec, item, after, self.version, human=self.human)
        return values

    def _first_pipeline(self) -> str | None:
        found = self.portal.pipelines["deals"]
        return str(found[0]["id"]) if found else None

    def _check_lock(self, item: Item) -> None:
        left = self.portal.locks.get(item.id, 0)
        if left:
            self.portal.locks[item.id] = left - 1
            raise HubSpotError(423, None, "The record is locked by another operation, try again in 2 seconds")
        if item.properties.get("hs_locked") == "true" and item.type == "quotes":
            raise invalid("This quote is published and cannot be edited")

    # Records

    def create(self, spec: ObjectType, values: dict[str, str | None]) -> Item:
        """A new record from checked values."""
        at = self.portal.now()
        item = Item(self.portal.new_id(), spec.name, {}, at, at, meta=seed_meta(self.actor, at, self.request))
        stamps: dict[str, str | None] = {spec.created: shown(at), "hs_object_id": item.id}
        if spec.name == "quotes":
            values = {"hs_status": "DRAFT", **values}
            stamps["hs_public_url_key"] = f"{int(item.id):032x}"
        self._store(spec, item, {**values, **stamps}, new=True)
        self._tell(spec, "creation", item.id, {"changeFlag": "NEW"})
        self._tell_changes(spec, item, values)
        return item

    def update(self, spec: ObjectType, item: Item, values: dict[str, str | None]) -> None:
        """Checked values onto a record. The modified stamp moves even when nothing differs [inferred]."""
        before = dict(item.properties)
        self._store(spec, item, values, new=False)
        changed = {name: value for name, value in values.items() if before.get(name) != value}
        item.meta["history"].append({
            "at": item.updated_at, "by": self.actor, "request": self.request, "fields": sorted(changed),
        })  # fmt: skip
        self._tell_changes(spec, item, changed)

    def _store(self, spec: ObjectType, item: Item, values: dict[str, str | None], *, new: bool) -> None:
        at = self.portal.now()
        after = merged(item.properties, values)
        if spec.name == "line_items":
            after = {**after, **derive.line_properties(self.portal, after)}
        elif spec.name == "deals":
            after = {**after, **derive.deal_properties(self.portal, None if new else item, after)}
        if self.portal.switches.on("HS-19f") or new:
            after[spec.modified] = shown(at)
            item.updated_at = at
        self._remember(item, after, at)
        item.properties = after
        self.portal.put(item, new=new)
        self.wrote.append(item.id)
        if spec.name == "line_items":
            for deal_id in list(self.portal.links.of("line_items", item.id, "deals")):
                self.refresh_deal(deal_id)

    def _remember(self, item: Item, after: dict[str, str], at: str) -> None:
        for name in {*after, *item.properties}:
            if after.get(name) != item.properties.get(name):
                entry = {"value": after.get(name, ""), "timestamp": at, "sourceType": self.source}
                if self.source_id:
                    entry["sourceId"] = self.source_id
                item.history.setdefault(name, []).insert(0, entry)

    def refresh_deal(self, deal_id: str) -> None:
        """Figures a deal takes from its lines; not a change of the deal itself, so its stamp stays."""
        deal = self.portal.find(TYPES["deals"], deal_id)
        if deal is not None:
            after = merged(deal.properties, derive.roll_up(self.portal, deal))
            after = {**after, **derive.deal_properties(self.portal, deal, after)}
            self._remember(deal, after, self.portal.now())
            deal.properties = after
            self.portal.put(deal, new=False)

    def archive(self, spec: ObjectType, item: Item) -> None:
        """Into the recycle bin; a quote takes its lines with it."""
        lines = list(self.portal.links.of("quotes", item.id, "line_items")) if spec.name == "quotes" else []
        item.archived, item.archived_at = True, self.portal.now()
        item.updated_at = item.archived_at
        self.portal.put(item, new=False)
        self.wrote.append(item.id)
        self._tell(spec, "deletion", item.id, {"changeFlag": "DELETED"})
        for line_id in lines:
            line = self.portal.find(TYPES["line_items"], line_id)
            if line is not None:
                self.archive(TYPES["line_items"], line)
        if spec.name == "line_items":
            for deal_id in list(self.portal.links.of("line_items", item.id, "deals")):
                self.refresh_deal(deal_id)

    def restore(self, spec: ObjectType, item: Item) -> None:
        """Out of the recycle bin."""
        item.archived, item.archived_at = False, None
        self._store(spec, item, {}, new=False)
        self._tell(spec, "restore", item.id, {"changeFlag": "RESTORED"})

    # Associations

    def plan_links(self, source: ObjectType, given: Any) -> list[tuple[ObjectType, str, list[Kind]]]:
        """The `associations` of a create body, checked. Raises HubSpotError."""
        plans = []
        with parsing("associations"):
            read = [
                (
                    str(one["to"]["id"]),
                    [
                        (str(kind["associationCategory"]), int(kind["associationTypeId"]))
                        for kind in one["types"]
                    ],
                )
                for one in given or []
            ]
        for record_id, kinds in read:
            target = next(
                (spec for spec in TYPES.values() if set(kinds) <= set(self.portal.links.known(source.name, spec.name))),
                None,
            )  # fmt: skip
            if target is None or not kinds or self.portal.find(target, record_id) is None:
                raise invalid("One or more associations are invalid")
            self.check_parent(target, record_id, source, None)
            plans.append((target, record_id, kinds))
        return plans

    def check_parent(self, spec: ObjectType, record_id: str, other: ObjectType, other_id: str | None) -> None:
        """A line item belongs to one parent. Raises HubSpotError when it would get a second."""
        parent, line, line_id, parent_id = other, spec, record_id, other_id
        if other.name == "line_items" and spec.name in ("deals", "quotes"):
            parent, line, line_id, parent_id = spec, other, other_id or "", record_id
        if line.name != "line_items" or parent.name not in ("deals", "quotes"):
            return
        for kind in ("deals", "quotes"):
            for linked in self.portal.links.of("line_items", line_id, kind):
                if (kind, linked) != (parent.name, parent_id) and self.portal.switches.on("HS-27c"):
                    raise invalid(f"Line item {line_id} already belongs to {TYPES[kind].singular} {linked}")

    def link(
        self, source: ObjectType, source_id: str, target: ObjectType, target_id: str, kinds: list[Kind]
    ) -> None:
        """Link two records. Modified stamps stay as they are [inferred]."""
        links = self.portal.links
        old = list(links.of(source.name, source_id, target.name).get(target_id, []))
        links.put(source.name, source_id, target.name, target_id, kinds)
        if links.of(source.name, source_id, target.name)[target_id] != old:
            self._tell_link(source, source_id, target, target_id, removed=False, kinds=kinds)
        self._after_link(source, source_id, target, target_id)

    def unlink(self, source: ObjectType, source_id: str, target: ObjectType, target_id: str) -> None:
        """Remove every link between two records; nothing happens when there is none."""
        kinds = list(self.portal.links.of(source.name, source_id, target.name).get(target_id, []))
        if self.portal.links.cut(source.name, source_id, target.name, target_id):
            self._tell_link(source, source_id, target, target_id, removed=True, kinds=kinds)
        self._after_link(source, source_id, target, target_id)

    def _after_link(self, source: ObjectType, source_id: str, target: ObjectType, target_id: str) -> None:
        self.wrote.append(source_id)
        ends = {source.name: source_id, target.name: target_id}
        if not self.portal.switches.on("HS-24f"):
            for name, record_id in ends.items():
                end = self.portal.find(TYPES[name], record_id)
                if end is not None:
                    self._store(TYPES[name], end, {}, new=False)
        if ends.keys() == {"deals", "line_items"}:
            self._take_currency(ends["line_items"], ends["deals"])
            self.refresh_deal(ends["deals"])

    def _take_currency(self, line_id: str, deal_id: str) -> None:
        line = self.portal.find(TYPES["line_items"], line_id)
        deal = self.portal.find(TYPES["deals"], deal_id)
        if line is not None and deal is not None and "hs_line_item_currency_code" not in line.properties:
            currency = deal.properties.get("deal_currency_code") or self.portal.settings["company_currency"]
            line.properties["hs_line_item_currency_code"] = currency
            line.properties.update(derive.line_properties(self.portal, line.properties))
            self.portal.put(line, new=False)

    # Events

    def _tell_changes(self, spec: ObjectType, item: Item, values: dict[str, str | None]) -> None:
        for name in values:
            detail = {"propertyName": name, "propertyValue": item.properties.get(name, "")}
            self._tell(spec, "propertyChange", item.id, detail)

    def _tell_link(
        self,
        source: ObjectType,
        source_id: str,
        target: ObjectType,
        target_id: str,
        *,
        removed: bool,
        kinds: list[Kind],
    ) -> None:
        known = self.portal.links.known(source.name, target.name)
        primary = any(known[kind].primary for kind in kinds if kind in known)
        sides = [(source, source_id, target, target_id), (target, target_id, source, source_id)]
        for one, one_id, other, other_id in sides if self.portal.switches.on("HS-25f") else sides[:1]:
            words = f"{one.singular}_to_{other.singular}".upper()
            self._tell(one, "associationChange", None, {
                "associationType": words, "fromObjectId": int(one_id), "toObjectId": int(other_id),
                "associationRemoved": removed, "isPrimaryAssociation": primary,
            })  # fmt: skip

    def tell_merge(self, spec: ObjectType, primary: str, losers: list[str], new_id: str, moved: int) -> None:
        """The event of a merge; it stands for the loser's deletion and the winner's creation [inferred]."""
        self._tell(spec, "merge", int(new_id), {
            "primaryObjectId": int(primary), "mergedObjectIds": [int(one) for one in losers],
            "newObjectId": int(new_id), "numberOfPropertiesMoved": moved,
        })  # fmt: skip

    def _tell(self, spec: ObjectType, what: str, record_id: str | int | None, detail: Json) -> None:
        event: Json = {"subscriptionType": f"{spec.singular}.{what}", "changeSource": self.source}
        if self.source_id:
            event["sourceId"] = self.source_id
        if record_id is not None:
            event["objectId"] = int(record_id)
        self._emit({**event, "_type_id": spec.type_id, "_what": what, **detail})


def merged(old: dict[str, str], changes: dict[str, str | None] | dict[str, str]) -> dict[str, str]:
    """Properties after a change; None clears."""
    after = {**old, **changes}
    return {name: value for name, value in after.items() if value is not None}
