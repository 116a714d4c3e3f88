"""The audit log: its head, and the proof that it is what it was."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.domain.audit import GENESIS
from tieout.flows.audit import verify
from tieout.web.door import TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.rights import Access
from tieout.web.shapes import refusals

router = APIRouter(prefix="/audit", tags=["audit"], route_class=Guarded)


class Head(BaseModel):
    """The newest link of the chain. Keep it somewhere else: what was cut off after it cannot be hidden then."""

    head: str = Field(description="The head.")
    seals: int = Field(description="How many seals lead to it.")


class Broken(BaseModel):
    """Something that does not hold."""

    seal: int = Field(description="Which seal; 0: the chain.")
    found: str = Field(description="What is the matter.")


class VerdictBody(BaseModel):
    """What a verification found."""

    ok: bool = Field(description="Whether everything holds.")
    seals: int = Field(description="Seals.")
    rows: int = Field(description="Rows under them.")
    unsealed: int = Field(description="Rows younger than the last seal, which nothing protects yet.")
    head: str = Field(description="The head.")
    breaks: list[Broken] = Field(description="What does not hold.")


@router.get("/head", openapi_extra=needs(Access.READ), responses=refusals())
def show_head(door: TheDoor, who: Who) -> Head:
    """The newest link of the chain."""
    del who
    with door.context.store.read() as unit:
        last = unit.audit.last()
    return Head(head=last.head if last else GENESIS, seals=last.number if last else 0)


@router.get("/verify", openapi_extra=needs(Access.READ), responses=refusals())
def verify_log(
    door: TheDoor,
    who: Who,
    head: Annotated[
        str,
        Query(
            max_length=128,
            pattern=r"^[0-9a-f]*$",
            description="A head kept from earlier; it must still be there.",
        ),
    ] = "",
) -> VerdictBody:
    """Recompute every seal from the rows as they are now."""
    del who
    verdict = verify(door.context.store, head)
    return VerdictBody(
        ok=not verdict.breaks,
        seals=verdict.seals,
        rows=verdict.rows,
        unsealed=verdict.unsealed,
        head=verdict.head,
        breaks=[Broken(seal=one.seal or 0, found=one.found) for one in verdict.breaks],
    )
