"""A query over the org's rows: which rows, in which order, and how each is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import Field, SObject
from tieout.emulators.salesforce.soql.ast import Column, Compare, Condition, InSet, Junction, Path, Query
from tieout.emulators.salesforce.soql.grouping import grouped
from tieout.emulators.salesforce.soql.parser import located, parse
from tieout.emulators.salesforce.soql.predicates import Where
from tieout.emulators.salesforce.soql.scope import Scope, no_child, no_type
from tieout.emulators.salesforce.soql.sorting import sort_rows
from tieout.emulators.salesforce.store import Record

Renderer = Callable[[Record], Json]
Pager = Callable[["Result"], Json]


@dataclass
class Result:
    """What a query found: rows as they were at that moment, and how to answer one."""

    sobject: str
    total: int
    rows: list[Record]
    render: Renderer


class Runner:
    """Runs queries for one API version. `pager` makes the envelope of a child subquery."""

    def __init__(self, org: Org, version: str, *, with_deleted: bool, pager: Pager) -> None:
        self._org = org
        self._version = version
        self._with_deleted = with_deleted
        self._pager = pager

    def run(self, text: str) -> Result:
        """Parse and run. Raises SalesforceError."""
        query = parse(text, mixing_refused=self._org.switches.on("SF-06k"))
        sobject = self._org.sobject(query.sobject)
        if sobject is None:
            raise no_type(text, query.sobject, query.sobject_at)
        scope = Scope(self._org, text, sobject)
        rows = self._matching(query, scope, None)
        if query.count_only:
            return Result(sobject.name, len(rows), [], _identity)
        if query.group_by or any(not isinstance(column, Column | Query) for column in query.columns):
            answers = grouped(query, scope, rows)[query.offset :]
            answers = answers if query.limit is None else answers[: query.limit]
            return Result("AggregateResult", len(answers), answers, _identity)
        rows = self._cut(query, scope, rows)
        return Result(sobject.name, len(rows), rows, self._renderer(query, scope))

    def _cut(self, query: Query, scope: Scope, rows: list[Record]) -> list[Record]:
        ordered = sort_rows(query.order_by, scope, rows)[query.offset :]
        return ordered if query.limit is None else ordered[: query.limit]

    def _matching(self, query: Query, scope: Scope, among: Sequence[Record] | None) -> list[Record]:
        where = Where(scope, lambda inner: self._inner_values(inner, scope.text))
        # The predicate is built first, so that a wrong query is refused even where an index finds nothing.
        predicate = where.predicate(query.where) if query.where is not None else None
        candidates = among if among is not None else self._candidates(query.where, scope, where)
        shown = self._with_deleted or not self._org.switches.on("SF-06d")
        return [
            row
            for row in candidates
            if (shown or not row.get("IsDeleted")) and (predicate is None or predicate(row))
        ]

    def _candidates(self, condition: Condition | None, scope: Scope, where: Where) -> Sequence[Record]:
        """All rows, or fewer when an AND-ed `=`/`IN` on an id or reference names them."""
        table = self._org.store.tables[scope.sobject.name]
        parts = (
            condition.parts if isinstance(condition, Junction) and condition.word == "and" else (condition,)
        )
        for part in parts:
            found = self._named_rows(part, scope, where)
            if found is not None:
                return found
        return list(table.rows.values())

    def _named_rows(self, part: Condition | None, scope: Scope, where: Where) -> list[Record] | None:
        if isinstance(part, Compare) and part.op == "=":
            values = [part.value]
        elif isinstance(part, InSet) and not part.negated and part.values:
            values = list(part.values)
        else:
            return None
        reached = scope.reach(part.path)
        table = self._org.store.tables[scope.sobject.name]
        keyed = reached.field.type in ("id", "reference") and all(value.kind == "string" for value in values)
        if reached.hops or not keyed:
            return None
        wanted = dict.fromkeys(where.literal(reached.field, value) for value in values)
        if reached.field.type == "id":
            return [table.rows[key] for key in wanted if key in table.rows]
        if table.indexes(reached.field.name):
            return [row for key in wanted for row in table.find(reached.field.name, key)]
        return None

    def _inner_values(self, query: Query, text: str) -> set[Any]:
        sobject = self._org.sobject(query.sobject)
        if sobject is None:
            raise no_type(text, query.sobject, query.sobject_at)
        scope = Scope(self._org, text, sobject)
        column = query.columns[0]
        if len(query.columns) != 1 or not isinstance(column, Column):
            message = located(text, query.sobject_at, "semi join sub-selects can only have one column")
            raise SalesforceError(400, "MALFORMED_QUERY", message)
        reached = scope.reach(column.path)
        return {reached.get(row) for row in self._matching(query, scope, None)} - {None}

    # Answers

    def _renderer(self, query: Query, scope: Scope) -> Renderer:
        own: list[tuple[str, Callable[[Record], Any]]] = []
        parents: dict[str, _ParentColumns] = {}
        children: list[tuple[str, Renderer]] = []
        for column in query.columns:
            if isinstance(column, Query):
                children.append(self._child_renderer(column, scope))
            elif isinstance(column, Column):
                reached = scope.reach(column.path)
                if reached.hops:
                    hop = reached.hops[0]
                    node = parents.setdefault(hop.relationship, _ParentColumns(hop.key, hop.parent))
                    node.add(reached.hops[1:], reached.field, scope)
                else:
                    own.append((reached.field.name, reached.get))
        name, base = scope.sobject.name, f"/services/data/{self._version}/sobjects"

        def render(row: Record) -> Json:
            answer: Json = {"attributes": {"type": name, "url": f"{base}/{name}/{row['Id']}"}}
            for key, get in own:
                answer[key] = get(row)
            for key, node in parents.items():
                answer[key] = node.render(row, self._org, base)
            for key, child in children:
                answer[key] = child(row)
            return answer

        return render

    def _child_renderer(self, query: Query, scope: Scope) -> tuple[str, Renderer]:
        found = self._org.children.get(scope.sobject.name, {}).get(query.sobject.lower())
        if found is None:
            raise no_child(scope.text, query.sobject, query.sobject_at)
        child, link = found
        inner = Scope(self._org, scope.text, child)
        render = self._renderer(query, inner)
        self._matching(query, inner, ())  # checks the inner WHERE once, whatever rows there are

        def envelope(row: Record) -> Any:
            among = self._org.store.tables[child.name].find(link.name, row["Id"])
            rows = self._cut(query, inner, self._matching(query, inner, among))
            if not rows and self._org.switches.on("SF-06j"):
                return None
            return self._pager(Result(child.name, len(rows), rows, render))

        return link.child or query.sobject, envelope


class _ParentColumns:
    """The selected columns of one parent, and of its parents."""

    def __init__(self, key: str, sobject: SObject) -> None:
        self._key = key
        self._sobject = sobject
        self._own: list[tuple[str, Callable[[Record], Any]]] = []
        self._parents: dict[str, _ParentColumns] = {}

    def add(self, hops: Sequence[Any], spec: Field, scope: Scope) -> None:
        """Select one more field."""
        if not hops:
            inner = Scope(scope.org, scope.text, self._sobject)
            self._own.append((spec.name, inner.reach(Path((spec.name,), 0)).get))
            return
        node = self._parents.setdefault(hops[0].relationship, _ParentColumns(hops[0].key, hops[0].parent))
        node.add(hops[1:], spec, scope)

    def render(self, row: Record, org: Org, base: str) -> Json | None:
        """The parent as a nested object, None when there is none."""
        parent = org.store.get(self._sobject.name, row.get(self._key))
        if parent is None:
            return None
        name = self._sobject.name
        answer: Json = {"attributes": {"type": name, "url": f"{base}/{name}/{parent['Id']}"}}
        for key, get in self._own:
            answer[key] = get(parent)
        for key, node in self._parents.items():
            answer[key] = node.render(parent, org, base)
        return answer


def _identity(row: Record) -> Json:
    return row
