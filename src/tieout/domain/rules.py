"""Ordered `when → then` rules over a deal's facts. No match is a case, never a default by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.errors import DomainError
from tieout.domain.money import parse_decimal


class Operator(StrEnum):
    """How a condition looks at its fact."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    IN = "in"
    STARTS_WITH = "starts_with"
    PRESENT = "present"
    ABSENT = "absent"
    AT_LEAST = "at_least"
    BELOW = "below"


def _number_test(compare: Callable[[int], bool]) -> Callable[[str, tuple[str, ...]], bool]:
    def test(fact: str, values: tuple[str, ...]) -> bool:
        left, right = parse_decimal(fact), parse_decimal(values[0])
        return left is not None and right is not None and compare(int(left.compare(right)))

    return test


_OPERATORS: Mapping[Operator, Callable[[str, tuple[str, ...]], bool]] = {
    Operator.EQUALS: lambda fact, values: fact == values[0],
    Operator.NOT_EQUALS: lambda fact, values: fact != values[0],
    Operator.IN: lambda fact, values: fact in values,
    Operator.STARTS_WITH: lambda fact, values: fact.startswith(values[0]),
    Operator.PRESENT: lambda fact, _: fact != "",
    Operator.ABSENT: lambda fact, _: fact == "",
    Operator.AT_LEAST: _number_test(lambda order: order >= 0),
    Operator.BELOW: _number_test(lambda order: order < 0),
}
_NO_VALUE = {Operator.PRESENT, Operator.ABSENT}


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact` passes `operator` against `values`. Facts are text; numbers are compared as decimals."""

    fact: str
    operator: Operator
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.operator not in _NO_VALUE) and not self.values:
            raise DomainError(f"condition on {self.fact!r}: {self.operator} needs a value")

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Whether it holds; a fact that is not there counts as empty text."""
        return _OPERATORS[self.operator](facts.get(self.fact, ""), self.values)


@dataclass(frozen=True, slots=True)
class Rule:
    """When all conditions hold, `then` is the answer. The name appears in the trace."""

    name: str
    then: str
    when: tuple[Condition, ...] = ()


def first_match(rules: Sequence[Rule], facts: Mapping[str, str]) -> Rule | None:
    """The first rule all of whose conditions hold, or None."""
    return next((rule for rule in rules if all(c.holds(facts) for c in rule.when)), None)
