"""Cases: findings that wait for a person. Cases with the same cause are one row with a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tieout.domain.findings import CODES, Finding


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One open or closed case of one input, with the finding that opened it."""

    id: int
    state: CaseState
    finding: Finding
    opened_at: datetime
    subject: str
    document_id: int | None = None
    assignee: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """Cases one correction would cure."""

    code: str
    cause: str
    count: int
    title: str
    ways_out: tuple[str, ...]
    example: Case


def group_by_cause(cases: Iterable[Case]) -> list[CauseGroup]:
    """Open cases by code and cause, the most frequent first."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.finding.code, case.finding.cause), []).append(case)
    rows = [
        CauseGroup(
            code=code,
            cause=cause,
            count=len(members),
            title=CODES[code].title,
            ways_out=tuple(str(way) for way in CODES[code].ways_out),
            example=members[0],
        )
        for (code, cause), members in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.count, row.code, row.cause))
