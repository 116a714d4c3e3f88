"""Payments with their true invoices, in families that are easy, usual, or out to deceive.

Every payment is labelled with the open item(s) it really settles (none: nothing that is open), its family and its half:
`tune` may be looked at while rules are made, figures come from `report`. A payment's half and content depend on the
seed and its number alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from tieout.domain.cash.ledger import ItemKind, OpenItem, OpenLedger
from tieout.domain.cash.movements import Payer, Place, RemittanceReference
from tieout.domain.cash.payments import Payment
from tieout.domain.ids import InternalId

AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
_TODAY = date(2026, 10, 31)
_FIRST = date(2026, 8, 1)
_WORDS = (
    *(
        "Alder",
        "Birch",
        "Cedar",
        "Dorn",
        "Elm",
        "Fern",
        "Garnet",
        "Hazel",
        "Iris",
        "Juniper",
        "Kestrel",
        "Larch",
    ),
    *("Maple", "Nettle", "Oak", "Pine", "Quill", "Rowan"),
)
_FORMS = ("Inc", "LLC", "Ltd", "GmbH", "Corp", "Holdings Inc", "Services LLC")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A payment, what it really settles, and which family it was made for."""

    payment: Payment
    truth: frozenset[InternalId]
    family: str
    half: str
    #: whether the invoice the payer meant is open (it may be settled, or never have existed)
    open: bool = True


@dataclass(slots=True)
class Books:
    """Everything open, and who pays."""

    items: list[OpenItem] = field(default_factory=list)
    parents: dict[InternalId, InternalId] = field(default_factory=dict)
    payments: list[Labelled] = field(default_factory=list)

    def ledger(self) -> OpenLedger:
        """The open items as matching sees them."""
        return OpenLedger.of(self.items, AS_OF, self.parents)


class Generator:
    """Makes books from a seed: one case of a family after the other, each with customers of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.books = Books()
        self._number = 10_000
        self._customer = 1_000
        self._payment = 0

    # -- pieces --------------------------------------------------------------------------------------------

    def customer(self) -> InternalId:
        """A new customer."""
        self._customer += 1
        return InternalId(str(self._customer))

    def name(self) -> str:
        """A company's name."""
        r = self.random
        return f"{r.choice(_WORDS)} {r.choice(_WORDS)} {r.choice(_FORMS)}"

    def amount(self) -> int:
        """An amount in cents; round ones are frequent, as they are."""
        r = self.random
        return r.choice((r.randint(5_000, 900_000) * 1, r.randint(5, 90) * 10_000, r.randint(1, 400) * 2_500))

    def item(self, customer: InternalId, minor: int | None = None, **more: object) -> OpenItem:
        """A new open invoice."""
        self._number += self.random.randint(1, 3)
        day = _FIRST + timedelta(days=self.random.randint(0, 80))
        total = minor if minor is not None else self.amount()
        values: dict[str, object] = {
            "id": InternalId(str(900_000 + self._number)),
            "kind": ItemKind.INVOICE,
            "customer": customer,
            "number": f"INV{self._number}",
            "external_id": f"inv-0065g0000{self._number:07d}AAX",
            "currency": "USD",
            "total_minor": total,
            "open_minor": total,
            "day": day,
            "due": day + timedelta(days=30),
            "subsidiary": "1",
            "receivables": "119",
        }
        made = OpenItem(**{**values, **more})  # type: ignore[arg-type]
        self.books.items.append(made)
        return made

    def noise(self, customer: InternalId, count: int) -> None:
        """Other open invoices of the customer."""
        for _ in range(count):
            self.item(customer)

    def written(self, number: str) -> str:
        """A number as people write it."""
        digits = number.removeprefix("INV")
        r = self.random
        return r.choice(
            (
                number,
                f"INV-{digits}",
                f"Invoice {digits}",
                f"inv {digits}",
                f"Rechnung Nr. {digits}",
                f"INV#{digits.zfill(8)}",
                f"PAYMENT FOR INVOICE NO. {digits} THANK YOU",
                digits,
                f"{number} PAID {r.randint(1, 9)},{r.randint(100, 999)}.00 ON 2026-10-{r.randint(10, 28)}",
            )
        )

    def chatter(self) -> str:
        """Text without a reference."""
        return self.random.choice(
            ("", "ACH PAYMENT", "THANK YOU", "SUPPLIER PAYMENT RUN", "OCTOBER", "WIRE TRANSFER IN")
        )

    def pay(
        self,
        family: str,
        minor: int,
        text: str,
        truth: tuple[OpenItem, ...],
        *,
        customer: InternalId | None,
        external: str = "",
        open_: bool = True,
        currency: str = "USD",
        lines: tuple[RemittanceReference, ...] = (),
        name: str = "",
    ) -> None:
        """A payment of the family; `customer` None: no identifier of the payer is known."""
        self._payment += 1
        place = Place(file="bench", where=f"payment {self._payment}")
        references = list(lines)
        if external:
            references.append(RemittanceReference(text=external, place=place, qualifier="tieout_invoice"))
        if text:
            references.append(RemittanceReference(text=text, place=place))
        half = "report" if hashlib.sha256(f"{self.seed}/{self._payment}".encode()).digest()[0] % 2 else "tune"
        newest = max((item.day for item in truth), default=date(2026, 10, 1))
        paid = min(newest + timedelta(days=self.random.randint(0, 45)), _TODAY)
        payment = Payment(
            identity=f"P{self._payment}",
            amount_minor=minor,
            currency=currency,
            paid=paid,
            customers=frozenset({customer} if customer else ()),
            references=tuple(references),
            payer=Payer(names=(name,) if name else ()),
        )
        label = Labelled(payment, frozenset(item.id for item in truth), family, half, open_)
        self.books.payments.append(label)


Family = Callable[[Generator], None]


def _exact_external(g: Generator) -> None:
    customer = g.customer()
    g.noise(customer, g.random.randint(0, 4))
    item = g.item(customer)
    g.pay(
        "exact_external", item.open_minor, g.chatter(), (item,), customer=customer, external=item.external_id
    )


def _exact_typed(g: Generator) -> None:
    customer = g.customer()
    g.noise(customer, g.random.randint(0, 6))
    item = g.item(customer)
    g.pay("exact_typed", item.open_minor, g.written(item.number), (item,), customer=customer)


def _unique_amount(g: Generator) -> None:
    customer = g.customer()
    item = g.item(customer, g.random.randint(10_000, 999_999))
    for _ in range(g.random.randint(0, 4)):
        g.item(customer, item.open_minor + g.random.randint(1, 5_000))
    g.pay("unique_amount", item.open_minor, g.chatter(), (item,), customer=customer)


def _equal_amounts(g: Generator) -> None:
    customer, minor = g.customer(), g.amount()
    items = [g.item(customer, minor) for _ in range(g.random.randint(2, 5))]
    one = g.random.choice(items)
    g.pay("equal_amounts", minor, g.chatter(), (one,), customer=customer)


def _equal_amounts_named(g: Generator) -> None:
    customer, minor = g.customer(), g.amount()
    items = [g.item(customer, minor) for _ in range(g.random.randint(2, 5))]
    one = g.random.choice(items)
    g.pay("equal_amounts_named", minor, g.written(one.number), (one,), customer=customer)


def _twins(g: Generator) -> None:
    """Two customers of one name, invoices of one amount: the identifier says who, or nobody does."""
    one, other, name, minor = g.customer(), g.customer(), g.name(), g.amount()
    item, _ = g.item(one, minor), g.item(other, minor)
    known = g.random.random() < 0.5
    g.pay("twins", minor, g.chatter(), (item,), customer=one if known else None, name=name)


def _near_names(g: Generator) -> None:
    one, other, name, minor = g.customer(), g.customer(), g.name(), g.amount()
    item, _ = g.item(one, minor), g.item(other, minor)
    g.pay("near_names", minor, g.chatter(), (item,), customer=None, name=f"{name} East")


def _reused_order(g: Generator) -> None:
    """One purchase order covers several invoices, two of them of one amount."""
    customer, po, minor = g.customer(), f"45{g.random.randint(10_000, 99_999)}", g.amount()
    items = [g.item(customer, minor, po_number=po) for _ in range(2)]
    g.item(customer, po_number=po)
    g.pay("reused_order", minor, f"PO {po}", (items[0],), customer=customer)


def _stale_reference(g: Generator) -> None:
    """The number of last month's invoice, which is settled; this month's is of the same amount."""
    customer, minor = g.customer(), g.amount()
    old = g.item(customer, minor, open_minor=0)
    new = g.item(customer, minor)
    g.pay("stale_reference", minor, g.written(old.number), (new,), customer=customer)


def _unknown_reference(g: Generator) -> None:
    """A number nobody has: mistyped, or of before anybody remembers. The amount is that of an open invoice."""
    customer = g.customer()
    item = g.item(customer)
    meant = g.random.random() < 0.5
    truth = (item,) if meant else ()
    text = f"INV{g.random.randint(5_000_000, 9_000_000)}"
    g.pay("unknown_reference", item.open_minor, text, truth, customer=customer, open_=meant)


def _wrong_customer(g: Generator) -> None:
    """It names a document of somebody else, of the very amount; the payer has one of that amount, too, or none."""
    payer, other, minor = g.customer(), g.customer(), g.amount()
    others = g.item(other, minor)
    if g.random.random() < 0.5:
        own = g.item(payer, minor)
        g.pay("wrong_customer", minor, g.written(others.number), (own,), customer=payer)
    else:
        g.pay("wrong_customer", minor, g.written(others.number), (), customer=payer, open_=False)


def _flat_fee_twice(g: Generator) -> None:
    """A monthly fee, paid, and paid again by mistake; with or without the number. Next month's is open."""
    customer, minor = g.customer(), g.amount()
    first = g.item(customer, minor)
    named = g.random.random() < 0.5
    text = g.written(first.number) if named else g.chatter()
    g.pay("flat_fee_first", minor, text, (first,), customer=customer)
    if named:
        g.item(customer, minor)
    g.pay("flat_fee_twice", minor, text, (), customer=customer, open_=False)


def _flat_fee_twice_next_open(g: Generator) -> None:
    """The same without a number while next month's fee is open: by amount alone nobody can tell."""
    customer, minor = g.customer(), g.amount()
    g.item(customer, minor, open_minor=0)
    g.item(customer, minor)
    g.pay("flat_fee_next_open", minor, g.chatter(), (), customer=customer, open_=False)


def _listed(g: Generator) -> None:
    customer = g.customer()
    g.noise(customer, g.random.randint(0, 4))
    items = tuple(g.item(customer) for _ in range(g.random.randint(2, 6)))
    text = g.random.choice((", ", " / ", " and ", ";")).join(item.number for item in items)
    g.pay("listed_bundle", sum(i.open_minor for i in items), text, items, customer=customer)


def _unlisted(g: Generator) -> None:
    customer = g.customer()
    items = [g.item(customer, g.random.randint(10_000, 999_999)) for _ in range(g.random.randint(3, 8))]
    chosen = tuple(g.random.sample(items, g.random.randint(2, len(items) - 1)))
    g.pay("unlisted_bundle", sum(i.open_minor for i in chosen), g.chatter(), chosen, customer=customer)


def _bundle_looks_like_one(g: Generator) -> None:
    """Two invoices sum to exactly what a third is open for: the payment may be either."""
    customer, a, b = g.customer(), g.amount(), g.amount()
    pair = (g.item(customer, a), g.item(customer, b))
    g.item(customer, a + b)
    g.pay("bundle_or_one", a + b, g.chatter(), pair, customer=customer)


def _short(g: Generator) -> None:
    customer = g.customer()
    item = g.item(customer)
    g.pay(
        "short",
        item.open_minor - g.random.randint(1, 4_000),
        g.written(item.number),
        (item,),
        customer=customer,
    )


def _over(g: Generator) -> None:
    customer = g.customer()
    item = g.item(customer)
    g.pay(
        "over",
        item.open_minor + g.random.randint(1, 4_000),
        g.written(item.number),
        (item,),
        customer=customer,
    )


def _parent_pays(g: Generator) -> None:
    parent, child = g.customer(), g.customer()
    g.books.parents[child] = parent
    item = g.item(child)
    g.pay("parent_pays", item.open_minor, g.written(item.number), (item,), customer=parent)


def _other_currency(g: Generator) -> None:
    customer = g.customer()
    item = g.item(customer, currency="EUR")
    g.pay("other_currency", item.open_minor, g.written(item.number), (item,), customer=customer)


def _own_number_collides(g: Generator) -> None:
    """The payer writes a number of its own that happens to be one of our documents of another customer, and the true
    number beside it.
    """
    customer, other = g.customer(), g.customer()
    item = g.item(customer)
    strange = g.item(other)
    text = f"{item.number} OUR REF {strange.number.removeprefix('INV')}"
    g.pay("own_number_collides", item.open_minor, text, (item,), customer=customer)


def _two_numbers_one_amount(g: Generator) -> None:
    """Two numbers of the payer's, both open at the amount paid: only one of them is meant."""
    customer, minor = g.customer(), g.amount()
    one, other = g.item(customer, minor), g.item(customer, minor)
    g.pay("two_numbers", minor, f"{one.number} {other.number}", (one,), customer=customer)


def _unknown_payer(g: Generator) -> None:
    customer = g.customer()
    item = g.item(customer)
    g.pay("unknown_payer", item.open_minor, g.written(item.number), (item,), customer=None, name=g.name())


#: Families and their weights.
FAMILIES: tuple[tuple[Family, int], ...] = (
    (_exact_external, 20),
    (_exact_typed, 30),
    (_unique_amount, 14),
    (_equal_amounts, 3),
    (_equal_amounts_named, 3),
    (_twins, 3),
    (_near_names, 2),
    (_reused_order, 2),
    (_stale_reference, 2),
    (_unknown_reference, 2),
    (_wrong_customer, 2),
    (_flat_fee_twice, 2),
    (_flat_fee_twice_next_open, 1),
    (_listed, 4),
    (_unlisted, 3),
    (_bundle_looks_like_one, 1),
    (_short, 2),
    (_over, 1),
    (_parent_pays, 1),
    (_other_currency, 1),
    (_own_number_collides, 1),
    (_two_numbers_one_amount, 1),
    (_unknown_payer, 2),
)
#: Families whose payments carry an exact reference, the exact amount and a known customer.
EXACT = frozenset({"exact_external", "exact_typed", "equal_amounts_named"})


def books(seed: int, payments: int) -> Books:
    """At least so many payments, all families in their shares, in an order that mixes them but for what must follow."""
    generator = Generator(seed)
    families = [family for family, _ in FAMILIES]
    weights = [weight for _, weight in FAMILIES]
    while len(generator.books.payments) < payments:
        generator.random.choices(families, weights)[0](generator)
    return generator.books


def cases(seed: int, families: tuple[Family, ...], count: int) -> Iterator[Labelled]:
    """So many cases of each of these families."""
    generator = Generator(seed)
    for family in families:
        for _ in range(count):
            family(generator)
    yield from generator.books.payments
