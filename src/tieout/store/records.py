"""The inbox and the source records: every distinct deal is one row, every version seen is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from tieout.domain.lifecycle import Standing
from tieout.domain.sources import SourceRef
from tieout.flows.codec import digest
from tieout.flows.ports import Alias, Sighting
from tieout.flows.rows import SourceRecord
from tieout.store import tables as t

_R = t.source_record


def record_of(row: Row[Any]) -> SourceRecord:
    """The record of a row."""
    return SourceRecord(
        id=row.id,
        source=SourceRef(
            system=row.system,
            environment=row.environment,
            object=row.object,
            id=row.object_id,
            version=row.version,
        ),
        standing=Standing(row.standing),
        reason=row.reason,
        raw=json.loads(row.raw),
        override=json.loads(row.override),
        digest=row.digest,
        planned_digest=row.planned_digest,
        history_until=row.history_until,
        deleted=row.deleted,
        correlation=row.correlation,
    )


class Records:
    """Rows of `source_event`, `source_record`, `alias` and `cursor` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- inbox ---------------------------------------------------------------------------------------------

    def receive(
        self, system: str, environment: str, sighting: Sighting, correlation: str, now: datetime
    ) -> bool:
        """Store one sighting. True when it is new and newer than what we know of its record.

        The payload we have, and a version seen before, change nothing; an older version is kept as evidence
        and never replaces a newer one. A record that goes back to an earlier content is news.
        """
        text = json.dumps(sighting.payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        marked = digest(text + ("|deleted" if sighting.deleted else ""))
        event = t.source_event
        seen = select(event.c.id).where(
            event.c.system == system,
            event.c.object == sighting.object,
            event.c.object_id == sighting.object_id,
            event.c.payload_hash == marked,
            event.c.version == sighting.version,
        )
        record = self._find(system, sighting.object, sighting.object_id)
        same = record is not None and record.raw == text and record.deleted == sighting.deleted
        if same or self._connection.execute(seen).first() is not None:
            return False
        newer = record is None or sighting.version >= record.version
        self._connection.execute(
            insert(event).values(
                system=system,
                object=sighting.object,
                object_id=sighting.object_id,
                version=sighting.version,
                payload_hash=marked,
                payload=text,
                deleted=sighting.deleted,
                received_at=now,
                taken=newer,
            )
        )
        if not newer:
            return False
        values = {
            "version": sighting.version,
            "standing": Standing.RECEIVED,
            "raw": text,
            "deleted": sighting.deleted,
            "due_at": now,
            "lease_token": "",
            "lease_expires_at": None,
            "updated_at": now,
        }
        if record is not None:
            self._connection.execute(update(_R).where(_R.c.id == record.id).values(**values))
        else:
            self._connection.execute(
                insert(_R).values(
                    system=system,
                    environment=environment,
                    object=sighting.object,
                    object_id=sighting.object_id,
                    correlation=correlation,
                    first_seen_at=now,
                    **values,
                )
            )
        return True

    def _find(self, system: str, object_: str, object_id: str) -> Any:
        query = select(_R.c.id, _R.c.version, _R.c.raw, _R.c.deleted).where(
            _R.c.system == system, _R.c.object == object_, _R.c.object_id == object_id
        )
        return self._connection.execute(query).first()

    # -- source records ------------------------------------------------------------------------------------

    def get(self, record_id: int) -> SourceRecord | None:
        """One source record."""
        row = self._connection.execute(select(_R).where(_R.c.id == record_id)).first()
        return record_of(row) if row else None

    def all(self, standing: Standing | None = None) -> list[SourceRecord]:
        """All source records, in the order first seen."""
        query = select(_R).order_by(_R.c.id)
        if standing is not None:
            query = query.where(_R.c.standing == standing)
        return [record_of(row) for row in self._connection.execute(query)]

    def by_source_id(self, object_id: str) -> list[SourceRecord]:
        """Records with this id, in whatever system."""
        rows = self._connection.execute(select(_R).where(_R.c.object_id == object_id).order_by(_R.c.id))
        return [record_of(row) for row in rows]

    def mentioning(self, text: str) -> list[SourceRecord]:
        """Records whose payload or edit has this text anywhere: a coarse sieve, read them to be sure."""
        forms = {text, json.dumps(text)[1:-1]}
        places = [
            column.contains(form, autoescape=True) for column in (_R.c.raw, _R.c.override) for form in forms
        ]
        rows = self._connection.execute(select(_R).where(or_(*places)).order_by(_R.c.id))
        return [record_of(row) for row in rows]

    def claim(self, limit: int, token: str, until: datetime, now: datetime) -> list[SourceRecord]:
        """Lease up to `limit` records that wait to be checked."""
        free = or_(_R.c.lease_token == "", _R.c.lease_expires_at <= now)
        wanted = (
            select(_R.c.id)
            .where(_R.c.standing == Standing.RECEIVED, _R.c.due_at <= now, free)
            .order_by(_R.c.id)
            .limit(limit)
        )
        ids = list(self._connection.execute(wanted).scalars())
        if not ids:
            return []
        self._connection.execute(
            update(_R).where(_R.c.id.in_(ids)).values(lease_token=token, lease_expires_at=until)
        )
        query = select(_R).where(_R.c.id.in_(ids)).order_by(_R.c.id)
        return [record_of(row) for row in self._connection.execute(query)]

    def any_received(self, due: datetime | None = None) -> bool:
        """Whether any record waits to be checked (and is due at this instant)."""
        query = select(_R.c.id).where(_R.c.standing == Standing.RECEIVED).limit(1)
        if due is not None:
            query = query.where(_R.c.due_at <= due)
        return self._connection.execute(query).first() is not None

    def settle(
        self, record: SourceRecord, token: str, standing: Standing, reason: str, now: datetime, **values: Any
    ) -> bool:
        """Write the verdict on a leased record. False when a newer version came meanwhile."""
        statement = (
            update(_R)
            .where(_R.c.id == record.id, _R.c.lease_token == token, _R.c.version == record.source.version)
            .values(
                standing=standing,
                reason=reason,
                updated_at=now,
                lease_token="",
                lease_expires_at=None,
                **values,
            )
            .returning(_R.c.id)
        )
        return self._connection.execute(statement).first() is not None

    def stand(self, record_ids: Sequence[int], standing: Standing, reason: str, now: datetime) -> None:
        """Set where these records stand (they are not being checked)."""
        self._connection.execute(
            update(_R)
            .where(_R.c.id.in_(record_ids))
            .values(standing=standing, reason=reason, updated_at=now, due_at=now, lease_token="")
        )

    def restand(self, record_ids: Sequence[int], standing: Standing, reason: str, now: datetime) -> None:
        """Set where these records stand, except those that wait to be checked or are ignored."""
        fixed = [str(Standing.RECEIVED), str(Standing.IGNORED)]
        self._connection.execute(
            update(_R)
            .where(_R.c.id.in_(record_ids), _R.c.standing.not_in(fixed))
            .values(standing=standing, reason=reason, updated_at=now)
        )

    def accept(self, record_id: int, digest: str, now: datetime) -> None:
        """Take what the deal says now as what was synced: a person decided that NetSuite stays as it is."""
        self._connection.execute(
            update(_R)
            .where(_R.c.id == record_id)
            .values(planned_digest=digest, history_until=now, updated_at=now)
        )

    def override(self, record_id: int, edit: dict[str, Any], now: datetime) -> None:
        """Keep a person's structured edit beside the original payload."""
        text = json.dumps(edit, sort_keys=True, ensure_ascii=False)
        self._connection.execute(update(_R).where(_R.c.id == record_id).values(override=text, updated_at=now))

    def postpone(self, record_ids: Sequence[int], due_at: datetime) -> None:
        """Check these again later."""
        self._connection.execute(
            update(_R).where(_R.c.id.in_(record_ids)).values(due_at=due_at, lease_token="")
        )

    def counts(self) -> dict[Standing, int]:
        """How many records stand where."""
        rows = self._connection.execute(select(_R.c.standing, func.count()).group_by(_R.c.standing))
        return {Standing(standing): count for standing, count in rows}

    def events_of(self, record: SourceRecord) -> list[dict[str, Any]]:
        """Every version of a record that was seen, oldest first."""
        event = t.source_event
        rows = self._connection.execute(
            select(event)
            .where(
                event.c.system == record.source.system,
                event.c.object == record.source.object,
                event.c.object_id == record.source.id,
            )
            .order_by(event.c.id)
        )
        return [dict(row) for row in rows.mappings()]

    # -- aliases and cursors -------------------------------------------------------------------------------

    def add_alias(self, system: str, alias: Alias, now: datetime) -> bool:
        """Remember a merge. True when it is new."""
        where = (
            t.alias.c.system == system,
            t.alias.c.object == alias.object,
            t.alias.c.loser == alias.loser,
        )
        if self._connection.execute(select(t.alias.c.loser).where(*where)).first() is not None:
            self._connection.execute(update(t.alias).where(*where).values(winner=alias.winner))
            return False
        self._connection.execute(
            insert(t.alias).values(
                system=system, object=alias.object, loser=alias.loser, winner=alias.winner, seen_at=now
            )
        )
        return True

    def aliases(self) -> dict[tuple[str, str, str], str]:
        """(system, object, loser) → winner."""
        rows = self._connection.execute(select(t.alias))
        return {(row.system, row.object, row.loser): row.winner for row in rows}

    def cursor(self, source: str) -> str | None:
        """Where the last poll of a source ended."""
        query = select(t.cursor.c.value).where(t.cursor.c.source == source)
        value = self._connection.execute(query).scalar()
        return str(value) if value is not None else None

    def set_cursor(self, source: str, value: str, now: datetime) -> None:
        """Remember where a poll ended."""
        done = self._connection.execute(
            update(t.cursor).where(t.cursor.c.source == source).values(value=value, updated_at=now)
        )
        if done.rowcount == 0:
            self._connection.execute(insert(t.cursor).values(source=source, value=value, updated_at=now))
