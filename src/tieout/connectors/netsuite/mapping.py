"""Drafts → REST bodies. References go by internal id, dates as ISO days, amounts as exact numbers.

Field names: reference §6 and §7 (trace fields are `*_tieout_*`, made by an admin beforehand).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tieout.domain.documents import NO_ADDRESS, Address
from tieout.domain.drafts import (
    AppliedDraft,
    ContactDraft,
    CustomerDraft,
    CustomerUpdateDraft,
    LineDraft,
    PaymentDraft,
    RefundDraft,
    Trace,
    TransactionDraft,
)
from tieout.domain.ids import RecordType
from tieout.domain.open_lines import key_parts
from tieout.flows.rows import Links

#: Our record types in NetSuite's URLs.
RECORD_PATHS = {
    RecordType.CUSTOMER: "customer",
    RecordType.CONTACT: "contact",
    RecordType.SALES_ORDER: "salesOrder",
    RecordType.INVOICE: "invoice",
    RecordType.CUSTOMER_PAYMENT: "customerPayment",
    RecordType.CUSTOMER_REFUND: "customerRefund",
    RecordType.JOURNAL_ENTRY: "journalEntry",
    RecordType.BANK_DEPOSIT: "deposit",
    RecordType.CUSTOMER_DEPOSIT: "customerDeposit",
    RecordType.DEPOSIT_APPLICATION: "depositApplication",
}

#: Records whose lines are sold items, each with its own source.
SOLD_BY_LINE = frozenset({RecordType.SALES_ORDER, RecordType.INVOICE})

BODY_SYSTEM = "custbody_tieout_source_system"
BODY_SOURCE = "custbody_tieout_source_id"
BODY_INSTALLATION = "custbody_tieout_installation"
LINE_SOURCE = "custcol_tieout_source_line_id"
ENTITY_SYSTEM = "custentity_tieout_source_system"
ENTITY_SOURCE = "custentity_tieout_crm_account_id"
ENTITY_INSTALLATION = "custentity_tieout_installation"


class Number(Decimal):
    """A decimal that is written into JSON as a number, digit for digit."""


def ref(internal_id: str) -> dict[str, str]:
    """A reference by internal id: display text and ISO codes are no ids."""
    return {"id": internal_id}


def text(value: str) -> str:
    """Line breaks are sent as their escapes (reference §1.3); other control characters become blanks."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(" " if unicodedata.category(ch) == "Cc" else ch for ch in value)


def _entity_trace(trace: Trace) -> dict[str, str]:
    return {
        ENTITY_SYSTEM: trace.source.system,
        ENTITY_SOURCE: trace.source.id,
        ENTITY_INSTALLATION: trace.installation,
    }


def address_body(address: Address) -> dict[str, Any]:
    """An `addressBookAddress` subrecord; a fourth and later line joins the third."""
    lines = [line for line in address.lines if line]
    if len(lines) > 3:
        lines = [lines[0], lines[1], ", ".join(lines[2:])]
    body: dict[str, Any] = {f"addr{n}": text(line) for n, line in enumerate(lines, start=1)}
    for name, value in (
        ("addressee", address.addressee),
        ("attention", address.attention),
        ("city", address.city),
        ("state", address.region),
        ("zip", address.postal_code),
    ):
        if value:
            body[name] = text(value)
    if address.country:
        body["country"] = ref(address.country)
    return body


def _address_book(billing: Address, shipping: Address) -> dict[str, Any] | None:
    same = shipping in {billing, NO_ADDRESS}
    entries = []
    if billing != NO_ADDRESS:
        entry = {"label": "Billing", "defaultBilling": True, "defaultShipping": same}
        entries.append({**entry, "addressBookAddress": address_body(billing)})
    if not same:
        entry = {"label": "Shipping", "defaultBilling": False, "defaultShipping": True}
        entries.append({**entry, "addressBookAddress": address_body(shipping)})
    return {"items": entries} if entries else None


def customer_body(draft: CustomerDraft) -> dict[str, Any]:
    """A company to create."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "isPerson": False,
        "companyName": text(" ".join(draft.name.split())),
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        **_entity_trace(draft.trace),
    }
    optional = {
        "entityId": text(draft.entity_id),
        "email": draft.email,
        "phone": draft.phone,
        "url": draft.website,
        "vatRegNumber": draft.tax_id,
    }
    body.update({name: value for name, value in optional.items() if value})
    references = {
        "terms": draft.terms,
        "receivablesAccount": draft.receivables,
        "customForm": draft.form,
    }
    body.update({name: ref(value) for name, value in references.items() if value})
    book = _address_book(draft.billing, draft.shipping)
    if book:
        body["addressBook"] = book
    return body


def customer_update_body(draft: CustomerUpdateDraft) -> dict[str, Any]:
    """Address and contact fields only: never name, subsidiary, currency or external id."""
    optional = {"email": draft.email, "phone": draft.phone, "url": draft.website}
    body: dict[str, Any] = {name: value for name, value in optional.items() if value}
    book = _address_book(draft.billing, draft.shipping)
    if book:
        body["addressBook"] = book
    return body


def contact_body(draft: ContactDraft, links: Links) -> dict[str, Any]:
    """A person under a company."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "firstName": text(draft.first_name),
        "lastName": text(draft.last_name),
        "company": ref(links.customer or ""),
        "subsidiary": ref(draft.subsidiary),
        **_entity_trace(draft.trace),
    }
    optional = {"email": draft.email, "phone": draft.phone}
    body.update({name: value for name, value in optional.items() if value})
    return body


def _line_body(line: LineDraft) -> dict[str, Any]:
    body: dict[str, Any] = {
        "item": ref(line.item),
        "quantity": Number(line.quantity),
        "rate": Number(line.rate),
        "amount": Number(line.amount.amount),
        LINE_SOURCE: line.source.line,
    }
    if line.description:
        body["description"] = text(line.description)
    return body


def transaction_body(draft: TransactionDraft, links: Links) -> dict[str, Any]:
    """A sales order or an invoice with explicit lines; a transform overrides only what is ours to say."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "tranDate": draft.transaction_date.isoformat(),
        BODY_SYSTEM: draft.trace.source.system,
        BODY_SOURCE: draft.trace.source.id,
        BODY_INSTALLATION: draft.trace.installation,
    }
    if draft.po_number:
        body["otherRefNum"] = text(draft.po_number)
    if draft.memo:
        body["memo"] = text(draft.memo)
    references = {"customForm": draft.form}
    if draft.receivables:
        references["account"] = draft.receivables
    body.update({name: ref(value) for name, value in references.items() if value})
    if draft.created_from is not None:
        return body
    body["entity"] = ref(links.customer or "")
    body["subsidiary"] = ref(draft.subsidiary)
    body["currency"] = ref(draft.currency_id)
    if draft.terms:
        body["terms"] = ref(draft.terms)
    body["item"] = {"items": [_line_body(line) for line in draft.lines]}
    return body


def applied_body(applied: Sequence[AppliedDraft]) -> dict[str, Any]:
    """The `apply` (or `credit`) sublist: documents by internal id with absolute amounts; zero takes an application
    back. Of a journal entry the line is named, too: it may have several that are open (reference §1.9).
    """
    rows = []
    for one in applied:
        document, line = key_parts(one.document)
        row: dict[str, Any] = {"doc": ref(document), "apply": bool(one.amount.amount)}
        if line is not None:
            row["line"] = line
        row["amount"] = Number(one.amount.amount)
        if one.discount is not None and one.discount.amount:
            row["disc"] = Number(one.discount.amount)
        rows.append(row)
    return {"items": rows}


def payment_body(draft: PaymentDraft) -> dict[str, Any]:
    """A customer payment; the A/R account and the subsidiary always go with it (reference §6.6, §13.15)."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "customer": ref(draft.customer),
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        "payment": Number(draft.amount.amount),
        "tranDate": draft.transaction_date.isoformat(),
        "autoApply": False,
        BODY_SYSTEM: draft.trace.source.system,
        BODY_SOURCE: draft.trace.source.id,
        BODY_INSTALLATION: draft.trace.installation,
    }
    if draft.receivables:
        body["arAcct"] = ref(draft.receivables)
    if draft.account:
        body["account"] = ref(draft.account)
    else:
        body["undepFunds"] = ref("T")
    if draft.check_number:
        body["checkNumber"] = text(draft.check_number)
    if draft.memo:
        body["memo"] = text(draft.memo)
    if draft.applied:
        body["apply"] = applied_body(draft.applied)
    if draft.credits:
        body["credit"] = applied_body(draft.credits)
    return body


def refund_body(draft: RefundDraft, links: Links) -> dict[str, Any]:
    """A customer refund against the unapplied rest of a payment (reference §6.8)."""
    applied = {"doc": ref(links.created_from or ""), "apply": True, "amount": Number(draft.amount.amount)}
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "customer": ref(draft.customer),
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        "tranDate": draft.transaction_date.isoformat(),
        BODY_SYSTEM: draft.trace.source.system,
        BODY_SOURCE: draft.trace.source.id,
        BODY_INSTALLATION: draft.trace.installation,
        "apply": {"items": [applied]},
    }
    if draft.receivables:
        body["arAcct"] = ref(draft.receivables)
    if draft.account:
        body["account"] = ref(draft.account)
    if draft.memo:
        body["memo"] = text(draft.memo)
    return body
