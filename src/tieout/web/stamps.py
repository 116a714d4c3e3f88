"""Stamps: the NetSuite invoice a Stripe payment is for, written on the payment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tieout.flows.stamping import Stamping
from tieout.web.door import TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import WITH_BODY, Sent, SomeText, Text, refusals

router = APIRouter(prefix="/stripe", tags=["stripe"], route_class=Guarded)


class StampRequest(Sent):
    """What a payment is for."""

    invoices: list[SomeText] = Field(
        min_length=1,
        max_length=20,
        description="External IDs of the NetSuite invoices.",
        examples=[["inv-0065g00000QwErTAAX"]],
    )
    customer: SomeText = Field(
        description="Internal id of the NetSuite customer who pays.", examples=["2056"]
    )
    object: Text = Field(
        "",
        description="Id of the payment intent, Checkout session or Stripe invoice to write it on. Empty: nothing is"
        " written, and the answer is what to create the payment with.",
        examples=["pi_3Nab"],
    )


class StampWritten(BaseModel):
    """What was, or is to be, written."""

    metadata: dict[str, str] = Field(
        description="The stamp. At creation it belongs in `metadata` of a payment intent or invoice, and in"
        " `payment_intent_data[metadata]` of a Checkout session."
    )
    object: str = Field(description="What it was written on; empty when nothing was written.")
    in_time: bool = Field(
        description="Whether the payment's charge will carry it; false when the charge had been made before."
    )


@router.post(
    "/{source}/stamp",
    openapi_extra=needs(Access.WORK),
    responses=refusals(404, *WITH_BODY, 503),
)
def stamp_payment(
    door: TheDoor,
    who: Who,
    wanted: StampRequest,
    source: Annotated[str, Path(description="The source's name.", max_length=100)],
) -> StampWritten:
    """Write on a payment which NetSuite invoices it is for, before it is confirmed; or say what to create it with."""
    if who.subsidiaries is not None:
        only = ", ".join(sorted(who.subsidiaries)) or "none"
        detail = "a stamp may name an invoice of any subsidiary"
        raise Problem("other_subsidiary", detail, expected="a key for all subsidiaries", found=f"for {only}")
    stamping = Stamping(door.context)
    if not wanted.object:
        metadata = stamping.metadata(source, wanted.invoices, wanted.customer)
        return StampWritten(metadata=dict(metadata), object="", in_time=True)
    done = stamping.stamp(source, wanted.object, wanted.invoices, wanted.customer, who.person)
    return StampWritten(metadata=dict(done.metadata), object=done.object_id, in_time=done.in_time)
