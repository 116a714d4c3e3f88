"""Who paid a charge, and what for: stamps first, then what Stripe and the payer's bank say. Guesses stay out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tieout.connectors.stripe.facts import Books, Facts
from tieout.connectors.stripe.stamps import stamped_customer, stamped_invoices
from tieout.connectors.stripe.values import (
    Record,
    id_of,
    mapping_of,
    metadata_of,
    money_of,
    text_of,
    unique,
)
from tieout.domain.cash.movements import Payer, Place, RemittanceReference
from tieout.domain.cash.payers import OWN_SCHEME

#: Payment methods whose fingerprint is a bank account's.
_BANKS = ("us_bank_account", "sepa_debit", "acss_debit", "au_becs_debit", "bacs_debit")
TRANSFER = "customer_balance"
STAMP = "tieout_invoice"
STRIPE_INVOICE = "stripe_invoice"


def is_transfer(charge: Record) -> bool:
    """Whether the money came off a cash balance, where Stripe puts it on invoices by its own reckoning."""
    return text_of(mapping_of(charge, "payment_method_details"), "type") == TRANSFER


def payer_of(facts: Facts, books: Books) -> Payer:
    """Identifiers, the strongest first: the customer our code stamped, Stripe's customer, the bank account."""
    charge = facts.item
    customer = mapping_of(charge, "customer")
    stamped = unique([stamped_customer(one, books.customer_key) for one in _metadata(facts)])
    # A weaker place counts only where no stronger one speaks, and two that disagree prove nothing.
    if not stamped:
        stamped = unique([stamped_customer(metadata_of(customer), books.customer_key)])
    identifiers = [(OWN_SCHEME, stamped[0])] if len(stamped) == 1 else []
    if customer_id := id_of(charge, "customer"):
        identifiers.append(("stripe_customer", customer_id))
    details = mapping_of(charge, "payment_method_details")
    for method in _BANKS:
        if fingerprint := text_of(mapping_of(details, method), "fingerprint"):
            identifiers.append(("bank_fingerprint", fingerprint))
    return Payer(names=unique(_names(facts, customer)), identifiers=tuple(identifiers))


def _names(facts: Facts, customer: Record) -> Iterator[str]:
    """What the charge says stays; the customer's name may change later, and would make old money look new."""
    for row in facts.transfers:
        yield from sender_names(row)
    yield text_of(mapping_of(facts.item, "billing_details"), "name") or text_of(customer, "name")


def sender_names(row: Record) -> Iterator[str]:
    """Who sent a transfer, as the bank says."""
    transfer = mapping_of(mapping_of(row, "funded"), "bank_transfer")
    for inner in transfer.values():
        if isinstance(inner, Mapping):
            yield text_of(inner, "sender_name")


def reference_text(row: Record) -> str:
    """What the payer wrote on a transfer."""
    return text_of(mapping_of(mapping_of(row, "funded"), "bank_transfer"), "reference")


def references_of(facts: Facts, place: Place) -> tuple[RemittanceReference, ...]:
    """What the money is for. A stamp says it all; without one, the invoices Stripe was asked to collect.

    For money off a cash balance those invoices are Stripe's own choice, by reference, amount or age: no evidence.
    """
    stamps = unique([one for metadata in _metadata(facts) for one in stamped_invoices(metadata)])
    if stamps:
        return tuple(RemittanceReference(text=one, place=place, qualifier=STAMP) for one in stamps)
    if is_transfer(facts.item):
        return ()
    paid = {id_of(row, "invoice"): row for row in facts.invoice_payments}
    return tuple(
        RemittanceReference(
            text=number,
            place=place,
            qualifier=STRIPE_INVOICE,
            paid=money_of(paid[text_of(one, "id")], "amount_paid")[0],
        )
        for one in facts.invoices
        if (number := text_of(one, "number")) and text_of(one, "id") in paid
    )


def texts_of(facts: Facts, references: tuple[RemittanceReference, ...]) -> tuple[str, ...]:
    """Free texts that may hold a reference. Beside a stamp none is needed, and an order number in a description would
    only look like a claim that nobody made.
    """
    charge = facts.item
    if any(one.qualifier == STAMP for one in references):
        return ()
    details = mapping_of(mapping_of(charge, "payment_intent"), "payment_details")
    if is_transfer(charge):
        # The description is Stripe's, and names the invoice that Stripe chose.
        return unique([reference_text(row) for row in facts.transfers])
    bank = mapping_of(mapping_of(charge, "payment_method_details"), "us_bank_account")
    words = [
        ""
        if any(one.text in text_of(charge, "description") for one in references)
        else text_of(charge, "description"),
        text_of(details, "order_reference"),
        text_of(details, "customer_reference"),
        text_of(bank, "payment_reference"),
    ]
    return unique(words)


def guess_of(facts: Facts) -> str:
    """The invoices Stripe put money on by itself, told apart from every reference."""
    if not is_transfer(facts.item):
        return ""
    numbers = unique([text_of(one, "number") or text_of(one, "id") for one in facts.invoices])
    return f"Stripe's own choice: {', '.join(numbers)}" if numbers else ""


def _metadata(facts: Facts) -> Iterator[Mapping[str, str]]:
    """Where a stamp may stand, the strongest place first. An invoice that Stripe chose by itself is no such place."""
    yield metadata_of(facts.item)
    yield metadata_of(mapping_of(facts.item, "payment_intent"))
    yield metadata_of(facts.session)
    if not is_transfer(facts.item):
        for invoice in facts.invoices:
            yield metadata_of(invoice)


def is_stamped(charge: Record) -> bool:
    """Whether a charge, or its payment intent, names an invoice of ours."""
    places = (charge, mapping_of(charge, "payment_intent"))
    return any(stamped_invoices(metadata_of(one)) for one in places)
