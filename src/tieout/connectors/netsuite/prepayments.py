"""Customer deposits and deposit applications: bodies, and what of them is read back.

Sources: customerDeposit and depositApplication of the REST help (articles 0830072110 and 0830101547: an application is
made by transforming the deposit, and in no other way). That the main line of a deposit is created from its order is
seen in public queries. How an application is linked to its deposit is not in our sources: a link of another name shows
as an application of no deposit, which is a case and never a silent success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout.connectors.netsuite.client import NetSuiteClient, Row
from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    BODY_SYSTEM,
    RECORD_PATHS,
    Number,
    applied_body,
    ref,
    text,
)
from tieout.connectors.netsuite.queries import applications_of, decimal_of, group_lines, marks, settled_key
from tieout.domain.comparison import Observed, ObservedApplication
from tieout.domain.drafts import CustomerDepositDraft, DepositApplicationDraft, Trace
from tieout.domain.ids import InternalId, RecordType


def customer_deposit_body(draft: CustomerDepositDraft) -> dict[str, Any]:
    """Money for an order: no apply sublist, no A/R account (it posts to a liability)."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "customer": ref(draft.customer),
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        "payment": Number(draft.amount.amount),
        "tranDate": draft.transaction_date.isoformat(),
        "salesOrder": ref(draft.order),
        **_trace(draft.trace),
    }
    if draft.account:
        body["account"] = ref(draft.account)
    else:
        body["undepFunds"] = ref("T")
    if draft.check_number:
        body["checkNumber"] = text(draft.check_number)
    if draft.memo:
        body["memo"] = text(draft.memo)
    return body


def application_request(draft: DepositApplicationDraft) -> tuple[str, dict[str, Any]]:
    """The transform of the deposit, and what of it goes on which invoice."""
    source, target = RECORD_PATHS[RecordType.CUSTOMER_DEPOSIT], RECORD_PATHS[RecordType.DEPOSIT_APPLICATION]
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "tranDate": draft.transaction_date.isoformat(),
        **_trace(draft.trace),
        "apply": applied_body(draft.applied),
    }
    if draft.receivables:
        body["arAcct"] = ref(draft.receivables)
    if draft.memo:
        body["memo"] = text(draft.memo)
    return f"{source}/{draft.deposit_id}/!transform/{target}", body


def _trace(trace: Trace) -> dict[str, str]:
    return {
        BODY_SYSTEM: trace.source.system,
        BODY_SOURCE: trace.source.id,
        BODY_INSTALLATION: trace.installation,
    }


def with_applications(
    client: NetSuiteClient, found: Sequence[Observed], headers: Sequence[Row]
) -> list[Observed]:
    """Deposit applications with the deposit they use, what is left of it, and what they are applied to."""
    ids = [header["id"] for header in headers if header.get("type") == "DepAppl"]
    if not ids:
        return list(found)
    applied = group_lines(client.suiteql(applications_of(ids), ids), "nextdoc")
    deposits = {row["nextdoc"]: row for row in client.suiteql(_deposits_of(ids), ids)}
    return [
        _application(one, applied.get(one.id, []), deposits.get(one.id, {}))
        if one.type == RecordType.DEPOSIT_APPLICATION
        else one
        for one in found
    ]


def _deposits_of(count: Sequence[object]) -> str:
    return (
        "SELECT l.nextdoc, l.previousdoc, d.foreignpaymentamountunused FROM nexttransactionlinelink l"  # noqa: S608
        " JOIN transaction d ON d.id = l.previousdoc"
        f" WHERE l.linktype = 'DepAppl' AND d.type = 'CustDep' AND l.nextdoc IN ({marks(count)})"
    )


def _application(one: Observed, applied: Sequence[Row], deposit: Mapping[str, str]) -> Observed:
    return replace(
        one,
        applied=tuple(
            ObservedApplication(
                document=settled_key(row), amount=abs(decimal_of(row, "foreignamount") or Decimal(0))
            )
            for row in applied
        ),
        created_from=InternalId(deposit["previousdoc"]) if deposit else None,
        unapplied=decimal_of(dict(deposit), "foreignpaymentamountunused"),
    )


def paid_for(client: NetSuiteClient, orders: Sequence[str]) -> dict[str, Decimal]:
    """Sales order → what customer deposits, whoever made them, have been paid for it. Raises `CallError`s."""
    if not orders:
        return {}
    rows = client.suiteql(
        "SELECT m.createdfrom, SUM(t.foreigntotal) AS paid FROM transaction t"  # noqa: S608
        " JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'"
        f" WHERE t.type = 'CustDep' AND NVL(t.voided, 'F') = 'F' AND m.createdfrom IN ({marks(orders)})"
        " GROUP BY m.createdfrom",
        list(orders),
    )
    return {row["createdfrom"]: abs(decimal_of(row, "paid") or Decimal(0)) for row in rows}
