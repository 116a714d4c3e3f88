"""Deleting, undeleting and merging."""

from __future__ import annotations

from tieout.emulators.salesforce.checks import check_locks
from tieout.emulators.salesforce.errors import SalesforceError, not_found
from tieout.emulators.salesforce.rollups import roll_up
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.writes import Writer

# What goes to the recycle bin together with its parent: (child, reference field).
_CASCADES: dict[str, tuple[tuple[str, str], ...]] = {
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Opportunity": (
        ("OpportunityLineItem", "OpportunityId"), ("Quote", "OpportunityId"), ("OpportunityHistory", "OpportunityId"),
    ),
    "Quote": (("QuoteLineItem", "QuoteId"),),
    "Order": (("OrderItem", "OrderId"),),
    "Product2": (("PricebookEntry", "Product2Id"),),
}  # fmt: skip


def delete(writer: Writer, sobject: SObject, record_id: str) -> None:
    """Delete a row: to the recycle bin, or (opportunity lines) for good. Raises SalesforceError."""
    org = writer.org
    row = org.store.get(sobject.name, record_id)
    if row is None:
        raise not_found()
    if row.get("IsDeleted"):
        raise SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
    if not sobject.deletable and not writer.human:
        raise SalesforceError(
            400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", []
        )
    if not writer.human:
        check_locks(org, sobject, row)
    if sobject.soft_delete or not org.switches.on("SF-10f"):
        _to_bin(writer, sobject, row, {})
    else:
        org.store.remove(sobject.name, record_id)
        org.store.delete_log[sobject.name].append((record_id, writer.at))
    if sobject.name in ("OpportunityLineItem", "QuoteLineItem", "OrderItem"):
        roll_up(org, sobject.name, row, user_id=writer.user_id, at=writer.at)


def _to_bin(writer: Writer, sobject: SObject, row: Record, extra: Record) -> None:
    org = writer.org
    gone = {**row, "IsDeleted": True, "SystemModstamp": writer.at, **extra}
    if "LastModifiedDate" in row:
        gone |= {"LastModifiedDate": writer.at, "LastModifiedById": writer.user_id}
    org.store.put(sobject.name, gone)
    org.remember(gone, writer.label, writer.request, {"IsDeleted": True})
    org.store.delete_log[sobject.name].append((row["Id"], writer.at))
    if "MasterRecordId" in extra:
        return  # a merge keeps the children, under another parent
    for child, link in _CASCADES.get(sobject.name, ()):
        for line in org.live_children(child, link, row["Id"]):
            _to_bin(writer, org.objects[child.lower()], line, {})


def undelete(writer: Writer, sobject: SObject, record_id: str) -> None:
    """Take a row and what went with it out of the recycle bin. Raises ValueError when it is not there."""
    org = writer.org
    row = org.store.get(sobject.name, record_id)
    if row is None or not row.get("IsDeleted"):
        raise ValueError(f"{sobject.name} {record_id} is not in the recycle bin")
    org.store.put(sobject.name, {**row, "IsDeleted": False, "SystemModstamp": writer.at})
    log = org.store.delete_log[sobject.name]
    log[:] = [item for item in log if item[0] != record_id]
    for child, link in _CASCADES.get(sobject.name, ()):
        for line in org.store.tables[child].find(link, record_id):
            if line.get("IsDeleted") and line.get("SystemModstamp") == row.get("SystemModstamp"):
                undelete(writer, org.objects[child.lower()], line["Id"])


def merge(writer: Writer, sobject: SObject, winner_id: str, loser_ids: list[str]) -> list[str]:
    """Merge up to two losers into a winner; returns the ids of re-parented children.

    Losers go to the recycle bin with `MasterRecordId`; children change parent and, as re-parenting fires no
    trigger, nothing else about them changes (rule SF-11b). Raises ValueError when it cannot be done.
    """
    org = writer.org
    if not sobject.mergeable:
        raise ValueError(f"{sobject.name} cannot be merged")
    if not 1 <= len(loser_ids) <= 2:
        raise ValueError("a merge takes one or two losers")
    winner = org.visible_row(sobject, winner_id)
    losers = [org.visible_row(sobject, loser_id) for loser_id in loser_ids]
    if winner is None or None in losers or winner_id in loser_ids:
        raise ValueError("a merge needs live, different records")
    moved: list[str] = []
    for loser in losers:
        assert loser is not None
        moved += _reparent(writer, sobject, loser["Id"], winner_id)
        _to_bin(writer, sobject, loser, {"MasterRecordId": winner_id if org.switches.on("SF-11a") else None})
    at = writer.at
    org.store.put(
        sobject.name,
        {**winner, "SystemModstamp": at, "LastModifiedDate": at, "LastModifiedById": writer.user_id},
    )
    return moved


def _reparent(writer: Writer, sobject: SObject, loser_id: str, winner_id: str) -> list[str]:
    org = writer.org
    moved: list[str] = []
    for child in org.objects.values():
        for spec in child.fields.values():
            if spec.reference_to != sobject.name or spec.name == "MasterRecordId":
                continue
            for row in list(org.store.tables[child.name].find(spec.name, loser_id)):
                changed = {**row, spec.name: winner_id}
                if not org.switches.on("SF-11b"):
                    changed["SystemModstamp"] = writer.at
                org.store.put(child.name, changed)
                org.remember(changed, writer.label, writer.request, {spec.name: winner_id})
                moved.append(row["Id"])
    return moved
