"""Who pays: merged accounts, the customer first made for them, and customers other sources brought in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tieout.domain.documents import Customer, Order
from tieout.domain.drafts import CustomerDraft
from tieout.domain.ids import ClaimKey
from tieout.domain.lifecycle import State
from tieout.domain.likeness import Trait, traits_of
from tieout.domain.planning import customer_claim
from tieout.domain.reference import ExistingCustomer
from tieout.domain.sources import SourceRef
from tieout.flows.planting import as_existing
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Unit

#: States in which something may be in NetSuite already.
LEFT = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED})
#: What a customer is looked for by: strong evidence needs one of the two.
_TELLING = frozenset({Trait.TAX_ID, Trait.NAME})


def own_customer(
    unit: Unit, record: SourceRecord, claim: ClaimKey, seen: ExistingCustomer | None
) -> ExistingCustomer | None:
    """The customer of ours a deal goes to, with what it may do: as NetSuite showed it, or as it is being written.

    None when this very deal still decides what the customer will be.
    """
    document = unit.documents.by_claims([claim]).get(claim)
    if document is None or document.state is State.CANCELLED or not isinstance(document.draft, CustomerDraft):
        return seen
    if not document.internal_id and document.state not in LEFT and document.source_record_id == record.id:
        return None
    if seen is not None and seen.currencies and seen.subsidiary:
        return seen
    return as_existing(document.draft, document.internal_id, "")


def made_elsewhere(unit: Unit, payer: Customer, account: str) -> list[ExistingCustomer]:
    """Customers planned or written for accounts of other sources that have anything in common with this payer.

    NetSuite's own list may not show them yet; two CRMs that tell of one sale at the same moment meet here.
    """
    traits = [(str(one.trait), one.value) for one in traits_of(payer) if one.trait in _TELLING]
    found = []
    for document in unit.documents.with_traits(account, traits):
        system = document.claim.split("|")[2].partition(":")[0]
        if system != payer.source.system and isinstance(document.draft, CustomerDraft):
            found.append(as_existing(document.draft, document.internal_id, system))
    return found


def with_merges(order: Order, aliases: Mapping[tuple[str, str, str], str]) -> Order:
    """The order with its payer's merged ids filled in from what the source told us about merges."""

    def merged(customer: Customer) -> Customer:
        source = customer.source
        losers = [
            loser
            for (system, object_, loser), winner in aliases.items()
            if (system, object_, final_winner(aliases, system, object_, winner))
            == (source.system, source.object, source.id)
        ]
        ids = tuple(sorted({*customer.merged_ids, *losers}))
        return replace(customer, merged_ids=ids)

    bill_to = merged(order.bill_to) if order.bill_to else None
    return replace(order, customer=merged(order.customer), bill_to=bill_to)


def final_winner(aliases: Mapping[tuple[str, str, str], str], system: str, object_: str, one: str) -> str:
    """The id at the end of a chain of merges (A→B, later B→C); a ring ends where it began."""
    seen = {one}
    while (nxt := aliases.get((system, object_, one))) is not None and nxt not in seen:
        seen.add(nxt)
        one = nxt
    return one


def first_claimed(unit: Unit, payer: Customer, account: str) -> tuple[Customer, SourceRef, list[str]]:
    """The payer, the reference its NetSuite customer was first claimed under, and a conflict, if any.

    When accounts are merged, the customer already created for the loser stays the customer.
    """
    refs = [payer.source, *(at_id(payer.source, merged) for merged in payer.merged_ids)]
    claims = {customer_claim(account, ref): ref for ref in refs}
    known = unit.documents.by_claims(list(claims))
    live = [claim for claim in known if known[claim].state is not State.CANCELLED]
    if len(live) > 1:
        conflict = [
            f"{claims[claim].id} → customer {known[claim].internal_id or 'planned'}" for claim in live
        ]
        return payer, payer.source, sorted(conflict)
    return payer, (claims[live[0]] if live else payer.source), []


def at_id(source: SourceRef, other_id: str) -> SourceRef:
    """The record of the same kind with another id."""
    return SourceRef(system=source.system, environment=source.environment, object=source.object, id=other_id)
