"""When a line of a bank file is the arrival of a payout, and none of a customer's payments."""

from __future__ import annotations

from datetime import date, timedelta

from tieout.domain.cash.movements import Movement
from tieout.domain.cash.payouts import PayoutAccounts

#: The bank books a payout within so many days of the day its processor names.
APART = timedelta(days=5)


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
