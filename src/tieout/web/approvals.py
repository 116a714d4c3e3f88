"""Approvals: what waits for whom, and the decision."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.domain.approvals import Choice
from tieout.domain.drafts import TransactionDraft
from tieout.flows.approvals import Waiting
from tieout.web.door import Door, TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.rights import Access
from tieout.web.shapes import WITH_BODY, Number, Sent, SomeText, Text, refusals

router = APIRouter(prefix="/approvals", tags=["approvals"], route_class=Guarded)
_DECIDE: dict[str, Any] = {"openapi_extra": needs(Access.DECIDE), "responses": refusals(*WITH_BODY, 503)}


class WaitingRow(BaseModel):
    """Something that waits for a decision."""

    case: int = Field(description="Number of the case; the decision is about it.")
    deal: str = Field(description="The deal's id in its source.")
    content: str = Field(description="Hash of what would be written; the decision has to name it.")
    roles: list[str] = Field(description="Roles that are still to decide.")
    rules: list[str] = Field(description="The rules that ask for them.")
    makers: list[str] = Field(description="Who changed it by hand, and so cannot decide.")
    subsidiary: str = Field(description="The subsidiary it is written in.")
    writes: list[str] = Field(description="What would be written.")


class WaitingRows(BaseModel):
    """What waits."""

    waiting: list[WaitingRow] = Field(description="Oldest case first.")


class Approval(Sent):
    """An approval of what was looked at."""

    content: Text = Field(description="Hash of what was looked at.", examples=["9f2c…"])
    because: Text = Field("", description="Why.", examples=["checked against the contract"])
    role: Text = Field(
        "", description="In which of the roles, where you have several.", examples=["controller"]
    )


class Rejection(Sent):
    """A rejection of what was looked at."""

    content: Text = Field(description="Hash of what was looked at.", examples=["9f2c…"])
    because: SomeText = Field(description="Why; required.", examples=["the price is not the contract's"])
    role: Text = Field(
        "", description="In which of the roles, where you have several.", examples=["controller"]
    )


class Decided(BaseModel):
    """A decision as it was logged."""

    case: int = Field(description="Number of the case.")
    choice: Choice = Field(description="What was decided.")
    by: str = Field(description="Who decided.")
    through: str = Field(description="The key it was done with.")
    content: str = Field(description="Hash of what was decided about.")


@router.get("", openapi_extra=needs(Access.READ), responses=refusals(503))
def list_waiting(door: TheDoor, who: Who) -> WaitingRows:
    """What waits for an approval, and for whose."""
    with door.netsuite():
        waiting = door.application.machine.approving.waiting()
    only = who.subsidiaries
    return WaitingRows(
        waiting=[_row(one) for one in waiting if only is None or one.subject.subsidiary in {"", *only}]
    )


def _row(one: Waiting) -> WaitingRow:
    drafts = [step.draft for step in one.plan.steps if isinstance(step.draft, TransactionDraft)]
    return WaitingRow(
        case=one.case.id,
        deal=one.record.source.id,
        content=one.subject.content,
        roles=[need.role for need in one.needs],
        rules=[need.rule for need in one.needs],
        makers=sorted(one.subject.makers),
        subsidiary=one.subject.subsidiary,
        writes=[f"{draft.type} {draft.external_id} {draft.total}" for draft in drafts],
    )


@router.post("/{number}/approve", **_DECIDE)
def approve(door: TheDoor, who: Who, number: Number, sent: Approval) -> Decided:
    """Approve what would be written. It holds for this content and dies with it; nobody approves their own change."""
    return _decide(door, who, number, Choice.APPROVE, sent)


@router.post("/{number}/reject", **_DECIDE)
def reject(door: TheDoor, who: Who, number: Number, sent: Rejection) -> Decided:
    """Reject what would be written; another content needs another decision."""
    return _decide(door, who, number, Choice.REJECT, sent)


def _decide(door: Door, who: Who, number: int, choice: Choice, sent: Approval | Rejection) -> Decided:
    with door.netsuite():
        approving = door.application.machine.approving
        approving.decide(number, who, choice, sent.content, sent.because, sent.role)
    return Decided(case=number, choice=choice, by=who.person, through=who.through, content=sent.content)
