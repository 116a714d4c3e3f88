"""What a request is about, in the words faults and logs match."""

from __future__ import annotations

import re

from tieout.emulators.kit.http import Json, Operation, Request

_FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_INNER = re.compile(r"\([^()]*\)")
_VERSION_SEGMENTS = 3


def classify(request: Request) -> Operation:
    """Kinds: token, query, get, create (POST of a record), delete, writeback (PATCH, and composite writes), metadata.

    For composite calls `record` and `target` are those of the first write. Never raises.
    """
    path = request.path.strip("/")
    parts = path.split("/")
    if parts[:2] == ["services", "oauth2"] or parts[0] == "id":
        return Operation("token" if parts[-1] == "token" else "metadata")
    rest = parts[_VERSION_SEGMENTS:]
    if rest[:1] in (["query"], ["queryAll"]):
        found = _FROM.search(_outer(request.query.get("q", "")))
        return Operation("query", found.group(1) if found else None)
    if rest[:1] == ["composite"]:
        return _composite(request, rest)
    if rest[:1] == ["sobjects"] and len(rest) > 1:
        return _record(request.method, rest)
    return Operation("metadata")


def _outer(soql: str) -> str:
    """The query without what stands in parentheses, so that subqueries do not name it."""
    while (shorter := _INNER.sub("", soql)) != soql:
        soql = shorter
    return soql


def _record(method: str, rest: list[str]) -> Operation:
    record, tail = rest[1], rest[2:]
    external = tail[1] if len(tail) > 1 else None
    target = tail[0] if len(tail) == 1 else None
    if method == "POST":
        return Operation("create", record, write=True)
    if method == "PATCH":
        return Operation("writeback", record, external, target, write=True)
    if method == "DELETE":
        return Operation("delete", record, external, target, write=True)
    kind = "metadata" if target in (None, "describe") and external is None else "get"
    return Operation(kind, record, external, target)


def _composite(request: Request, rest: list[str]) -> Operation:
    body = request.json_object
    if rest[1:2] == ["sobjects"]:
        if request.method == "GET" or (request.method == "POST" and len(rest) == 3):
            return Operation("get", rest[2] if len(rest) > 2 else None)
        record = rest[2] if len(rest) > 2 else _first_type(body.get("records"))
        return Operation("writeback", record, write=True)
    items = body.get("compositeRequest")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and str(item.get("method", "GET")).upper() != "GET":
            segments = str(item.get("url", "")).strip("/").split("/")[_VERSION_SEGMENTS:]
            if len(segments) > 1:
                return _record("PATCH", segments)
    return Operation("query")


def _first_type(records: object) -> str | None:
    first: Json | object = records[0] if isinstance(records, list) and records else {}
    attributes = first.get("attributes") if isinstance(first, dict) else None
    return str(attributes.get("type")) if isinstance(attributes, dict) else None
