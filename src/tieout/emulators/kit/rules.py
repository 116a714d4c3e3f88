"""Machine-readable rules and their switches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Mark = Literal["doc", "seen", "inferred"]


@dataclass(frozen=True)
class Rule:
    """One behaviour of the real system.

    `id` is stable (`NS-04`, `SF-07`); `source` is a tag of the reference; `mark` says how we know it: `doc`
    (official documentation), `seen` (public code or captures) or `inferred` (our reasoning).
    `values` are the switch positions, the default first; every rule has `off`.
    `test` names the check that proves it: it passes with the rule on and fails with the rule off.
    """

    id: str
    behaviour: str
    source: str
    mark: Mark
    test: str
    values: tuple[str, ...] = ("on", "off")


class Switches:
    """Current position of every rule."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self._values = {rule.id: rule.values[0] for rule in self.rules.values()}

    def value(self, rule_id: str) -> str:
        """Position of a switch. Raises KeyError for an unknown rule."""
        return self._values[rule_id]

    def on(self, rule_id: str) -> bool:
        """True unless the rule is switched off."""
        return self._values[rule_id] != "off"

    def set(self, changes: dict[str, str | bool]) -> None:
        """Move switches; True and False mean the default and `off`. Raises ValueError on anything unknown."""
        for rule_id, wanted in changes.items():
            rule = self.rules.get(rule_id)
            if rule is None:
                raise ValueError(f"unknown rule {rule_id}")
            value = rule.values[0] if wanted is True else "off" if wanted is False else wanted
            if value not in rule.values:
                raise ValueError(f"{rule_id} can be {', '.join(rule.values)}, not {value}")
            self._values[rule_id] = value

    def all(self) -> dict[str, str]:
        """Every switch and its position."""
        return dict(self._values)
