"""How every input ended: the export that reports and checks are made from."""

from __future__ import annotations

from typing import Any

from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import StepKind
from tieout.flows.storage import Store

_TYPES = {
    StepKind.CREATE_CUSTOMER: "customer",
    StepKind.CREATE_CONTACT: "contact",
    StepKind.CREATE_SALES_ORDER: "salesOrder",
    StepKind.CREATE_INVOICE: "invoice",
    StepKind.TRANSFORM_INVOICE: "invoice",
    StepKind.OBSERVE_INVOICE: "invoice",
    StepKind.CREATE_PAYMENT: "customerPayment",
    StepKind.CREATE_REFUND: "customerRefund",
    StepKind.CREATE_JOURNAL: "journalEntry",
    StepKind.CREATE_DEPOSIT: "deposit",
    StepKind.CREATE_CUSTOMER_DEPOSIT: "customerDeposit",
    StepKind.CREATE_DEPOSIT_APPLICATION: "depositApplication",
}


def outcomes(store: Store) -> list[dict[str, Any]]:
    """One row per input: `confirmed`, `case` with its code, `ignored` with its reason, or where it still is."""
    rows = []
    with store.read() as unit:
        for record in unit.records.all():
            documents = unit.documents.of_record(record.id)
            rows.append(
                {
                    "system": record.source.system,
                    "object": record.source.object,
                    "source_id": record.source.id,
                    "outcome": str(record.standing),
                    "code": record.reason or None,
                    "records": [
                        {
                            "type": _TYPES[document.kind],
                            "internal_id": document.internal_id,
                            "external_id": document.external_id,
                        }
                        for document in documents
                        if document.state is State.CONFIRMED and document.kind in _TYPES
                    ],
                }
            )
    return rows


def tally(store: Store) -> dict[str, int]:
    """Inputs by how they ended or where they are."""
    with store.read() as unit:
        counts = unit.records.counts()
    return {str(standing): counts.get(standing, 0) for standing in Standing}
