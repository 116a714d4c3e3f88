"""A small world in which a deal is right, and the ways to bend either."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tieout.domain.crosswalk import Crosswalk, CrosswalkKind, CrosswalkRow
from tieout.domain.customers import CustomerView
from tieout.domain.documents import Contact, Customer, Order, OrderLine, Product
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.money import Money
from tieout.domain.periods import Period
from tieout.domain.policy import Policy, SourcePolicy
from tieout.domain.reference import ExistingCustomer, Item, PostingPeriod, Reference
from tieout.domain.rules import Condition, Operator, Rule
from tieout.domain.sources import SourceRef
from tieout.domain.validation import Checked, World, check

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
TODAY = NOW.date()


def ref(object_: str, id_: str, line: str = "", version: str = "") -> SourceRef:
    return SourceRef(
        system="crm", environment="production", object=object_, id=id_, line=line, version=version
    )


DEAL = ref("deal", "D1", version="7")


def usd(text: str | int) -> Money:
    return Money(Decimal(text), "USD")


def line(number: int = 1, amount: str | Money = "100.00", **changes) -> OrderLine:
    whole = {
        "source": DEAL.at_line(f"L{number}"),
        "product": Product(id=f"P{number}", sku=f"SKU-{number}", name=f"Product {number}"),
        "quantity": Decimal(2),
        "amount": amount if isinstance(amount, Money) else usd(amount),
    }
    return OrderLine(**whole | changes)


def customer(id_: str = "A1", **changes) -> Customer:
    return Customer(**{"source": ref("account", id_), "name": "Acme, Inc.", "terms": "Net 30"} | changes)


CONTACT = Contact(source=ref("contact", "C1"), first_name="Ada", last_name="Byron")


def order(**changes) -> Order:
    whole = {
        "source": DEAL,
        "name": "Acme rollout",
        "customer": customer(),
        "currency": "USD",
        "lines": (line(1), line(2, "50.00")),
        "close_date": date(2026, 10, 5),
        "won": True,
        "closed": True,
    }
    return Order(**whole | changes)


def row(key: str, target: str, kind: CrosswalkKind = CrosswalkKind.ITEM, **changes) -> CrosswalkRow:
    whole = {
        "kind": kind,
        "system": "crm",
        "key": key,
        "target": target,
        "valid": Period(date(2026, 1, 1)),
        "changed_by": "kim",
        "changed_at": NOW,
    }
    return CrosswalkRow(**whole | changes)


def month(number: int, *, closed: bool = False) -> PostingPeriod:
    days = Period(date(2026, number, 1), date(2026, number + 1, 1))
    return PostingPeriod(id=InternalId(str(number)), name=f"2026-{number:02}", days=days, closed=closed)


def item(id_: str, **changes) -> Item:
    return Item(**{"id": InternalId(id_), "name": f"Item {id_}", "active": True} | changes)


ITEMS = (
    item("101"),
    item("102"),
    item("103", active=False),
    item("104", subsidiaries=frozenset({"2"})),
)
ROWS = (
    row("P1", "101"),
    row("P2", "102"),
    row("P3", "103"),
    row("P4", "104"),
    row("P9", "999"),
    row("Net 30", "5", CrosswalkKind.TERM),
    row("Net 99", "77", CrosswalkKind.TERM),
)


def reference(**changes) -> Reference:
    whole = {
        "as_of": NOW,
        "items": {one.id: one for one in ITEMS},
        "subsidiaries": {InternalId("1"): "US", InternalId("2"): "Germany"},
        "currencies": {"USD": InternalId("1"), "EUR": InternalId("2"), "JPY": InternalId("3")},
        "terms": {InternalId("5"): "Net 30"},
        "accounts": {InternalId("11"): "A/R"},
        "periods": (month(9, closed=True), month(10), month(11)),
    }
    return Reference(**whole | changes)


def always(then: str, name: str = "") -> tuple[Rule, ...]:
    return (Rule(name=name or f"always {then}", then=then),)


def policy(**changes) -> Policy:
    whole = {
        "version": "1",
        "installation": "test",
        "account": "ACCT_1",
        "sources": {"crm": SourcePolicy(name="crm", cut_over=date(2026, 10, 1))},
        "subsidiary_rules": (
            Rule("in dollars", "1", (Condition("currency", Operator.EQUALS, ("USD",)),)),
            Rule("in euros", "2", (Condition("currency", Operator.EQUALS, ("EUR",)),)),
        ),
        "handoff_rules": always("invoice"),
        "contacts": True,
    }
    return Policy(**whole | changes)


def world(**changes) -> World:
    whole = {"today": TODAY, "policy": policy(), "crosswalk": Crosswalk(ROWS), "reference": reference()}
    return World(**whole | changes)


def view(**changes) -> CustomerView:
    return CustomerView(**{"external_id": ExternalId("A1")} | changes)


def existing(id_: str = "501", **changes) -> ExistingCustomer:
    return ExistingCustomer(**{"id": InternalId(id_), "name": "ACME Inc"} | changes)


def checked(
    one: Order | None = None, *, in_world: World | None = None, seen: CustomerView | None = None
) -> Checked:
    found = check(one or order(), in_world or world(), seen or view())
    assert isinstance(found, Checked), found
    return found


def codes(one: Order, *, in_world: World | None = None, seen: CustomerView | None = None) -> list[str]:
    found = check(one, in_world or world(), seen or view())
    return [] if isinstance(found, Checked) else sorted(finding.code for finding in found)


def at_line(deal: Order, number: int, **changes) -> Order:
    lines = list(deal.lines)
    lines[number] = replace(lines[number], **changes)
    return replace(deal, lines=tuple(lines))
