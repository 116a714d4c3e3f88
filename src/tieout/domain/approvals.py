"""Approvals: who may decide about whose content, and when a decision counts.

A decision holds for one content (its hash) and dies with it. Nobody decides about what they made themselves,
through whatever key; a key can do no more than its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tieout.domain.rules import Rule


class Choice(StrEnum):
    """What an approver says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A local user. `subsidiaries` empty: all of them."""

    name: str
    roles: frozenset[str]
    subsidiaries: frozenset[str] = frozenset()
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key: its owner acts through it, with no more than its own and its owner's rights."""

    id: str
    owner: str
    roles: frozenset[str]
    subsidiaries: frozenset[str] = frozenset()
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who acts: a person, and the key it acts through, if any. `subsidiaries` None: all."""

    person: str
    roles: frozenset[str]
    subsidiaries: frozenset[str] | None = None
    through: str = ""


def acting(person: Person, key: Key | None = None) -> Principal | None:
    """Who acts, or None when the person or the key is not active, or the key is somebody else's."""
    if not person.active:
        return None
    if key is None:
        return Principal(
            person=person.name, roles=person.roles, subsidiaries=_limit(person.subsidiaries, frozenset())
        )
    if not key.active or key.owner != person.name:
        return None
    return Principal(
        person=person.name,
        roles=person.roles & key.roles,
        subsidiaries=_limit(person.subsidiaries, key.subsidiaries),
        through=key.id,
    )


def _limit(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    if one and other:
        return one & other
    return one or other or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is decided about: its hash, those who made or changed it, and the subsidiary it is written in."""

    name: str
    content: str
    makers: frozenset[str] = frozenset()
    subsidiary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One decision, as the audit trail has it."""

    subject: str
    content: str
    role: str
    choice: Choice
    by: str
    at: datetime
    through: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A rule that asks for an approver's role."""

    rule: str
    role: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not decide: a stable code and a sentence."""

    code: str
    why: str


def required(rules: Sequence[Rule], facts: Mapping[str, str]) -> tuple[Requirement, ...]:
    """What the rules ask for: every rule whose conditions hold counts, and each role is asked once."""
    found: dict[str, Requirement] = {}
    for rule in rules:
        if all(condition.holds(facts) for condition in rule.when):
            found.setdefault(rule.then, Requirement(rule.name, rule.then))
    return tuple(found.values())


def may_decide(who: Principal, subject: Subject, role: str, content: str) -> Refusal | None:
    """Why this principal may not decide about this subject in this role; None when it may.

    `content` is the hash of what the principal has looked at.
    """
    if content != subject.content:
        return Refusal("content_changed", "it has changed since it was looked at: look again, then decide")
    if who.person in subject.makers:
        return Refusal("own_change", f"{who.person} made or changed it: somebody else has to decide")
    if role not in who.roles:
        return Refusal("role_missing", f"{who.person} does not act as {role}")
    if who.subsidiaries is not None and subject.subsidiary not in who.subsidiaries:
        return Refusal("other_subsidiary", f"{who.person} does not act for subsidiary {subject.subsidiary}")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a subject stands: roles that are still to decide, and the one who rejected it, if any."""

    missing: tuple[Requirement, ...] = ()
    rejected: Approval | None = None
    counted: tuple[Approval, ...] = field(default=())

    @property
    def cleared(self) -> bool:
        """Whether everything that is asked for has been given."""
        return not self.missing and self.rejected is None


def stand(requirements: Iterable[Requirement], subject: Subject, approvals: Iterable[Approval]) -> Stand:
    """Which decisions count for this very content: the last of each role, by nobody who made it."""
    last: dict[str, Approval] = {}
    for approval in sorted(approvals, key=lambda one: one.at):
        if approval.content == subject.content and approval.by not in subject.makers:
            last[approval.role] = approval
    asked = tuple(requirements)
    decided = [last[need.role] for need in asked if need.role in last]
    rejected = next((one for one in decided if one.choice is Choice.REJECT), None)
    given = {one.role for one in decided if one.choice is Choice.APPROVE}
    missing = tuple(need for need in asked if need.role not in given)
    return Stand(missing=missing, rejected=rejected, counted=tuple(decided))
