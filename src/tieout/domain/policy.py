"""What people decided, as data: triggers, rules, dates, ids. Every decision carries the policy's version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tieout.domain.cash.policy import CashPolicy
from tieout.domain.documents import Order
from tieout.domain.extensions import Extends
from tieout.domain.ids import DEFAULT_TEMPLATES, RecordType
from tieout.domain.money import Rounding
from tieout.domain.rules import Condition, Rule


class HandOff(StrEnum):
    """What a won deal becomes: who owns the invoice."""

    INVOICE = "invoice"
    SALES_ORDER = "sales_order"  # converted by Tieout through a transform
    SALES_ORDER_OBSERVED = "sales_order_observed"  # converted by NetSuite's own workflow, then observed


class DatePolicy(StrEnum):
    """Where the transaction date comes from."""

    CLOSE_DATE = "close_date"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """A half-open window in which nothing is written to NetSuite, and why."""

    start: datetime
    end: datetime
    why: str

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """Decisions about one source. `cut_over`: nothing that closed before it is ever written."""

    name: str
    cut_over: date
    tag: str = ""
    trigger: tuple[Condition, ...] = ()
    require_billing_terms: bool = False
    transaction_date: DatePolicy = DatePolicy.CLOSE_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All decisions of one installation. `account` is the NetSuite account id they are about."""

    version: str
    installation: str
    account: str
    sources: Mapping[str, SourcePolicy]
    subsidiary_rules: tuple[Rule, ...]
    handoff_rules: tuple[Rule, ...]
    receivables_rules: tuple[Rule, ...] = ()
    #: who must approve what before it is written: `then` names a role, and every rule that matches asks
    approval_rules: tuple[Rule, ...] = ()
    form_rules: Mapping[RecordType, tuple[Rule, ...]] = field(default_factory=dict)
    entity_id_template: str = ""
    #: whether the contact a source names is created under a new customer
    contacts: bool = False
    #: what customers of ours may be extended by without being asked
    extend: frozenset[Extends] = frozenset()
    #: role that approves what a person says about accounts and customers; empty: nobody needs to
    links_need_role: str = ""
    templates: Mapping[RecordType, str] = field(default_factory=lambda: dict(DEFAULT_TEMPLATES))
    rounding: Rounding = Rounding.HALF_UP
    blackouts: tuple[Blackout, ...] = ()
    #: how cash is applied; None: no payments are taken in
    cash: CashPolicy | None = None

    def blackout(self, instant: datetime) -> Blackout | None:
        """The window that holds writes at this instant."""
        return next((window for window in self.blackouts if instant in window), None)


def facts_of(order: Order) -> dict[str, str]:
    """The facts rules may look at, as text. Absent facts are empty."""
    payer = order.payer
    facts = {
        "source": order.source.system,
        "currency": order.currency,
        "deal.name": order.name,
        "deal.po_number": order.po_number,
        "deal.amount": f"{order.header_amount.amount:f}" if order.header_amount else "",
        "customer.name": payer.name,
        "customer.country": payer.billing.country,
        "customer.region": payer.billing.region,
        "customer.currency": payer.currency,
        "customer.terms": payer.terms,
    }
    facts.update({f"deal.{name}": value for name, value in order.attributes.items()})
    facts.update({f"customer.{name}": value for name, value in payer.attributes.items()})
    return facts
