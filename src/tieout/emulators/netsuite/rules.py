"""Every behaviour of the NetSuite emulator that can be switched (reference sections 1 to 6 and 11)."""

from __future__ import annotations

from tieout.emulators.kit.rules import Mark, Rule


def _rule(
    number: str, behaviour: str, source: str, mark: Mark, values: tuple[str, ...] = ("on", "off")
) -> Rule:
    check = "check_" + number.replace("-", "_").lower()
    return Rule(number, behaviour, source, mark, check, values)


RULES: tuple[Rule, ...] = (
    _rule("NS-01", "The client assertion is verified: signature by the certificate of its kid, PS/ES algorithms only, "
          "audience, scope, exp - iat at most 3600 s", "H:section_162790605110", "doc"),
    _rule("NS-01b", "Token-based authentication: HMAC-SHA256, realm, ±300 s, a nonce works once", "TUR", "seen"),
    _rule("NS-01c", "An access token lives 3600 s; afterwards 401 INVALID_LOGIN", "H:section_162755359851", "doc"),
    _rule("NS-02", "More requests in flight than the account has slots: 429 CONCURRENCY_LIMIT_EXCEEDED, no Retry-After",
          "H:section_156570709583", "doc"),
    _rule("NS-02b", "A request nobody waits for any more keeps its slot until the 15-minute limit",
          "H:subsect_1559222360", "inferred"),
    _rule("NS-03", "A create answers 204, no body, the id only in Location (off: 201 with a body)",
          "H:section_1545141395", "doc"),
    _rule("NS-03b", "One id sequence for all transactions, one for all entities (off: one per type)",
          "H:section_N3436356", "doc"),
    _rule("NS-04", "An external id is unique in its whole group; a second create is refused with 400 already exists",
          "H:section_N3436356", "doc", ("on", "per_type", "off")),
    _rule("NS-04b", "An external id that another transaction type holds: 400 Transaction type specified is incorrect",
          "reference 11.4", "inferred"),
    _rule("NS-05", "A customer's entityId is unique", "CODES UNIQUE_CUST_ID_REQD", "doc"),
    _rule("NS-06", "A missing entity or list record: 404 NONEXISTENT_ID", "X:52506161500", "seen"),
    _rule("NS-06b", "A missing transaction by internal id: 400 Transaction type specified is incorrect",
          "X:52506161500", "seen"),
    _rule("NS-06c", "A missing transaction by external id: 404 (or 400 as by internal id)", "reference 11.6",
          "inferred", ("404", "400", "off")),
    _rule("NS-07", "Missing base fields: Please enter value(s) for, all labels at once", "EH26", "seen"),
    _rule("NS-07b", "A form's mandatory fields count as well, by label", "EH26", "seen"),
    _rule("NS-08", "A transaction needs at least one line", "RSM", "seen"),
    _rule("NS-09", "Unknown, inactive or wrong-subsidiary references: Invalid Field Value, with the line's path",
          "X:65814794604", "seen"),
    _rule("NS-10", "The A/R account must be usable in the subsidiary", "X:66377721557", "seen"),
    _rule("NS-11", "The subsidiary follows the customer", "RSM", "seen"),
    _rule("NS-12", "Only currencies of the customer's list", "CODES MISMATCHED_CURRENCY", "doc"),
    _rule("NS-13", "An unknown or hidden field under PropertyNameValidation error: 400 INVALID_CONTENT (default: "
          "dropped with a warning header)", "B26", "inferred"),
    _rule("NS-14", "A malformed value: 400 INVALID_CONTENT with its path", "H:section_156570709583", "inferred"),
    _rule("NS-15", "PATCH: a line with its key is updated, one without is added, others stay",
          "H:section_161488248489", "doc"),
    _rule("NS-15b", "replace=item drops the lines that are not mentioned", "H:section_1545297048", "doc"),
    _rule("NS-15c", "null clears a field", "H:section_1545142173", "doc"),
    _rule("NS-15d", "PUT works by external id only", "H:section_156335203191", "doc"),
    _rule("NS-16", "An invoice needs an open posting period", "CODES VALID_PRD_REQD", "doc"),
    _rule("NS-16b", "No edit or deletion in a closed period", "CODES TRANS_EDIT_DISALLWD", "doc"),
    _rule("NS-20", "What others refer to cannot be deleted", "CODES CANT_DELETE_TRANS", "doc"),
    _rule("NS-22", "A save over somebody else's newer version: Record has been changed", "CODES RCRD_HAS_BEEN_CHANGED",
          "doc"),
    _rule("NS-22b", "A record locked by a workflow cannot be saved", "CODES RCRD_LOCKED_BY_WF", "doc"),
    _rule("NS-22c", "A user-event script refuses a save in its own words", "TUR", "seen"),
    _rule("NS-23", "Where invoices need approval a new one starts pending (status D) and is not posted",
          "reference 11.23", "inferred"),
    _rule("NS-24", "A transform needs an approved order with something left to bill", "CODES INVALID_INITIALIZE_REF",
          "doc"),
    _rule("NS-24b", "A fully billed order goes to G; a partly billed one keeps its letter", "AK", "seen"),
    _rule("NS-25", "A collection holds ids and links, never fields", "H:subsect_1544786455", "doc"),
    _rule("NS-25b", "limit at most 1000, offset a multiple of limit", "H:section_156414087576", "doc"),
    _rule("NS-26", "SuiteQL needs Prefer: transient", "H:section_157909186990", "doc"),
    _rule("NS-26b", "SuiteQL values are strings", "H:section_157909186990", "doc"),
    _rule("NS-26c", "SuiteQL date columns come back without time, in the account's format", "X:66403065788", "seen"),
    _rule("NS-26d", "SuiteQL binds params (before 2026.2 it did not: off)", "H:section_N3950559", "doc"),
    _rule("NS-26e", "SuiteQL has no LIMIT", "AK", "seen"),
    _rule("NS-26f", "SuiteQL names an unknown table: Invalid search type", "JB", "seen"),
    _rule("NS-26g", "SuiteQL names an unknown column: Unknown identifier", "JB", "seen"),
    _rule("NS-26h", "SuiteQL compares external ids case-sensitively", "X:66403065788", "seen"),
    _rule("NS-26j", "A role sees its subsidiaries' rows only; a missing permission looks like zero rows "
          "(preference: like an unknown table)", "AK", "seen"),
    _rule("NS-29", "A missing permission: Permission Violation with the permission's name", "RSM", "seen"),
    _rule("NS-29b", "GET opens the record in edit mode, so view rights are not enough", "H:subsect_1544786455", "doc"),
    _rule("NS-30", "A failed login carries the code INVALID_LOGIN (off: INVALID_LOGIN_ATTEMPT, seen in fakes)",
          "H:section_156570709583", "doc"),
    _rule("NS-30b", "Refusals begin 'Error while accessing a resource. ' (off: 'Error while accessing resource: ')",
          "X:62259696280", "seen"),
    _rule("NS-30c", "The envelope's type is the w3.org address (off: rfc-editor.org)", "H:section_156570709583", "doc"),
    _rule("NS-33", "A line without amount gets quantity × rate, rounded to the currency", "reference 6.5", "inferred"),
    _rule("NS-34", "Too long text: EXCEEDED_MAX_FIELD_LENGTH's sentence", "CODES", "doc"),
    _rule("NS-35", "Transactions may not contain more than the limit's lines", "CODES", "doc"),
    _rule("NS-36", "SuiteTax adds tax; subtotal stays pre-tax", "H:section_161488248489", "doc"),
    _rule("NS-37", "An amount has at most its currency's decimals", "CODES TRANS_UNBALNCD", "inferred"),
    _rule("NS-38", "The due date follows from the terms", "reference 6.5", "inferred"),
    _rule("NS-39", "An item with an amount needs an income account", "CODES ITEM_ACCT_REQD", "doc"),
)  # fmt: skip
