"""Create: POST with an external id, or a transform with one. Never PUT, never an update (R17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.connectors.netsuite.client import RECORD, NetSuiteClient
from tieout.connectors.netsuite.deposits import deposit_body
from tieout.connectors.netsuite.journals import journal_body
from tieout.connectors.netsuite.mapping import (
    RECORD_PATHS,
    contact_body,
    customer_body,
    payment_body,
    refund_body,
    transaction_body,
)
from tieout.connectors.netsuite.prepayments import application_request, customer_deposit_body
from tieout.connectors.netsuite.replies import deliver
from tieout.domain.comparison import CreateDraft
from tieout.domain.drafts import (
    ContactDraft,
    CustomerDepositDraft,
    CustomerDraft,
    DepositApplicationDraft,
    DepositDraft,
    JournalDraft,
    PaymentDraft,
    RefundDraft,
)
from tieout.domain.ids import RecordType
from tieout.flows.rows import Links, Reply


def create(
    client: NetSuiteClient, draft: CreateDraft, links: Links, left: Callable[[], None] | None = None
) -> Reply:
    """Create the draft's record. The new id exists only in `Location` (reference §1.2)."""
    path, body = creation(draft, links)
    return deliver(client, "POST", f"{RECORD}/{path}", body, left=left)


def creation(draft: CreateDraft, links: Links) -> tuple[str, dict[str, Any]]:
    """Path below the record service, and body."""
    if isinstance(draft, CustomerDraft):
        return RECORD_PATHS[RecordType.CUSTOMER], customer_body(draft)
    if isinstance(draft, ContactDraft):
        return RECORD_PATHS[RecordType.CONTACT], contact_body(draft, links)
    if isinstance(draft, PaymentDraft):
        return RECORD_PATHS[RecordType.CUSTOMER_PAYMENT], payment_body(draft)
    if isinstance(draft, RefundDraft):
        return RECORD_PATHS[RecordType.CUSTOMER_REFUND], refund_body(draft, links)
    if isinstance(draft, JournalDraft):
        return RECORD_PATHS[RecordType.JOURNAL_ENTRY], journal_body(draft)
    if isinstance(draft, DepositDraft):
        return RECORD_PATHS[RecordType.BANK_DEPOSIT], deposit_body(draft)
    if isinstance(draft, CustomerDepositDraft):
        return RECORD_PATHS[RecordType.CUSTOMER_DEPOSIT], customer_deposit_body(draft)
    if isinstance(draft, DepositApplicationDraft):
        return application_request(draft)
    body = transaction_body(draft, links)
    if links.created_from is not None:
        source = RECORD_PATHS[RecordType.SALES_ORDER]
        return f"{source}/{links.created_from}/!transform/{RECORD_PATHS[draft.type]}", body
    return RECORD_PATHS[draft.type], body
