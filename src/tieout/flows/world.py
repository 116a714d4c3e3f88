"""The world a decision looks at: crosswalks, NetSuite's reference data and customers, kept fresh."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from tieout.domain.bindings import LinkBook, book_of
from tieout.domain.comparison import Observed
from tieout.domain.crosswalk import Crosswalk
from tieout.domain.customers import CustomerDirectory
from tieout.domain.ids import InternalId
from tieout.domain.reference import ExistingCustomer, Reference
from tieout.domain.validation import World
from tieout.flows.codec import decode_customer, decode_reference, encode
from tieout.flows.context import Context
from tieout.flows.storage import Unit

log = structlog.get_logger(__name__)

_OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A world and what belongs beside it: the customers NetSuite has and who is linked to whom, and payments of ours
    as NetSuite has them now, where one is to be taken back.
    """

    world: World
    directory: CustomerDirectory
    links: LinkBook
    aliases: Mapping[tuple[str, str, str], str]
    payments: Mapping[InternalId, Observed] = field(default_factory=dict)


class WorldKeeper:
    """Reads NetSuite's side when it is missing or old, and again when a refusal shows it was wrong."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._reference: Reference | None = None
        self._directory: CustomerDirectory | None = None
        self._crosswalk: tuple[int, Crosswalk] | None = None
        self._links: tuple[int, LinkBook] | None = None
        self._stale = False

    def mark_stale(self) -> None:
        """A refusal showed that what we know of NetSuite is not so any more."""
        with self._lock:
            self._stale = True

    def surroundings(self) -> Surroundings:
        """The world as of now. Raises `CallError`s when NetSuite has to be asked and does not answer."""
        with self._lock:
            reference = self._fresh_reference()
            context = self._context
            with context.store.read() as unit:
                size = unit.mappings.crosswalk_size()
                if self._crosswalk is None or self._crosswalk[0] != size:
                    self._crosswalk = (size, Crosswalk(unit.mappings.crosswalk()))
                world = World(
                    today=context.clock.now().date(),
                    policy=context.policy,
                    crosswalk=self._crosswalk[1],
                    reference=reference,
                    redates=unit.cases.approved_dates(),
                )
                links = self._link_book(unit)
                aliases = unit.records.aliases()
            directory = self._directory or CustomerDirectory(())
            return Surroundings(world, directory, links, aliases)

    def _link_book(self, unit: Unit) -> LinkBook:
        size = unit.links.size()
        if self._links is None or self._links[0] != size:
            self._links = (size, book_of(unit.links.history()))
        return self._links[1]

    def _fresh_reference(self) -> Reference:
        context = self._context
        now = context.clock.now()
        good_for = context.limits.reference_good_for
        known = self._reference
        if known is None or now - known.as_of > good_for:
            stored = self._stored()  # another process may have read it meanwhile, and the customers with it
            if stored is not None and (known is None or stored.as_of > known.as_of):
                known = stored
                if self._directory is not None:  # a process that has just started looks for itself
                    self._directory = CustomerDirectory(self._stored_customers())
        good = known is not None and now - known.as_of <= good_for
        if known is not None and good and not self._stale and self._directory is not None:
            self._reference = known
            return known
        with context.slots.reading():
            reference = context.netsuite.reference()
        self._read_customers(known.as_of if known else None)
        with context.store.write("reference") as unit:
            unit.mappings.set_reference(context.netsuite.account, encode(reference), reference.as_of)
        self._reference, self._stale = reference, False
        log.info("reference data read", items=len(reference.items), as_of=reference.as_of.isoformat())
        return reference

    def _stored(self) -> Reference | None:
        with self._context.store.read() as unit:
            cached = unit.mappings.reference(self._context.netsuite.account)
        return decode_reference(cached[0]) if cached else None

    def _stored_customers(self) -> list[ExistingCustomer]:
        """NetSuite's customers as they were read last; never older than the reference data stored after them."""
        with self._context.store.read() as unit:
            return [decode_customer(body) for body in unit.mappings.customers(self._context.netsuite.account)]

    def _read_customers(self, as_of: datetime | None) -> None:
        """All customers the first time, then those that are new or changed since, with an overlap."""
        context = self._context
        account = context.netsuite.account
        customers: dict[InternalId, ExistingCustomer] = {one.id: one for one in self._stored_customers()}
        since = as_of - _OVERLAP if as_of and customers else None
        with context.slots.reading():
            for page in context.netsuite.customers(None, since):
                customers.update({one.id: one for one in page})
                with context.store.write("customers") as unit:
                    now = context.clock.now()
                    unit.mappings.set_customers(account, [(one.id, encode(one)) for one in page], now)
        self._directory = CustomerDirectory(customers.values())
