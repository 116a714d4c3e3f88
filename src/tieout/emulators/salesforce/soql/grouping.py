"""Aggregates and GROUP BY: rows of type `AggregateResult`, unnamed columns `expr0`, `expr1` …"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.schema import NUMERIC
from tieout.emulators.salesforce.soql.ast import Aggregate, Column, Order, Query
from tieout.emulators.salesforce.soql.parser import located, malformed
from tieout.emulators.salesforce.soql.scope import Scope
from tieout.emulators.salesforce.soql.sorting import sort_key
from tieout.emulators.salesforce.store import Record

_NUMBERS_ONLY = frozenset({"sum", "avg"})


def grouped(query: Query, scope: Scope, rows: list[Record]) -> list[Json]:
    """The answer rows of a grouped query, ordered by its ORDER BY."""
    group_keys = [scope.reach(path) for path in query.group_by]
    cells = _cells(query, scope)
    groups: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for row in rows:
        groups[tuple(reached.get(row) for reached in group_keys)].append(row)
    if not query.group_by and not groups:
        groups[()] = []
    answers: list[Json] = []
    for members in groups.values():
        answer: Json = {"attributes": {"type": "AggregateResult"}}
        for name, compute in cells:
            answer[name] = compute(members)
        answers.append(answer)
    return _ordered(query, answers)


def _cells(query: Query, scope: Scope) -> list[tuple[str, Callable[[list[Record]], Any]]]:
    grouped_by = {path.text.lower() for path in query.group_by}
    cells: list[tuple[str, Callable[[list[Record]], Any]]] = []
    unnamed = 0
    for column in query.columns:
        if isinstance(column, Aggregate):
            name = column.alias
            if name is None:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            cells.append((name, _aggregate(column, scope)))
        elif isinstance(column, Column):
            reached = scope.reach(column.path)
            if column.path.text.lower() not in grouped_by:
                message = f"Field must be grouped or aggregated: {column.path.parts[-1]}"
                raise malformed(scope.text, column.path.at, message)
            cells.append((column.alias or reached.field.name, _first(reached.get)))
        else:
            raise malformed(scope.text, column.sobject_at, "Grouped query cannot use child relationships")
    return cells


def _first(get: Callable[[Record], Any]) -> Callable[[list[Record]], Any]:
    return lambda members: get(members[0]) if members else None


def _aggregate(column: Aggregate, scope: Scope) -> Callable[[list[Record]], Any]:
    if column.path is None:
        return len
    reached = scope.reach(column.path)
    if column.function in _NUMBERS_ONLY and reached.field.type not in NUMERIC | {"int"}:
        message = f"field {reached.field.name} does not support aggregate operator {column.function.upper()}"
        raise SalesforceError(400, "MALFORMED_QUERY", located(scope.text, column.at, message))
    get, function = reached.get, column.function

    def compute(members: list[Record]) -> Any:
        values = [value for row in members if (value := get(row)) is not None]
        if function == "count":
            return len(values)
        if function == "count_distinct":
            return len(set(values))
        if not values:
            return None
        if function == "min":
            return min(values, key=sort_key)
        if function == "max":
            return max(values, key=sort_key)
        total = sum((Decimal(value) for value in values), Decimal(0))
        return total if function == "sum" else total / len(values)

    return compute


def _ordered(query: Query, answers: list[Json]) -> list[Json]:
    for term in reversed(query.order_by):
        name = _answer_name(query, term)
        present = [row for row in answers if row.get(name) is not None]
        absent = [row for row in answers if row.get(name) is None]
        keyed = sorted(
            ((sort_key(row[name]), place) for place, row in enumerate(present)), reverse=term.descending
        )
        present = [present[place] for _, place in keyed]
        answers = [*present, *absent] if term.nulls_last else [*absent, *present]
    return answers


def _answer_name(query: Query, term: Order) -> str:
    """The answer column an ORDER BY term means: an alias, a grouped field, or a repeated aggregate."""
    wanted, unnamed = term.path.text.lower(), 0
    for column in query.columns:
        if isinstance(column, Aggregate):
            text = f"{column.function}({column.path.text if column.path else ''})".lower()
            name = column.alias
            if name is None:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if wanted in (text, name.lower()):
                return name
        elif isinstance(column, Column) and wanted == column.path.text.lower():
            return column.alias or column.path.parts[-1]
    return term.path.parts[-1]
