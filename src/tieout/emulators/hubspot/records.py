"""The objects API: read, list, batch, create, update, archive, merge.

Source: crm-cpq reference §8.2, §8.5.
"""

from __future__ import annotations

import random
from typing import Any

from tieout.emulators.hubspot import rendering
from tieout.emulators.hubspot.calls import Call, typed
from tieout.emulators.hubspot.errors import HubSpotError, invalid, no_route, not_found
from tieout.emulators.hubspot.merging import merge
from tieout.emulators.hubspot.objects import ObjectType
from tieout.emulators.hubspot.portal import Item, Portal, shown
from tieout.emulators.hubspot.searching import search, texts
from tieout.emulators.kit.http import Json

Answer = tuple[int, Any]
BATCH_MOST = 100
HISTORY_BATCH_MOST = 50


class Records:
    """Handlers of `/crm/v3/objects/…` and `/crm/objects/{date}/…`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def serve(self, call: Call) -> Answer:
        """One call below objects. Raises HubSpotError."""
        if not call.parts:
            raise no_route()
        spec, rest = typed(call.parts[0]), call.parts[1:]
        reads = call.method == "GET" or rest[:1] == ("search",) or rest == ("batch", "read")
        call.need(spec.read_scopes if reads else spec.write_scopes)
        if rest[:1] == ("batch",) and call.method == "POST" and len(rest) == 2:
            return self._batch(call, spec, rest[1])
        match (call.method, *rest):
            case ("GET",):
                return 200, self._list(call, spec)
            case ("POST",):
                return 201, self._create(call, spec)
            case ("POST", "search"):
                return 200, search(self._portal, spec, call.body)
            case ("POST", "merge"):
                return 200, self._merge(call, spec)
            case ("GET", record_id):
                return 200, self._read(call, spec, record_id)
            case ("PATCH", record_id):
                return 200, self._update(call, spec, record_id)
            case ("DELETE", record_id):
                return self._archive(call, spec, record_id)
        raise no_route()

    # Singles

    def _find(self, call: Call, spec: ObjectType, record_id: str) -> Item:
        archived = call.query.get("archived") == "true"
        name = call.query.get("idProperty")
        item = (
            self._by_property(spec, name, record_id)
            if name
            else self._portal.find(spec, self._portal.follow(spec, record_id), archived=archived)
        )
        if item is None:
            raise not_found(record_id)
        return item

    def _by_property(self, spec: ObjectType, name: str, value: str) -> Item | None:
        meaning = self._portal.definitions[spec.name].get(name)
        if name == "hs_object_id":
            return self._portal.find(spec, value)
        if meaning is None or not meaning["hasUniqueValue"]:
            raise invalid(f"Property {name} is not a unique property of {spec.label}")
        return self._portal.find_by(spec, name, value)

    def _read(self, call: Call, spec: ObjectType, record_id: str) -> Json:
        item = self._find(call, spec, record_id)
        found = rendering.record(
            self._portal, item, call.listed("properties"), call.listed("propertiesWithHistory")
        )
        wanted = [typed(word) for word in call.listed("associations")]
        for target in wanted:
            call.need(target.read_scopes)
        # An id that was merged away still reads, but has no associations any more.
        merged_away = item.id != record_id and record_id in self._portal.aliases[spec.name]
        if wanted and not (merged_away and self._portal.switches.on("HS-23b")):
            block = rendering.linked(self._portal, item, wanted)
            if block:
                found["associations"] = block
        return found

    def _list(self, call: Call, spec: ObjectType) -> Json:
        history = call.listed("propertiesWithHistory")
        limit = call.integer("limit", 10, 50 if history else 100)
        archived = call.query.get("archived") == "true"
        after = call.query.get("after", "0")
        if not after.isdigit():
            raise invalid(f"Invalid value for query parameter after: {after}")
        rows = sorted(
            (item for item in self._portal.items[spec.name].values()
             if item.archived == archived and item.merged_into is None and int(item.id) >= int(after)),
            key=lambda item: int(item.id),
        )  # fmt: skip
        page, following = rows[:limit], rows[limit : limit + 1]
        wanted = [typed(word) for word in call.listed("associations")]
        results = []
        for item in page:
            found = rendering.record(self._portal, item, call.listed("properties"), history)
            block = rendering.linked(self._portal, item, wanted)
            results.append({**found, "associations": block} if block else found)
        if not following:
            return {"results": results}
        cursor = following[0].id
        host = call.request.headers.get("host", "api.hubapi.com")
        rest = "&".join(
            part for part in call.request.raw_query.split("&") if part and not part.startswith("after=")
        )
        link = f"https://{host}{call.request.raw_path}?{rest}{'&' if rest else ''}after={cursor}"
        return {"results": results, "paging": {"next": {"after": cursor, "link": link}}}

    def _create(self, call: Call, spec: ObjectType) -> Json:
        body = call.body
        item = self._make(call, spec, body)
        return rendering.record(self._portal, item, sorted(item.properties))

    def _make(self, call: Call, spec: ObjectType, body: Json) -> Item:
        values = call.writer.plan(spec, None, _object(body, "properties"))
        plans = call.writer.plan_links(spec, body.get("associations"))
        item = call.writer.create(spec, values)
        for target, other, kinds in plans:
            call.writer.link(spec, item.id, target, other, kinds)
        return item

    def _update(self, call: Call, spec: ObjectType, record_id: str) -> Json:
        item = self._find(call, spec, record_id)
        given = _object(call.body, "properties")
        values = call.writer.plan(spec, item, given)
        call.writer.update(spec, item, values)
        return rendering.record(self._portal, item, sorted(given))

    def _archive(self, call: Call, spec: ObjectType, record_id: str) -> Answer:
        item = self._portal.find(spec, self._portal.follow(spec, record_id))
        if item is not None:
            call.writer.archive(spec, item)
        elif not record_id.isdigit():
            raise not_found(record_id)
        return 204, None

    def _merge(self, call: Call, spec: ObjectType) -> Json:
        body = call.body
        ids = [str(body.get(name, "")) for name in ("primaryObjectId", "objectIdToMerge")]
        item = merge(self._portal, call.writer, spec, ids[0], ids[1])
        return rendering.record(self._portal, item, [])

    # Batches

    def _batch(self, call: Call, spec: ObjectType, what: str) -> Answer:
        started = shown(self._portal.now())
        handlers = {
            "read": self._batch_read,
            "create": self._batch_create,
            "update": self._batch_update,
            "upsert": self._batch_upsert,
            "archive": self._batch_archive,
        }
        handler = handlers.get(what)
        if handler is None:
            raise no_route()
        most = BATCH_MOST if self._portal.switches.on("HS-22c") else 1_000_000
        results, errors = handler(call, spec, call.inputs(most))
        if what == "archive":
            return 204, None
        if self._portal.switches.on("HS-22b"):
            random.Random(f"{self._portal.settings['seed']}-{call.writer.request}").shuffle(results)
        answer: Json = {"status": "COMPLETE", "results": results, "startedAt": started}
        answer["completedAt"] = shown(self._portal.now())
        if errors and self._portal.switches.on("HS-22a"):
            return 207, {**answer, "numErrors": len(errors), "errors": errors}
        return 201 if what == "create" else 200, answer

    def _missing(self, spec: ObjectType, ids: list[str]) -> list[Json]:
        if not ids:
            return []
        message = (
            f"Could not get some {spec.label} objects, they may be deleted or not exist. "
            "Check that ids are valid."
        )
        return [
            {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": ids}}
        ]

    def _exact(
        self, spec: ObjectType, record_id: str, name: str | None = None, *, archived: bool = False
    ) -> Item | None:
        if name:
            return self._by_property(spec, name, record_id)
        if not self._portal.switches.on("HS-22d"):
            record_id = self._portal.follow(spec, record_id)
        return self._portal.find(spec, record_id, archived=archived)

    def _batch_read(self, call: Call, spec: ObjectType, inputs: list[Json]) -> tuple[list[Json], list[Json]]:
        body = call.body
        asked, history = texts(body, "properties"), texts(body, "propertiesWithHistory")
        if history and len(inputs) > HISTORY_BATCH_MOST:
            raise invalid(f"Batch reads of property histories take at most {HISTORY_BATCH_MOST} inputs")
        archived = call.query.get("archived") == "true"
        results, absent = [], []
        for record_id in dict.fromkeys(str(one.get("id", "")) for one in inputs):
            item = self._exact(spec, record_id, body.get("idProperty"), archived=archived)
            if item is None:
                absent.append(record_id)
            else:
                results.append(rendering.record(self._portal, item, asked, history, nulls=False))
        return results, self._missing(spec, absent)

    def _batch_create(
        self, call: Call, spec: ObjectType, inputs: list[Json]
    ) -> tuple[list[Json], list[Json]]:
        traced = all(isinstance(one.get("objectWriteTraceId"), str) for one in inputs)
        errors: list[Json] = []
        plans: list[dict[str, str | None]] = []
        for one in inputs:
            try:
                plans.append(call.writer.plan(spec, None, _object(one, "properties")))
                call.writer.plan_links(spec, one.get("associations"))
            except HubSpotError as error:
                if not traced:
                    raise
                errors.append(_traced(error, one))
        self._single(spec, plans)
        bad = {error["context"]["objectWriteTraceId"][0] for error in errors}
        results = []
        for one in inputs:
            if traced and one["objectWriteTraceId"] in bad:
                continue
            item = self._make(call, spec, one)
            shown_item = rendering.record(self._portal, item, sorted(item.properties))
            trace = one.get("objectWriteTraceId")
            results.append({**shown_item, "objectWriteTraceId": trace} if trace else shown_item)
        return results, errors

    def _single(self, spec: ObjectType, plans: list[dict[str, str | None]]) -> None:
        """No unique value may come twice in one batch. Raises HubSpotError before anything is written."""
        for name, meaning in self._portal.definitions[spec.name].items():
            values = [plan[name] for plan in plans if meaning["hasUniqueValue"] and plan.get(name)]
            doubled = {value for value in values if values.count(value) > 1}
            if doubled and self._portal.switches.on("HS-22g"):
                raise invalid(
                    f"Duplicate values of {name} in batch input: {', '.join(sorted(map(str, doubled)))}"
                )

    def _batch_update(
        self, call: Call, spec: ObjectType, inputs: list[Json]
    ) -> tuple[list[Json], list[Json]]:
        ids = [str(one.get("id", "")) for one in inputs]
        doubled = sorted({one for one in ids if ids.count(one) > 1})
        if doubled:
            raise invalid(f"Duplicate IDs found in batch input: [{', '.join(doubled)}]. IDs must be unique")
        plans, absent = [], []
        for one in inputs:
            item = self._exact(spec, str(one.get("id", "")), one.get("idProperty"))
            if item is None:
                absent.append(str(one.get("id", "")))
            else:
                plans.append((item, call.writer.plan(spec, item, _object(one, "properties"))))
        self._single(spec, [values for _, values in plans])
        results = []
        for item, values in plans:
            call.writer.update(spec, item, values)
            results.append(rendering.record(self._portal, item, sorted(values)))
        return results, self._missing(spec, absent)

    def _batch_upsert(
        self, call: Call, spec: ObjectType, inputs: list[Json]
    ) -> tuple[list[Json], list[Json]]:
        plans = []
        for one in inputs:
            name, key = str(one.get("idProperty") or ""), str(one.get("id", ""))
            if not name:
                raise invalid("idProperty is required for upsert")
            item = self._by_property(spec, name, key)
            given = (
                {name: key, **_object(one, "properties")}
                if name != "hs_object_id"
                else _object(one, "properties")
            )
            plans.append((item, call.writer.plan(spec, item, given)))
        self._single(spec, [values for _, values in plans])
        results = []
        for item, values in plans:
            if item is not None:
                call.writer.update(spec, item, values)
            made = item or call.writer.create(spec, values)
            results.append({**rendering.record(self._portal, made, sorted(values)), "new": item is None})
        return results, []

    def _batch_archive(
        self, call: Call, spec: ObjectType, inputs: list[Json]
    ) -> tuple[list[Json], list[Json]]:
        for one in inputs:
            item = self._portal.find(spec, str(one.get("id", "")))
            if item is not None:
                call.writer.archive(spec, item)
        return [], []


def _object(body: Json, name: str) -> Json:
    found = body.get(name, {})
    if not isinstance(found, dict):
        raise invalid(f"Invalid input JSON: {name} must be an object")
    return found


def _traced(error: HubSpotError, one: Json) -> Json:
    return {
        "status": "error",
        "category": error.category or "VALIDATION_ERROR",
        "message": error.message,
        "context": {"objectWriteTraceId": [str(one["objectWriteTraceId"])]},
        **({"errors": error.extra["errors"]} if "errors" in error.extra else {}),
    }
