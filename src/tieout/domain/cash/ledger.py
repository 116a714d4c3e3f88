"""Our picture of NetSuite's open items: what a payment may settle, and what it may no longer settle.

Items that are paid stay in the picture: a reference to a paid invoice is a finding (stale, or paid twice), and an
unknown number is another. Amounts are integer minor units beside their currency; `Money` is made where they leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.domain.cash.writing import LettersAndDigits, letters_and_digits
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId
from tieout.domain.money import Money
from tieout.domain.names import normalised_name

#: ACH cuts names at 16 characters; what is left of a normal form is at least this long, or the whole name.
_NAME_KEY = 10


class ItemKind(StrEnum):
    """What can stand open on a customer's account."""

    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    JOURNAL = "journal"  # a journal's debit line on a receivable: it stands for an invoice (again)
    JOURNAL_CREDIT = "journal_credit"  # a journal's credit line on a receivable: money of the customer's
    PAYMENT = "payment"  # a payment with an unapplied remainder
    SALES_ORDER = "sales_order"  # not a receivable: a payment that names one is a prepayment
    CUSTOMER_DEPOSIT = "customer_deposit"  # money for an order: a liability until it is applied


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One document, or one line of a journal entry (`open_lines`).

    `open_minor` is what NetSuite says is open less what we have reserved; never negative. `number` is what people read
    on paper; `external_id` is ours, or whoever's. `discount_minor` may be taken by a payment dated on or before
    `discount_until`. `made_from`: the invoice a credit memo was made from, the order an invoice was made from or a
    deposit was paid for. What is open of an order is what it still has to be paid: its total less its deposits. A
    disputed or unapproved item takes no automatic payment.
    """

    id: InternalId
    kind: ItemKind
    customer: InternalId
    number: str
    currency: str
    total_minor: int
    open_minor: int
    day: date
    due: date | None = None
    external_id: str = ""
    po_number: str = ""
    subsidiary: str = ""
    receivables: str = ""
    approved: bool = True
    disputed: bool = False
    discount_minor: int = 0
    discount_until: date | None = None
    made_from: InternalId | None = None

    @property
    def open(self) -> Money:
        """What is open."""
        return Money.from_minor(self.open_minor, self.currency)

    @property
    def total(self) -> Money:
        """What it was made out for."""
        return Money.from_minor(self.total_minor, self.currency)

    @property
    def payable(self) -> bool:
        """Whether a payment may be applied to it at all."""
        return self.kind in _PAYABLE and self.open_minor > 0 and self.approved

    @property
    def usable(self) -> bool:
        """Whether it is a credit that a payment may draw on."""
        return self.kind in CREDITS and self.open_minor > 0 and self.approved


_PAYABLE = frozenset({ItemKind.INVOICE, ItemKind.JOURNAL})
#: What reduces a debt; a payment may draw on it.
CREDITS = frozenset({ItemKind.CREDIT_MEMO, ItemKind.JOURNAL_CREDIT})


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """Items with the ways to find them: by number as people write it, by external ID, by PO, by customer.

    Built once for a batch of payments, from everything or from just what their references and payers can meet.
    """

    as_of: datetime
    #: child → parent customer
    parents: Mapping[InternalId, InternalId] = field(default_factory=dict)
    _by_digits: dict[str, list[OpenItem]] = field(default_factory=dict)
    _by_letters: dict[str, list[OpenItem]] = field(default_factory=dict)
    _by_external: dict[str, list[OpenItem]] = field(default_factory=dict)
    _by_po: dict[str, list[OpenItem]] = field(default_factory=dict)
    _by_customer: dict[InternalId, list[OpenItem]] = field(default_factory=dict)
    _by_name: dict[str, list[tuple[str, InternalId]]] = field(default_factory=dict)
    #: letters that begin our document numbers ("INV"): how a reference to one of ours looks
    prefixes: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        items: Iterable[OpenItem],
        as_of: datetime,
        parents: Mapping[InternalId, InternalId] | None = None,
        names: Mapping[InternalId, str] | None = None,
        prefixes: Iterable[str] = (),
    ) -> OpenLedger:
        """A ledger of these items, with the customers' parents and names where they are known, and the prefixes of
        document numbers where these are not all the items there are.
        """
        ledger = cls(as_of, parents or {})
        ledger.prefixes.update(prefixes)
        for customer, name in (names or {}).items():
            key = normalised_name(name)
            ledger._by_name.setdefault(key[:_NAME_KEY], []).append((key, customer))
        for item in items:
            ledger._add(item)
        return ledger

    def _add(self, item: OpenItem) -> None:
        key = digits_of(item.number)
        if key:
            self._by_digits.setdefault(key, []).append(item)
            self.prefixes.add(letters_and_digits(item.number).letters)
        elif item.number:
            self._by_letters.setdefault(plain(item.number), []).append(item)
        if item.external_id:
            self._by_external.setdefault(item.external_id.lower(), []).append(item)
        if item.po_number:
            self._by_po.setdefault(plain(item.po_number), []).append(item)
        self._by_customer.setdefault(item.customer, []).append(item)

    def take(self, item: OpenItem, minor: int) -> OpenItem:
        """So much of the item is reserved: from now on less of it is open. Returns the item as it is now.

        Raises `DomainError` when more is taken than is open: two payments never plan the same balance.
        """
        if not 0 < minor <= item.open_minor:
            raise DomainError(f"{minor} of {item.number} cannot be taken: {item.open_minor} is open")
        rest = replace(item, open_minor=item.open_minor - minor)
        for index, key in (
            (self._by_digits, digits_of(item.number)),
            (self._by_letters, plain(item.number)),
            (self._by_external, item.external_id.lower()),
            (self._by_po, plain(item.po_number)),
        ):
            _put(index.get(key), item, rest)
        _put(self._by_customer.get(item.customer), item, rest)
        return rest

    def numbered(self, written: LettersAndDigits) -> list[OpenItem]:
        """Items whose document number this is, as people write it: same digits without leading zeros, and letters
        that are the number's own, a word for "invoice", or left out. Never by resemblance.
        """
        found = self._by_digits.get(written.digits)
        if not found:
            return []
        return [item for item in found if written.may_stand_for(item.number)]

    def lettered(self, text: str) -> list[OpenItem]:
        """Items whose number has no digit and is this text."""
        return self._by_letters.get(plain(text), [])

    def external(self, external_id: str) -> list[OpenItem]:
        """Items with this external ID, without regard to case."""
        return self._by_external.get(external_id.lower(), [])

    def ordered(self, po_number: str) -> list[OpenItem]:
        """Items with this purchase order number."""
        return self._by_po.get(plain(po_number), [])

    def of_customer(self, customer: InternalId) -> list[OpenItem]:
        """Everything of one customer, children not included."""
        return self._by_customer.get(customer, [])

    def named(self, name: str) -> list[InternalId]:
        """Customers whose name resembles this one: equal in its normal form, or one is where the other was cut off.

        A resemblance only ever suggests.
        """
        key = normalised_name(name)
        if not key:
            return []
        return [
            customer
            for other, customer in self._by_name.get(key[:_NAME_KEY], [])
            if other.startswith(key) or key.startswith(other)
        ]

    def family(self, customer: InternalId) -> frozenset[InternalId]:
        """The customer's ancestors and all that share one with it, itself included."""
        top, seen = customer, {customer}
        while (parent := self.parents.get(top)) is not None and parent not in seen:
            top = parent
            seen.add(parent)
        members = {top}
        grown = True
        while grown:
            more = {child for child, parent in self.parents.items() if parent in members} - members
            members |= more
            grown = bool(more)
        return frozenset(members)


def _put(items: list[OpenItem] | None, old: OpenItem, new: OpenItem) -> None:
    for index, item in enumerate(items or ()):
        if item is old or item.id == old.id:
            assert items is not None
            items[index] = new


_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")


def plain(text: str) -> str:
    """Letters and digits only, upper case: how numbers are compared."""
    return _NOT_ALNUM.sub("", text).upper()


def digits_of(number: str) -> str:
    """All digits of a document number in order, without leading zeros; empty when there are none."""
    return letters_and_digits(number).digits


def in_window(item: OpenItem, paid: date, early: timedelta, late: timedelta) -> bool:
    """Whether a payment of this day is in the usual time for the item: from a little before it was made out until
    some time after it was due.
    """
    return item.day - early <= paid <= (item.due or item.day) + late
