"""What Stripe's refusals mean for a call (stripe-billing §1.9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tieout.connectors.kit.http import Answer
from tieout.connectors.kit.redaction import redact_text
from tieout.flows.errors import CallError, MaybeSent, Paused, Refused, Throttled

NOT_FOUND, CONFLICT, TOO_MANY, SERVER_ERROR = 404, 409, 429, 500
_OURS_TO_FIX = frozenset({401, 403})
_MOST_WORDS = 500


def error_body(answer: Answer) -> Mapping[str, Any]:
    """The error object of an answer, or an empty one."""
    try:
        body = json.loads(answer.text)
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def words_of(answer: Answer) -> str:
    """Type, code, message and request id, without a key."""
    error = error_body(answer)
    kind = str(error.get("code") or error.get("type") or "error")
    message = " ".join(str(error.get("message") or "").split())[:_MOST_WORDS]
    request = answer.headers.get("request-id", "")
    return redact_text(f"{kind}: {message}" + (f" ({request})" if request else ""))


def error_of(answer: Answer) -> CallError:
    """The error of a whole answer. 409 says that the same request is still running: it may yet be carried out."""
    status = answer.status
    text = f"Stripe answered {status}: {words_of(answer)}"
    if status == TOO_MANY:
        reason = answer.headers.get("stripe-rate-limited-reason", "")
        return Throttled(f"{text} ({reason})" if reason else text, answer.raw)
    if status in _OURS_TO_FIX:
        return Paused(text, answer.raw)
    if status == CONFLICT or status >= SERVER_ERROR or not error_body(answer):
        return MaybeSent(text, answer.raw)
    return Refused(text, answer.raw, status)


def may_pass(answer: Answer) -> bool:
    """Whether waiting may help: Stripe's own word, else a held object, a limit, a fault of its own."""
    word = answer.headers.get("stripe-should-retry", "")
    if word in {"true", "false"}:
        return word == "true"
    return answer.status in {CONFLICT, TOO_MANY} or answer.status >= SERVER_ERROR
