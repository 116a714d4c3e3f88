"""How cash is applied: bank accounts, windows, switches, tolerances. The defaults are the careful ones."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from tieout.domain.cash.policy import BankAccount, CashPolicy, OptIn, SubsetSearch, Tolerance, Withholding
from tieout.domain.ids import InternalId
from tieout.domain.money import Money


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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
            )
            for name, row in settings.accounts.items()
        },
    )
