"""The refusals of a save: required fields, references, uniqueness, locks, and the rules an admin has armed."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org, key_of
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.soql.parser import parse_condition
from tieout.emulators.salesforce.soql.predicates import Where
from tieout.emulators.salesforce.soql.scope import Scope
from tieout.emulators.salesforce.store import Record


def check_required(org: Org, sobject: SObject, row: Record, only: AbstractSet[str] | None = None) -> None:
    """Refuse a row without its required fields; on updates only what was sent counts."""
    missing = [
        spec.name
        for spec in sobject.fields.values()
        if not spec.nillable
        and not spec.defaulted
        and spec.createable
        and row.get(spec.name) is None
        and (only is None or spec.name in only)
    ]
    if missing and org.switches.on("SF-16a"):
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise SalesforceError(400, "REQUIRED_FIELD_MISSING", message, missing)


def check_references(org: Org, sobject: SObject, row: Record, sent: AbstractSet[str]) -> None:
    """Refuse references that lead nowhere, to the wrong object, or into the recycle bin."""
    for name in sent:
        spec, value = sobject.get(name), row.get(name)
        if spec is None or spec.type != "reference" or not spec.reference_to or value is None:
            continue
        if org.sobject(spec.reference_to) is None:
            continue
        parent = org.store.get(spec.reference_to, value)
        if parent is None:
            target = org.of_id(value)
            if target is not None and target.name != spec.reference_to:
                message = f"{name}: id value of incorrect type: {value}"
                raise SalesforceError(400, "FIELD_INTEGRITY_EXCEPTION", message, [name])
            raise SalesforceError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
        if parent.get("IsDeleted"):
            raise SalesforceError(400, "ENTITY_IS_DELETED", "entity is deleted", [name])


def check_unique(org: Org, sobject: SObject, row: Record) -> None:
    """Refuse a value another live row holds in a unique field. The message carries a 15 character id."""
    table = org.store.tables[sobject.name]
    for spec in sobject.fields.values():
        value = row.get(spec.name)
        if not spec.unique or value is None:
            continue
        key = key_of(spec)
        for other in table.find(spec.name, value):
            if other["Id"] == row["Id"] or other.get("IsDeleted") or key(other.get(spec.name)) != key(value):
                continue
            other_id = other["Id"][:15] if org.switches.on("SF-05c") else other["Id"]
            message = f"duplicate value found: {spec.name} duplicates value on record with id: {other_id}"
            raise SalesforceError(400, "DUPLICATE_VALUE", message, [spec.name])


def check_locks(org: Org, sobject: SObject, row: Record) -> None:
    """Refuse changes to a record in an approval, or (a set number of times) to a busy row."""
    if row["Id"] in org.armed.locked_records and org.switches.on("SF-15b"):
        message = "the entity is locked for editing"
        raise SalesforceError(400, "ENTITY_IS_LOCKED", message, [])
    parents = [row.get(spec.name) for spec in sobject.fields.values() if spec.type == "reference"]
    for record_id in (row["Id"], *parents):
        if org.armed.busy_rows[str(record_id)] > 0 and org.switches.on("SF-15c"):
            org.armed.busy_rows[str(record_id)] -= 1
            message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
            raise SalesforceError(400, "UNABLE_TO_LOCK_ROW", message, [])


def check_validation_rules(org: Org, sobject: SObject, row: Record, sent: AbstractSet[str]) -> None:
    """Refuse what an armed rule forbids, in the admin's own words.

    A rule is `{"object", "where": <SOQL condition on the row as it would be>, "fields": [only when one of these
    is sent], "message", "error_field"}`.
    """
    if not org.switches.on("SF-15a"):
        return
    for rule in org.armed.validation_rules:
        if rule["object"].lower() != sobject.name.lower():
            continue
        watched = rule.get("fields")
        if watched and not sent & set(watched):
            continue
        if rule.get("where") and not _holds(org, sobject, rule["where"], row):
            continue
        fields = [rule["error_field"]] if rule.get("error_field") else []
        raise SalesforceError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule["message"], fields)


def _holds(org: Org, sobject: SObject, text: str, row: Record) -> bool:
    where = Where(Scope(org, text, sobject), lambda _: set())
    return where.predicate(parse_condition(text))(row)


def check_duplicate_rules(org: Org, sobject: SObject, row: Record, *, allowed: bool) -> None:
    """Refuse a row that equals another in all fields of an armed duplicate rule, unless the caller allows it."""
    if not org.switches.on("SF-15d"):
        return
    for rule in org.armed.duplicate_rules:
        if rule["object"].lower() != sobject.name.lower() or (allowed and rule.get("allow_save", True)):
            continue
        names = rule["fields"]
        for other in org.store.live(sobject.name):
            if other["Id"] != row["Id"] and all(_alike(other.get(name), row.get(name)) for name in names):
                raise SalesforceError(
                    400, "DUPLICATES_DETECTED", rule.get("message", "Use one of these records?"), []
                )


def _alike(left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return left is not None and left == right
