"""A plan as a file: what would be written, field by field, and what each step was decided on.

A step's `content` is the hash of what it writes, its `world` the hash of what it found where it writes. When either
is different at the time of applying, the step is refused, and everything that needs it with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tieout.domain.ids import ClaimKey
from tieout.domain.money import Money


class Action(StrEnum):
    """What a step does to NetSuite or the CRM."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"  # our own record is there already, equal to what would be sent
    OBSERVE = "observe"  # NetSuite's own workflow makes it; we look for it
    NOTE = "note"  # write ids back to the source
    BLOCKED = "blocked"  # somebody else's record is where this one would be


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field: what is there, and what would be."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One write. `deals`: the record keys of the deals it belongs to; `needs`: claims that go first."""

    claim: ClaimKey
    kind: str
    action: Action
    deals: tuple[str, ...]
    content: str
    world: str
    external_id: str = ""
    needs: tuple[ClaimKey, ...] = ()
    changes: tuple[Change, ...] = ()
    subsidiary: str = ""
    period: str = ""
    total: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A deal that comes to no step, and why."""

    deal: str
    code: str
    cause: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """Everything that would be written, at one moment. `digest` covers all the rest."""

    installation: str
    account: str
    made_at: str
    made_by: str
    policy: str
    steps: tuple[PlannedStep, ...]
    blocked: tuple[Blocked, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The plan as plain JSON values, without its digest."""
        return _plain(asdict(self))  # type: ignore[no-any-return]

    @property
    def digest(self) -> str:
        """The hash of the content."""
        return digest_of(self.body)

    def totals(self) -> dict[tuple[str, str, str, str], Money]:
        """(kind, subsidiary, currency, period) → sum of what would be written."""
        sums: dict[tuple[str, str, str, str], Money] = {}
        for step in self.steps:
            if step.total is None or step.action is Action.BLOCKED:
                continue
            key = (step.kind, step.subsidiary, step.total.currency, step.period)
            sums[key] = sums[key] + step.total if key in sums else step.total
        return sums


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        # Money is a mapping of its parts by now; its amount is written as a decimal string.
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | bool) or value is None else f"{value}"


def digest_of(body: Mapping[str, Any]) -> str:
    """The hash of a plan's body."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def refused_with_dependants(
    steps: Sequence[PlannedStep], refused: Mapping[ClaimKey, str], outgrown: Iterable[str] = ()
) -> dict[ClaimKey, str]:
    """The refused steps and all that goes with them, with the reason of each.

    What needs a refused step is refused. A deal goes through whole or not at all, so what serves no other deal is
    refused with it: no customer is made for an invoice that is not. `outgrown`: deals that need more now than was
    planned.
    """
    reasons, deals = dict(refused), set(outgrown)
    while True:
        before = len(reasons), len(deals)
        for step in steps:
            if step.claim in reasons:
                deals.update(step.deals)
            elif need := next((one for one in step.needs if one in reasons), None):
                reasons[step.claim] = f"needs {need}, which is refused"
            elif set(step.deals) <= deals:
                reasons[step.claim] = "serves only deals of which another step is refused"
        if (len(reasons), len(deals)) == before:
            return reasons
