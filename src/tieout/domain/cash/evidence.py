"""How often a kind of match was right: measured on decided cases, with an interval, never assumed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

#: Two-sided 95 %: the usual normal quantile, as an exact decimal.
_Z = Decimal("1.959964")


@dataclass(frozen=True, slots=True)
class Precision:
    """Decided cases of one reason set: how many people confirmed, how many they overturned (then or later)."""

    right: int = 0
    wrong: int = 0

    @property
    def decided(self) -> int:
        """How many were decided."""
        return self.right + self.wrong

    def interval(self) -> tuple[Decimal, Decimal]:
        """Wilson's interval at 95 % for the share that is right; (0, 1) when nothing was decided."""
        if not self.decided:
            return Decimal(0), Decimal(1)
        with localcontext() as context:
            context.prec = 30
            n = Decimal(self.decided)
            share = Decimal(self.right) / n
            squared = _Z * _Z
            middle = (share + squared / (2 * n)) / (1 + squared / n)
            half = (_Z / (1 + squared / n)) * (share * (1 - share) / n + squared / (4 * n * n)).sqrt()
        return max(Decimal(0), middle - half), min(Decimal(1), middle + half)

    def within(self, error_budget: Decimal) -> bool:
        """Whether even the lower end of the interval promises no more errors than the budget."""
        return 1 - self.interval()[0] <= error_budget
