"""Is the record in NetSuite the one we sent? Only what we sent is compared.

Fields NetSuite computes (tax, gross total, document number, due date) are stored and not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.domain.drafts import (
    AppliedDraft,
    ApplyDraft,
    ContactDraft,
    CustomerDepositDraft,
    CustomerDraft,
    CustomerUpdateDraft,
    DepositApplicationDraft,
    DepositDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
    TransactionDraft,
)
from tieout.domain.findings import Finding
from tieout.domain.ids import DocumentNumber, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.open_lines import key_parts
from tieout.domain.sources import SourceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLine:
    """A line as NetSuite has it, in the sign a person sees on the invoice."""

    item: InternalId
    quantity: Decimal
    amount: Decimal
    source_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedApplication:
    """So much of a payment on one document, as NetSuite has it."""

    document: InternalId
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPosting:
    """A ledger line as NetSuite has it; a debit is positive."""

    account: InternalId
    amount: Decimal
    entity: InternalId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A record as NetSuite has it. `type` is NetSuite's own code where it is none of ours."""

    id: InternalId
    external_id: ExternalId | None
    type: str
    installation: str = ""
    source_id: str = ""
    name: str = ""
    email: str = ""
    customer: InternalId | None = None
    subsidiary: str = ""
    currency_id: str = ""
    transaction_date: date | None = None
    po_number: str = ""
    lines: tuple[ObservedLine, ...] = ()
    status: str = ""
    voided: bool = False
    approved: bool = True
    number: DocumentNumber | None = None
    total: Decimal | None = None
    tax_total: Decimal | None = None
    created_from: InternalId | None = None
    #: what a payment is applied to, the credits it uses, and what of it is not applied
    applied: tuple[ObservedApplication, ...] = ()
    credits: tuple[ObservedApplication, ...] = ()
    unapplied: Decimal | None = None
    #: the ledger lines of a journal entry, or of a payment where they were asked for
    postings: tuple[ObservedPosting, ...] = ()


class Match(StrEnum):
    """What an observed record is to the attempt that may have made it."""

    EQUAL = "equal"
    OTHER_TYPE = "external_id_other_type"
    OTHER_INSTALLATION = "other_installation"
    DIFFERS = "content_differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as sent."""

    field: str
    sent: str
    found: str

    def __str__(self) -> str:
        return f"{self.field}: sent {self.sent!r}, found {self.found!r}"


CreateDraft = (
    CustomerDraft
    | ContactDraft
    | TransactionDraft
    | PaymentDraft
    | RefundDraft
    | JournalDraft
    | DepositDraft
    | CustomerDepositDraft
    | DepositApplicationDraft
)
#: Record types of drafts that make one type only.
_TYPES: dict[type, RecordType] = {
    CustomerDraft: RecordType.CUSTOMER,
    ContactDraft: RecordType.CONTACT,
    PaymentDraft: RecordType.CUSTOMER_PAYMENT,
    RefundDraft: RecordType.CUSTOMER_REFUND,
    JournalDraft: RecordType.JOURNAL_ENTRY,
    DepositDraft: RecordType.BANK_DEPOSIT,
    CustomerDepositDraft: RecordType.CUSTOMER_DEPOSIT,
    DepositApplicationDraft: RecordType.DEPOSIT_APPLICATION,
}


def record_type(draft: CreateDraft) -> RecordType:
    """The NetSuite record type a draft creates."""
    return draft.type if isinstance(draft, TransactionDraft) else _TYPES[type(draft)]


def differences(draft: CreateDraft, observed: Observed, customer: InternalId | None) -> list[Difference]:
    """Fields of `draft` that `observed` does not have as sent. `customer`: the resolved internal id."""
    pairs: list[tuple[str, str, str]] = [
        ("external ID", draft.external_id, observed.external_id or ""),
        ("installation", draft.trace.installation, observed.installation),
        ("source id", draft.trace.source.id, observed.source_id),
    ]
    if isinstance(draft, CustomerDraft):
        pairs.append(("name", " ".join(draft.name.split()), " ".join(observed.name.split())))
        pairs.append(("subsidiary", draft.subsidiary, observed.subsidiary))
    elif isinstance(draft, ContactDraft):
        pairs.append(("customer", customer or "", observed.customer or ""))
    elif isinstance(draft, PaymentDraft):
        pairs.extend(_payment_pairs(draft, observed))
    elif isinstance(draft, RefundDraft):
        pairs.extend(_refund_pairs(draft, observed))
    elif isinstance(draft, JournalDraft):
        pairs.extend(_journal_pairs(draft, observed))
    elif isinstance(draft, DepositDraft):
        pairs.extend(_deposit_pairs(draft, observed))
    elif isinstance(draft, CustomerDepositDraft):
        pairs += [*_money_pairs(draft, observed), ("order", draft.order, observed.created_from or "")]
    elif isinstance(draft, DepositApplicationDraft):
        pairs.extend(_application_pairs(draft, observed))
    else:
        pairs.extend(_transaction_pairs(draft, observed, customer))
    return [Difference(name, sent, found) for name, sent, found in pairs if sent != found]


def change_differences(draft: CustomerUpdateDraft, observed: Observed) -> list[Difference]:
    """What an update said and the customer does not show. NetSuite puts telephone numbers, web addresses and
    postal addresses into its own form, so of the contact data only the e-mail address is compared.
    """
    if not draft.email or draft.email.lower() == observed.email.lower():
        return []
    return [Difference("e-mail", draft.email, observed.email)]


_Money = PaymentDraft | RefundDraft | CustomerDepositDraft | DepositApplicationDraft


def _transaction_pairs(
    draft: TransactionDraft, observed: Observed, customer: InternalId | None
) -> list[tuple[str, str, str]]:
    day = observed.transaction_date
    pairs = [
        ("customer", customer or "", observed.customer or ""),
        ("subsidiary", draft.subsidiary, observed.subsidiary),
        ("currency", draft.currency_id, observed.currency_id),
        ("date", draft.transaction_date.isoformat(), day.isoformat() if day else ""),
        ("PO number", draft.po_number, observed.po_number),
        ("voided", "no", "yes" if observed.voided else "no"),
        ("number of lines", str(len(draft.lines)), str(len(observed.lines))),
    ]
    for number, (sent, found) in enumerate(zip(draft.lines, observed.lines, strict=False), start=1):
        pairs += [
            (f"line {number} item", sent.item, found.item),
            (f"line {number} quantity", _plain(sent.quantity), _plain(found.quantity)),
            (f"line {number} amount", _plain(sent.amount.amount), _plain(found.amount)),
            (f"line {number} source line", sent.source.line, found.source_line),
        ]
    return pairs


def _money_pairs(draft: _Money, observed: Observed) -> list[tuple[str, str, str]]:
    day = observed.transaction_date
    return [
        ("customer", draft.customer, observed.customer or ""),
        ("subsidiary", draft.subsidiary, observed.subsidiary),
        ("currency", draft.currency_id, observed.currency_id),
        ("date", draft.transaction_date.isoformat(), day.isoformat() if day else ""),
        ("amount", _plain(_whole(draft).amount), _plain(abs(observed.total or Decimal(0)))),
        ("voided", "no", "yes" if observed.voided else "no"),
    ]


def _whole(draft: _Money) -> Money:
    """NetSuite's total: of a payment the money and the credits it uses."""
    return draft.total if isinstance(draft, PaymentDraft) else draft.amount


def _refund_pairs(draft: RefundDraft, observed: Observed) -> list[tuple[str, str, str]]:
    """Money that went back, against one document."""
    settled = sum((one.amount for one in observed.applied), Decimal(0))
    return [
        *_money_pairs(draft, observed),
        ("settled", _plain(draft.amount.amount), _plain(settled)),
        ("number of documents", "1", str(len(observed.applied))),
    ]


def _journal_pairs(draft: JournalDraft, observed: Observed) -> list[tuple[str, str, str]]:
    """Every line with its account, side and customer. One that waits for approval posts nothing: it is not what was
    sent until somebody has approved it.
    """
    day = observed.transaction_date
    return [
        ("subsidiary", draft.subsidiary, observed.subsidiary),
        ("currency", draft.currency_id, observed.currency_id),
        ("date", draft.transaction_date.isoformat(), day.isoformat() if day else ""),
        ("voided", "no", "yes" if observed.voided else "no"),
        ("approved", "yes", "yes" if observed.approved else "no"),
        (
            "lines",
            _posted((one.account, one.signed, one.entity) for one in draft.lines),
            _posted((one.account, one.amount, one.entity) for one in observed.postings),
        ),
    ]


def _deposit_pairs(draft: DepositDraft, observed: Observed) -> list[tuple[str, str, str]]:
    """What the bank shows, which payments were taken, and where every other line went. A payment is posted against
    undeposited funds, whose account is NetSuite's own preference: those postings are told by the payments alone.
    """
    day = observed.transaction_date
    named = {draft.account, *(one.account for one in draft.lines)}
    sent = [
        (draft.account, draft.total.amount, None),
        *((one.account, -one.amount.amount, None) for one in draft.lines),
    ]
    found = [(one.account, one.amount, None) for one in observed.postings if one.account in named]
    return [
        ("subsidiary", draft.subsidiary, observed.subsidiary),
        ("currency", draft.currency_id, observed.currency_id),
        ("date", draft.transaction_date.isoformat(), day.isoformat() if day else ""),
        ("amount", _plain(draft.total.amount), _plain(observed.total or Decimal(0))),
        ("voided", "no", "yes" if observed.voided else "no"),
        ("payments", _told((one.payment, one.amount.amount) for one in draft.taken), _seen(observed.applied)),
        ("lines", _posted(sent), _posted(found)),
    ]


def _posted(lines: Iterable[tuple[InternalId, Decimal, InternalId | None]]) -> str:
    told = [
        f"{'Dr' if amount >= 0 else 'Cr'} {account} {_plain(abs(amount))}{f' of {entity}' if entity else ''}"
        for account, amount, entity in lines
    ]
    return ", ".join(sorted(told, reverse=True)) or "none"


def _payment_pairs(draft: PaymentDraft, observed: Observed) -> list[tuple[str, str, str]]:
    """Money, its customer, and where it went; a payment applied differently is not the one that was sent."""
    return [
        *_money_pairs(draft, observed),
        ("applied", _sent(draft.applied), _seen(observed.applied)),
        ("credits used", _sent(draft.credits), _seen(observed.credits)),
        ("unapplied", _plain(draft.unapplied.amount), _plain(observed.unapplied or Decimal(0))),
    ]


def _application_pairs(draft: DepositApplicationDraft, observed: Observed) -> list[tuple[str, str, str]]:
    """What of which deposit went on which invoices, and what is left of the deposit."""
    return [
        *_money_pairs(draft, observed),
        ("deposit", draft.deposit_id, observed.created_from or ""),
        ("applied", _sent(draft.applied), _seen(observed.applied)),
        ("left of the deposit", _plain(draft.rest.amount), _plain(observed.unapplied or Decimal(0))),
    ]


def application_differences(draft: ApplyDraft, observed: Observed) -> list[Difference]:
    """What a payment should be applied to and is not; applications nobody spoke of are none of its business."""
    pairs = [
        (f"{what} {one.number}", _plain(one.amount.amount), _plain(_on(seen, one)))
        for what, wanted, seen in (
            ("applied to", draft.applied, observed.applied),
            ("credit used", draft.credits, observed.credits),
        )
        for one in wanted
    ]
    return [Difference(name, sent, seen) for name, sent, seen in pairs if sent != seen]


def _on(seen: Sequence[ObservedApplication], wanted: AppliedDraft) -> Decimal:
    """What lies on a document, or on one line of a journal entry; an entry of ours has one line that can be meant."""
    return sum(
        (
            one.amount
            for one in seen
            if one.document == wanted.document
            or (wanted.entry is not None and key_parts(one.document)[0] == wanted.document)
        ),
        Decimal(0),
    )


def _sent(lines: Sequence[AppliedDraft]) -> str:
    return _told((one.document, one.amount.amount) for one in lines)


def _seen(lines: Sequence[ObservedApplication]) -> str:
    return _told((one.document, one.amount) for one in lines)


def _told(applied: Iterable[tuple[InternalId, Decimal]]) -> str:
    return ", ".join(f"{document}: {_plain(amount)}" for document, amount in sorted(applied)) or "nothing"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def match(draft: CreateDraft, observed: Observed, customer: InternalId | None) -> Match:
    """What `observed` is to `draft`: "already exists" is not success until this says EQUAL."""
    if observed.type != record_type(draft):
        return Match.OTHER_TYPE
    if observed.installation != draft.trace.installation:
        return Match.OTHER_INSTALLATION
    return Match.DIFFERS if differences(draft, observed, customer) else Match.EQUAL


def clash_finding(
    verdict: Match, draft: CreateDraft, observed: Observed, customer: InternalId | None, source: SourceRef
) -> Finding:
    """The case for a record found under our external id that is not what we sent."""
    found = f"{observed.type} {observed.id}"
    if verdict is Match.OTHER_INSTALLATION:
        found += f" of installation {observed.installation or 'none'}"
    elif verdict is Match.DIFFERS:
        found += ": " + "; ".join(map(str, differences(draft, observed, customer)))
    expected = f"{record_type(draft)} {draft.external_id} as sent by {draft.trace.installation}"
    return Finding(code=verdict.value, cause=draft.external_id, expected=expected, found=found, source=source)
