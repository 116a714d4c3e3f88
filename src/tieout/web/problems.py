"""Everything that is refused is told the same way: `application/problem+json` (RFC 9457) with a stable code.

The type of a problem is `urn:tieout:problem:<code>`. Nothing of a stack, a secret or a database's words is in one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tieout.flows.answers import AnswerLost, KeyReused, StillRunning
from tieout.flows.approvals import ApprovalError
from tieout.flows.case_work import CaseError, NoSuchCase
from tieout.flows.cash.desk import NoSuchPayment
from tieout.flows.cash.parts import PaymentError
from tieout.flows.errors import CallError, EnvironmentMismatch, HookRefused, HookUnreadable
from tieout.flows.hooks import NoSuchHook
from tieout.flows.ingest import NotAFileSource
from tieout.flows.plans import PlanError
from tieout.flows.ports import StampRefused
from tieout.flows.stamping import NoSuchSource, NotAStampingSource

MEDIA_TYPE = "application/problem+json"
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the register."""

    status: int
    title: str
    remedy: str


_K = ProblemKind
#: A code never changes its meaning. `docs/reference/api.md` lists them.
PROBLEMS: dict[str, ProblemKind] = {
    "body_malformed": _K(400, "The body cannot be read", "Send JSON text in UTF-8."),
    "idempotency_key_malformed": _K(
        400, "Unusable idempotency key", "Send 1 to 255 printable ASCII characters, for example a UUID."
    ),
    "hook_unreadable": _K(400, "The webhook cannot be read", "Look at what the sender is set up to send."),
    "key_missing": _K(
        401, "No API key", "Send `Authorization: Bearer tok_…`; `tieout keys make` makes a key."
    ),
    "key_invalid": _K(401, "The API key is not valid", "Ask an admin for a key: `tieout keys make`."),
    "hook_refused": _K(
        401, "The webhook is not its system's", "Compare secret, public URL and clock with the sender's."
    ),
    "role_missing": _K(403, "A role is missing", "Ask an admin for a key with one of the roles named."),
    "other_subsidiary": _K(
        403, "Another subsidiary's", "Use a key that acts for this subsidiary, or for all of them."
    ),
    "own_change": _K(403, "Its maker cannot decide", "Have somebody else decide, with a key of their own."),
    "not_found": _K(404, "There is no such thing", "Look at the list it should be on."),
    "method_not_allowed": _K(405, "No such method here", "Use one of the methods that `Allow` names."),
    "idempotency_running": _K(
        409, "The first request is still running", "Ask again in a while, with the same key."
    ),
    "idempotency_answer_lost": _K(
        409, "It was done, and its answer was lost", "Look at the resource; for anything more use a new key."
    ),
    "case_conflict": _K(409, "The case cannot be treated so", "Read the case again, then decide."),
    "payment_conflict": _K(409, "The payment cannot be treated so", "Read the payment again, then decide."),
    "content_changed": _K(409, "It has changed since you looked", "List what waits and look again."),
    "not_asked": _K(409, "Nobody asks for this role", "Decide in a role that the list names."),
    "nothing_waits": _K(409, "It does not wait for an approval", "List what waits."),
    "body_too_large": _K(413, "The body is too large", "Split it, or raise `web.body_limit_bytes`."),
    "media_type_unsupported": _K(415, "Unsupported media type", "Send one of the media types named."),
    "request_invalid": _K(422, "The request is not as it should be", "Correct what `errors` names."),
    "idempotency_key_reused": _K(
        422, "The key came with another request", "Use a key of its own for each request."
    ),
    "reason_missing": _K(422, "A reason is missing", "Say why in `because`."),
    "plan_unusable": _K(422, "The plan cannot be used", "Make a plan here and send it back as it came."),
    "source_takes_no_deals": _K(422, "The source takes no deals", "Name a source of type `generic`."),
    "source_takes_no_stamps": _K(
        422, "The source's payments carry no stamps", "Name a source of type `stripe`."
    ),
    "stamp_refused": _K(422, "The stamp cannot be written", "Correct what the detail names."),
    "nothing_received": _K(422, "Nothing of it was received", "Correct what `rejected` names."),
    "internal_error": _K(500, "A fault of Tieout's own", "Report it with the time; nothing was answered."),
    "outside_unavailable": _K(
        503, "A connected system does not answer", "Ask again later; `tieout doctor` looks deeper."
    ),
    "environment_mismatch": _K(
        503, "Connected to the wrong environment", "Compare `tieout.yaml` with what it is connected to."
    ),
    "not_ready": _K(503, "Not ready to serve", "Look at `checks`."),
    "try_again": _K(503, "It could not be stored", "Send it again later."),
}


class FieldError(BaseModel):
    """One place of a request that is not as it should be."""

    where: str = Field(description="Place in the request, such as `body.day`.")
    expected: str = Field(description="What was expected there.")
    found: str = Field(description="What was found there.")


class ProblemBody(BaseModel):
    """A refusal, as RFC 9457 has it, with what was expected, what was found and what to do."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="`urn:tieout:problem:` and the code.")
    title: str = Field(description="What is the matter, in general.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is the matter here.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="A stable code; see the reference.")
    remedy: str = Field(description="What to do.")
    expected: str | None = Field(None, description="What was expected, where there is one thing.")
    found: str | None = Field(None, description="What was found in its place.")
    errors: list[FieldError] | None = Field(None, description="Each place that is wrong.")


class Problem(Exception):
    """A refusal with a registered code."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        expected: str = "",
        found: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        self.expected, self.found = expected, found
        self.headers, self.more = headers or {}, more or {}

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.code].status

    def response(self, path: str) -> Response:
        """The answer to a request for this path."""
        kind = PROBLEMS[self.code]
        body = {
            "type": f"urn:tieout:problem:{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            **({"expected": self.expected} if self.expected else {}),
            **({"found": self.found} if self.found else {}),
            "remedy": kind.remedy,
            **self.more,
        }
        # Text from outside may hold half a character: escaped, everything can be sent.
        content = json.dumps(body).encode()
        return Response(content, status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(self.headers))


_BY_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
}
_AGAIN = {"Retry-After": "30"}


def problem_of(error: Exception) -> Problem | None:
    """The problem an error stands for; None for one nobody foresaw."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = _BY_STATUS.get(error.status_code, "body_malformed")
            detail = (
                PROBLEMS[code].title if code in {"not_found", "method_not_allowed"} else str(error.detail)
            )
            return Problem(code, detail, headers=error.headers)
        case KeyReused():
            return Problem("idempotency_key_reused", str(error))
        case StillRunning():
            return Problem("idempotency_running", str(error), headers={"Retry-After": "5"})
        case AnswerLost():
            return Problem("idempotency_answer_lost", str(error))
        case NoSuchCase() | NoSuchHook() | NoSuchSource():
            return Problem("not_found", str(error))
        case NoSuchPayment():
            return Problem("not_found", str(error))
        case PaymentError():
            return Problem("payment_conflict", str(error))
        case CaseError():
            return Problem("case_conflict", str(error))
        case ApprovalError():
            return Problem(error.code, str(error))
        case PlanError():
            return Problem("plan_unusable", str(error))
        case NotAFileSource():
            return Problem("source_takes_no_deals", str(error))
        case NotAStampingSource():
            return Problem("source_takes_no_stamps", str(error))
        case StampRefused():
            return Problem("stamp_refused", str(error))
        case HookUnreadable():
            return Problem("hook_unreadable", str(error))
        case HookRefused():
            return Problem("hook_refused", str(error))
        case EnvironmentMismatch():
            return Problem(
                "environment_mismatch", "a connected system is not the one this installation is for"
            )
        case CallError():
            return Problem("outside_unavailable", str(error), headers=_AGAIN)
    return None


def _invalid(error: RequestValidationError) -> Problem:
    rows: Sequence[Any] = error.errors()
    if any(row["type"] == "json_invalid" for row in rows):
        where = next(row for row in rows if row["type"] == "json_invalid")
        why = where.get("ctx", {}).get("error", "not JSON")
        return Problem("body_malformed", f"the body is no JSON: {why}", expected="JSON", found=f"{why}")
    errors = [
        FieldError(
            where=".".join(str(part) for part in row["loc"]),
            expected=row["msg"],
            found=ascii(row.get("input"))[:_SHOWN],
        )
        for row in rows
    ]
    detail = "; ".join(f"{one.where}: {one.expected}" for one in errors[:3])
    return Problem("request_invalid", detail, more={"errors": [one.model_dump() for one in errors]})
