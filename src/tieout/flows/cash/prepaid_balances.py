"""What is special about money that is booked as a customer deposit: when it may be, whether what it was planned on is
still so just before the call, and that it is never booked twice, as a payment and as a deposit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.cash.policy import BankAccount, CashPolicy, Prepayments
from tieout.domain.comparison import Match
from tieout.domain.drafts import CustomerDepositDraft, DepositApplicationDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import State
from tieout.domain.money import Money
from tieout.domain.planning import Plan
from tieout.flows.cash.remarks import finding
from tieout.flows.cash.views import BOOKING, applications_of, payment_of
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit

#: Codes of cases that say: NetSuite holds a record under our external id, and it is not what was planned.
_THERE = {*(str(one) for one in Match), "readback_mismatch", "record_vanished"}


def deciding(policy: CashPolicy, bank: BankAccount) -> CashPolicy:
    """The decisions for money of this account. A processor's balance is paid out in bank deposits that take payments:
    what waits for one is booked as a payment.
    """
    return replace(policy, prepayments=Prepayments.ON_ACCOUNT) if bank.payouts is not None else policy


def booked_otherwise(
    unit: Unit, plan: Plan, existing: Sequence[Document]
) -> tuple[tuple[int, ...], Document | None]:
    """Documents that book the same money otherwise than this plan and that it takes the place of; and the one it must
    not take the place of, because NetSuite may hold it.
    """
    claims = {step.claim for step in plan.steps}
    others = [
        d for d in existing if d.kind in BOOKING and d.claim not in claims and d.state is not State.CANCELLED
    ]
    for one in others:
        cases = unit.cases.find(state=None, document_ids=[one.id])
        if one.internal_id or any(case.finding.code in _THERE for case in cases):
            return (), one
    return tuple(one.id for one in others), None


def already_there(record: SourceRecord, taken: Document) -> Finding:
    """The case of money that was to be booked otherwise, and may be booked."""
    return finding(
        record,
        "booked_otherwise",
        taken.external_id or taken.claim,
        "money that is not booked yet",
        f"{taken.kind} {taken.external_id} is {taken.state}: NetSuite may hold it. Settle its case first",
    )


def prepaid_finding(
    draft: CustomerDepositDraft | DepositApplicationDraft, open_now: Mapping[InternalId, OpenItem]
) -> Finding | None:
    """The case of an order that somebody has paid for meanwhile, of a deposit that somebody has used, or of an invoice
    that is open for less. A deposit or an application made by hand is so never doubled.
    """
    for item_id, wanted in draft.takes.items():
        item = open_now.get(item_id)
        if item is None:
            return _changed(draft, item_id, f"{wanted} minor units", "no such document")
        fits = item.kind in {ItemKind.SALES_ORDER, ItemKind.CUSTOMER_DEPOSIT} or item.payable
        if not fits or not item.approved or item.open_minor < wanted or item.customer != draft.customer:
            said = f"{item.open} open{'' if item.approved else ', not approved'}"
            return _changed(draft, item.number, f"{wanted} minor units", said)
    return None


def _changed(
    draft: CustomerDepositDraft | DepositApplicationDraft, name: str, wanted: str, found: str
) -> Finding:
    return Finding(
        code="open_amount_changed",
        cause=draft.trace.source.id,
        expected=f"at least {wanted} open on {name}",
        found=found,
        source=draft.trace.source,
    )


def what_to_do(deposit: Document) -> str:
    """What a person does about a customer deposit whose money is gone again."""
    draft = deposit.draft
    order = draft.order_number if isinstance(draft, CustomerDepositDraft) else ""
    return (
        f"it was booked as customer deposit {deposit.number or deposit.external_id} for order {order}: in NetSuite,"
        " take its applications back and refund the deposit, then ignore this"
    )


def used_elsewhere(documents: list[Document], item: OpenItem) -> Money:
    """What of a deposit of ours is used and not by us: NetSuite applies deposits of an order that it bills, and people
    do. `item`: the deposit as the picture of open items has it, what we have reserved of it counting as open.
    """
    deposit = payment_of(documents)
    draft = deposit.draft if deposit is not None else None
    if not isinstance(draft, CustomerDepositDraft):
        return Money.zero(item.currency)
    own = sum(one.amount.minor for one in applications_of(documents).values())
    return Money.from_minor(max(0, draft.amount.minor - item.open_minor - own), item.currency)
