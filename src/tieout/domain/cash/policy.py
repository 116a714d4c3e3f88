"""What people decided about applying cash. The defaults are the careful ones; each opt-in has a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from tieout.domain.cash.payouts import PayoutAccounts
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId


class OptIn(StrEnum):
    """Kinds of matches that go to a person unless somebody has switched them on by name."""

    AMOUNT_ONLY = (
        "amount_only"  # no reference: the customer's only open invoice of exactly this amount, in the window
    )
    LISTED_BUNDLE = "listed_bundle"  # the remittance lists several documents, and they sum exactly
    SUBSET_BUNDLE = "subset_bundle"  # no list: exactly one set of the customer's open invoices sums to it
    WITHIN_TOLERANCE = "within_tolerance"  # a difference a tolerance allows and names an account for
    DISCOUNT = "discount"  # an earned cash discount was taken
    PARENT_PAYS = "parent_pays"  # a parent pays a child's invoice, where the account allows it


class Prepayments(StrEnum):
    """How a payment is booked that names an order which is not billed yet."""

    ON_ACCOUNT = "on_account"  # a customer payment that nothing is applied of, with a case
    CUSTOMER_DEPOSIT = (
        "customer_deposit"  # a customer deposit for the order, applied when the order is billed
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A difference that may be written off, in minor units of one currency, never a share of the amount.

    `short` is how much may be missing, `over` how much too much; `account` takes the difference and is the reason's.
    """

    name: str
    currency: str
    account: InternalId
    short_minor: int = 0
    over_minor: int = 0

    def __post_init__(self) -> None:
        if self.short_minor < 0 or self.over_minor < 0:
            raise DomainError(f"tolerance {self.name!r}: limits are not negative")

    def allows(self, currency: str, difference_minor: int) -> bool:
        """Whether paid minus open lies within it."""
        return currency == self.currency and -self.short_minor <= difference_minor <= self.over_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """A known deduction: the payer keeps this share of the net amount (tax withheld by law), to the cent."""

    name: str
    share: Decimal
    account: InternalId
    customers: frozenset[InternalId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSearch:
    """Bounds of the search for a set of invoices that sums to a payment; beyond them nothing is proven."""

    most_items: int = 40
    most_chosen: int = 8
    most_steps: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CashPolicy:
    """All decisions about applying cash, with the version each match attempt is kept with.

    `early` and `late`: a payment without a reference may match an invoice made out at most `early` after it and due at
    most `late` before it. `typed_reference`: a payer-typed document number that exists, with exact customer and open
    amount, is applied. `error_budget`: tier 2 applies a kind of match only while the measured precision of decided ones
    promises no more errors than this share; none: no measurement is asked for.
    """

    version: str
    early: timedelta = timedelta(days=5)
    late: timedelta = timedelta(days=60)
    typed_reference: bool = True
    opt_ins: frozenset[OptIn] = frozenset()
    tolerances: tuple[Tolerance, ...] = ()
    withholdings: tuple[Withholding, ...] = ()
    discount_grace: timedelta = timedelta()
    search: SubsetSearch = field(default_factory=SubsetSearch)
    error_budget: Decimal | None = None
    #: a payout that waits longer for something in it is a case
    payout_patience: timedelta = timedelta(days=3)
    prepayments: Prepayments = Prepayments.ON_ACCOUNT
    #: bank account as its source writes it → where its money is booked
    accounts: Mapping[str, BankAccount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A bank account: G/L account (empty: undeposited funds), the subsidiary it belongs to, the A/R accounts it serves
    (empty: any), its currency. `payouts`: where what is paid out of this balance is booked.
    """

    account: InternalId
    subsidiary: InternalId
    currency: str
    receivables: frozenset[InternalId] = frozenset()
    payouts: PayoutAccounts | None = None

    def past_payouts(self) -> BankAccount:
        """Where money is booked, and taken from, that a payout tells of as a line on its clearing account."""
        return replace(self, account=self.payouts.clearing) if self.payouts is not None else self
