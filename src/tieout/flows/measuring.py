"""What a scrape sees: figures computed from the store, so that it does not matter which process is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tieout.domain.audit import EVIDENCE
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import CREATING, StepKind
from tieout.flows.context import Context
from tieout.flows.storage import Unit
from tieout.flows.storage_doors import Tally

#: What waits for which lane: the state, and whether the kind belongs there.
_LANES: Mapping[State, str] = {
    State.CLEARED: "send",
    State.IN_DOUBT: "doubt",
    State.WRITTEN: "confirm",
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a lane: how much, and since when the oldest of it is due."""

    count: int
    oldest_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of one moment."""

    at: datetime
    documents: tuple[Tally, ...]
    inputs: Mapping[Standing, int]
    open_cases: Mapping[str, int]
    in_doubt: int
    oldest_doubt: datetime | None
    lanes: Mapping[str, Backlog]
    paused_since: datetime | None
    slots_of_account: int
    slots_leased: int
    unsealed: int
    polls: Mapping[str, datetime]
    woken: frozenset[str]


def measure(context: Context) -> Measures:
    """All figures, in one read transaction."""
    account = context.netsuite.account
    with context.store.read() as unit:
        now = context.clock.now()
        documents = unit.figures.documents()
        inputs = unit.records.counts()
        in_doubt, oldest = unit.figures.doubts(account)
        paused = unit.mappings.paused(account)
        polls = unit.figures.polls()
        return Measures(
            at=now,
            documents=tuple(documents),
            inputs={standing: inputs.get(standing, 0) for standing in Standing},
            open_cases=unit.figures.open_cases(),
            in_doubt=in_doubt,
            oldest_doubt=oldest,
            lanes=_lanes(unit, documents, inputs.get(Standing.RECEIVED, 0)),
            paused_since=paused[1] if paused else None,
            slots_of_account=context.slots.of_account,
            slots_leased=unit.figures.leased_slots(account, now),
            unsealed=_unsealed(unit),
            polls={name: at for name, at in polls.items() if name in context.sources},
            woken=frozenset(unit.hooks.woken()),
        )


def _lanes(unit: Unit, documents: list[Tally], received: int) -> dict[str, Backlog]:
    found: dict[str, Backlog] = {}
    oldest = unit.figures.oldest_received()
    if received and oldest is not None:
        found["check"] = Backlog(received, oldest)
    for one in documents:
        lane = _lane_of(one)
        if lane is None:
            continue
        before = found.get(lane, Backlog(0, one.oldest_due))
        found[lane] = Backlog(before.count + one.count, min(before.oldest_due, one.oldest_due))
    return found


def _lane_of(one: Tally) -> str | None:
    if one.kind is StepKind.WRITE_BACK:
        return "write_back" if one.state is State.READY else None
    if one.state is State.READY:
        if one.kind is StepKind.OBSERVE_INVOICE:
            return "observe"
        return "look_up" if one.kind in CREATING else "send"
    return _LANES.get(one.state)


def _unsealed(unit: Unit) -> int:
    last = unit.audit.last()
    upto = last.upto if last else {}
    return sum(unit.audit.count_after(table, upto.get(table, 0)) for table in EVIDENCE)
