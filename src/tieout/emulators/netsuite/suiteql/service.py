"""`POST /query/v1/suiteql` (reference section 2; rules NS-26…)."""

from __future__ import annotations

import json
from typing import Any

from tieout.emulators.kit.http import Json, Request, Response, json_response
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.auth import Caller
from tieout.emulators.netsuite.errors import NsError, invalid_content, permission_violation
from tieout.emulators.netsuite.listing import page_of
from tieout.emulators.netsuite.suiteql.engine import SuiteQl
from tieout.emulators.netsuite.suiteql.functions import MARK, show, unmark


class QueryService:
    """Answers SuiteQL requests, page by page."""

    def __init__(self, engine: SuiteQl, switches: Switches) -> None:
        self._engine, self._switches = engine, switches

    def serve(self, request: Request, caller: Caller, url: str, account: Json) -> Response:
        """One page. Every value is a string, keys are lower-case, NULL members are left out."""
        if request.method != "POST":
            raise NsError(405, "METHOD_NOT_ALLOWED", "SuiteQL is POST only.")
        prefer = [part.strip().lower() for part in request.headers.get("prefer", "").split(",")]
        if "transient" not in prefer and self._switches.on("NS-26"):
            raise NsError(
                400, "INVALID_HEADER", "The required request header 'Prefer' is missing or is not 'transient'.",
                errorHeader="Prefer",
            )  # fmt: skip
        if not caller.role.may("suiteql", "view") and self._switches.on("NS-29"):
            raise permission_violation("Reports -> SuiteAnalytics Workbook")
        text, params = self._statement(request)
        query = {name.lower(): value for name, value in request.query.items()}
        limit, offset = page_of(query, self._switches)
        names, rows = self._engine.run(text, params, caller.role)
        page = rows[offset : offset + limit]
        items = [self._item(names, row, account["date_format"]) for row in page]
        more = offset + limit < len(rows)
        body: Json = {
            "links": _links(url, limit, offset, len(rows)),
            "count": len(items),
            "hasMore": more,
            "items": items,
            "offset": offset,
            "totalResults": len(rows),
        }
        return json_response(200, body, content_type="application/vnd.oracle.resource+json; type=collection")

    def _statement(self, request: Request) -> tuple[str, list[Any]]:
        try:
            body = request.json
        except json.JSONDecodeError:
            raise invalid_content("The request body is not valid JSON.") from None
        if not isinstance(body, dict) or not isinstance(body.get("q"), str):
            raise invalid_content("The member 'q' is missing.", "q")
        params = body.get("params") or []
        if not isinstance(params, list) or not all(
            isinstance(one, str | int | float | type(None)) for one in params
        ):
            raise invalid_content("The member 'params' must be a list of values.", "params")
        if params and not self._switches.on("NS-26d"):
            raise invalid_content("Unknown property 'params'.", "params")
        return body["q"], params

    def _item(self, names: list[str], row: tuple[Any, ...], date_format: str) -> Json:
        item: Json = {"links": []}
        strings, timed = self._switches.on("NS-26b"), not self._switches.on("NS-26c")
        for name, value in zip(names, row, strict=True):
            if value is None or name.startswith("_"):
                continue
            if timed and isinstance(value, str) and value.startswith(MARK):
                item[name] = unmark(value).isoformat()
            else:
                item[name] = show(value, date_format) if strings or isinstance(value, str) else value
        return item


def _links(url: str, limit: int, offset: int, total: int) -> list[Json]:
    pages = [("self", offset)]
    if offset + limit < total:
        pages.append(("next", offset + limit))
    if offset:
        pages.append(("prev", max(0, offset - limit)))
    return [{"rel": rel, "href": f"{url}?limit={limit}&offset={start}"} for rel, start in pages]
