"""Canonical documents and drafts as JSON text and back; the one place that knows their stored shape."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from tieout.domain.cash.movements import Movement
from tieout.domain.documents import Order
from tieout.domain.drafts import (
    ApplyDraft,
    ContactDraft,
    CustomerDepositDraft,
    CustomerDraft,
    CustomerUpdateDraft,
    DepositApplicationDraft,
    DepositDraft,
    Draft,
    ExtendCustomerDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
    TransactionDraft,
    WriteBackDraft,
)
from tieout.domain.findings import Finding
from tieout.domain.planning import StepKind
from tieout.domain.reference import ExistingCustomer, Reference

_DRAFTS: dict[StepKind, type] = {
    StepKind.CREATE_CUSTOMER: CustomerDraft,
    StepKind.UPDATE_CUSTOMER: CustomerUpdateDraft,
    StepKind.EXTEND_CUSTOMER: ExtendCustomerDraft,
    StepKind.CREATE_CONTACT: ContactDraft,
    StepKind.CREATE_SALES_ORDER: TransactionDraft,
    StepKind.CREATE_INVOICE: TransactionDraft,
    StepKind.TRANSFORM_INVOICE: TransactionDraft,
    StepKind.OBSERVE_INVOICE: TransactionDraft,
    StepKind.CREATE_PAYMENT: PaymentDraft,
    StepKind.APPLY_PAYMENT: ApplyDraft,
    StepKind.CREATE_REFUND: RefundDraft,
    StepKind.CREATE_JOURNAL: JournalDraft,
    StepKind.CREATE_DEPOSIT: DepositDraft,
    StepKind.CREATE_CUSTOMER_DEPOSIT: CustomerDepositDraft,
    StepKind.CREATE_DEPOSIT_APPLICATION: DepositApplicationDraft,
    StepKind.WRITE_BACK: WriteBackDraft,
}


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def encode(value: object) -> str:
    """Canonical JSON: sorted keys, no blanks, decimals as strings."""
    plain = _adapter(type(value)).dump_python(value, mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def decode_draft(kind: StepKind, text: str) -> Draft:
    """The draft of a step of this kind."""
    return cast(Draft, _adapter(_DRAFTS[kind]).validate_json(text))


def decode_order(text: str) -> Order:
    """A canonical order. Raises `ValueError` with the place and the reason when the text is none."""
    try:
        return cast(Order, _adapter(Order).validate_json(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'order'}: {first['msg']}") from error


def decode_movement(plain: object) -> Movement:
    """A movement from its plain structure. Raises `ValueError` with the place and the reason when it is none."""
    try:
        return cast(Movement, _adapter(Movement).validate_python(plain))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'movement'}: {first['msg']}") from error


def cash_digest(movement: Movement) -> str:
    """What moved, from whom, on what account, with which references; where in which file it stood, and how it was read,
    do not count.
    """
    plain = _adapter(Movement).dump_python(movement, mode="json")
    for name in ("place", "raw", "texts_read", "booking"):
        plain.pop(name)
    if plain["payout"] is None:
        plain.pop("payout")  # digests of before there were payouts stay what they were
    if plain["returned"]:
        plain["returned"].pop("reason")  # words about it, which go on with a dispute's course
    for reference in plain["references"]:
        reference.pop("place")
    return digest(json.dumps(plain, sort_keys=True, separators=(",", ":")))


def decode_finding(text: str) -> Finding:
    """A stored finding."""
    return cast(Finding, _adapter(Finding).validate_json(text))


def digest(text: str) -> str:
    """SHA-256 of canonical JSON, as hex."""
    return sha256(text.encode()).hexdigest()


#: Parts of an order that do not change what was sold: they are outside the digest that detects change.
_VOLATILE = ("history", "attributes", "foreign_marks")


def business_digest(order: Order) -> str:
    """What was sold, to whom and for how much; stamps, labels, history and our own notes do not count.

    Addresses and contact data do not count either: they follow the customer, not the deal.
    """
    plain = _adapter(Order).dump_python(order, mode="json")
    for name in _VOLATILE:
        plain.pop(name)
    plain["source"].pop("version")
    for party in ("customer", "bill_to"):
        if plain[party]:
            plain[party] = {"id": plain[party]["source"]["id"]}
    for line in plain["lines"]:
        line["source"].pop("version")
        line["product"] = line["product"]["id"]
    return digest(json.dumps(plain, sort_keys=True, separators=(",", ":")))


def decode_reference(text: str) -> Reference:
    """Cached reference data."""
    return cast(Reference, _adapter(Reference).validate_json(text))


def decode_customer(text: str) -> ExistingCustomer:
    """A cached NetSuite customer."""
    return cast(ExistingCustomer, _adapter(ExistingCustomer).validate_json(text))
