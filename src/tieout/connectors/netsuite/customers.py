"""Customers as they are in NetSuite, with what tells them apart: page by page, by keyset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tieout.connectors.netsuite.client import NetSuiteClient, Row
from tieout.connectors.netsuite.mapping import ENTITY_INSTALLATION, ENTITY_SYSTEM
from tieout.connectors.netsuite.queries import marks
from tieout.domain.documents import Address
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.reference import ExistingCustomer


def existing_customers(client: NetSuiteClient, since: datetime | None) -> Iterator[list[ExistingCustomer]]:
    """Pages of customers, optionally only those changed since. Raises `CallError`s."""
    condition, params = "", []
    if since is not None:
        condition = "AND c.lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD')"
        params = [(since - timedelta(days=1)).date().isoformat()]
    pages = client.suiteql_by_id(
        "SELECT c.id, c.externalid, c.companyname, c.entityid, c.email, c.url, c.vatregnumber,"  # noqa: S608
        f" c.isinactive, s.subsidiary, c.currency, c.parent, c.representingsubsidiary,"
        f" c.{ENTITY_INSTALLATION}, c.{ENTITY_SYSTEM} FROM customer c"
        " LEFT JOIN customersubsidiaryrelationship s ON s.entity = c.id AND s.isprimarysub = 'T'"
        " WHERE 1 = 1 {after} " + condition,
        params,
        "c.id",
    )
    for page in pages:
        ids = [row["id"] for row in page]
        if not ids:
            continue
        currencies, related = currencies_of(client, ids), subsidiaries_of(client, ids)
        places = _addresses(client, ids)
        yield [
            _existing(row, currencies.get(one, set()), related.get(one, set()), places.get(one, []))
            for one, row in zip(ids, page, strict=True)
        ]


def currencies_of(client: NetSuiteClient, customers: Sequence[str]) -> dict[str, set[str]]:
    """Currencies enabled for each of these customers, beside its primary one."""
    return _grouped(
        client.suiteql(
            "SELECT customer, currency FROM customercurrencybalance"  # noqa: S608
            f" WHERE customer IN ({marks(customers)}) ORDER BY customer, currency",
            list(customers),
        ),
        "customer",
        "currency",
    )


def subsidiaries_of(client: NetSuiteClient, customers: Sequence[str]) -> dict[str, set[str]]:
    """Subsidiaries each of these customers is related to, the primary one among them."""
    return _grouped(
        client.suiteql(
            "SELECT entity, subsidiary FROM customersubsidiaryrelationship"  # noqa: S608
            f" WHERE entity IN ({marks(customers)}) ORDER BY entity, subsidiary",
            list(customers),
        ),
        "entity",
        "subsidiary",
    )


def _grouped(rows: Sequence[Row], key: str, value: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row[key], set()).add(row[value])
    return found


def _addresses(client: NetSuiteClient, customers: Sequence[str]) -> dict[str, list[Address]]:
    """The address books of these customers."""
    rows = client.suiteql(
        "SELECT b.entity, a.addr1, a.addr2, a.city, a.state, a.zip, a.country FROM customeraddressbook b"  # noqa: S608
        " JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress"
        f" WHERE b.entity IN ({marks(customers)}) ORDER BY b.entity, a.nkey",
        list(customers),
    )
    found: dict[str, list[Address]] = {}
    for row in rows:
        address = Address(
            lines=tuple(line for line in (row.get("addr1"), row.get("addr2")) if line),
            city=row.get("city", ""),
            region=row.get("state", ""),
            postal_code=row.get("zip", ""),
            country=row.get("country", ""),
        )
        found.setdefault(row["entity"], []).append(address)
    return found


def _existing(
    row: Row, currencies: set[str], subsidiaries: set[str], addresses: Sequence[Address]
) -> ExistingCustomer:
    external, primary = row.get("externalid"), row.get("currency")
    return ExistingCustomer(
        id=InternalId(row["id"]),
        name=row.get("companyname") or row.get("entityid", ""),
        external_id=ExternalId(external) if external else None,
        email=row.get("email", ""),
        website=row.get("url", ""),
        tax_id=row.get("vatregnumber", ""),
        installation=row.get(ENTITY_INSTALLATION, ""),
        source_system=row.get(ENTITY_SYSTEM, ""),
        subsidiary=row.get("subsidiary", ""),
        subsidiaries=frozenset(subsidiaries),
        addresses=tuple(addresses),
        currencies=frozenset({*currencies, primary} if primary else currencies),
        active=row.get("isinactive") != "T",
        parent=InternalId(row["parent"]) if row.get("parent") else None,
        represents=row.get("representingsubsidiary", ""),
    )
