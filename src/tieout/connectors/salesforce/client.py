"""Requests to one org: token, replay after 401, queries with all their batches, composite calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from tieout.connectors.kit.http import Answer, HttpClient
from tieout.connectors.salesforce.auth import Session, Sessions
from tieout.connectors.salesforce.errors import UNAUTHORIZED, error_from, error_of
from tieout.connectors.salesforce.options import SalesforceOptions
from tieout.flows.errors import CallError, MaybeSent
from tieout.flows.ports import Clock

Record = dict[str, Any]
#: at most five queries fit one composite call, and 25 sub-requests of any kind (crm-cpq §2.3)
QUERIES_A_CALL = 5
COLLECTION = 200
_OK = 200


class SalesforceClient:
    """The dialect of crm-cpq §2. Safe from any thread."""

    def __init__(self, options: SalesforceOptions, secret: str, clock: Clock) -> None:
        self._root = f"/services/data/{options.api_version}"
        self._http = HttpClient(
            options.base_url, deadline_seconds=options.deadline_seconds, scale=clock.scale, connections=4
        )
        self._sessions = Sessions(options, secret, self._http, clock)

    def session(self) -> Session:
        """The current session; logs in when there is none."""
        return self._sessions.current()

    def describe(self, name: str) -> Record:
        """An object's fields, as the integration user sees them. Raises `CallError`s."""
        body = self._json(self._call("GET", f"{self._root}/sobjects/{name}/describe"))
        if not isinstance(body, dict) or not isinstance(body.get("fields"), list):
            raise MaybeSent(f"describe of {name} has no fields")
        return body

    def queries(self, queries: Sequence[tuple[str, str]]) -> list[list[Record] | CallError]:
        """The rows of up to five queries in one call; each is (`query` or `queryAll`, SOQL).

        A query that is refused stands as its error in its place. Raises `CallError`s for the call itself.
        """
        requests = [
            {
                "method": "GET",
                "url": f"{self._root}/{resource}?q={quote(soql, safe='')}",
                "referenceId": f"q{number}",
            }
            for number, (resource, soql) in enumerate(queries)
        ]
        outer = self._json(
            self._call("POST", f"{self._root}/composite", {"allOrNone": False, "compositeRequest": requests})
        )
        inner = outer.get("compositeResponse") if isinstance(outer, dict) else None
        if not isinstance(inner, list) or len(inner) != len(queries):
            raise MaybeSent("composite answered another number of responses")
        return [self._rows_of(item) for item in inner]

    def query(self, soql: str, *, resource: str = "query") -> list[Record]:
        """All rows of one query. Raises `CallError`s."""
        page = self._json(self._call("GET", f"{self._root}/{resource}", params={"q": soql}))
        return self._all(page)

    def update(self, records: Sequence[Record]) -> list[Record]:
        """PATCH up to 200 records; one row of answer each, in order. Raises `CallError`s."""
        answer = self._call(
            "PATCH", f"{self._root}/composite/sobjects", {"allOrNone": False, "records": records}
        )
        rows = self._json(answer)
        if not isinstance(rows, list) or len(rows) != len(records):
            raise MaybeSent("collections answered another number of rows", answer.raw)
        return rows

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    # -- one call ------------------------------------------------------------------------------------------

    def _call(
        self, method: str, path: str, body: object = None, params: Mapping[str, str] | None = None
    ) -> Answer:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        for last in (False, True):
            session = self._sessions.current()
            headers = {"Authorization": f"Bearer {session.token}", "Accept": "application/json"}
            if content is not None:
                headers["Content-Type"] = "application/json"
            answer = self._http.send(
                method, session.instance_url + path, headers=headers, content=content, params=params
            )
            if answer.status != UNAUTHORIZED:
                break
            # Definite: nothing was done. Once with a new token, then it is somebody else's problem.
            self._sessions.forget(session)
            if last:
                break
        if answer.status != _OK:
            raise error_of(answer)
        return answer

    @staticmethod
    def _json(answer: Answer) -> Any:
        try:
            return json.loads(answer.text, parse_float=Decimal, parse_constant=str)
        except ValueError as error:
            raise MaybeSent("Salesforce answered something that is not JSON", answer.raw) from error

    # -- rows ----------------------------------------------------------------------------------------------

    def _rows_of(self, item: Record) -> list[Record] | CallError:
        status, body = item.get("httpStatusCode"), item.get("body")
        if status != _OK:
            return error_from(int(str(status or 0)), body)
        return self._all(body)

    def _all(self, page: Any) -> list[Record]:
        """The rows of an envelope, whose batches may be shorter than asked: `done` ends it, never a count."""
        rows: list[Record] = []
        while True:
            if not isinstance(page, dict) or not isinstance(page.get("records"), list):
                raise MaybeSent("a query answered without records")
            rows.extend(self._plain(row) for row in page["records"])
            if page.get("done") is not False:
                return rows
            place = str(page.get("nextRecordsUrl") or "")
            if not place.startswith("/"):
                raise MaybeSent("a query is not done and names no next batch")
            page = self._json(self._call("GET", place))

    def _plain(self, row: Record) -> Record:
        """A row without `attributes`, with child envelopes as lists and numbers as they were written."""
        return {name: self._value(value) for name, value in row.items() if name != "attributes"}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:f}"
        if isinstance(value, dict):
            if "records" in value and "done" in value:
                return self._all(value)
            return self._plain(value)
        return value


def quoted(text: str) -> str:
    """A SOQL string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def select(fields: str, name: str, where: str = "", tail: str = "") -> str:
    """A SOQL query. SOQL has no bound parameters: whoever calls puts in names and checked or quoted values only."""
    parts = ["SELECT", fields, "FROM", name, *(["WHERE", where] if where else []), tail]
    return " ".join(part for part in parts if part)


def listed(ids: Sequence[str]) -> str:
    """A SOQL list of string literals."""
    return "(" + ",".join(quoted(one) for one in ids) + ")"
