"""Drafts: the records we intend NetSuite (or the CRM) to have, in the domain's words.

A draft refers to records not yet written by the *claim* of their effect; the internal id is filled in when
the call is made. Drafts are frozen into the document row: what was planned is what is compared later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tieout.domain.documents import NO_ADDRESS, Address
from tieout.domain.extensions import Extension
from tieout.domain.ids import ClaimKey, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.sources import SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a record came from and which installation wrote it; written into custom fields."""

    installation: str
    source: SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDraft:
    """A customer to create. `currency_id` is its primary currency."""

    external_id: ExternalId
    trace: Trace
    name: str
    subsidiary: InternalId
    currency_id: InternalId
    entity_id: str = ""
    terms: InternalId | None = None
    receivables: InternalId | None = None
    form: InternalId | None = None
    email: str = ""
    phone: str = ""
    website: str = ""
    tax_id: str = ""
    billing: Address = NO_ADDRESS
    shipping: Address = NO_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUpdateDraft:
    """New address and contact data of a customer of ours: the only fields an update may touch."""

    customer: ClaimKey
    email: str = ""
    phone: str = ""
    website: str = ""
    billing: Address = NO_ADDRESS
    shipping: Address = NO_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendCustomerDraft:
    """One more currency or subsidiary for a customer that exists: of ours (`customer`), or a linked one.

    `external_id` and `installation` are what the record has to carry for the step to be made.
    """

    customer: ClaimKey | None
    bound_customer: InternalId | None
    extension: Extension
    external_id: str
    installation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """A person to create under a customer."""

    external_id: ExternalId
    trace: Trace
    customer: ClaimKey
    subsidiary: InternalId
    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One line; `amount` is what counts, `rate` is derived from it."""

    source: SourceRef
    item: InternalId
    quantity: Decimal
    rate: Decimal
    amount: Money
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionDraft:
    """A sales order or an invoice to create.

    `bound_customer` names an existing customer; otherwise `customer` is the claim of one of ours.
    `created_from`: the claim of the sales order it is transformed from.
    """

    type: RecordType
    external_id: ExternalId
    trace: Trace
    customer: ClaimKey | None
    bound_customer: InternalId | None
    subsidiary: InternalId
    currency: str
    currency_id: InternalId
    transaction_date: date
    lines: tuple[LineDraft, ...]
    terms: InternalId | None = None
    receivables: InternalId | None = None
    form: InternalId | None = None
    po_number: str = ""
    memo: str = ""
    billing: Address = NO_ADDRESS
    created_from: ClaimKey | None = None

    @property
    def total(self) -> Money:
        """Sum of the lines, before tax."""
        result = Money.zero(self.currency)
        for line in self.lines:
            result += line.amount
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDraft:
    """So much of a payment on one open document, by internal id; `discount` is taken beside it.

    `before`: how much of it the payment had settled already. `owner`: the document's customer where it is another than
    the payment's (a parent pays for a child). `entry`: the claim of one of our journal entries, whose only receivable
    line is meant; `document` is the entry's external ID until its internal id is known (`with_entries`).
    """

    document: InternalId
    number: str
    amount: Money
    discount: Money | None = None
    before: Money | None = None
    owner: InternalId | None = None
    entry: ClaimKey | None = None

    @property
    def taken_minor(self) -> int:
        """What it takes of the document that is open now; negative when an application is taken back."""
        taken = self.amount.minor - (self.before.minor if self.before else 0)
        return taken + (self.discount.minor if self.discount else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDraft:
    """A customer payment to create. What `applied` does not use up stays unapplied, on the customer's account.

    `account` is the bank's G/L account; None: undeposited funds. `check_number` carries the bank's own reference, so
    that NetSuite's bank matching finds the line.
    """

    external_id: ExternalId
    trace: Trace
    customer: InternalId
    subsidiary: InternalId
    currency_id: InternalId
    amount: Money
    transaction_date: date
    applied: tuple[AppliedDraft, ...] = ()
    #: credits of the customer's that are used beside the money: what is applied comes out of both
    credits: tuple[AppliedDraft, ...] = ()
    receivables: InternalId | None = None
    account: InternalId | None = None
    check_number: str = ""
    memo: str = ""

    @property
    def total(self) -> Money:
        """What can be applied: the money and the credits (NetSuite's total of the payment, reference §6.6)."""
        total = self.amount
        for one in self.credits:
            total += one.amount
        return total

    @property
    def unapplied(self) -> Money:
        """What stays on account."""
        rest = self.total
        for one in self.applied:
            rest -= one.amount
        return rest

    @property
    def takes(self) -> dict[InternalId, int]:
        """What it takes of each open item, documents paid and credits used."""
        return {one.document: one.taken_minor for one in (*self.applied, *self.credits)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyDraft:
    """How a payment of ours that NetSuite has is to be applied: absolute amounts, zero takes an application back."""

    payment: ClaimKey
    trace: Trace
    customer: InternalId
    applied: tuple[AppliedDraft, ...]
    credits: tuple[AppliedDraft, ...] = ()

    @property
    def takes(self) -> dict[InternalId, int]:
        """What it takes of each open item, documents paid and credits used; negative where it gives back. The line of
        an entry that was made for it is nobody else's to take.
        """
        lines = (*self.applied, *self.credits)
        return {one.document: one.taken_minor for one in lines if one.entry is None}

    def with_entries(self, known: Mapping[ClaimKey, InternalId | None]) -> ApplyDraft:
        """The same with the internal ids of our journal entries, as far as they are known."""
        return replace(
            self,
            applied=tuple(_of_entry(one, known) for one in self.applied),
            credits=tuple(_of_entry(one, known) for one in self.credits),
        )


def _of_entry(line: AppliedDraft, known: Mapping[ClaimKey, InternalId | None]) -> AppliedDraft:
    internal = known.get(line.entry) if line.entry is not None else None
    return replace(line, document=internal) if internal else line


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDraft:
    """A customer refund to create: money that went back. It uses up what of one of our payments is not applied, or a
    credit memo where `credit` names one. `refunded`: we paid it back; else the payment did not stay.
    """

    external_id: ExternalId
    trace: Trace
    payment: ClaimKey
    customer: InternalId
    subsidiary: InternalId
    currency_id: InternalId
    amount: Money
    transaction_date: date
    receivables: InternalId | None = None
    account: InternalId | None = None
    memo: str = ""
    credit: InternalId | None = None
    refunded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One side of a journal entry: exactly one of `debit` and `credit` is there, and it is positive.

    A line on a receivable with an `entity` (a customer) is open like a document of that customer's.
    """

    account: InternalId
    debit: Money | None = None
    credit: Money | None = None
    entity: InternalId | None = None
    memo: str = ""

    @property
    def signed(self) -> Decimal:
        """The amount, a debit positive."""
        side = self.debit or self.credit
        amount = side.amount if side is not None else Decimal(0)
        return amount if self.debit is not None else -amount


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """A small rest that a journal entry writes off, by a tolerance of `cash.tolerances`: what is missing on an open
    document, by internal id; or what is left of a payment of ours (`payment`), by its external ID.
    """

    document: InternalId
    number: str
    amount: Money
    tolerance: str
    payment: ClaimKey | None = None

    @property
    def over(self) -> bool:
        """Whether too much was paid."""
        return self.payment is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalDraft:
    """A journal entry to create; its debits and credits have to balance, and NetSuite refuses one that does not.

    `takes_back`: applications of a payment that did not stay and cannot be edited; the entry stands in their place.
    `writes_off`: the rest it writes off; its first line is the one on the receivable.
    """

    external_id: ExternalId
    trace: Trace
    subsidiary: InternalId
    currency_id: InternalId
    transaction_date: date
    lines: tuple[JournalLine, ...]
    memo: str = ""
    takes_back: tuple[AppliedDraft, ...] = ()
    writes_off: WrittenOff | None = None

    @property
    def total(self) -> Money | None:
        """Sum of the debits; None without any."""
        debits = [line.debit for line in self.lines if line.debit is not None]
        return sum(debits[1:], debits[0]) if debits else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositTaken:
    """A payment, by internal id, that a bank deposit takes out of undeposited funds; `identity` is its movement's."""

    payment: InternalId
    identity: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositLine:
    """Another line of a bank deposit: what it adds to the bank account, negative for what it takes away."""

    account: InternalId
    amount: Money
    memo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositDraft:
    """A bank deposit to create. `total` is what the bank shows; `held`: identities of payments that were not booked
    when it was planned, whose money stands on the clearing account until they are.
    """

    external_id: ExternalId
    trace: Trace
    subsidiary: InternalId
    currency_id: InternalId
    account: InternalId
    total: Money
    transaction_date: date
    taken: tuple[DepositTaken, ...] = ()
    lines: tuple[DepositLine, ...] = ()
    held: tuple[str, ...] = ()
    memo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDepositDraft:
    """A customer deposit to create: money for an order that is not billed yet, a liability until it is applied.

    `order` is the sales order's internal id. `account` and `check_number` as of a payment.
    """

    external_id: ExternalId
    trace: Trace
    customer: InternalId
    subsidiary: InternalId
    currency_id: InternalId
    amount: Money
    transaction_date: date
    order: InternalId
    order_number: str
    account: InternalId | None = None
    check_number: str = ""
    memo: str = ""

    @property
    def takes(self) -> dict[InternalId, int]:
        """What it takes of what the order still has to be paid."""
        return {self.order: self.amount.minor}


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositApplicationDraft:
    """A deposit application to create: so much of a customer deposit on invoices of its order.

    `deposit_id` is the deposit's internal id; `rest` is what is left of the deposit afterwards.
    """

    external_id: ExternalId
    trace: Trace
    deposit: ClaimKey
    deposit_id: InternalId
    customer: InternalId
    subsidiary: InternalId
    currency_id: InternalId
    transaction_date: date
    applied: tuple[AppliedDraft, ...]
    rest: Money
    receivables: InternalId | None = None
    memo: str = ""

    @property
    def amount(self) -> Money:
        """What is applied."""
        total = Money.zero(self.rest.currency)
        for one in self.applied:
            total += one.amount
        return total

    @property
    def takes(self) -> dict[InternalId, int]:
        """What it takes of each invoice, and of the deposit."""
        return {one.document: one.taken_minor for one in self.applied} | {self.deposit_id: self.amount.minor}


#: Drafts that take of open items, and have reserved it until they are confirmed.
Settling = PaymentDraft | ApplyDraft | CustomerDepositDraft | DepositApplicationDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackDraft:
    """A note for the source record: what became of it in NetSuite."""

    target: SourceRef
    of: ClaimKey | None
    external_id: ExternalId
    record: RecordType
    status: str = "confirmed"
    internal_id: InternalId | None = None


Draft = (
    CustomerDraft
    | CustomerUpdateDraft
    | PaymentDraft
    | ApplyDraft
    | RefundDraft
    | JournalDraft
    | DepositDraft
    | CustomerDepositDraft
    | DepositApplicationDraft
    | ExtendCustomerDraft
    | ContactDraft
    | TransactionDraft
    | WriteBackDraft
)
