"""How cash is applied: bank accounts, windows, switches, tolerances. The defaults are the careful ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from tieout.domain.cash.payouts import PayoutAccounts
from tieout.domain.cash.policy import (
    BankAccount,
    CashPolicy,
    OptIn,
    Prepayments,
    SubsetSearch,
    Tolerance,
    Withholding,
)
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.money import Money


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PayoutSettings(_Section):
    """Where what a processor pays out of a balance is booked: one bank deposit a payout."""

    bank: str = Field(
        description="The bank account payouts go to: its name in `cash.accounts`, whose row names its G/L account.",
        min_length=1,
    )
    clearing: str = Field(
        description="Internal id of the G/L account (of a type payments may go to) for refunds, disputes, payments"
        " nobody can book yet, and whatever else moves the balance. It nets to zero.",
        min_length=1,
    )
    fees: dict[str, str] = Field(
        description="The processor's type of fee → internal id of its G/L account; `other`: every type not named.",
        min_length=1,
    )
    says: str = Field(
        "STRIPE", description="Text by which a line of the bank's is known as a payout.", min_length=3
    )


class BankAccountSettings(_Section):
    """Where the money of one bank account, or of one processor's balance, is booked."""

    account: str = Field("", description="Internal id of the bank's G/L account; empty: undeposited funds.")
    subsidiary: str = Field(description="Internal id of the subsidiary the account belongs to.", min_length=1)
    currency: str = Field(description="ISO 4217 code of the account's currency.", pattern=r"^[A-Z]{3}$")
    receivables: list[str] = Field(
        default_factory=list,
        description="Internal ids of the A/R accounts its payments may settle; empty: any. With exactly one, payments"
        " on account go there.",
    )
    payouts: PayoutSettings | None = Field(
        None,
        description="Of a processor's balance: bank deposits for its payouts. `account` stays empty then: payments wait"
        " in undeposited funds until a payout takes them out.",
    )


class ToleranceSettings(_Section):
    """A difference that may be written off: in money of one currency, never a share."""

    name: str = Field(description="Its reason, as people see it.", min_length=1)
    currency: str = Field(description="ISO 4217 code.", pattern=r"^[A-Z]{3}$")
    account: str = Field(
        description="Internal id of the G/L account that takes the difference.", min_length=1
    )
    short: Decimal = Field(Decimal(0), ge=0, description="How much may be missing.")
    over: Decimal = Field(Decimal(0), ge=0, description="How much may be too much.")


class WithholdingSettings(_Section):
    """A share the payer must withhold by law."""

    name: str = Field(description="Its reason, as people see it.", min_length=1)
    share: Decimal = Field(gt=0, lt=1, description="Share of what is open, such as `0.15`.")
    account: str = Field(description="Internal id of the G/L account for it.", min_length=1)
    customers: list[str] = Field(
        default_factory=list, description="Internal ids of the customers that withhold; empty: any."
    )


class CashSettings(_Section):
    """Decisions about applying cash."""

    accounts: dict[str, BankAccountSettings] = Field(
        description="Bank account as its files write it → where its money is booked.", min_length=1
    )
    early_days: int = Field(
        5, ge=0, description="Without a reference: how long before an invoice's date a payment may come."
    )
    late_days: int = Field(
        60, ge=0, description="Without a reference: how long after an invoice is due a payment may come."
    )
    typed_reference: bool = Field(
        True,
        description="Apply a payment that names an existing document number, with exact customer and open amount.",
    )
    switched_on: list[OptIn] = Field(
        default_factory=list,
        description=f"Kinds of matches that apply themselves, each by name: {', '.join(OptIn)}.",
    )
    error_budget: Decimal | None = Field(
        None,
        gt=0,
        lt=1,
        description="Tier 2 applies a kind of match only while its measured precision promises no more errors.",
    )
    payout_patience_days: int = Field(
        3, ge=0, description="A payout that waits longer for a payment in it is the case `payout_waits`."
    )
    prepayments: Prepayments = Field(
        Prepayments.ON_ACCOUNT,
        description="How a payment is booked that names an order which is not billed yet. `on_account`: a customer"
        " payment with nothing applied, and a case; it needs nothing new in the account. `customer_deposit`: a customer"
        " deposit for the order, applied when the order is billed; the role needs two more permissions, and"
        " `netsuite.canaries` a `customer_deposit` and a `deposit_application` for each subsidiary. Money on a"
        " balance with `payouts` stays `on_account`.",
    )
    discount_grace_days: int = Field(0, ge=0, description="Days after its last one a discount still counts.")
    tolerances: list[ToleranceSettings] = Field(default_factory=list, description="Differences written off.")
    withholdings: list[WithholdingSettings] = Field(default_factory=list, description="Known deductions.")
    most_open_items: int = Field(
        40,
        ge=1,
        le=200,
        description="Sets of invoices are searched among so many open ones of a customer at most.",
    )


def build_cash(settings: CashSettings, version: str) -> CashPolicy:
    """The domain's policy. Raises `DomainError` for amounts a currency cannot hold."""
    return CashPolicy(
        version=version,
        early=timedelta(days=settings.early_days),
        late=timedelta(days=settings.late_days),
        typed_reference=settings.typed_reference,
        opt_ins=frozenset(settings.switched_on),
        error_budget=settings.error_budget,
        payout_patience=timedelta(days=settings.payout_patience_days),
        prepayments=settings.prepayments,
        discount_grace=timedelta(days=settings.discount_grace_days),
        search=SubsetSearch(most_items=settings.most_open_items),
        tolerances=tuple(
            Tolerance(
                name=row.name,
                currency=row.currency,
                account=InternalId(row.account),
                short_minor=Money(row.short, row.currency).minor,
                over_minor=Money(row.over, row.currency).minor,
            )
            for row in settings.tolerances
        ),
        withholdings=tuple(
            Withholding(
                name=row.name,
                share=row.share,
                account=InternalId(row.account),
                customers=frozenset(InternalId(one) for one in row.customers),
            )
            for row in settings.withholdings
        ),
        accounts={
            name: BankAccount(
                account=InternalId(row.account),
                subsidiary=InternalId(row.subsidiary),
                currency=row.currency,
                receivables=frozenset(InternalId(one) for one in row.receivables),
                payouts=_payouts(name, row, settings.accounts),
            )
            for name, row in settings.accounts.items()
        },
    )


def _payouts(
    name: str, row: BankAccountSettings, rows: Mapping[str, BankAccountSettings]
) -> PayoutAccounts | None:
    """Raises `DomainError` for a bank account that no row names, or that cannot take these payouts."""
    wanted = row.payouts
    if wanted is None:
        return None
    where = f"cash.accounts[{name!r}]"
    bank = rows.get(wanted.bank)
    if row.account not in {"", wanted.clearing}:
        raise DomainError(f"{where}.account: empty with `payouts`, found {row.account!r}")
    if bank is None or not bank.account:
        raise DomainError(
            f"{where}.payouts.bank: expected the name of a row of cash.accounts with an `account`,"
            f" found {wanted.bank!r}"
        )
    if (bank.currency, bank.subsidiary) != (row.currency, row.subsidiary):
        raise DomainError(
            f"{where}.payouts.bank: expected an account of subsidiary {row.subsidiary} in {row.currency}, found"
            f" subsidiary {bank.subsidiary} in {bank.currency}"
        )
    return PayoutAccounts(
        bank=wanted.bank,
        account=InternalId(bank.account),
        clearing=InternalId(wanted.clearing),
        fees={kind: InternalId(one) for kind, one in wanted.fees.items()},
        says=wanted.says,
    )
