"""Requests to one account. All wait and are repeated: reads, and the one kind of write, which sets what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tieout.connectors.kit.http import Answer, HttpClient
from tieout.connectors.stripe.errors import NOT_FOUND, error_of, may_pass
from tieout.connectors.stripe.options import StripeOptions
from tieout.flows.errors import MaybeSent, Refused
from tieout.flows.ports import Clock

#: The one place where the API's version stands. What is not written for another version's shapes never sees them.
API_VERSION = "2026-10-28.endive"

Item = dict[str, Any]
#: waits for a free moment, in product seconds; Stripe names none (there is no Retry-After)
_WAITS = (1, 3, 10)
_OK = 200
_MOST_PAGES = 1000


class StripeClient:
    """The dialect of stripe-billing §1. Safe from any thread."""

    def __init__(self, options: StripeOptions, key: str, clock: Clock) -> None:
        self._http = HttpClient(
            options.base_url, deadline_seconds=options.deadline_seconds, scale=clock.scale, connections=4
        )
        self._key, self._clock = key, clock

    def read(self, path: str, expand: Sequence[str] = (), **params: str) -> Item:
        """One object. Raises `CallError`s."""
        return self._json(self._call("GET", path, _form(params, expand)))

    def find(self, path: str, expand: Sequence[str] = ()) -> Item | None:
        """One object, or None when there is none of that id. Raises `CallError`s."""
        try:
            return self.read(path, expand)
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def page(
        self, path: str, params: Mapping[str, str], expand: Sequence[str] = ()
    ) -> tuple[list[Item], bool]:
        """One page of a list, newest first, and whether there are more. Raises `CallError`s."""
        answer = self._json(self._call("GET", path, _form(params, expand)))
        rows = answer.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise MaybeSent(f"{path} came without rows")
        return rows, bool(answer.get("has_more")) and bool(rows)

    def rows(self, path: str, params: Mapping[str, str]) -> Iterator[Item]:
        """All rows of a short list. Raises `CallError`s."""
        given = {"limit": "100", **params}
        for _ in range(_MOST_PAGES):
            rows, more = self.page(path, given)
            yield from rows
            if not more:
                return
            given["starting_after"] = str(rows[-1]["id"])

    def write_metadata(self, path: str, metadata: Mapping[str, str]) -> Item:
        """Set metadata keys; sending it twice is sending it once. Raises `CallError`s.

        No idempotency key: Stripe keeps a 500 under one for a day, and here repeating is what helps.
        """
        body = _form({f"metadata[{name}]": value for name, value in sorted(metadata.items())}, ())
        return self._json(self._call("POST", path, body))

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    def _call(self, method: str, path: str, form: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Stripe-Version": API_VERSION,
            "Accept": "application/json",
        }
        content = None
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = form.encode()
        elif form:
            path = f"{path}?{form}"
        waits = iter(_WAITS)
        while True:
            answer = self._http.send(method, path, headers=headers, content=content)
            if answer.status == _OK:
                return answer
            wait = next(waits, None) if may_pass(answer) else None
            if wait is None:
                raise error_of(answer)
            self._clock.sleep(wait)

    @staticmethod
    def _json(answer: Answer) -> Item:
        try:
            body = json.loads(answer.text, parse_float=str, parse_constant=str)
        except ValueError as error:
            raise MaybeSent("Stripe answered something that is not JSON", answer.raw) from error
        if not isinstance(body, dict):
            raise MaybeSent("Stripe answered something that is no object", answer.raw)
        return body


def _form(params: Mapping[str, str], expand: Sequence[str]) -> str:
    return urlencode([*params.items(), *(("expand[]", one) for one in expand)])
