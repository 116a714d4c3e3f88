"""Does this customer exist? By binding, by external ID, or only perhaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tieout.domain.documents import Customer
from tieout.domain.ids import ExternalId, InternalId
from tieout.domain.names import domain_of, normalised_name, normalised_tax_id
from tieout.domain.reference import ExistingCustomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An unbound NetSuite customer that is probably this one, and why."""

    customer: ExistingCustomer
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """What is known about one canonical customer in NetSuite.

    `bound`: linked by a person, or carrying our external ID without being ours. `conflict`: records that
    were merged in the source are bound to several NetSuite customers.
    """

    external_id: ExternalId
    bound: ExistingCustomer | None = None
    suspects: tuple[Suspect, ...] = ()
    conflict: tuple[InternalId, ...] = ()


class CustomerDirectory:
    """NetSuite's customers, indexed for exact keys only; similarity never applies."""

    def __init__(self, customers: Iterable[ExistingCustomer]) -> None:
        self._by_id: dict[InternalId, ExistingCustomer] = {}
        self._by_external: dict[ExternalId, ExistingCustomer] = {}
        self._by_tax: dict[str, set[InternalId]] = {}
        self._by_name: dict[tuple[str, str], set[InternalId]] = {}
        for customer in customers:
            self.add(customer)

    def add(self, customer: ExistingCustomer) -> None:
        """Take in, or replace, one customer: what it was before is forgotten."""
        before = self._by_id.get(customer.id)
        if before is not None:
            self._forget(before)
        self._by_id[customer.id] = customer
        if customer.external_id:
            self._by_external[customer.external_id] = customer
        tax_id, name = _keys_of(customer)
        if tax_id:
            self._by_tax.setdefault(tax_id, set()).add(customer.id)
        if all(name):
            self._by_name.setdefault(name, set()).add(customer.id)

    def _forget(self, customer: ExistingCustomer) -> None:
        external_id = customer.external_id
        carrier = self._by_external.get(external_id) if external_id else None
        if external_id and carrier is not None and carrier.id == customer.id:
            del self._by_external[external_id]
        tax_id, name = _keys_of(customer)
        self._by_tax.get(tax_id, set()).discard(customer.id)
        self._by_name.get(name, set()).discard(customer.id)

    def names(self) -> dict[InternalId, str]:
        """Names of active customers by internal id."""
        return {one.id: one.name for one in self._by_id.values() if one.active}

    def everybody(self) -> Iterable[ExistingCustomer]:
        """All customers."""
        return self._by_id.values()

    def by_id(self, internal_id: InternalId) -> ExistingCustomer | None:
        """The customer with this internal id."""
        return self._by_id.get(internal_id)

    def by_external_id(self, external_id: ExternalId) -> ExistingCustomer | None:
        """The customer that carries this external id."""
        return self._by_external.get(external_id)

    def suspects(self, customer: Customer, taken: frozenset[InternalId]) -> tuple[Suspect, ...]:
        """Unbound customers that are probably this one.

        Those are active, have no external id, are not bound elsewhere (`taken`), and are equal in tax id, or in
        normalised name *and* domain.
        """
        evidence: dict[InternalId, list[str]] = {}
        tax_id, (name, domain) = _keys_of(customer)
        for one in self._by_tax.get(tax_id, ()):
            evidence.setdefault(one, []).append(f"same tax id {tax_id}")
        for one in self._by_name.get((name, domain), ()):
            evidence.setdefault(one, []).append(f"same name {name!r} and domain {domain}")
        return tuple(
            Suspect(customer=self._by_id[found], evidence=tuple(why))
            for found, why in sorted(evidence.items())
            if self._by_id[found].active and not self._by_id[found].external_id and found not in taken
        )


def _keys_of(customer: Customer | ExistingCustomer) -> tuple[str, tuple[str, str]]:
    """Normalised tax id, and normalised name with domain: what likeness is judged by."""
    name = normalised_name(customer.name), domain_of(customer.website, customer.email)
    return normalised_tax_id(customer.tax_id), name


def view_of(
    customer: Customer,
    external_id: ExternalId,
    directory: CustomerDirectory,
    bindings: Mapping[str, InternalId],
    installation: str,
) -> CustomerView:
    """What NetSuite has for `customer`, whose merged ids count as its own.

    `bindings`: source record key → internal id. A record of ours is not *bound*: the write protocol finds it.
    """
    prefix = customer.source.record_key.removesuffix(customer.source.id)
    keys = [customer.source.record_key, *(prefix + merged for merged in customer.merged_ids)]
    linked = sorted({bindings[key] for key in keys if key in bindings})
    if len(linked) > 1:
        return CustomerView(external_id=external_id, conflict=tuple(linked))
    if linked:
        known = directory.by_id(linked[0]) or ExistingCustomer(id=linked[0], name=customer.name)
        return CustomerView(external_id=external_id, bound=known)
    carrier = directory.by_external_id(external_id)
    if carrier is not None and not carrier.installation:
        return CustomerView(external_id=external_id, bound=carrier)
    if carrier is not None and carrier.installation == installation:
        return CustomerView(external_id=external_id)
    suspects = directory.suspects(customer, frozenset(bindings.values()))
    return CustomerView(external_id=external_id, suspects=suspects)
