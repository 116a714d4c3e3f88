"""One write call and what it came to, with its evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tieout.connectors.kit.http import Answer
from tieout.connectors.kit.redaction import redact_text
from tieout.connectors.netsuite.client import NetSuiteClient
from tieout.connectors.netsuite.errors import diagnose
from tieout.connectors.netsuite.mapping import Number
from tieout.domain.ids import InternalId
from tieout.flows.errors import CallError, NotSent, Paused, Throttled
from tieout.flows.rows import Exchange, Outcome, Problem, Reply

_LOCATION = re.compile(r"/(?P<id>\d+)$")
_NUMBER = re.compile(r'"\\u0000(-?[0-9.]+)\\u0000"')
#: A misspelt or unexposed field must be refused, not dropped with a 204 (reference §1.4).
STRICT = {"X-NetSuite-PropertyNameValidation": "error"}


def encode_body(body: Mapping[str, Any]) -> str:
    """JSON with exact numbers: `json` would write a Decimal as a binary fraction, or not at all."""

    def exact(value: object) -> str:
        if isinstance(value, Number):
            return f"\0{value:f}\0"
        raise TypeError(f"{type(value).__name__} has no place in a request body")

    return _NUMBER.sub(r"\1", json.dumps(body, default=exact))


def deliver(
    client: NetSuiteClient,
    method: str,
    path: str,
    body: Mapping[str, Any],
    *,
    params: Mapping[str, str] | None = None,
    known_id: InternalId | None = None,
    left: Callable[[], None] | None = None,
) -> Reply:
    """Make one write call. Never raises for what may happen out there. `left`: told when the bytes are out."""
    text = encode_body(body)
    operation = f"{method} {path.removeprefix('/services/rest/record/v1')}"
    try:
        answer = client.call(method, path, text, params, STRICT, left)
    except CallError as error:
        return reply_of_error(operation, text, error)
    exchange = Exchange(
        operation=operation,
        request=redact_text(text),
        status=answer.status,
        response=answer.raw,
        operation_id=answer.headers.get("x-netsuite-operation-id", ""),
        elapsed_ms=answer.elapsed_ms,
    )
    if answer.status == 204:
        return _success(answer, exchange, known_id)
    diagnosis = diagnose(answer)
    return Reply(
        outcome=diagnosis.outcome, exchange=exchange, problem=diagnosis.problem, exists=diagnosis.exists
    )


def _success(answer: Answer, exchange: Exchange, known_id: InternalId | None) -> Reply:
    match = _LOCATION.search(answer.headers.get("location", ""))
    if match is None and known_id is None:
        # Done, but we do not know what: the look-up will tell.
        return Reply(outcome=Outcome.IN_DOUBT, exchange=exchange)
    internal_id = InternalId(match["id"]) if match else known_id
    return Reply(outcome=Outcome.DONE, exchange=exchange, internal_id=internal_id)


def reply_of_error(operation: str, request: str, error: CallError, *, sent: bool = True) -> Reply:
    """The outcome of a call that gave no answer. `sent` False: only a read before it failed."""
    exchange = Exchange(
        operation=operation, request=redact_text(request), response=redact_text(error.raw or str(error))
    )
    if isinstance(error, Throttled):
        return Reply(outcome=Outcome.THROTTLED, exchange=exchange)
    if isinstance(error, Paused):
        problem = Problem(
            code="refused", cause="account", expected="access", found=str(error), raw=redact_text(error.raw)
        )
        return Reply(outcome=Outcome.PAUSED, exchange=exchange, problem=problem)
    if isinstance(error, NotSent) or not sent:
        return Reply(outcome=Outcome.NOT_SENT, exchange=exchange)
    return Reply(outcome=Outcome.IN_DOUBT, exchange=exchange)
