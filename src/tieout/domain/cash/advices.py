"""Remittance advices that come without their money, and which payment they speak of."""

from __future__ import annotations

from enum import IntEnum

from tieout.domain.cash.movements import Movement


class Proof(IntEnum):
    """How sure it is that an advice speaks of a payment of the same amount."""

    NONE = 0
    PAYER = 1  # an identifier of the payer's is in both
    TRACE = 2  # the payment carries the advice's trace number, and no other payer


def proof(advice: Movement, payment: Movement) -> Proof:
    """What ties an advice to a payment. Equal amounts are asked for; a name or a day alone ties nothing."""
    if advice.amount != payment.amount or advice.credit != payment.credit:
        return Proof.NONE
    theirs, ours = dict(advice.payer.identifiers), dict(payment.payer.identifiers)
    if any(value != ours.get(scheme, value) for scheme, value in theirs.items()):
        return Proof.NONE
    told = [payment.bank_reference, payment.customer_reference, *(one.text for one in payment.references)]
    trace = advice.bank_reference.strip().upper()
    if trace and trace in {one.strip().upper() for one in told}:
        return Proof.TRACE
    shared = set(advice.payer.identifiers) & set(payment.payer.identifiers)
    return Proof.PAYER if shared else Proof.NONE
