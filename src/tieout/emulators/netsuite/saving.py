"""The one path by which records are created, changed, deleted and transformed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tieout.emulators.netsuite.balances import is_settled, settle
from tieout.emulators.netsuite.catalog import CHOSEN, STATIC, RecordType, entity_field
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.credits import complete_deposit_application
from tieout.emulators.netsuite.customers import complete_contact, complete_customer, missing_customer_labels
from tieout.emulators.netsuite.deposits import complete_bank_deposit
from tieout.emulators.netsuite.errors import (
    CHANGED,
    CHILD_ENTITIES,
    CLOSED_EDIT,
    DUPLICATE_ENTITY,
    DUPLICATE_RECORD,
    REFERRED_TO,
    VOIDED,
    WORKFLOW_LOCK,
    NsError,
    invalid_field_value,
    missing_values,
    user_error,
)
from tieout.emulators.netsuite.journals import complete_journal
from tieout.emulators.netsuite.payments import complete_payment
from tieout.emulators.netsuite.refunds import complete_customer_deposit, complete_refund
from tieout.emulators.netsuite.state import Form, Record
from tieout.emulators.netsuite.transactions import complete_transaction
from tieout.emulators.netsuite.values import BodyReader, Parsed, Policy
from tieout.emulators.netsuite.voiding import touches_ledger

_COMPLETE: dict[str, Callable[[SaveContext, Record, dict[str, Any] | None], None]] = {
    "invoice": complete_transaction,
    "salesOrder": complete_transaction,
    "creditMemo": complete_transaction,
    "customerPayment": complete_payment,
    "customerDeposit": complete_customer_deposit,
    "customerRefund": complete_refund,
    "depositApplication": complete_deposit_application,
    "journalEntry": complete_journal,
    "deposit": complete_bank_deposit,
}
#: Records that no plain create makes (rule NS-48).
TRANSFORMED_ONLY = frozenset({"depositApplication"})
_WITH_CUSTOMER = frozenset(_COMPLETE) - {"depositApplication", "journalEntry", "deposit"}


def create(
    context: SaveContext,
    record_type: RecordType,
    body: Any,
    *,
    record_id: str | None = None,
    preset: Record | None = None,
    keep: bool = True,
) -> Record:
    """Make a record. `preset` holds what a transform brings along; `keep=False` only shows the form.

    Raises NsError for everything the platform refuses; nothing is stored then.
    """
    state = context.state
    transformed = preset is not None or record_type.name not in TRANSFORMED_ONLY
    if not transformed and context.strict and context.on("NS-48"):
        raise NsError(400, "INVALID_REQUEST", f"A {record_type.name} is created by transformation only.")
    form, parsed = _read(context, record_type, body)
    _check_external(context, record_type, parsed.fields.get("externalId"), None)
    fields = dict(preset.fields) if preset else {}
    fields.update({name: value for name, value in parsed.fields.items() if value is not None})
    if form is not None:
        fields.setdefault("customForm", form.id)
    group = record_type.group if context.on("NS-03b") else record_type.name
    record = Record(record_type.name, record_id or "0", fields)
    _note_choices(context, record_type, parsed)
    record.lines = {
        name: [_without_nulls(line) for line in lines]
        for name, lines in parsed.sublists.items()
        if name not in context.sent
    }
    if preset is not None:
        _take_over_lines(context, record, preset)
    if context.strict:
        _check_mandatory(context, record, form)
    if record_id is None and keep:
        # Relationships that customers bring along are listed under the customer's id; keep clear of those.
        record.id = state.next_id(group, 900_001 if record.type == "customerSubsidiaryRelationship" else 1)
    elif record_id is not None:
        state.sequences[group] = max(state.sequences[group], int(record_id))
    try:
        _complete(context, record, None)
        _check_refusals(context, record)
    except Exception:
        if record_id is None and keep:
            state.sequences[group] -= 1
        raise
    now = state.clock.now()
    record.meta = {
        "created_at": now, "created_by": context.actor, "request": context.request,
        "modified_at": now, "modified_by": context.actor,
    }  # fmt: skip
    if keep:
        state.put(record)
        settle(context, record)
    return record


def update(context: SaveContext, record: Record, body: Any) -> Record:
    """Change a record (PATCH). Omitted fields stay, null clears, lines follow rule NS-15."""
    record_type = context.state.types[record.type.lower()]
    if context.strict and record.meta.pop("changed_under", None) and context.on("NS-22"):
        raise user_error(CHANGED)
    if context.strict and record.meta.get("locked") and context.on("NS-22b"):
        raise user_error(WORKFLOW_LOCK)
    form, parsed = _read(context, record_type, body, record)
    if "externalId" in parsed.fields:
        _check_external(context, record_type, parsed.fields["externalId"], record)
    draft = Record(
        record.type, record.id, copy.deepcopy(record.fields), copy.deepcopy(record.lines), record.meta
    )
    for name, value in parsed.fields.items():
        if value is not None:
            draft.fields[name] = value
        elif context.on("NS-15c") and (not context.replace_selected or name in context.replace):
            draft.fields.pop(name, None)
    voided = record.fields.get("voided") and context.strict and context.on("NS-21")
    if voided and touches_ledger(set(parsed.fields), parsed.sublists):
        raise user_error(VOIDED)
    _note_choices(context, record_type, parsed)
    for name, lines in parsed.sublists.items():
        if name not in context.sent:
            draft.lines[name] = _merge_lines(context, name, draft.lines.get(name, []), lines)
    if context.strict:
        _check_mandatory(context, draft, form)
    _complete(context, draft, record.fields)
    _check_refusals(context, draft)
    old_external, old_name = record.external_id, record.fields.get("entityId")
    if record_type.group == "transaction":
        context.state.forget_entities(record)
    record.fields, record.lines = draft.fields, draft.lines
    record.meta["modified_at"] = context.state.clock.now()
    record.meta["modified_by"] = context.actor
    context.state.changed(record, old_external, old_name)
    settle(context, record)
    return record


def delete(context: SaveContext, record: Record) -> None:
    """Delete a record unless something refers to it (rule NS-20)."""
    state = context.state
    if context.strict and record.meta.get("locked") and context.on("NS-22b"):
        raise user_error(WORKFLOW_LOCK)
    if record.type == "customer" and context.on("NS-20"):
        children = any(other.fields.get("parent") == record.id for other in state.all("customer"))
        if children or state.of_entity.get(record.id):
            raise user_error(CHILD_ENTITIES)
    if state.types[record.type.lower()].group == "transaction":
        referred = state.linked_from[record.id] > 0 or is_settled(state, record)
        if referred and context.on("NS-20"):
            raise user_error(REFERRED_TO)
        if record.fields.get("bankDeposit") and context.strict and context.on("NS-20b"):
            raise user_error(REFERRED_TO)
        period = state.get("accountingPeriod", record.fields.get("postingPeriod") or "")
        if period is not None and period.fields["closed"] and context.strict and context.on("NS-16b"):
            raise user_error(CLOSED_EDIT)
    state.remove(record)
    settle(context, record, removed=True)


def _note_choices(context: SaveContext, record_type: RecordType, parsed: Parsed) -> None:
    context.given = frozenset(parsed.fields)
    static = (*STATIC.get(record_type.name, ()), *CHOSEN.get(record_type.name, ()))
    sent = {name: lines for name, lines in parsed.sublists.items() if name in static}
    context.sent = context.default_choices | sent


def _read(
    context: SaveContext, record_type: RecordType, body: Any, old: Record | None = None
) -> tuple[Form | None, Parsed]:
    requested = None
    if isinstance(body, dict):
        wanted = body.get("customForm")
        requested = str(wanted.get("id")) if isinstance(wanted, dict) else wanted
    if requested is None and old is not None:
        requested = old.fields.get("customForm")
    form = context.state.form_for(record_type.name, requested, context.role)
    if requested is not None and form is None and context.state.forms and context.strict:
        raise invalid_field_value(requested, "customForm", "customForm")
    hidden = frozenset(form.hidden) if form is not None and context.strict else frozenset()
    policy = Policy(context.names, context.values, hidden)
    parsed = BodyReader(context.state, context.switches, record_type, policy).read(body)
    context.warnings += parsed.warnings
    return form, parsed


def _check_external(
    context: SaveContext, record_type: RecordType, external_id: Any, own: Record | None
) -> None:
    if external_id is None or not context.on("NS-04"):
        return
    holder = context.state.find_external(record_type, str(external_id))
    if holder is not None and holder is not own:
        raise user_error(DUPLICATE_ENTITY if record_type.group == "entity" else DUPLICATE_RECORD)


def _check_mandatory(context: SaveContext, record: Record, form: Form | None) -> None:
    labels: list[str] = []
    fields = record.fields
    if context.on("NS-07"):
        if record.type == "customer":
            auto = context.state.account["auto_numbering"]
            labels += missing_customer_labels(fields, auto_numbering=auto)
        elif record.type in _WITH_CUSTOMER and not fields.get(entity_field(record.type)):
            labels.append("Customer")
    for name, label in form.mandatory if form is not None and context.on("NS-07b") else []:
        sublist, _, member = name.rpartition(".")
        if sublist:
            missing = any(_empty(line.get(member)) for line in record.lines.get(sublist, []))
        else:
            missing = _empty(fields.get(name)) and not record.lines.get(name)
        if missing and label not in labels:
            labels.append(label)
    if labels:
        raise missing_values(labels)


def _without_nulls(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if value is not None}


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _complete(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    if record.type == "customer":
        complete_customer(context, record, before)
    elif record.type == "contact":
        complete_contact(context, record)
    elif record.type in _COMPLETE:
        _COMPLETE[record.type](context, record, before)


def _check_refusals(context: SaveContext, record: Record) -> None:
    """A user-event script of the account's own may refuse anything, in its own words (rule NS-22c)."""
    if not context.strict or not context.on("NS-22c"):
        return
    for refusal in context.refusals:
        match = refusal["match"]
        if match.get("record", record.type).lower() != record.type.lower():
            continue
        if "external_id" in match and match["external_id"] != record.external_id:
            continue
        if "contains" in match and match["contains"] not in repr((record.fields, record.lines)):
            continue
        if refusal["times"] <= 0:
            continue
        refusal["times"] -= 1
        raise user_error(refusal["text"])


def _merge_lines(
    context: SaveContext, name: str, old: list[dict[str, Any]], sent: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Keyed sublists: a line with its key is updated, one without is added; `replace` drops the rest."""
    key = "internalId" if name == "addressBook" else "line"
    replacing = name in context.replace and context.on("NS-15b")
    by_key = {line.get(key): line for line in old}
    kept: list[dict[str, Any]] = [] if replacing else list(old)
    for line in sent:
        match = by_key.get(line[key]) if line.get(key) is not None and context.on("NS-15") else None
        if match is None:
            if line.get(key) is not None and context.on("NS-15"):
                raise invalid_field_value(line[key], key, name)
            kept.append(
                {member: value for member, value in line.items() if member != key and value is not None}
            )
            continue
        if "amount" not in line and ("quantity" in line or "rate" in line):
            match.pop("amount", None)
        for member, value in line.items():
            if value is None:
                match.pop(member, None)
            else:
                match[member] = value
        if replacing:
            kept.append(match)
    return kept


def _take_over_lines(context: SaveContext, record: Record, preset: Record) -> None:
    """A transform's lines: those of the body override by orderLine or line, else all remaining ones."""
    if "item" not in preset.lines:
        return
    sent = record.lines.pop("item", None)
    record.lines = {name: lines for name, lines in preset.lines.items() if name != "item"} | record.lines
    brought = preset.lines.get("item", [])
    if sent is None:
        record.lines["item"] = brought
        return
    by_key = {line.get("orderLine") or line["line"]: line for line in brought}
    merged: dict[int, dict[str, Any]] = {} if "item" in context.replace else dict(by_key)
    added = []
    for line in sent:
        key = line.get("orderLine") or line.get("line")
        if isinstance(key, int) and key in by_key:
            source = dict(by_key[key])
            if ("quantity" in line or "rate" in line) and "amount" not in line:
                source.pop("amount", None)
            source.update(
                {name: value for name, value in line.items() if value is not None and name != "line"}
            )
            merged[key] = source
        else:
            added.append({name: value for name, value in line.items() if name != "line"})
    record.lines["item"] = [*merged.values(), *added]
