"""What a person's word about a customer deposit that NetSuite has comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tieout.domain.cash.decisions import Application
from tieout.domain.cash.ledger import OpenItem
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import State
from tieout.domain.money import Money
from tieout.domain.planning import Step, StepKind
from tieout.domain.policy import Policy
from tieout.domain.prepayments import plan_application
from tieout.flows.cash.parts import Part, PaymentError, check_deposit
from tieout.flows.cash.prepaid_balances import used_elsewhere
from tieout.flows.cash.views import PaymentView, payment_of
from tieout.flows.planting import drop
from tieout.flows.rows import Document
from tieout.flows.storage import Unit

_UNSENT = frozenset({State.WAITING, State.READY, State.CLEARED, State.HELD})


def one_more_application(
    unit: Unit,
    policy: Policy,
    view: PaymentView,
    wanted: Mapping[InternalId, tuple[OpenItem, Part]],
    used: Mapping[InternalId, tuple[OpenItem, Part]],
    now: datetime,
) -> Step:
    """The next application of a deposit. What has not been sent of earlier ones is given up for it.

    Raises `PaymentError` for invoices that are not its order's, and for credits or discounts.
    """
    deposit, draft = view.payment, view.customer_deposit
    if deposit is None or draft is None or deposit.internal_id is None:
        raise PaymentError(f"{view.record.source.id} is no customer deposit that NetSuite has")
    check_deposit(draft, wanted, used)
    documents = unit.documents.of_record(view.record.id)
    earlier = [d for d in documents if d.kind is StepKind.CREATE_DEPOSIT_APPLICATION]
    drop(unit, [d.id for d in earlier if d.state in _UNSENT], now)
    return plan_application(
        draft,
        deposit.claim,
        deposit.internal_id,
        [Application(item, part.minor) for item, part in wanted.values()],
        view.unapplied,
        len(earlier) + 1,
        policy,
        max([draft.transaction_date, *(item.day for item, _ in wanted.values())]),
    )


def elsewhere_of(unit: Unit, account: str, documents: list[Document]) -> Money | None:
    """What of a customer deposit is used and not by us; None for a payment, and before NetSuite has the deposit."""
    payment = payment_of(documents)
    if payment is None or payment.kind is StepKind.CREATE_PAYMENT or payment.internal_id is None:
        return None
    found = unit.cash.items_by_id(account, [payment.internal_id], [d.id for d in documents])
    return used_elsewhere(documents, found[0]) if found else None
