"""The transition table: every way is meant, every state is reached, and doubt is never forgotten."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tieout.domain.lifecycle import (
    FINAL,
    TRANSITIONS,
    UNSENT,
    ImpossibleMove,
    Move,
    State,
    target_of,
)

EDGES = [(one, move, t.target) for move, t in TRANSITIONS.items() for one in sorted(t.sources)]


def moves_between(state: State, target: State) -> set[Move]:
    return {move for one, move, to in EDGES if (one, to) == (state, target)}


def leaving(state: State) -> set[Move]:
    return {move for one, move, _ in EDGES if one is state}


def reachable(start: State, without: frozenset[Move] = frozenset()) -> set[State]:
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for one, move, to in EDGES:
            if one is here and move not in without and to not in seen:
                seen.add(to)
                todo.append(to)
    return seen


def test_every_move_is_in_the_table_under_its_own_name_and_has_a_meaning():
    assert set(TRANSITIONS) == set(Move)
    assert all(t.move is move and t.meaning and t.sources for move, t in TRANSITIONS.items())


def test_every_state_is_reached_from_new_and_every_one_can_end():
    assert reachable(State.NEW) == set(State)
    assert {state for state in State if not reachable(state) & FINAL} == set()


def test_nothing_leads_back_to_new():
    assert not [edge for edge in EDGES if edge[2] is State.NEW]


def test_the_end_is_the_end_except_that_a_cancelled_document_may_be_planned_anew():
    assert leaving(State.CONFIRMED) == set()
    assert leaving(State.CANCELLED) == {Move.REPLAN}


@pytest.mark.requirement("R20")
def test_a_call_that_left_is_never_just_ready_again():
    assert moves_between(State.SENDING, State.READY) == {Move.GIVE_BACK}
    assert leaving(State.SENDING) == {Move.SUCCEED, Move.REFUSE, Move.GIVE_BACK, Move.DOUBT, Move.EXPIRE}
    assert target_of(Move.EXPIRE, State.SENDING) is State.IN_DOUBT


@pytest.mark.requirement("R17", "R20")
def test_doubt_ends_only_by_looking():
    assert leaving(State.IN_DOUBT) == {Move.FIND, Move.DIFFER, Move.TRY_AGAIN, Move.EXHAUST}
    assert moves_between(State.IN_DOUBT, State.READY) == {Move.TRY_AGAIN}


@pytest.mark.requirement("R08", "R17", "R20")
def test_a_create_is_sent_only_after_a_look_up():
    assert TRANSITIONS[Move.SEND_CREATE].sources == {State.CLEARED}
    assert {move for _, move, to in EDGES if to is State.CLEARED} == {Move.CLEAR}
    without = frozenset({Move.CLEAR, Move.SEND_CHANGE})
    assert State.SENDING not in reachable(State.NEW, without)


def test_nothing_is_confirmed_without_being_read_back_or_found_equal():
    assert {move for _, move, to in EDGES if to is State.CONFIRMED} == {Move.CONFIRM}


def test_a_document_that_may_be_in_netsuite_is_never_planned_anew_or_cancelled():
    for move in (Move.REPLAN, Move.CANCEL, Move.HOLD):
        assert not TRANSITIONS[move].sources & {State.SENDING, State.IN_DOUBT, State.WRITTEN, State.CONFIRMED}
    assert TRANSITIONS[Move.HOLD].sources == UNSENT


def test_a_person_can_end_or_repeat_what_is_held():
    assert leaving(State.HELD) == {Move.RETRY, Move.REPLAN, Move.CANCEL}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_the_table_is_all_there_is(state: State, move: Move):
    if state in TRANSITIONS[move].sources:
        assert target_of(move, state) is TRANSITIONS[move].target
    else:
        with pytest.raises(ImpossibleMove, match=f"{move} does not start from {state}"):
            target_of(move, state)


class Life(RuleBasedStateMachine):
    """A document under whatever is tried on it, beside a NetSuite that may have carried out what was sent.

    As in the flows, a document whose record is known (`known`: it has an internal id) is not planned anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.state = State.NEW
        self.looked_up = False
        self.may_exist = False
        self.known = False
        self.asked_again = False

    def _allowed(self, move: Move) -> bool:
        return not (self.known and move is Move.REPLAN)

    @rule(move=st.sampled_from(list(Move)))
    def anything(self, move: Move):
        """Whatever is not in the table leaves the document where it was."""
        before = self.state
        if not self._allowed(move):
            return
        try:
            self.state = target_of(move, self.state)
        except ImpossibleMove:
            assert before not in TRANSITIONS[move].sources
            return
        self._happened(move, before)

    @precondition(lambda self: any(map(self._allowed, leaving(self.state))))
    @rule(data=st.data())
    def something_possible(self, data):
        """So that long lives are walked, too."""
        move = data.draw(st.sampled_from(sorted(filter(self._allowed, leaving(self.state)))))
        before, self.state = self.state, target_of(move, self.state)
        self._happened(move, before)

    def _happened(self, move: Move, before: State) -> None:
        if move is Move.CLEAR:
            self.looked_up = True
        elif move is Move.SEND_CREATE:
            assert self.looked_up, "created without looking"
        if before is State.CLEARED:
            self.looked_up = False
        if move in {Move.SEND_CREATE, Move.SEND_CHANGE}:
            self.may_exist = True
        elif move in {Move.GIVE_BACK, Move.REFUSE, Move.TRY_AGAIN, Move.DIFFER, Move.EXHAUST}:
            self.may_exist = False
        self.known |= self.state is State.WRITTEN
        self.asked_again = move is Move.RETRY or (self.asked_again and self.state in UNSENT)

    @invariant()
    def what_may_exist_is_sent_again_only_when_a_person_says_so(self):
        if self.may_exist and self.state in UNSENT:
            assert self.asked_again

    @invariant()
    def absence_is_believed_only_right_after_a_look_up(self):
        assert self.looked_up == (self.state is State.CLEARED)


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
