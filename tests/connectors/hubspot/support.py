"""A HubSpot connector over a running emulator, for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tieout.connectors.hubspot import HUBSPOT
from tieout.connectors.kit.registration import Setup
from tieout.domain.documents import Order
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.sources import SourceRef
from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import TOKEN, sample_dataset
from tieout.emulators.kit.clock import EmulatorClock
from tieout.flows.ports import Note
from tieout.runner.clock import ManualClock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITE_BACK = {"id": "netsuite_id", "status": "netsuite_status", "at": "netsuite_synced_at"}
OAUTH = {
    "method": "oauth",
    "client_id": "sample-client",
    "client_secret": "env:CLIENT",
    "refresh_token": "env:REFRESH",
}
SECRETS = {"env:TOKEN": TOKEN, "env:CLIENT": "sample-secret", "env:REFRESH": "na1-refresh-sample"}


def dataset():
    """The sample portal, with a status our notes may have."""
    data = sample_dataset()
    for item in data["properties"]:
        if item["name"] == "netsuite_status":
            item["options"] = [*item["options"], "confirmed", "again"]
    return data


def options(base_url, **changes):
    """Options for the sample portal."""
    given = {
        "base_url": base_url,
        "auth": {"method": "token", "token": "env:TOKEN"},
        "company_terms_property": "payment_terms",
        "po_number_property": "po_number",
        "write_back": {"company": WRITE_BACK, "deal": WRITE_BACK},
        "deadline_seconds": 5,
        **changes,
    }
    return HUBSPOT.options.model_validate(given)


def connect(base_url, clock, *, secrets=SECRETS, cut_over=date(2000, 1, 1), **changes):
    """A connector built as `bootstrap` builds it."""
    chosen = options(base_url, **changes)
    return HUBSPOT.build(Setup("hs", "sandbox", cut_over, chosen, secrets.__getitem__, clock))


class Portal:
    """An emulator, a connector, and one clock for both."""

    def __init__(self, data=None, **changes):
        self.emulator = HubSpotEmulator(data or dataset(), EmulatorClock(NOW, frozen=True))
        self.emulator.start()
        self.control = self.emulator.control
        self.clock = ManualClock(NOW)
        self.source = connect(self.emulator.base_url, self.clock, **changes)
        self.cursor = None
        self.aliases = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.source.close()
        self.emulator.stop()

    def admin(self, action, **arguments):
        return self.control.admin(action, **arguments)

    def update(self, record_id, kind="deals", **properties):
        return self.admin("update", type=kind, id=record_id, properties=properties)

    def advance(self, **span):
        step = timedelta(**span)
        self.clock.advance(step)
        self.control.clock(advance_seconds=step / timedelta(seconds=1))

    def poll(self):
        """One whole round: every sighting until nothing is left."""
        sightings = []
        for _ in range(10_000):
            # Five searches a second: rounds of a test follow each other faster than any worker's.
            self.advance(seconds=1)
            batch = self.source.poll(self.cursor)
            self.cursor = batch.cursor
            sightings += batch.sightings
            self.aliases += [(alias.object, alias.loser, alias.winner) for alias in batch.aliases]
            if not batch.more:
                return sightings
        raise AssertionError("the poll does not end")

    def settle(self):
        """Poll until nothing is news any more: what search shows late has been shown."""
        self.poll()
        self.advance(minutes=10)
        while self.poll():
            self.advance(minutes=10)

    def seen(self):
        """Ids of the next round's sightings."""
        return [sighting.object_id for sighting in self.poll()]

    def order(self, sighting) -> Order:
        order = self.source.read(sighting)
        assert isinstance(order, Order), order
        return order

    def requests(self, operation=None):
        """What was asked since the last time, as the emulator logged it."""
        return [one for one in self.control.log() if operation in (None, one["operation"])]

    def row(self, record, record_id):
        """A record as it is in the portal."""
        [found] = [row for row in self.control.truth(record) if row["id"] == record_id]
        return found


def note(record_id, kind="deal", **changes):
    """A note as the flows make it."""
    target = SourceRef(system="hs", environment="sandbox", object=kind, id=record_id)
    values = {
        "record": RecordType.INVOICE,
        "external_id": ExternalId(f"inv-hs-{record_id}"),
        "internal_id": InternalId(f"4{record_id}"),
        "number": "INV-1",
        "status": "confirmed",
        **changes,
    }
    return Note(target=target, **values)
