"""The HubSpot portal as a source of deals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from tieout.connectors.hubspot.aggregates import Aggregates, Found
from tieout.connectors.hubspot.auth import Secrets
from tieout.connectors.hubspot.client import HubSpotClient
from tieout.connectors.hubspot.cursor import reading_text
from tieout.connectors.hubspot.hooks import Hook, ObjectId
from tieout.connectors.hubspot.options import HubSpotOptions, StaticToken
from tieout.connectors.hubspot.polling import Poller
from tieout.connectors.hubspot.preflight import warnings
from tieout.connectors.hubspot.properties import DEAL
from tieout.connectors.hubspot.reading import Reader
from tieout.connectors.hubspot.writing import NoteWriter
from tieout.connectors.kit.registration import Setup
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.flows.errors import Paused
from tieout.flows.ports import Batch, Clock, Note, NoteResult, Sighting


class HubSpotSource:
    """Implements `flows.ports.Source`; `hook` and `refresh` are for whoever receives webhooks."""

    def __init__(
        self,
        name: str,
        environment: str,
        options: HubSpotOptions,
        client: HubSpotClient,
        clock: Clock,
        cut_over: date = date.min,
        hook: Hook | None = None,
    ) -> None:
        self._name, self._environment, self._options = name, environment, options
        self._client, self._clock, self._hook = client, clock, hook
        self._aggregates = Aggregates(options, client)
        self._poller = Poller(options, client, Aggregates(options, client), clock, cut_over)
        self._writer = NoteWriter(options, client, clock)
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
        """Whether any object has properties for our notes."""
        return bool(self._options.write_back)

    @property
    def hook(self) -> Hook | None:
        """What verifies webhooks; None when none are configured."""
        return self._hook

    def fingerprint(self) -> str:
        """The portal's number. Raises `CallError`s."""
        portal = self._client.account().get("portalId")
        if not portal:
            raise Paused("HubSpot's account details name no portal")
        return str(portal)

    def warnings(self) -> list[str]:
        """See `preflight`."""
        return warnings(self._options, self._client)

    def poll(self, cursor: str | None) -> Batch:
        """See `polling`."""
        return self._poller.poll(cursor)

    def refresh(self, ids: Iterable[ObjectId]) -> Found:
        """Read again the deals that these records are, or belong to. Raises `CallError`s.

        Safe beside a poll, from any thread: versions say which reading is newer.
        """
        by_kind: dict[str, list[str]] = {}
        for one in ids:
            by_kind.setdefault(one.object, []).append(one.id)
        deals = dict.fromkeys(by_kind.pop(DEAL, []))
        for kind, records in by_kind.items():
            for owned in self._aggregates.deals_of(kind, records).values():
                deals |= dict.fromkeys(owned)
        return self._aggregates.read(deals, lambda: reading_text(self._clock.now()))

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """See `reading`."""
        return self._reader.read(sighting)

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """See `writing`."""
        return self._writer.write(notes)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()


def build(setup: Setup) -> HubSpotSource:
    """The source of a configured portal."""
    options: HubSpotOptions = setup.options
    auth = options.auth
    if isinstance(auth, StaticToken):
        secrets = Secrets(token=setup.secret(auth.token))
    else:
        secrets = Secrets(
            client_secret=setup.secret(auth.client_secret), refresh_token=setup.secret(auth.refresh_token)
        )
    hook = None
    if options.webhooks is not None:
        hook = Hook(
            public_url=options.webhooks.public_url,
            secrets=[setup.secret(one) for one in options.webhooks.client_secrets],
            portal_id=options.portal_id,
            max_age_seconds=options.webhooks.max_age_seconds,
        )
    client = HubSpotClient(options, secrets, setup.clock)
    return HubSpotSource(setup.name, setup.environment, options, client, setup.clock, setup.cut_over, hook)
