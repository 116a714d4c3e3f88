"""Answers kept under idempotency keys."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from tieout.flows.storage_doors import KeptAnswer
from tieout.store import tables as t

_A = t.kept_answer


class Answers:
    """Rows of `kept_answer` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, principal: str, key: str) -> KeptAnswer | None:
        """What is known of this key."""
        row = self._connection.execute(select(_A).where(*_of(principal, key))).mappings().first()
        return KeptAnswer(**{**row, "body": bytes(row["body"])}) if row else None

    def put(self, answer: KeptAnswer) -> None:
        """Begin to know of a key, or begin anew."""
        self._connection.execute(delete(_A).where(*_of(answer.principal, answer.key)))
        self._connection.execute(insert(_A).values(**asdict(answer)))

    def mark(self, principal: str, key: str, token: str, now: datetime) -> bool:
        """The effect is in this transaction. False when the key is held by another execution by now."""
        statement = update(_A).where(*_of(principal, key), _A.c.token == token).values(effect_at=now)
        return self._connection.execute(statement).rowcount > 0

    def keep(self, principal: str, key: str, token: str, status: int, content_type: str, body: bytes) -> bool:
        """Keep the answer. False when the key is held by another execution by now."""
        values = {"status": status, "content_type": content_type, "body": body}
        statement = update(_A).where(*_of(principal, key), _A.c.token == token).values(**values)
        return self._connection.execute(statement).rowcount > 0

    def free(self, principal: str, key: str, token: str) -> bool:
        """Forget a key whose request changed nothing. False when it did, or the key is another execution's."""
        where = (*_of(principal, key), _A.c.token == token, _A.c.effect_at.is_(None))
        return self._connection.execute(delete(_A).where(*where)).rowcount > 0

    def forget(self, now: datetime) -> int:
        """Remove what has expired. Returns how many."""
        return self._connection.execute(delete(_A).where(_A.c.expires_at <= now)).rowcount


def _of(principal: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _A.c.principal == principal, _A.c.key == key
