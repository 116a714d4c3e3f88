"""Inputs: every distinct record a source delivered, and how it ended or where it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.domain.lifecycle import Standing
from tieout.flows.rows import SourceRecord
from tieout.flows.storage_doors import InputsWanted
from tieout.web.door import TheDoor, Who, within
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import PAGE, After, Limit, Number, Page, QueryText, page, refusals

router = APIRouter(prefix="/inputs", tags=["inputs"], route_class=Guarded)


class InputRow(BaseModel):
    """One distinct record of a source."""

    id: int = Field(description="Its number.")
    system: str = Field(description="The source's name in `tieout.yaml`.")
    environment: str = Field(description="Which environment of it.")
    object: str = Field(description="What kind of record it is there.")
    source_id: str = Field(description="Its id there.")
    version: str = Field(description="The newest version that was seen.")
    standing: Standing = Field(description="How it ended, or where it is.")
    reason: str = Field(description="The case's code, or why it is ignored.")
    deleted: bool = Field(description="Whether the source has deleted it.")
    edited: bool = Field(description="Whether a person's edit lies on top of what the source says.")
    correlation: str = Field(description="The id that its log lines share.")


class InputView(InputRow):
    """An input with its payload."""

    payload: dict[str, Any] = Field(description="The newest payload, as it came.")
    edit: dict[str, Any] = Field(description="A person's edit: path → value.")


def row_of(record: SourceRecord) -> dict[str, Any]:
    """A source record as its row."""
    return {
        "id": record.id,
        "system": record.source.system,
        "environment": record.source.environment,
        "object": record.source.object,
        "source_id": record.source.id,
        "version": record.source.version,
        "standing": record.standing,
        "reason": record.reason,
        "deleted": record.deleted,
        "edited": bool(record.override),
        "correlation": record.correlation,
    }


@router.get("", openapi_extra=needs(Access.READ), responses=refusals())
def list_inputs(
    door: TheDoor,
    who: Who,
    standing: Annotated[Standing | None, Query(description="Only those that stand so.")] = None,
    reason: Annotated[QueryText, Query(description="Only those with this case code or reason.")] = "",
    system: Annotated[QueryText, Query(description="Only those of this source.")] = "",
    source_id: Annotated[QueryText, Query(description="Only those with this id in their source.")] = "",
    after: After = 0,
    limit: Limit = PAGE,
) -> Page[InputRow]:
    """Inputs, in the order they were first seen."""
    wanted = InputsWanted(standing=standing, reason=reason, system=system, source_id=source_id)
    with door.context.store.read() as unit:
        rows = unit.listing.inputs(wanted, after, limit + 1, who.subsidiaries)
    return page(rows, limit, lambda one: InputRow(**row_of(one)), lambda one: int(one.id))


@router.get("/{number}", openapi_extra=needs(Access.READ), responses=refusals(404))
def show_input(door: TheDoor, who: Who, number: Number) -> InputView:
    """One input, with its payload as it came."""
    with door.context.store.read() as unit:
        record = unit.records.get(number)
        if record is None:
            raise Problem("not_found", f"there is no input {number}")
        within(unit, who, number)
    return InputView(**row_of(record), payload=record.raw, edit=record.override)
