"""What HubSpot's refusals mean for a call (crm-cpq §8.7). An error is one object, of which much may be absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tieout.connectors.kit.http import Answer
from tieout.connectors.kit.redaction import redact_text
from tieout.flows.errors import CallError, MaybeSent, Paused, Refused, Throttled

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, LOCKED, TOO_MANY, MIGRATING = 401, 403, 404, 423, 429, 477
SERVER_ERROR = 500
#: the token endpoint's refusals have a word of their own as `status`, and mean our credentials
NO_ASSOCIATIONS = "crm.associations.NO_ASSOCIATIONS_FOUND"
_DAILY = "DAILY"
_MOST_WORDS = 500


def body_of(answer: Answer) -> Mapping[str, Any]:
    """The error object of an answer, or an empty one."""
    try:
        body = json.loads(answer.text)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def words_of(body: Mapping[str, Any]) -> str:
    """Category and message, with the properties and the scopes an error names."""
    category = str(body.get("category") or body.get("errorType") or body.get("status") or "error")
    message = " ".join(str(body.get("message") or "").split())[:_MOST_WORDS]
    named = [word for row in problems_of(body) for word in named_by(row)]
    listed = f" ({', '.join(dict.fromkeys(named))})" if named else ""
    return redact_text(f"{category}: {message}{listed}")


def is_daily(body: Mapping[str, Any]) -> bool:
    """Whether a 429 is about the day's allowance, which ends at midnight of the account's time zone."""
    return str(body.get("policyName") or "").upper() == _DAILY or "daily" in str(body.get("message")).lower()


def error_of(answer: Answer) -> CallError:
    """The error of a whole answer."""
    status, body = answer.status, body_of(answer)
    text = f"HubSpot answered {status}: {words_of(body)}" if body else f"HubSpot answered {status}"
    if status == TOO_MANY:
        return Throttled(text, answer.raw, stop=is_daily(body))
    if status == LOCKED:
        return Throttled(text, answer.raw)
    if status in {UNAUTHORIZED, FORBIDDEN, MIGRATING}:
        return Paused(text, answer.raw)
    if status >= SERVER_ERROR or not body:
        return MaybeSent(text, answer.raw)
    return Refused(text, answer.raw, status)


def problems_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The errors inside an answer of several results: 200 and 207 say nothing about each of them."""
    rows = body.get("errors")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def named_by(problem: Mapping[str, Any]) -> list[str]:
    """What an error's context names: ids, properties, scopes."""
    context, named = problem.get("context"), []
    for values in context.values() if isinstance(context, Mapping) else ():
        named += [str(value) for value in values] if isinstance(values, list) else [str(values)]
    return named
