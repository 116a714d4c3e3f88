"""Saving journal entries (reference 6.9; rules NS-44, NS-45)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.balances import ZERO, settled
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.customers import check_currency_of
from tieout.emulators.netsuite.errors import (
    JOURNAL_LINE,
    LINKED_LINE,
    LINKS_SUM,
    NO_LINES,
    UNBALANCED,
    missing_values,
    user_error,
)
from tieout.emulators.netsuite.headers import check_account, check_money, complete_dates, complete_numbers
from tieout.emulators.netsuite.state import Record


def complete_journal(context: SaveContext, record: Record, before: dict[str, Any] | None) -> None:
    """Defaults and checks of a journal entry. A line on a receivable with a customer is open like a document."""
    state, fields = context.state, record.fields
    home = state.get("subsidiary", fields.get("subsidiary") or "")
    if home is None:
        raise missing_values(["Subsidiary"])
    if not fields.get("currency"):
        fields["currency"] = home.fields["currency"]
    fields.setdefault("approved", True)
    complete_dates(context, record, before)
    _lines(context, record)
    debits, credits_ = (
        sum((line.get(side) or ZERO for line in record.lines.get("line", [])), ZERO)
        for side in ("debit", "credit")
    )
    if debits != credits_ and context.strict and context.on("NS-44"):
        raise user_error(UNBALANCED)
    fields["total"] = debits
    fields["status"] = "B" if fields["approved"] else "A"
    _check_settled(context, record)
    complete_numbers(context, record)


def _lines(context: SaveContext, record: Record) -> None:
    lines = record.lines.get("line", [])
    if not lines and context.strict and context.on("NS-08"):
        raise user_error(NO_LINES)
    highest = max((line["line"] for line in lines if line.get("line")), default=0)
    for index, line in enumerate(lines):
        path = f"line.items[{index}]"
        if not line.get("line"):
            highest += 1
            line["line"] = highest
        if not line.get("lineUniqueKey"):
            line["lineUniqueKey"] = context.state.next_id("line key", 1001)
        if not line.get("account") and context.strict and context.on("NS-44b"):
            raise user_error(f"Account {JOURNAL_LINE}", path)
        for side in ("debit", "credit"):
            check_money(context, record, line.get(side) or ZERO, side, path)
        check_account(context, record, line.get("account"))
        customer = context.state.get("customer", line.get("entity") or "")
        if customer is not None:
            check_currency_of(context, customer, record.fields["currency"])


def _check_settled(context: SaveContext, record: Record) -> None:
    """Rules NS-18e and NS-20c for the lines something is applied to."""
    old = context.state.get("journalEntry", record.id)
    if old is None or not context.strict:
        return
    lines = {line["line"]: line for line in record.lines.get("line", [])}
    for was in old.lines.get("line", []):
        used = settled(context.state, record.id, was["line"])
        now = lines.get(was["line"], {})
        if not used:
            continue
        moved = any(was.get(name) != now.get(name) for name in ("account", "entity"))
        if moved and context.on("NS-20c"):
            raise user_error(LINKED_LINE)
        amount: Decimal = now.get("debit") or now.get("credit") or ZERO
        if amount < used and context.on("NS-18e"):
            raise user_error(LINKS_SUM)
