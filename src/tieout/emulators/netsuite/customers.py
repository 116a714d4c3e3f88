"""Saving customers and contacts (reference 6.1, 6.2; rules NS-05, NS-07)."""

from __future__ import annotations

from typing import Any

from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import (
    CURRENCY_MISMATCH,
    DUPLICATE_NAME,
    PARENT_MISMATCH,
    SUBSIDIARY_IN_USE,
    invalid_field_value,
    user_error,
)
from tieout.emulators.netsuite.state import Record


def missing_customer_labels(fields: dict[str, Any], *, auto_numbering: bool) -> list[str]:
    """Labels of what a customer must have whatever the form says."""
    labels = []
    if not auto_numbering and not fields.get("entityId"):
        labels.append("Customer ID")
    if fields.get("isPerson"):
        labels += [label for name, label in (("firstName", "First Name"), ("lastName", "Last Name"))
                   if not fields.get(name)]  # fmt: skip
    elif not fields.get("companyName"):
        labels.append("Company Name")
    if not fields.get("subsidiary"):
        labels.append("Subsidiary")
    return labels


def complete_customer(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults and checks of a customer about to be saved. `before` is None on create."""
    state, fields = context.state, record.fields
    fields.setdefault("isPerson", False)
    fields.setdefault("isInactive", False)
    if not fields.get("entityId"):
        person = f"{fields.get('firstName', '')} {fields.get('lastName', '')}".strip()
        number = state.next_id("customer number")
        fields["entityId"] = f"CUS{number} {fields.get('companyName') or person}"[:83]
    _check_name(context, record)
    if context.strict and not context.role.sees(fields.get("subsidiary")):
        raise invalid_field_value(fields["subsidiary"], "subsidiary", "subsidiary")
    subsidiary = state.get("subsidiary", fields.get("subsidiary") or "")
    if not fields.get("currency"):
        fields["currency"] = subsidiary.fields["currency"] if subsidiary else state.account["base_currency"]
    currencies = record.lines.setdefault("currencyList", [])
    if fields["currency"] not in {line.get("currency") for line in currencies}:
        currencies.insert(0, {"currency": fields["currency"]})
    for position, line in enumerate(currencies, 1):
        line["line"] = position
    if before is not None:
        _check_change(context, record, before)
    _check_parent(context, record)
    for position, line in enumerate(record.lines.get("addressBook", []), 1):
        if "internalId" not in line:
            line["internalId"] = int(state.next_id("address", 5000))
        line.setdefault("addressId", str(position))
        line.setdefault("addressBookAddress", {})


def _check_name(context: SaveContext, record: Record) -> None:
    holder = context.state.entity_names.get(str(record.fields["entityId"]).lower())
    if holder is not None and holder != record.id and context.on("NS-05"):
        raise user_error(DUPLICATE_NAME)


def _check_change(context: SaveContext, record: Record, before: dict[str, Any]) -> None:
    if before.get("subsidiary") != record.fields.get("subsidiary") and context.state.of_entity.get(record.id):
        raise user_error(SUBSIDIARY_IN_USE)


def _check_parent(context: SaveContext, record: Record) -> None:
    parent_id = record.fields.get("parent")
    parent = context.state.get("customer", parent_id) if parent_id else None
    if parent is None or not context.strict:
        return
    if parent.fields.get("subsidiary") != record.fields.get("subsidiary"):
        raise user_error(PARENT_MISMATCH)


def complete_contact(context: SaveContext, record: Record) -> None:
    """Defaults of a contact; its name is unique (`UNIQUE_CONTACT_NAME_REQD`)."""
    fields = record.fields
    fields.setdefault("isInactive", False)
    if not fields.get("entityId"):
        person = f"{fields.get('firstName') or ''} {fields.get('lastName') or ''}".strip()
        fields["entityId"] = (person or fields.get("email") or f"Contact {record.id}")[:83]
    company = context.state.get("customer", fields.get("company") or "")
    if not fields.get("subsidiary") and company is not None:
        fields["subsidiary"] = company.fields.get("subsidiary")
    for other in context.state.all("contact"):
        same = other.fields.get("entityId") == fields["entityId"] and other.fields.get(
            "company"
        ) == fields.get("company")
        if same and other.id != record.id and context.strict:
            raise user_error(
                "A contact record with this name already exists. Every contact record must have a unique name."
            )


def check_currency_of(context: SaveContext, customer: Record, currency: str) -> None:
    """Rule NS-12: only currencies of the customer's list."""
    allowed = {line.get("currency") for line in customer.lines.get("currencyList", [])}
    if context.strict and context.on("NS-12") and currency not in allowed:
        raise user_error(CURRENCY_MISMATCH)
