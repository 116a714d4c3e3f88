"""A payout becomes a bank deposit; one that came back becomes the journal entry that undoes it."""

from __future__ import annotations

from datetime import date

from tieout.domain.cash.movements import Movement
from tieout.domain.cash.payouts import PayoutAccounts, Split
from tieout.domain.cash.policy import BankAccount
from tieout.domain.drafts import DepositDraft, JournalDraft, JournalLine, Trace
from tieout.domain.ids import ClaimKey, IdParts, InternalId, RecordType, external_id
from tieout.domain.planning import Plan, Step, StepKind
from tieout.domain.policy import Policy
from tieout.domain.sources import SourceRef

_MEMO_LIMIT = 999


def deposit_claim(account: str, source: SourceRef) -> ClaimKey:
    """The claim of a payout's bank deposit."""
    return ClaimKey(f"cash|{account}|{source.record_key}|deposit")


def plan_deposit(
    source: SourceRef,
    movement: Movement,
    parts: Split,
    bank: BankAccount,
    accounts: PayoutAccounts,
    policy: Policy,
    currency_id: InternalId,
    day: date,
) -> Plan:
    """The bank deposit of a payout whose lines tie to its amount."""
    memo = f"payout {source.id} {movement.customer_reference} {movement.bank_reference}"
    draft = DepositDraft(
        external_id=external_id(policy.templates[RecordType.BANK_DEPOSIT], _parts(source, policy)),
        trace=Trace(installation=policy.installation, source=source),
        subsidiary=bank.subsidiary,
        currency_id=currency_id,
        account=accounts.account,
        total=movement.amount,
        transaction_date=day,
        taken=parts.taken,
        lines=parts.lines,
        held=parts.held,
        memo=" ".join(memo.split())[:_MEMO_LIMIT],
    )
    step = Step(kind=StepKind.CREATE_DEPOSIT, claim=deposit_claim(policy.account, source), draft=draft)
    return Plan(source=source, steps=(step,), rules=("cash: payout",))


def plan_undo(
    source: SourceRef, deposit: Step, accounts: PayoutAccounts, policy: Policy, day: date, why: str
) -> Plan:
    """What undoes the deposit of a payout the bank sent back: the money is on the processor's balance again, so it goes
    from the bank account to clearing, where a line of a later payout meets it. The deposit itself stays, and with it
    what was taken out of undeposited funds.
    """
    draft = deposit.draft
    if not isinstance(draft, DepositDraft):
        raise TypeError(f"{deposit.claim} is no bank deposit")
    undo = JournalDraft(
        external_id=external_id(policy.templates[RecordType.JOURNAL_ENTRY], _parts(source, policy)),
        trace=Trace(installation=policy.installation, source=source),
        subsidiary=draft.subsidiary,
        currency_id=draft.currency_id,
        transaction_date=day,
        lines=(
            JournalLine(account=accounts.clearing, debit=draft.total),
            JournalLine(account=draft.account, credit=draft.total),
        ),
        memo=f"payout {source.id} came back: {why}"[:_MEMO_LIMIT],
    )
    claim = ClaimKey(f"cash|{policy.account}|{source.record_key}|undo")
    step = Step(kind=StepKind.CREATE_JOURNAL, claim=claim, draft=undo, needs=(deposit.claim,))
    return Plan(source=source, steps=(deposit, step), rules=("cash: payout undone",))


def _parts(source: SourceRef, policy: Policy) -> IdParts:
    return IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
    )
