"""Requests and responses as the emulators see them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Json = dict[str, Any]


@dataclass
class Request:
    """One HTTP request, wholly read. `headers` has lower-case names; `target` is the raw request target."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: str = "127.0.0.1"

    @cached_property
    def raw_path(self) -> str:
        """Path as sent, still percent-encoded."""
        if self.target.startswith(("/", "*")):
            return self.target.split("?", 1)[0]
        return urlsplit(self.target).path

    @cached_property
    def path(self) -> str:
        """Decoded path."""
        return unquote(self.raw_path)

    @cached_property
    def raw_query(self) -> str:
        """Query string as sent."""
        return self.target.split("?", 1)[1] if "?" in self.target else ""

    @cached_property
    def query(self) -> dict[str, str]:
        """Decoded query parameters, the last one of a name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True)) if self.raw_query else {}

    @cached_property
    def json(self) -> Any:
        """The JSON body; None when there is none. Raises ValueError when it is not JSON."""
        return json.loads(self.body) if self.body else None

    @cached_property
    def json_object(self) -> Json:
        """The JSON body when it is an object, else an empty one (never raises)."""
        try:
            value = self.json
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The body read as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass
class Response:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """First header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def json_response(
    status: int,
    payload: Any,
    *,
    content_type: str = "application/json",
    headers: list[tuple[str, str]] | None = None,
) -> Response:
    """An answer with a JSON body (UTF-8, not ASCII-escaped)."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, [("Content-Type", content_type), *(headers or [])])


@dataclass(frozen=True)
class Operation:
    """What a request is about, in words faults and logs can match.

    `kind`: create, update, transform, get, delete, list, suiteql, query, writeback, token, metadata, other.
    `record`: record type or object name; `external_id`: the id the caller gave; `target`: the id in the URL.
    """

    kind: str
    record: str | None = None
    external_id: str | None = None
    target: str | None = None
    write: bool = False

    @property
    def document(self) -> str | None:
        """The document this write concerns, however it is named."""
        return self.external_id or self.target


@dataclass
class Exchange:
    """One request being served: what it is, what it did. Handlers fill `committed`, `record_id`, `error`.

    `caller` is the system's own: whoever `admit` found out to be calling.
    """

    n: int
    request: Request
    operation: Operation
    committed: bool = False
    record_id: str | None = None
    error: str | None = None
    actor: str = "rest"
    caller: Any = None
