"""What two customers have in common: a listed set of evidence, never a number.

Likeness only ever suggests. Strong likeness stops a creation until a person has looked; nothing makes a link by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tieout.domain.documents import NO_ADDRESS, Address, Customer
from tieout.domain.names import domains_of, normalised_name, normalised_tax_id
from tieout.domain.reference import ExistingCustomer


class Trait(StrEnum):
    """What may be equal, in the order in which people trust it."""

    TAX_ID = "tax id"
    DOMAIN = "domain"
    ADDRESS = "address"
    EXACT_NAME = "exact name"
    NAME = "name"


class Strength(StrEnum):
    """How much the evidence of one candidate says, all of it together."""

    STRONG = "strong"  # equal tax id, or equal name and domain: nothing is created before a person has looked
    FAIR = "fair"  # two kinds of evidence
    WEAK = "weak"  # one, such as the name alone


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One thing that is equal, with its normalised value."""

    trait: Trait
    value: str

    def __str__(self) -> str:
        value = repr(self.value) if self.trait in {Trait.NAME, Trait.EXACT_NAME} else self.value
        return f"same {self.trait} {value}"


_ORDER = {trait: place for place, trait in enumerate(Trait)}
_STRENGTHS = {strength: place for place, strength in enumerate(Strength)}


def traits_of(customer: Customer | ExistingCustomer) -> frozenset[Evidence]:
    """Everything a customer can be recognised by. What normalises to nothing is no trait, so two customers about
    which nothing is known are never alike.
    """
    if isinstance(customer, Customer):
        places: Iterable[Address] = (customer.billing, customer.shipping)
    else:
        places = customer.addresses
    found = {
        Evidence(Trait.TAX_ID, normalised_tax_id(customer.tax_id)),
        Evidence(Trait.EXACT_NAME, " ".join(customer.name.split())),
        Evidence(Trait.NAME, normalised_name(customer.name)),
        *(Evidence(Trait.DOMAIN, one) for one in domains_of(customer.website, customer.email)),
        *(Evidence(Trait.ADDRESS, place_of(one)) for one in places),
    }
    return frozenset(one for one in found if one.value)


def place_of(address: Address) -> str:
    """Street, postal code and country, normalised; empty unless all three are given: a town is no address."""
    if address == NO_ADDRESS:
        return ""
    numbered = (line for line in address.lines if re.search(r"\d", line))
    street = next((line for line in numbered if not _INDOORS.match(line)), "")
    words = normalised_name(street.replace("-", " ")).split()
    parts = (
        " ".join(_STREETS.get(word, word) for word in words),
        re.sub(r"[^A-Z0-9]", "", address.postal_code.upper()),
        address.country.strip().lstrip("_").upper(),
    )
    return ", ".join(parts) if all(parts) else ""


_INDOORS = re.compile(
    r"\s*(suite|ste|unit|floor|fl|level|apt|room|building|bldg|po box|p\.o\.)\b", re.IGNORECASE
)
_STREETS = {
    "st": "street",
    "str": "strasse",
    "ave": "avenue",
    "av": "avenue",
    "rd": "road",
    "blvd": "boulevard",
    "dr": "drive",
    "ln": "lane",
}


def in_common(one: frozenset[Evidence], other: frozenset[Evidence]) -> tuple[Evidence, ...]:
    """What both have, the most telling first. An exactly equal name is not named a second time as a normalised one."""
    both = one & other
    if any(evidence.trait is Trait.EXACT_NAME for evidence in both):
        both = frozenset(e for e in both if e.trait is not Trait.NAME)
    return tuple(sorted(both, key=lambda e: (_ORDER[e.trait], e.value)))


def strength_of(evidence: Iterable[Evidence]) -> Strength | None:
    """How much a set of evidence says; None for an empty one."""
    kinds = {Trait.NAME if e.trait is Trait.EXACT_NAME else e.trait for e in evidence}
    if Trait.TAX_ID in kinds or {Trait.NAME, Trait.DOMAIN} <= kinds:
        return Strength.STRONG
    if len(kinds) > 1:
        return Strength.FAIR
    return Strength.WEAK if kinds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A NetSuite customer that may be somebody, with all that speaks for it."""

    customer: ExistingCustomer
    evidence: tuple[Evidence, ...]

    @property
    def strength(self) -> Strength:
        """How much the evidence says."""
        return strength_of(self.evidence) or Strength.WEAK

    @property
    def place(self) -> tuple[int, int, str]:
        """Where it stands in a list: the strongest first, then by internal id."""
        return _STRENGTHS[self.strength], -len(self.evidence), self.customer.id
