"""Stripe's objects as movements: one for each time money moved, however many events tell of it. Pure.

Identities are Stripe's own ids, of the *money*: the charge's, not the event's or the payment intent's. What no balance
transaction says has not moved (stripe-billing §3). Amounts are gross; what Stripe keeps is a movement of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.connectors.stripe.facts import Books, Facts
from tieout.connectors.stripe.foreign import booked_as
from tieout.connectors.stripe.payers import (
    guess_of,
    payer_of,
    reference_text,
    references_of,
    sender_names,
    texts_of,
)
from tieout.connectors.stripe.payout_lines import FEE_CATEGORIES, FEES, payout_of
from tieout.connectors.stripe.values import (
    Record,
    Unreadable,
    day_of,
    id_of,
    mapping_of,
    metadata_of,
    money_of,
    number_of,
    rows_of,
    text_of,
    unique,
)
from tieout.domain.cash.movements import Movement, MovementKind, Payer, Place, Rail, ReturnOf
from tieout.domain.errors import DomainError

ROUTE = "stripe"
_CARDS = frozenset({"card", "card_present", "link"})
_DEBITS = frozenset({"us_bank_account", "sepa_debit", "acss_debit", "au_becs_debit", "bacs_debit"})
_ACH = frozenset({"us_bank_account", "ach_debit", "ach_credit_transfer"})
#: Balance transactions that some object tells of: its movement is there, and the transaction is its proof.
_TOLD = {
    "charge": "charge", "payment": "charge", "payment_failure_refund": "charge", "refund": "refund",
    "payment_refund": "refund", "refund_failure": "refund", "payout": "payout", "payout_cancel": "payout",
    "payout_failure": "payout",
}  # fmt: skip
#: Our own money moved from one pocket to the other.
_OWN = frozenset(
    {"topup", "topup_reversal", "transfer", "transfer_cancel", "transfer_failure", "transfer_refund"}
)
#: Held or let go within the account: no money came or went.
_HELD = frozenset(
    {
        "reserve_transaction", "reserved_funds", "reserve_hold", "reserve_release", "payout_minimum_balance_hold",
        "payout_minimum_balance_release", "risk_reserved_funds",
    }
)  # fmt: skip
_WAITING = frozenset({"pending", "in_progress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an object comes to: a movement, or why it is none a person can do without."""

    identity: str
    movement: Movement | None = None
    problem: str = ""
    #: the record another connector made of this money already
    elsewhere: str = ""
    raw: str = ""


def movements_of(facts: Facts, books: Books) -> list[Told]:
    """Every movement of an object. Never raises on data: what cannot be read is told with what was expected."""
    identity = text_of(facts.item, "id")
    raw = json.dumps(facts.as_raw(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    reader = _READERS.get(facts.kind)
    if reader is None or not identity:
        return []
    try:
        found = list(reader(_Reading(facts, books, raw)))
    except (Unreadable, DomainError) as error:
        return [Told(identity=identity, problem=f"{facts.kind} {identity}: {error}", raw=raw)]
    elsewhere = booked_as(metadata_of(facts.item))
    return [Told(identity=one.identity, movement=one, elsewhere=elsewhere, raw=raw) for one in found]


def source_of(transaction: Record) -> tuple[str, str]:
    """The kind and id of the object that tells of a balance transaction; the transaction itself where none does."""
    kind, source = text_of(transaction, "type"), transaction.get("source")
    if kind == "adjustment" and isinstance(source, dict) and text_of(source, "object") == "dispute":
        return "dispute", id_of(transaction, "source")
    if kind in _TOLD and id_of(transaction, "source"):
        return _TOLD[kind], id_of(transaction, "source")
    return "balance_transaction", text_of(transaction, "id")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One object being read."""

    facts: Facts
    books: Books
    raw: str

    @property
    def item(self) -> Record:
        return self.facts.item

    def movement(
        self, kind: MovementKind, *, credit: bool, of: Record, amount: str = "amount", **more: Any
    ) -> Movement:
        """A movement of this object; `of` says which row its amount, currency and account come from."""
        money, _ = money_of(of, amount)
        identity = more.pop("identity", text_of(self.item, "id"))
        transaction: Record = more.pop("transaction", {})
        booked, value = self._days(transaction, late=more.pop("late", False))
        values: dict[str, Any] = {
            "place": Place(file=self.books.account, where=f"{self.facts.kind} {text_of(self.item, 'id')}"),
            "kind": kind, "credit": credit, "amount": money, "identity": identity, "booked": booked,
            "value_date": value, "account": self._account(of, transaction), "raw": self.raw, **more,
        }  # fmt: skip
        return Movement(**values)

    def _days(self, transaction: Record, *, late: bool) -> tuple[date | None, date | None]:
        """When it was booked, and the day that counts. A debit is booked when it is asked for and known to have come
        days later: its day is that on which the money is there.
        """
        booked = day_of(transaction, "created", self.books.zone) or day_of(
            self.item, "created", self.books.zone
        )
        available = day_of(transaction, "available_on", self.books.zone)
        return booked, available if self.books.by_availability or (late and available) else booked

    def _account(self, of: Record, transaction: Record) -> str:
        """The balance it is on; money that was converted has an account of its own, so that no balance mixes two."""
        own, balance = text_of(of, "currency").lower(), text_of(transaction, "currency").lower()
        converted = f":{balance}" if balance and balance != own else ""
        return f"stripe:{self.books.account}:{own}{converted}"

    def fee(self, transaction: Record) -> Iterator[Movement]:
        """What Stripe kept of a balance transaction."""
        if not number_of(transaction, "fee"):
            return
        _, sign = money_of(transaction, "fee")
        details = [text_of(one, "type") for one in rows_of(transaction, "fee_details")]
        yield self.movement(
            MovementKind.FEE, credit=sign < 0, of=transaction, amount="fee", transaction=transaction,
            identity=f"{text_of(transaction, 'id')}-fee", code=" ".join(unique(details)),
        )  # fmt: skip


def _charge(reading: _Reading) -> Iterator[Movement]:
    charge, facts = reading.item, reading.facts
    transaction = mapping_of(charge, "balance_transaction")
    state = _charge_state(charge, transaction)
    received = not state
    place = Place(file=reading.books.account, where=f"charge {text_of(charge, 'id')}")
    references = references_of(facts, place)
    yield reading.movement(
        MovementKind.RECEIPT if received else MovementKind.INFORMATION,
        credit=True, late=_method(charge) in _DEBITS, of=charge, amount="amount_captured" if received else "amount",
        transaction=transaction if received else {}, rail=_rail(charge, facts),
        code=text_of(transaction, "type") if received else state, payer=payer_of(facts, reading.books),
        references=references, texts=texts_of(facts, references), customer_reference=guess_of(facts),
    )  # fmt: skip
    if received:
        yield from reading.fee(transaction)
    failure = mapping_of(charge, "failure_balance_transaction")
    if failure:
        # The money came and went; a fee may have stayed.
        yield from reading.fee(transaction)
        yield from reading.fee(failure)


def _charge_state(charge: Record, transaction: Record) -> str:
    """Why a charge is no cash; empty when it is."""
    status = text_of(charge, "status")
    if status == "failed":
        return f"failed {text_of(charge, 'failure_code')}".strip()
    if status != "succeeded":
        return status or "without a status"
    if charge.get("captured") is not True:
        return "authorised, not captured"
    return "" if transaction else "no balance transaction yet"


def _method(charge: Record) -> str:
    return text_of(mapping_of(charge, "payment_method_details"), "type")


def _rail(charge: Record, facts: Facts) -> Rail:
    kind = _method(charge)
    if kind in _CARDS:
        return Rail.CARD
    if kind in _ACH:
        return Rail.ACH
    networks = {text_of(one, "network") for row in facts.transfers for one in _transfers(row)}
    if networks == {"domestic_wire_us"}:
        return Rail.WIRE
    return Rail.ACH if networks == {"ach"} else Rail.TRANSFER if kind else Rail.UNKNOWN


def _transfers(row: Record) -> Iterator[Record]:
    for one in mapping_of(mapping_of(row, "funded"), "bank_transfer").values():
        if isinstance(one, dict):
            yield one


def _refund(reading: _Reading) -> Iterator[Movement]:
    refund = reading.item
    transaction = mapping_of(refund, "balance_transaction")
    original = id_of(refund, "charge")
    back = ReturnOf(code="refund", original=original, reason=text_of(refund, "reason"))
    gone = bool(transaction)
    yield reading.movement(
        MovementKind.DISBURSEMENT if gone else MovementKind.INFORMATION, credit=False, of=refund,
        transaction=transaction, code="refund" if gone else f"refund {text_of(refund, 'status')}", returned=back,
    )  # fmt: skip
    yield from reading.fee(transaction)
    failure = mapping_of(refund, "failure_balance_transaction")
    if failure:
        reason = text_of(refund, "failure_reason") or "unknown"
        yield reading.movement(
            MovementKind.RETURN_OF_CREDIT, credit=True, of=refund, transaction=failure,
            identity=f"{text_of(refund, 'id')}-failed", code=reason,
            returned=ReturnOf(code=reason, original=text_of(refund, "id"), reason="the refund did not arrive"),
        )  # fmt: skip


def _dispute(reading: _Reading) -> Iterator[Movement]:
    dispute = reading.item
    rows = rows_of(dispute, "balance_transactions")
    taken = [row for row in rows if (number_of(row, "amount") or 0) < 0]
    given = [row for row in rows if (number_of(row, "amount") or 0) > 0]
    reason, original = text_of(dispute, "reason"), id_of(dispute, "charge")
    method = text_of(mapping_of(dispute, "payment_method_details"), "type")
    method = method or _method(reading.facts.charge)
    kind = MovementKind.RETURN_OF_DEBIT if method in _DEBITS else MovementKind.RETURNED_RECEIPT
    yield reading.movement(
        kind if taken else MovementKind.INFORMATION, credit=False, of=dispute, transaction=taken[0] if taken else {},
        code=reason if taken else f"dispute {text_of(dispute, 'status')}",
        returned=ReturnOf(code=reason, original=original, reason=f"dispute {text_of(dispute, 'status')}"),
        payer=Payer(names=unique([text_of(mapping_of(reading.facts.charge, "billing_details"), "name")])),
    )  # fmt: skip
    for row in rows:
        yield from reading.fee(row)
    for row in given[:1]:
        yield reading.movement(
            MovementKind.RETURN_OF_CREDIT, credit=True, of=dispute, transaction=row,
            identity=f"{text_of(dispute, 'id')}-reinstated", code="dispute_won",
            returned=ReturnOf(code="dispute_won", original=text_of(dispute, "id"), reason=reason),
        )  # fmt: skip


def _payout(reading: _Reading) -> Iterator[Movement]:
    payout = reading.item
    transaction = mapping_of(payout, "balance_transaction")
    status, reconciled = text_of(payout, "status"), text_of(payout, "reconciliation_status")
    ended = status in {"failed", "canceled"}
    content = payout_of(payout, reading.facts.inside, reading.books.zone)
    left = bool(transaction) and content.paid and reconciled not in _WAITING
    _, sign = money_of(payout)
    trace = mapping_of(payout, "trace_id")
    state = content.state if ended or reconciled not in _WAITING else f"reconciliation {reconciled}"
    yield reading.movement(
        MovementKind.DISBURSEMENT if left else MovementKind.INFORMATION, credit=sign < 0, of=payout,
        transaction=transaction, code="payout" if left else state, rail=Rail.TRANSFER,
        bank_reference=text_of(trace, "value"), customer_reference=text_of(payout, "statement_descriptor"),
        payout=content,
    )  # fmt: skip
    yield from reading.fee(transaction)


def _transaction(reading: _Reading) -> Iterator[Movement]:
    row = reading.item
    kind = text_of(row, "type")
    _, sign = money_of(row)
    if kind in FEES or text_of(row, "reporting_category") in FEE_CATEGORIES:
        meaning = MovementKind.FEE
    elif kind in _OWN:
        meaning = MovementKind.DISBURSEMENT
    elif kind in _HELD:
        meaning = MovementKind.INFORMATION
    else:
        raise Unreadable(f"expected a type of balance transaction this version knows, found {kind!r}")
    texts = unique([text_of(row, "description")])
    yield reading.movement(meaning, credit=sign > 0, of=row, transaction=row, code=kind, texts=texts)
    yield from reading.fee(row)


def _cash_balance(reading: _Reading) -> Iterator[Movement]:
    """A transfer that lies on a cash balance: the payer's own words, and no cash of ours before it is applied."""
    row = reading.item
    kind = text_of(row, "type")
    if kind not in {"funded", "funding_reversed", "return_initiated"}:
        return
    _, sign = money_of(row, "net_amount")
    identifiers = (("stripe_customer", id_of(row, "customer")),) if id_of(row, "customer") else ()
    yield reading.movement(
        MovementKind.INFORMATION, credit=sign > 0, of=row, amount="net_amount", code=f"cash balance {kind}",
        rail=Rail.TRANSFER, texts=unique([reference_text(row)]),
        payer=Payer(names=unique(sender_names(row)), identifiers=identifiers),
    )  # fmt: skip


_READERS: dict[str, Callable[[_Reading], Iterator[Movement]]] = {
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
    "payout": _payout,
    "balance_transaction": _transaction,
    "customer_cash_balance_transaction": _cash_balance,
}
#: Kinds of objects that are read.
KINDS = frozenset(_READERS)
