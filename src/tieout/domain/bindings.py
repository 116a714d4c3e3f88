"""Links between accounts of a source and customers that are in NetSuite already.

A link is history: who said so, when, why, and on which evidence. What is in force follows from the rows in order; a
row is never changed, and taking a link back is a row of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from tieout.domain.ids import InternalId


class LinkAction(StrEnum):
    """What a person says about an account and a NetSuite customer."""

    LINK = "link"  # they are the same: the customer is used, and never changed
    UNLINK = "unlink"  # the link was wrong
    DISTINCT = "distinct"  # they are two: the likeness stops nothing any more
    EXTEND = "extend"  # the customer may have what `evidence` names: a currency, a subsidiary


class LinkStage(StrEnum):
    """Where such a statement stands."""

    PROPOSED = "proposed"  # waits for an approver
    IN_FORCE = "in_force"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of the history. `evidence`: the digest of what was looked at, and `seen` in words.

    `by` decided, `entered_by` handed it in (the same, but for a reviewed file).
    """

    record_key: str
    action: LinkAction
    stage: LinkStage
    internal_id: InternalId
    by: str
    entered_by: str
    because: str
    at: datetime
    evidence: str = ""
    seen: str = ""

    @property
    def content(self) -> str:
        """The hash an approval is bound to: what is said, about whom, on which evidence."""
        said = [self.record_key, str(self.action), self.internal_id, self.evidence]
        return sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class LinkBook:
    """What is in force. `bindings`: account → customer; `distinct`: account → customers it is not."""

    bindings: Mapping[str, InternalId] = field(default_factory=dict)
    distinct: Mapping[str, frozenset[InternalId]] = field(default_factory=dict)
    #: account and customer (empty: the one we made) → extensions that were decided on
    extensions: Mapping[tuple[str, InternalId], frozenset[str]] = field(default_factory=dict)
    waiting: tuple[Link, ...] = ()

    def permitted(self, record_key: str, customer: InternalId) -> frozenset[str]:
        """The extensions a person has decided on for this account and customer."""
        return self.extensions.get((record_key, customer), frozenset())

    def owners(self, customer: InternalId) -> tuple[str, ...]:
        """The accounts that are linked to this customer."""
        return self._by_customer.get(customer, ())

    def says(self, link: Link) -> bool:
        """Whether what this statement wants is in force already."""
        if link.action is LinkAction.DISTINCT:
            return link.internal_id in self.distinct.get(link.record_key, ())
        if link.action is LinkAction.EXTEND:
            return link.evidence in self.permitted(link.record_key, link.internal_id)
        bound = self.bindings.get(link.record_key) == link.internal_id
        return bound if link.action is LinkAction.LINK else not bound

    def in_force(self, link: Link) -> bool:
        """Whether this very statement is what holds now."""
        return link.stage is LinkStage.IN_FORCE and link.action is not LinkAction.UNLINK and self.says(link)

    def after(self, link: Link) -> LinkBook:
        """The book with one more statement."""
        state = _State(
            dict(self.bindings),
            dict(self.distinct),
            dict(self.extensions),
            {one.content: one for one in self.waiting},
        )
        state.turn(link)
        return state.book()

    @cached_property
    def _by_customer(self) -> Mapping[InternalId, tuple[str, ...]]:
        found: dict[InternalId, tuple[str, ...]] = {}
        for key, linked in sorted(self.bindings.items()):
            found[linked] = (*found.get(linked, ()), key)
        return found

    def waits(self, record_key: str) -> Link | None:
        """What waits for an approval about this account: the last proposal."""
        return next((one for one in reversed(self.waiting) if one.record_key == record_key), None)


def book_of(history: Iterable[Link]) -> LinkBook:
    """What a history, oldest first, comes to."""
    state = _State({}, {}, {}, {})
    for row in history:
        state.turn(row)
    return state.book()


@dataclass
class _State:
    """A book while it is being written."""

    bindings: dict[str, InternalId]
    distinct: dict[str, frozenset[InternalId]]
    extensions: dict[tuple[str, InternalId], frozenset[str]]
    waiting: dict[str, Link]

    def book(self) -> LinkBook:
        return LinkBook(
            bindings=self.bindings,
            distinct=self.distinct,
            extensions=self.extensions,
            waiting=tuple(self.waiting.values()),
        )

    def turn(self, row: Link) -> None:
        """Take in one statement."""
        if row.stage is LinkStage.PROPOSED:
            self.waiting[row.content] = row
            return
        self.waiting.pop(row.content, None)
        if row.stage is LinkStage.IN_FORCE:
            self._in_force(row)

    def _in_force(self, row: Link) -> None:
        key, customer = row.record_key, row.internal_id
        if row.action is LinkAction.LINK:
            self.bindings[key] = customer
            self.distinct[key] = self.distinct.get(key, frozenset()) - {customer}
        elif row.action is LinkAction.DISTINCT:
            self.distinct[key] = self.distinct.get(key, frozenset()) | {customer}
        elif row.action is LinkAction.EXTEND:
            pair = key, customer
            self.extensions[pair] = self.extensions.get(pair, frozenset()) | {row.evidence}
        elif self.bindings.get(key) == customer:
            del self.bindings[key]
