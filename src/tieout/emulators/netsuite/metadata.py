"""The metadata catalog (reference 1.11): JSON Schema per record type, or one OpenAPI document."""

from __future__ import annotations

from typing import Any

from tieout.emulators.kit.http import Json, Request, Response, json_response
from tieout.emulators.netsuite.catalog import ADDRESS_FIELDS, Field, RecordType
from tieout.emulators.netsuite.errors import NsError
from tieout.emulators.netsuite.state import State

_PLAIN: dict[str, Json] = {
    "text": {"type": "string"},
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "money": {"type": "number", "format": "double"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
}


class Metadata:
    """Describes record types with the account's custom fields. It does not tell what a form makes mandatory."""

    def __init__(self, state: State) -> None:
        self._state = state

    def serve(self, request: Request, root: str) -> Response:
        """`/metadata-catalog[/{type}][?select=a,b]`."""
        rest = request.path.split("metadata-catalog", 1)[1].strip("/")
        accept = request.headers.get("accept", "")
        if rest:
            schema = self._schema(self._type(rest), root)
            return json_response(200, schema, content_type="application/schema+json")
        wanted = [name for name in request.query.get("select", "").split(",") if name]
        types = [self._type(name) for name in wanted] or list(self._state.types.values())
        if "swagger" in accept:
            return json_response(200, self._openapi(types, root), content_type="application/swagger+json")
        items = [
            {"name": kind.name, "links": [{"rel": "canonical", "href": f"{root}/metadata-catalog/{kind.name}",
                                           "mediaType": "application/schema+json"}]}
            for kind in types
        ]  # fmt: skip
        return json_response(
            200, {"links": [{"rel": "self", "href": f"{root}/metadata-catalog"}], "items": items}
        )

    def _type(self, name: str) -> RecordType:
        record_type = self._state.type_of(name.strip())
        if record_type is None:
            raise NsError(404, "NONEXISTENT_ID", f"Record type '{name}' does not exist.")
        return record_type

    def _openapi(self, types: list[RecordType], root: str) -> Json:
        paths: Json = {}
        for kind in types:
            verbs: Json = {"get": {"tags": [kind.name], "summary": "Get list of records."}}
            if kind.writable:
                verbs["post"] = {"tags": [kind.name], "summary": "Insert record."}
            paths[f"/{kind.name}"] = verbs
        return {
            "openapi": "3.0.1",
            "info": {"title": "NetSuite REST API Record Metadata", "version": "v1"},
            "servers": [{"url": root}],
            "paths": paths,
            "components": {"schemas": {kind.name: self._schema(kind, root) for kind in types}},
        }

    def _schema(self, kind: RecordType, root: str) -> Json:
        properties: Json = {"id": {"title": "Internal ID", "type": "string", "nullable": True},
                            "links": {"type": "array", "readOnly": True}}  # fmt: skip
        for field in kind.fields.values():
            if field.name in kind.sublists:
                continue
            properties[field.name] = self._property(field)
        for name, members in kind.sublists.items():
            element = {one.name: self._property(one) for one in members.values()}
            properties[name] = {
                "type": "object",
                "properties": {
                    "items": {"type": "array", "items": {"type": "object", "properties": element}}
                },
            }
        return {
            "type": "object",
            "properties": properties,
            "$schema": "http://json-schema.org/draft-06/hyper-schema#",
            "links": [{"rel": "self", "href": f"{root}/metadata-catalog/{kind.name}"}],
        }

    def _property(self, field: Field) -> Json:
        shown: dict[str, Any] = {"title": field.label, "nullable": True}
        if field.kind in _PLAIN:
            shown |= _PLAIN[field.kind] | {"x-ns-filterable": True}
        elif field.kind == "subrecord":
            shown |= {"type": "object",
                      "properties": {one.name: self._property(one) for one in ADDRESS_FIELDS.values()}}  # fmt: skip
        else:
            shown |= {
                "type": "object",
                "properties": {"id": {"type": "string"}, "refName": {"type": "string"}},
            }
        if field.readonly:
            shown["readOnly"] = True
        if field.name.startswith("cust"):
            shown["x-ns-custom-field"] = True
        return shown
