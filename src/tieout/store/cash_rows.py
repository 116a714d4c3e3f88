"""Open items, reservations, movements, payer aliases and verdicts, on one connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, func, insert, or_, select, update

from tieout.domain.cash.evidence import Precision
from tieout.domain.cash.ledger import ItemKind, OpenItem, digits_of, plain
from tieout.domain.cash.payers import Alias
from tieout.domain.cash.references import Keys
from tieout.domain.cash.writing import letters_and_digits
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import State
from tieout.flows.cash_storage import MovementRow
from tieout.store import cash_tables as c
from tieout.store import tables as t

_I, _R, _M = c.open_item, c.reservation, c.movement
#: A reservation no longer counts once its document is here: applied, or never to be.
_OVER = (State.CONFIRMED.value, State.CANCELLED.value)
_UNDER_WAY = (State.SENDING.value, State.IN_DOUBT.value, State.WRITTEN.value)
_AT_ONCE = 400


class Cash:
    """Rows of cash application within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- open items ----------------------------------------------------------------------------------------

    def put_items(self, account: str, items: Sequence[OpenItem], as_of: datetime) -> None:
        """Insert or replace items as NetSuite had them at `as_of`; an older answer never replaces a newer one."""
        for start in range(0, len(items), _AT_ONCE):
            some = items[start : start + _AT_ONCE]
            ids = [item.id for item in some]
            mine = and_(_I.c.account == account, _I.c.internal_id.in_(ids))
            newer = set(
                self._connection.execute(select(_I.c.internal_id).where(mine, _I.c.as_of > as_of)).scalars()
            )
            self._connection.execute(delete(_I).where(mine, _I.c.as_of <= as_of))
            rows = [_values(account, item, as_of) for item in some if item.id not in newer]
            if rows:
                self._connection.execute(insert(_I), rows)

    def items(
        self, account: str, keys: Keys, customers: Iterable[InternalId], but: Sequence[int] = ()
    ) -> list[OpenItem]:
        """Items that these references or customers may mean, with what is reserved of them taken off; what the
        documents `but` have reserved counts as open.
        """
        found: dict[str, OpenItem] = {}
        for column, values in (
            (_I.c.number_digits, keys.digits),
            (_I.c.number_plain, keys.letters),
            (_I.c.external_key, keys.externals),
            (_I.c.po_key, keys.orders),
            (_I.c.customer, customers),
        ):
            for some in _portions(sorted(set(values) - {""})):
                found |= {item.id: item for item in self._read(account, column.in_(some), but)}
        return [found[key] for key in sorted(found)]

    def items_by_id(self, account: str, ids: Iterable[InternalId], but: Sequence[int] = ()) -> list[OpenItem]:
        """Items by internal id, as `items`."""
        return [
            item
            for some in _portions(sorted(set(ids)))
            for item in self._read(account, _I.c.internal_id.in_(some), but)
        ]

    def _read(self, account: str, condition: Any, but: Sequence[int]) -> list[OpenItem]:
        reserved = (
            select(_R.c.item_id, func.sum(_R.c.minor).label("minor"))
            .join(t.document, t.document.c.id == _R.c.document_id)
            .where(
                t.document.c.account == account,
                t.document.c.state.not_in(_OVER),
                _R.c.document_id.not_in(but),
            )
            .group_by(_R.c.item_id)
            .subquery()
        )
        query = (
            select(_I, func.coalesce(reserved.c.minor, 0).label("reserved"))
            .outerjoin(reserved, reserved.c.item_id == _I.c.internal_id)
            .where(_I.c.account == account, condition)
            .order_by(_I.c.internal_id)
        )
        return [_item(row) for row in self._connection.execute(query)]

    def prefixes(self, account: str) -> set[str]:
        """Letters that begin document numbers of this account."""
        # Numbers of one kind share their letters, so a sample of each kind tells them.
        found: set[str] = set()
        for kind in ItemKind:
            query = (
                select(_I.c.number)
                .where(_I.c.account == account, _I.c.kind == kind.value)
                .order_by(_I.c.internal_id.desc())
                .limit(_AT_ONCE)
            )
            found |= {
                letters_and_digits(number).letters for number in self._connection.execute(query).scalars()
            }
        return found

    def under_way(self, ids: Iterable[InternalId]) -> set[InternalId]:
        """Which of these items a payment is being applied to at this moment: what is open of them is not known."""
        found: set[InternalId] = set()
        for some in _portions(sorted(set(ids))):
            query = (
                select(_R.c.item_id)
                .join(t.document, t.document.c.id == _R.c.document_id)
                .where(_R.c.item_id.in_(some), t.document.c.state.in_(_UNDER_WAY))
            )
            found |= {InternalId(one) for one in self._connection.execute(query).scalars()}
        return found

    # -- reservations --------------------------------------------------------------------------------------

    def reserve(self, document_id: int, parts: Mapping[InternalId, int]) -> None:
        """A document takes these parts; what it reserved before is forgotten."""
        self._connection.execute(delete(_R).where(_R.c.document_id == document_id))
        rows = [{"document_id": document_id, "item_id": i, "minor": m} for i, m in parts.items() if m > 0]
        if rows:
            self._connection.execute(insert(_R), rows)

    def settle(
        self,
        account: str,
        document_id: int,
        taken: Mapping[InternalId, int],
        sent_at: datetime,
        now: datetime,
    ) -> None:
        """The document is confirmed: what it took is no longer open, what it gave back is. An item that was read after
        the call had been sent is as NetSuite told it; its reservation ends.
        """
        for item_id, minor in taken.items():
            rest = case((_I.c.open_minor > minor, _I.c.open_minor - minor), else_=0)
            self._connection.execute(
                update(_I)
                .where(_I.c.account == account, _I.c.internal_id == item_id, _I.c.as_of <= sent_at)
                .values(open_minor=rest, as_of=now)
            )
        self._connection.execute(delete(_R).where(_R.c.document_id == document_id))

    # -- movements -----------------------------------------------------------------------------------------

    def put_movement(self, row: MovementRow) -> None:
        """Insert or replace what is known of a movement."""
        values = {
            "source_record_id": row.record_id,
            "route": row.route,
            "kind": row.kind,
            "bank_account": row.bank_account,
            "currency": row.currency,
            "minor": row.minor,
            "day": row.day.isoformat(),
            "customer": row.customer,
            "payer": row.payer,
            "outcome": row.outcome,
            "automatic": row.automatic,
            "matched_at": row.matched_at,
            "booking": row.booking,
        }
        self._connection.execute(delete(_M).where(_M.c.source_record_id == row.record_id))
        self._connection.execute(insert(_M).values(values))

    def movement(self, record_id: int) -> MovementRow | None:
        """One movement."""
        row = self._connection.execute(select(_M).where(_M.c.source_record_id == record_id)).first()
        return _movement(row) if row else None

    def movements(self, since: date | None = None, until: date | None = None) -> list[MovementRow]:
        """Movements of these days (half-open), oldest first."""
        query = select(_M).order_by(_M.c.day, _M.c.source_record_id)
        if since is not None:
            query = query.where(_M.c.day >= since.isoformat())
        if until is not None:
            query = query.where(_M.c.day < until.isoformat())
        return [_movement(row) for row in self._connection.execute(query)]

    def sighted_elsewhere(self, row: MovementRow, first: date, last: date) -> list[int]:
        """Other inputs of the same money (bank account, currency, amount, about the day) by another route."""
        query = select(_M.c.source_record_id).where(
            _M.c.bank_account == row.bank_account,
            _M.c.currency == row.currency,
            _M.c.minor == row.minor,
            _M.c.kind == row.kind,
            _M.c.day.between(first.isoformat(), last.isoformat()),
            _M.c.route != row.route,
            _M.c.source_record_id != row.record_id,
        )
        return [int(one) for one in self._connection.execute(query.order_by(_M.c.source_record_id)).scalars()]

    def receipts(self, currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs that are receipts of this amount about these days: what a return may take back."""
        query = select(_M.c.source_record_id).where(
            _M.c.kind == "receipt",
            _M.c.currency == currency,
            _M.c.minor == minor,
            _M.c.day.between(first.isoformat(), last.isoformat()),
        )
        return [int(one) for one in self._connection.execute(query.order_by(_M.c.source_record_id)).scalars()]

    def payouts(self, currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs that are payouts of this amount about these days."""
        query = select(_M.c.source_record_id).where(
            _M.c.kind == "disbursement",
            _M.c.currency == currency,
            _M.c.minor == minor,
            _M.c.day.between(first.isoformat(), last.isoformat()),
        )
        return [int(one) for one in self._connection.execute(query.order_by(_M.c.source_record_id)).scalars()]

    def advices(self, routes: Sequence[str], currency: str, minor: int, first: date, last: date) -> list[int]:
        """Inputs of these routes about this amount about these days."""
        query = select(_M.c.source_record_id).where(
            _M.c.currency == currency,
            _M.c.minor == minor,
            _M.c.route.in_(routes),
            _M.c.day.between(first.isoformat(), last.isoformat()),
        )
        return [int(one) for one in self._connection.execute(query.order_by(_M.c.source_record_id)).scalars()]

    def of_booking(self, row: MovementRow, first: date, last: date, *, parts: bool) -> list[MovementRow]:
        """Lines, or parts, of bookings of the same account, currency, side and amount about these days."""
        shape = row.booking.removesuffix("+")
        query = select(_M).where(
            _M.c.bank_account == row.bank_account,
            _M.c.currency == row.currency,
            _M.c.booking == (f"{shape}+" if parts else shape),
            _M.c.day.between(first.isoformat(), last.isoformat()),
        )
        return [_movement(one) for one in self._connection.execute(query.order_by(_M.c.source_record_id))]

    # -- aliases and verdicts ------------------------------------------------------------------------------

    def aliases(self, identifiers: Iterable[tuple[str, str]]) -> list[Alias]:
        """Active aliases of these identifiers."""
        a = c.payer_alias
        pairs = [and_(a.c.scheme == scheme, a.c.value == value) for scheme, value in sorted(set(identifiers))]
        found: list[Alias] = []
        for some in _portions(pairs, 100):
            query = select(a).where(a.c.active, or_(*some)).order_by(a.c.id)
            found += [_alias(row) for row in self._connection.execute(query)]
        return found

    def teach(self, alias: Alias) -> bool:
        """Add an alias. False when it is active already."""
        known = self.aliases([(alias.scheme, alias.value)])
        if any(one.customer == alias.customer for one in known):
            return False
        self._connection.execute(
            insert(c.payer_alias).values(
                scheme=alias.scheme,
                value=alias.value,
                customer=alias.customer,
                taught_by=alias.taught_by,
                taught_at=alias.taught_at,
                evidence=alias.evidence,
                active=True,
            )
        )
        return True

    def unlearn(self, scheme: str, value: str, customer: InternalId, by: str, now: datetime) -> bool:
        """End an alias. False when there is none that is active."""
        a = c.payer_alias
        done = self._connection.execute(
            update(a)
            .where(a.c.scheme == scheme, a.c.value == value, a.c.customer == customer, a.c.active)
            .values(active=False, unlearned_by=by, unlearned_at=now)
        )
        return done.rowcount > 0

    def all_aliases(self) -> list[Alias]:
        """Every alias, ended ones included, oldest first."""
        return [
            _alias(row)
            for row in self._connection.execute(select(c.payer_alias).order_by(c.payer_alias.c.id))
        ]

    def add_verdict(self, record_id: int, signature: str, *, right: bool, by: str, now: datetime) -> None:
        """Append a person's verdict on a match."""
        values = {"source_record_id": record_id, "signature": signature, "right": right, "by": by, "at": now}
        self._connection.execute(insert(c.match_verdict).values(values))

    def found_wrong(self) -> set[int]:
        """Inputs whose last verdict says that the match was wrong."""
        v = c.match_verdict
        query = select(v.c.source_record_id, v.c.right).order_by(v.c.id)
        last = {int(record_id): bool(right) for record_id, right in self._connection.execute(query)}
        return {record_id for record_id, right in last.items() if not right}

    def precision(self) -> dict[str, Precision]:
        """Decided matches by signature."""
        v = c.match_verdict
        query = select(v.c.signature, v.c.right, func.count()).group_by(v.c.signature, v.c.right)
        found: dict[str, Precision] = {}
        for signature, right, count in self._connection.execute(query):
            known = found.get(signature, Precision())
            found[signature] = (
                Precision(known.right + count, known.wrong)
                if right
                else Precision(known.right, known.wrong + count)
            )
        return found


def _portions(values: Sequence[Any], size: int = _AT_ONCE) -> list[Sequence[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _values(account: str, item: OpenItem, as_of: datetime) -> dict[str, Any]:
    return {
        "account": account,
        "internal_id": item.id,
        "kind": item.kind.value,
        "customer": item.customer,
        "number": item.number,
        "number_digits": digits_of(item.number),
        "number_plain": plain(item.number),
        "external_id": item.external_id,
        "external_key": item.external_id.lower(),
        "po_number": item.po_number,
        "po_key": plain(item.po_number),
        "currency": item.currency,
        "total_minor": item.total_minor,
        "open_minor": item.open_minor,
        "day": item.day.isoformat(),
        "due": item.due.isoformat() if item.due else None,
        "subsidiary": item.subsidiary,
        "receivables": item.receivables,
        "approved": item.approved,
        "disputed": item.disputed,
        "discount_minor": item.discount_minor,
        "discount_until": item.discount_until.isoformat() if item.discount_until else None,
        "made_from": item.made_from or "",
        "as_of": as_of,
    }


def _item(row: Row[Any]) -> OpenItem:
    return OpenItem(
        id=InternalId(row.internal_id),
        kind=ItemKind(row.kind),
        customer=InternalId(row.customer),
        number=row.number,
        currency=row.currency,
        total_minor=row.total_minor,
        open_minor=max(0, row.open_minor - int(row.reserved)),
        day=date.fromisoformat(row.day),
        due=date.fromisoformat(row.due) if row.due else None,
        external_id=row.external_id,
        po_number=row.po_number,
        subsidiary=row.subsidiary,
        receivables=row.receivables,
        approved=row.approved,
        disputed=row.disputed,
        discount_minor=row.discount_minor,
        discount_until=date.fromisoformat(row.discount_until) if row.discount_until else None,
        made_from=InternalId(row.made_from) if row.made_from else None,
    )


def _movement(row: Row[Any]) -> MovementRow:
    return MovementRow(
        record_id=row.source_record_id,
        route=row.route,
        kind=row.kind,
        bank_account=row.bank_account,
        currency=row.currency,
        minor=row.minor,
        day=date.fromisoformat(row.day),
        customer=row.customer,
        payer=row.payer,
        outcome=row.outcome,
        automatic=row.automatic,
        matched_at=row.matched_at,
        booking=row.booking,
    )


def _alias(row: Row[Any]) -> Alias:
    return Alias(
        scheme=row.scheme,
        value=row.value,
        customer=InternalId(row.customer),
        taught_by=row.taught_by,
        taught_at=row.taught_at,
        evidence=row.evidence,
        active=row.active,
    )
