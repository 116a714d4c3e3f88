"""NetSuite's words → what happened, and why. The platform's message is a symptom; this is the diagnosis.

`o:errorCode` says `USER_ERROR` for nearly everything, so the text decides, after its prefix is taken off
(reference §5.2). The raw text is always kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from tieout.connectors.kit.http import Answer
from tieout.flows.rows import Outcome, Problem

_PREFIX = re.compile(r"^Error while accessing (?:a )?resource[.:]\s*")


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of `o:errorDetails`."""

    text: str
    code: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an error answer means for a write."""

    outcome: Outcome
    problem: Problem | None = None
    exists: bool = False
    details: tuple[Detail, ...] = field(default=())


def details_of(answer: Answer) -> tuple[Detail, ...]:
    """The error details of a JSON answer; empty when it is no NetSuite error."""
    try:
        body = json.loads(answer.text)
    except ValueError:
        return ()
    if not isinstance(body, dict):
        return ()
    entries = body.get("o:errorDetails")
    if not isinstance(entries, list):
        entries = [body] if "detail" in body else []
    return tuple(
        Detail(
            text=_PREFIX.sub("", str(entry.get("detail", ""))).strip(),
            code=str(entry.get("o:errorCode", "")),
            path=str(entry.get("o:errorPath", "")),
        )
        for entry in entries
        if isinstance(entry, dict)
    )


_PAUSING = re.compile(
    r"Invalid login attempt|currently unavailable while we undergo|INVALID_LOGIN|ACCT_TEMP_UNAVAILABLE", re.I
)
_EXISTS = re.compile(r"^This (?:entity|record) already exists", re.I)
_UNIQUE_NAME = re.compile(r"record with this ID already exists|unique customer ID|contact name", re.I)

#: pattern → finding code; groups of the pattern name the cause
_TABLE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), code)
    for pattern, code in (
        (r"Please enter value\(s\) for: (.+?)\.?$", "mandatory_field_missing"),
        (r"Missing required value for mandatory field: (.+)", "mandatory_field_missing"),
        (r"Please enter a value for (.+)", "mandatory_field_missing"),
        (r"No valid, open, (?:\w+ )?posting period for date - ([^.]+)", "period_closed"),
        (r"in a period that has been closed|transaction in a closed period", "period_closed"),
        (r"Invalid Field Value (\S+) for the following field: ([^.]+)", "reference_invalid"),
        (r"Invalid subsidiary reference key (\S+)", "subsidiary_mismatch"),
        (r"Invalid (\w+) reference key (\S+)|The specified key is invalid", "reference_invalid"),
        (r"The (.+?) account cannot be used with the (.+?) subsidiary", "account_not_in_subsidiary"),
        (r"transaction currency does not match the names currency", "currency_not_enabled"),
        (r"invalid currency symbol or internal ID: (.+)", "currency_unknown"),
        (r"must enter at least one line item|at least one valid line item", "lines_missing"),
        (r"field (.+?) contained more than the maximum number", "field_too_long"),
        (r"may not contain more than (\d+) lines", "too_many_lines"),
        (r"locked by a user defined workflow", "record_locked"),
        (r"Record has been changed", "record_changed"),
        (r"need a higher level of the '([^']+)' permission|Permission Violation", "permission_missing"),
        (r"invalid sales order|already billed|already closed", "order_not_billable"),
        (
            r"Unknown (?:reference or )?field|Unexpected field|field '?(\S+?)'? (?:does not exist|is unknown)",
            "field_unknown",
        ),
    )
)


def diagnose(answer: Answer) -> Diagnosis:
    """What an answer other than success means for a write."""
    details = details_of(answer)
    text = "; ".join(detail.text for detail in details)
    if answer.status == 429 or any(d.code == "CONCURRENCY_LIMIT_EXCEEDED" for d in details):
        return Diagnosis(Outcome.THROTTLED, details=details)
    if answer.status == 401 or _PAUSING.search(text):
        return Diagnosis(Outcome.PAUSED, _problem("refused", answer, details, "login"), details=details)
    if answer.status >= 500 or not details:
        # A server error, or a gateway's HTML: the write may have happened behind it.
        return Diagnosis(Outcome.IN_DOUBT, details=details)
    if _EXISTS.search(text) or _UNIQUE_NAME.search(text):
        return Diagnosis(Outcome.REFUSED, exists=True, details=details)
    return Diagnosis(Outcome.REFUSED, _diagnose_text(answer, details), details=details)


def _diagnose_text(answer: Answer, details: tuple[Detail, ...]) -> Problem:
    for detail in details:
        for pattern, code in _TABLE:
            if match := pattern.search(detail.text):
                cause = " ".join(group for group in match.groups() if group) or detail.text
                return _problem(code, answer, details, cause)
        if detail.code == "INVALID_CONTENT" and detail.path:
            unknown = re.search(r"unknown|not exist|unexpected", detail.text, re.I)
            code = "field_unknown" if unknown else "value_malformed"
            return _problem(code, answer, details, detail.path)
    return _problem("refused", answer, details, details[0].text)


_EXPECTED = {
    "mandatory_field_missing": "a form whose mandatory fields Tieout sends",
    "period_closed": "an open posting period",
    "reference_invalid": "ids that exist, are active and belong to the subsidiary",
    "subsidiary_mismatch": "the customer's own subsidiary",
    "permission_missing": "a role that may do this",
    "refused": "success",
}


def _problem(code: str, answer: Answer, details: tuple[Detail, ...], cause: str) -> Problem:
    found = "; ".join(detail.text + (f" (at {detail.path})" if detail.path else "") for detail in details)
    return Problem(
        code=code,
        cause=cause[:200],
        expected=_EXPECTED.get(code, "a record NetSuite takes"),
        found=found or f"HTTP {answer.status}",
        raw=answer.raw,
    )
