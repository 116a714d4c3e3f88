"""Cases: what waits for a person, and what a person does about it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.domain.approvals import Principal
from tieout.domain.cases import CaseState
from tieout.domain.findings import CODES
from tieout.domain.ids import InternalId
from tieout.flows.storage_doors import CasesWanted
from tieout.web.door import Door, TheDoor, Who, within
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import (
    PAGE,
    WITH_BODY,
    After,
    Limit,
    Number,
    Page,
    QueryText,
    Sent,
    SomeText,
    Text,
    page,
    refusals,
)

router = APIRouter(prefix="/cases", tags=["cases"], route_class=Guarded)
_WORK: dict[str, Any] = {"openapi_extra": needs(Access.WORK), "responses": refusals(404, *WITH_BODY)}


class DecisionRow(BaseModel):
    """What a person decided."""

    action: str = Field(description="What was done.")
    by: str = Field(description="Who did it.")
    because: str = Field(description="Why.")
    before: str = Field(description="How it was before.")
    after: str = Field(description="How it was after.")
    at: str = Field(description="When.")


class CaseRow(BaseModel):
    """One case of one input."""

    id: int = Field(description="Its number.")
    state: CaseState = Field(description="Whether it is open.")
    code: str = Field(description="The finding's code; see findings.")
    title: str = Field(description="The code in words.")
    why: str = Field(description="The cause in general.")
    cause: str = Field(description="What one correction would cure.")
    expected: str = Field(description="What was expected.")
    found: str = Field(description="What was found.")
    source: str = Field(description="Where it came from.")
    raw: str = Field(description="The platform's own words, if any.")
    ways_out: list[str] = Field(description="What can be done, in order of use.")
    assignee: str = Field(description="Who looks after it.")
    opened_at: str = Field(description="When it was opened.")
    deal: str = Field(description="The deal's id in its source.")
    system: str = Field(description="The source's name.")
    external_id: str | None = Field(description="External ID of the document it holds, if it holds one.")
    document_state: str | None = Field(description="State of that document.")
    decisions: list[DecisionRow] = Field(description="What people decided, oldest first.")


class CaseView(CaseRow):
    """A case with the payload it is about."""

    input: int = Field(description="Number of the input.")
    payload: dict[str, Any] = Field(description="The newest payload, as it came.")
    edit: dict[str, Any] = Field(description="A person's edit that lies on top of it.")


class CaseGroup(BaseModel):
    """Open cases one correction would cure."""

    code: str = Field(description="Their code.")
    title: str = Field(description="The code in words.")
    cause: str = Field(description="Their cause.")
    count: int = Field(description="How many they are.")
    ways_out: list[str] = Field(description="What can be done.")
    example: int = Field(description="Number of the oldest of them.")
    found: str = Field(description="What was found there.")


class CaseGroups(BaseModel):
    """Open cases by cause."""

    groups: list[CaseGroup] = Field(description="The most frequent first.")


class Assignment(Sent):
    """Who looks after a case."""

    to: SomeText = Field(description="Their name.", examples=["ana"])


class Reason(Sent):
    """Why, if it is worth saying."""

    because: Text = Field("", description="Why.", examples=["the crosswalk is corrected"])


class NeededReason(Sent):
    """Why."""

    because: SomeText = Field(description="Why; required.", examples=["billed outside of Tieout"])


EditValue = Text | bool | None | list[Text] | dict[str, Text | bool | None]


class Edit(Sent):
    """Changes of the deal as Tieout sees it; the original is kept."""

    changes: Annotated[
        dict[Annotated[str, Field(max_length=300, pattern=r"^[^\x00]+$")], EditValue],
        Field(min_length=1, max_length=100),
    ] = Field(
        description="Path in the canonical order → value, such as `lines.0.quantity`. Amounts are strings.",
        examples=[{"po_number": "PO-1001"}],
    )
    because: SomeText = Field(description="Why; required.", examples=["the customer sent its order late"])


class Redate(Sent):
    """Another transaction date."""

    day: date = Field(description="The day, in the next open period.", examples=["2026-11-01"])
    because: SomeText = Field(description="Why; required.", examples=["October is closed"])


class Binding(Sent):
    """The NetSuite customer that the deal's account is."""

    customer: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] = Field(
        description="Its internal id.", examples=["950"]
    )
    because: SomeText = Field(description="Why; required.", examples=["same company, same tax id"])


class Cause(Sent):
    """All open cases of one code, and of one cause if it is named."""

    code: SomeText = Field(description="Their code.", examples=["item_unmapped"])
    cause: Text = Field("", description="Their cause; all without.", examples=["NL-COPILOT"])
    because: Text = Field("", description="Why.", examples=["the product is mapped"])


class Retried(BaseModel):
    """How many cases are tried again."""

    retried: int = Field(description="So many.")


class Edited(BaseModel):
    """What an edit changed."""

    differences: list[str] = Field(description="One line a field: path, before and after.")
    case: CaseView = Field(description="The case as it is now.")


def _view(door: Door, who: Principal, number: int) -> CaseView:
    view = door.cases(who).show(number)
    return CaseView(
        **view.as_json(), input=view.record.id, payload=view.record.raw, edit=view.record.override
    )


def _allowed(door: Door, who: Principal, number: int) -> None:
    record = door.cases(who).show(number).record
    with door.context.store.read() as unit:
        within(unit, who, record.id)


@router.get("", openapi_extra=needs(Access.READ), responses=refusals())
def list_cases(
    door: TheDoor,
    who: Who,
    state: Annotated[CaseState, Query(description="Only those in this state.")] = CaseState.OPEN,
    code: Annotated[QueryText, Query(description="Only those with this code.")] = "",
    cause: Annotated[QueryText, Query(description="Only those of this cause.")] = "",
    assignee: Annotated[QueryText, Query(description="Only those this person looks after.")] = "",
    after: After = 0,
    limit: Limit = PAGE,
) -> Page[CaseRow]:
    """Cases one by one, in the order they were opened."""
    wanted = CasesWanted(state=state, code=code, cause=cause, assignee=assignee)
    views = door.cases(who).page(wanted, after, limit + 1, who.subsidiaries)
    return page(views, limit, lambda one: CaseRow(**one.as_json()), lambda one: int(one.case.id))


@router.get("/groups", openapi_extra=needs(Access.READ), responses=refusals())
def list_causes(door: TheDoor, who: Who) -> CaseGroups:
    """Open cases by cause, the most frequent first."""
    return CaseGroups(
        groups=[
            CaseGroup(
                code=one.code,
                title=one.title,
                cause=one.cause,
                count=one.count,
                ways_out=list(one.ways_out),
                example=one.example.id,
                found=one.example.finding.found,
            )
            for one in door.cases(who).groups(who.subsidiaries)
        ]
    )


@router.post("/retry", **_WORK)
def retry_cause(door: TheDoor, who: Who, sent: Cause) -> Retried:
    """Check and plan anew every open case of one code, and of one cause if it is named."""
    if sent.code not in CODES:
        detail = f"there is no code {sent.code!r}"
        raise Problem("request_invalid", detail, expected="a code of the list of findings", found=sent.code)
    work = door.cases(who)
    return Retried(
        retried=work.retry_cause(sent.code, sent.cause, who.person, sent.because, who.subsidiaries)
    )


@router.get("/{number}", openapi_extra=needs(Access.READ), responses=refusals(404))
def show_case(door: TheDoor, who: Who, number: Number) -> CaseView:
    """One case: what was expected, what was found, the ways out, the decisions and the payload."""
    _allowed(door, who, number)
    return _view(door, who, number)


@router.post("/{number}/assign", **_WORK)
def assign_case(door: TheDoor, who: Who, number: Number, sent: Assignment) -> CaseView:
    """Name who looks after it."""
    _allowed(door, who, number)
    door.cases(who).assign(number, sent.to, who.person)
    return _view(door, who, number)


@router.post("/{number}/retry", **_WORK)
def retry_case(door: TheDoor, who: Who, number: Number, sent: Reason) -> CaseView:
    """Check and plan it anew: its cause is believed to be gone."""
    _allowed(door, who, number)
    door.cases(who).retry(number, who.person, sent.because)
    return _view(door, who, number)


@router.post("/{number}/edit", **_WORK)
def edit_case(door: TheDoor, who: Who, number: Number, sent: Edit) -> Edited:
    """Change fields of the deal as Tieout sees it, and plan it anew. Who edits cannot approve."""
    _allowed(door, who, number)
    differences = door.cases(who).edit(number, sent.changes, who.person, sent.because)
    return Edited(differences=differences, case=_view(door, who, number))


@router.post("/{number}/redate", **_WORK)
def redate_case(door: TheDoor, who: Who, number: Number, sent: Redate) -> CaseView:
    """Approve another transaction date: the way out of a closed period."""
    _allowed(door, who, number)
    door.cases(who).redate(number, sent.day, who.person, sent.because)
    return _view(door, who, number)


@router.post("/{number}/bind", **_WORK)
def bind_case(door: TheDoor, who: Who, number: Number, sent: Binding) -> CaseView:
    """Say that the deal's account is this NetSuite customer, which is then used and never changed."""
    _allowed(door, who, number)
    door.cases(who).bind(number, InternalId(sent.customer), who.person, sent.because)
    return _view(door, who, number)


@router.post("/{number}/ignore", **_WORK)
def ignore_case(door: TheDoor, who: Who, number: Number, sent: NeededReason) -> CaseView:
    """Do nothing, on purpose, and say why."""
    _allowed(door, who, number)
    door.cases(who).ignore(number, who.person, sent.because)
    return _view(door, who, number)
