"""Validation: an `Order` becomes a `Checked` hand-off or a list of findings — all of them at once.

It answers before any write (R08): does this customer exist, are all lines mapped to active items, may this
subsidiary, currency and period take the record. It never raises on data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, localcontext

from tieout.domain.crosswalk import Crosswalk, CrosswalkKind
from tieout.domain.customers import CustomerView, in_words
from tieout.domain.documents import LineKind, Order, OrderLine
from tieout.domain.extensions import Extends, Extension
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId, RecordType
from tieout.domain.money import Money, MoneyError, total
from tieout.domain.policy import DatePolicy, HandOff, Policy, SourcePolicy, facts_of
from tieout.domain.reference import ExistingCustomer, Reference
from tieout.domain.rules import Rule, first_match
from tieout.domain.sources import SourceRef

#: Decimals of a derived unit rate: NetSuite keeps eight; the amount is sent beside it and is what counts.
RATE_DECIMALS = 8
#: A quantity has at most as many decimals and stays below this, so that a rate can always be derived from it.
QUANTITY_LIMIT = Decimal(10**12)
_BIG = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a decision may look at, as values: the same world gives the same answer."""

    today: date
    policy: Policy
    crosswalk: Crosswalk
    reference: Reference
    #: record key of the deal -> transaction date a person approved instead of the closed one
    redates: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """A line ready to be written: item by internal id, amount after the header discount's share."""

    source: SourceRef
    item: InternalId
    quantity: Decimal
    rate: Decimal
    amount: Money
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A deal that may be planned. Only `check` makes one."""

    order: Order
    customer: CustomerView
    handoff: HandOff
    subsidiary: InternalId
    currency_id: InternalId
    terms: InternalId | None
    receivables: InternalId | None
    forms: Mapping[RecordType, InternalId]
    transaction_date: date
    lines: tuple[CheckedLine, ...]
    rules: tuple[str, ...]
    extensions: tuple[Extension, ...] = ()


def ignore_reason(order: Order, source: SourcePolicy) -> str | None:
    """Why this deal is none of our business (yet), or None. Names of `findings.IGNORE_REASONS`."""
    if not (order.won and order.closed):
        return "not_won"
    if order.close_date < source.cut_over:
        return "before_cut_over"
    facts = facts_of(order)
    if not all(condition.holds(facts) for condition in source.trigger):
        return "trigger_not_met"
    if source.require_billing_terms and order.billing_terms_confirmed is not True:
        return "billing_terms_unconfirmed"
    return None


def check(order: Order, world: World, customer: CustomerView) -> Checked | list[Finding]:
    """Every finding of the deal, or the checked hand-off."""
    inspection = _Inspection(order, world, customer)
    return inspection.result()


class _Inspection:
    """One pass over one deal; collects findings and the values that survive."""

    def __init__(self, order: Order, world: World, customer: CustomerView) -> None:
        self.order, self.world, self.customer = order, world, customer
        self.policy, self.reference = world.policy, world.reference
        self.facts = facts_of(order)
        self.findings: list[Finding] = []
        self.fired: list[str] = []
        self.extensions: list[Extension] = []

    def result(self) -> Checked | list[Finding]:
        subsidiary = self._subsidiary()
        handoff = self._rule("handoff_rule_missing", "hand-off", self.policy.handoff_rules)
        receivables = self._receivables()
        forms = self._forms()
        currency_id = self._currency()
        self._customer(subsidiary)
        self._foreign_marks()
        terms = self._terms(subsidiary)
        day = self._transaction_date()
        self._amounts()
        lines = self._lines(subsidiary, day) if not self.findings else self._items(subsidiary, day)
        if self.findings or subsidiary is None or currency_id is None or handoff is None:
            return self.findings
        return Checked(
            order=self.order,
            customer=self.customer,
            handoff=HandOff(handoff),
            subsidiary=subsidiary,
            currency_id=currency_id,
            terms=terms,
            receivables=receivables,
            forms=forms,
            transaction_date=day,
            lines=lines,
            rules=tuple(self.fired),
            extensions=tuple(self.extensions),
        )

    def _add(self, code: str, cause: str, expected: str, found: str, source: SourceRef | None = None) -> None:
        self.findings.append(
            Finding(
                code=code, cause=cause, expected=expected, found=found, source=source or self.order.source
            )
        )

    # -- rules ---------------------------------------------------------------------------------------------

    def _match(self, rules: tuple[Rule, ...]) -> Rule | None:
        rule = first_match(rules, self.facts)
        if rule is not None:
            self.fired.append(rule.name)
        return rule

    def _rule(self, code: str, what: str, rules: tuple[Rule, ...]) -> str | None:
        rule = self._match(rules)
        if rule is None:
            seen = sorted({c.fact for r in rules for c in r.when})
            facts = (
                ", ".join(f"{name}={self.facts.get(name, '')!r}" for name in seen) or "no rules configured"
            )
            self._add(code, facts, f"a {what} rule that matches the deal", facts)
            return None
        return rule.then

    def _subsidiary(self) -> InternalId | None:
        chosen = self._rule("subsidiary_rule_missing", "subsidiary", self.policy.subsidiary_rules)
        if chosen is None:
            return None
        if chosen not in self.reference.subsidiaries:
            self._target_invalid("subsidiary", chosen, "an active subsidiary")
            return None
        return InternalId(chosen)

    def _target_invalid(self, what: str, chosen: str, expected: str) -> None:
        rule = self.fired[-1]
        found = f"{what} {chosen}, chosen by rule {rule!r}"
        self._add("rule_target_invalid", f"{what} {chosen}", expected, found)

    def _receivables(self) -> InternalId | None:
        rule = self._match(self.policy.receivables_rules)
        if rule is None:
            return None
        if rule.then not in self.reference.accounts:
            self._target_invalid("A/R account", rule.then, "an active A/R account")
        return InternalId(rule.then)

    def _forms(self) -> dict[RecordType, InternalId]:
        matches = {kind: self._match(rules) for kind, rules in self.policy.form_rules.items()}
        return {kind: InternalId(rule.then) for kind, rule in matches.items() if rule is not None}

    # -- parties, currency, terms, date --------------------------------------------------------------------

    def _currency(self) -> InternalId | None:
        order = self.order
        currency_id = self.reference.currencies.get(order.currency)
        if currency_id is None:
            known = ", ".join(sorted(self.reference.currencies)) or "none"
            self._add("currency_unknown", order.currency, f"one of {known}", order.currency or "no currency")
            return None
        allowed = order.payer.currency
        extension = Extension(to=Extends.CURRENCIES, target=currency_id, name=order.currency)
        if allowed and allowed != order.currency and not self._may_extend(extension):
            self._add(
                "currency_not_enabled",
                f"{order.payer.source.id} {order.currency}",
                f"{allowed}, the currency of account {order.payer.source.id}",
                order.currency,
                order.payer.source,
            )
        there = self._existing
        if there and there.currencies and currency_id not in there.currencies and not self._extend(extension):
            self._add(
                "currency_not_enabled",
                f"{self._whose} {order.currency}",
                f"{order.currency} enabled on {self._told}{self._way(extension)}",
                f"currencies {', '.join(sorted(there.currencies))}",
                order.payer.source,
            )
        return currency_id

    # -- what the customer may do --------------------------------------------------------------------------

    @property
    def _existing(self) -> ExistingCustomer | None:
        return self.customer.bound or self.customer.own

    @property
    def _whose(self) -> str:
        """The customer, as the cause of a case names it."""
        bound = self.customer.bound
        return bound.id if bound else self.order.payer.source.id

    @property
    def _told(self) -> str:
        known = self._existing
        return (
            f"NetSuite customer {known.id}" if known and known.id else "its customer, which is being written"
        )

    def _ours(self) -> bool:
        """Whether the customer is, or will be, one this installation made."""
        bound = self.customer.bound
        return bound is None or bound.installation == self.policy.installation

    def _may_extend(self, extension: Extension) -> bool:
        by_policy = self._ours() and extension.to in self.policy.extend
        return by_policy or extension.permission in self.customer.permitted

    def _extend(self, extension: Extension) -> bool:
        """Plan an addition, where policy or a person allows it."""
        if not self._may_extend(extension):
            return False
        self.extensions.append(extension)
        return True

    def _way(self, extension: Extension) -> str:
        """The way out of a case, where policy could have gone it."""
        if not self._ours():
            return "; a customer Tieout did not make is extended by decision only"
        return f" (netsuite.customers.extend does not name {extension.to})"

    def _customer(self, subsidiary: InternalId | None) -> None:
        view, payer = self.customer, self.order.payer
        if not payer.source.id or not payer.name.strip():
            self._add(
                "customer_missing", self.order.source.id, "an account with an id and a name", payer.name
            )
            return
        if view.conflict:
            both = ", ".join(view.conflict)
            self._add("customer_merge_conflict", payer.source.id, "one NetSuite customer", both, payer.source)
        if view.suspects:
            expected = f"no unlinked NetSuite customer that could be {payer.name!r}"
            found = in_words(view.suspects)
            self._add("customer_suspected_legacy", payer.source.id, expected, found, payer.source)
        if view.twins:
            expected = f"no customer of another source that could be {payer.name!r}"
            self._add(
                "customer_suspected_twin", payer.source.id, expected, in_words(view.twins), payer.source
            )
        bound = view.bound
        if bound and not bound.active:
            self._add("customer_inactive", bound.id, "an active customer", f"{bound.id} is inactive")
        self._related(subsidiary)

    def _related(self, subsidiary: InternalId | None) -> None:
        known = self._existing
        if known is None or not known.subsidiary or not subsidiary:
            return
        related = known.subsidiaries | {known.subsidiary}
        name = self.reference.subsidiaries.get(subsidiary, subsidiary)
        extension = Extension(to=Extends.SUBSIDIARIES, target=subsidiary, name=name)
        if subsidiary in related or self._extend(extension):
            return
        self._add(
            "customer_subsidiary_mismatch",
            f"{self._whose} {subsidiary}",
            f"{self._told} related to subsidiary {subsidiary}{self._way(extension)}",
            f"subsidiary {', '.join(sorted(related))}",
            self.order.payer.source,
        )

    def _foreign_marks(self) -> None:
        """Another connector has noted on the deal itself that it wrote it: two writers would bill twice."""
        marks = [mark for mark in self.order.foreign_marks if not mark.startswith("Account.")]
        if marks:
            expected = "no other connector's notes on the deal"
            self._add("foreign_writer", self.order.source.id, expected, "; ".join(marks)[:500])

    def _terms(self, subsidiary: InternalId | None) -> InternalId | None:
        terms = self.order.terms or self.order.payer.terms
        if not terms:
            return None
        system = self.order.source.system
        row = self.world.crosswalk.resolve(
            CrosswalkKind.TERM, system, terms, self.order.close_date, subsidiary or ""
        )
        if row is None or row.target not in self.reference.terms:
            found = "no row" if row is None else f"term {row.target}, which NetSuite has not"
            self._add("terms_unmapped", terms, f"a crosswalk row for terms {terms!r} of {system}", found)
            return None
        return InternalId(row.target)

    def _transaction_date(self) -> date:
        source = self.policy.sources[self.order.source.system]
        day = self.order.close_date if source.transaction_date is DatePolicy.CLOSE_DATE else self.world.today
        day = self.world.redates.get(self.order.source.record_key, day)
        period = self.reference.period_of(day)
        if period is None or period.closed:
            after = self.reference.next_open(day)
            way = f"; the next open one is {after.name}" if after else ""
            name = period.name if period else f"no period for {day.isoformat()}"
            self._add("period_closed", name, f"an open posting period for {day.isoformat()}", name + way)
        return day

    # -- lines and amounts ---------------------------------------------------------------------------------

    def _amounts(self) -> None:
        order = self.order
        if not order.lines:
            has = f"{order.header_amount} on the header only" if order.header_amount else "nothing"
            self._add("lines_missing", order.source.id, "at least one line", has)
            return
        for line in order.lines:
            self._line_kind(line)
            if line.amount.currency != order.currency:
                found = line.amount.currency
                self._add("currency_mixed", order.source.id, order.currency, found, line.source)
            if line.amount.amount < 0:
                self._add("amount_negative", order.source.id, "zero or more", str(line.amount), line.source)
            if not _usable(line.quantity):
                expected = f"above zero, below {QUANTITY_LIMIT}, at most {RATE_DECIMALS} decimals"
                self._add("quantity_invalid", order.source.id, expected, str(line.quantity), line.source)
        if not any(f.code == "currency_mixed" for f in self.findings):
            self._header()

    def _line_kind(self, line: OrderLine) -> None:
        product = line.product.sku or line.product.id
        if line.kind is LineKind.USAGE:
            found = f"{product}: usage"
            self._add("line_usage_unsupported", product, "a one-time line", found, line.source)
        elif line.kind is LineKind.RECURRING:
            months = f", {line.term_months} months" if line.term_months else ""
            found = f"{product}: recurring{months}"
            self._add("line_recurring_unsupported", product, "a one-time line", found, line.source)
        elif line.term_months is not None and line.term_months > 12:
            found = f"{product}: {line.term_months} months"
            self._add("line_ramped_unsupported", product, "at most one year", found, line.source)

    def _header(self) -> None:
        order = self.order
        try:
            gross = total((line.amount for line in order.lines), order.currency)
        except MoneyError as error:  # each line can be held, their sum cannot
            self._add("amount_invalid", order.source.id, "a sum of lines that can be held", str(error))
            return
        discount = order.header_discount or Money.zero(order.currency)
        if discount.currency != order.currency or discount.amount < 0 or gross.amount < discount.amount:
            expected = f"a discount in {order.currency} between 0 and {gross.amount:f}"
            self._add("amount_mismatch", order.source.id, expected, str(discount))
            return
        header = order.header_amount
        # A CRM may keep the header before or after the discount it names; both say the same net amount.
        if header is not None and header not in {gross - discount, gross}:
            expected = f"{gross - discount}, the sum of {len(order.lines)} lines less the header discount"
            self._add("amount_mismatch", order.source.id, expected, str(header))

    def _items(self, subsidiary: InternalId | None, day: date) -> tuple[CheckedLine, ...]:
        for line in self.order.lines:
            self._item(line, subsidiary, day)
        return ()

    def _lines(self, subsidiary: InternalId | None, day: date) -> tuple[CheckedLine, ...]:
        order = self.order
        amounts = _net_amounts(order)
        checked = []
        for line, amount in zip(order.lines, amounts, strict=True):
            item = self._item(line, subsidiary, day)
            if item is None:
                continue
            with localcontext(_BIG):
                rate = (amount.amount / line.quantity).quantize(Decimal(1).scaleb(-RATE_DECIMALS)).normalize()
            checked.append(
                CheckedLine(
                    source=line.source,
                    item=item,
                    quantity=line.quantity,
                    rate=rate,
                    amount=amount,
                    description=line.description,
                )
            )
        return tuple(checked)

    def _item(self, line: OrderLine, subsidiary: InternalId | None, day: date) -> InternalId | None:
        product, system = line.product, self.order.source.system
        label = f"{product.name or product.sku or product.id} ({product.sku or 'no SKU'}, {product.id})"
        row = self.world.crosswalk.resolve(CrosswalkKind.ITEM, system, product.id, day, subsidiary or "")
        if row is None:
            self._add("item_unmapped", product.id, f"a crosswalk row for {label}", "none", line.source)
            return None
        item = self.reference.items.get(InternalId(row.target))
        if item is None:
            found = f"item {row.target}, which NetSuite has not"
            self._add("item_unknown", row.target, f"an existing item for {label}", found, line.source)
            return None
        if not item.active:
            found = f"item {item.id} {item.name!r} is inactive"
            self._add("item_inactive", item.id, f"an active item for {label}", found, line.source)
        elif subsidiary and item.subsidiaries and subsidiary not in item.subsidiaries:
            found = f"item {item.id} {item.name!r} is sold by {', '.join(sorted(item.subsidiaries))}"
            cause = f"{item.id} {subsidiary}"
            expected = f"an item of subsidiary {subsidiary} for {label}"
            self._add("item_not_in_subsidiary", cause, expected, found, line.source)
        return item.id


def _usable(quantity: Decimal) -> bool:
    if not quantity.is_finite() or not 0 < quantity < QUANTITY_LIMIT:
        return False
    with localcontext(_BIG):
        exponent = quantity.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -RATE_DECIMALS


def _net_amounts(order: Order) -> tuple[Money, ...]:
    """Line amounts after the header discount, spread in proportion by largest remainder."""
    amounts = tuple(line.amount for line in order.lines)
    discount = order.header_discount
    if discount is None or not discount.amount:
        return amounts
    shares = discount.split([amount.amount for amount in amounts])
    return tuple(amount - share for amount, share in zip(amounts, shares, strict=True))
