"""People, their keys, and what they approved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tieout.domain.approvals import Approval, Choice, Key, Person
from tieout.store import tables as t

_P, _K, _A = t.person, t.api_key, t.approval


def _words(values: Iterable[str]) -> str:
    return " ".join(sorted(values))


class People:
    """Rows of `person`, `api_key` and `approval` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Person]:
        """Everybody, by name."""
        return [_person(row) for row in self._connection.execute(select(_P).order_by(_P.c.name))]

    def get(self, name: str) -> Person | None:
        """One person."""
        row = self._connection.execute(select(_P).where(_P.c.name == name)).first()
        return _person(row) if row else None

    def put(self, person: Person, by: str, now: datetime) -> None:
        """Add or change a person; the password stays as it is."""
        values = {
            "roles": _words(person.roles),
            "subsidiaries": _words(person.subsidiaries),
            "active": person.active,
            "changed_by": by,
            "changed_at": now,
        }
        done = self._connection.execute(update(_P).where(_P.c.name == person.name).values(**values))
        if done.rowcount == 0:
            self._connection.execute(insert(_P).values(name=person.name, **values))

    def password(self, name: str) -> str:
        """The stored hash of a person's password; empty when none is set."""
        found = self._connection.execute(select(_P.c.password).where(_P.c.name == name)).scalar()
        return str(found or "")

    def set_password(self, name: str, hashed: str) -> None:
        """Replace the hash of a person's password."""
        self._connection.execute(update(_P).where(_P.c.name == name).values(password=hashed))

    # -- keys ----------------------------------------------------------------------------------------------

    def keys(self) -> list[Key]:
        """Every key, in the order they were made."""
        return [_key(row) for row in self._connection.execute(select(_K).order_by(_K.c.made_at, _K.c.id))]

    def key_of(self, digest: str) -> Key | None:
        """The key with this digest of its secret."""
        row = self._connection.execute(select(_K).where(_K.c.digest == digest)).first()
        return _key(row) if row else None

    def add_key(self, key: Key, digest: str, note: str, by: str, now: datetime) -> None:
        """Add a key; its secret is never stored."""
        self._connection.execute(
            insert(_K).values(
                id=key.id,
                digest=digest,
                owner=key.owner,
                roles=_words(key.roles),
                subsidiaries=_words(key.subsidiaries),
                note=note,
                active=key.active,
                made_by=by,
                made_at=now,
            )
        )

    def revoke_key(self, key_id: str) -> bool:
        """Make a key useless. False when there is none that works."""
        where = (_K.c.id == key_id, _K.c.active)
        return self._connection.execute(update(_K).where(*where).values(active=False)).rowcount > 0

    # -- approvals -----------------------------------------------------------------------------------------

    def approvals(self, content: str) -> list[Approval]:
        """Decisions about this content, oldest first."""
        query = select(_A).where(_A.c.content == content).order_by(_A.c.id)
        return [_approval(row) for row in self._connection.execute(query)]

    def add_approval(self, approval: Approval) -> None:
        """Append a decision."""
        self._connection.execute(
            insert(_A).values(
                subject=approval.subject,
                content=approval.content,
                role=approval.role,
                verdict=approval.choice,
                by=approval.by,
                through=approval.through,
                because=approval.because,
                at=approval.at,
            )
        )


def _person(row: Row[Any]) -> Person:
    return Person(
        name=row.name,
        roles=frozenset(row.roles.split()),
        subsidiaries=frozenset(row.subsidiaries.split()),
        active=row.active,
    )


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        owner=row.owner,
        roles=frozenset(row.roles.split()),
        subsidiaries=frozenset(row.subsidiaries.split()),
        active=row.active,
    )


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        subject=row.subject,
        content=row.content,
        role=row.role,
        choice=Choice(row.verdict),
        by=row.by,
        at=row.at,
        through=row.through,
        because=row.because,
    )
