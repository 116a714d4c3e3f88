"""Nobody approves their own change, and no approval outlives the content it was given for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.domain.approvals import (
    Approval,
    Choice,
    Key,
    Person,
    Requirement,
    Subject,
    acting,
    may_decide,
    required,
    stand,
)
from tieout.domain.rules import Condition, Operator, Rule

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
NAMES = ("ann", "bob", "cem")
ROLES = ("controller", "cfo")
names, roles = st.sampled_from(NAMES), st.sampled_from(ROLES)
role_sets = st.frozensets(roles)


def person(name: str = "ann", *given_roles: str, **values: object) -> Person:
    return Person(name=name, roles=frozenset(given_roles), **values)  # type: ignore[arg-type]


def test_every_rule_that_matches_asks_and_each_role_is_asked_once():
    big = Condition("deal.total", Operator.AT_LEAST, ("100000",))
    rules = (
        Rule("large", "controller", (big,)),
        Rule("edited", "controller", (Condition("deal.edited", Operator.PRESENT),)),
        Rule("huge", "cfo", (Condition("deal.total", Operator.AT_LEAST, ("1000000",)),)),
    )
    assert required(rules, {"deal.total": "99999.99"}) == ()
    assert required(rules, {"deal.total": "2000000", "deal.edited": "yes"}) == (
        Requirement("large", "controller"),
        Requirement("huge", "cfo"),
    )


@pytest.mark.parametrize(
    ("who", "subject", "content", "code"),
    [
        (
            person("ann", "controller"),
            Subject(name="d", content="h1", makers=frozenset({"ann"})),
            "h1",
            "own_change",
        ),
        (person("ann", "clerk"), Subject(name="d", content="h1"), "h1", "role_missing"),
        (person("ann", "controller"), Subject(name="d", content="h2"), "h1", "content_changed"),
        (
            person("ann", "controller", subsidiaries=frozenset({"2"})),
            Subject(name="d", content="h1", subsidiary="1"),
            "h1",
            "other_subsidiary",
        ),
    ],
)
def test_who_may_not_decide_is_told_why(who: Person, subject: Subject, content: str, code: str):
    principal = acting(who)
    assert principal is not None
    refusal = may_decide(principal, subject, "controller", content)
    assert refusal is not None
    assert refusal.code == code


@given(role_sets, role_sets, st.frozensets(st.sampled_from("123")), st.frozensets(st.sampled_from("123")))
def test_a_key_can_do_no_more_than_its_owner(
    own: frozenset[str], keys: frozenset[str], own_subs: frozenset[str], key_subs: frozenset[str]
):
    owner = Person(name="ann", roles=own, subsidiaries=own_subs)
    plain, through = acting(owner), acting(owner, Key(id="k", owner="ann", roles=keys, subsidiaries=key_subs))
    assert plain is not None
    assert through is not None
    assert through.roles <= plain.roles & keys
    assert through.person == "ann"
    for limit in (own_subs, key_subs):
        assert not limit or (through.subsidiaries is not None and through.subsidiaries <= limit)


def test_somebody_gone_or_somebody_elses_key_acts_for_nobody():
    key = Key(id="k", owner="bob", roles=frozenset({"controller"}))
    assert acting(person("ann", "controller", active=False)) is None
    assert acting(person("ann", "controller"), key) is None
    assert (
        acting(person("bob", "controller"), Key(id="k", owner="bob", roles=key.roles, active=False)) is None
    )


moves = st.one_of(
    st.tuples(st.just("edit"), names, st.sampled_from(("h1", "h2", "h3"))),
    st.tuples(st.just("decide"), names, st.tuples(roles, st.sampled_from(tuple(Choice)), st.integers(0, 3))),
)


@given(
    st.lists(moves, max_size=30),
    st.dictionaries(names, role_sets, min_size=3),
    st.dictionaries(names, role_sets),
)
def test_nobody_approves_their_own_change_and_no_changed_plan_runs_on_an_old_approval(
    story: list[tuple[str, str, object]],
    rights: dict[str, frozenset[str]],
    key_rights: dict[str, frozenset[str]],
):
    """Over random roles, keys and timings: people edit and decide, some on what they looked at a while ago."""
    needs = tuple(Requirement(role, role) for role in ROLES)
    contents, makers, log = ["h0"], set[str](), list[Approval]()
    for number, (what, name, value) in enumerate(story):
        if what == "edit":
            contents.append(f"{value}")
            makers.add(name)
        else:
            role, choice, looked_at = value  # type: ignore[misc]
            owner = Person(name=name, roles=rights.get(name, frozenset()))
            key = Key(id=f"k{name}", owner=name, roles=key_rights[name]) if name in key_rights else None
            who = acting(owner, key)
            assert who is not None
            subject = Subject(name="d", content=contents[-1], makers=frozenset(makers))
            seen = contents[max(0, len(contents) - 1 - looked_at)]
            if may_decide(who, subject, role, seen) is None:
                assert name not in makers
                assert seen == contents[-1]
                log.append(
                    Approval(
                        subject="d",
                        content=seen,
                        role=role,
                        choice=choice,
                        by=name,
                        at=START + timedelta(seconds=number),
                        through=who.through,
                    )
                )
        subject = Subject(name="d", content=contents[-1], makers=frozenset(makers))
        where = stand(needs, subject, log)
        if where.cleared:
            for role in ROLES:
                last = [
                    one
                    for one in log
                    if (one.content, one.role) == (subject.content, role) and one.by not in makers
                ]
                assert last
                assert last[-1].choice is Choice.APPROVE
                assert role in rights[last[-1].by]


def test_the_last_decision_of_a_role_counts():
    def said(choice: Choice, second: int) -> Approval:
        return Approval(
            subject="d",
            content="h",
            role="cfo",
            choice=choice,
            by="bob",
            at=START + timedelta(seconds=second),
        )

    needs, subject = (Requirement("r", "cfo"),), Subject(name="d", content="h")
    assert stand(needs, subject, [said(Choice.APPROVE, 1)]).cleared
    assert not stand(needs, subject, [said(Choice.APPROVE, 1), said(Choice.REJECT, 2)]).cleared
    assert stand(needs, subject, [said(Choice.REJECT, 1), said(Choice.APPROVE, 2)]).cleared
