"""WHERE as a function of a row. Literals are checked against the field's type once, not per row."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.schema import NUMERIC, TEXTUAL, Field
from tieout.emulators.salesforce.soql.ast import Compare, Condition, InSet, Junction, Not, Query, Value
from tieout.emulators.salesforce.soql.parser import malformed
from tieout.emulators.salesforce.soql.periods import period_bounds
from tieout.emulators.salesforce.soql.scope import Reached, Scope
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.values import parse_instant, stamp

Predicate = Callable[[Record], bool]
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_KIND_OF_TYPE = {"boolean": "boolean", "int": "number", "date": "date", "datetime": "datetime"}
_TYPE_WORD = {
    "datetime": "dateTime",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "string": "string",
}


class Where:
    """Builds predicates for one scope. `inner_values` answers the inner query of a semi-join."""

    def __init__(self, scope: Scope, inner_values: Callable[[Query], set[Any]]) -> None:
        self._scope = scope
        self._inner_values = inner_values

    def predicate(self, condition: Condition) -> Predicate:
        """The condition as a function. Raises SalesforceError on unknown fields and wrong literal types."""
        if isinstance(condition, Junction):
            parts = [self.predicate(part) for part in condition.parts]
            if condition.word == "and":
                return lambda row: all(part(row) for part in parts)
            return lambda row: any(part(row) for part in parts)
        if isinstance(condition, Not):
            inner = self.predicate(condition.inner)
            return lambda row: not inner(row)
        if isinstance(condition, InSet):
            return self._in_set(condition)
        return self._compare(condition)

    def reach_filterable(self, condition: Compare | InSet) -> Reached:
        """The field of a comparison. Long text areas and some derived fields cannot be filtered."""
        reached = self._scope.reach(condition.path)
        allowed = reached.field.filterable and reached.field.type != "address"
        if not allowed and self._scope.org.switches.on("SF-06i"):
            message = f"field '{reached.field.name}' can not be filtered in a query call"
            raise SalesforceError(400, "INVALID_FIELD", message)
        return reached

    def _in_set(self, condition: InSet) -> Predicate:
        reached = self.reach_filterable(condition)
        get, fold = reached.get, self.folder(reached.field)
        if condition.query is not None:
            wanted = self._inner_values(condition.query)
        else:
            wanted = {self.literal(reached.field, value) for value in condition.values}
        if condition.negated:
            return lambda row: fold(get(row)) not in wanted
        return lambda row: fold(get(row)) in wanted

    def _compare(self, condition: Compare) -> Predicate:
        reached = self.reach_filterable(condition)
        get, spec, op = reached.get, reached.field, condition.op
        if condition.value.kind == "period":
            return self._within(reached, op, condition.value)
        if op == "like":
            return self._like(reached, condition.value)
        wanted, fold = self.literal(spec, condition.value), self.folder(spec)
        if op == "=":
            return lambda row: fold(get(row)) == wanted
        if op == "!=":
            return lambda row: fold(get(row)) != wanted
        if spec.type == "boolean" or wanted is None:
            raise malformed(self._scope.text, condition.value.at, "unexpected token: '<EOF>'")
        compare = _ORDERED[op]

        def ordered(row: Record) -> bool:
            value = fold(get(row))
            # A value that never fitted its field's type (hashed extracts) is in no order.
            return value is not None and isinstance(value, type(wanted)) and compare(value, wanted)

        return ordered

    def folder(self, spec: Field) -> Callable[[Any], Any]:
        """How values are made comparable: text without regard to case, unless the field has it."""
        if spec.type in TEXTUAL and not spec.case_sensitive and self._scope.org.switches.on("SF-06l"):
            return lambda value: value.casefold() if isinstance(value, str) else value
        if spec.type in NUMERIC or spec.type == "int":
            return lambda value: (
                Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
            )
        if spec.type == "boolean":
            return lambda value: value if value is not None else False
        return lambda value: value

    def literal(self, spec: Field, value: Value) -> Any:
        """The literal in stored form. Raises SalesforceError when the field's type does not take it."""
        if value.kind == "null":
            return False if spec.type == "boolean" else None
        wanted_kind = "number" if spec.type in NUMERIC else _KIND_OF_TYPE.get(spec.type, "string")
        if value.kind != wanted_kind:
            raise self._wrong_type(spec, wanted_kind, value)
        if value.kind == "string":
            return self._text_literal(spec, str(value.value))
        if value.kind == "datetime":
            return stamp(parse_instant(str(value.value)), whole_seconds=False)
        return value.value

    def _text_literal(self, spec: Field, text: str) -> Any:
        if spec.type not in ("id", "reference"):
            return self.folder(spec)(text)
        if text == "":
            return None
        full = to_18(text)
        if full is None or (len(text) == 15 and not self._scope.org.switches.on("SF-05a")):
            raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return full

    def _wrong_type(self, spec: Field, wanted: str, value: Value) -> SalesforceError:
        quoted = " and should not be enclosed in quotes" if value.kind == "string" else ""
        if wanted == "string":
            quoted = " and should be enclosed in quotes"
        word = "ID" if spec.type in ("id", "reference") else _TYPE_WORD[wanted]
        message = f"value of filter criterion for field '{spec.name}' must be of type {word}{quoted}"
        return SalesforceError(400, "INVALID_FIELD", message)

    def _like(self, reached: Reached, value: Value) -> Predicate:
        if reached.field.type in ("id", "reference"):
            raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field")
        if value.kind != "string" or reached.field.type not in TEXTUAL:
            raise self._wrong_type(reached.field, "string", value)
        pattern = re.escape(str(value.value)).replace("%", ".*").replace("_", ".")
        matcher = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        get = reached.get
        return lambda row: isinstance(text := get(row), str) and matcher.fullmatch(text) is not None

    def _within(self, reached: Reached, op: str, value: Value) -> Predicate:
        spec, get = reached.field, reached.get
        if spec.type not in ("date", "datetime") or not isinstance(value.value, tuple):
            raise self._wrong_type(spec, "string", value)
        first, after = period_bounds(*value.value, today=self._scope.org.clock.now().date())
        low, high = first.isoformat(), after.isoformat()
        if spec.type == "datetime":
            low, high = (stamp(datetime.combine(day, datetime.min.time(), UTC)) for day in (first, after))
        tests: dict[str, Callable[[str], bool]] = {
            "=": lambda text: low <= text < high,
            "!=": lambda text: not low <= text < high,
            "<": lambda text: text < low,
            "<=": lambda text: text < high,
            ">": lambda text: text >= high,
            ">=": lambda text: text >= low,
        }
        test = tests[op]
        return lambda row: (text := get(row)) is not None and test(text)
