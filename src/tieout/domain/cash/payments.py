"""A payment as matching sees it: a receipt with its payer looked up, and where its money is booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tieout.domain.cash.movements import Movement, Payer, Place, RemittanceReference
from tieout.domain.ids import InternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in and waits to be applied.

    `customers`: who the payer's identifiers stand for (none: unknown; several: an identifier that pays for several).
    `subsidiary` and `receivables` come from the bank account; empty ones leave the question to the invoice.
    """

    identity: str
    amount_minor: int
    currency: str
    paid: date
    customers: frozenset[InternalId]
    references: tuple[RemittanceReference, ...] = ()
    subsidiary: str = ""
    receivables: frozenset[InternalId] = frozenset()
    intercompany: bool = False
    payer: Payer = field(default_factory=Payer)


def references_of(movement: Movement) -> tuple[RemittanceReference, ...]:
    """Every reference of a movement: the structured ones, then its texts as free text where they were not read yet."""
    if movement.texts_read:
        return movement.references
    return (*movement.references, *free_text(movement.texts, movement.place))


def free_text(texts: Sequence[str], place: Place) -> tuple[RemittanceReference, ...]:
    """Remittance texts as unqualified references. Lines that belong together are read together, too: a number may
    have been cut where a line ended.
    """
    return tuple(RemittanceReference(text=text, place=place) for text in texts if text.strip())
