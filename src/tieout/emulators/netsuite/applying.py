"""The static sublists `apply`, `credit` and `deposit`: which documents they list, and choosing among them.

Their lines exist because of open documents; a client picks them by `doc` and sets `apply` and `amount` (reference 1.9,
6.6; rules NS-17, NS-18, NS-19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import ZERO, amounts, key_of, left
from tieout.emulators.netsuite.catalog import TYPE_LABELS, entity_field
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import LINKS_SUM, STATIC_SUBLIST, invalid_field_value, user_error
from tieout.emulators.netsuite.headers import check_money
from tieout.emulators.netsuite.state import Record, State, Target

_OWED, _CREDITS, _DEPOSITS = ("invoice", "debit"), ("creditMemo", "credit"), ("customerDeposit",)
#: What each sublist lists: record types, or a journal's receivable lines by side.
_LISTED: dict[tuple[str, str], tuple[str, ...]] = {
    ("customerPayment", "apply"): _OWED,
    ("customerPayment", "credit"): _CREDITS,
    ("customerPayment", "deposit"): _DEPOSITS,
    ("creditMemo", "apply"): _OWED,
    ("customerRefund", "apply"): (*_CREDITS, "customerPayment"),
    ("customerRefund", "deposit"): _DEPOSITS,
    ("depositApplication", "apply"): _OWED,
}


@dataclass(frozen=True)
class OpenDocument:
    """A document as a static sublist offers it. `due` includes what the asking record settles of it already."""

    record: Record
    line: int
    due: Decimal

    @property
    def key(self) -> Target:
        """How it is named in lines."""
        return (self.record.id, self.line)


def open_documents(
    state: State, on: Callable[[str], bool], asking: Record, name: str
) -> Iterator[OpenDocument]:
    """What a sublist of a record lists, oldest first."""
    kinds = _LISTED[asking.type, name]
    own = state.applications.get(asking.id, {})
    candidates = [
        (record, line)
        for customer in _customers(state, on, asking)
        for record in state.of_entity.get(customer, {}).values()
        if record.id != asking.id
        for line in _offers(state, on, record, kinds, customer)
    ]
    candidates.sort(key=lambda pair: (_age(pair[0]), int(pair[0].id), pair[1]))
    order = _paid_for(state, on, asking)
    for record, line in candidates:
        mine = own.get((record.id, line), ZERO)
        due = left(state, record, line) + mine
        meant = order is None or record.fields.get("createdFrom") == order
        if due > 0 and (mine or (meant and _fits(on, asking, record, line))):
            yield OpenDocument(record, line, due)


def _paid_for(state: State, on: Callable[[str], bool], asking: Record) -> str | None:
    """The order whose invoices alone a deposit may be applied to (rule NS-48b)."""
    if asking.type != "depositApplication" or not on("NS-48b"):
        return None
    deposit = state.get("customerDeposit", asking.fields.get("deposit") or "")
    return deposit.fields.get("salesOrder") if deposit is not None else None


def _customers(state: State, on: Callable[[str], bool], asking: Record) -> list[str]:
    customer = str(asking.fields[entity_field(asking.type)])
    if on("NS-17c"):
        return [customer]
    return [customer, *(one.id for one in state.all("customer") if one.fields.get("parent") == customer)]


def _offers(
    state: State, on: Callable[[str], bool], record: Record, kinds: tuple[str, ...], customer: str
) -> Iterator[int]:
    if record.type != "journalEntry":
        if record.type in kinds and (record.type != "customerPayment" or on("NS-47")):
            yield 0
        return
    if not on("NS-45"):
        return
    for row in record.lines.get("line", []):
        account = state.get("account", row.get("account") or "")
        if row.get("entity") != customer or account is None or account.fields["acctType"] != "AcctRec":
            continue
        if any(row.get(side) for side in ("debit", "credit") if side in kinds):
            yield row["line"]


def _age(record: Record) -> str:
    return str(record.fields.get("dueDate") or record.fields["tranDate"])


def _fits(on: Callable[[str], bool], asking: Record, record: Record, line: int) -> bool:
    """Same currency, subsidiary and A/R account; approved and not voided."""
    fields = record.fields
    if fields.get("voided") or (fields.get("approved") is False):
        return False
    if fields.get("approvalStatus", "2") != "2" and on("NS-23b"):
        return False
    if any(fields.get(name) != asking.fields.get(name) for name in ("currency", "subsidiary")):
        return False
    theirs = receivable_of(record, line)
    return theirs is None or theirs == receivable_of(asking)


def receivable_of(record: Record, line: int = 0) -> str | None:
    """The A/R account of a document; None where it has none."""
    if record.type == "journalEntry":
        return next(
            (str(row["account"]) for row in record.lines.get("line", []) if row["line"] == line), None
        )
    name = "account" if record.type in ("invoice", "creditMemo") else "arAcct"
    value = record.fields.get(name)
    return str(value) if value and record.type != "customerDeposit" else None


def select(context: SaveContext, record: Record, name: str, budget: Decimal | None = None) -> Decimal:
    """Carry out the choices a request made in a sublist; returns what its lines come to, discounts left out.

    `budget` is what may be spread over lines without an amount; None means as much as is due.
    """
    offered = {one.key: one for one in open_documents(context.state, context.on, record, name)}
    kept = (
        {} if name in context.replace else {key_of(line): dict(line) for line in record.lines.get(name, [])}
    )
    for index, sent in enumerate(context.sent.get(name, [])):
        document = _find(context, offered, sent, f"{name}.items[{index}]")
        if document is not None:
            _choose(context, kept, document, sent)
    if any(key not in offered for key in kept) and context.switches.value("NS-17") == "on":
        # The customer, the A/R account or the currency was changed: the document is not listed any more.
        raise user_error(STATIC_SUBLIST, name)
    record.lines[name] = list(kept.values())
    _fill(offered, record.lines[name], budget)
    for index, line in enumerate(record.lines[name]):
        _check(context, record, offered, line, f"{name}.items[{index}]")
    return sum((line["amount"] for line in record.lines[name]), ZERO)


def _find(
    context: SaveContext, offered: dict[Target, OpenDocument], sent: dict[str, Any], path: str
) -> OpenDocument | None:
    """The listed document a line means; None when it is to be passed over (switch `lenient`)."""
    wanted, number = str(sent.get("doc") or ""), sent.get("line")
    same = [one for one in offered.values() if one.record.id == wanted]
    exact = [one for one in same if one.line == number]
    if exact or same:
        # A document has one line but for a journal entry with several; its line number tells them apart.
        return (exact or same)[0]
    mode = context.switches.value("NS-17")
    if mode == "on":
        raise user_error(STATIC_SUBLIST, path)
    found = context.state.groups.get("transaction", {}).get(wanted)
    if mode == "lenient" or found is None or "total" not in found.fields:
        return None
    document = OpenDocument(found, 0, left(context.state, found))
    offered[document.key] = document
    return document


def _choose(
    context: SaveContext, kept: dict[Target, dict[str, Any]], document: OpenDocument, sent: dict[str, Any]
) -> None:
    line = dict(kept.get(document.key) or {"doc": document.record.id, "line": document.line})
    chosen = context.preselect if not line.get("apply") else True
    if "amount" in sent:
        chosen = sent["amount"] is not None and sent["amount"] != 0
    if sent.get("apply") is not None:
        chosen = bool(sent["apply"]) and sent.get("amount") != 0
    if not chosen:
        kept.pop(document.key, None)
        return
    for member, value in sent.items():
        if member in ("doc", "line"):
            continue
        if value is None:
            line.pop(member, None)
        else:
            line[member] = value
    line["apply"] = True
    kept[document.key] = line


def _fill(offered: dict[Target, OpenDocument], lines: list[dict[str, Any]], budget: Decimal | None) -> None:
    """A chosen line without an amount takes what is due, as far as the money reaches."""
    rest = None if budget is None else budget - sum((line.get("amount") or ZERO for line in lines), ZERO)
    for line in lines:
        if line.get("amount") is None:
            due = offered[key_of(line)].due - (line.get("disc") or ZERO) if key_of(line) in offered else ZERO
            line["amount"] = due if rest is None else max(min(due, rest), ZERO)
            rest = None if rest is None else rest - line["amount"]


def _check(
    context: SaveContext,
    record: Record,
    offered: dict[Target, OpenDocument],
    line: dict[str, Any],
    path: str,
) -> None:
    for member in ("amount", "disc"):
        value = line.get(member) or ZERO
        check_money(context, record, value, member, path)
        if value < 0 and context.on("NS-19b"):
            raise invalid_field_value(value, member, path)
    discount = (line.get("disc") or ZERO) if context.on("NS-18c") else ZERO
    document = offered.get(key_of(line))
    if document is not None and line["amount"] + discount > document.due and context.on("NS-18b"):
        raise user_error(LINKS_SUM, path)


def spread(context: SaveContext, record: Record, name: str, budget: Decimal) -> Decimal:
    """`autoApply`: the oldest documents first, until the money is used up. Returns what was applied."""
    rest = budget - sum((line["amount"] for line in record.lines.get(name, [])), ZERO)
    taken = {key_of(line) for line in record.lines.get(name, [])}
    for document in open_documents(context.state, context.on, record, name):
        if rest <= 0 or document.key in taken:
            continue
        amount = min(rest, document.due)
        record.lines[name].append(
            {"doc": document.record.id, "line": document.line, "apply": True, "amount": amount}
        )
        rest -= amount
    return budget - rest


def shown(state: State, on: Callable[[str], bool], record: Record, name: str) -> list[dict[str, Any]]:
    """The sublist as an answer shows it: the chosen lines, then what else is listed."""
    chosen = {key_of(line): line for line in record.lines.get(name, [])}
    listed = {one.key: one for one in open_documents(state, on, record, name)}
    rows = []
    for key in [*chosen, *(key for key in listed if key not in chosen)]:
        document = state.groups["transaction"].get(key[0])
        row = {"doc": key[0], "line": key[1], "apply": False, **chosen.get(key, {})}
        if document is not None:
            due = listed[key].due if key in listed else amounts(record).get(key, ZERO)
            row |= {
                "due": due, "remaining": due, "total": document.fields["total"],
                "refNum": document.fields.get("tranId"), "type": TYPE_LABELS[document.type],
                "currency": _symbol(state, document),
            }  # fmt: skip
        rows.append(row)
    return rows


def _symbol(state: State, document: Record) -> str | None:
    currency = state.get("currency", document.fields["currency"])
    return str(currency.fields["symbol"]) if currency else None
