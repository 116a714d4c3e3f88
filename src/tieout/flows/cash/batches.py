"""A booking of several payments that a statement tells as one line, and a notification with its details.

The line decides, whichever came first: details that come later only have it looked at again. So there is one place
where money is counted once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from tieout.domain.cash.bookings import Ambiguous, Booking, Told, gathered, linked, may_be, tied
from tieout.domain.cash.movements import Movement, MovementKind, Stage
from tieout.domain.lifecycle import Standing, State
from tieout.flows.cash.advices import TYING, Advices, LookAgain, is_advice
from tieout.flows.cash.remarks import case
from tieout.flows.cash_storage import MovementRow
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict

#: Key, beside what people enter, of the line a detail was tied to.
TIED = "line"
#: Statement and notification of one booking are at most so far apart.
_APART = timedelta(days=5)
_LEFT = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED})
#: Why a detail is ignored for good, with or without its line.
_DECIDED = frozenset({"by_decision", "before_cut_over", "deleted_at_source"})
#: A line of these is not a customer's money, however it is told.
_NOT_OURS = frozenset(
    {MovementKind.DISBURSEMENT, MovementKind.FEE, MovementKind.SUMMARY, MovementKind.INFORMATION}
)


def is_money(record: SourceRecord, movement: Movement) -> bool:
    """Whether the bank has booked it: on a statement, or as a detail of a line there, or somebody says so."""
    said = record.override.get(TIED) or (movement.booking is not None and record.override.get("distinct"))
    return movement.stage is Stage.BOOKED or bool(said and movement.stage is Stage.NOTIFIED)


def filled(unit: Unit, record: SourceRecord, movement: Movement) -> Movement:
    """Booked money without a word about whom it is of, with what a notification of the same booking has told: it came
    under the same identity, and the statement took its place.
    """
    if movement.booking is None or movement.booking.part or movement.booking.count > 1:
        return movement
    if movement.payer.names or movement.payer.identifiers or movement.texts or movement.references:
        return movement
    for event in reversed(unit.records.events_of(record)):
        said = decode_movement(json.loads(event["payload"])["movement"])
        if said.booking is not None and said.booking.part and said.amount == movement.amount:
            return replace(movement, payer=said.payer, texts=said.texts, references=said.references)
    return movement


def told_by(movement: Movement) -> str:
    """How the row of a movement names its booking."""
    booking = movement.booking
    return "" if booking is None else booking.shape + ("+" if booking.part else "")


def told_only(unit: Unit, record: SourceRecord, other: int) -> bool:
    """Whether another sighting of the same amount is no money beside this: it was only announced, or it is the line
    this detail was tied to.
    """
    found = unit.records.get(other)
    if found is None:
        return True
    announced = not is_money(found, decode_movement(found.raw["movement"]))
    return announced or found.source.id == record.override.get(TIED)


class Batches:
    """Lines and their details → verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._advices = Advices(context)

    def announced(self, unit: Unit, record: SourceRecord, movement: Movement, row: MovementRow) -> str:
        """Why what a notification tells is ignored until its line is there."""
        if is_advice(record, movement):
            return self._advices.judge(unit, record, row)
        if movement.booking is None or not movement.booking.part or not _ours(movement, row):
            return "no_cash_yet"
        return "booked_as_one" if self._doubles(unit, record, movement, row) else "no_cash_yet"

    def arrived(
        self, unit: Unit, record: SourceRecord, movement: Movement, row: MovementRow
    ) -> Verdict | None:
        """What it comes to that booked money may be told twice; None: nothing, it is judged as what it is. Raises
        `LookAgain` while something that could be mistaken for it may not have been judged yet.
        """
        booking, said = movement.booking, record.override
        if booking is None or not _ours(movement, row):
            return None
        if said.get("apply") or said.get("distinct") or said.get(TIED):
            return None
        if not booking.part:
            return self._line(unit, record, movement, booking, row)
        unit.cash.put_movement(row)
        doubles = self._doubles(unit, record, movement, row)
        return Verdict(standing=Standing.IGNORED, reason="booked_as_one") if doubles else None

    # -- details -------------------------------------------------------------------------------------------

    def _doubles(self, unit: Unit, record: SourceRecord, movement: Movement, row: MovementRow) -> bool:
        """Whether the line of this detail was booked as it stood. A line with a person is looked at again."""
        own, waiting, booked = _told(record, movement), [], False
        for other in self._others(unit, row, record):
            if _settled(other) or not may_be(_told(other, decode_movement(other.raw["movement"])), own):
                continue
            if _is_booked(unit, other):
                booked = True
            elif other.standing is Standing.CASE:
                waiting.append(other.id)
        unit.records.stand(waiting, Standing.RECEIVED, "", self._context.clock.now())
        return booked and not waiting

    # -- the line ------------------------------------------------------------------------------------------

    def _line(
        self, unit: Unit, record: SourceRecord, movement: Movement, booking: Booking, row: MovementRow
    ) -> Verdict | None:
        before = unit.cash.movement(record.id)
        unit.cash.put_movement(row)
        parts = unit.cash.of_booking(row, row.day - _APART, row.day + _APART, parts=True)
        details: list[Told] = []
        if sum(one.minor for one in parts) >= booking.amount.minor:
            details = self._details(unit, record, parts)
        others = self._others(unit, row, record)
        lines = [
            _told(one, decode_movement(one.raw["movement"]))
            for one in others
            if not _settled(one) and one.standing is not Standing.IGNORED and not _is_booked(unit, one)
        ]
        own = _told(record, movement)
        try:
            found = tied(own, lines, details)
        except Ambiguous:
            told = f"{len(lines) + 1} lines and {len([one for one in details if one.whole])} sets of details"
            told += f" of {movement.amount} about {row.day}; say of its details that they are money"
            told += " (`tieout payments distinct`) and ignore the line, or apply the line"
            expected = "a reference of the bank's that line and details share"
            return case(record, "batch_ambiguous", record.source.id, expected, told)
        if found is None:
            if booking.count <= 1:
                return None
            expected = "a notification (camt.054) with its details"
            told = f"{movement.amount} for {booking.count} payments, none of which is told"
            return case(record, "batch_unsplit", record.source.id, expected, told)
        if not linked(own, found) and (before is None or before.outcome != TYING):
            unit.cash.put_movement(replace(row, outcome=TYING))
            raise LookAgain
        self._tie(unit, record, found)
        facts: dict[str, object] = {"details": len(found.ids), "file": found.file}
        return Verdict(standing=Standing.IGNORED, reason="details_told", facts=facts, cancel=True)

    def _details(self, unit: Unit, record: SourceRecord, parts: Sequence[MovementRow]) -> list[Told]:
        """Details of other messages, together by booking, that are no other line's."""
        found = []
        for part in parts:
            other = unit.records.get(part.record_id)
            if other is None or other.override.get(TIED, record.source.id) != record.source.id:
                continue
            if other.standing is Standing.IGNORED and other.reason in _DECIDED:
                continue
            detail = decode_movement(other.raw["movement"])
            if detail.kind is not MovementKind.INFORMATION:  # pending: nothing is booked of it
                found.append(_told(other, detail))
        return gathered(found)

    def _tie(self, unit: Unit, record: SourceRecord, details: Told) -> None:
        now = self._context.clock.now()
        for other in filter(None, map(unit.records.get, details.ids)):
            if other.override.get(TIED) == record.source.id:
                continue
            unit.records.override(other.id, {**other.override, TIED: record.source.id}, now)
            if other.standing is Standing.IGNORED and other.reason in {"no_cash_yet", "booked_as_one"}:
                unit.records.stand([other.id], Standing.RECEIVED, "", now)

    @staticmethod
    def _others(unit: Unit, row: MovementRow, record: SourceRecord) -> list[SourceRecord]:
        """Other lines of this shape."""
        rows = unit.cash.of_booking(row, row.day - _APART, row.day + _APART, parts=False)
        found = [unit.records.get(one.record_id) for one in rows if one.record_id != record.id]
        return [one for one in found if one is not None]


def _told(record: SourceRecord, movement: Movement) -> Told:
    assert movement.booking is not None
    return Told(
        ids=(record.id,),
        booking=movement.booking,
        minor=movement.amount.minor if movement.credit else -movement.amount.minor,
        days=frozenset(one for one in (movement.booked, movement.value_date) if one is not None),
        file=movement.place.file,
        booked=movement.stage is Stage.BOOKED,
    )


def _ours(movement: Movement, row: MovementRow) -> bool:
    return movement.kind not in _NOT_OURS and row.day != date.min


def _settled(line: SourceRecord) -> bool:
    """Whether a line has found its details."""
    return line.standing is Standing.IGNORED and line.reason == "details_told"


def _is_booked(unit: Unit, line: SourceRecord) -> bool:
    documents = unit.documents.of_record(line.id)
    return any(one.internal_id or one.state in _LEFT for one in documents)
