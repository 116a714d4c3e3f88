"""Documents and their needs: inserted with a claim, moved only along the transition table, always fenced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from tieout.domain.ids import ClaimKey, ExternalId, InternalId
from tieout.domain.lifecycle import TRANSITIONS, UNSENT, Move, Standing, State, target_of
from tieout.domain.planning import StepKind
from tieout.flows.codec import decode_draft
from tieout.flows.rows import Document
from tieout.store import tables as t

_D = t.document
_N = t.need
_T = t.customer_trait


def document_of(row: Row[Any]) -> Document:
    """The document of a row."""
    kind = StepKind(row.kind)
    return Document(
        id=row.id,
        kind=kind,
        claim=ClaimKey(row.claim),
        account=row.account,
        external_id=ExternalId(row.external_id) if row.external_id else None,
        source_record_id=row.source_record_id,
        state=State(row.state),
        draft=decode_draft(kind, row.draft),
        payload_hash=row.payload_hash,
        attempts=row.attempts,
        internal_id=InternalId(row.internal_id) if row.internal_id else None,
        number=row.number,
        due_at=row.due_at,
        cleared_at=row.cleared_at,
        sent_at=row.sent_at,
        doubt_until=row.doubt_until,
        doubt=row.doubt,
        waived=frozenset(row.waived.split()),
        lease_token=row.lease_token,
        lease_expires_at=row.lease_expires_at,
        correlation=row.correlation,
    )


# The deal a document was planned for was received anew: nothing leaves on its old version until it is judged.
_NEWER_WAITS = exists(
    select(t.source_record.c.id).where(
        t.source_record.c.id == _D.c.source_record_id, t.source_record.c.standing == Standing.RECEIVED
    )
)
# Built once: composing a statement costs more than running it.
_WHERE_DUE = (
    _D.c.account == bindparam("account"),
    _D.c.state == bindparam("state"),
    _D.c.kind.in_(bindparam("kinds", expanding=True)),
    _D.c.due_at <= bindparam("now"),
    or_(
        _D.c.lease_token == literal_column("''"),
        _D.c.lease_expires_at.is_(None),
        _D.c.lease_expires_at <= bindparam("now"),
    ),
    or_(_D.c.state.not_in(sorted(UNSENT)), ~_NEWER_WAITS),
)
_DUE = select(_D).where(*_WHERE_DUE).order_by(_D.c.id).limit(bindparam("limit"))
_ANY_DUE = select(_D.c.id).where(*_WHERE_DUE).limit(bindparam("limit"))

# Asked many times a minute: it must look at what is under way only, not at all that was ever done.
_COUNT = (
    select(func.count())
    .select_from(_D)
    .where(_D.c.account == bindparam("account"), _D.c.state.in_(bindparam("states", expanding=True)))
)


def _due_values(
    account: str, state: State, kinds: Iterable[StepKind], now: datetime, limit: int
) -> dict[str, Any]:
    return {
        "account": account,
        "state": str(state),
        "kinds": [str(k) for k in kinds],
        "now": now,
        "limit": limit,
    }


class Documents:
    """Rows of the table `document` within one transaction."""

    def __init__(self, connection: Connection, steps: list[str]) -> None:
        self._connection = connection
        self._steps = steps

    def _all(self, query: Select[Any]) -> list[Document]:
        return [document_of(row) for row in self._connection.execute(query)]

    # -- reading -------------------------------------------------------------------------------------------

    def get(self, document_id: int) -> Document | None:
        """One document."""
        return next(iter(self._all(select(_D).where(_D.c.id == document_id))), None)

    def by_claims(self, claims: Iterable[ClaimKey]) -> dict[ClaimKey, Document]:
        """Documents of these claims."""
        query = select(_D).where(_D.c.claim.in_(list(claims)))
        return {document.claim: document for document in self._all(query)}

    def latest_change(self, customer: ClaimKey) -> Document | None:
        """The last update planned for the customer of this claim, cancelled ones left out."""
        created = select(_D.c.id).where(_D.c.claim == customer)
        dependants = select(_N.c.document_id).where(_N.c.needs_id.in_(created))
        query = (
            select(_D)
            .where(
                _D.c.kind == StepKind.UPDATE_CUSTOMER, _D.c.state != State.CANCELLED, _D.c.id.in_(dependants)
            )
            .order_by(_D.c.id.desc())
            .limit(1)
        )
        return next(iter(self._all(query)), None)

    def by_external_key(self, account: str, group: str, external_id: str) -> Document | None:
        """The document that has taken this external id (without regard to case) in this group."""
        key = external_key(account, group, external_id)
        return next(iter(self._all(select(_D).where(_D.c.external_key == key))), None)

    def by_any_id(self, some_id: str) -> list[Document]:
        """Documents with this external id, internal id or document number."""
        where = or_(_D.c.external_id == some_id, _D.c.internal_id == some_id, _D.c.number == some_id)
        return self._all(select(_D).where(where).order_by(_D.c.id))

    def of_record(self, source_record_id: int) -> list[Document]:
        """All documents of a deal's plan, shared ones included, in the order they were planned."""
        parts = select(t.part.c.document_id).where(t.part.c.source_record_id == source_record_id)
        return self._all(select(_D).where(_D.c.id.in_(parts)).order_by(_D.c.id))

    def records_of(self, document_ids: Sequence[int]) -> set[int]:
        """The deals whose plans contain any of these documents."""
        query = select(t.part.c.source_record_id).where(t.part.c.document_id.in_(document_ids))
        return set(self._connection.execute(query).scalars())

    def states_of(self, record_ids: Iterable[int]) -> dict[int, list[tuple[int, State]]]:
        """For each deal, the NetSuite documents of its plan (write-backs do not count) and their states."""
        query = (
            select(t.part.c.source_record_id, _D.c.id, _D.c.state)
            .join(_D, _D.c.id == t.part.c.document_id)
            .where(t.part.c.source_record_id.in_(list(record_ids)), _D.c.kind != StepKind.WRITE_BACK)
            .order_by(_D.c.id)
        )
        found: dict[int, list[tuple[int, State]]] = {}
        for record_id, document_id, state in self._connection.execute(query):
            found.setdefault(record_id, []).append((document_id, State(state)))
        return found

    def needs_of(self, document_ids: Sequence[int]) -> dict[int, dict[ClaimKey, InternalId | None]]:
        """For each document, the claims it needs and the internal ids they came to."""
        query = (
            select(_N.c.document_id, _D.c.claim, _D.c.internal_id)
            .join(_D, _D.c.id == _N.c.needs_id)
            .where(_N.c.document_id.in_(document_ids))
        )
        found: dict[int, dict[ClaimKey, InternalId | None]] = {one: {} for one in document_ids}
        for document_id, claim, internal_id in self._connection.execute(query):
            found[document_id][ClaimKey(claim)] = InternalId(internal_id) if internal_id else None
        return found

    def due(
        self, account: str, state: State, kinds: Iterable[StepKind], now: datetime, limit: int
    ) -> list[Document]:
        """Unleased documents in `state` that are due, oldest first."""
        values = _due_values(account, state, kinds, now, limit)
        return [document_of(row) for row in self._connection.execute(_DUE, values)]

    def any_due(self, account: str, state: State, kinds: Iterable[StepKind], now: datetime) -> bool:
        """Whether `due` would find anything; much cheaper than asking for it."""
        values = _due_values(account, state, kinds, now, 1)
        return self._connection.execute(_ANY_DUE, values).first() is not None

    def expired(self, account: str, now: datetime) -> list[Document]:
        """Documents being sent whose lease ran out: whoever sent them is gone."""
        lease = or_(_D.c.lease_expires_at.is_(None), _D.c.lease_expires_at <= now)
        return self._all(select(_D).where(_D.c.account == account, _D.c.state == State.SENDING, lease))

    def count(self, account: str, states: Iterable[State]) -> int:
        """How many documents are in one of these states."""
        values = {"account": account, "states": [str(state) for state in states]}
        return int(self._connection.execute(_COUNT, values).scalar_one())

    def lost(self, account: str) -> int:
        """How many calls are in doubt because no answer came: NetSuite may still be working on them."""
        where = (_D.c.account == account, _D.c.state == State.IN_DOUBT, _D.c.doubt == "lost")
        return int(self._connection.execute(select(func.count()).select_from(_D).where(*where)).scalar_one())

    def next_due(self, states: Iterable[State]) -> datetime | None:
        """The earliest instant at which a document in one of these states becomes due."""
        query = select(func.min(_D.c.due_at)).where(_D.c.state.in_([str(state) for state in states]))
        row = self._connection.execute(query).scalar()
        return t.Instant().process_result_value(row, self._connection.dialect) if row else None

    # -- writing -------------------------------------------------------------------------------------------

    def insert(self, values: Mapping[str, Any], needs: Sequence[int]) -> int:
        """A new document (already in the state its needs allow) with its edges. Returns its id."""
        document_id = self._connection.execute(insert(_D).values(**values).returning(_D.c.id)).scalar_one()
        if needs:
            rows = [{"document_id": document_id, "needs_id": one} for one in needs]
            self._connection.execute(insert(_N), rows)
        planned = Move.PLAN_WAITING if values["state"] == State.WAITING else Move.PLAN_READY
        self._done(planned, done=True)
        return int(document_id)

    def add_part(self, source_record_id: int, document_id: int) -> None:
        """Make a document part of a deal's plan; harmless when it is already."""
        there = select(t.part.c.document_id).where(
            t.part.c.source_record_id == source_record_id, t.part.c.document_id == document_id
        )
        if self._connection.execute(there).first() is None:
            values = {"source_record_id": source_record_id, "document_id": document_id}
            self._connection.execute(insert(t.part).values(**values))

    def move(self, document: Document, move: Move, now: datetime, **values: Any) -> bool:
        """Take one transition, fenced: only while the row is as `document` says and the lease is ours.

        False means the fence was lost: somebody else moved it, and what we know is evidence only.
        """
        target = target_of(move, document.state)
        statement = (
            update(_D)
            .where(_D.c.id == document.id, _D.c.state == document.state, self._fence(document))
            .values(state=target, updated_at=now, **values)
            .returning(_D.c.id)
        )
        return self._done(move, done=self._connection.execute(statement).first() is not None)

    def _done(self, move: Move, *, done: bool) -> bool:
        if done:
            self._steps.append(move)
        return done

    @staticmethod
    def _fence(document: Document) -> ColumnElement[bool]:
        return _D.c.lease_token == document.lease_token

    def lease(self, documents: Sequence[Document], token: str, until: datetime) -> list[Document]:
        """Take the leases of rows that are still as we read them. Returns those, as they are now."""
        alike: dict[tuple[State, str], list[int]] = {}
        for document in documents:
            alike.setdefault((document.state, document.lease_token), []).append(document.id)
        leased: list[int] = []
        for (state, held), ids in alike.items():
            statement = (
                update(_D)
                .where(_D.c.id.in_(ids), _D.c.state == state, _D.c.lease_token == held)
                .values(lease_token=token, lease_expires_at=until)
                .returning(_D.c.id)
            )
            leased += self._connection.execute(statement).scalars()
        return self._all(select(_D).where(_D.c.id.in_(leased)).order_by(_D.c.id)) if leased else []

    def begin(
        self, documents: Sequence[Document], move: Move, now: datetime, token: str, until: datetime
    ) -> list[Document]:
        """Begin an attempt of each of these, fenced as by `move`, under a lease. Returns those begun, as they are
        now, in the order given.
        """
        alike: dict[tuple[State, str], list[int]] = {}
        for document in documents:
            alike.setdefault((document.state, document.lease_token), []).append(document.id)
        begun: dict[int, Document] = {}
        for (state, held), ids in alike.items():
            statement = (
                update(_D)
                .where(_D.c.id.in_(ids), _D.c.state == state, _D.c.lease_token == held)
                .values(
                    state=target_of(move, state),
                    updated_at=now,
                    attempts=_D.c.attempts + 1,
                    sent_at=now,
                    lease_token=token,
                    lease_expires_at=until,
                )
                .returning(_D)
            )
            begun |= {row.id: document_of(row) for row in self._connection.execute(statement)}
        self._done(move, done=bool(begun))
        return [begun[document.id] for document in documents if document.id in begun]

    def postpone(self, document: Document, due_at: datetime) -> bool:
        """Look at it again later, in the same state; the lease is given up."""
        statement = (
            update(_D)
            .where(_D.c.id == document.id, _D.c.state == document.state, self._fence(document))
            .values(due_at=due_at, lease_token="", lease_expires_at=None)
            .returning(_D.c.id)
        )
        return self._connection.execute(statement).first() is not None

    def unblock(self, confirmed: Sequence[int], now: datetime) -> list[int]:
        """Documents that waited for these and now have all they need become ready. Returns their ids."""
        dependants = select(_N.c.document_id).where(_N.c.needs_id.in_(confirmed))
        return self._unblock(_D.c.id.in_(dependants), now) if confirmed else []

    def unblock_ready(self, document_ids: Sequence[int], now: datetime) -> list[int]:
        """Those of these documents that wait although all they need is confirmed become ready."""
        return self._unblock(_D.c.id.in_(document_ids), now) if document_ids else []

    def _unblock(self, which: ColumnElement[bool], now: datetime) -> list[int]:
        other = _D.alias("other")
        unmet = exists(
            select(_N.c.document_id)
            .join(other, other.c.id == _N.c.needs_id)
            .where(_N.c.document_id == _D.c.id, other.c.state != State.CONFIRMED)
        )
        statement = (
            update(_D)
            .where(and_(_D.c.state == State.WAITING, which, ~unmet))
            .values(state=TRANSITIONS[Move.UNBLOCK].target, due_at=now, updated_at=now)
            .returning(_D.c.id)
        )
        ready = [row.id for row in self._connection.execute(statement)]
        self._done(Move.UNBLOCK, done=bool(ready))
        return ready

    def replan(
        self, document: Document, values: Mapping[str, Any], needs: Sequence[int], now: datetime
    ) -> bool:
        """A new draft, with new needs, for a document nothing was sent of yet. False when it has left meanwhile."""
        target_of(Move.REPLAN, document.state)
        allowed = [str(state) for state in TRANSITIONS[Move.REPLAN].sources]
        statement = (
            update(_D)
            .where(_D.c.id == document.id, _D.c.state.in_(allowed), self._fence(document))
            .values(
                state=TRANSITIONS[Move.REPLAN].target,
                updated_at=now,
                due_at=now,
                cleared_at=None,
                attempts=0,
                # whoever is looking it up decided about the old draft: its fence must fail
                lease_token="",
                lease_expires_at=None,
                **values,
            )
            .returning(_D.c.id)
        )
        done = self._connection.execute(statement).first() is not None
        if done:
            self._connection.execute(delete(_N).where(_N.c.document_id == document.id))
            if needs:
                rows = [{"document_id": document.id, "needs_id": one} for one in needs]
                self._connection.execute(insert(_N), rows)
        return self._done(Move.REPLAN, done=done)

    # -- what customers can be recognised by ---------------------------------------------------------------

    def note_traits(self, document_id: int, traits: Iterable[tuple[str, str]]) -> None:
        """What the customer of this document can be recognised by, replacing what was noted."""
        self._connection.execute(delete(_T).where(_T.c.document_id == document_id))
        rows = [{"document_id": document_id, "trait": trait, "value": value} for trait, value in traits]
        if rows:
            self._connection.execute(insert(_T), rows)

    def with_traits(self, account: str, traits: Iterable[tuple[str, str]]) -> list[Document]:
        """Customers of ours that have any of these traits, cancelled ones left out."""
        wanted = [and_(_T.c.trait == trait, _T.c.value == value) for trait, value in traits]
        if not wanted:
            return []
        ids = select(_T.c.document_id).where(or_(*wanted))
        query = select(_D).where(_D.c.id.in_(ids), _D.c.account == account, _D.c.state != State.CANCELLED)
        return [document_of(row) for row in self._connection.execute(query.order_by(_D.c.id))]


def external_key(account: str, group: str, external_id: str) -> str:
    """The uniqueness key of an external id: NetSuite's group, without regard to case."""
    return f"{account}|{group}|{external_id.lower()}"
