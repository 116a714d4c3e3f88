"""Crosswalks: the tables that translate a source's ids into NetSuite's."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from tieout.domain.crosswalk import CrosswalkKind, CrosswalkRow
from tieout.flows.crosswalks import COLUMNS, Imported, import_csv, import_rows
from tieout.web.door import RawBody, TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import WITH_BODY, QueryText, Sent, Text, refusals

router = APIRouter(prefix="/crosswalks", tags=["crosswalks"], route_class=Guarded)
Kind = Annotated[CrosswalkKind, Path(description="What is translated.")]
_CSV, _JSON = "text/csv", "application/json"


class CrosswalkVersion(BaseModel):
    """One version of one key."""

    kind: CrosswalkKind = Field(description="What is translated.")
    system: str = Field(description="The source's name.")
    key: str = Field(description="The source's id.")
    target: str = Field(description="NetSuite's internal id.")
    valid_from: date = Field(description="First day.")
    valid_to: date | None = Field(description="First day after it; null: for good.")
    subsidiary: str = Field(description="Only for this subsidiary; empty: for all.")
    version: int = Field(description="Its number; a later one replaces an earlier from its first day on.")
    changed_by: str = Field(description="Who wrote it.")
    changed_at: datetime = Field(description="When.")
    why: str = Field(description="Why.")


class CrosswalkVersions(BaseModel):
    """Rows of a crosswalk."""

    rows: list[CrosswalkVersion] = Field(description="The rows.")


class NewRow(Sent):
    """A row as a crosswalk file has it."""

    system: Text = Field(description="The source's name.", examples=["crm"])
    key: Text = Field(description="The source's id.", examples=["NL-COPILOT"])
    target: Text = Field(description="NetSuite's internal id.", examples=["501"])
    valid_from: Text = Field("", description="First day, YYYY-MM-DD; empty: always.")
    valid_to: Text = Field("", description="First day after it; empty: for good.")
    subsidiary: Text = Field("", description="Only for this subsidiary; empty: for all.")
    why: Text = Field("", description="Why.")


class NewRows(Sent):
    """Rows to load. A row that is bad is named, and the others are loaded."""

    rows: list[NewRow] = Field(description="The rows.", min_length=1, max_length=10_000)
    why: Text = Field("", description="Why, for the rows that do not say so themselves.")


class BadRow(BaseModel):
    """A row that was not loaded."""

    line: int = Field(description="Its line in the file, or its place in `rows`, counted from 1.")
    reason: str = Field(description="What was expected and found.")
    row: dict[str, str] = Field(description="The row.")


class Loaded(BaseModel):
    """What an import did."""

    added: int = Field(description="New versions.")
    unchanged: int = Field(description="Rows that say what the newest version says.")
    rejected: list[BadRow] = Field(description="Rows that were not loaded.")


@router.get("/{kind}", openapi_extra=needs(Access.READ), responses=refusals())
def list_rows(
    door: TheDoor,
    who: Who,
    kind: Kind,
    on: Annotated[date | None, Query(description="In force on this day; today without.")] = None,
) -> CrosswalkVersions:
    """Rows in force on a day."""
    day = on or door.context.clock.now().date()
    rows = [row for row in _rows(door, who, kind) if day in row.valid]
    newest = {(row.system, row.key, row.subsidiary): row for row in rows}
    return CrosswalkVersions(rows=[_version(row) for row in newest.values()])


@router.get("/{kind}/history", openapi_extra=needs(Access.READ), responses=refusals())
def show_history(
    door: TheDoor,
    who: Who,
    kind: Kind,
    key: Annotated[QueryText, Query(description="Only this key of the source.")] = "",
    system: Annotated[QueryText, Query(description="Only this source.")] = "",
) -> CrosswalkVersions:
    """Every version: who changed it, when and why."""
    rows = _rows(door, who, kind)
    return CrosswalkVersions(
        rows=[_version(row) for row in rows if key in {"", row.key} and system in {"", row.system}]
    )


def _rows(door: TheDoor, who: Who, kind: CrosswalkKind) -> list[CrosswalkRow]:
    with door.context.store.read() as unit:
        rows = [row for row in unit.mappings.crosswalk() if row.kind is kind]
    return [row for row in rows if who.subsidiaries is None or row.subsidiary in {"", *who.subsidiaries}]


def _version(row: CrosswalkRow) -> CrosswalkVersion:
    return CrosswalkVersion(
        kind=row.kind,
        system=row.system,
        key=row.key,
        target=row.target,
        valid_from=row.valid.start,
        valid_to=row.valid.end,
        subsidiary=row.subsidiary,
        version=row.version,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        why=row.why,
    )


_BODY = {
    "required": True,
    "content": {
        _JSON: {"schema": {"$ref": "#/components/schemas/NewRows"}},
        _CSV: {
            "schema": {"type": "string", "description": f"A header row of {', '.join(COLUMNS)}, then rows."},
            "example": "system,key,target\ncrm,NL-COPILOT,501\n",
        },
    },
}


@router.post(
    "/{kind}",
    openapi_extra=needs(Access.WORK, requestBody=_BODY),
    responses=refusals(*WITH_BODY),
)
def load_rows(
    door: TheDoor,
    who: Who,
    request: Request,
    body: RawBody,
    kind: Kind,
    why: Annotated[QueryText, Query(description="Why, for rows that do not say so themselves.")] = "",
) -> Loaded:
    """Load rows as new versions, from JSON or from the text of a crosswalk file. Bad rows are named, good rows are
    loaded.
    """
    context, by, reach = door.context, who.person, who.subsidiaries
    name = f"sent with {who.through}"
    if request.headers.get("content-type", "").lower().startswith(_CSV):
        return _told(import_csv(context, kind, body, by, why, name=name, reach=reach))
    sent = _parsed(body)
    rows: list[dict[str, str]] = [row.model_dump() for row in sent.rows]
    return _told(import_rows(context, kind, rows, by, sent.why or why, name=name, reach=reach))


def _parsed(body: bytes) -> NewRows:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            "body_malformed", f"the body is no JSON: {type(error).__name__}", expected="JSON"
        ) from error
    try:
        return NewRows.model_validate(value)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        ) from error


def _told(imported: Imported) -> Loaded:
    rejected = [BadRow(line=one.line, reason=one.reason, row=dict(one.row)) for one in imported.rejected]
    return Loaded(added=imported.added, unchanged=imported.unchanged, rejected=rejected)
