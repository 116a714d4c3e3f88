"""SuiteQL to SQLite: names checked against the catalogue, Oracle's ways rewritten. Cached by the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.oracle import Oracle
from sqlglot.errors import SqlglotError

from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.catalog import APPROVAL_NAMES, STATUS_NAMES, TYPE_CODES, TYPE_LABELS
from tieout.emulators.netsuite.errors import NsError, search_error
from tieout.emulators.netsuite.suiteql.tables import Table

_OWN = {
    "TO_CHAR": "ns_to_char", "TO_DATE": "ns_to_date", "TO_TIMESTAMP": "ns_to_date", "TRUNC": "ns_trunc",
    "ADD_MONTHS": "ns_add_months", "LAST_DAY": "ns_last_day", "TO_NUMBER": "ns_to_number", "INSTR": "instr",
}  # fmt: skip
_KNOWN = frozenset(_OWN) | {"DF", "NVL2", "GREATEST", "LEAST"}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_GENERIC = "Search error occurred: Invalid or unsupported search."


class SuiteQlDialect(Oracle):
    """Oracle's grammar with the functions we rewrite left alone."""

    class Parser(Oracle.Parser):  # type: ignore[misc, valid-type]
        """See the dialect."""

        FUNCTIONS: ClassVar = {
            name: build for name, build in Oracle.Parser.FUNCTIONS.items() if name not in _OWN
        }


class Translator:
    """Translates one statement. `prefix` names the physical tables or one role's views of them."""

    def __init__(self, tables: dict[str, Table], prefix: str, switches: Switches) -> None:
        self._tables, self._prefix, self._switches = tables, prefix, switches
        self._ctes: set[str] = set()

    def translate(self, text: str) -> str:
        """The statement for SQLite. Raises NsError with the platform's texts."""
        try:
            statements = [one for one in sqlglot.parse(text, read=SuiteQlDialect) if one is not None]
        except SqlglotError:
            raise search_error(_GENERIC) from None
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise search_error(_GENERIC)
        tree: exp.Expr = statements[0]
        self._refuse_foreign_words(tree)
        self._ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        self._resolve(tree, [])
        self._rewrite_rownum(tree)
        rewritten = self._walk(tree)
        self._name_outputs(rewritten)
        return rewritten.sql(dialect="sqlite")

    def _refuse_foreign_words(self, tree: exp.Expr) -> None:
        if tree.find(exp.Limit) and self._switches.on("NS-26e"):
            raise search_error(_GENERIC)
        if tree.find(exp.CurrentDate):
            raise search_error(_GENERIC)
        for call in tree.find_all(exp.Anonymous):
            if call.name.upper() not in _KNOWN:
                raise search_error(_GENERIC)

    # --- names --------------------------------------------------------------------------------------------

    def _resolve(self, query: exp.Expr, outer: list[dict[str, Table | None]]) -> None:
        """Check every table and column of a query and of what it contains."""
        if not isinstance(query, exp.Select):
            for part in _inner_queries(query):
                self._resolve(part, outer)
            return
        sources: dict[str, Table | None] = {}
        for source in _sources(query):
            if isinstance(source, exp.Table):
                name = source.name.lower()
                sources[source.alias_or_name.lower()] = None if name in self._ctes else self._table(name)
            else:
                sources[source.alias.lower()] = None
        scopes = [sources, *outer]
        aliases = {one.alias.lower() for one in query.expressions if one.alias}
        for node in _own_nodes(query):
            if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
                self._column(node, scopes, aliases)
        for part in _inner_queries(query):
            self._resolve(part, scopes)

    def _table(self, name: str) -> Table | None:
        table = self._tables.get(name)
        if table is None and self._switches.on("NS-26f"):
            raise search_error(f"Invalid search type: {name}.")
        if table is None:
            raise search_error(_GENERIC)
        return table

    def _column(self, node: exp.Column, scopes: list[dict[str, Table | None]], aliases: set[str]) -> None:
        name, qualifier = node.name.lower(), node.table.lower()
        if name == "rownum" and not qualifier:
            return
        for scope in scopes:
            for alias, table in scope.items():
                if qualifier and qualifier != alias:
                    continue
                if table is None:
                    return
                if name in table.columns and not name.startswith("_"):
                    node.meta["table"] = table
                    return
            if qualifier in scope:
                break
        if name in aliases and not qualifier:
            return
        if not self._switches.on("NS-26g"):
            raise search_error(_GENERIC)
        known = ", ".join(f"{alias}={table.name if table else alias}" for alias, table in scopes[0].items())
        raise search_error(
            f"Search error occurred: Unknown identifier '{node.name}'. Available identifiers are: {{{known}}}"
        )

    # --- Oracle's ways ------------------------------------------------------------------------------------

    def _rewrite_rownum(self, tree: exp.Expr) -> None:
        """`ROWNUM <= n` in the outer conditions is a limit."""
        for select in tree.find_all(exp.Select):
            where = select.args.get("where")
            if where is None:
                continue
            rest = []
            for condition in _conjuncts(where.this):
                bound = _rownum_bound(condition)
                if bound is None:
                    rest.append(condition)
                else:
                    select.set("limit", exp.Limit(expression=bound))
            select.set("where", exp.Where(this=exp.and_(*rest)) if rest else None)

    def _walk(self, node: exp.Expr) -> exp.Expr:
        """Rewrite children first, then the node."""
        for name, value in list(node.args.items()):
            if isinstance(value, exp.Expr):
                node.set(name, self._walk(value))
            elif isinstance(value, list):
                node.set(name, [self._walk(one) if isinstance(one, exp.Expr) else one for one in value])
        return self._rewrite(node)

    def _rewrite(self, node: exp.Expr) -> exp.Expr:
        if (
            isinstance(node, exp.Dot)
            and node.name.upper() == "DF"
            and isinstance(node.expression, exp.Anonymous)
        ):
            return self._display(node.expression.expressions[0])
        if (
            isinstance(node, exp.Table)
            and node.name.lower() in self._tables
            and node.name.lower() not in self._ctes
        ):
            alias = node.alias_or_name.lower()
            return exp.alias_(
                exp.to_table(f'"{self._prefix}{node.name.lower()}"'), alias, table=True, quoted=True
            )
        if isinstance(node, exp.Column):
            return self._plain_column(node)
        if isinstance(node, exp.Anonymous) and node.name.upper() in _OWN:
            return exp.Anonymous(this=_OWN[node.name.upper()], expressions=node.expressions)
        if isinstance(node, exp.CurrentTimestamp):
            return exp.Anonymous(this="ns_sysdate", expressions=[])
        if isinstance(node, exp.Add | exp.Sub) and (_dated(node.this) or _dated(node.expression)):
            name = "ns_date_add" if isinstance(node, exp.Add) else "ns_date_subtract"
            return exp.Anonymous(this=name, expressions=[node.this, node.expression])
        if isinstance(node, _COMPARISONS):
            for side, other in ((node.this, node.expression), (node.expression, node.this)):
                if _dated(side) and isinstance(other, exp.Literal | exp.Placeholder):
                    other.replace(exp.Anonymous(this="ns_date", expressions=[other.copy()]))
        if isinstance(node, exp.Between) and _dated(node.this):
            for name in ("low", "high"):
                bound = node.args[name]
                if isinstance(bound, exp.Literal | exp.Placeholder):
                    node.set(name, exp.Anonymous(this="ns_date", expressions=[bound.copy()]))
        if isinstance(node, exp.DPipe):
            # Oracle treats NULL as an empty string when joining text.
            empty = exp.Literal.string("")
            sides = [
                exp.Coalesce(this=side, expressions=[empty.copy()]) for side in (node.this, node.expression)
            ]
            return exp.DPipe(this=sides[0], expression=sides[1])
        return node

    def _plain_column(self, node: exp.Column) -> exp.Expr:
        if node.name.lower() == "rownum" and not node.table:
            return exp.Window(this=exp.RowNumber())
        if isinstance(node.this, exp.Star):
            return node
        column = exp.column(
            exp.to_identifier(node.name.lower(), quoted=True),
            exp.to_identifier(node.table.lower(), quoted=True) if node.table else None,
        )
        column.meta.update(node.meta)
        if node.name.lower() == "externalid" and not self._switches.on("NS-26h"):
            return exp.Collate(this=column, expression=exp.var("NOCASE"))
        return column

    def _display(self, argument: exp.Expr) -> exp.Expr:
        """BUILTIN.DF: what people see instead of the id."""
        table = argument.meta.get("table") if isinstance(argument, exp.Column) else None
        if table is None or not isinstance(argument, exp.Column):
            return argument
        name = argument.name.lower()
        target = table.display.get(name)
        column = self._plain_column(argument)
        if target is None:
            return column
        if "." in target:
            other, shown = target.split(".")
            return exp.select(f'"{shown}"').from_(f'"{self._prefix}{other}"').where(
                exp.EQ(this=exp.column("id"), expression=column)
            ).limit(1).subquery()  # fmt: skip
        names: dict[str, str] = {}
        if target == "status":
            kind = exp.column("recordtype", argument.table.lower() or None)
            whens = [
                (exp.and_(exp.EQ(this=kind.copy(), expression=exp.Literal.string(record.lower())),
                          exp.EQ(this=column.copy(), expression=exp.Literal.string(letter))),
                 f"{TYPE_LABELS[record]} : {label}")
                for record, letters in STATUS_NAMES.items() for letter, label in letters.items()
            ]  # fmt: skip
        else:
            if target == "approvalstatus":
                names = APPROVAL_NAMES
            else:
                names = {(TYPE_CODES[record] if target == "type" else record.lower()): label
                         for record, label in TYPE_LABELS.items()}  # fmt: skip
            whens = [(exp.EQ(this=column.copy(), expression=exp.Literal.string(key)), label)
                     for key, label in names.items()]  # fmt: skip
        case = exp.Case()
        for condition, label in whens:
            case = case.when(condition, exp.Literal.string(label))
        return case

    def _name_outputs(self, tree: exp.Expr) -> None:
        """Unnamed expressions come back as expr1, expr2, …"""
        for select in tree.find_all(exp.Select):
            if select.find_ancestor(exp.Exists, exp.In):
                continue
            number = 0
            for position, one in enumerate(select.expressions):
                if isinstance(one, exp.Column | exp.Star | exp.Alias):
                    if isinstance(one, exp.Alias):
                        one.set("alias", exp.to_identifier(one.alias.lower(), quoted=True))
                    continue
                number += 1
                select.expressions[position] = exp.alias_(one, f"expr{number}")
            select.set("expressions", select.expressions)


def columns_or_error(error: Exception) -> NsError:
    """SQLite's complaint in the platform's generic words."""
    return search_error(f"{_GENERIC} ({error})" if str(error) else _GENERIC)


def _sources(query: exp.Select) -> Iterator[exp.Expr]:
    start = query.args.get("from_") or query.args.get("from")
    if start is not None:
        yield start.this
    for join in query.args.get("joins") or []:
        yield join.this


def _inner_queries(node: exp.Expr) -> Iterator[exp.Expr]:
    """Queries directly inside a node, not those inside them."""
    for child in node.iter_expressions():
        if isinstance(child, exp.Select | exp.SetOperation):
            yield child
        else:
            yield from _inner_queries(child)


def _own_nodes(node: exp.Expr) -> Iterator[exp.Expr]:
    for child in node.iter_expressions():
        if isinstance(child, exp.Select | exp.SetOperation):
            continue
        yield child
        yield from _own_nodes(child)


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.And):
        return [*_conjuncts(node.this), *_conjuncts(node.expression)]
    return [node]


def _rownum_bound(condition: exp.Expr) -> exp.Expr | None:
    if not isinstance(condition, exp.LTE | exp.LT) or not isinstance(condition.this, exp.Column):
        return None
    if condition.this.name.lower() != "rownum":
        return None
    bound = condition.expression
    one = exp.Literal.number(1)
    return bound.copy() if isinstance(condition, exp.LTE) else exp.Sub(this=bound.copy(), expression=one)


def _dated(node: exp.Expr | None) -> bool:
    """Whether an expression is a date, as far as the text tells."""
    if isinstance(node, exp.Column):
        table = node.meta.get("table")
        return table is not None and table.columns.get(node.name.lower()) == "d"
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name in ("ns_trunc", "trunc"):
            return bool(node.expressions) and _dated(node.expressions[0])
        return name in ("ns_sysdate", "ns_to_date", "ns_add_months", "ns_last_day", "ns_date_add", "to_date",
                        "to_timestamp", "add_months", "last_day")  # fmt: skip
    if isinstance(node, exp.Paren | exp.Max | exp.Min | exp.Coalesce):
        return _dated(node.this)
    return isinstance(node, exp.CurrentTimestamp) or (
        isinstance(node, exp.Add | exp.Sub) and _dated(node.this) != _dated(node.expression)
    )
