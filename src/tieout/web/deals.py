"""Deals of any system that has no connector: sent as JSON, taken like a file of deals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tieout.flows.ingest import ingest_bytes
from tieout.flows.ports import FileSource
from tieout.web.door import RawBody, TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import WITH_BODY, refusals

router = APIRouter(prefix="/sources", tags=["deals"], route_class=Guarded)
_LINES = "application/x-ndjson"

_DEAL = {
    "type": "object",
    "description": "A deal; see the reference of deals from files.",
    "required": ["id"],
}
_EXAMPLE = {
    "id": "D-1",
    "version": 1,
    "won": True,
    "close_date": "2026-10-15",
    "currency": "USD",
    "customer": {"id": "A-1", "name": "Customer 1, Inc.", "billing": {"country": "US"}},
    "lines": [{"id": "1", "product": {"id": "P1"}, "quantity": "2", "amount": "250.00"}],
}
_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"anyOf": [_DEAL, {"type": "array", "items": _DEAL, "minItems": 1}]},
            "example": _EXAMPLE,
        },
        _LINES: {"schema": {"type": "string", "description": "One deal a line."}},
    },
}


class SourceRow(BaseModel):
    """A configured source."""

    name: str = Field(description="Its name in `tieout.yaml`.")
    environment: str = Field(description="Which environment of the system.")
    takes_deals: bool = Field(description="Whether deals can be sent to it here.")


class SourceRows(BaseModel):
    """The sources."""

    sources: list[SourceRow] = Field(description="By name.")


class DealReceived(BaseModel):
    """A deal that was received."""

    id: str = Field(description="Its id.")
    version: str = Field(description="Its version, as it is ordered.")


class PieceRejected(BaseModel):
    """A piece that belongs to no deal."""

    line: int = Field(description="Where it stood, counted from 1; 0: all of it.")
    reason: str = Field(description="Why it was rejected.")
    expected: str = Field(description="What was expected.")
    found: str = Field(description="What was found.")


class DealsReceived(BaseModel):
    """What became of what was sent."""

    received: list[DealReceived] = Field(description="Deals that are stored; checking comes next.")
    new: int = Field(description="How many of them are new, or newer than what was known.")
    seen_before: int = Field(description="How many of them change nothing.")
    rejected: list[PieceRejected] = Field(description="Pieces that belong to no deal.")
    notes: list[str] = Field(description="What a person may want to know, such as deals that will be cases.")


@router.get("", openapi_extra=needs(Access.READ), responses=refusals())
def list_sources(door: TheDoor, who: Who) -> SourceRows:
    """The configured sources."""
    del who
    sources = door.application.sources
    return SourceRows(
        sources=[
            SourceRow(name=name, environment=one.environment, takes_deals=isinstance(one, FileSource))
            for name, one in sorted(sources.items())
        ]
    )


@router.post(
    "/{source}/deals",
    status_code=202,
    openapi_extra=needs(Access.WORK, requestBody=_BODY),
    responses=refusals(404, *WITH_BODY),
)
def send_deals(
    door: TheDoor,
    who: Who,
    body: RawBody,
    source: Annotated[str, Path(description="The source's name.", max_length=100)],
) -> DealsReceived:
    """Hand in deals. Each is received, or named with what is wrong; the same deal twice changes nothing.

    What is received is stored. Whether it can be written is found when it is checked: it ends confirmed, in an open
    case, or ignored for a reason.
    """
    taker = door.application.sources.get(source)
    if taker is None:
        known = ", ".join(sorted(door.application.sources))
        raise Problem("not_found", f"there is no source {source!r}", expected=f"one of {known}", found=source)
    result = ingest_bytes(door.context, taker, body, f"sent with {who.through}.json", who.person)
    rejected = [
        PieceRejected(line=one.line, reason=one.reason, expected=one.expected, found=one.found)
        for one in result.parsed.rejected
    ]
    if not result.deals:
        more = {"rejected": [one.model_dump() for one in rejected]}
        raise Problem("nothing_received", "not one deal could be read from it", more=more)
    received = [DealReceived(id=one.object_id, version=one.version) for one in result.parsed.sightings]
    return DealsReceived(
        received=received,
        new=result.fresh,
        seen_before=result.deals - result.fresh,
        rejected=rejected,
        notes=list(result.parsed.notes),
    )
