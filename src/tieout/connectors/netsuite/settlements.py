"""What payments and credits settle, and which documents there are at all: how an application that was taken back, and
a document that was deleted, are noticed.

Neither leaves anything on the invoice to ask for: its stamp need not move (reference §9), the link is gone, and
deletions appear in no query by date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from tieout.connectors.netsuite.client import NetSuiteClient
from tieout.connectors.netsuite.queries import applications_of, settled_key
from tieout.domain.ids import InternalId

_BATCH = 400
_OF_PERIOD = (
    " FROM transaction t WHERE t.type IN ('CustInvc', 'CustCred', 'CustPymt', 'SalesOrd', 'CustDep')"
    " AND t.trandate >= TO_DATE(?, 'YYYY-MM-DD')"
)


def settled_by(client: NetSuiteClient, ids: Sequence[InternalId]) -> dict[InternalId, set[InternalId]]:
    """Payment or credit → the items it is applied to, and the credits it uses. Raises `CallError`s."""
    found: dict[InternalId, set[InternalId]] = {one: set() for one in ids}
    for start in range(0, len(ids), _BATCH):
        some = list(ids[start : start + _BATCH])
        for row in client.suiteql(applications_of(some), some):
            found[InternalId(row["nextdoc"])].add(settled_key(row))
    return found


def count_since(client: NetSuiteClient, first: date) -> int:
    """How many documents there are, dated on or after a day. Raises `CallError`s."""
    rows = client.suiteql(f"SELECT COUNT(*) AS number{_OF_PERIOD}", [first.isoformat()])
    return int(rows[0]["number"]) if rows else 0


def ids_since(client: NetSuiteClient, first: date) -> Iterator[list[InternalId]]:
    """Their internal ids, page by page. Raises `CallError`s."""
    query = f"SELECT t.id{_OF_PERIOD} {{after}}"
    for page in client.suiteql_by_id(query, [first.isoformat()], "t.id"):
        yield [InternalId(row["id"]) for row in page]
