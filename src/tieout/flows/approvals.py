"""Approvals of deals: what a plan needs, who gave it, and what waits for whom.

A deal whose plan needs an approval is a case until it is given. The approval is bound to the hash of the plan; when
the deal, an edit, a crosswalk or a rule changes what would be written, the plan has another hash and needs another
approval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tieout.domain.approvals import (
    Approval,
    Choice,
    Principal,
    Requirement,
    Stand,
    Subject,
    may_decide,
    required,
    stand,
)
from tieout.domain.cases import Case, CaseState
from tieout.domain.documents import Order
from tieout.domain.drafts import TransactionDraft
from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Standing
from tieout.domain.money import Money
from tieout.domain.planning import Plan
from tieout.domain.policy import Policy, facts_of
from tieout.flows.codec import digest, encode
from tieout.flows.context import Context
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Unit

NEEDED, REJECTED = "approval_required", "approval_rejected"
#: Decisions on cases that change what is written: who takes one is a maker of the deal.
_MAKING = frozenset({"edit", "redate", "bind", "extend"})
_EVENTS = {Choice.APPROVE: "plan_approved", Choice.REJECT: "plan_rejected"}


#: A record's order and plan as they are now; None when it comes to no plan.
PlanOf = Callable[[Unit, SourceRecord], tuple[Order, Plan] | None]
#: Reads what NetSuite has, if need be, and then plans without asking it.
Preview = Callable[[], PlanOf]


class ApprovalError(ValueError):
    """The decision is not taken; the message says why and what can be done. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def content_of(plan: Plan) -> str:
    """The hash of what a plan would write."""
    return digest("\n".join(f"{step.claim}|{step.kind}|{encode(step.draft)}" for step in plan.steps))


def subject_of(unit: Unit, record: SourceRecord, plan: Plan) -> Subject:
    """A deal's plan as something that is decided about."""
    subsidiary = next((s.draft.subsidiary for s in plan.steps if isinstance(s.draft, TransactionDraft)), "")
    return Subject(
        name=record.source.record_key,
        content=content_of(plan),
        makers=makers_of(unit, record),
        subsidiary=str(subsidiary),
    )


def makers_of(unit: Unit, record: SourceRecord) -> frozenset[str]:
    """Everybody who changed by hand what would be written for this deal."""
    cases = unit.cases.find(state=None, record_ids=[record.id])
    decisions = [one for case in cases for one in unit.cases.decisions_of(case.id)]
    return frozenset(str(one["by"]) for one in decisions if one["action"] in _MAKING)


def facts_for_approval(order: Order, plan: Plan, record: SourceRecord) -> dict[str, str]:
    """The facts approval rules may look at: those of all rules, and what the plan comes to."""
    total = sum((line.amount for line in order.lines), Money.zero(order.currency))
    drafts = [step.draft for step in plan.steps if isinstance(step.draft, TransactionDraft)]
    return {
        **facts_of(order),
        "deal.total": f"{total.amount:f}",
        "deal.edited": "yes" if record.override else "",
        "subsidiary": str(drafts[0].subsidiary) if drafts else "",
    }


def judged(unit: Unit, record: SourceRecord, order: Order, plan: Plan, policy: Policy) -> Finding | None:
    """The case of a plan that waits for an approval, or was rejected; None when nothing stands in its way."""
    needs = required(policy.approval_rules, facts_for_approval(order, plan, record))
    if not needs:
        return None
    subject = subject_of(unit, record, plan)
    where = stand(needs, subject, unit.people.approvals(subject.content))
    if where.cleared:
        return None
    if where.rejected is not None:
        no = where.rejected
        return Finding(
            code=REJECTED,
            cause=no.role,
            expected=f"approval by {no.role} of {subject.content[:16]}",
            found=f"{no.by} rejected it: {no.because or 'no reason given'}",
            source=record.source,
        )
    return _waiting(where, subject, record)


def _waiting(where: Stand, subject: Subject, record: SourceRecord) -> Finding:
    roles = ", ".join(need.role for need in where.missing)
    names = ", ".join(need.rule for need in where.missing)
    return Finding(
        code=NEEDED,
        cause=roles,
        expected=f"approval by {roles} of {subject.content[:16]} (rule: {names})",
        found="nobody has decided yet",
        source=record.source,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits for a decision, with the hash a decision has to name."""

    case: Case
    record: SourceRecord
    subject: Subject
    needs: tuple[Requirement, ...]
    plan: Plan


class Approving:
    """What people do about plans that wait for approval."""

    def __init__(self, context: Context, preview: Preview) -> None:
        self._context = context
        self._preview = preview

    def waiting(self) -> list[Waiting]:
        """Everything that waits for an approval. Raises `CallError`s when NetSuite has to be asked."""
        plan_of = self._preview()
        with self._context.store.read() as unit:
            found = [self._waiting(unit, case, plan_of) for case in unit.cases.find(code=NEEDED)]
        return [one for one in found if one is not None]

    def _waiting(self, unit: Unit, case: Case, plan_of: PlanOf) -> Waiting | None:
        record = unit.records.get(int(case.subject))
        planned = plan_of(unit, record) if record is not None else None
        if record is None or planned is None:
            return None
        order, plan = planned
        needs = required(self._context.policy.approval_rules, facts_for_approval(order, plan, record))
        subject = subject_of(unit, record, plan)
        where = stand(needs, subject, unit.people.approvals(subject.content))
        return Waiting(case=case, record=record, subject=subject, needs=where.missing, plan=plan)

    def decide(
        self, case_id: int, who: Principal, choice: Choice, content: str, because: str = "", role: str = ""
    ) -> None:
        """Approve or reject the plan behind a case. `content`: the hash of what was looked at; `role`: which of
        the asked roles, when there are several. Raises `ApprovalError`.
        """
        context, plan_of = self._context, self._preview()
        if choice is Choice.REJECT and not because.strip():
            raise ApprovalError("reason_missing", "rejecting needs a reason")
        with context.store.write("approval") as unit:
            waiting = self._open(unit, case_id, plan_of)
            role = role or self._role(waiting, who)
            refusal = may_decide(who, waiting.subject, role, content)
            if refusal is not None:
                raise ApprovalError(refusal.code, refusal.why)
            if role not in {need.role for need in waiting.needs}:
                raise ApprovalError("not_asked", f"nobody asks for an approval by {role} here")
            now = context.clock.now()
            unit.people.add_approval(
                Approval(
                    subject=waiting.subject.name,
                    content=content,
                    role=role,
                    choice=choice,
                    by=who.person,
                    at=now,
                    through=who.through,
                    because=because,
                )
            )
            data: Mapping[str, object] = {"case": case_id, "by": who.person, "content": content, "role": role}
            unit.journal.add(_EVENTS[choice], now, record=waiting.record.id, data=data)
            unit.cases.close([case_id], CaseState.RESOLVED, now)
            unit.records.stand([waiting.record.id], Standing.RECEIVED, "", now)

    def _open(self, unit: Unit, case_id: int, plan_of: PlanOf) -> Waiting:
        case = unit.cases.get(case_id)
        if case is None or case.state is not CaseState.OPEN or case.finding.code != NEEDED:
            raise ApprovalError("nothing_waits", f"case {case_id} does not wait for an approval")
        waiting = self._waiting(unit, case, plan_of)
        if waiting is None:
            raise ApprovalError("content_changed", "the deal has changed: it is being checked again")
        return waiting

    @staticmethod
    def _role(waiting: Waiting, who: Principal) -> str:
        mine = [need.role for need in waiting.needs if need.role in who.roles]
        return mine[0] if mine else waiting.needs[0].role if waiting.needs else ""
