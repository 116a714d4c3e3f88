"""The workbench of a scenario: plants and ordinary deals add accounts, deals, later changes and faults to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.scenario.catalogue import Catalogue, Product, catalogue
from tieout.emulators.scenario.company import CURRENCY_IDS, SUBSIDIARY_OF, TERM_IDS
from tieout.emulators.scenario.model import CONFIRMED, Change, Json
from tieout.emulators.scenario.money import rounded
from tieout.emulators.scenario.people import Account, Directory

OPEN_STAGE, WON_STAGE, LOST_STAGE = "Negotiation", "Contract Signed", "Lost"


def chance(seed: int, purpose: str) -> Random:
    """Chance for one purpose: what one part draws never shifts what another gets."""
    return Random(f"tieout/{seed}/{purpose}")


@dataclass(slots=True, kw_only=True)
class Line:
    """One opportunity line: price before, and total after, its own percent discount."""

    id: str
    product: Product
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    total: Decimal
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Deal:
    """One opportunity. `code` is the case code or the reason for ignoring it, when it is not to be confirmed."""

    id: str
    name: str
    account: Account
    currency: str
    close_date: date
    lines: list[Line]
    stage: str = WON_STAGE
    won_at: datetime | None = None
    touched_at: datetime | None = None
    amount: Decimal | None = None
    header_discount: Decimal | None = None
    po_number: str = ""
    bill_to: Account | None = None
    #: the account at the start, where a merge moves the deal to another
    opened_by: Account | None = None
    plant: str | None = None
    outcome: str = CONFIRMED
    code: str | None = None
    #: a record set exists in NetSuite although the deal ends as a case
    written: bool = False
    #: the case arises before or without a customer being created
    customer_stays_out: bool = False

    @property
    def payer(self) -> Account:
        """Who is billed."""
        return self.bill_to or self.account

    @property
    def header_amount(self) -> Decimal | None:
        """The header amount: what was set, or lines less header discount; nothing without lines."""
        if self.amount is not None or not self.lines:
            return self.amount
        return sum((line.total for line in self.lines), Decimal(0)) - (self.header_discount or Decimal(0))


@dataclass(slots=True)
class Builder:
    """All that a scenario is made of, while it is made."""

    seed: int
    start: date
    handoff: str
    catalogue: Catalogue = field(default_factory=catalogue)
    deals: list[Deal] = field(default_factory=list)
    timeline: list[Change] = field(default_factory=list)
    faults: dict[str, list[Json]] = field(default_factory=lambda: {"netsuite": [], "salesforce": []})
    netsuite_customers: list[Json] = field(default_factory=list)
    netsuite_transactions: list[Json] = field(default_factory=list)
    directory: Directory = field(init=False)
    _lines: int = 0
    _customers: int = 2000

    def __post_init__(self) -> None:
        self.directory = Directory(chance(self.seed, "accounts"))

    @property
    def next_month(self) -> date:
        """First day after the scenario's month."""
        return (self.start.replace(day=1) + timedelta(days=32)).replace(day=1)

    @property
    def cut_over(self) -> date:
        """The first close date that is synced: the middle of the month before, whose period is closed."""
        return (self.start.replace(day=1) - timedelta(days=1)).replace(day=15)

    @property
    def clock_start(self) -> datetime:
        """When the run begins: the evening of the month's last day."""
        return datetime.combine(self.next_month - timedelta(days=1), time(18), UTC)

    def random(self, purpose: str) -> Random:
        """Chance for one purpose."""
        return chance(self.seed, purpose)

    def deal(self, account: Account, *, plant: str | None = None, lines: int | None = None) -> Deal:
        """A won deal of the month with one to six ordinary lines; the caller changes what is special."""
        number = len(self.deals) + 1
        draw = self.random(f"deal {number}")
        day = draw.randrange((self.next_month - self.start).days)
        close = self.start + timedelta(days=day)
        deal = Deal(
            id=make_id("006", 9000 + 11 * number),
            name=f"{account.name[:90]} {draw.choice(('expansion', 'new business', 'renewal', 'add-on'))} {number}",
            account=account,
            currency=account.currency,
            close_date=close,
            lines=[],
            won_at=datetime.combine(close, time(draw.randint(8, 17), draw.randint(0, 59)), UTC),
            plant=plant,
        )
        count = lines if lines is not None else draw.choice((1, 1, 2, 2, 3, 3, 4, 5, 6))
        for product in draw.sample(self.catalogue.sold, min(count, len(self.catalogue.sold))):
            self.line(deal, product, quantity=draw.choice((1, 1, 1, 2, 3, 5, 10, 25)), draw=draw)
        if draw.random() < 0.25:  # a quarter of customers send purchase orders
            deal.po_number = f"PO-{draw.randint(10000, 99999)}"
        self.deals.append(deal)
        return deal

    def line(
        self,
        deal: Deal,
        product: Product,
        *,
        quantity: int,
        draw: Random | None = None,
        price: str | None = None,
    ) -> Line:
        """Add a line at list price, sometimes with a percent discount of its own."""
        self._lines += 1
        unit_price = Decimal(price) if price is not None else product.price(deal.currency)
        discount = Decimal(draw.choice((0, 0, 0, 5, 10, 15))) if draw else Decimal(0)
        total = rounded(quantity * unit_price * (100 - discount) / 100, deal.currency)
        line = Line(
            id=make_id("00k", 20000 + self._lines),
            product=product,
            quantity=Decimal(quantity),
            unit_price=unit_price,
            discount=discount,
            total=total,
        )
        deal.lines.append(line)
        return line

    def win_later(
        self, deal: Deal, *, seconds: int, after: str | None = None, record_for: str | None = None
    ) -> str:
        """The deal is open at the start and won by a later change; returns the change's id."""
        deal.stage, deal.won_at = OPEN_STAGE, None
        return self.change(
            "salesforce", "set_stage", {"id": deal.id, "stage": WON_STAGE},
            seconds=seconds, after=after, record_for=record_for,
        )  # fmt: skip

    def change(
        self,
        system: str,
        action: str,
        arguments: Json,
        *,
        seconds: int,
        after: str | None = None,
        record_for: str | None = None,
    ) -> str:
        """Add a later change; returns its id."""
        name = f"c{len(self.timeline) + 1:04d}"
        self.timeline.append(
            Change(
                id=name, system=system, action=action, arguments=arguments,
                seconds=seconds, after=after, record_for=record_for,
            )
        )  # fmt: skip
        return name

    def fault(self, deal: Deal, kind: str, *, times: int = 1, delay_seconds: int | None = None) -> None:
        """NetSuite misbehaves when this deal's transaction is created; the fault hangs on the document."""
        record = "salesOrder" if self.handoff == "sales_order" else "invoice"
        match = {"operation": "create", "record": record, "contains": deal.id}
        fault: Json = {"kind": kind, "match": match, "times": times}
        if delay_seconds is not None:
            fault["delay_seconds"] = delay_seconds
        self.faults["netsuite"].append(fault)

    def known_customer(self, account: Account, *, by: str = "seed") -> None:
        """NetSuite has this account's customer already, under the account's id as external ID."""
        currency = {"id": CURRENCY_IDS[account.currency]}
        account.known_customer = self.customer(
            externalId=account.id,
            companyName=" ".join(account.name.split())[:83],
            subsidiary={"id": SUBSIDIARY_OF[account.country]},
            currency=currency,
            currencyList={"items": [{"currency": currency}]},
            terms={"id": TERM_IDS[account.terms]},
            email=account.email,
            url=account.website,
            _by=by,
        )

    def customer(self, **fields: object) -> str:
        """Seed a NetSuite customer; returns its internal id."""
        self._customers += 1
        created = datetime.combine(self.start - timedelta(days=90), time(9), UTC).isoformat()
        self.netsuite_customers.append({"id": str(self._customers), "_created": created, **fields})
        return str(self._customers)
