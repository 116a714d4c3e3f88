"""The NetSuite port, for one account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from math import ceil
from typing import Any

from tieout.connectors.kit.http import real_deadline
from tieout.connectors.netsuite.applying import apply_payment
from tieout.connectors.netsuite.cash_reading import CashReader
from tieout.connectors.netsuite.catalogue import missing_fields, preview, refuse_legacy_tax
from tieout.connectors.netsuite.client import NetSuiteClient
from tieout.connectors.netsuite.config import NetSuiteConfig
from tieout.connectors.netsuite.create import create
from tieout.connectors.netsuite.extend import allowances, extend_customer
from tieout.connectors.netsuite.reading import Reader
from tieout.connectors.netsuite.settlements import count_since, ids_since, settled_by
from tieout.connectors.netsuite.update import update_customer
from tieout.domain.cash.ledger import OpenItem
from tieout.domain.comparison import CreateDraft, Observed
from tieout.domain.drafts import ApplyDraft, CustomerUpdateDraft, ExtendCustomerDraft
from tieout.domain.extensions import Allowance
from tieout.domain.ids import InternalId, RecordType
from tieout.domain.reference import ExistingCustomer, Reference
from tieout.flows.errors import LookUpBlind
from tieout.flows.ports import Clock, ForeignPaymentQuery, ForeignQuery, ForeignSign, LookUp, LookUpKey
from tieout.flows.rows import Links, Reply


class NetSuiteGateway:
    """Implements `tieout.flows.ports.NetSuite` over HTTP."""

    def __init__(self, config: NetSuiteConfig, clock: Clock) -> None:
        self.config = config
        self.client = NetSuiteClient(config, clock)
        self._reader = Reader(self.client, clock)
        self._cash = CashReader(self.client, clock)
        self._deadline = ceil(real_deadline(config.deadline_seconds, clock.scale) * clock.scale)

    @property
    def account(self) -> str:
        """The account id, upper case."""
        return self.config.account.upper().replace("-", "_")

    @property
    def deadline_seconds(self) -> int:
        """The deadline as it is enforced: a scaled clock cannot shrink it below two real seconds."""
        return self._deadline

    @property
    def doubt_seconds(self) -> int:
        """NetSuite's own limit for one request."""
        return self.config.server_limit_seconds

    def look_up(self, keys: Sequence[LookUpKey]) -> LookUp:
        """Which external ids exist."""
        return self._reader.look_up(keys)

    def foreign_signs(self, queries: Sequence[ForeignQuery]) -> Mapping[str, list[ForeignSign]]:
        """Signs of other writers."""
        return self._reader.foreign_signs(queries)

    def create(self, draft: CreateDraft, links: Links, left: Callable[[], None] | None = None) -> Reply:
        """Create one record."""
        return create(self.client, draft, links, left)

    def update_customer(
        self, draft: CustomerUpdateDraft, customer: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """Update one customer's address and contact fields."""
        return update_customer(self.client, draft, customer, left)

    def apply_payment(
        self, draft: ApplyDraft, payment: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """Change what one of our payments is applied to."""
        return apply_payment(self.client, draft, payment, left)

    def open_items(self, since: datetime | None) -> Iterable[list[OpenItem]]:
        """Open documents, or those that changed."""
        return self._cash.open_items(since)

    def items_now(self, ids: Sequence[InternalId]) -> list[OpenItem]:
        """Documents as they are now."""
        return self._cash.items_now(ids)

    def settled_by(self, ids: Sequence[InternalId]) -> Mapping[InternalId, set[InternalId]]:
        """What payments and credits are applied to."""
        return settled_by(self.client, ids)

    def count_since(self, first: date) -> int:
        """How many documents there are."""
        return count_since(self.client, first)

    def ids_since(self, first: date) -> Iterable[list[InternalId]]:
        """Their internal ids."""
        return ids_since(self.client, first)

    def foreign_payments(self, queries: Sequence[ForeignPaymentQuery]) -> Mapping[str, list[ForeignSign]]:
        """Payments of other writers."""
        return self._cash.foreign_payments(queries)

    def extend_customer(
        self, draft: ExtendCustomerDraft, customer: InternalId, left: Callable[[], None] | None = None
    ) -> Reply:
        """Give one customer one more currency or subsidiary."""
        return extend_customer(self.client, draft, customer, left)

    def allowances(self, customers: Sequence[InternalId]) -> Mapping[InternalId, Allowance]:
        """What customers may do now."""
        return allowances(self.client, customers)

    def read_back(
        self, records: Sequence[tuple[RecordType, InternalId]]
    ) -> Mapping[tuple[RecordType, InternalId], Observed]:
        """Records as they are now."""
        return self._reader.read_back(records)

    def payments_now(self, ids: Sequence[InternalId]) -> Mapping[InternalId, Observed]:
        """Customer payments as they are now, with what they post."""
        return self._reader.payments_now(ids)

    def invoices_of(self, orders: Sequence[InternalId]) -> Mapping[InternalId, list[Observed]]:
        """Invoices made from sales orders."""
        return self._reader.invoices_of(orders)

    def reference(self) -> Reference:
        """Reference data."""
        return self._reader.reference()

    def customers(self, after: InternalId | None, since: datetime | None) -> Iterable[list[ExistingCustomer]]:
        """Pages of customers."""
        return self._reader.customers(after, since)

    def fingerprint(self) -> str:
        """The account as it answers us: an authenticated read has to succeed."""
        self.client.suiteql_page("SELECT id FROM currency WHERE id = ?", ["1"])
        return self.account

    def preflight(self, records: Iterable[RecordType]) -> list[str]:
        """What is wrong with the account before anything is written: missing trace fields, blind canaries.

        Raises `EnvironmentMismatch` for legacy tax, and `CallError`s.
        """
        refuse_legacy_tax(self.client)
        problems = []
        for record in records:
            for name in missing_fields(self.client, record):
                problems.append(
                    f"{record} has no field {name}: create it and expose it, or every write of {record} is refused"
                )
            keys = [
                LookUpKey(type=record, external_id=external_id, subsidiary=InternalId(subsidiary))
                for subsidiary, external_id in self.config.canaries.get(record, {}).items()
            ]
            try:
                # All subsidiaries at once: the fewer reads, the likelier an account under load answers them all.
                self.look_up(keys)
            except LookUpBlind as error:
                problems.append(str(error))
        return problems

    def preview(self, draft: CreateDraft, links: Links) -> dict[str, Any]:
        """The pre-filled form for a draft; nothing is saved."""
        return preview(self.client, draft, links)

    def close(self) -> None:
        """Close idle connections."""
        self.client.http.close()
