"""Which set of open invoices sums to a payment, and is it the only one? Bounded, and honest about its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.cash.policy import SubsetSearch


class Proof(StrEnum):
    """What a search has shown."""

    UNIQUE = "unique"  # one solution, and no second one exists
    SEVERAL = "several"  # at least two: nobody can tell
    NONE = "none"  # no solution exists within the number of items that may be chosen
    UNKNOWN = "unknown"  # the bound was reached first: nothing is proven


@dataclass(frozen=True, slots=True)
class Subset:
    """The proof, and the first solution found (indices in the order given) where there is one."""

    proof: Proof
    chosen: tuple[int, ...] = ()


def find_subset(amounts: Sequence[int], target: int, bounds: SubsetSearch, least: int = 1) -> Subset:
    """Sets of `least` to `bounds.most_chosen` of `amounts` (positive minor units) that sum to `target`.

    Depth-first over the amounts in falling order with the sums that are still reachable; stops at the second solution.
    Two equal amounts are two items: choosing one or the other are two solutions.
    """
    order = sorted((i for i, a in enumerate(amounts) if 0 < a <= target), key=lambda i: (-amounts[i], i))
    if len(order) > bounds.most_items:
        return Subset(Proof.UNKNOWN)
    search = _Search([amounts[i] for i in order], bounds, least)
    search.run(0, target, [])
    first = tuple(sorted(order[i] for i in search.found[0])) if search.found else ()
    if len(search.found) > 1:
        return Subset(Proof.SEVERAL, first)
    if search.steps > bounds.most_steps:
        return Subset(Proof.UNKNOWN, first)
    return Subset(Proof.UNIQUE, first) if search.found else Subset(Proof.NONE)


class _Search:
    def __init__(self, amounts: list[int], bounds: SubsetSearch, least: int) -> None:
        self.amounts = amounts
        self.bounds = bounds
        self.least = least
        self.steps = 0
        self.found: list[tuple[int, ...]] = []
        self.rest = [0] * (len(amounts) + 1)
        for index in range(len(amounts) - 1, -1, -1):
            self.rest[index] = self.rest[index + 1] + amounts[index]

    def run(self, start: int, target: int, chosen: list[int]) -> None:
        """Look for sets among `amounts[start:]`; ends early at the second solution or at the bound."""
        if target == 0:
            if len(chosen) >= self.least:
                self.found.append(tuple(chosen))
            return
        room = self.bounds.most_chosen - len(chosen)
        for index in range(start, len(self.amounts)):
            self.steps += 1
            if self.steps > self.bounds.most_steps or len(self.found) > 1 or self.rest[index] < target:
                return
            amount = self.amounts[index]
            if amount * room < target:
                return  # even the largest ones left cannot reach it
            if amount <= target:
                chosen.append(index)
                self.run(index + 1, target - amount, chosen)
                chosen.pop()
