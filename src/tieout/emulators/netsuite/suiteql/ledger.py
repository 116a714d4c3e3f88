"""What transactions post: accounts with signed amounts, debit positive, in the transaction's currency.

The first posting is the main line. Realised currency gains are not posted. Whether a payment's or refund's main line is
the receivable (as with invoices) or the bank is not settled in our sources: rule NS-26k.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import ZERO, left, sum_of
from tieout.emulators.netsuite.catalog import ITEM_LINES
from tieout.emulators.netsuite.state import Record, State


@dataclass(frozen=True)
class Posting:
    """One ledger line. `settles` and `open` are the settled and the open part where there is something to settle."""

    line: int
    account: str | None
    amount: Decimal
    entity: str | None = None
    memo: str | None = None
    settled: Decimal | None = None
    open: Decimal | None = None
    key: Any = None  # the line's own key, where it has one


def postings(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:
    """The ledger lines of a transaction; of one with item lines only what is not an item line."""
    make = _POSTINGS.get(record.type)
    return make(state, record, on) if make is not None else []


def item_account(state: State, line: dict[str, Any]) -> str | None:
    """Where an item line posts."""
    item = state.item(line.get("item") or "")
    return item.fields.get("incomeAccount") if item is not None else None


def _sale(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:  # noqa: ARG001 - one shape
    fields = record.fields
    sign = -1 if record.type == "creditMemo" else 1
    if record.type == "salesOrder":
        return [Posting(0, None, fields["total"])]
    rest = left(state, record)
    return [
        Posting(0, fields.get("account"), sign * fields["total"], settled=fields["total"] - rest, open=rest)
    ]


def _payment(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:
    fields, sign = record.fields, 1 if record.type == "customerPayment" else -1
    cash = fields["payment"] if sign == 1 else fields["total"]
    discount = sum((line.get("disc") or ZERO for line in record.lines.get("apply", [])), ZERO)
    rest = left(state, record) if sign == 1 else ZERO
    receivable = (fields.get("arAcct"), -sign * (cash + discount), fields["total"] - rest, rest)
    bank = (fields.get("account"), sign * cash, None, None)
    order = (receivable, bank) if on("NS-26k") else (bank, receivable)
    found = [
        Posting(number, account, amount, settled=settled, open=open_)
        for number, (account, amount, settled, open_) in enumerate(order)
    ]
    if discount:
        found.append(Posting(2, state.account.get("discount_account"), discount))
    return found


def _customer_deposit(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:  # noqa: ARG001
    fields = record.fields
    liability = state.account.get("customer_deposit_account")
    rest = left(state, record)
    return [
        Posting(0, fields.get("account"), fields["payment"]),
        Posting(1, liability, -fields["payment"], settled=fields["payment"] - rest, open=rest),
    ]


def _deposit_application(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:  # noqa: ARG001
    used = sum_of(record, "apply")
    return [
        Posting(0, record.fields.get("arAcct"), -used, settled=used, open=ZERO),
        Posting(1, state.account.get("customer_deposit_account"), used),
    ]


def _journal(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:  # noqa: ARG001
    found = []
    for line in record.lines.get("line", []):
        amount = (line.get("debit") or ZERO) - (line.get("credit") or ZERO)
        rest = left(state, record, line["line"]) if line.get("entity") else None
        settled = None if rest is None else abs(amount) - rest
        found.append(
            Posting(
                line["line"],
                line.get("account"),
                amount,
                line.get("entity"),
                line.get("memo"),
                settled,
                rest,
                line.get("lineUniqueKey"),
            )
        )
    return found


def _bank_deposit(state: State, record: Record, on: Callable[[str], bool]) -> list[Posting]:  # noqa: ARG001
    found = [Posting(0, record.fields.get("account"), record.fields["total"])]
    holding = state.account.get("undeposited_funds_account")
    lines = [(holding, -line["amount"], line) for line in record.lines.get("payment", [])]
    lines += [(line.get("account"), -line["amount"], line) for line in record.lines.get("other", [])]
    lines += [(line.get("account"), line["amount"], line) for line in record.lines.get("cashBack", [])]
    found += [
        Posting(number, account, amount, line.get("entity"), line.get("memo"))
        for number, (account, amount, line) in enumerate(lines, 1)
    ]
    return found


_POSTINGS: dict[str, Callable[[State, Record, Callable[[str], bool]], list[Posting]]] = {
    **dict.fromkeys(ITEM_LINES, _sale),
    "customerPayment": _payment,
    "customerRefund": _payment,
    "customerDeposit": _customer_deposit,
    "depositApplication": _deposit_application,
    "journalEntry": _journal,
    "deposit": _bank_deposit,
}
