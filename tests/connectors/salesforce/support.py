"""A Salesforce connector over a running emulator, for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tieout.connectors.kit.registration import Setup
from tieout.connectors.salesforce import SALESFORCE
from tieout.domain.documents import Order
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.sources import SourceRef
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.salesforce.sample import sample_dataset
from tieout.flows.ports import Note
from tieout.runner.clock import ManualClock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "sample-secret"
ACME, BETA = make_id("001", 1), make_id("001", 2)
WON, OPEN = make_id("006", 1), make_id("006", 2)
LINE, DISCOUNTED_LINE = make_id("00k", 1), make_id("00k", 2)
WRITE_BACK = {
    "id": "NetSuite_Id__c",
    "status": "NetSuite_Status__c",
    "error": "NetSuite_Sync_Error__c",
    "at": "NetSuite_Last_Sync__c",
}


def options(base_url, **changes):
    """Options for the sample org."""
    given = {
        "base_url": base_url,
        "auth": {"client_id": "sample-client", "client_secret": "env:SECRET"},
        "default_currency": "EUR",
        "account_terms_field": "Payment_Terms__c",
        "deal_attribute_fields": ["NextStep"],
        "write_back": {"Account": WRITE_BACK, "Opportunity": WRITE_BACK},
        "deadline_seconds": 5,
        **changes,
    }
    auth = {"method": "client_credentials", **given["auth"]}
    return SALESFORCE.options.model_validate({**given, "auth": auth})


def connect(base_url, clock, *, secret=SECRET, **changes):
    """A connector built as `bootstrap` builds it."""
    chosen = options(base_url, **changes)
    return SALESFORCE.build(Setup("sf", "sandbox", date(2000, 1, 1), chosen, lambda _: secret, clock))


class Org:
    """An emulator, a connector, and one clock for both."""

    def __init__(self, dataset=None, **changes):
        self.emulator = SalesforceEmulator(dataset or sample_dataset(), EmulatorClock(NOW, frozen=True))
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

    def update(self, record_id, sobject="Opportunity", **fields):
        return self.admin("update", type=sobject, id=record_id, fields=fields)

    def advance(self, **span):
        step = timedelta(**span)
        self.clock.advance(step)
        self.control.clock(advance_seconds=step / timedelta(seconds=1))

    def poll(self):
        """One whole round: every sighting until nothing is left."""
        sightings = []
        for _ in range(10_000):
            batch = self.source.poll(self.cursor)
            self.cursor = batch.cursor
            sightings += batch.sightings
            self.aliases += [(alias.loser, alias.winner) for alias in batch.aliases]
            if not batch.more:
                return sightings
        raise AssertionError("the poll does not end")

    def settle(self):
        """Poll until the overlap has nothing new, a little later, when stamps cannot be shared any more."""
        self.poll()
        self.advance(seconds=61)
        while self.poll():
            pass

    def seen(self):
        """Ids of the next round's sightings."""
        return [sighting.object_id for sighting in self.poll()]

    def order(self, sighting) -> Order:
        order = self.source.read(sighting)
        assert isinstance(order, Order), order
        return order

    def row(self, record, record_id):
        """A record as it is in the org."""
        [found] = [row for row in self.control.truth(record) if row["id"] == record_id]
        return found["fields"]


def note(record_id=WON, sobject="Opportunity", **changes):
    """A note as the flows make it."""
    target = SourceRef(system="sf", environment="sandbox", object=sobject, id=record_id)
    values = {
        "record": RecordType.INVOICE,
        "external_id": ExternalId(f"inv_{record_id}"),
        "internal_id": InternalId("4711"),
        "number": "INV-1",
        "status": "confirmed",
        **changes,
    }
    return Note(target=target, **values)


def key_pair():
    """An RSA key pair as PEM texts: private, public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def many_deals(count, stamp="2026-11-20T10:00:00Z"):
    """The sample org with more won deals, all of one stamp."""
    dataset = sample_dataset()
    dataset["records"]["Opportunity"] += [
        {
            "Id": make_id("006", 100 + number),
            "AccountId": ACME,
            "Name": f"Deal {number}",
            "StageName": "Auftrag erteilt",
            "CloseDate": "2026-11-20",
            "Amount": "10",
            "CreatedDate": stamp,
            "SystemModstamp": stamp,
        }
        for number in range(count)
    ]
    return dataset
