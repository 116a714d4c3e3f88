"""Pages of documents, inputs and cases, by id; with a reach, without what names another subsidiary."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Select, and_, cast, exists, select, type_coerce

from tieout.domain.cases import Case
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage_doors import CasesWanted, DocumentsWanted, InputsWanted, Reach
from tieout.store import tables as t
from tieout.store.case_rows import case_of
from tieout.store.documents import document_of
from tieout.store.records import record_of

_D, _R, _C, _P = t.document, t.source_record, t.exception_case, t.part


class Listing:
    """Pages within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def documents(self, wanted: DocumentsWanted, after: int, limit: int, reach: Reach) -> list[Document]:
        """Documents."""
        query = select(_D).where(_D.c.id > after)
        if wanted.state is not None:
            query = query.where(_D.c.state == wanted.state)
        if wanted.kind is not None:
            query = query.where(_D.c.kind == wanted.kind)
        if wanted.external_id:
            query = query.where(_D.c.external_id == wanted.external_id)
        if wanted.internal_id:
            query = query.where(_D.c.internal_id == wanted.internal_id)
        if wanted.deal:
            parts = select(_P.c.document_id).join(_R, _R.c.id == _P.c.source_record_id)
            query = query.where(_D.c.id.in_(parts.where(_R.c.object_id == wanted.deal)))
        if reach is not None:
            query = query.where(~self._elsewhere(_D, reach))
        return [document_of(row) for row in self._page(query, _D.c.id, limit)]

    def inputs(self, wanted: InputsWanted, after: int, limit: int, reach: Reach) -> list[SourceRecord]:
        """Source records."""
        query = select(_R).where(_R.c.id > after)
        if wanted.standing is not None:
            query = query.where(_R.c.standing == wanted.standing)
        if wanted.reason:
            query = query.where(_R.c.reason == wanted.reason)
        if wanted.system:
            query = query.where(_R.c.system == wanted.system)
        if wanted.source_id:
            query = query.where(_R.c.object_id == wanted.source_id)
        if reach is not None:
            query = query.where(~self._has_elsewhere(_R.c.id, reach))
        return [record_of(row) for row in self._page(query, _R.c.id, limit)]

    def cases(self, wanted: CasesWanted, after: int, limit: int, reach: Reach) -> list[Case]:
        """Cases."""
        query = select(_C).where(_C.c.id > after)
        if wanted.state is not None:
            query = query.where(_C.c.state == wanted.state)
        if wanted.code:
            query = query.where(_C.c.code == wanted.code)
        if wanted.cause:
            query = query.where(_C.c.cause == wanted.cause)
        if wanted.assignee:
            query = query.where(_C.c.assignee == wanted.assignee)
        if reach is not None:
            query = query.where(~self._has_elsewhere(_C.c.source_record_id, reach))
        return [case_of(row) for row in self._page(query, _C.c.id, limit)]

    def within(self, record_ids: Sequence[int], reach: Reach) -> set[int]:
        """Those of these inputs that may be seen."""
        query = select(_R.c.id).where(_R.c.id.in_(record_ids))
        if reach is not None:
            query = query.where(~self._has_elsewhere(_R.c.id, reach))
        return set(self._connection.execute(query).scalars())

    def _page(self, query: Select[Any], by: ColumnElement[int], limit: int) -> Any:
        return self._connection.execute(query.order_by(by).limit(limit))

    def _has_elsewhere(self, record_id: ColumnElement[int], reach: Collection[str]) -> ColumnElement[bool]:
        one = _D.alias("one")
        parts = select(_P.c.document_id).join(one, one.c.id == _P.c.document_id)
        return exists(parts.where(_P.c.source_record_id == record_id, self._elsewhere(one, reach)))

    def _elsewhere(self, document: Any, reach: Collection[str]) -> ColumnElement[bool]:
        """Whether a document names a subsidiary, and none of these."""
        postgres = self._connection.dialect.name == "postgresql"
        # SQLite takes a cast to JSON for a cast to a number; PostgreSQL has no such operator on text.
        draft = cast(document.c.draft, JSON) if postgres else type_coerce(document.c.draft, JSON)
        named = draft["subsidiary"].as_string()
        return and_(named.is_not(None), named.not_in(sorted(reach)))
