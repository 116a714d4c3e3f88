"""Requests to one portal: token, waits for a free moment, batches with the errors inside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from tieout.connectors.hubspot.auth import Secrets, Tokens
from tieout.connectors.hubspot.errors import (
    LOCKED,
    NO_ASSOCIATIONS,
    NOT_FOUND,
    TOO_MANY,
    UNAUTHORIZED,
    body_of,
    error_of,
    is_daily,
    problems_of,
    words_of,
)
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.kit.http import Answer, HttpClient
from tieout.flows.errors import MaybeSent, Refused
from tieout.flows.ports import Clock

#: The one place where the API's version stands; HubSpot supports a date for at least 18 months (crm-cpq §0.1).
API_VERSION = "2026-09"

Record = dict[str, Any]
_T = TypeVar("_T")
BATCH = 100
#: a batch read that asks for a property's past takes fewer
HISTORY_BATCH = 50
_ASSOCIATION_BATCH = 1000
LIST_PAGE = 100
_DONE = frozenset({200, 201, 204, 207})
_OUR_TURN = frozenset({TOO_MANY, LOCKED})
#: waits for a free moment, in product seconds: search is counted by the second, the rest by ten seconds
_WAITS = (1, 3, 10)


class HubSpotClient:
    """The dialect of crm-cpq §8. Safe from any thread."""

    def __init__(self, options: HubSpotOptions, secrets: Secrets, clock: Clock) -> None:
        self._http = HttpClient(
            options.base_url, deadline_seconds=options.deadline_seconds, scale=clock.scale, connections=4
        )
        self._clock = clock
        self._tokens = Tokens(options, secrets, self._http, clock)

    # -- the portal ----------------------------------------------------------------------------------------

    def account(self) -> Record:
        """Portal id, company currency, time zone. Raises `CallError`s."""
        return self._get(f"/account-info/{API_VERSION}/details")

    def pipelines(self) -> list[Record]:
        """The deal pipelines with their stages. Raises `CallError`s."""
        return self._rows(self._get(f"/crm/pipelines/{API_VERSION}/deals"), "the pipelines")

    def properties(self, kind: str) -> dict[str, Record]:
        """An object's properties by name, as our token sees them. Raises `CallError`s."""
        rows = self._rows(self._get(f"/crm/properties/{API_VERSION}/{kind}"), f"the properties of {kind}")
        return {str(row.get("name")): row for row in rows}

    # -- records -------------------------------------------------------------------------------------------

    def single(
        self, kind: str, record_id: str, properties: Sequence[str], *, archived: bool = False
    ) -> Record | None:
        """One record, or None. Unlike a batch, this follows the id of a merged record: compare the answer's
        id with the one asked for. Raises `CallError`s.
        """
        params = {"properties": ",".join(properties), "archived": "true" if archived else "false"}
        try:
            return self._get(f"/crm/objects/{API_VERSION}/{kind}/{record_id}", params)
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def batch_read(
        self, kind: str, ids: Iterable[str], properties: Sequence[str], history: Sequence[str] = ()
    ) -> dict[str, Record]:
        """Records by id; one that does not exist, is archived or was merged away is absent.

        Results come in any order, and HTTP 200 does not mean that all were found. Raises `CallError`s.
        """
        found: dict[str, Record] = {}
        for part in parts(list(dict.fromkeys(ids)), HISTORY_BATCH if history else BATCH):
            body: Record = {"inputs": [{"id": one} for one in part], "properties": list(properties)}
            if history:
                body["propertiesWithHistory"] = list(history)
            answer = self._post(f"/crm/objects/{API_VERSION}/{kind}/batch/read", body)
            for problem in problems_of(answer):
                if problem.get("category") != "OBJECT_NOT_FOUND":
                    raise MaybeSent(f"a batch of {kind} was read in part: {words_of(problem)}")
            found |= {str(row.get("id")): row for row in self._rows(answer, f"a batch of {kind}")}
        return found

    def batch_update(self, kind: str, inputs: Sequence[Record]) -> Record:
        """Update up to 100 records: the answer with results and errors. Raises `CallError`s."""
        return self._post(f"/crm/objects/{API_VERSION}/{kind}/batch/update", {"inputs": list(inputs)})

    def page(
        self,
        kind: str,
        properties: Sequence[str],
        after: str,
        associations: Sequence[str] = (),
        *,
        archived: bool = False,
    ) -> tuple[list[Record], str]:
        """One page of all records, and where the next begins (empty: nowhere). Raises `CallError`s."""
        params = {"limit": str(LIST_PAGE), "properties": ",".join(properties)}
        params |= {"archived": "true"} if archived else {}
        params |= {"associations": ",".join(associations)} if associations else {}
        params |= {"after": after} if after else {}
        answer = self._get(f"/crm/objects/{API_VERSION}/{kind}", params)
        return self._rows(answer, f"a list of {kind}"), _after(answer)

    def search(
        self,
        kind: str,
        filters: Sequence[Mapping[str, str]],
        sort: str,
        properties: Sequence[str],
        limit: int,
    ) -> tuple[list[Record], bool]:
        """The first rows that pass all filters, in ascending order, and whether there are more.

        What search shows is up to a minute old, so it says what may have changed and never what does not
        exist (crm-cpq §8.6). Raises `CallError`s.
        """
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": limit,
        }
        answer = self._post(f"/crm/objects/{API_VERSION}/{kind}/search", body)
        return self._rows(answer, f"a search of {kind}"), bool(_after(answer))

    # -- associations --------------------------------------------------------------------------------------

    def associations(self, source: str, target: str, ids: Iterable[str]) -> dict[str, list[Record]]:
        """Association rows of each id; an id without any has an empty list. Raises `CallError`s."""
        found: dict[str, list[Record]] = {one: [] for one in ids}
        inputs: list[Record] = [{"id": one} for one in found]
        while inputs:
            now, inputs = inputs[:_ASSOCIATION_BATCH], inputs[_ASSOCIATION_BATCH:]
            path = f"/crm/associations/{API_VERSION}/{source}/{target}/batch/read"
            answer = self._post(path, {"inputs": now})
            for problem in problems_of(answer):
                none = problem.get("subCategory") == NO_ASSOCIATIONS
                if not none and problem.get("category") != "OBJECT_NOT_FOUND":
                    raise MaybeSent(f"associations were read in part: {words_of(problem)}")
            for row in self._rows(answer, f"associations of {source}"):
                origin = row.get("from")
                one = str(origin.get("id")) if isinstance(origin, Mapping) else ""
                rows = row.get("to")
                found.setdefault(one, []).extend(rows if isinstance(rows, list) else [])
                if following := _after(row):
                    inputs.append({"id": one, "after": following})
        return found

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    # -- one call ------------------------------------------------------------------------------------------

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Record:
        return self._json(self._call("GET", path, None, params))

    def _post(self, path: str, body: Record) -> Record:
        return self._json(self._call("POST", path, body, None))

    def _call(self, method: str, path: str, body: Record | None, params: Mapping[str, str] | None) -> Answer:
        """One call, repeated where the answer says definitely that nothing was done and that later may do."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        renewed = False
        waits = iter(_WAITS)
        while True:
            access = self._tokens.current()
            headers = {"Authorization": f"Bearer {access.token}", "Accept": "application/json"}
            if content is not None:
                headers["Content-Type"] = "application/json"
            answer = self._http.send(method, path, headers=headers, content=content, params=params)
            if answer.status in _DONE:
                return answer
            if answer.status == UNAUTHORIZED and self._tokens.renews and not renewed:
                self._tokens.forget(access)
                renewed = True
                continue
            wait = next(waits, None) if answer.status in _OUR_TURN else None
            if wait is None or is_daily(body_of(answer)):
                raise error_of(answer)
            self._clock.sleep(wait)

    @staticmethod
    def _json(answer: Answer) -> Record:
        try:
            body = json.loads(answer.text, parse_float=str, parse_constant=str)
        except ValueError as error:
            raise MaybeSent("HubSpot answered something that is not JSON", answer.raw) from error
        if not isinstance(body, dict):
            raise MaybeSent("HubSpot answered something that is no object", answer.raw)
        return body

    @staticmethod
    def _rows(answer: Record, what: str) -> list[Record]:
        rows = answer.get("results")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise MaybeSent(f"{what} came without results")
        return rows


def _after(answer: Mapping[str, Any]) -> str:
    paging = answer.get("paging")
    following = paging.get("next") if isinstance(paging, Mapping) else None
    return str(following.get("after") or "") if isinstance(following, Mapping) else ""


def parts(items: Sequence[_T], size: int) -> Iterable[Sequence[_T]]:
    """`items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
