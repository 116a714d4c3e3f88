"""What a parsed query consists of. `at` is the offset in the text, for Salesforce's caret line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

LiteralKind = OneOf["string", "number", "boolean", "null", "date", "datetime", "period"]


@dataclass(frozen=True)
class Path:
    """A field, possibly reached through parents: `Account.Owner.Name`."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """As written."""
        return ".".join(self.parts)


@dataclass(frozen=True)
class Value:
    """A literal. A `period` is a named span of days such as LAST_N_DAYS:30, held as (name, n)."""

    kind: LiteralKind
    value: str | Decimal | bool | tuple[str, int] | None
    at: int


@dataclass(frozen=True)
class Aggregate:
    """COUNT(Id), SUM(Amount) …; `path` is None for COUNT() as a column."""

    function: str
    path: Path | None
    alias: str | None
    at: int


@dataclass(frozen=True)
class Column:
    """A selected field, with an alias in grouped queries."""

    path: Path
    alias: str | None = None


@dataclass(frozen=True)
class Compare:
    """`field op literal`; ops are = != < <= > >= like."""

    path: Path
    op: str
    value: Value


@dataclass(frozen=True)
class InSet:
    """`field [NOT] IN (literals | query)`."""

    path: Path
    negated: bool
    values: tuple[Value, ...] = ()
    query: Query | None = None


@dataclass(frozen=True)
class Not:
    """Negation."""

    inner: Condition


@dataclass(frozen=True)
class Junction:
    """A row of conditions joined by one word, `and` or `or`."""

    word: str
    parts: tuple[Condition, ...]


Condition = Compare | InSet | Not | Junction


@dataclass(frozen=True)
class Order:
    """One ORDER BY term."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """A whole SELECT. `count_only` is `SELECT COUNT() FROM …`."""

    columns: tuple[Column | Aggregate | Query, ...]
    sobject: str
    sobject_at: int
    where: Condition | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    count_only: bool = False
