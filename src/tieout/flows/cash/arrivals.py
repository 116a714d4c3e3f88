"""When a line of a bank file is the arrival of a payout, and none of a customer's payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.cash.payouts import PayoutAccounts
from tieout.domain.lifecycle import Standing
from tieout.flows.cash.remarks import case
from tieout.flows.codec import decode_movement
from tieout.flows.context import Context
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit
from tieout.flows.verdict import Verdict

#: The bank books a payout within so many days of the day its processor names.
APART = timedelta(days=5)

#: Key, beside what people enter, of the payout a line of the bank's was tied to.
ARRIVAL = "payout"


class Arrival:
    """A line of a bank file as the arrival of a payout."""

    def __init__(self, movement: Movement) -> None:
        self._movement = movement
        self.day = movement.value_date or movement.booked or date.min
        said = [*movement.texts, *movement.payer.names, *(one.text for one in movement.references)]
        said += [movement.bank_reference, movement.customer_reference]
        self._text = " ".join(" ".join(said).upper().split())

    def names(self, word: str) -> bool:
        """Whether the bank's line has this word, or this number, in it."""
        word = " ".join(word.upper().split())
        return bool(word) and word in self._text

    def is_of(self, payout: Movement, accounts: PayoutAccounts) -> bool:
        """Amount to the cent, the day, and something that names it: its trace, its descriptor, its processor."""
        content = payout.payout
        if content is None or payout.credit or payout.amount != self._movement.amount:
            return False
        if abs(self.day - content.arrival) > APART:
            return False
        return any(
            self.names(one) for one in (payout.bank_reference, payout.customer_reference, accounts.says)
        )

    def told_apart(self, payouts: Sequence[Movement]) -> int | None:
        """Which of several payouts that fit it is: the one it names (by trace, id or a descriptor of its own), else the
        only one that arrives on its very day. None: nobody can say.
        """
        for words in (
            [one.bank_reference for one in payouts],
            [one.identity for one in payouts],
            [one.customer_reference for one in payouts],
        ):
            named = [number for number, word in enumerate(words) if self.names(word)]
            if len(named) == 1:
                return named[0]
        days = [one.payout.arrival for one in payouts if one.payout is not None]
        return days.index(self.day) if days.count(self.day) == 1 else None


class Arrivals:
    """The bank's side of payouts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def arrived(
        self, unit: Unit, record: SourceRecord, movement: Movement, existing: Sequence[Document]
    ) -> Verdict | None:
        """A line of the bank's that is a payout: it is none of a customer's payments. None: it is no payout."""
        policy = self._context.policy.cash
        if policy is None or record.override.get("distinct") or movement.kind is not MovementKind.RECEIPT:
            return None
        balances = {
            name: bank.payouts
            for name, bank in policy.accounts.items()
            if bank.payouts is not None and bank.payouts.bank == movement.account
        }
        if not balances:
            return None
        told = Arrival(movement)
        amount, fits = movement.amount, self._fits(unit, record, movement, balances)
        if len(fits) > 1:
            only = told.told_apart([payout for _, payout in fits])
            if only is None:
                names = " and ".join(f"{other.source.id} of {_arrival(payout)}" for other, payout in fits)
                expected = "a line that names its payout, or comes on the day of one only"
                return case(record, "payout_ambiguous", record.source.id, expected, f"{names} fit")
            fits = [fits[only]]
        for other, _ in fits:
            facts: dict[str, object] = {"payout": other.source.id, "arrival": str(told.day)}
            now = self._context.clock.now()
            unit.records.override(record.id, {**record.override, ARRIVAL: other.source.id}, now)
            return Verdict(
                standing=Standing.IGNORED, reason="payout_arrived", facts=facts, cancel=bool(existing)
            )
        if not any(told.names(accounts.says) for accounts in balances.values()):
            return None
        expected = f"a payout of {amount} that arrived about {told.day}"
        return case(record, "payout_awaited", record.source.id, expected, "none that is known and paid")

    @staticmethod
    def _fits(
        unit: Unit, record: SourceRecord, movement: Movement, balances: Mapping[str, PayoutAccounts]
    ) -> list[tuple[SourceRecord, Movement]]:
        """Payouts this line may be the arrival of, and no other line is (failed ones if there are no others)."""
        told, amount = Arrival(movement), movement.amount
        first, last = told.day - APART * 3, told.day + APART * 3
        lines = map(unit.records.get, unit.cash.receipts(amount.currency, amount.minor, first, last))
        taken = {one.override.get(ARRIVAL) for one in lines if one is not None and one.id != record.id}
        found: list[tuple[SourceRecord, Movement]] = []
        back: list[tuple[SourceRecord, Movement]] = []
        for other in map(
            unit.records.get, unit.cash.payouts(amount.currency, amount.minor, first, told.day + APART)
        ):
            if other is None or other.source.id in taken:
                continue
            payout = movement_of(other)
            accounts = balances.get(payout.account)
            if accounts is None or not told.is_of(payout, accounts):
                continue
            if other.source.id == record.override.get(ARRIVAL):
                return [(other, payout)]
            failed = payout.payout is not None and payout.payout.failed
            (back if failed else found).append((other, payout))
        return found or back

    def look_again(self, unit: Unit, movement: Movement, accounts: PayoutAccounts) -> None:
        """Lines of the bank's that came before their payout was known are looked at again."""
        payout, amount = movement.payout, movement.amount
        assert payout is not None
        ids = unit.cash.receipts(
            amount.currency, amount.minor, payout.arrival - APART, payout.arrival + APART
        )
        for other in filter(None, map(unit.records.get, ids)):
            line = movement_of(other)
            waits = other.standing is Standing.CASE and not other.override.get("distinct")
            if waits and line.account == accounts.bank and Arrival(line).is_of(movement, accounts):
                unit.records.stand([other.id], Standing.RECEIVED, "", self._context.clock.now())


def movement_of(record: SourceRecord) -> Movement:
    """The movement a record holds."""
    return decode_movement(record.raw["movement"])


def _arrival(payout: Movement) -> str:
    return str(payout.payout.arrival) if payout.payout is not None else ""
