"""SOQL text to `ast.Query`. Raises SalesforceError MALFORMED_QUERY in the vendor's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.soql.ast import (
    Aggregate,
    Column,
    Compare,
    Condition,
    InSet,
    Junction,
    Not,
    Order,
    Path,
    Query,
    Value,
)

MAX_LENGTH = 100_000
MAX_OFFSET = 2_000
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)(?![T\d])
  | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?![\w-])
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<operator>!=|<>|<=|>=|=|<|>)
  | (?P<punctuation>[(),:])
    """,
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_FUNCTIONS = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})
_PERIODS = frozenset({
    "today", "yesterday", "tomorrow", "this_week", "last_week", "this_month", "last_month", "next_month",
    "this_quarter", "last_quarter", "this_year", "last_year",
    "last_n_days", "next_n_days", "last_n_months", "n_days_ago",
})  # fmt: skip
_CLAUSES = frozenset(
    {"where", "group", "order", "limit", "offset", "having", "with", "for", "using", "all", "update"}
)


@dataclass(frozen=True)
class Token:
    """One word of the query; `lower` is its text in lower case."""

    kind: str
    text: str
    at: int

    @property
    def lower(self) -> str:
        """For comparing keywords."""
        return self.text.lower()


def located(text: str, at: int, message: str) -> str:
    """A message under the query with a caret, as Salesforce writes it."""
    row = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    column = at - start
    return f"\n{line}\n{' ' * column}^\nERROR at Row:{row}:Column:{column + 1}\n{message}"


def malformed(text: str, at: int, message: str) -> SalesforceError:
    """The refusal of a query that does not parse."""
    return SalesforceError(400, "MALFORMED_QUERY", located(text, at, message))


def tokens_of(text: str) -> list[Token]:
    """The words of the query, ending with an `end` token."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise malformed(text, at, f"unexpected token: '{text[at]}'")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", match.group(), at))
        at = match.end()
    return [*found, Token("end", "<EOF>", len(text))]


def parse(text: str, *, mixing_refused: bool = True) -> Query:
    """Parse a query. `mixing_refused`: AND next to OR without parentheses is an error, as in Salesforce."""
    if len(text) > MAX_LENGTH:
        raise SalesforceError(400, "QUERY_TOO_COMPLICATED", "Query is too long")
    return _Parser(text, mixing_refused=mixing_refused).query()


def parse_condition(text: str) -> Condition:
    """Parse what stands after WHERE (used for armed validation rules)."""
    parser = _Parser(text, mixing_refused=True)
    condition = parser.condition()
    parser.finish()
    return condition


class _Parser:
    def __init__(self, text: str, *, mixing_refused: bool) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.place = 0
        self.mixing_refused = mixing_refused

    @property
    def here(self) -> Token:
        return self.tokens[self.place]

    def fail(self, token: Token | None = None) -> SalesforceError:
        token = token or self.here
        return malformed(self.text, token.at, f"unexpected token: '{token.text}'")

    def take(self) -> Token:
        token = self.here
        self.place += 1
        return token

    def accept(self, *words: str) -> Token | None:
        """Take the next token if it is one of these words."""
        return self.take() if self.here.kind != "string" and self.here.lower in words else None

    def expect(self, word: str) -> Token:
        token = self.accept(word)
        if token is None:
            raise self.fail()
        return token

    def name(self) -> Token:
        if self.here.kind != "name" or self.here.lower in {"from", "where", "and", "or"}:
            raise self.fail()
        return self.take()

    def finish(self) -> None:
        if self.here.kind != "end":
            raise self.fail()

    def query(self) -> Query:
        query = self.select(nested=False)
        self.finish()
        return query

    def select(self, *, nested: bool) -> Query:
        self.expect("select")
        columns: list[Column | Aggregate | Query] = [self.column(nested=nested)]
        while self.accept(","):
            columns.append(self.column(nested=nested))
        self.expect("from")
        source = self.name()
        if self.here.kind == "name" and self.here.lower not in _CLAUSES:
            self.take()  # an alias of the object; paths that use it fail as unknown relationships
        where = self.condition() if self.accept("where") else None
        group_by = self.group_by()
        order_by = self.order_by()
        limit = self.whole_number() if self.accept("limit") else None
        offset = self.whole_number() if self.accept("offset") else 0
        if offset > MAX_OFFSET:
            raise SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        first = columns[0]
        count_only = isinstance(first, Aggregate) and first.path is None
        if isinstance(first, Aggregate) and count_only and len(columns) > 1:
            raise malformed(self.text, first.at, "Grouped field should not be aggregated: COUNT")
        return Query(
            tuple(columns), source.text, source.at, where, group_by, order_by, limit, offset, count_only
        )  # fmt: skip

    def column(self, *, nested: bool) -> Column | Aggregate | Query:
        if not nested and self.accept("("):
            inner = self.select(nested=True)
            self.expect(")")
            return inner
        token = self.name()
        if self.accept("("):
            if token.lower not in _FUNCTIONS:
                raise self.fail(token)
            path = None if self.here.text == ")" else self.path()
            self.expect(")")
            if path is None and token.lower != "count":
                raise self.fail()
            return Aggregate(token.lower, path, self.alias(), token.at)
        return Column(Path(tuple(token.text.split(".")), token.at), self.alias())

    def alias(self) -> str | None:
        if self.here.kind == "name" and self.here.lower != "from":
            return self.take().text
        return None

    def path(self) -> Path:
        token = self.name()
        return Path(tuple(token.text.split(".")), token.at)

    def condition(self) -> Condition:
        if self.here.kind == "name" and self.here.lower == "not":
            self.take()
            return Not(self.simple())
        parts = [self.simple()]
        words: list[str] = []
        while word := self.accept("and", "or"):
            if words and word.lower != words[0] and self.mixing_refused:
                raise self.fail(word)
            words.append(word.lower)
            parts.append(self.simple())
        return _joined(parts, words)

    def simple(self) -> Condition:
        if self.accept("("):
            inner = self.condition()
            self.expect(")")
            return inner
        path = self.path()
        if self.accept("not"):
            self.expect("in")
            return self.in_set(path, negated=True)
        if self.accept("in"):
            return self.in_set(path, negated=False)
        if self.accept("like"):
            return Compare(path, "like", self.value())
        if self.here.kind != "operator":
            raise self.fail()
        op = self.take().text
        return Compare(path, "!=" if op == "<>" else op, self.value())

    def in_set(self, path: Path, *, negated: bool) -> InSet:
        self.expect("(")
        if self.here.lower == "select":
            query = self.select(nested=True)
            self.expect(")")
            return InSet(path, negated, query=query)
        values = [self.value()]
        while self.accept(","):
            values.append(self.value())
        self.expect(")")
        return InSet(path, negated, tuple(values))

    def value(self) -> Value:
        token = self.take()
        if token.kind == "string":
            return Value("string", _unescaped(token.text[1:-1]), token.at)
        if token.kind == "number":
            return Value("number", Decimal(token.text), token.at)
        if token.kind in ("date", "datetime"):
            return Value("date" if token.kind == "date" else "datetime", token.text, token.at)
        if token.kind == "name" and token.lower in ("true", "false"):
            return Value("boolean", token.lower == "true", token.at)
        if token.kind == "name" and token.lower == "null":
            return Value("null", None, token.at)
        if token.kind == "name" and token.lower in _PERIODS:
            days = self.whole_number() if "_n_" in token.lower or token.lower == "n_days_ago" else 0
            return Value("period", (token.lower, days), token.at)
        raise self.fail(token)

    def whole_number(self) -> int:
        self.accept(":")
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise self.fail(token)
        return int(token.text)

    def group_by(self) -> tuple[Path, ...]:
        if not self.accept("group"):
            return ()
        self.expect("by")
        paths = [self.path()]
        while self.accept(","):
            paths.append(self.path())
        return tuple(paths)

    def order_by(self) -> tuple[Order, ...]:
        if not self.accept("order"):
            return ()
        self.expect("by")
        terms = [self.order_term()]
        while self.accept(","):
            terms.append(self.order_term())
        return tuple(terms)

    def order_term(self) -> Order:
        token = self.name()
        text = token.text
        if self.accept("("):  # ORDER BY COUNT(Id): matched to the column with the same text
            inner = "" if self.here.text == ")" else self.name().text
            self.expect(")")
            text = f"{token.lower}({inner})"
            path = Path((text,), token.at)
        else:
            path = Path(tuple(text.split(".")), token.at)
        direction = self.accept("asc", "desc")
        nulls_last = False
        if self.accept("nulls"):
            where = self.accept("first", "last")
            if where is None:
                raise self.fail()
            nulls_last = where.lower == "last"
        return Order(path, direction is not None and direction.lower == "desc", nulls_last)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), text)


def _joined(parts: list[Condition], words: list[str]) -> Condition:
    if not words:
        return parts[0]
    if len(set(words)) == 1:
        return Junction(words[0], tuple(parts))
    # Only reached with the rule off: AND binds tighter, as programmers expect.
    groups: list[list[Condition]] = [[parts[0]]]
    for word, part in zip(words, parts[1:], strict=True):
        if word == "and":
            groups[-1].append(part)
        else:
            groups.append([part])
    return Junction(
        "or", tuple(group[0] if len(group) == 1 else Junction("and", tuple(group)) for group in groups)
    )
