"""Traces: from any id to the whole story."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.flows.tracing import trace
from tieout.web.door import TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import refusals

router = APIRouter(prefix="/traces", tags=["traces"], route_class=Guarded)


class TraceBody(BaseModel):
    """Everything known about the deals an id leads to."""

    id: str = Field(description="The id that was asked for.")
    deals: list[dict[str, Any]] = Field(
        description="Per deal: versions, edits, cases with decisions, documents with every attempt, events."
    )


@router.get("", openapi_extra=needs(Access.READ), responses=refusals(404))
def show_trace(
    door: TheDoor,
    who: Who,
    some_id: Annotated[
        str,
        Query(
            alias="id",
            min_length=1,
            max_length=300,
            pattern=r"^[^\x00]+$",
            description="A source id, external ID, NetSuite id or document number.",
        ),
    ],
) -> TraceBody:
    """Source version → findings → plan → attempts → NetSuite record → note to the source."""
    deals = trace(door.context.store, some_id, who.subsidiaries)
    if not deals:
        raise Problem("not_found", f"{some_id} leads to nothing this key may see")
    return TraceBody(id=some_id, deals=deals)
