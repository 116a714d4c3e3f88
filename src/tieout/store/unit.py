"""The unit of work: one transaction with all repositories on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection

from tieout.flows.ports import Probe
from tieout.store.answer_rows import Answers
from tieout.store.audit_rows import Audit
from tieout.store.case_rows import Cases
from tieout.store.cash_rows import Cash
from tieout.store.database import Database
from tieout.store.documents import Documents
from tieout.store.figures import Figures
from tieout.store.hook_rows import HookInbox
from tieout.store.journal import Journal
from tieout.store.lease_rows import Leases
from tieout.store.link_rows import Links
from tieout.store.listing import Listing
from tieout.store.mapping_rows import Mappings
from tieout.store.people_rows import People
from tieout.store.records import Records
from tieout.store.settlement_rows import Settlements


class Unit:
    """Repositories on one connection. Leaving the block commits; an error rolls everything back."""

    def __init__(self, connection: Connection, steps: tuple[str, ...] = ()) -> None:
        self._connection = connection
        #: names of the durable steps this transaction takes; moves of documents add themselves
        self.steps: list[str] = list(steps)

    @cached_property
    def documents(self) -> Documents:
        """Documents and their needs."""
        return Documents(self._connection, self.steps)

    @cached_property
    def records(self) -> Records:
        """Inbox, source records, aliases, cursors."""
        return Records(self._connection)

    @cached_property
    def journal(self) -> Journal:
        """Attempts and events."""
        return Journal(self._connection)

    @cached_property
    def cases(self) -> Cases:
        """Cases and decisions."""
        return Cases(self._connection)

    @cached_property
    def mappings(self) -> Mappings:
        """Crosswalks, reference data, account state."""
        return Mappings(self._connection)

    @cached_property
    def links(self) -> Links:
        """Links between accounts and customers."""
        return Links(self._connection)

    @cached_property
    def leases(self) -> Leases:
        """Leases of processes."""
        return Leases(self._connection)

    @cached_property
    def audit(self) -> Audit:
        """The audit chain."""
        return Audit(self._connection)

    @cached_property
    def people(self) -> People:
        """People, keys and approvals."""
        return People(self._connection)

    @cached_property
    def cash(self) -> Cash:
        """Open items, reservations, movements, aliases."""
        return Cash(self._connection)

    @cached_property
    def settlements(self) -> Settlements:
        """What payments and credits settle in NetSuite."""
        return Settlements(self._connection)

    @cached_property
    def listing(self) -> Listing:
        """Pages."""
        return Listing(self._connection)

    @cached_property
    def figures(self) -> Figures:
        """Counts."""
        return Figures(self._connection)

    @cached_property
    def answers(self) -> Answers:
        """Kept answers."""
        return Answers(self._connection)

    @cached_property
    def hooks(self) -> HookInbox:
        """The inbox of webhooks."""
        return HookInbox(self._connection)


class Store:
    """Opens units of work; a crash point lies on either side of every durable step's commit."""

    def __init__(self, database: Database, probe: Probe) -> None:
        self._database = database
        self._hit: Callable[[str], None] = probe.hit

    @contextmanager
    def write(self, *steps: str) -> Iterator[Unit]:
        """A write transaction. The probe sees `before:<step>` and `after:<step>` for every step it takes."""
        with self._database.write() as connection:
            unit = Unit(connection, steps)
            yield unit
            taken = list(dict.fromkeys(unit.steps))
            for step in taken:
                self._hit(f"before:{step}")
        for step in taken:
            self._hit(f"after:{step}")

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A consistent view; nothing can be written."""
        with self._database.read() as connection:
            yield Unit(connection)
