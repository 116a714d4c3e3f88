"""`!transform` to and from records about money (reference 1.10)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tieout.emulators.netsuite.applying import receivable_of
from tieout.emulators.netsuite.balances import left
from tieout.emulators.netsuite.catalog import entity_field
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import user_error
from tieout.emulators.netsuite.saving import create
from tieout.emulators.netsuite.state import Record

_SALE = ("entity", "subsidiary", "currency", "department", "class", "location", "otherRefNum", "memo")
_OWN_KEYS = ("lineUniqueKey", "itemType", "orderDoc", "orderLine", "quantityBilled", "taxDetailsReference")
Preset = Callable[[SaveContext, Record, str], Record]


def _common(source: Record, target: str) -> Record:
    fields = {name: source.fields[name] for name in ("subsidiary", "currency") if source.fields.get(name)}
    fields[entity_field(target)] = source.fields[entity_field(source.type)]
    return Record(target, "0", fields)


def _check_open(context: SaveContext, source: Record, target: str) -> None:
    """Rule NS-24c: only what is approved and open can be paid or used up."""
    fields = source.fields
    payable = fields.get("approvalStatus", "2") == "2" and not fields.get("voided")
    if (not payable or left(context.state, source) <= 0) and context.on("NS-24c"):
        raise user_error(f"Can not initialize {target}: invalid {source.type} reference {source.id}.")


def _settling(context: SaveContext, source: Record, target: str) -> Record:
    """What settles the source: a payment of an invoice, a refund of a credit memo."""
    _check_open(context, source, target)
    preset = _common(source, target)
    preset.fields["arAcct"] = receivable_of(source)
    context.default_choices = {"apply": [{"doc": source.id, "apply": True}]}
    return preset


def _credit(context: SaveContext, source: Record, target: str) -> Record:  # noqa: ARG001 - one shape for all
    """A credit memo with the invoice's lines; it is applied only if the body says so (reference 1.10)."""
    fields = {name: source.fields[name] for name in _SALE if source.fields.get(name) is not None}
    preset = Record(target, "0", fields | {"account": source.fields["account"], "createdFrom": source.id})
    preset.lines["item"] = [
        {name: copy.copy(value) for name, value in line.items() if name not in _OWN_KEYS}
        for line in source.lines["item"]
    ]
    return preset


def _using(context: SaveContext, source: Record, target: str) -> Record:
    _check_open(context, source, target)
    preset = _common(source, target)
    preset.fields["deposit"] = source.id
    return preset


def _prepaying(context: SaveContext, source: Record, target: str) -> Record:  # noqa: ARG001 - one shape for all
    preset = _common(source, target)
    preset.fields |= {"salesOrder": source.id, "payment": source.fields["total"]}
    return preset


def _of_customer(context: SaveContext, source: Record, target: str) -> Record:  # noqa: ARG001 - one shape for all
    return Record(target, "0", {entity_field(target): source.id})


_PRESETS: dict[tuple[str, str], Preset] = {
    ("invoice", "customerPayment"): _settling,
    ("creditMemo", "customerRefund"): _settling,
    ("invoice", "creditMemo"): _credit,
    ("customerDeposit", "depositApplication"): _using,
    ("salesOrder", "customerDeposit"): _prepaying,
    ("customer", "customerPayment"): _of_customer,
    ("customer", "customerDeposit"): _of_customer,
    ("customer", "customerRefund"): _of_customer,
}


def knows(source: str, target: str) -> bool:
    """Whether a pair is one of ours."""
    return (source, target) in _PRESETS


def transform_cash(
    context: SaveContext, source: Record, target: str, body: Any, *, keep: bool = True
) -> Record:
    """Make the target from the source; the body overrides. Lines that only name a document are chosen."""
    context.preselect = True
    preset = _PRESETS[source.type, target](context, source, target)
    return create(context, context.state.types[target.lower()], body, preset=preset, keep=keep)
