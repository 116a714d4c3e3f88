"""NetSuite's words, as captured and as documented, come to the right diagnosis; the words are kept."""

from __future__ import annotations

import json

import pytest

from tieout.connectors.kit.http import Answer
from tieout.connectors.netsuite.errors import diagnose
from tieout.domain.findings import CODES
from tieout.flows.rows import Outcome

PREFIX = "Error while accessing a resource. "


def answer(text: str, status: int = 400, code: str = "USER_ERROR", path: str = "") -> Answer:
    detail = {"detail": text, "o:errorCode": code, **({"o:errorPath": path} if path else {})}
    body = {"type": "x", "title": "Bad Request", "status": status, "o:errorDetails": [detail]}
    return Answer(status, {"content-type": "application/vnd.oracle.resource+json"}, json.dumps(body), 5)


CASES = (
    ("Please enter value(s) for: First Name, Last Name.", "mandatory_field_missing", "First Name, Last Name"),
    ("Please enter value(s) for: Subsidiary.", "mandatory_field_missing", "Subsidiary"),
    ("Please enter a value for entity", "mandatory_field_missing", "entity"),
    ("You must enter at least one line item for this transaction.", "lines_missing", ""),
    ("You must have at least one valid line item for this transaction.", "lines_missing", ""),
    (
        "You have entered an Invalid Field Value 53384 for the following field: customer.",
        "reference_invalid",
        "53384 customer",
    ),
    ("The specified key is invalid.", "reference_invalid", ""),
    ("Invalid item reference key 77.", "reference_invalid", ""),
    ("Invalid subsidiary reference key 1 for entity 1929.", "subsidiary_mismatch", "1"),
    (
        "The 1100 A/R account cannot be used with the Parent : Germany subsidiary.",
        "account_not_in_subsidiary",
        "",
    ),
    ("The transaction currency does not match the names currency", "currency_not_enabled", ""),
    ("You have entered an invalid currency symbol or internal ID: 9.", "currency_unknown", ""),
    ("Record has been changed", "record_changed", ""),
    (
        (
            "Insert Transaction Failure: No valid, open, posting period for date - 9/30/2026. Please visit Setup >"
            " Manage Accounting Periods to set up a new accounting period."
        ),
        "period_closed",
        "9/30/2026",
    ),
    ("This transaction is in a period that has been closed. You may not edit it.", "period_closed", ""),
    ("This record has been locked by a user defined workflow.", "record_locked", ""),
    (
        "The field memo contained more than the maximum number ( 999 ) of characters allowed.",
        "field_too_long",
        "memo",
    ),
    ("Permission Violation: you may not access this record.", "permission_missing", ""),
    (
        (
            "You need a higher level of the 'Invoice' permission to access this page. Please contact your account"
            " administrator."
        ),
        "permission_missing",
        "Invoice",
    ),
    ("Our own script says no", "refused", "Our own script says no"),
)


@pytest.mark.parametrize(("text", "code", "cause"), CASES, ids=[case[0][:40] for case in CASES])
@pytest.mark.parametrize("prefix", ["", PREFIX, "Error while accessing resource: "])
def test_a_refusal_is_diagnosed(text: str, code: str, cause: str, prefix: str):
    diagnosis = diagnose(answer(prefix + text))
    assert diagnosis.outcome is Outcome.REFUSED
    assert diagnosis.problem is not None
    assert (diagnosis.problem.code, diagnosis.exists) == (code, False)
    assert cause in diagnosis.problem.cause
    assert text[:30] in diagnosis.problem.raw
    assert code in CODES


@pytest.mark.parametrize(
    "text",
    [
        "This entity already exists.",
        "This record already exists",
        (
            "A customer record with this ID already exists. You must enter a unique customer ID for each record you"
            " create."
        ),
    ],
)
def test_already_exists_is_neither_success_nor_failure(text: str):
    diagnosis = diagnose(answer(PREFIX + text))
    assert diagnosis.exists
    assert diagnosis.problem is None


@pytest.mark.parametrize(
    "found",
    [
        Answer(500, {"content-type": "text/html"}, "<html>Bad Gateway</html>", 5),
        Answer(502, {}, "", 5),
        Answer(400, {"content-type": "text/html"}, "<html>proxy</html>", 5),
        answer("An unexpected error occurred. Error ID: x", 500, "UNEXPECTED_ERROR"),
    ],
)
def test_what_proves_nothing_is_in_doubt(found: Answer):
    assert diagnose(found).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (answer("too many", 429, "CONCURRENCY_LIMIT_EXCEEDED"), Outcome.THROTTLED),
        (answer("too many", 400, "CONCURRENCY_LIMIT_EXCEEDED"), Outcome.THROTTLED),
        (answer("Invalid login attempt.", 401, "INVALID_LOGIN"), Outcome.PAUSED),
        (
            answer(
                "The account you are trying to access is currently unavailable while we undergo our regularly"
                " scheduled maintenance.",
                503,
            ),
            Outcome.PAUSED,
        ),
    ],
)
def test_what_concerns_the_account_does_not_concern_the_record(found: Answer, outcome: Outcome):
    assert diagnose(found).outcome is outcome


def test_an_unknown_field_is_named_by_its_path():
    found = answer("Unknown reference or field custbody_x", 400, "INVALID_CONTENT", "custbody_x")
    problem = diagnose(found).problem
    assert problem is not None
    assert problem.code == "field_unknown"
    assert "custbody_x" in problem.found
