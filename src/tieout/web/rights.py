"""Who may do what. An operation that names no access is denied to everybody.

| role | may |
|---|---|
| `viewer` | read |
| a role that an approval rule names | read, and decide what that rule asks for |
| `operator` | read; work on cases, crosswalks, plans and deals |
| `admin` | all that an operator may; people and keys are made at the command line |

A key that is restricted to subsidiaries sees and treats nothing that names another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tieout.domain.approvals import Principal
from tieout.web.problems import Problem

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"


class Access(StrEnum):
    """What an operation asks of whoever calls it."""

    READ = "read"
    WORK = "work"
    DECIDE = "decide"


def roles_for(access: str, approvers: Iterable[str]) -> frozenset[str]:
    """The roles of which one is enough; none for an access that is not known."""
    if access == Access.READ:
        return frozenset({VIEWER, OPERATOR, ADMIN, *approvers})
    if access == Access.WORK:
        return frozenset({OPERATOR, ADMIN})
    return frozenset(approvers) if access == Access.DECIDE else frozenset()


def admit(who: Principal, access: str, approvers: Iterable[str]) -> None:
    """Raises `Problem` when none of the principal's roles is enough."""
    enough = roles_for(access, approvers)
    if not who.roles & enough:
        asked = ", ".join(sorted(enough)) or "a role no approval rule names"
        held = ", ".join(sorted(who.roles)) or "none"
        detail = f"{who.person} has none of the roles that may do this"
        raise Problem("role_missing", detail, expected=f"one of {asked}", found=held)


def everywhere(who: Principal) -> None:
    """Raises `Problem` for a key that is restricted to subsidiaries: a plan covers all of them."""
    if who.subsidiaries is not None:
        only = ", ".join(sorted(who.subsidiaries)) or "none"
        detail = "plans cover all subsidiaries"
        raise Problem("other_subsidiary", detail, expected="a key for all subsidiaries", found=f"for {only}")
