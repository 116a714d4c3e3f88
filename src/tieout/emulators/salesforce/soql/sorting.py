"""ORDER BY. Rows nobody ordered come in an order nobody may rely on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.soql.ast import Order
from tieout.emulators.salesforce.soql.scope import Scope
from tieout.emulators.salesforce.store import Record


def sort_key(value: Any) -> tuple[int, Any]:
    """A key for values of one field; kinds that do not compare (hashed extracts) come one after the other."""
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, int | Decimal):
        return (1, value)
    return (2, str(value))


def sort_rows(terms: Sequence[Order], scope: Scope, rows: list[Record]) -> list[Record]:
    """Sort by all terms; nulls come first unless told otherwise. Raises SalesforceError on unsortable fields."""
    org = scope.org
    if org.switches.on("SF-06h"):
        ordered = sorted(rows, key=lambda row: org.scatter(row["Id"]))
    else:
        ordered = sorted(rows, key=lambda row: str(row["Id"]))
    for term in reversed(terms):
        reached = scope.reach(term.path)
        if not reached.field.filterable or reached.field.type == "address":
            message = f"field '{reached.field.name}' can not be sorted in a query call"
            raise SalesforceError(400, "INVALID_FIELD", message)
        get = reached.get
        fold = reached.field.type in ("string", "picklist", "email", "phone", "url")
        nulls = [row for row in ordered if get(row) is None]
        given = [row for row in ordered if get(row) is not None]
        given.sort(key=_key_reader(get, fold=fold), reverse=term.descending)
        ordered = [*given, *nulls] if term.nulls_last else [*nulls, *given]
    return ordered


def _key_reader(get: Callable[[Record], Any], *, fold: bool) -> Callable[[Record], tuple[int, Any]]:
    if fold:
        return lambda row: sort_key(get(row).casefold())
    return lambda row: sort_key(get(row))
