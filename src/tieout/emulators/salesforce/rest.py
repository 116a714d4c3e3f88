"""The REST resources under `/services/data/vXX.X`, as functions of one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce import describe, replication
from tieout.emulators.salesforce.deletes import delete
from tieout.emulators.salesforce.errors import SalesforceError, no_external_id, not_found
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.limits import ApiUsage
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.paging import Pager
from tieout.emulators.salesforce.schema import Field, SObject
from tieout.emulators.salesforce.soql.run import Runner
from tieout.emulators.salesforce.soql.scope import address_of
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.writes import Writer, matching_rows

CREATED_FLAG_SINCE = 46


@dataclass
class Call:
    """One REST call: `path` is what follows the version, cut at slashes."""

    method: str
    path: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    version: str
    writer: Writer
    wrote: list[str] = field(default_factory=list)

    @property
    def release(self) -> int:
        """The API version as a number."""
        return int(self.version[1:].split(".")[0])

    def body_object(self) -> Json:
        """The body, which must be an object. Raises SalesforceError."""
        if not isinstance(self.body, dict):
            raise SalesforceError(
                400,
                "JSON_PARSER_ERROR",
                "The HTTP entity body is required, but this request has no entity body.",
            )
        return self.body


Answer = tuple[int, Any]


def not_allowed(method: str, allowed: str) -> SalesforceError:
    """The refusal of a method a resource does not have."""
    message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    return SalesforceError(405, "METHOD_NOT_ALLOWED", message)


class Rest:
    """Routes calls. `composite` is set by the composite door, which calls back into `serve`."""

    def __init__(self, org: Org, pager: Pager, usage: ApiUsage) -> None:
        self.org = org
        self.pager = pager
        self.usage = usage
        self.composite: Callable[[Call], Answer] = self._nothing

    def serve(self, call: Call) -> Answer:
        """Answer one call: status and JSON (None: no body). Raises SalesforceError."""
        match call.path:
            case []:
                return 200, describe.resource_list(call.version)
            case ["limits"]:
                return 200, self.usage.resource()
            case ["limits", "recordCount"]:
                return 200, self._record_count(call)
            case ["sobjects"]:
                briefs = [describe.brief(item, call.version) for item in self.org.objects.values()]
                return 200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": briefs}
            case ["sobjects", name, *rest]:
                return self._sobject(call, self._object(name), rest)
            case [("query" | "queryAll"), *place] if len(place) <= 1:
                return 200, self._query(call, place)
            case ["composite", *_]:
                return self.composite(call)
        raise not_found()

    def _nothing(self, call: Call) -> Answer:  # noqa: ARG002 - stands in until the composite door is there
        raise not_found()

    def _object(self, name: str) -> SObject:
        found = self.org.sobject(name)
        if found is None:
            raise not_found()
        return found

    def _record_count(self, call: Call) -> Json:
        names = [name for name in call.query.get("sObjects", "").split(",") if name]
        chosen = [self._object(name) for name in names] if names else list(self.org.objects.values())
        counts = [
            {"count": sum(1 for _ in self.org.store.live(item.name)), "name": item.name} for item in chosen
        ]
        return {"sObjects": counts}

    def _query(self, call: Call, place: list[str]) -> Json:
        if call.method != "GET":
            raise not_allowed(call.method, "GET,HEAD")
        if place:
            return self.pager.next(place[0], call.version)
        text = call.query.get("q", "")
        if not text.strip():
            raise SalesforceError(400, "MALFORMED_QUERY", "A query string has to be specified")
        batch = self.pager.batch_size(call.headers.get("sforce-query-options", ""))
        runner = Runner(
            self.org,
            call.version,
            with_deleted=call.path[0] == "queryAll",
            pager=lambda inner: self.pager.first(inner, text, call.version, batch),
        )
        return self.pager.first(runner.run(text), text, call.version, batch)

    def _sobject(self, call: Call, sobject: SObject, rest: list[str]) -> Answer:
        match rest:
            case []:
                return self._collection(call, sobject)
            case ["describe"]:
                return 200, describe.full(self.org, sobject, call.version)
            case ["updated"]:
                return 200, replication.updated(self.org, sobject, call.query)
            case ["deleted"]:
                return 200, replication.deleted(self.org, sobject, call.query)
            case [record_id]:
                return self._row(call, sobject, record_id)
            case [key, value]:
                return self._keyed(call, sobject, key, value)
        raise not_found()

    def _collection(self, call: Call, sobject: SObject) -> Answer:
        if call.method == "GET":
            return 200, {"objectDescribe": describe.brief(sobject, call.version), "recentItems": []}
        if call.method != "POST":
            raise not_allowed(call.method, "GET,POST")
        record_id = call.writer.create(sobject, call.body_object())
        call.wrote.append(record_id)
        return 201, {"id": record_id, "success": True, "errors": []}

    def _row(self, call: Call, sobject: SObject, given_id: str) -> Answer:
        record_id = to_18(given_id)
        if record_id is None or (len(given_id) == 15 and not self.org.switches.on("SF-05a")):
            raise no_external_id(given_id)
        if call.method == "GET":
            return 200, self.render(call, sobject, self.live_row(sobject, record_id))
        if call.method == "PATCH":
            call.writer.update(sobject, record_id, call.body_object())
        elif call.method == "DELETE":
            delete(call.writer, sobject, record_id)
        else:
            raise not_allowed(call.method, "GET,PATCH,DELETE")
        call.wrote.append(record_id)
        return 204, None

    def live_row(self, sobject: SObject, record_id: str) -> Record:
        """A row outside the recycle bin. Raises SalesforceError."""
        row = self.org.store.get(sobject.name, record_id)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
        return row

    def render(self, call: Call, sobject: SObject, row: Record) -> Json:
        """A row as GET answers it: all visible fields, or those named in `fields`."""
        wanted = [name for name in call.query.get("fields", "").split(",") if name]
        if wanted:
            specs = []
            for name in wanted:
                spec = self.org.field(sobject, name.strip())
                if spec is None:
                    message = f"No such column '{name}' on entity '{sobject.name}'."
                    raise SalesforceError(400, "INVALID_FIELD", message)
                specs.append(spec)
        else:
            specs = self.org.visible_fields(sobject)
        url = f"/services/data/{call.version}/sobjects/{sobject.name}/{row['Id']}"
        answer: Json = {"attributes": {"type": sobject.name, "url": url}, "Id": row["Id"]}
        for spec in specs:
            answer[spec.name] = address_of(row, spec.name) if spec.type == "address" else row.get(spec.name)
        return answer

    def key_field(self, sobject: SObject, name: str) -> Field:
        """The external id field of that name. Raises SalesforceError when it is none."""
        spec = self.org.field(sobject, name)
        if spec is None or not spec.key:
            raise no_external_id(name)
        return spec

    def _keyed(self, call: Call, sobject: SObject, key: str, value: str) -> Answer:
        spec = self.key_field(sobject, key)
        found = matching_rows(self.org, sobject, spec, value)
        if len(found) > 1:
            if self.org.switches.on("SF-08b"):
                return 300, [
                    f"/services/data/{call.version}/sobjects/{sobject.name}/{row['Id']}" for row in found
                ]
            found = found[:1]
        if call.method == "GET":
            if not found:
                raise not_found()
            return 200, self.render(call, sobject, found[0])
        if call.method == "DELETE":
            if not found:
                raise not_found()
            return self._row(call, sobject, found[0]["Id"])
        if call.method != "PATCH":
            raise not_allowed(call.method, "GET,PATCH,DELETE")
        if spec.type == "id":
            raise no_external_id(key)  # a single upsert works on external ids, the collections form takes Id
        return self._upsert(call, sobject, spec, value, found)

    def _upsert(self, call: Call, sobject: SObject, spec: Field, value: str, found: list[Record]) -> Answer:
        body = call.body_object()
        if any(name.lower() == spec.name.lower() for name in body) and self.org.switches.on("SF-08c"):
            message = f"The {spec.name} field should not be specified in the sobject data."
            raise SalesforceError(400, "INVALID_FIELD", message, [spec.name])
        if found:
            record_id = found[0]["Id"]
            call.writer.update(sobject, record_id, body)
        elif call.query.get("updateOnly", "").lower() == "true" and self.org.switches.on("SF-08d"):
            raise not_found()
        else:
            record_id = call.writer.create(sobject, {**body, spec.name: value})
        call.wrote.append(record_id)
        answer: Json = {"id": record_id, "success": True, "errors": []}
        if call.release < CREATED_FLAG_SINCE and self.org.switches.on("SF-08a"):
            return (204, None) if found else (201, answer)
        return (200 if found else 201), {**answer, "created": not found}
