"""Evidence as it is sealed, and the seals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from tieout.domain.audit import Seal
from tieout.store import tables as t

_S = t.seal
_TABLES = {"event": t.event, "attempt": t.attempt, "decision": t.decision, "approval": t.approval}


class Audit:
    """Rows of `seal`, and of the tables of evidence, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self) -> Seal | None:
        """The newest seal."""
        row = self._connection.execute(select(_S).order_by(_S.c.number.desc()).limit(1)).first()
        return _seal(row) if row else None

    def seals(self) -> list[Seal]:
        """Every seal, oldest first."""
        return [_seal(row) for row in self._connection.execute(select(_S).order_by(_S.c.number))]

    def add(self, seal: Seal) -> None:
        """Append a seal."""
        self._connection.execute(
            insert(_S).values(
                number=seal.number,
                sealed_at=seal.sealed_at,
                upto=json.dumps(dict(seal.upto), sort_keys=True),
                rows=seal.rows,
                digest=seal.digest,
                head=seal.head,
            )
        )

    def rows(
        self, table: str, after: int, upto: int | None, limit: int | None
    ) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Rows of a table of evidence with ids after one and up to another, in order."""
        source = _TABLES[table]
        query = select(source).where(source.c.id > after).order_by(source.c.id)
        if upto is not None:
            query = query.where(source.c.id <= upto)
        if limit is not None:
            query = query.limit(limit)
        for row in self._connection.execute(query).mappings():
            yield int(row["id"]), dict(row)

    def count_after(self, table: str, after: int) -> int:
        """How many rows of a table are younger than one."""
        source = _TABLES[table]
        query = select(func.count()).select_from(source).where(source.c.id > after)
        return int(self._connection.execute(query).scalar_one())


def _seal(row: Row[Any]) -> Seal:
    return Seal(
        number=row.number,
        sealed_at=row.sealed_at,
        upto=json.loads(row.upto),
        rows=row.rows,
        digest=row.digest,
        head=row.head,
    )
