"""What a bank or a processor says about money that moved, in no format's own words.

A *movement* is one entry of a statement, a file or a processor's ledger. It says what it is (money in, money out,
something that came back, a notice that moves nothing), who the payer seems to be, and every reference found, each with
its place in the source. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.domain.cash.bookings import Booking
from tieout.domain.cash.payouts import Payout
from tieout.domain.money import Money


class MovementKind(StrEnum):
    """What kind of movement it is; the kind decides what may follow from it, the sign never does."""

    RECEIPT = "receipt"  # money that came in
    DISBURSEMENT = "disbursement"  # money that went out, on our or the bank's order
    RETURN_OF_DEBIT = "return_of_debit"  # a debit we pulled came back: the receipt it was is undone
    RETURN_OF_CREDIT = "return_of_credit"  # a credit we sent (refund, payout) came back
    RETURNED_RECEIPT = "returned_receipt"  # a receipt the bank takes back (returned cheque, reversal)
    DISPUTED_RETURN = "disputed_return"  # a return of a return (dishonored, contested): state, not cash
    NOTICE_OF_CHANGE = "notice_of_change"  # corrected data; amount zero; never moves cash
    FEE = "fee"  # what the bank or processor keeps
    SUMMARY = "summary"  # a total of other movements: counting it would count them twice
    INFORMATION = "information"  # pending, zero, prenote, micro-deposit, planned: no cash yet, or never


#: Kinds that are cash: Σ of these is what a bank line came to. The rest are notices.
CASH = frozenset(
    {
        MovementKind.RECEIPT,
        MovementKind.DISBURSEMENT,
        MovementKind.RETURN_OF_DEBIT,
        MovementKind.RETURN_OF_CREDIT,
        MovementKind.RETURNED_RECEIPT,
        MovementKind.FEE,
    }
)


class Rail(StrEnum):
    """The way the money took."""

    ACH = "ach"
    WIRE = "wire"
    INSTANT = "instant"
    CHECK = "check"
    LOCKBOX = "lockbox"
    CARD = "card"
    TRANSFER = "transfer"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """How final the source's word is. The same money may be told at several stages, under one identity."""

    BOOKED = "booked"  # on a statement of booked entries
    INTERIM = "interim"  # on an intraday report; it comes again on the statement
    NOTIFIED = "notified"  # in a notification of details; the booking itself is on the statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a source something stands: the file's SHA-256, the coordinates within, and the line (from 1; 0: none).

    `where` reads like `batch 1 entry 3 addenda 2` or `Stmt 1 Ntry 2 TxDtls 1`.
    """

    file: str
    where: str
    line: int = 0

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"{self.where}{line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceReference:
    """A reference that came with the money, as it was written. Looked up later, never matched by resemblance.

    `qualifier` is the source's own word for what it is (`IV`, `PO`, `SCOR`, `EREF` …), empty in free text. Amounts are
    what the payer says: `paid` for this reference, `gross` before `discount` and `adjustment`; negative for a credit
    that was taken.
    """

    text: str
    place: Place
    qualifier: str = ""
    paid: Money | None = None
    gross: Money | None = None
    discount: Money | None = None
    adjustment: Money | None = None
    adjustment_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who seems to have paid: names as given, and identifiers, the strongest first.

    An identifier is `(scheme, value)`: `("ach_company", "1234567890")`, `("iban", …)`, `("micr", "routing/account")`,
    `("stripe_customer", "cus_…")`. A name alone never applies cash.
    """

    names: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOf:
    """What came back, and why. `original` is the identity of the movement that is undone, as its source knows it."""

    code: str
    original: str = ""
    reason: str = ""
    #: corrected data of a notice of change, as given
    corrected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One entry. `amount` is never negative; `credit` says on which side of *our* account it is booked.

    `identity` is stable for the same money in the same kind of source (a bank's reference, a trace with date, company
    and amount, a processor's id); `ordinal` tells equal ones of one file and day apart (from 1). `account` is our bank
    account as the source writes it. `texts` are the remittance texts, verbatim; `texts_read` says that everything in
    them that can name a document is in `references`, so that nobody takes a date or a routing number in them for one.
    """

    place: Place
    kind: MovementKind
    credit: bool
    amount: Money
    account: str
    identity: str
    ordinal: int = 1
    booked: date | None = None
    value_date: date | None = None
    rail: Rail = Rail.UNKNOWN
    code: str = ""
    bank_reference: str = ""
    customer_reference: str = ""
    check_number: str = ""
    payer: Payer = field(default_factory=Payer)
    references: tuple[RemittanceReference, ...] = ()
    texts: tuple[str, ...] = ()
    texts_read: bool = False
    returned: ReturnOf | None = None
    stage: Stage = Stage.BOOKED
    #: of a payout: what was in it, and what became of it
    payout: Payout | None = None
    #: of a booking that may be told twice, as a line and in its details: which one, and how it is told here
    booking: Booking | None = None
    #: the entry's own record(s), verbatim, for the exception queue
    raw: str = ""


class Severity(StrEnum):
    """What a finding about a file means for it."""

    BLOCKS = "blocks"  # nothing of the file (or of the named part) has an effect
    REJECTS = "rejects"  # this entry has no effect; the others go on
    WARNS = "warns"  # a person may want to know


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinding:
    """One thing wrong with a file: a stable code, what was expected, what was found, where, and what to do."""

    code: str
    severity: Severity
    expected: str
    found: str
    place: Place
    remedy: str
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A group of movements of one account and currency with its balances, where the source has them."""

    account: str
    currency: str
    reference: str = ""
    as_of: date | None = None
    opening: Money | None = None
    closing: Money | None = None
    #: whether balances and totals foot; None where there is nothing to foot
    foots: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry-level record as the source counts it: a booking may hold several movements, or none that can be used.

    `credit` is the side the source's own totals put it on; `amount` is exact, as it was written, and None where it
    cannot be read.
    """

    place: Place
    credit: bool | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """What a file came to. A file with a finding that `BLOCKS` has no effect on the books."""

    format: str
    digest: str
    entries: tuple[Entry, ...] = ()
    movements: tuple[Movement, ...] = ()
    statements: tuple[Statement, ...] = ()
    findings: tuple[FileFinding, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether nothing of it may have an effect."""
        return any(finding.severity is Severity.BLOCKS for finding in self.findings)
