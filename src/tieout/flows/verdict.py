"""What one version of an input comes to, before anything is stored of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tieout.domain.documents import Customer
from tieout.domain.findings import Finding
from tieout.domain.lifecycle import Standing
from tieout.domain.planning import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one version of an input comes to.

    `cancel`: what was planned and not sent is taken back. `keep`: findings do not hold back what is planned.
    """

    standing: Standing
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    digest: str = ""
    history_until: datetime | None = None
    payer: Customer | None = None
    cancel: bool = False
    keep: bool = False
    #: another input whose story the planned documents are part of, too
    also: int | None = None
    #: documents planned for it before that this verdict takes the place of: nothing of them is, or will be, in NetSuite
    replaces: tuple[int, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
