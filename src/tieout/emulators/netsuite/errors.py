"""Refusals as NetSuite words them (reference sections 5 and 11)."""

from __future__ import annotations

from tieout.emulators.kit.http import Json, Response, json_response
from tieout.emulators.kit.rules import Switches

PREFIX = "Error while accessing a resource. "
CONTENT_PREFIX = "Error while accessing resource: "
LOGIN_TEXT = (
    "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at "
    "Setup > Users/Roles > User Management > View Login Audit Trail."
)
MISSING_RECORD = "The record instance does not exist. Provide a valid record instance ID."
WRONG_TYPE = "Transaction type specified is incorrect."
DUPLICATE_ENTITY = "This entity already exists."
DUPLICATE_RECORD = "This record already exists."
DUPLICATE_NAME = (
    "A customer record with this ID already exists. "
    "You must enter a unique customer ID for each record you create."
)
NO_LINES = "You must enter at least one line item for this transaction."
CLOSED_EDIT = "This transaction is in a period that has been closed. You may not edit it."
REFERRED_TO = (
    "This transaction cannot be deleted because it is referred to by other transactions. It may be a bill or an "
    "invoice that has been paid or an expense that has been reimbursed."
)
CHILD_ENTITIES = "This customer or job cannot be deleted because it has child entities."
SUBSIDIARY_IN_USE = (
    "You cannot change the subsidiary of this entity because one or more transactions exist for this entity."
)
PARENT_MISMATCH = "The parent specified must have the same currency and subsidiary as the child"
CHANGED = "Record has been changed"
WORKFLOW_LOCK = "This record has been locked by a user defined workflow."
CURRENCY_MISMATCH = "The transaction currency does not match the names currency"
ITEM_WITHOUT_ACCOUNT = (
    "One of the items on this transaction has an amount but no account. Please fix the item and resubmit the "
    "transaction."
)
STATIC_SUBLIST = (
    "You have attempted an invalid sublist or line item operation. You are either trying to cannot access a field on a "
    "non-existent line or you are trying to add or remove lines from a static sublist."
)
OVER_APPLIED = "Amount applied greater than total payments and credits"
LINKS_SUM = "Links sum to more than original transaction amount"
AMBIGUOUS = (
    "Ambiguous data: <autoApply> has been selected and lines have been selected in the <applyList> element."
)
NEGATIVE_PAYMENT = "Negative payments not allowed"
ENTITIES_DIFFER = (
    "You are attempting to link transactions, but the entities on the transactions do not match."
)
LINKED_LINE = "You cannot edit the account of a transaction line that is linked to others"
UNBALANCED = "The amounts in the journal entry must balance."
JOURNAL_LINE = "are mandatory on all lines of the journal entry."
NEGATIVE_TOTAL = "The total can not be negative"
VOIDED = "The G/L impact of a voided transaction cannot be changed."
ALREADY_VOIDED = "This transaction has already been voided."
VOID_BY_JOURNAL = (
    "This transaction cannot be voided directly while transactions are voided using reversing journals."
)
CONCURRENCY = "Concurrent request limit exceeded. Request blocked."
MAINTENANCE = (
    "The account you are trying to access is currently unavailable while we undergo our regularly scheduled "
    "maintenance."
)
INVALID_QUERY = "Invalid search query. Provide a valid search query."
SEARCH_FAILED = "Invalid search query. Detailed unprocessed description follows. "

_TYPES = {
    400: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1",
    401: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.2",
    403: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.4",
    404: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.5",
    405: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.6",
    429: "https://www.rfc-editor.org/rfc/rfc6585#section-4",
    500: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.5.1",
    503: "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.5.4",
}
_NEW_TYPES = "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.{}.{}"
_TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
ERROR_MEDIA_TYPE = "application/vnd.oracle.resource+json; type=error"


class NsError(Exception):
    """A refusal. `detail` is the whole sentence; `where` holds `o:errorPath`, `o:errorQueryParam`, …"""

    def __init__(self, status: int, code: str, detail: str, **where: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.where = status, code, detail, where

    def response(self, switches: Switches) -> Response:
        """The refusal in NetSuite's envelope; sources disagree on three details (rules NS-30, NS-30b, NS-30c)."""
        detail, code = self.detail, self.code
        if not switches.on("NS-30") and code == "INVALID_LOGIN":
            code = "INVALID_LOGIN_ATTEMPT"
        if not switches.on("NS-30b") and detail.startswith(PREFIX):
            detail = CONTENT_PREFIX + detail.removeprefix(PREFIX)
        address = _TYPES[self.status] if switches.on("NS-30c") else _new_type(self.status)
        entry: Json = {"detail": detail, "o:errorCode": code}
        entry.update({f"o:{name}": value for name, value in self.where.items()})
        body: Json = {
            "type": address,
            # NetSuite titles a 429 "Bad Request" and repeats a code at top level (captured in the official sample).
            "title": _TITLES.get(self.status, "Bad Request"),
            "status": self.status,
            "o:errorDetails": [entry],
        }
        if self.status == 429:
            body["o:errorCode"] = "USER_ERROR"
        return json_response(self.status, body, content_type=ERROR_MEDIA_TYPE)


def _new_type(status: int) -> str:
    return _NEW_TYPES.format(6, status - 499) if status >= 500 else _NEW_TYPES.format(5, status - 399)


def user_error(text: str, path: str | None = None) -> NsError:
    """A business refusal: 400 USER_ERROR, whatever the cause."""
    where = {"errorPath": path} if path else {}
    return NsError(400, "USER_ERROR", PREFIX + text, **where)


def invalid_content(text: str, path: str | None = None) -> NsError:
    """Unknown or malformed member of the body."""
    where = {"errorPath": path} if path else {}
    return NsError(400, "INVALID_CONTENT", CONTENT_PREFIX + text, **where)


def invalid_field_value(value: object, field: str, path: str | None = None) -> NsError:
    """A reference that does not exist, is inactive or belongs elsewhere — NetSuite does not say which."""
    text = f"You have entered an Invalid Field Value {value} for the following field: {field}."
    return user_error(text, path)


def missing_values(labels: list[str]) -> NsError:
    """All missing mandatory fields at once, by label."""
    return user_error(f"Please enter value(s) for: {', '.join(labels)}.")


def missing_record() -> NsError:
    """404 for an entity, list record or item."""
    return NsError(404, "NONEXISTENT_ID", MISSING_RECORD)


def wrong_type() -> NsError:
    """What a missing transaction looks like."""
    return user_error(WRONG_TYPE)


def login_failed() -> NsError:
    """401; the reason is only in the audit trail."""
    return NsError(401, "INVALID_LOGIN", LOGIN_TEXT)


def unexpected(serial: int) -> NsError:
    """500 with an error id."""
    return NsError(
        500, "UNEXPECTED_ERROR", f"An unexpected error occurred. Error ID: l{serial:07x}mvqe4f2t9cn3"
    )


def search_error(text: str) -> NsError:
    """A SuiteQL statement NetSuite cannot run."""
    return NsError(400, "INVALID_PARAMETER", SEARCH_FAILED + text)


def permission_violation(permission: str) -> NsError:
    """The role's level is too low."""
    text = (
        f"Permission Violation: You need a higher level of the '{permission}' permission to access this page. "
        "Please contact your account administrator."
    )
    return NsError(403, "INSUFFICIENT_PERMISSION", PREFIX + text)
