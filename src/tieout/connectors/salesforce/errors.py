"""What Salesforce's refusals mean for a call (crm-cpq §2.4, §2.5). REST errors are arrays, OAuth's an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tieout.connectors.kit.http import Answer
from tieout.connectors.kit.redaction import redact_text
from tieout.flows.errors import CallError, MaybeSent, Paused, Refused, Throttled

SERVER_ERROR = 500
UNAUTHORIZED = 401
_RAW_LIMIT = 4000
_MOST_WORDS = 500
_PLACE = "ERROR at Row"
#: codes of rows that may pass when they are sent again
TRANSIENT = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "REQUEST_LIMIT_EXCEEDED",
        "SERVER_UNAVAILABLE",
        "QUERY_TIMEOUT",
        "UNKNOWN_EXCEPTION",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
    }
)
#: codes that say nothing can be done in this org until somebody changes it
_ORG_WIDE = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "INVALID_SESSION_ID",
        "ORG_LOCKED",
        "INSUFFICIENT_ACCESS",
    }
)
_FIELD_HINT = (
    "the field does not exist, or field-level security hides it from the integration user: grant read access"
    " (and edit access for write-back fields)"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error array. `code` is called `errorCode` in REST answers, `statusCode` in rows."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Code and message, with what usually lies behind a field that is not there."""
        named = f" ({', '.join(self.fields)})" if self.fields else ""
        hint = f"; {_FIELD_HINT}" if self.code in {"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"} else ""
        # A refused query is quoted in full; what is wrong stands behind the place it names.
        said = self.message[max(self.message.find(_PLACE), 0) :]
        return f"{self.code}: {' '.join(said.split())[:_MOST_WORDS]}{named}{hint}"


def problems_of(body: object) -> list[Problem]:
    """The errors of a REST answer's body, or of a row of a collections answer; none when it holds none."""
    rows = body if isinstance(body, list) else [body]
    found = []
    for row in rows:
        if isinstance(row, Mapping) and (row.get("errorCode") or row.get("statusCode")):
            fields = row.get("fields")
            named = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
            code = str(row.get("errorCode") or row.get("statusCode"))
            found.append(Problem(code, str(row.get("message", "")), named))
    return found


def error_of(answer: Answer) -> CallError:
    """The error of a whole answer."""
    if not answer.is_json:
        return MaybeSent(f"Salesforce answered {answer.status} without JSON", answer.raw)
    return error_from(answer.status, _parsed(answer.text), answer.raw)


def error_from(status: int, body: object, raw: str = "") -> CallError:
    """The error of a status and a body, which may be those of a sub-request."""
    raw = raw or redact_text(json.dumps(body, default=str)[:_RAW_LIMIT])
    problems = problems_of(body)
    codes = {problem.code for problem in problems}
    text = "; ".join(problem.text for problem in problems) or f"HTTP {status}"
    if "REQUEST_LIMIT_EXCEEDED" in codes:
        # The two cases are told apart by their text; there is no other sign (crm-cpq §2.4).
        return Throttled(text, raw, stop="TotalRequests" in text)
    if status >= SERVER_ERROR or codes & {"UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE"}:
        return MaybeSent(text, raw)
    if status == UNAUTHORIZED or codes & _ORG_WIDE:
        return Paused(f"Salesforce refuses us: {text}", raw)
    return Refused(text, raw, status)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
