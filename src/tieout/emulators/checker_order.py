"""Order violations, read from NetSuite's request log and ground truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

Json = dict[str, Any]

WRITES = frozenset({"create", "update", "transform"})
TRANSACTIONS = frozenset({"salesorder", "invoice", "customerpayment", "customerrefund"})
#: what a payment, or a refund, may be applied to
PAYABLE = frozenset({"invoice", "journalEntry", "customerPayment", "creditMemo"})
#: what NetSuite says when a transform names an order that is absent, unapproved, billed or closed
NOT_BILLABLE = ("invalid sales order", "already billed", "already closed", "pending approval")
ABSENT = ("the record instance does not exist", "transaction type specified is incorrect")
#: a payload may carry the source's version; a lower one must not follow a higher one that was stored
VERSION_FIELDS = ("custbody_tieout_source_version", "custentity_tieout_source_version")


def order_violations(truth: Iterable[Json], log: Iterable[Json]) -> list[str]:
    """Requests that name an absent, unapproved or closed record, or an older version after a newer."""
    records = list(truth)
    entries = sorted(log, key=lambda entry: entry["n"])
    writes = [entry for entry in entries if entry["operation"] in WRITES]
    return [
        f"request {entry['n']} ({entry['method']} {entry['path']}): {why}"
        for entry, why in (
            *_too_early(records, writes),
            *_refused_for_order(writes),
            *_older_after_newer(writes),
        )
    ]


def _too_early(records: list[Json], writes: list[Json]) -> Iterator[tuple[Json, str]]:
    """A transaction that names a customer, or a payment a document, NetSuite did not have when the request arrived."""
    born = {str(row["id"]): row["_meta"]["created_at"] for row in records if row["record"] in PAYABLE}
    customers: dict[str, Json] = {}
    for row in records:
        if row["record"].lower() == "customer":
            customers[str(row["id"])] = row
            if row.get("external_id"):
                customers[f"eid:{row['external_id']}"] = row
    for entry in writes:
        body = entry["body"] if isinstance(entry["body"], dict) else {}
        entity = body.get("entity") or body.get("customer")
        for document in _applied_to(body):
            if document not in born or _moment(born[document]) > _moment(entry["arrived"]):
                yield entry, f"is applied to document {document}, which did not exist yet"
        if str(entry["record"]).lower() not in TRANSACTIONS or entity is None:
            continue
        name = _reference(entity)
        customer = customers.get(name)
        if customer is None:
            yield entry, f"names customer {name}, which does not exist"
        elif _moment(customer["_meta"]["created_at"]) > _moment(entry["arrived"]):
            yield entry, f"names customer {name}, which did not exist yet"


def _applied_to(body: Json) -> list[str]:
    lines = (body.get("apply") or {}).get("items") or []
    return [_reference(line.get("doc")) for line in lines if isinstance(line, dict)]


def _refused_for_order(writes: list[Json]) -> Iterator[tuple[Json, str]]:
    """Updates and transforms NetSuite refused because of what they name."""
    for entry in writes:
        error = str(entry.get("error") or "").lower()
        if entry["operation"] == "transform" and any(text in error for text in NOT_BILLABLE):
            yield entry, "transforms an order that cannot be billed"
        elif entry["operation"] in ("update", "transform") and any(text in error for text in ABSENT):
            yield entry, "names a record that does not exist"


def _older_after_newer(writes: list[Json]) -> Iterator[tuple[Json, str]]:
    newest: dict[str, str] = {}
    for entry in writes:
        body = entry["body"] if isinstance(entry["body"], dict) else {}
        version = next((str(body[name]) for name in VERSION_FIELDS if body.get(name)), None)
        document = str(entry.get("external_id") or entry.get("target") or "")
        if version is None or not document:
            continue
        if document in newest and _order(version) < _order(newest[document]):
            yield entry, f"version {version} of {document} after version {newest[document]}"
        elif entry["committed"]:
            newest[document] = version


def _order(version: str) -> tuple[int, str]:
    # Versions are counters or ISO instants; a longer counter is a larger one.
    return (len(version), version) if version.isdigit() else (0, version)


def _reference(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["id"]) if "id" in value else f"eid:{value.get('externalId')}"
    return str(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
