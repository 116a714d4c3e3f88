"""What several checks look at, read once and when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from tieout.domain.comparison import Observed
from tieout.domain.doctor import CheckResult, GoLive, Verdict, months_before
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.policy import Policy
from tieout.flows.codec import decode_reference
from tieout.flows.context import Context
from tieout.flows.doctor.ports import Inspector
from tieout.flows.doctor.sales import Sales, recent_sales
from tieout.flows.machine import Machine
from tieout.flows.world import Surroundings


@dataclass
class Ground:
    """The installation under examination. Properties raise `CallError`s when their first reading fails."""

    machine: Machine
    inspector: Inspector
    go_live: GoLive
    #: the record types this configuration can write
    records: Sequence[RecordType]
    #: item → its name when reference data was last read, before this examination
    known_names: dict[InternalId, str] = field(default_factory=dict)
    #: whether reads went without an answer however often they were repeated
    silent: bool = False
    #: (record type, subsidiary) → its canary, as far as `canaries_visible` has seen it
    seen: dict[tuple[RecordType, InternalId], Observed] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """The flows' surroundings."""
        return self.machine.context

    @property
    def policy(self) -> Policy:
        """What people decided."""
        return self.machine.context.policy

    @cached_property
    def now(self) -> datetime:
        """When the examination began."""
        return self.context.clock.now()

    @property
    def today(self) -> date:
        """The day it is made."""
        return self.now.date()

    def remember(self) -> None:
        """Keep what reference data called the items when it was last read, before this examination reads it."""
        with self.context.store.read() as unit:
            cached = unit.mappings.reference(self.context.netsuite.account)
        if cached is not None:
            self.known_names = {item.id: item.name for item in decode_reference(cached[0]).items.values()}

    @cached_property
    def around(self) -> Surroundings:
        """The world as of now, read fresh."""
        self.machine.keeper.mark_stale()
        return self.machine.keeper.surroundings()

    @cached_property
    def sales(self) -> Sales:
        """What was won lately."""
        return recent_sales(self.context, months_before(self.today, self.go_live.months_sold))

    @cached_property
    def subsidiaries(self) -> list[InternalId]:
        """The subsidiaries that rules may choose."""
        return [InternalId(one) for one in sorted({rule.then for rule in self.policy.subsidiary_rules})]

    def canaries_of(self, subsidiary: InternalId) -> dict[RecordType, Observed]:
        """The canaries seen in a subsidiary."""
        return {record: one for (record, where), one in self.seen.items() if where == subsidiary}

    @cached_property
    def canary_ids(self) -> frozenset[ExternalId]:
        """External ids of all canaries."""
        return frozenset(
            one for by_subsidiary in self.go_live.canaries.values() for one in by_subsidiary.values()
        )


def result(code: str, subject: str, verdict: Verdict, *evidence: str) -> CheckResult:
    """One result."""
    return CheckResult(code=code, subject=subject, verdict=verdict, evidence=evidence)


def some(parts: Sequence[str], limit: int = 10) -> tuple[str, ...]:
    """The first few, and how many more."""
    more = len(parts) - limit
    return (*parts[:limit], f"and {more} more") if more > 0 else tuple(parts)
