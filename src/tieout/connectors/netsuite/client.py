"""Requests to one account: authentication, required headers, SuiteQL with bound parameters and paging."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tieout.connectors.kit.http import Answer, HttpClient
from tieout.connectors.netsuite.auth import authenticator
from tieout.connectors.netsuite.config import NetSuiteConfig
from tieout.connectors.netsuite.errors import details_of, diagnose
from tieout.flows.errors import CallError, MaybeSent, NotSent, Paused, Refused, Throttled
from tieout.flows.ports import Clock
from tieout.flows.rows import Outcome

RECORD = "/services/rest/record/v1"
SUITEQL = "/services/rest/query/v1/suiteql"
PAGE = 1000

Row = Mapping[str, str]


class NetSuiteClient:
    """The dialect of reference §1 and §2. Safe from any thread."""

    def __init__(self, config: NetSuiteConfig, clock: Clock) -> None:
        self.config = config
        self.http = HttpClient(
            config.host,
            deadline_seconds=config.deadline_seconds,
            scale=clock.scale,
            connections=config.concurrency + 4,
        )
        self._auth = authenticator(config, self.http, clock)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        left: Callable[[], None] | None = None,
    ) -> Answer:
        """One request; `body` is JSON text or something to encode. A 401 is met once with a new token: it is
        definite, nothing was done. One total deadline holds for all of it, logging in included.
        """
        if isinstance(body, str):
            content: bytes | None = body.encode()
        else:
            content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        query = dict(params or {})
        fixed = {"Content-Type": "application/json"} if content is not None else {}
        with self.http.one_deadline():
            for last in (False, True):
                login = self._login(method, path, query)
                sent = {"Authorization": login, "Accept": "application/json", **fixed, **(headers or {})}
                answer = self.http.send(
                    method, path, headers=sent, content=content, params=query or None, left=left
                )
                if answer.status != 401 or last:
                    return answer
                self._auth.forget()
        raise AssertionError("unreachable")

    def _login(self, method: str, path: str, query: dict[str, str]) -> str:
        try:
            return self._auth.header(method, self.http.base_url + path, query)
        except MaybeSent as error:
            # It was the request for a token that got no answer; the call it was for never left.
            raise NotSent(f"no token: {error}", error.raw) from error

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object. Raises `CallError`s."""
        answer = self.call("GET", path, params=params)
        if answer.status != 200:
            raise read_error(answer)
        return _object(answer)

    def suiteql(self, query: str, params: Sequence[str] = ()) -> list[Row]:
        """All rows of a query, by pages of 1,000 (100,000 at most). Raises `CallError`s."""
        rows: list[Row] = []
        while True:
            page = self.suiteql_page(query, params, offset=len(rows))
            rows.extend(page["items"])
            if not page.get("hasMore"):
                return rows

    def suiteql_page(self, query: str, params: Sequence[str], *, offset: int = 0) -> dict[str, Any]:
        """One page. `Prefer: transient` is required; values are bound, never written into the text."""
        body: dict[str, object] = {"q": query}
        if params:
            body["params"] = list(params)
        window = {"limit": str(PAGE), "offset": str(offset)}
        answer = self.call("POST", SUITEQL, body, window, {"Prefer": "transient"})
        if answer.status != 200:
            raise read_error(answer)
        page = _object(answer)
        if not isinstance(page.get("items"), list):
            raise MaybeSent("SuiteQL answered without items", answer.raw)
        return page

    def suiteql_by_id(self, query: str, params: Sequence[str], column: str) -> Iterator[list[Row]]:
        """Pages of any number of rows: keyset paging, past the 100,000 rows offsets can reach.

        `query` must contain `{after}` where `AND column > last` belongs, and select the column as `id`.
        """
        last = ""
        while True:
            condition = f"AND {column} > ?" if last else ""
            text = query.format(after=condition) + f" ORDER BY {column} FETCH FIRST {PAGE} ROWS ONLY"
            rows = self.suiteql_page(text, [*params, last] if last else params)["items"]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            last = str(rows[-1]["id"])


def _object(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.text)
    except ValueError as error:
        raise MaybeSent("NetSuite answered something that is not JSON", answer.raw) from error
    if not isinstance(body, dict):
        raise MaybeSent("NetSuite answered JSON of another shape", answer.raw)
    return body


def read_error(answer: Answer) -> CallError:
    """The error of a failed read."""
    diagnosis = diagnose(answer)
    text = "; ".join(detail.text for detail in details_of(answer)) or f"HTTP {answer.status}"
    if diagnosis.outcome is Outcome.THROTTLED:
        return Throttled(text, answer.raw)
    if diagnosis.outcome is Outcome.PAUSED:
        return Paused(f"NetSuite refuses us: {text}", answer.raw)
    if diagnosis.outcome is Outcome.IN_DOUBT:
        return MaybeSent(f"NetSuite answered {answer.status}", answer.raw)
    if diagnosis.problem is not None and diagnosis.problem.code == "permission_missing":
        return Paused(f"our role lacks a permission: {text}", answer.raw)
    return Refused(text, answer.raw, answer.status)
