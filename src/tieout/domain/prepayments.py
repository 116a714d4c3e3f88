"""A prepayment becomes a customer deposit for its order, and is applied to what the order is billed with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tieout.domain.cash.decisions import Application, Decision
from tieout.domain.cash.movements import Movement
from tieout.domain.cash.policy import BankAccount
from tieout.domain.drafts import CustomerDepositDraft, DepositApplicationDraft, Trace
from tieout.domain.ids import ClaimKey, IdParts, InternalId, RecordType, external_id
from tieout.domain.money import Money
from tieout.domain.planning import Plan, Step, StepKind
from tieout.domain.policy import Policy
from tieout.domain.receipts import applied_draft, check_number, memo_of
from tieout.domain.sources import SourceRef


def plan_customer_deposit(
    source: SourceRef,
    movement: Movement,
    decision: Decision,
    bank: BankAccount,
    policy: Policy,
    currency_id: InternalId,
    day: date,
) -> Plan:
    """The customer deposit of a receipt that was decided to be one.

    Raises `ValueError` for any other decision.
    """
    if decision.customer is None or decision.deposit is None:
        raise ValueError(f"{source} is no deposit for an order")
    order = decision.deposit.item
    draft = CustomerDepositDraft(
        external_id=external_id(policy.templates[RecordType.CUSTOMER_DEPOSIT], _parts(source, policy)),
        trace=Trace(installation=policy.installation, source=source),
        customer=decision.customer,
        subsidiary=bank.subsidiary,
        currency_id=currency_id,
        amount=movement.amount,
        transaction_date=day,
        order=order.id,
        order_number=order.number,
        account=bank.account or None,
        check_number=check_number(movement),
        memo=memo_of(movement),
    )
    claim = ClaimKey(f"cash|{policy.account}|{source.record_key}|customer_deposit")
    step = Step(kind=StepKind.CREATE_CUSTOMER_DEPOSIT, claim=claim, draft=draft)
    return Plan(source=source, steps=(step,), rules=(f"cash: {decision.signature}",))


def plan_application(
    deposit: CustomerDepositDraft,
    claim: ClaimKey,
    deposit_id: InternalId,
    applied: Sequence[Application],
    rest: Money,
    number: int,
    policy: Policy,
    day: date,
) -> Step:
    """The `number`-th application of a deposit of ours, whose claim and internal id are known, to these invoices.

    `rest`: what is left of the deposit before it. Raises `ValueError` for more than that, or for nothing at all.
    """
    total = sum(one.amount_minor for one in applied)
    if not 0 < total <= rest.minor:
        raise ValueError(f"{deposit.external_id}: {total} minor units of {rest} cannot be applied")
    source = deposit.trace.source
    component = str(number) if number > 1 else ""
    receivables = {one.item.receivables for one in applied if one.item.receivables}
    draft = DepositApplicationDraft(
        external_id=external_id(
            policy.templates[RecordType.DEPOSIT_APPLICATION], _parts(source, policy, component)
        ),
        trace=deposit.trace,
        deposit=claim,
        deposit_id=deposit_id,
        customer=deposit.customer,
        subsidiary=deposit.subsidiary,
        currency_id=deposit.currency_id,
        transaction_date=day,
        applied=tuple(applied_draft(one, deposit.customer) for one in applied),
        rest=rest - Money.from_minor(total, rest.currency),
        receivables=InternalId(receivables.pop()) if len(receivables) == 1 else None,
        memo=f"deposit for {deposit.order_number}",
    )
    return Step(
        kind=StepKind.CREATE_DEPOSIT_APPLICATION,
        claim=ClaimKey(f"{claim}|application|{number}"),
        draft=draft,
        needs=(claim,),
    )


def _parts(source: SourceRef, policy: Policy, component: str = "") -> IdParts:
    return IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
        component=component,
    )
