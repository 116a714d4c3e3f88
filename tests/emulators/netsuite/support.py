"""A desk in front of a NetSuite emulator: a tiny client of its own, sharing no code with the product."""

from __future__ import annotations

import copy
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.netsuite import NetSuiteEmulator, sample_dataset
from tieout.emulators.netsuite.keys import new_key_pair

NOON = datetime(2026, 11, 5, 20, 0, tzinfo=UTC)  # noon in the sample account's zone
TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"
PRIVATE, PUBLIC = new_key_pair()
PREFIX = "Error while accessing a resource. "


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def id(self) -> str:
        assert self.status == 204, self.body
        return self.headers["location"].rsplit("/", 1)[1]

    @property
    def detail(self) -> str:
        assert self.status >= 400, self.status
        return self.body["o:errorDetails"][0]["detail"]

    @property
    def code(self) -> str:
        assert self.status >= 400, self.status
        return self.body["o:errorDetails"][0]["o:errorCode"]


class Desk:
    """`with Desk() as desk:` — the sample company on a frozen clock, logged in as integration `tieout`."""

    def __init__(
        self,
        switches: dict[str, str | bool] | None = None,
        change: Callable[[dict[str, Any]], None] | None = None,
        clock: EmulatorClock | None = None,
    ) -> None:
        self.dataset = sample_dataset(PUBLIC)
        if change is not None:
            change(self.dataset)
        self.emulator = NetSuiteEmulator(self.dataset, clock=clock or EmulatorClock(NOON, frozen=True))
        self._switches = switches or {}
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        self.emulator.start()
        self.control = self.emulator.control
        self.host = self.emulator.base_url.removeprefix("http://")
        if self._switches:
            self.control.switches(self._switches)
        self.login()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
        self.emulator.stop()

    # --- logging in ---------------------------------------------------------------------------------------

    def now(self) -> int:
        return int(datetime.fromisoformat(self.control.health()["now"]).timestamp())

    def assertion(self, *, key: str = PRIVATE, head: dict[str, Any] | None = None, **claims: Any) -> str:
        now = self.now()
        header = {"alg": "ES256", "typ": "JWT", "kid": "kid-1", **(head or {})}
        payload = {
            "iss": "client-tieout",
            "scope": "rest_webservices",
            "aud": self.emulator.base_url + TOKEN_PATH,
            "iat": now,
            "exp": now + 3600,
            **claims,
        }
        return jwt.encode(header, payload, ECKey.import_key(key), algorithms=["ES256"])

    def token(self, assertion: str) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.raw("POST", TOKEN_PATH, urlencode(form).encode(), headers)

    def login(self) -> None:
        answer = self.token(self.assertion())
        self.bearer = answer.body["access_token"]

    # --- calls --------------------------------------------------------------------------------------------

    def raw(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, timeout=5)
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            data = answer.read()
        except Exception:
            self._connection.close()
            self._connection = None
            raise
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(
            answer.status, names, json.loads(data) if "json" in names.get("content-type", "") else data
        )

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {
            "Authorization": f"Bearer {self.bearer}",
            "Content-Type": "application/json",
            "X-NetSuite-PropertyNameValidation": "error",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        payload = None if body is None else json.dumps(body).encode()
        return self.raw(method, f"/services/rest{path}", payload, sent)

    def post(self, record: str, body: Any, **headers: str) -> Answer:
        return self.call("POST", f"/record/v1/{record}", body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PATCH", f"/record/v1/{path}", body, **headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", f"/record/v1/{path}", **headers)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", f"/record/v1/{path}")

    def query(self, text: str, *params: Any, page: str = "", prefer: str = "transient") -> Answer:
        body: dict[str, Any] = {"q": text}
        if params:
            body["params"] = list(params)
        headers = {"Prefer": prefer} if prefer else {}
        return self.call("POST", f"/query/v1/suiteql{page}", body, **headers)

    def rows(self, text: str, *params: Any) -> list[dict[str, str]]:
        answer = self.query(text, *params)
        assert answer.status == 200, answer.body
        return [
            {name: value for name, value in row.items() if name != "links"} for row in answer.body["items"]
        ]

    def whole(self, path: str) -> dict[str, Any]:
        answer = self.get(f"{path}?expandSubResources=true")
        assert answer.status == 200, answer.body
        return answer.body

    def search(self, record: str, q: str) -> Answer:
        return self.get(f"{record}?q={quote(q)}")


def line(item: str = "501", quantity: float = 1, rate: float = 100, **more: Any) -> dict[str, Any]:
    return {"item": {"id": item}, "quantity": quantity, "rate": rate, **more}


def invoice(external_id: str | None = "inv-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "entity": {"id": "1001"},
        "tranDate": "2026-11-05",
        "item": {"items": list(lines) or [line()]},
        **more,
    }
    if external_id is not None:
        body["externalId"] = external_id
    return copy.deepcopy(body)


def apply(*applied: tuple[str, float | None], **more: Any) -> dict[str, Any]:
    """An `apply` sublist: (document, amount) pairs; None leaves the amount to NetSuite."""
    rows = []
    for document, amount in applied:
        rows.append(
            {"doc": {"id": document}, "apply": True, **({} if amount is None else {"amount": amount}), **more}
        )
    return {"items": rows}


def payment(external_id: str | None = "pay-1", amount: float | None = 100, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"customer": {"id": "1001"}, "tranDate": "2026-11-05", **more}
    if amount is not None:
        body["payment"] = amount
    if external_id is not None:
        body["externalId"] = external_id
    return copy.deepcopy(body)


def journal(external_id: str | None = "je-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "subsidiary": {"id": "1"},
        "tranDate": "2026-11-05",
        "line": {"items": list(lines)},
        **more,
    }
    if external_id is not None:
        body["externalId"] = external_id
    return copy.deepcopy(body)


def customer(external_id: str | None = "acc-1", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"companyName": "Initech", "subsidiary": {"id": "1"}, **more}
    if external_id is not None:
        body["externalId"] = external_id
    return body
