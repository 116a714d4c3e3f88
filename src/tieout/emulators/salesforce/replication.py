"""`updated/` and `deleted/`: what changed in a window, and up to which instant that answer is complete.

Sources: crm-cpq reference §3.1, §3.2. Updates reach 30 days back, deletes 15; opportunity lines leave the delete
log after about a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.values import parse_instant, stamp

UPDATED_DAYS = 30
DELETED_DAYS = 15
LINE_LOG_LIFE = timedelta(days=1)


def _window(org: Org, query: dict[str, str], days: int) -> tuple[datetime, datetime]:
    try:
        start, end = (parse_instant(query[name].replace(" ", "+")) for name in ("start", "end"))
    except (KeyError, ValueError):
        message = "start and end must be ISO 8601 date-times with an offset"
        raise SalesforceError(400, "INVALID_REPLICATION_DATE", message) from None
    start, end = (moment.replace(second=0, microsecond=0) for moment in (start, end))
    if end - start < timedelta(minutes=1):
        message = "endDate must be at least one minute greater than startDate"
        raise SalesforceError(400, "INVALID_REPLICATION_DATE", message)
    if start < org.clock.now() - timedelta(days=days, minutes=1):
        message = f"startDate cannot be more than {days} days ago"
        raise SalesforceError(400, "INVALID_REPLICATION_DATE", message)
    return start, end


def _covered(org: Org, end: datetime) -> str:
    """Up to where the answer is complete: not past now, nor past a transaction that has yet to commit."""
    instants = [stamp(end), org.now()]
    if org.switches.on("SF-07c"):
        instants += [item["stamp"] for item in org.pending]
    return min(instants)


def updated(org: Org, sobject: SObject, query: dict[str, str]) -> Json:
    """Ids of live rows whose stamp lies in the window."""
    start, end = _window(org, query, UPDATED_DAYS)
    low, high = stamp(start), stamp(end)
    ids = [row["Id"] for row in org.store.live(sobject.name) if low <= str(row.get("SystemModstamp")) < high]
    return {"ids": ids, "latestDateCovered": _covered(org, end)}


def deleted(org: Org, sobject: SObject, query: dict[str, str]) -> Json:
    """Ids of rows deleted in the window, as far as the log still has them."""
    start, end = _window(org, query, DELETED_DAYS)
    low, high = stamp(start), stamp(end)
    earliest = stamp(org.clock.now() - timedelta(days=DELETED_DAYS))
    kept_from = earliest
    if sobject.name == "OpportunityLineItem" and org.switches.on("SF-10m"):
        kept_from = stamp(org.clock.now() - LINE_LOG_LIFE)
    rows = [
        {"id": record_id, "deletedDate": when}
        for record_id, when in org.store.delete_log[sobject.name]
        if low <= when < high and when >= kept_from
    ]
    return {
        "deletedRecords": rows,
        "earliestDateAvailable": earliest,
        "latestDateCovered": _covered(org, end),
    }
