"""What a customer may do that it could not before: transact in one more currency, buy from one more subsidiary.

An extension only ever adds. It is a step of its own, shown before it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.ids import ClaimKey, InternalId


class Extends(StrEnum):
    """What an extension adds to; the words of `netsuite.customers.extend`."""

    CURRENCIES = "currencies"
    SUBSIDIARIES = "subsidiaries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One addition: the internal id of a currency or subsidiary, and its name for people."""

    to: Extends
    target: InternalId
    name: str

    @property
    def permission(self) -> str:
        """How a person's decision names it."""
        return permission(self.to, self.target)


def permission(to: Extends, target: str) -> str:
    """How a person's decision names an addition."""
    return f"{to} {target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a customer may do, as NetSuite has it now. `installation` and `external_id` say whose it is."""

    currencies: frozenset[str] = frozenset()
    subsidiaries: frozenset[str] = frozenset()
    external_id: str = ""
    installation: str = ""

    def of(self, to: Extends) -> frozenset[str]:
        """The internal ids of one kind."""
        return self.currencies if to is Extends.CURRENCIES else self.subsidiaries


def extension_claim(
    account: str, customer: ClaimKey | None, bound: InternalId | None, one: Extension
) -> ClaimKey:
    """The claim of an addition: each customer gets each currency and subsidiary once, whoever asks first."""
    whose = str(bound) if bound else str(customer).split("|", 2)[2]
    return ClaimKey(f"customer_extension|{account}|{whose}|{one.to}|{one.target}")
