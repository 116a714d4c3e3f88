"""Remittance advices whose money comes by another way (X12 820): kept, and read with the payment they speak of.

An advice moves no money, so it is never booked. It waits, in sight, until a payment of exactly its amount carries its
trace number or its payer's identifier; then what it names is matched as if the payment had said it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tieout.domain.cash.advices import Proof, proof
from tieout.domain.cash.movements import Movement, MovementKind, Stage
from tieout.domain.cash.payments import references_of
from tieout.domain.lifecycle import Standing, State
from tieout.flows.cash.remarks import day_of
from tieout.flows.cash_storage import MovementRow
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Unit

#: Formats that are advices.
_ROUTES = frozenset({"x12-820"})
#: Advice and money are at most so far apart.
_APART = timedelta(days=10)
#: Key, beside what people enter, of the payment an advice was read with.
_ADVISES = "payment"
_LEFT = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED})

AWAITS, JOINED = "advice_awaits_money", "advice_joined"


#: Outcome of what goes with the only one that fits, unless an equal one comes to light in the next look.
TYING = "tying"


class LookAgain(Exception):
    """What came in together has to be judged first."""


def is_advice(record: SourceRecord, movement: Movement) -> bool:
    """Whether this is an advice, which no bank has booked."""
    return movement.stage is Stage.NOTIFIED and str(record.raw.get("route", "")) in _ROUTES


class Advices:
    """Advices and their payments."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def judge(self, unit: Unit, record: SourceRecord, row: MovementRow) -> str:
        """Why an advice is ignored: it was read with its payment, or waits for it. A payment that waits for a person
        is looked at again.
        """
        day = self._context.clock.now().date() if row.day == date.min else row.day
        unit.cash.put_movement(replace(row, day=day))
        if record.override.get(_ADVISES):
            return JOINED
        ids = unit.cash.receipts(row.currency, row.minor, day - _APART, day + _APART)
        for other in filter(None, map(unit.records.get, ids)):
            payment = decode_movement(other.raw["movement"])
            advice = self._advice_of(unit, other, payment) if payment.stage is Stage.BOOKED else None
            if advice is None or advice.id != record.id:
                continue
            booked = [d for d in unit.documents.of_record(other.id) if d.internal_id or d.state in _LEFT]
            if booked or other.standing is Standing.PLANNED:
                self._join(unit, other, record)
                return JOINED
            if other.standing is Standing.CASE:
                unit.records.stand([other.id], Standing.RECEIVED, "", self._context.clock.now())
        return AWAITS

    def completed(self, unit: Unit, record: SourceRecord, payment: Movement, row: MovementRow) -> Movement:
        """The payment with what its advice names; as it is, when it has none, or more than one that fits. Raises
        `LookAgain` while a payment that fits as well may not have been judged yet.
        """
        advice = self._advice_of(unit, record, payment) if payment.kind is MovementKind.RECEIPT else None
        if advice is None:
            return payment
        said = decode_movement(advice.raw["movement"])
        if proof(said, payment) is not Proof.TRACE and advice.override.get(_ADVISES) is None:
            before = unit.cash.movement(record.id)
            if before is None or before.outcome != TYING:
                unit.cash.put_movement(replace(row, outcome=TYING))
                raise LookAgain
        self._join(unit, record, advice)
        unit.records.stand([advice.id], Standing.IGNORED, JOINED, self._context.clock.now())
        return replace(payment, references=(*references_of(payment), *references_of(said)), texts_read=True)

    def _join(self, unit: Unit, record: SourceRecord, advice: SourceRecord) -> None:
        now = self._context.clock.now()
        if advice.override.get(_ADVISES) != record.source.id:
            unit.records.override(advice.id, {**advice.override, _ADVISES: record.source.id}, now)
            unit.journal.add("advice_joined", now, record=record.id, data={"advice": advice.source.id})

    def _advice_of(self, unit: Unit, record: SourceRecord, payment: Movement) -> SourceRecord | None:
        """The one advice of a payment: by its trace, else by its payer when no other payment fits it as well."""
        found: dict[Proof, list[SourceRecord]] = {}
        for advice in _around(unit, payment):
            said = decode_movement(advice.raw["movement"])
            joined = advice.override.get(_ADVISES)
            if joined == record.source.id:
                return advice
            if joined is None and is_advice(advice, said):
                found.setdefault(proof(said, payment), []).append(advice)
        fit = found.get(Proof.TRACE) or found.get(Proof.PAYER) or []
        if len(fit) != 1:
            return None
        return None if self._rivals(unit, record, payment, fit[0]) else fit[0]

    @staticmethod
    def _rivals(unit: Unit, record: SourceRecord, payment: Movement, advice: SourceRecord) -> bool:
        """Whether another payment fits the advice as well."""
        said = decode_movement(advice.raw["movement"])
        mine, day, amount = proof(said, payment), day_of(payment), payment.amount
        ids = unit.cash.receipts(amount.currency, amount.minor, day - _APART, day + _APART)
        others = [unit.records.get(one) for one in ids if one != record.id]
        told = [decode_movement(one.raw["movement"]) for one in others if one is not None]
        return any(one.stage is Stage.BOOKED and proof(said, one) >= mine for one in told)


def _around(unit: Unit, payment: Movement) -> list[SourceRecord]:
    day, amount = day_of(payment), payment.amount
    if day == date.min:
        return []
    ids = unit.cash.advices(sorted(_ROUTES), amount.currency, amount.minor, day - _APART, day + _APART)
    return [one for one in map(unit.records.get, ids) if one is not None]


def advice_for(unit: Unit, record: SourceRecord, payment: Movement) -> tuple[str, ...]:
    """What the advice that was read with a payment says."""
    for advice in _around(unit, payment):
        if advice.override.get(_ADVISES) == record.source.id:
            return decode_movement(advice.raw["movement"]).texts
    return ()
