"""The associations API: v4 and date-based rows with types, v3 rows with names.

Source: crm-cpq reference §8.3.
"""

from __future__ import annotations

from typing import Any

from tieout.emulators.hubspot import rendering
from tieout.emulators.hubspot.calls import Call, Route, typed
from tieout.emulators.hubspot.errors import invalid, no_route, not_found, parsing
from tieout.emulators.hubspot.links import Kind
from tieout.emulators.hubspot.objects import ObjectType
from tieout.emulators.hubspot.portal import Portal, shown
from tieout.emulators.kit.http import Json

Answer = tuple[int, Any]
PAGE_MOST, READ_MOST, WRITE_MOST = 500, 1000, 2000


def concerns(route: Route) -> bool:
    """Whether a route below objects is about a record's associations."""
    return route.family == "objects" and len(route.parts) >= 3 and route.parts[2] == "associations"


class Associations:
    """Handlers of `…/objects/{type}/{id}/associations/…` and `…/associations/{from}/{to}/…`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def serve(self, call: Call) -> Answer:
        """One call. Raises HubSpotError."""
        if call.route.family == "associations":
            return self._between(call)
        source, source_id, rest = typed(call.parts[0]), call.parts[1], call.parts[3:]
        default = rest[:1] == ("default",)
        rest = rest[1:] if default else rest
        if not rest:
            raise no_route()
        target = typed(rest[0])
        call.need(source.read_scopes if call.method == "GET" else source.write_scopes)
        call.need(target.read_scopes if call.method == "GET" else target.write_scopes)
        if call.method == "GET" and len(rest) == 1:
            return 200, self._list(call, source, source_id, target)
        if len(rest) < 2:
            raise no_route()
        if call.method == "PUT":
            kinds = None if default or not call.request.body else self._kinds(_json(call), source, target)
            self._check_ends(source, source_id, target, rest[1])
            self._set(call, source, source_id, target, rest[1], kinds)
            return 200, self._made(source, source_id, target, rest[1])
        if call.method == "DELETE":
            call.writer.unlink(source, source_id, target, rest[1])
            return 204, None
        raise no_route()

    # One record

    def _list(self, call: Call, source: ObjectType, source_id: str, target: ObjectType) -> Json:
        followed = self._portal.follow(source, source_id)
        if self._portal.find(source, followed) is None:
            raise not_found(source_id)
        # A merged id has lost its associations, though it still reads.
        known = source_id if self._portal.switches.on("HS-23b") else followed
        limit = call.integer("limit", PAGE_MOST, PAGE_MOST)
        rows, following = self._rows(call, source, known, target, call.query.get("after"), limit)
        if following is None:
            return {"results": rows}
        host = call.request.headers.get("host", "api.hubapi.com")
        link = f"https://{host}{call.request.raw_path}?after={following}"
        return {"results": rows, "paging": {"next": {"after": following, "link": link}}}

    def _rows(
        self,
        call: Call,
        source: ObjectType,
        source_id: str,
        target: ObjectType,
        after: str | None,
        limit: int,
    ) -> tuple[list[Json], str | None]:
        linked = sorted(
            self._portal.links.of(source.name, source_id, target.name).items(), key=lambda one: int(one[0])
        )
        live = [one for one in linked if self._portal.find(target, one[0]) is not None]
        if after:
            with parsing("after"):
                live = [one for one in live if int(one[0]) >= int(after)]
        page, rest = live[:limit], live[limit : limit + 1]
        rows = [row for other, kinds in page for row in self._shape(call, source, target, other, kinds)]
        return rows, rest[0][0] if rest else None

    def _shape(
        self, call: Call, source: ObjectType, target: ObjectType, other: str, kinds: list[Kind]
    ) -> list[Json]:
        if call.route.version == "v3":
            words = (source.singular, target.singular)
            return [
                {"id": other, "type": self._portal.links.v3_name(source.name, target.name, kind, words)}
                for kind in kinds
            ]
        shown_kinds = kinds
        if not self._portal.switches.on("HS-24a"):
            shown_kinds = kinds[:1]
        number: Any = int(other) if self._portal.switches.on("HS-19b") else other
        types = rendering.association_types(self._portal, source, target, shown_kinds)
        return [{"toObjectId": number, "associationTypes": types}]

    def _kinds(self, given: Any, source: ObjectType, target: ObjectType) -> list[Kind]:
        with parsing("associationCategory or associationTypeId"):
            kinds = [(str(one["associationCategory"]), int(one["associationTypeId"])) for one in given or []]
        known = self._portal.links.known(source.name, target.name)
        unknown = [kind for kind in kinds if kind not in known]
        if unknown:
            raise invalid(
                f"invalid association type {unknown[0][1]} from {source.type_id} to {target.type_id}"
            )
        return kinds

    def _check_ends(self, source: ObjectType, source_id: str, target: ObjectType, target_id: str) -> None:
        for spec, record_id in ((source, source_id), (target, target_id)):
            if self._portal.find(spec, record_id) is None:
                raise not_found(record_id)

    def _set(
        self,
        call: Call,
        source: ObjectType,
        source_id: str,
        target: ObjectType,
        target_id: str,
        kinds: list[Kind] | None,
    ) -> None:
        """Labels given replace the ones there; without labels the plain type is added."""
        if not self._portal.links.known(source.name, target.name):
            raise invalid(f"{source.label} and {target.label} cannot be associated")
        call.writer.check_parent(source, source_id, target, target_id)
        links = self._portal.links
        if kinds is not None and self._portal.switches.on("HS-24c"):
            links.cut(source.name, source_id, target.name, target_id)
        wanted = kinds or [links.plain(source.name, target.name)]
        call.writer.link(source, source_id, target, target_id, wanted)

    def _made(self, source: ObjectType, source_id: str, target: ObjectType, target_id: str) -> Json:
        kinds = self._portal.links.of(source.name, source_id, target.name)[target_id]
        labels = [self._portal.links.label(source.name, target.name, kind) for kind in kinds]
        return {
            "fromObjectTypeId": source.type_id,
            "fromObjectId": int(source_id),
            "toObjectTypeId": target.type_id,
            "toObjectId": int(target_id),
            "labels": [label for label in labels if label],
        }

    # Two types

    def _between(self, call: Call) -> Answer:
        if len(call.parts) < 3:
            raise no_route()
        source, target, rest = typed(call.parts[0]), typed(call.parts[1]), call.parts[2:]
        reads = rest in (("labels",), ("types",), ("batch", "read"))
        for spec in (source, target):
            call.need(spec.read_scopes if reads else spec.write_scopes)
        match (call.method, *rest):
            case ("GET", "labels" | "types"):
                return 200, {"results": self._labels(call, source, target)}
            case ("POST", "batch", "read"):
                return self._batch_read(call, source, target)
            case ("POST", "batch", "create"):
                return self._batch_write(call, source, target, labelled=True)
            case ("POST", "batch", "associate", "default"):
                return self._batch_write(call, source, target, labelled=False)
            case ("POST", "batch", "archive"):
                with parsing("inputs"):
                    pairs = [
                        (str(one["from"]["id"]), str(other["id"]))
                        for one in call.inputs(WRITE_MOST)
                        for other in (one["to"] if isinstance(one["to"], list) else [one["to"]])
                    ]
                for source_id, target_id in pairs:
                    call.writer.unlink(source, source_id, target, target_id)
                return 204, None
        raise no_route()

    def _labels(self, call: Call, source: ObjectType, target: ObjectType) -> list[Json]:
        links = self._portal.links
        kinds = list(links.known(source.name, target.name))
        if call.route.version == "v3":
            words = (source.singular, target.singular)
            return [
                {"id": str(kind[1]), "name": links.v3_name(source.name, target.name, kind, words)}
                for kind in kinds
            ]
        return rendering.association_types(self._portal, source, target, kinds)

    def _batch_read(self, call: Call, source: ObjectType, target: ObjectType) -> Answer:
        started = shown(self._portal.now())
        results, errors = [], []
        for one in call.inputs(READ_MOST):
            source_id = str(one.get("id", ""))
            rows, following = self._rows(call, source, source_id, target, one.get("after"), PAGE_MOST)
            if rows:
                row: Json = {"from": {"id": source_id}, "to": rows}
                results.append({**row, "paging": {"next": {"after": following}}} if following else row)
            else:
                errors.append(_nothing(source, source_id, target))
        if not self._portal.switches.on("HS-24d"):
            results += [{"from": {"id": error["context"]["fromObjectId"][0]}, "to": []} for error in errors]
            errors = []
        answer: Json = {"status": "COMPLETE", "results": results, "startedAt": started}
        answer["completedAt"] = shown(self._portal.now())
        if errors:
            return 207, {**answer, "numErrors": len(errors), "errors": errors}
        return 200, answer

    def _batch_write(self, call: Call, source: ObjectType, target: ObjectType, *, labelled: bool) -> Answer:
        plans = []
        for one in call.inputs(WRITE_MOST):
            with parsing("inputs"):
                source_id, target_id = str(one["from"]["id"]), str(one["to"]["id"])
            self._check_ends(source, source_id, target, target_id)
            kinds = self._kinds(one.get("types"), source, target) if labelled and one.get("types") else None
            plans.append((source_id, target_id, kinds))
        for source_id, target_id, kinds in plans:
            self._set(call, source, source_id, target, target_id, kinds)
        results = [self._made(source, source_id, target, target_id) for source_id, target_id, _ in plans]
        at = shown(self._portal.now())
        return 201, {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}


def _json(call: Call) -> Any:
    with parsing("the body"):
        return call.request.json


def _nothing(source: ObjectType, source_id: str, target: ObjectType) -> Json:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {source.singular} {source_id}.",
        "context": {
            "fromObjectId": [source_id],
            "fromObjectType": [source.singular],
            "toObjectType": [target.singular],
        },
    }
