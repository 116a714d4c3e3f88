"""Documents: the records we intend NetSuite to have, and where they stand."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tieout.domain.lifecycle import State
from tieout.domain.planning import StepKind
from tieout.flows.codec import encode
from tieout.flows.rows import Document
from tieout.flows.storage_doors import DocumentsWanted
from tieout.web.door import TheDoor, Who, within
from tieout.web.guard import Guarded, needs
from tieout.web.problems import Problem
from tieout.web.rights import Access
from tieout.web.shapes import PAGE, After, Limit, Number, Page, QueryText, page, refusals

router = APIRouter(prefix="/documents", tags=["documents"], route_class=Guarded)


class DocumentRow(BaseModel):
    """One record we intend NetSuite, or the CRM, to have."""

    id: int = Field(description="Its number.")
    kind: StepKind = Field(description="What writing it does.")
    state: State = Field(description="Where it stands; see the life of a document.")
    account: str = Field(description="The NetSuite account.")
    claim: str = Field(description="The business effect, claimed once.")
    external_id: str | None = Field(description="The external ID it has or will have in NetSuite.")
    internal_id: str | None = Field(description="NetSuite's internal id, once it is known.")
    document_number: str = Field(description="NetSuite's number for people, once it is known.")
    subsidiary: str | None = Field(description="The subsidiary it names, if it names one.")
    total: str | None = Field(
        description="Sum of its lines before tax, with the currency; transactions only."
    )
    input: int = Field(description="Number of the input it was first planned for.")
    attempts: int = Field(description="How often it was sent.")
    due_at: datetime = Field(description="When it is looked at next.")
    sent_at: datetime | None = Field(description="When it was last sent.")
    doubt_until: datetime | None = Field(description="Until when NetSuite may still be working on it.")
    waived: list[str] = Field(description="Codes a person has set aside for it.")
    payload_hash: str = Field(description="Hash of what is written.")


class DocumentView(DocumentRow):
    """A document with what is written."""

    draft: dict[str, Any] = Field(description="What is written, in Tieout's words.")


def row_of(document: Document) -> dict[str, Any]:
    """A document as its row."""
    total = getattr(document.draft, "total", None)
    return {
        "id": document.id,
        "kind": document.kind,
        "state": document.state,
        "account": document.account,
        "claim": document.claim,
        "external_id": document.external_id,
        "internal_id": document.internal_id,
        "document_number": document.number,
        "subsidiary": getattr(document.draft, "subsidiary", None),
        "total": f"{total.amount} {total.currency}" if total is not None else None,
        "input": document.source_record_id,
        "attempts": document.attempts,
        "due_at": document.due_at,
        "sent_at": document.sent_at,
        "doubt_until": document.doubt_until,
        "waived": sorted(document.waived),
        "payload_hash": document.payload_hash,
    }


@router.get("", openapi_extra=needs(Access.READ), responses=refusals())
def list_documents(
    door: TheDoor,
    who: Who,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    kind: Annotated[StepKind | None, Query(description="Only those of this kind.")] = None,
    external_id: Annotated[QueryText, Query(description="Only the one with this external ID.")] = "",
    internal_id: Annotated[QueryText, Query(description="Only those with this NetSuite id.")] = "",
    deal: Annotated[
        QueryText, Query(description="Only those in the plan of the deal with this source id.")
    ] = "",
    after: After = 0,
    limit: Limit = PAGE,
) -> Page[DocumentRow]:
    """Documents, in the order they were planned."""
    wanted = DocumentsWanted(
        state=state, kind=kind, external_id=external_id, internal_id=internal_id, deal=deal
    )
    with door.context.store.read() as unit:
        rows = unit.listing.documents(wanted, after, limit + 1, who.subsidiaries)
    return page(rows, limit, lambda one: DocumentRow(**row_of(one)), lambda one: int(one.id))


@router.get("/{number}", openapi_extra=needs(Access.READ), responses=refusals(404))
def show_document(door: TheDoor, who: Who, number: Number) -> DocumentView:
    """One document, with what is written."""
    with door.context.store.read() as unit:
        document = unit.documents.get(number)
        if document is None:
            raise Problem("not_found", f"there is no document {number}")
        names = getattr(document.draft, "subsidiary", None)
        if who.subsidiaries is not None and names is not None and names not in who.subsidiaries:
            within(unit, who, document.source_record_id)
            raise Problem("other_subsidiary", f"the document is of subsidiary {names}")
    return DocumentView(**row_of(document), draft=json.loads(encode(document.draft)))
