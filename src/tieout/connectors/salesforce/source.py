"""The Salesforce org as a source of deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tieout.connectors.kit.registration import Setup
from tieout.connectors.salesforce.client import SalesforceClient
from tieout.connectors.salesforce.options import JwtBearer, SalesforceOptions
from tieout.connectors.salesforce.polling import Poller
from tieout.connectors.salesforce.preflight import warnings
from tieout.connectors.salesforce.reading import Reader
from tieout.connectors.salesforce.writing import NoteWriter
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.flows.errors import Paused
from tieout.flows.ports import Batch, Note, NoteResult, Sighting


class SalesforceSource:
    """Implements `flows.ports.Source`."""

    def __init__(
        self,
        name: str,
        environment: str,
        options: SalesforceOptions,
        client: SalesforceClient,
        writer: NoteWriter,
        poller: Poller,
        cut_over: date = date.min,
    ) -> None:
        self._name, self._environment, self._options = name, environment, options
        self._client, self._writer, self._poller = client, writer, poller
        self._reader = Reader(options, name, environment, cut_over)

    @property
    def name(self) -> str:
        """The configured name."""
        return self._name

    @property
    def environment(self) -> str:
        """The configured environment."""
        return self._environment

    @property
    def writes_back(self) -> bool:
        """Whether any object has fields for our notes."""
        return bool(self._options.write_back)

    def fingerprint(self) -> str:
        """The 18 character org id, from the login's own answer. Raises `CallError`s."""
        org_id = self._client.session().org_id
        if not org_id:
            raise Paused("the login's answer names no org")
        return org_id

    def warnings(self) -> list[str]:
        """See `preflight`."""
        return warnings(self._options, self._client)

    def poll(self, cursor: str | None) -> Batch:
        """See `polling`."""
        return self._poller.poll(cursor)

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """See `reading`."""
        return self._reader.read(sighting)

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """See `writing`."""
        return self._writer.write(notes)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()


def build(setup: Setup) -> SalesforceSource:
    """The source of a configured org."""
    options: SalesforceOptions = setup.options
    auth = options.auth
    secret = setup.secret(auth.private_key if isinstance(auth, JwtBearer) else auth.client_secret)
    client = SalesforceClient(options, secret, setup.clock)
    return SalesforceSource(
        name=setup.name,
        environment=setup.environment,
        options=options,
        client=client,
        writer=NoteWriter(options, client, setup.clock),
        poller=Poller(options, client, setup.clock),
        cut_over=setup.cut_over,
    )
