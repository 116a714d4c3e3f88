"""Half-open periods of dates and of instants: the start belongs, the end does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tieout.domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, not including, `end`; `end` None means without end."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise DomainError(f"period ends {self.end}, not after its start {self.start}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether any day belongs to both."""
        return (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)

    @property
    def days(self) -> int:
        """Number of days. Raises `DomainError` for a period without end."""
        if self.end is None:
            raise DomainError("a period without end has no length")
        return (self.end - self.start) // timedelta(days=1)


def aware(instant: datetime) -> datetime:
    """`instant`, refused with `DomainError` when it carries no time zone."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise DomainError(f"{instant.isoformat()} has no time zone")
    return instant
