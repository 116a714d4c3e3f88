"""Does this customer exist? By binding, by external ID, or only perhaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tieout.domain.bindings import LinkBook
from tieout.domain.documents import Customer
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.likeness import Candidate, Evidence, Strength, Trait, in_common, traits_of
from tieout.domain.reference import ExistingCustomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A NetSuite customer that is probably this one, and why."""

    customer: ExistingCustomer
    evidence: tuple[str, ...]


def in_words(suspects: tuple[Suspect, ...]) -> str:
    """Suspects as a case tells of them."""
    return "; ".join(
        f"NetSuite customer {s.customer.id or 'not yet written, ' + str(s.customer.external_id)}"
        f" {s.customer.name!r} ({', '.join(s.evidence)})"
        for s in suspects
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """What is known about one canonical customer in NetSuite.

    `bound`: linked by a person, or carrying our external ID without being ours. `suspects`: probably this one, and
    nobody's yet; `twins`: probably this one, and used for an account of another source. `conflict`: records that
    were merged in the source are bound to several NetSuite customers. `own`: the customer we made for it.
    """

    external_id: ExternalId
    bound: ExistingCustomer | None = None
    suspects: tuple[Suspect, ...] = ()
    twins: tuple[Suspect, ...] = ()
    conflict: tuple[InternalId, ...] = ()
    own: ExistingCustomer | None = None
    #: extensions a person has decided on for this account and customer
    permitted: frozenset[str] = frozenset()


class CustomerDirectory:
    """NetSuite's customers, indexed for exact keys only; similarity never applies."""

    def __init__(self, customers: Iterable[ExistingCustomer]) -> None:
        self._by_id: dict[InternalId, ExistingCustomer] = {}
        self._by_external: dict[ExternalId, ExistingCustomer] = {}
        self._traits: dict[InternalId, frozenset[Evidence]] = {}
        self._by_trait: dict[Evidence, set[InternalId]] = {}
        self._parents: dict[InternalId, InternalId] = {}
        for customer in customers:
            self.add(customer)

    def add(self, customer: ExistingCustomer) -> None:
        """Take in, or replace, one customer: what it was before is forgotten."""
        before = self._by_id.get(customer.id)
        if before is not None:
            self._forget(before)
        self._by_id[customer.id] = customer
        if customer.parent is not None:
            self._parents[customer.id] = customer.parent
        if customer.external_id:
            self._by_external[customer.external_id] = customer
        self._traits[customer.id] = traits_of(customer)
        for trait in self._traits[customer.id]:
            self._by_trait.setdefault(trait, set()).add(customer.id)

    def _forget(self, customer: ExistingCustomer) -> None:
        self._parents.pop(customer.id, None)
        external_id = customer.external_id
        carrier = self._by_external.get(external_id) if external_id else None
        if external_id and carrier is not None and carrier.id == customer.id:
            del self._by_external[external_id]
        for trait in self._traits.pop(customer.id):
            self._by_trait[trait].discard(customer.id)

    def names(self) -> dict[InternalId, str]:
        """Names of active customers by internal id."""
        return {one.id: one.name for one in self._by_id.values() if one.active}

    def parents(self) -> Mapping[InternalId, InternalId]:
        """Customers that belong to another → that one."""
        return self._parents

    def intercompany(self, customers: Iterable[InternalId]) -> bool:
        """Whether one of these stands for a subsidiary of ours."""
        return any(one is not None and one.represents for one in map(self._by_id.get, customers))

    def everybody(self) -> Iterable[ExistingCustomer]:
        """All customers."""
        return self._by_id.values()

    def by_id(self, internal_id: InternalId) -> ExistingCustomer | None:
        """The customer with this internal id."""
        return self._by_id.get(internal_id)

    def by_external_id(self, external_id: ExternalId) -> ExistingCustomer | None:
        """The customer that carries this external id."""
        return self._by_external.get(external_id)

    def candidates(self, customer: Customer) -> tuple[Candidate, ...]:
        """Everybody who has anything in common with this customer, the strongest evidence first."""
        traits = traits_of(customer)
        ids = {found for trait in traits for found in self._by_trait.get(trait, ())}
        found = [
            Candidate(customer=self._by_id[one], evidence=in_common(traits, self._traits[one])) for one in ids
        ]
        return tuple(sorted(found, key=lambda candidate: candidate.place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """Who is probably a customer of ours already: nobody's yet, and used by another source."""

    suspects: tuple[Suspect, ...] = ()
    twins: tuple[Suspect, ...] = ()


def likely(customer: Customer, candidates: Iterable[Candidate], links: LinkBook, installation: str) -> Likely:
    """Which candidates stop a creation until a person has looked.

    Active ones with strong evidence of which nobody said that they are somebody else: customers without a link that
    this installation did not make, and customers that an account of another source is served by. Two accounts of one
    source are two customers.
    """
    system, key = customer.source.system, customer.source.record_key
    suspects, twins = [], []
    for candidate in candidates:
        one = candidate.customer
        if not one.active or candidate.strength is not Strength.STRONG:
            continue
        if one.id and one.id in links.distinct.get(key, ()):
            continue
        found = Suspect(customer=one, evidence=_telling(candidate.evidence))
        owners = links.owners(one.id) if one.id else ()
        systems = {owner.partition(":")[0] for owner in owners}
        ours = one.installation == installation
        if ours:
            systems.add(one.source_system)
        if systems - {system, ""}:
            twins.append(found)
        elif not ours and not owners:
            suspects.append(found)
    return Likely(suspects=tuple(suspects), twins=tuple(twins))


def _telling(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What makes the likeness strong: the tax id, and name with domain."""
    telling = {Trait.TAX_ID, Trait.NAME, Trait.EXACT_NAME, Trait.DOMAIN}
    return tuple(str(one) for one in evidence if one.trait in telling)


def view_of(
    customer: Customer,
    external_id: ExternalId,
    directory: CustomerDirectory,
    links: LinkBook,
    installation: str,
    made: Iterable[ExistingCustomer] = (),
) -> CustomerView:
    """What NetSuite has for `customer`, whose merged ids count as its own.

    `made`: customers this installation has planned or written that the directory may not have yet. A record of ours
    is not *bound*: the write protocol finds it.
    """
    prefix = customer.source.record_key.removesuffix(customer.source.id)
    keys = [customer.source.record_key, *(prefix + merged for merged in customer.merged_ids)]
    linked = sorted({links.bindings[key] for key in keys if key in links.bindings})
    if len(linked) > 1:
        return CustomerView(external_id=external_id, conflict=tuple(linked))
    if linked:
        known = directory.by_id(linked[0]) or ExistingCustomer(id=linked[0], name=customer.name)
        permitted = links.permitted(customer.source.record_key, known.id)
        return CustomerView(external_id=external_id, bound=known, permitted=permitted)
    carrier = directory.by_external_id(external_id)
    if carrier is not None and not carrier.installation:
        permitted = links.permitted(customer.source.record_key, carrier.id)
        return CustomerView(external_id=external_id, bound=carrier, permitted=permitted)
    if carrier is not None:
        # Ours, or another installation's under our external id: the write protocol tells them apart.
        own = carrier if carrier.installation == installation else None
        permitted = links.permitted(customer.source.record_key, InternalId(""))
        return CustomerView(external_id=external_id, own=own, permitted=permitted)
    found = likely(customer, _candidates(customer, directory, made), links, installation)
    permitted = links.permitted(customer.source.record_key, InternalId(""))
    return CustomerView(
        external_id=external_id, suspects=found.suspects, twins=found.twins, permitted=permitted
    )


def _candidates(
    customer: Customer, directory: CustomerDirectory, made: Iterable[ExistingCustomer]
) -> list[Candidate]:
    traits, candidates = traits_of(customer), list(directory.candidates(customer))
    for one in made:
        if one.id and directory.by_id(one.id) is not None:
            continue
        evidence = in_common(traits, traits_of(one))
        if evidence:
            candidates.append(Candidate(customer=one, evidence=evidence))
    return candidates
