"""JSON with exact decimals: numbers come in as Decimal and go out with the digits they have."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Response

CONTENT_TYPE = "application/json;charset=UTF-8"
# The C encoder cannot write a Decimal as a number. It writes a marked string, and one pass takes the marks off.
_MARK = "\ue000"
_MARKED = re.compile(r'"\\ue000(-?\d+\.\d+)\\ue000"')


def loads(body: bytes) -> Any:
    """Parse a body. Raises ValueError when it is not JSON."""
    return json.loads(body, parse_float=Decimal)


def _mark(value: Any) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"not JSON: {value!r}")
    return f"{_MARK}{number_text(value)}{_MARK}"


def number_text(value: Decimal) -> str:
    """Salesforce's spelling of a number field: no trailing zeros, always a decimal point."""
    text = format(value, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def dumps(payload: Any) -> bytes:
    """The bytes of an answer."""
    return _MARKED.sub(r"\1", json.dumps(payload, separators=(",", ":"), default=_mark)).encode()


def respond(status: int, payload: Any = None, headers: list[tuple[str, str]] | None = None) -> Response:
    """An answer; without payload it has no body."""
    if payload is None:
        return Response(status, b"", headers or [])
    return Response(status, dumps(payload), [("Content-Type", CONTENT_TYPE), *(headers or [])])
