"""Who paid: identifiers that were learned, by whom and when, and can be unlearned. A name alone never applies cash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tieout.domain.cash.movements import Payer
from tieout.domain.ids import InternalId

#: Identifier schemes whose value *is* the customer's internal id, put there by our own code.
OWN_SCHEME = "netsuite_customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """`(scheme, value)` pays for `customer`: taught by whom, when, on what evidence; `active` until it is unlearned."""

    scheme: str
    value: str
    customer: InternalId
    taught_by: str
    taught_at: datetime
    evidence: str
    active: bool = True


@dataclass(slots=True)
class Aliases:
    """Active aliases by identifier. One identifier may pay for several customers; then it proves none of them."""

    _customers: dict[tuple[str, str], frozenset[InternalId]] = field(default_factory=dict)

    @classmethod
    def of(cls, aliases: Iterable[Alias]) -> Aliases:
        """The active ones of these."""
        result = cls()
        for alias in aliases:
            if alias.active:
                key = (alias.scheme, alias.value)
                known = result._customers.get(key, frozenset())
                result._customers[key] = known | {alias.customer}
        return result

    def customers(self, payer: Payer) -> frozenset[InternalId]:
        """The customers the payer's strongest known identifier stands for; empty when none is known.

        Identifiers come strongest first, and a weaker one does not widen what a stronger one says.
        """
        for scheme, value in payer.identifiers:
            if scheme == OWN_SCHEME:
                return frozenset({InternalId(value)})
            found = self._customers.get((scheme, value))
            if found:
                return found
        return frozenset()
