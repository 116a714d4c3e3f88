"""The life of a document, as data: states, transitions, and what each transition means.

The engine moves rows only along this table; the docs draw it, tests walk it, and every transition is a
durable step with a crash point before and after its commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.errors import DomainError


class State(StrEnum):
    """Where a document stands."""

    NEW = "new"  # not stored yet: the state a document is planned from
    WAITING = "waiting"  # something it needs is not confirmed
    READY = "ready"  # may be looked up (creates) or sent (other writes)
    CLEARED = "cleared"  # looked up and proven absent a moment ago
    SENDING = "sending"  # the call may have left; nobody knows yet
    IN_DOUBT = "in_doubt"  # the call left and the answer did not come
    WRITTEN = "written"  # NetSuite has it; not yet read back
    CONFIRMED = "confirmed"  # read back and equal
    HELD = "held"  # an open case holds it
    CANCELLED = "cancelled"  # will never be written, on purpose


class Move(StrEnum):
    """Every way from one state to another."""

    PLAN_WAITING = "plan_waiting"
    PLAN_READY = "plan_ready"
    UNBLOCK = "unblock"
    CLEAR = "clear"
    GO_STALE = "go_stale"
    ADOPT = "adopt"
    CLASH = "clash"
    SEND_CREATE = "send_create"
    SEND_CHANGE = "send_change"
    SUCCEED = "succeed"
    REFUSE = "refuse"
    GIVE_BACK = "give_back"
    DOUBT = "doubt"
    EXPIRE = "expire"
    FIND = "find"
    DIFFER = "differ"
    TRY_AGAIN = "try_again"
    EXHAUST = "exhaust"
    CONFIRM = "confirm"
    MISMATCH = "mismatch"
    OBSERVE = "observe"
    HOLD = "hold"
    RETRY = "retry"
    REPLAN = "replan"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Transition:
    """`move` takes a document from any state of `sources` to `target`; `meaning` is drawn in the docs."""

    move: Move
    sources: frozenset[State]
    target: State
    meaning: str


def _t(move: Move, sources: tuple[State, ...], target: State, meaning: str) -> Transition:
    return Transition(move, frozenset(sources), target, meaning)


_S = State
TRANSITIONS: dict[Move, Transition] = {
    t.move: t
    for t in (
        _t(Move.PLAN_WAITING, (_S.NEW,), _S.WAITING, "planned; needs a record not yet confirmed"),
        _t(Move.PLAN_READY, (_S.NEW,), _S.READY, "planned; needs nothing"),
        _t(Move.UNBLOCK, (_S.WAITING,), _S.READY, "everything it needs is confirmed"),
        _t(Move.CLEAR, (_S.READY,), _S.CLEARED, "look-up proves the external ID absent"),
        _t(Move.GO_STALE, (_S.CLEARED,), _S.READY, "the look-up is too old to act on"),
        _t(Move.ADOPT, (_S.READY,), _S.WRITTEN, "look-up finds our own record, equal to what was sent"),
        _t(Move.CLASH, (_S.READY,), _S.HELD, "look-up finds somebody else's record"),
        _t(Move.SEND_CREATE, (_S.CLEARED,), _S.SENDING, "intent of a create committed before the call"),
        _t(Move.SEND_CHANGE, (_S.READY,), _S.SENDING, "intent of a change committed before the call"),
        _t(Move.SUCCEED, (_S.SENDING,), _S.WRITTEN, "definite success, internal id known"),
        _t(Move.REFUSE, (_S.SENDING,), _S.HELD, "definite refusal: root cause, case"),
        _t(Move.GIVE_BACK, (_S.SENDING,), _S.READY, "not sent, throttled or account paused"),
        _t(Move.DOUBT, (_S.SENDING,), _S.IN_DOUBT, "the answer was lost: perhaps done"),
        _t(Move.EXPIRE, (_S.SENDING,), _S.IN_DOUBT, "the lease ran out: whoever sent it is gone"),
        _t(Move.FIND, (_S.IN_DOUBT,), _S.WRITTEN, "look-up finds it, equal to what was sent"),
        _t(Move.DIFFER, (_S.IN_DOUBT,), _S.HELD, "look-up finds something else under our id"),
        _t(Move.TRY_AGAIN, (_S.IN_DOUBT,), _S.READY, "absent after NetSuite's own limit: once more"),
        _t(Move.EXHAUST, (_S.IN_DOUBT, _S.READY), _S.HELD, "the budget of attempts is spent"),
        _t(Move.CONFIRM, (_S.WRITTEN,), _S.CONFIRMED, "read back and equal"),
        _t(Move.MISMATCH, (_S.WRITTEN,), _S.HELD, "read-back differs from what was sent"),
        _t(Move.OBSERVE, (_S.READY,), _S.WRITTEN, "NetSuite's own workflow made the record"),
        _t(Move.HOLD, (_S.WAITING, _S.READY, _S.CLEARED), _S.HELD, "the deal changed before it was sent"),
        _t(Move.RETRY, (_S.HELD,), _S.READY, "a person says: once more"),
        _t(
            Move.REPLAN,
            (_S.WAITING, _S.READY, _S.CLEARED, _S.HELD, _S.CANCELLED),
            _S.WAITING,
            "planned anew, while nothing has left",
        ),
        _t(Move.CANCEL, (_S.WAITING, _S.READY, _S.CLEARED, _S.HELD), _S.CANCELLED, "ignored by decision"),
    )
}

#: States in which nothing has left for NetSuite since planning, so the plan may still change freely.
UNSENT = frozenset({State.WAITING, State.READY, State.CLEARED})
FINAL = frozenset({State.CONFIRMED, State.CANCELLED})


class ImpossibleMove(DomainError):
    """The table has no such transition."""


def target_of(move: Move, state: State) -> State:
    """Where `move` leads from `state`. Raises `ImpossibleMove` when the table has no such transition."""
    transition = TRANSITIONS[move]
    if state not in transition.sources:
        raise ImpossibleMove(f"{move} does not start from {state}")
    return transition.target


class Standing(StrEnum):
    """Where a source record stands as a whole: what the report counts."""

    RECEIVED = "received"  # a version waits to be checked
    PLANNED = "planned"  # its documents are on their way
    CONFIRMED = "confirmed"  # all records of its plan are confirmed in NetSuite
    CASE = "case"  # an open case holds it
    IGNORED = "ignored"  # recorded, on purpose, with a reason
