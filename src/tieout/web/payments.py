"""Payments: money that came in, what it may settle, and what people decide; bank files handed in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.domain.approvals import Principal
from tieout.domain.ids import InternalId
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.holding import HoldDesk
from tieout.flows.cash.paying_back import RefundDesk
from tieout.flows.cash.reports import cash_report, matching_report
from tieout.flows.cash.views import PaymentView
from tieout.flows.cash.writing_off import WriteOffDesk
from tieout.flows.ingest import ingest_bytes
from tieout.flows.ports import FileSource
from tieout.web.door import Door, RawBody, TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import WITH_BODY, Number, QueryText, Sent, SomeText, Text, refusals

router = APIRouter(tags=["payments"], route_class=Guarded)
_WORK: dict[str, Any] = {"openapi_extra": needs(Access.WORK), "responses": refusals(404, *WITH_BODY)}
_FILE = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


class Applied(BaseModel):
    """So much on one document."""

    item: str = Field(description="Internal id of the document.")
    number: str = Field(description="Its number.")
    amount: str = Field(description="How much.")


class WriteOffShown(BaseModel):
    """A small rest that was written off, or is about to be."""

    kind: str = Field(description="`short`: missing on the document; `over`: left of the payment.")
    number: str = Field(description="Number of the document, or of the payment.")
    amount: str = Field(description="How much.")
    tolerance: str = Field(description="The tolerance it was written off by.")
    account: str = Field(description="Internal id of the G/L account that takes it.")
    external_id: str = Field(description="External ID of the journal entry.")
    internal_id: str = Field(description="Its internal id, once it is there.")
    state: str = Field(description="Its state.")


class PaymentCase(BaseModel):
    """What it waits for."""

    id: int = Field(description="Number of the case.")
    code: str = Field(description="Its code.")
    found: str = Field(description="What was found, with the answer where there is one.")


class Held(BaseModel):
    """A payment that a person has set aside."""

    by: str = Field(description="Who.")
    because: str = Field(description="Why.")
    at: str = Field(description="Since when.")


class PaymentRow(BaseModel):
    """A movement of money, and its payment in NetSuite if there is one."""

    input: int = Field(description="Number of the input.")
    id: str = Field(description="Id of the movement in its source.")
    system: str = Field(description="The source's name.")
    standing: str = Field(description="Where it stands.")
    reason: str = Field(description="Why, where it is a case or ignored.")
    kind: str = Field(description="What kind of movement it is.")
    amount: str = Field(description="How much, never negative.")
    currency: str = Field(description="ISO 4217 code.")
    day: str = Field(description="Value date, else the day it was booked.")
    bank_account: str = Field(description="Our account, as its source writes it.")
    place: str = Field(description="Where in its file it stands.")
    payer: list[str] = Field(description="Names of the payer, as given.")
    identifiers: list[list[str]] = Field(description="Identifiers of the payer: scheme and value.")
    texts: list[str] = Field(description="What came with the money, verbatim.")
    customer: str = Field(description="Internal id of the customer it is booked for.")
    outcome: str = Field(description="What matching came to.")
    automatic: bool = Field(description="Whether it applied itself.")
    external_id: str | None = Field(description="External ID of its payment.")
    internal_id: str | None = Field(description="Internal id of its payment.")
    number: str = Field(description="Number of its payment.")
    state: str = Field(description="State of its payment.")
    applied: str = Field(description="What of it is applied, or about to be.")
    unapplied: str = Field(description="What of it is not.")
    returned: str = Field(description="What of it did not stay.")
    refunded: str = Field(description="What of it we paid back.")
    applications: list[Applied] = Field(description="What it is applied to.")
    credits: list[Applied] = Field(description="Credits of the customer's that it uses beside the money.")
    write_offs: list[WriteOffShown] = Field(description="Small rests that were written off.")
    case: PaymentCase | None = Field(description="What it waits for.")
    held: Held | None = Field(description="Who has set it aside, and why.")
    attempts: list[dict[str, str]] = Field(description="Every attempt to match it; only when one is shown.")


class PaymentRows(BaseModel):
    """Payments, oldest day first."""

    items: list[PaymentRow] = Field(description="The payments.")


class Part(Sent):
    """So much on one document."""

    document: SomeText = Field(description="Number or internal id.", examples=["INV10063"])
    amount: Text = Field("", description="How much; empty: all that is open.", examples=["250.00"])
    discount: Text = Field("", description="A discount granted beside the amount.", examples=["5.00"])


class CreditUsed(Sent):
    """So much of one credit."""

    document: SomeText = Field(description="Number or internal id.", examples=["CM77"])
    amount: Text = Field("", description="How much; empty: all that is left.", examples=["50.00"])


class Application(Sent):
    """What a payment settles."""

    to: Annotated[list[Part], Field(min_length=1, max_length=200)] = Field(description="The documents.")
    credits: Annotated[list[CreditUsed], Field(max_length=200)] = Field(
        default_factory=list, description="Credits of the customer's that are used beside the money."
    )
    because: Text = Field("", description="Why.")
    teach: bool = Field(True, description="Learn whose money the payer's identifier brings.")


class TakenBack(Sent):
    """Applications that are taken back."""

    documents: Annotated[list[SomeText], Field(max_length=200)] = Field(
        default_factory=list, description="Numbers; all of them without."
    )
    because: SomeText = Field(description="Why; required.", examples=["it was Globex's money"])


class RefundBooked(Sent):
    """What a refund is booked against."""

    credit: Text = Field(
        "",
        description="Number or internal id of a credit memo; empty: what is on account.",
        examples=["CM-7"],
    )
    because: SomeText = Field(description="Why; required.", examples=["returned seats"])


class WriteOffWanted(Sent):
    """A small rest that is written off."""

    tolerance: SomeText = Field(description="Name of a row of `cash.tolerances`.", examples=["cents"])
    document: Text = Field(
        "",
        description="Number or internal id of the document with a short rest, which the payment is applied to; empty:"
        " what is left of the payment.",
        examples=["INV10063"],
    )
    amount: Text = Field("", description="How much; empty: all that is open.", examples=["5.00"])
    because: SomeText = Field(description="Why; required.", examples=["their bank's charges"])


class PayerNamed(Sent):
    """Whose money it is."""

    customer: SomeText = Field(description="Internal id of the NetSuite customer.", examples=["2056"])
    because: Text = Field("", description="Why.")


class SetAside(Sent):
    """A payment is set aside, or let go."""

    because: SomeText = Field(description="Why; required.", examples=["the customer asks us to wait"])


class Distinct(Sent):
    """It is other money."""

    because: SomeText = Field(description="Why; required.", examples=["two cheques of one amount"])


class FileReceived(BaseModel):
    """What became of a file."""

    received: int = Field(description="Movements that are stored; judging comes next.")
    new: int = Field(description="How many of them are new, or newer than what was known.")
    rejected: list[dict[str, str | int]] = Field(
        description="What of it cannot be used; each is a case, too."
    )
    notes: list[str] = Field(description="What a person may want to know.")


class Report(BaseModel):
    """Rows of a report."""

    rows: list[dict[str, Any]] = Field(description="One object a row.")


def _row(view: PaymentView) -> PaymentRow:
    data = view.as_json()
    return PaymentRow(**{**data, "day": str(data["day"])})


def _acts_for(door: Door, who: Principal, view: PaymentView) -> bool:
    """Whether the principal may see it: money of a bank account belongs to the account's subsidiary."""
    cash = door.application.policy.cash
    bank = cash.accounts.get(view.movement.account) if cash is not None else None
    return who.subsidiaries is None or bank is None or bank.subsidiary in who.subsidiaries


def _allowed(door: Door, who: Principal, number: int) -> PaymentDesk:
    desk = PaymentDesk(door.context)
    if not _acts_for(door, who, desk.show(number)):
        only = ", ".join(sorted(who.subsidiaries or ())) or "none"
        detail = f"{who.person} does not act for its subsidiary"
        raise Problem(
            "other_subsidiary", detail, expected="a subsidiary the key acts for", found=f"for {only}"
        )
    return desk


def _views(door: Door, who: Principal) -> list[PaymentView]:
    return [view for view in PaymentDesk(door.context).all() if _acts_for(door, who, view)]


@router.get("/payments", openapi_extra=needs(Access.READ), responses=refusals())
def list_payments(
    door: TheDoor,
    who: Who,
    waiting: Annotated[bool, Query(description="Only those that wait for a person.")] = False,
) -> PaymentRows:
    """Every movement with where it stands and what of it is applied."""
    return PaymentRows(
        items=[_row(view) for view in _views(door, who) if not waiting or view.case is not None]
    )


@router.get("/payments/{number}", openapi_extra=needs(Access.READ), responses=refusals(404))
def show_payment(door: TheDoor, who: Who, number: Number) -> PaymentRow:
    """One payment, with every attempt to match it."""
    return _row(_allowed(door, who, number).show(number))


@router.post("/payments/{number}/apply", **_WORK)
def apply_payment(door: TheDoor, who: Who, number: Number, sent: Application) -> PaymentRow:
    """Apply it to one document, or split it over several; what is left stays on account."""
    parts = {one.document: "+".join(filter(None, (one.amount, one.discount))) for one in sent.to}
    used = {one.document: one.amount for one in sent.credits}
    desk = _allowed(door, who, number)
    return _row(desk.apply(number, parts, who.person, sent.because, teach=sent.teach, credit=used))


@router.post("/payments/{number}/unapply", **_WORK)
def unapply_payment(door: TheDoor, who: Who, number: Number, sent: TakenBack) -> PaymentRow:
    """Take applications back: the invoices are open again, and the money is on account."""
    return _row(_allowed(door, who, number).unapply(number, sent.documents, who.person, sent.because))


@router.post("/payments/{number}/refund", **_WORK)
def book_refund(door: TheDoor, who: Who, number: Number, sent: RefundBooked) -> PaymentRow:
    """Book a refund against a credit memo, or against what is on account by now."""
    _allowed(door, who, number)
    return _row(RefundDesk(door.context).refund(number, sent.credit, who.person, sent.because))


@router.post("/payments/{number}/write-off", **_WORK)
def write_off_rest(door: TheDoor, who: Who, number: Number, sent: WriteOffWanted) -> PaymentRow:
    """Write off a small rest, of a document or of the payment, within a tolerance's limit and to its account."""
    _allowed(door, who, number)
    desk = WriteOffDesk(door.context)
    view = desk.write_off(
        number, sent.tolerance, who.person, sent.because, document=sent.document, amount=sent.amount
    )
    return _row(view)


@router.post("/payments/{number}/payer", **_WORK)
def name_payer(door: TheDoor, who: Who, number: Number, sent: PayerNamed) -> PaymentRow:
    """Say whose money it is; the payer's strongest identifier is learned."""
    desk = _allowed(door, who, number)
    return _row(desk.name_payer(number, InternalId(sent.customer), who.person, sent.because))


@router.post("/payments/{number}/distinct", **_WORK)
def say_distinct(door: TheDoor, who: Who, number: Number, sent: Distinct) -> PaymentRow:
    """Say that it is other money than the route before told of."""
    return _row(_allowed(door, who, number).say_distinct(number, who.person, sent.because))


@router.post("/payments/{number}/hold", **_WORK)
def hold_payment(door: TheDoor, who: Who, number: Number, sent: SetAside) -> PaymentRow:
    """Set a payment aside: nothing of it is booked or applied until it is released."""
    _allowed(door, who, number)
    return _row(HoldDesk(door.context).hold(number, who.person, sent.because))


@router.post("/payments/{number}/release", **_WORK)
def release_payment(door: TheDoor, who: Who, number: Number, sent: SetAside) -> PaymentRow:
    """Let a payment go that was set aside: it is judged as if it came now."""
    _allowed(door, who, number)
    return _row(HoldDesk(door.context).release(number, who.person, sent.because))


@router.post(
    "/files",
    status_code=202,
    openapi_extra=needs(Access.WORK, requestBody=_FILE),
    responses=refusals(404, *WITH_BODY),
)
def send_file(
    door: TheDoor,
    who: Who,
    body: RawBody,
    source: Annotated[
        QueryText, Query(description="The source; not needed where only one takes files.")
    ] = "",
    name: Annotated[QueryText, Query(description="The file's name, told in findings.")] = "",
) -> FileReceived:
    """Hand in a bank file (or a file of deals). The format is found by what it holds; the same file twice changes
    nothing.
    """
    takers = [one for one, taker in door.application.sources.items() if isinstance(taker, FileSource)]
    chosen = source or (takers[0] if len(takers) == 1 else "")
    if chosen not in takers:
        known = ", ".join(sorted(takers)) or "none"
        raise Problem("not_found", "name a source that takes files", expected=f"one of {known}", found=source)
    taker = door.application.sources[chosen]
    result = ingest_bytes(door.context, taker, body, name or f"sent with {who.through}", who.person)
    return FileReceived(
        received=result.deals,
        new=result.fresh,
        rejected=[
            {"line": one.line, "reason": one.reason, "expected": one.expected, "found": one.found}
            for one in result.parsed.rejected
        ],
        notes=list(result.parsed.notes),
    )


@router.get("/reports/cash", openapi_extra=needs(Access.READ), responses=refusals())
def report_cash(door: TheDoor, who: Who) -> Report:
    """Per day, bank account and currency: money in = applied + unapplied, what came back, how much by itself."""
    return Report(rows=cash_report(door.context, _views(door, who)))


@router.get("/reports/matching", openapi_extra=needs(Access.READ), responses=refusals())
def report_matching(door: TheDoor, who: Who) -> Report:
    """For each kind of match: how many were decided, how many were right, and how sure that is."""
    del who
    return Report(rows=matching_report(door.context))
