"""Writing off a small rest: a journal entry against a tolerance's account, and its application, as two steps.

A *short* rest is what is missing on a document: Cr its A/R account with the customer, Dr the tolerance's account; the
payment uses that credit line beside its money. An *over* rest is what is left of a payment: Dr A/R with the customer,
Cr the tolerance's account; the payment is applied to that debit line. Either way A/R is settled to the cent, and
nothing of the document or of the money is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tieout.domain.cash.decisions import Decision, Outcome
from tieout.domain.cash.policy import CashPolicy, Tolerance
from tieout.domain.drafts import (
    AppliedDraft,
    ApplyDraft,
    JournalDraft,
    JournalLine,
    PaymentDraft,
    Trace,
    WrittenOff,
)
from tieout.domain.ids import ClaimKey, IdParts, InternalId, RecordType, external_id
from tieout.domain.money import Money
from tieout.domain.planning import Plan, Step, StepKind
from tieout.domain.policy import Policy

_MEMO_LIMIT = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What is to be written off. `on_document`: what of the payment lies on the document already; None: the rest is the
    payment's own (an over rest), and `document` is the payment's external ID.
    """

    document: InternalId
    number: str
    amount: Money
    receivables: InternalId
    on_document: Money | None = None

    @property
    def over(self) -> bool:
        """Whether too much was paid."""
        return self.on_document is None


def write_off_claim(account: str, document: InternalId, number: int) -> ClaimKey:
    """The claim of a document's (or a payment's) n-th write-off: one document is written off by one at a time."""
    return ClaimKey(f"cash|{account}|write_off|{document}|{number}")


def limit_of(tolerance: Tolerance, *, over: bool) -> Money:
    """How much may be written off, in money."""
    minor = tolerance.over_minor if over else tolerance.short_minor
    return Money.from_minor(minor, tolerance.currency)


def plan_write_off(
    rest: Rest,
    payment: Step,
    tolerance: Tolerance,
    policy: Policy,
    claim: ClaimKey,
    apply_claim: ClaimKey,
    day: date,
    because: str,
    *,
    number: int = 1,
    after: tuple[ClaimKey, ...] = (),
) -> tuple[Step, Step]:
    """The entry, and the change of the payment that uses its receivable line; the second waits until the first is
    confirmed. `number` tells this payment's entries apart; `after`: changes of the payment that come before.

    Raises `TypeError` for a step that is no payment.
    """
    draft = payment.draft
    if not isinstance(draft, PaymentDraft):
        raise TypeError(f"{payment.claim} is no payment")
    source = draft.trace.source
    parts = IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
        component=f"wo{number}",
    )
    entry = JournalDraft(
        external_id=external_id(policy.templates[RecordType.JOURNAL_ENTRY], parts),
        trace=Trace(installation=policy.installation, source=source),
        subsidiary=draft.subsidiary,
        currency_id=draft.currency_id,
        transaction_date=day,
        lines=_sides(rest, draft.customer, tolerance.account),
        memo=f"write-off of {rest.number} ({tolerance.name}): {because}"[:_MEMO_LIMIT],
        writes_off=WrittenOff(
            document=rest.document,
            number=rest.number,
            amount=rest.amount,
            tolerance=tolerance.name,
            payment=payment.claim if rest.over else None,
        ),
    )
    needs = (payment.claim, *after)
    first = Step(kind=StepKind.CREATE_JOURNAL, claim=claim, draft=entry, needs=needs)
    change = _application(rest, payment.claim, draft, entry, claim)
    second = Step(kind=StepKind.APPLY_PAYMENT, claim=apply_claim, draft=change, needs=(*needs, claim))
    return first, second


def _sides(rest: Rest, customer: InternalId, account: InternalId) -> tuple[JournalLine, JournalLine]:
    """The receivable's line, which alone names the customer, and the tolerance's."""
    owed = JournalLine(account=rest.receivables, entity=customer)
    if rest.over:
        return replace(owed, debit=rest.amount), JournalLine(account=account, credit=rest.amount)
    return replace(owed, credit=rest.amount), JournalLine(account=account, debit=rest.amount)


def _application(
    rest: Rest, payment: ClaimKey, draft: PaymentDraft, entry: JournalDraft, claim: ClaimKey
) -> ApplyDraft:
    """The line of the entry is named by its claim: its internal id is not known before it is made."""
    line = AppliedDraft(
        document=InternalId(entry.external_id), number=entry.external_id, amount=rest.amount, entry=claim
    )
    change = ApplyDraft(payment=payment, trace=draft.trace, customer=draft.customer, applied=(line,))
    if rest.on_document is None:
        return change
    whole = AppliedDraft(
        document=rest.document,
        number=rest.number,
        amount=rest.on_document + rest.amount,
        before=rest.on_document,
    )
    return replace(change, applied=(whole,), credits=(line,))


def rest_of(decision: Decision, plan: Plan, policy: CashPolicy) -> tuple[Rest, Tolerance] | None:
    """The rest that an automatic decision writes off beside the payment it plans, and by which tolerance; None where it
    writes off nothing, or the A/R account is not certain: then the rest stays open.
    """
    draft = plan.steps[0].draft
    if not (
        decision.automatic
        and decision.outcome is Outcome.WITHIN_TOLERANCE
        and isinstance(draft, PaymentDraft)
    ):
        return None
    currency, difference = draft.amount.currency, decision.difference_minor
    tolerance = next((one for one in policy.tolerances if one.allows(currency, difference)), None)
    last = decision.applications[-1] if decision.applications else None
    if tolerance is None or last is None or not difference:
        return None
    amount = Money.from_minor(abs(difference), currency)
    if difference > 0:
        external = draft.external_id
        if draft.receivables is None or draft.unapplied != amount:
            return None
        rest = Rest(
            document=InternalId(external), number=external, amount=amount, receivables=draft.receivables
        )
        return rest, tolerance
    own = last.item.customer == draft.customer and last.written_off_minor == -difference
    if not own or not last.item.receivables:
        return None
    rest = Rest(
        document=last.item.id,
        number=last.item.number,
        amount=amount,
        receivables=InternalId(last.item.receivables),
        on_document=last.amount,
    )
    return rest, tolerance
