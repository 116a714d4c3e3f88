"""Where a value came from: nothing is stripped on the way to NetSuite."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """System, environment, object and id (and line, and version) of a record in a source system."""

    system: str
    environment: str
    object: str
    id: str
    line: str = ""
    version: str = ""

    def at_line(self, line: str) -> SourceRef:
        """The same record, one of its lines."""
        return replace(self, line=line)

    @property
    def record_key(self) -> str:
        """The record, without line and version: `salesforce:prod:Opportunity:006…`."""
        return f"{self.system}:{self.environment}:{self.object}:{self.id}"

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        return f"{self.system} {self.object} {self.id}{line}"
