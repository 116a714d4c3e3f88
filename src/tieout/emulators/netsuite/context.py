"""Under which circumstances a record is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.state import Role, State


@dataclass
class SaveContext:
    """Who saves, under which rules. `strict` is False for seeded data: old data is as old data is.

    `given` names the body fields of the request, `sent` holds its choices in static sublists; `preselect`: a line that
    only names its document is chosen; `default_choices`: what is chosen when a request says nothing (for transforms).
    """

    state: State
    switches: Switches
    role: Role
    actor: str
    request: int = 0
    strict: bool = True
    names: str = "warning"
    values: str = "error"
    replace: frozenset[str] = frozenset()
    replace_selected: bool = False
    refusals: list[Json] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    preselect: bool = False
    default_choices: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def on(self, rule: str) -> bool:
        """Whether a rule is in force."""
        return self.switches.on(rule)
