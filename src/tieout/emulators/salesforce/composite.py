"""Several calls in one: `composite` (sub-requests) and `composite/sobjects` (collections).

Sources: crm-cpq reference §2.3. The outer answer is 200 however the inner ones went.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.deletes import delete
from tieout.emulators.salesforce.errors import SalesforceError, not_found
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.rest import Answer, Call, Rest, not_allowed
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.writes import matching_rows

MAX_SUBREQUESTS = 25
MAX_RECORDS = 200
MAX_CHUNKS = 10
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_ROLLED_BACK = SalesforceError(
    400,
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
_ROW_ROLLED_BACK = SalesforceError(
    400,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class Composite:
    """Serves `composite` and below, through the plain REST door."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._org = rest.org
        rest.composite = self.serve

    def serve(self, call: Call) -> Answer:
        """Answer one outer call. Raises SalesforceError when the call itself is wrong."""
        match call.path[1:]:
            case []:
                if call.method != "POST":
                    raise not_allowed(call.method, "POST")
                answer = self._subrequests(call)
                worst = max((part["httpStatusCode"] for part in answer["compositeResponse"]), default=200)
                return (200 if self._org.switches.on("SF-09a") else worst), answer
            case ["sobjects"]:
                return 200, self._mixed(call)
            case ["sobjects", name]:
                return 200, self._retrieve(call, self._object(name))
            case ["sobjects", name, key]:
                if call.method != "PATCH":
                    raise not_allowed(call.method, "PATCH")
                return 200, self._upsert(call, self._object(name), key)
        raise not_found()

    def _object(self, name: str) -> SObject:
        found = self._org.sobject(name)
        if found is None:
            raise not_found()
        return found

    # Sub-requests

    def _subrequests(self, call: Call) -> Json:
        body = call.body_object()
        items = body.get("compositeRequest", [])
        if len(items) > MAX_SUBREQUESTS and self._org.switches.on("SF-09f"):
            message = f"The request is invalid: the number of subrequests cannot exceed {MAX_SUBREQUESTS}"
            raise SalesforceError(400, "LIMIT_EXCEEDED", message)
        mark = self._org.store.begin()
        results: dict[str, Any] = {}
        answers = []
        failed: int | None = None
        for number, item in enumerate(items):
            answer = self._one(call, item, results)
            answers.append(answer)
            if answer["httpStatusCode"] >= 400 and failed is None:
                failed = number
            results[item["referenceId"]] = answer["body"] if answer["httpStatusCode"] < 400 else None
        if body.get("allOrNone") and failed is not None and self._org.switches.on("SF-09b"):
            self._org.store.rollback(mark)
            call.wrote.clear()
            for number, answer in enumerate(answers):
                if number != failed:
                    answer |= {"body": _ROLLED_BACK.rest(), "httpStatusCode": 400, "httpHeaders": {}}
        return {"compositeResponse": answers}

    def _one(self, outer: Call, item: Json, results: dict[str, Any]) -> Json:
        headers: Json = {}
        try:
            inner = self._inner_call(outer, item, results)
            mark = self._org.store.begin()
            try:
                status, payload = self._rest.serve(inner)
            except SalesforceError:
                self._org.store.rollback(mark)
                raise
            outer.wrote += inner.wrote
            if status == 201:
                headers = {
                    "Location": f"/services/data/{outer.version}/sobjects/{inner.path[1]}/{payload['id']}"
                }
        except SalesforceError as error:
            status, payload = error.status, error.rest()
        return {
            "body": payload,
            "httpHeaders": headers,
            "httpStatusCode": status,
            "referenceId": item.get("referenceId"),
        }

    def _inner_call(self, outer: Call, item: Json, results: dict[str, Any]) -> Call:
        url = urlsplit(self._resolved(item["url"], results))
        segments = [unquote(part) for part in url.path.strip("/").split("/")]
        if segments[:2] != ["services", "data"] or len(segments) < 3 or segments[3:4] == ["composite"]:
            raise not_found()
        return Call(
            method=item["method"].upper(),
            path=segments[3:],
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in item.get("httpHeaders", {}).items()},
            body=self._resolved(item.get("body"), results),
            version=segments[2],
            writer=outer.writer,
        )

    def _resolved(self, value: Any, results: dict[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(inner, results) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner, results) for inner in value]
        if not isinstance(value, str) or "@{" not in value:
            return value
        return _REFERENCE.sub(lambda match: str(_referred(match.group(1), results)), value)

    # Collections

    def _records(self, call: Call) -> tuple[list[Json], bool]:
        body = call.body_object()
        records = body.get("records", [])
        if len(records) > MAX_RECORDS and self._org.switches.on("SF-09c"):
            message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
            raise SalesforceError(400, "EXCEEDED_ID_LIMIT", message)
        return records, bool(body.get("allOrNone", False))

    def _mixed(self, call: Call) -> list[Json]:
        if call.method == "DELETE":
            return self._delete(call)
        if call.method not in ("POST", "PATCH"):
            raise not_allowed(call.method, "POST,PATCH,DELETE")
        records, all_or_none = self._records(call)
        types = [str(record.get("attributes", {}).get("type", "")) for record in records]
        chunks = sum(1 for number, name in enumerate(types) if number == 0 or name != types[number - 1])
        if chunks > MAX_CHUNKS and self._org.switches.on("SF-09d"):
            message = f"The number of chunks in the request cannot exceed {MAX_CHUNKS}"
            raise SalesforceError(400, "INVALID_INPUT", message)

        def write(record: Json) -> Json:
            sobject = self._typed(record)
            if call.method == "POST":
                return {"id": call.writer.create(sobject, record)}
            record_id = to_18(str(next((record[key] for key in record if key.lower() == "id"), "")))
            if record_id is None:
                raise SalesforceError(400, "MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
            call.writer.update(sobject, record_id, {k: v for k, v in record.items() if k.lower() != "id"})
            return {"id": record_id}

        return self._each(call, records, write, all_or_none=all_or_none)

    def _typed(self, record: Json) -> SObject:
        name = str(record.get("attributes", {}).get("type", ""))
        sobject = self._org.sobject(name)
        if sobject is None:
            raise SalesforceError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return sobject

    def _delete(self, call: Call) -> list[Json]:
        ids = [part for part in call.query.get("ids", "").split(",") if part]
        if len(ids) > MAX_RECORDS and self._org.switches.on("SF-09c"):
            raise SalesforceError(400, "EXCEEDED_ID_LIMIT", f"cannot delete more than {MAX_RECORDS} records")

        def write(item: Json) -> Json:
            record_id = to_18(item["Id"])
            sobject = self._org.of_id(record_id or "")
            if record_id is None or sobject is None:
                raise SalesforceError(400, "MALFORMED_ID", f"malformed id {item['Id']}")
            try:
                delete(call.writer, sobject, record_id)
            except SalesforceError as error:
                if error.code == "NOT_FOUND":
                    raise SalesforceError(
                        400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"
                    ) from None
                raise
            return {"id": record_id}

        all_or_none = call.query.get("allOrNone", "").lower() == "true"
        return self._each(call, [{"Id": item} for item in ids], write, all_or_none=all_or_none)

    def _upsert(self, call: Call, sobject: SObject, key: str) -> list[Json]:
        records, all_or_none = self._records(call)
        spec = self._rest.key_field(sobject, key)

        def write(record: Json) -> Json:
            value = next((record[name] for name in record if name.lower() == spec.name.lower()), None)
            body = {name: item for name, item in record.items() if name.lower() != spec.name.lower()}
            if value is None and spec.type != "id":
                raise SalesforceError(400, "MISSING_ARGUMENT", f"{spec.name} not specified", [])
            found = matching_rows(self._org, sobject, spec, value) if value is not None else []
            if len(found) > 1:
                ids = ",".join(row["Id"][:15] for row in found)
                message = f"{spec.name}: more than one record found for external id field: [{ids}]"
                raise SalesforceError(400, "DUPLICATE_EXTERNAL_ID", message, [spec.name])
            if found:
                call.writer.update(sobject, found[0]["Id"], body)
                return {"id": found[0]["Id"], "created": False}
            if spec.type == "id":
                if value is not None:
                    raise SalesforceError(
                        400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []
                    )
                return {"id": call.writer.create(sobject, body), "created": True}
            return {"id": call.writer.create(sobject, {**body, spec.name: value}), "created": True}

        return self._each(call, records, write, all_or_none=all_or_none)

    def _each(self, call: Call, records: list[Json], write: Any, *, all_or_none: bool) -> list[Json]:
        """Write record by record; results in the order of the request; one failure can undo all."""
        start = self._org.store.begin()
        answers: list[Json] = []
        failures: list[SalesforceError | None] = []
        for record in records:
            mark = self._org.store.begin()
            try:
                done = write(record)
                created = {"created": done["created"]} if "created" in done else {}
                answers.append({"id": done["id"], "success": True, "errors": [], **created})
                failures.append(None)
            except SalesforceError as error:
                self._org.store.rollback(mark)
                answers.append({"success": False, "errors": [error.row()]})
                failures.append(error)
        if all_or_none and any(failures) and self._org.switches.on("SF-09b"):
            self._org.store.rollback(start)
            return [{"success": False, "errors": [(error or _ROW_ROLLED_BACK).row()]} for error in failures]
        call.wrote += [answer["id"] for answer in answers if answer["success"]]
        return answers

    def _retrieve(self, call: Call, sobject: SObject) -> list[Json | None]:
        """Several rows by id, in the order asked; a missing one is null."""
        if call.method == "POST":
            body = call.body_object()
            ids, fields = body.get("ids", []), ",".join(body.get("fields", []))
        elif call.method == "GET":
            ids, fields = call.query.get("ids", "").split(","), call.query.get("fields", "")
        else:
            raise not_allowed(call.method, "GET,POST")
        narrowed = replace(call, query={"fields": fields})
        rows = [self._org.visible_row(sobject, to_18(item) or "") for item in ids]
        return [self._rest.render(narrowed, sobject, row) if row is not None else None for row in rows]


def _referred(text: str, results: dict[str, Any]) -> Any:
    """The value of `@{reference.path[0].field}`. Raises SalesforceError when there is none."""
    name, _, path = text.partition(".")
    value = results.get(name)
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            value = None
    if value is None:
        message = f"Invalid reference specified. No value for {text} found in {name}"
        raise SalesforceError(400, "PROCESSING_HALTED", message)
    return value
