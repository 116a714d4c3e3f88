"""What a payment comes to: a named outcome with its reasons, what it settles, and what was refused on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.ids import InternalId
from tieout.domain.money import Money


class Tier(StrEnum):
    """How sure: 1 and 2 may apply by themselves, 3 goes to a person, with the answer filled in where there is one."""

    ONE = "1"
    TWO = "2"
    THREE = "3"


class Outcome(StrEnum):
    """Every way a payment can end, by name."""

    EXACT = "exact"
    TYPED_REFERENCE = "typed_reference"
    AMOUNT_ONLY = "amount_only"
    LISTED_BUNDLE = "listed_bundle"
    SUBSET_BUNDLE = "subset_bundle"
    DISCOUNT_TAKEN = "discount_taken"
    WITHHOLDING = "withholding"
    WITHIN_TOLERANCE = "within_tolerance"
    SHORT = "short"
    OVER = "over"
    CREDIT_TAKEN = "credit_taken"
    DUPLICATE_PAYMENT = "duplicate_payment"
    PREPAYMENT = "prepayment"
    OTHER_CUSTOMER = "other_customer"
    PARENT_PAYS = "parent_pays"
    OTHER_CURRENCY = "other_currency"
    WRONG_ENTITY = "wrong_entity"
    INTERCOMPANY = "intercompany"
    NOT_PAYABLE = "not_payable"
    STALE_REFERENCE = "stale_reference"
    UNRESOLVED_REFERENCE = "unresolved_reference"
    AMBIGUOUS = "ambiguous"
    NO_MATCH = "no_match"
    UNKNOWN_PAYER = "unknown_payer"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an outcome says to a person, and how NetSuite is treated when nobody decides otherwise."""

    title: str
    treatment: str


_ON_ACCOUNT = "booked on account, unapplied; a person applies it"
MEANINGS: dict[Outcome, Meaning] = {
    Outcome.EXACT: Meaning("External ID, customer and amount are exact", "applied"),
    Outcome.TYPED_REFERENCE: Meaning("Document number, customer and open amount are exact", "applied"),
    Outcome.AMOUNT_ONLY: Meaning(
        "The customer's only open invoice of this amount", "applied on opt-in, else on account"
    ),
    Outcome.LISTED_BUNDLE: Meaning(
        "The listed documents sum to it", "applied line by line on opt-in, else on account"
    ),
    Outcome.SUBSET_BUNDLE: Meaning(
        "Exactly one set of open invoices sums to it", "applied line by line on opt-in, else on account"
    ),
    Outcome.DISCOUNT_TAKEN: Meaning(
        "An earned cash discount was taken", "applied with the discount on opt-in"
    ),
    Outcome.WITHHOLDING: Meaning("A known deduction was withheld", "partial apply; the rest is a person's"),
    Outcome.WITHIN_TOLERANCE: Meaning(
        "The difference is within a tolerance", "applied and written off on opt-in"
    ),
    Outcome.SHORT: Meaning("Less than the documents it names", "partial apply after review, else on account"),
    Outcome.OVER: Meaning(
        "More than the documents it names", "apply what is open, the rest on account, after review"
    ),
    Outcome.CREDIT_TAKEN: Meaning("The payer has taken a credit", "payment and credit applied after review"),
    Outcome.DUPLICATE_PAYMENT: Meaning("The document it names is paid already, by this amount", _ON_ACCOUNT),
    Outcome.PREPAYMENT: Meaning(
        "It names an order that is not billed yet",
        "on account before a person; with `cash.prepayments: customer_deposit` a customer deposit for the order,"
        " applied when it is billed",
    ),
    Outcome.OTHER_CUSTOMER: Meaning("It names another customer's document", _ON_ACCOUNT),
    Outcome.PARENT_PAYS: Meaning(
        "A relative pays the document of another in its group",
        "not booked; a person books it for the company whose document it is, or as the payer's own",
    ),
    Outcome.OTHER_CURRENCY: Meaning("The document it names is in another currency", _ON_ACCOUNT),
    Outcome.WRONG_ENTITY: Meaning("The document belongs to another subsidiary or A/R account", _ON_ACCOUNT),
    Outcome.INTERCOMPANY: Meaning("The payer is one of our own companies", "review; nothing is booked"),
    Outcome.NOT_PAYABLE: Meaning("The document is not approved, or disputed", _ON_ACCOUNT),
    Outcome.STALE_REFERENCE: Meaning("The document it names is settled", _ON_ACCOUNT),
    Outcome.UNRESOLVED_REFERENCE: Meaning("It names a document that does not exist", _ON_ACCOUNT),
    Outcome.AMBIGUOUS: Meaning("Two or more explanations are equally good", _ON_ACCOUNT),
    Outcome.NO_MATCH: Meaning("Nothing open explains it", _ON_ACCOUNT),
    Outcome.UNKNOWN_PAYER: Meaning("Nobody knows who paid", "not booked; unapplied in our books only"),
}


class Reason(StrEnum):
    """A fact that speaks for a match. Their set is what precision is measured for."""

    EXTERNAL_ID = "external_id"
    STRUCTURED_NUMBER = "structured_number"
    TYPED_NUMBER = "typed_number"
    PURCHASE_ORDER = "purchase_order"
    PAYER_KNOWN = "payer_known"
    AMOUNT_EXACT = "amount_exact"
    IN_WINDOW = "in_window"
    ONLY_CANDIDATE = "only_candidate"
    SUM_EXACT = "sum_exact"
    LINES_EXACT = "lines_exact"
    NO_SECOND_SOLUTION = "no_second_solution"
    DISCOUNT_EARNED = "discount_earned"
    TOLERANCE = "tolerance"
    WITHHELD = "withheld"
    NAME_RESEMBLES = "name_resembles"


@dataclass(frozen=True, slots=True)
class Application:
    """So much of the payment goes on this item; `discount_minor` is taken beside it, `written_off_minor` to the
    tolerance's account.
    """

    item: OpenItem
    amount_minor: int
    discount_minor: int = 0
    written_off_minor: int = 0

    @property
    def amount(self) -> Money:
        """What is applied."""
        return Money.from_minor(self.amount_minor, self.item.currency)


@dataclass(frozen=True, slots=True)
class Refused:
    """A candidate that was looked at and not taken, and why."""

    item: OpenItem
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a payment comes to.

    `automatic`: it is applied without a person. Otherwise `applications` is the answer laid beside it, or empty.
    `credits` are credits of the customer's that are used beside the money, so much of each. `deposit`: the money is a
    customer deposit for this order.
    `customer` is where it is booked; None: nobody knows, and nothing is booked. `difference_minor` is paid minus what
    the named documents ask for.
    """

    outcome: Outcome
    tier: Tier
    automatic: bool
    policy_version: str
    customer: InternalId | None = None
    applications: tuple[Application, ...] = ()
    credits: tuple[Application, ...] = ()
    deposit: Application | None = None
    reasons: frozenset[Reason] = frozenset()
    refused: tuple[Refused, ...] = ()
    difference_minor: int = 0
    note: str = ""

    @property
    def applied_minor(self) -> int:
        """What of the payment is applied."""
        return sum(application.amount_minor for application in self.applications)

    @property
    def signature(self) -> str:
        """The reason set by name: what precision is measured for."""
        return "+".join([str(self.outcome), *sorted(map(str, self.reasons))])
