"""What a processor paid out to the bank, and how that becomes a bank deposit which ties to the bank line to the cent.

A payout is a sum of balance lines: charges gross, fees, refunds, disputes, money that came back. Every line goes
somewhere: a payment NetSuite holds in undeposited funds is taken out of it, fees go to fee accounts, and everything
else, a payment nobody can book yet included, goes to a clearing account. So the total is the payout's amount by
construction, and it is checked all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tieout.domain.drafts import DepositLine, DepositTaken
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.money import Money, total

#: The key of `fees` for every type that is not named.
OTHER_FEES = "other"


class LineKind(StrEnum):
    """What a line of a payout is to the books."""

    PAYMENT = "payment"  # a charge: its movement is a receipt
    FEE = "fee"  # what the processor keeps, as a line of its own
    OTHER = (
        "other"  # refunds, disputes, failed payouts, adjustments, reserves: whatever else moved the balance
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFee:
    """What was kept of a line, by the processor's own word for why. Negative for a fee given back."""

    type: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """One line, in the payout's currency. `identity` names the movement it belongs to; `gross` is negative for money
    that left the balance; `category` is the processor's word for what it is; `day` is when it was booked there.
    """

    kind: LineKind
    identity: str
    gross: Money
    category: str
    fees: tuple[PayoutFee, ...] = ()
    day: date | None = None

    @property
    def net(self) -> Money:
        """What it adds to the payout."""
        rest = self.gross
        for fee in self.fees:
            rest -= fee.amount
        return rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payout as its processor tells of it. `lines` is None while, or where, nobody can say what is in it.

    `failed`: the bank sent it back, also days after it counted as paid. `failed_on`: on which day.
    `automatic`: the processor knows its content.
    """

    state: str
    arrival: date
    automatic: bool = True
    paid: bool = False
    failed: bool = False
    failed_on: date | None = None
    lines: tuple[PayoutLine, ...] | None = None

    def sum(self, currency: str) -> Money:
        """Sum of the nets. Raises `DomainError` when a line is in another currency."""
        return total((line.net for line in self.lines or ()), currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccounts:
    """Where payouts of a balance are booked: the bank's own G/L account and its name in the bank's files, the clearing
    account, and fee accounts by the processor's type of fee (`other` for every type that is not named). A line of the
    bank's with `says` in it is a payout's.
    """

    bank: str
    account: InternalId
    clearing: InternalId
    fees: Mapping[str, InternalId]
    says: str = "STRIPE"

    def fee_account(self, kind: str) -> InternalId | None:
        """Where a type of fee goes; None when nobody has said it."""
        return self.fees.get(kind) or self.fees.get(OTHER_FEES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a payment of a payout is: `taken` out of undeposited funds, or booked on `account`; neither: held."""

    taken: InternalId | None = None
    account: InternalId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The lines of a bank deposit: payments taken out of undeposited funds, other lines, and whose money is held."""

    taken: tuple[DepositTaken, ...]
    lines: tuple[DepositLine, ...]
    held: tuple[str, ...]


class Untied(DomainError):
    """The lines do not add up to the payout."""


def fees_unmapped(payout: Payout, accounts: PayoutAccounts) -> list[str]:
    """Types of fees no account is named for."""
    found = {fee.type for line in payout.lines or () for fee in line.fees}
    found |= {line.category for line in payout.lines or () if line.kind is LineKind.FEE}
    return sorted(one for one in found if accounts.fee_account(one) is None)


def split(payout: Payout, amount: Money, accounts: PayoutAccounts, payments: Mapping[str, Standing]) -> Split:
    """Every line of a payout as lines of a deposit. `payments`: identity → where that payment is.

    Raises `Untied` when the sum is not `amount`, or a fee has no account: then there is no deposit.
    """
    taken: list[DepositTaken] = []
    lines: list[DepositLine] = []
    held: list[str] = []
    fees: Counter[tuple[InternalId, str]] = Counter()
    for line in payout.lines or ():
        if line.gross.currency != amount.currency:
            raise Untied(f"{line.identity} is in {line.gross.currency}, the payout in {amount.currency}")
        for fee in _fees_of(line):
            account = accounts.fee_account(fee.type)
            if account is None:
                raise Untied(f"no account for fees of type {fee.type!r}")
            fees[account, fee.type] += fee.amount.minor
        if line.kind is LineKind.FEE or not line.gross.amount:
            continue
        where = payments.get(line.identity, Standing()) if line.kind is LineKind.PAYMENT else Standing()
        if where.taken is not None:
            taken.append(DepositTaken(payment=where.taken, identity=line.identity, amount=line.gross))
            continue
        if line.kind is LineKind.PAYMENT and where.account is None:
            held.append(line.identity)
        memo = f"{line.category} {line.identity}".strip()
        lines.append(DepositLine(account=where.account or accounts.clearing, amount=line.gross, memo=memo))
    lines += [
        DepositLine(account=account, amount=Money.from_minor(-minor, amount.currency), memo=f"fees: {kind}")
        for (account, kind), minor in sorted(fees.items())
        if minor
    ]
    found = total([*(one.amount for one in taken), *(one.amount for one in lines)], amount.currency)
    if found != amount:
        raise Untied(f"its lines come to {found}, the payout to {amount}")
    return Split(taken=tuple(taken), lines=tuple(lines), held=tuple(held))


def _fees_of(line: PayoutLine) -> list[PayoutFee]:
    """What was kept of a line; a line that is a fee itself is money that left the balance."""
    own = [PayoutFee(type=line.category, amount=-line.gross)] if line.kind is LineKind.FEE else []
    return [*own, *line.fees]
