"""Plan and apply: what would be written is shown first, and only that is written.

`make` reads the sources and NetSuite and writes to neither. `apply` computes the same plan again, refuses every step
whose content or world has moved, and all that depends on it, and leaves the rest to the lanes. Applying the same plan
again goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tieout.domain.comparison import CreateDraft, Match, Observed, differences
from tieout.domain.drafts import (
    ApplyDraft,
    CustomerDepositDraft,
    CustomerUpdateDraft,
    DepositDraft,
    Draft,
    ExtendCustomerDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
    TransactionDraft,
    WriteBackDraft,
)
from tieout.domain.extensions import Allowance, Extension
from tieout.domain.ids import ClaimKey, InternalId, RecordType
from tieout.domain.lifecycle import State
from tieout.domain.money import Money
from tieout.domain.planning import CREATING, Step, StepKind, customer_claim
from tieout.domain.plans import (
    Action,
    Blocked,
    Change,
    PlanFile,
    PlannedStep,
    digest_of,
    refused_with_dependants,
)
from tieout.flows.checking import Checking
from tieout.flows.codec import digest, encode
from tieout.flows.context import Context
from tieout.flows.extending import extended_customer
from tieout.flows.looking_up import best_match, links_of, look_up_key
from tieout.flows.parties import first_claimed
from tieout.flows.planting import change_step, wanted
from tieout.flows.ports import LookUp
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings, WorldKeeper

_NOTHING_THERE = digest("absent")
_OVER = frozenset({State.HELD, State.CANCELLED})


class PlanError(ValueError):
    """The plan file is not applied; the message says what was expected and found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying came to: claims that were taken on, and claims that were refused with the reason."""

    taken: tuple[ClaimKey, ...]
    refused: Mapping[ClaimKey, str]


@dataclass(frozen=True, slots=True)
class _Wish:
    """A step, the deal it is for, and what is known of the claims it needs."""

    step: Step
    record: SourceRecord
    known: Mapping[ClaimKey, InternalId | None]


class Plans:
    """Making and applying plans."""

    def __init__(self, context: Context, checking: Checking, keeper: WorldKeeper) -> None:
        self._context = context
        self._checking = checking
        self._keeper = keeper

    def make(self, by: str) -> PlanFile:
        """What would be written now. Deals that come to no plan are settled as cases or ignored.

        Raises `CallError`s when NetSuite does not answer.
        """
        steps, _ = self._compute(self._keeper.surroundings())
        context = self._context
        with context.store.read() as unit:
            cases = unit.cases.find()
            records = {int(case.subject): unit.records.get(int(case.subject)) for case in cases}
        blocked = tuple(
            Blocked(
                deal=record.source.record_key,
                code=case.finding.code,
                cause=case.finding.cause,
                found=case.finding.found,
            )
            for case in cases
            if (record := records[int(case.subject)]) is not None
        )
        return PlanFile(
            installation=context.policy.installation,
            account=context.netsuite.account,
            made_at=context.clock.now().isoformat(),
            made_by=by,
            policy=context.policy.version,
            steps=tuple(steps.values()),
            blocked=blocked,
        )

    # -- what would be written -----------------------------------------------------------------------------

    def _compute(
        self, around: Surroundings
    ) -> tuple[dict[ClaimKey, PlannedStep], list[tuple[SourceRecord, Verdict]]]:
        judged = self._checking.settle_unplanned(around)
        with self._context.store.read() as unit:
            wishes = [wish for record, verdict in judged for wish in self._wishes(unit, record, verdict)]
        found = self._look_up([w for w in wishes if w.step.kind in CREATING])
        there = self._read([w for w in wishes if w.step.kind is StepKind.UPDATE_CUSTOMER])
        allowed = self._allowances([w for w in wishes if isinstance(w.step.draft, ExtendCustomerDraft)])
        steps: dict[ClaimKey, PlannedStep] = {}
        for wish in wishes:
            before = steps.get(wish.step.claim)
            if before is None:
                steps[wish.step.claim] = self._planned(wish, found, there, allowed)
            elif wish.record.source.record_key not in before.deals:
                deals = (*before.deals, wish.record.source.record_key)
                steps[wish.step.claim] = replace(before, deals=deals)
        return steps, judged

    def _wishes(self, unit: Unit, record: SourceRecord, verdict: Verdict) -> list[_Wish]:
        """Steps of a verdict that are not under way already."""
        context = self._context
        steps = [s for s in (verdict.plan.steps if verdict.plan else ()) if wanted(s, context)]
        if verdict.payer is not None:
            account = context.policy.account
            first = first_claimed(unit, verdict.payer, account)[1]
            change = change_step(unit, customer_claim(account, first), verdict.payer)
            steps += [change[1]] if change is not None else []
        claims = {claim for step in steps for claim in (step.claim, *step.needs)}
        known = unit.documents.by_claims(claims)
        internal = {claim: one.internal_id for claim, one in known.items()}
        return [
            _Wish(step, record, internal) for step in steps if not _under_way(step, known.get(step.claim))
        ]

    def _look_up(self, wishes: Sequence[_Wish]) -> LookUp | None:
        context = self._context
        keys = list({look_up_key(_created(w.step)): None for w in wishes})
        found: dict[Any, tuple[Observed, ...]] = {}
        answer: LookUp | None = None
        size = context.limits.look_up_batch
        for start in range(0, len(keys), size):
            with context.slots.reading():
                answer = context.netsuite.look_up(keys[start : start + size])
            found.update(answer.found)
        return LookUp(found=found, as_of=answer.as_of) if answer is not None else None

    def _read(self, wishes: Sequence[_Wish]) -> Mapping[InternalId, Observed]:
        ids = {
            internal
            for w in wishes
            for internal in [w.known.get(claim) for claim in w.step.needs]
            if internal
        }
        if not ids:
            return {}
        with self._context.slots.reading():
            seen = self._context.netsuite.read_back([(RecordType.CUSTOMER, one) for one in sorted(ids)])
        return {internal: one for (_, internal), one in seen.items()}

    def _allowances(self, wishes: Sequence[_Wish]) -> Mapping[InternalId, Allowance]:
        ids = sorted({one for w in wishes if (one := _extended(w))})
        if not ids:
            return {}
        with self._context.slots.reading():
            return self._context.netsuite.allowances(ids)

    def _planned(
        self,
        wish: _Wish,
        found: LookUp | None,
        there: Mapping[InternalId, Observed],
        allowed: Mapping[InternalId, Allowance],
    ) -> PlannedStep:
        step, draft = wish.step, wish.step.draft
        action, world, changes = self._effect(wish, found, there, allowed)
        total = draft.total if isinstance(draft, TransactionDraft | JournalDraft | DepositDraft) else None
        total = (
            draft.amount if isinstance(draft, PaymentDraft | RefundDraft | CustomerDepositDraft) else total
        )
        day = (
            draft.transaction_date.strftime("%Y-%m")
            if isinstance(
                draft,
                TransactionDraft
                | PaymentDraft
                | RefundDraft
                | JournalDraft
                | DepositDraft
                | CustomerDepositDraft,
            )
            else ""
        )
        return PlannedStep(
            claim=step.claim,
            kind=str(step.kind),
            action=action,
            deals=(wish.record.source.record_key,),
            content=digest(encode(draft)),
            world=world,
            external_id=str(getattr(draft, "external_id", "")),
            needs=step.needs,
            changes=changes,
            subsidiary=str(getattr(draft, "subsidiary", "")),
            period=day,
            total=total,
        )

    def _effect(
        self,
        wish: _Wish,
        found: LookUp | None,
        there: Mapping[InternalId, Observed],
        allowed: Mapping[InternalId, Allowance],
    ) -> tuple[Action, str, tuple[Change, ...]]:
        step = wish.step
        if step.kind is StepKind.UPDATE_CUSTOMER:
            customer = next((wish.known.get(claim) for claim in step.needs), None)
            now = there.get(customer) if customer else None
            return Action.UPDATE, digest(encode(now)) if now else _NOTHING_THERE, _fields(step.draft, now)
        if isinstance(step.draft, ExtendCustomerDraft):
            return _extension_effect(step.draft.extension, allowed.get(_extended(wish)))
        if step.kind is StepKind.OBSERVE_INVOICE:
            return Action.OBSERVE, _NOTHING_THERE, ()
        if isinstance(step.draft, WriteBackDraft):
            return Action.NOTE, _NOTHING_THERE, ()
        if isinstance(step.draft, ApplyDraft):
            return Action.UPDATE, _NOTHING_THERE, _applications(step.draft)
        draft = _created(step)
        seen = found.found.get(draft.external_id, ()) if found else ()
        best = best_match(draft, seen, links_of(draft, wish.known))
        if best is None:
            return Action.CREATE, _NOTHING_THERE, _fields(draft, None)
        action = Action.ADOPT if best[0] is Match.EQUAL else Action.BLOCKED
        differing = differences(draft, best[1], links_of(draft, wish.known).customer)
        changes = tuple(Change(name=d.field, before=d.found, after=d.sent) for d in differing)
        return action, digest(encode(best[1])), changes

    # -- applying ------------------------------------------------------------------------------------------

    def apply(self, plan: PlanFile, by: str) -> Applied:
        """Take on the steps that are still what was planned; the lanes carry them out. Raises `PlanError` for a
        plan of another installation or account, and `CallError`s when NetSuite does not answer.
        """
        context = self._context
        here = (context.policy.installation, context.netsuite.account)
        if (plan.installation, plan.account) != here:
            raise PlanError(
                f"the plan is for {plan.installation} on {plan.account}, this is {' on '.join(here)}"
            )
        current, judged = self._compute(self._keeper.surroundings())
        with context.store.read() as unit:
            documents = unit.documents.by_claims([step.claim for step in plan.steps])
        refused: dict[ClaimKey, str] = {}
        done: set[ClaimKey] = set()
        for step in plan.steps:
            document = documents.get(step.claim)
            if document is not None and document.payload_hash == step.content and document.state not in _OVER:
                done.add(step.claim)
            elif (why := self._moved(step, current.get(step.claim))) is not None:
                refused[step.claim] = why
        open_ = [step for step in plan.steps if step.claim not in done]
        known = {step.claim for step in plan.steps}
        outgrown = {deal for claim, step in current.items() if claim not in known for deal in step.deals}
        refused = refused_with_dependants(open_, refused, outgrown)
        allowed = frozenset(step.claim for step in open_ if step.claim not in refused)
        self._plant(judged, allowed, plan, by)
        return Applied(taken=(*sorted(done), *sorted(allowed)), refused=refused)

    @staticmethod
    def _moved(step: PlannedStep, now: PlannedStep | None) -> str | None:
        if step.action is Action.BLOCKED:
            return "another record is in its place, as the plan says"
        if now is None:
            return (
                "the deal comes to no such step now: it changed, or a case or an approval stands in the way"
            )
        if now.content != step.content:
            return "what would be written has changed since the plan was made"
        if now.world != step.world:
            return "NetSuite has changed where this step writes since the plan was made"
        return None

    def _plant(
        self,
        judged: Sequence[tuple[SourceRecord, Verdict]],
        allowed: frozenset[ClaimKey],
        plan: PlanFile,
        by: str,
    ) -> None:
        context = self._context
        for record, verdict in judged:
            steps = [s for s in (verdict.plan.steps if verdict.plan else ()) if wanted(s, context)]
            with context.store.write("apply_plan") as unit:
                known = unit.documents.by_claims([step.claim for step in steps])
                open_ = [s.claim for s in steps if not _under_way(s, known.get(s.claim))]
                open_ += self._change_claims(unit, verdict)
                if not open_ or not set(open_) <= allowed:
                    continue
                self._checking.plant(unit, record, verdict)
                data: dict[str, object] = {"plan": plan.digest, "by": by, "steps": sorted(open_)}
                unit.journal.add("plan_applied", context.clock.now(), record=record.id, data=data)

    def _change_claims(self, unit: Unit, verdict: Verdict) -> list[ClaimKey]:
        if verdict.payer is None:
            return []
        account = self._context.policy.account
        first = first_claimed(unit, verdict.payer, account)[1]
        change = change_step(unit, customer_claim(account, first), verdict.payer)
        return [change[1].claim] if change is not None else []


def _under_way(step: Step, document: Document | None) -> bool:
    """Whether this very step has been taken on already."""
    if document is None or document.state in _OVER:
        return False
    return bool(document.internal_id) or document.payload_hash == digest(encode(step.draft))


def _extended(wish: _Wish) -> InternalId:
    draft = wish.step.draft
    return extended_customer(draft, wish.known) if isinstance(draft, ExtendCustomerDraft) else InternalId("")


def _extension_effect(one: Extension, now: Allowance | None) -> tuple[Action, str, tuple[Change, ...]]:
    """An extension field by field: what the customer may do, and what it would."""
    before = sorted(now.of(one.to)) if now else []
    after = sorted({*before, one.target})
    shown = Change(name=str(one.to), before=", ".join(before), after=f"{', '.join(after)} ({one.name})")
    return Action.UPDATE, digest(encode(now)) if now else _NOTHING_THERE, (shown,)


def _applications(draft: ApplyDraft) -> tuple[Change, ...]:
    """What a payment settles and uses, document by document."""
    return tuple(
        Change(name=f"{what} {one.number}", before=str(one.before or ""), after=str(one.amount))
        for what, lines in (("applied to", draft.applied), ("credit used", draft.credits))
        for one in lines
    )


def _created(step: Step) -> CreateDraft:
    draft = step.draft
    if isinstance(draft, CustomerUpdateDraft | ExtendCustomerDraft | ApplyDraft | WriteBackDraft):
        raise TypeError(f"{step.kind} creates nothing")
    return draft


def _fields(draft: Draft, now: Observed | None) -> tuple[Change, ...]:
    """What would be written, by field; beside it what NetSuite has of it, where it was read."""
    plain: dict[str, Any] = json.loads(encode(draft))
    flat = dict(_leaves(plain, ""))
    seen = {"email": now.email, "name": now.name} if now is not None else {}
    return tuple(
        Change(name=name, before=seen.get(name, ""), after=text)
        for name, text in sorted(flat.items())
        if text and not name.startswith("trace.")
    )


def _leaves(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for name, one in value.items() for leaf in _leaves(one, f"{path}.{name}".lstrip("."))]
    if isinstance(value, list):
        return [leaf for n, one in enumerate(value) for leaf in _leaves(one, f"{path}.{n}")]
    return [(path, "" if value is None else f"{value}")]


# -- files -------------------------------------------------------------------------------------------------


def to_text(plan: PlanFile) -> str:
    """The plan as the text of a file, with its hash."""
    return (
        json.dumps({**plan.body, "digest": plan.digest}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    )


def from_text(text: str) -> PlanFile:
    """The plan of a file. Raises `PlanError` when it is none, or was changed after it was made."""
    try:
        body: dict[str, Any] = json.loads(text)
        stated = body.pop("digest")
        computed = digest_of(body)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise PlanError(f"expected a file of `tieout plan` ({error})") from error
    if computed != stated:
        raise PlanError("the file was changed after it was made: its content does not match its digest")
    try:
        return PlanFile(
            **{
                **body,
                "steps": tuple(_step(row) for row in body["steps"]),
                "blocked": tuple(Blocked(**row) for row in body["blocked"]),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(f"expected a file of `tieout plan` of this version ({error})") from error


def _step(row: Mapping[str, Any]) -> PlannedStep:
    total = row["total"]
    return PlannedStep(
        **{
            **row,
            "claim": ClaimKey(row["claim"]),
            "action": Action(row["action"]),
            "deals": tuple(row["deals"]),
            "needs": tuple(ClaimKey(one) for one in row["needs"]),
            "changes": tuple(Change(**one) for one in row["changes"]),
            "total": Money(Decimal(total["amount"]), total["currency"]) if total else None,
        }
    )
