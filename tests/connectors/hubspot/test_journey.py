"""HubSpot → Tieout → NetSuite and back, over real HTTP on both sides."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from ruamel.yaml import YAML
from tests.connectors.hubspot.support import WRITE_BACK, dataset
from tests.connectors.salesforce import support as salesforce
from tests.support.house import ACCOUNT, CANARIES, START, keys
from tests.support.house import dataset as netsuite_dataset
from tests.support.stores import store_url

from tieout.bootstrap import EnvironmentMismatch, build, check_pins
from tieout.cli.sync import load_crosswalks
from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import ACME, CUSTOM_LINE, LINE, TOKEN, WON
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.salesforce.sample import sample_dataset as salesforce_dataset
from tieout.runner.clock import ManualClock
from tieout.settings.file import load

ITEMS = {"70001": "501", "70002": "502", "custom:Workshop": "501"}
SALESFORCE_ITEMS = {make_id("01t", 1): "501", make_id("01t", 2): "502"}
CROSSWALK = "\n".join(
    [
        "system,key,target",
        *(f"{system},{key},{item}" for system in ("hs", "uk") for key, item in ITEMS.items()),
        *(f"sf,{key},{item}" for key, item in SALESFORCE_ITEMS.items()),
    ]
)


def portal():
    """The sample portal: Acme is in Boston, and nothing recurs."""
    data = dataset()
    acme = next(one for one in data["records"]["companies"] if one["id"] == ACME)
    acme["properties"] |= {"city": "Boston", "state": "MA", "zip": "02101", "country": "United States"}
    del acme["properties"]["payment_terms"]
    for line in data["records"]["line_items"]:
        for name in [name for name in line["properties"] if "recurring" in name]:
            del line["properties"][name]
    return data


def hubspot_source(url, **options):
    given = {
        "base_url": url,
        "portal_id": 62515,
        "auth": {"method": "token", "token": "file:hubspot.token"},
        "po_number_property": "po_number",
        "write_back": {"company": WRITE_BACK, "deal": WRITE_BACK},
        "deadline_seconds": 5,
        **options,
    }
    return {"type": "hubspot", "tag": "hs", "cut_over": "2026-10-01", "options": given}


class Journey:
    """A whole machine from a configuration file, with the emulators it talks to."""

    def __init__(self, folder, ns, crms, sources):
        self.ns, self.crms, self.clock = ns, crms, ManualClock(START)
        (folder / "netsuite.pem").write_text(keys()[0])
        (folder / "hubspot.token").write_text(TOKEN)
        (folder / "salesforce.secret").write_text("sample-secret")
        (folder / "items.csv").write_text(CROSSWALK)
        file = folder / "tieout.yaml"
        with file.open("w") as handle:
            settings = {**self._settings(ns.base_url, sources), "store": store_url(folder, "journey")}
            YAML().dump(settings, handle)
        self.application = build(load(file), clock=self.clock)
        self.machine = self.application.machine
        assert load_crosswalks(self.application) == []

    @staticmethod
    def _settings(netsuite, sources):
        auth = {
            "method": "oauth2",
            "client_id": "client-tieout",
            "certificate_id": "kid-1",
            "private_key": "file:netsuite.pem",
            "algorithm": "ES256",
        }
        countries = {"US": "1", "DE": "2"}
        return {
            "installation": "journey",
            "netsuite": {
                "account": ACCOUNT,
                "base_url": netsuite,
                "auth": auth,
                "concurrency": 5,
                "deadline_seconds": 5,
                "canaries": {
                    str(kind): {k: str(v) for k, v in ids.items()} for kind, ids in CANARIES.items()
                },
            },
            "sources": sources,
            "rules": {
                "handoff": [{"name": "all", "then": "invoice"}],
                "subsidiary": [
                    {"name": code, "when": {"customer.country": code}, "then": then}
                    for code, then in countries.items()
                ],
            },
            "crosswalks": {"item": "items.csv"},
        }

    def advance(self, step):
        self.clock.advance(step)
        for emulator in (self.ns, *self.crms):
            emulator.control.clock(advance_seconds=step / timedelta(seconds=1))

    def run(self):
        """Poll and turn all lanes until nothing moves by itself."""
        for _ in range(300):
            self.advance(timedelta(seconds=1))
            self.machine.poll()
            if self.machine.step():
                continue
            if self.machine.is_quiet():
                return
            due, now = self.machine.next_due(), self.clock.now()
            self.advance(max((due or now) - now, timedelta(seconds=5)))
        raise AssertionError("it did not come to rest")

    def later(self):
        """When search has seen everything, and once more."""
        self.advance(timedelta(minutes=2))
        self.run()

    def standings(self):
        with self.application.store.read() as unit:
            return {r.source.id: (str(r.standing), r.reason) for r in unit.records.all()}

    def made(self, record):
        return [one for one in self.ns.control.truth(record) if one["_meta"]["created_by"] == "tieout"]

    def cases(self):
        with self.application.store.read() as unit:
            return sorted(case.finding.code for case in unit.cases.find())


@contextmanager
def journey(folder, *, with_salesforce=False, more=None, settings=None, **options):
    with ExitStack() as stack:
        ns = stack.enter_context(NetSuiteEmulator(netsuite_dataset(), clock=START))
        hs = stack.enter_context(HubSpotEmulator(portal(), EmulatorClock(START, frozen=True)))
        crms, sources = (
            [hs],
            {
                "hs": {**hubspot_source(hs.base_url, **options), **(settings or {})},
                **(more or {}),
            },
        )
        if with_salesforce:
            sf = stack.enter_context(
                SalesforceEmulator(salesforce_dataset(), EmulatorClock(START, frozen=True))
            )
            crms.append(sf)
            given = salesforce.options(sf.base_url).model_dump(mode="json", exclude={"account_terms_field"})
            given["auth"]["client_secret"] = "file:salesforce.secret"
            sources["sf"] = {"type": "salesforce", "cut_over": "2026-10-01", "options": given}
        made = Journey(folder, ns, crms, sources)
        stack.callback(made.application.close)
        yield made, hs


def fields(hs, record, record_id):
    [found] = [row for row in hs.control.truth(record) if row["id"] == record_id]
    return found["fields"]


@pytest.mark.requirement("R13")
def test_a_won_deal_is_invoiced_and_its_ids_come_back(tmp_path):
    with journey(tmp_path) as (j, hs):
        check_pins(j.application)
        j.run()
        assert j.standings() == {WON: ("confirmed", ""), "20002": ("ignored", "not_won")}
        [invoice], [customer] = j.made("invoice"), j.made("customer")
        assert invoice["external_id"] == f"inv-hs-{WON}"
        assert customer["external_id"] == f"hs-{ACME}"
        assert fields(hs, "deals", WON)["netsuite_id"] == invoice["id"]
        assert fields(hs, "companies", ACME)["netsuite_id"] == customer["id"]
        assert fields(hs, "deals", WON)["netsuite_status"] == "confirmed"


def test_our_own_notes_wake_nobody(tmp_path):
    with journey(tmp_path) as (j, hs):
        j.run()
        at = fields(hs, "deals", WON)["netsuite_synced_at"]
        j.later()
        j.later()
        assert j.standings()[WON] == ("confirmed", "")
        assert j.cases() == []
        assert fields(hs, "deals", WON)["netsuite_synced_at"] == at
        assert len(j.made("invoice")) == 1


@pytest.mark.requirement("R15")
def test_a_line_removed_after_the_invoice_is_a_case(tmp_path):
    with journey(tmp_path) as (j, hs):
        j.run()
        hs.control.admin("archive", type="line_items", id=CUSTOM_LINE)
        j.advance(timedelta(hours=2))
        j.run()
        assert "deal_changed" in j.cases()


@pytest.mark.requirement("R15")
def test_a_deal_reopened_and_won_again_between_two_polls_is_a_case(tmp_path):
    with journey(tmp_path) as (j, hs):
        j.run()
        for stage in ("98765431", "98765433"):
            hs.control.admin("set_stage", id=WON, stage=stage)
            j.advance(timedelta(seconds=5))
        j.later()
        assert j.cases() == ["deal_reopened"]


def test_a_deal_merged_after_its_invoice_is_never_billed_again(tmp_path):
    with journey(tmp_path) as (j, hs):
        j.run()
        merged = hs.control.admin("merge", type="deals", primary=WON, other="20002")["id"]
        j.later()
        assert j.standings()[merged] == ("case", "deal_changed")
        assert j.cases() == ["deal_changed", "deal_deleted"]
        assert len(j.made("invoice")) == 1


def test_deals_merged_before_anything_was_written_are_one_sale(tmp_path):
    with journey(tmp_path) as (j, hs):
        merged = hs.control.admin("merge", type="deals", primary=WON, other="20002")["id"]
        j.run()
        assert j.standings()[merged] == ("confirmed", "")
        assert [one["external_id"] for one in j.made("invoice")] == [f"inv-hs-{merged}"]


def test_a_deal_waits_for_its_approval_and_its_billing_terms(tmp_path):
    waits = {"trigger": {"deal.dealtype": "newbusiness"}, "require_billing_terms": True}
    mapped = {"billing_terms_confirmed_property": "description", "deal_attribute_properties": ["dealtype"]}
    with journey(tmp_path, settings=waits, **mapped) as (j, hs):
        j.run()
        assert j.standings()[WON] == ("ignored", "trigger_not_met")
        hs.control.admin("update", type="deals", id=WON, properties={"dealtype": "newbusiness"})
        j.later()
        assert j.standings()[WON] == ("ignored", "billing_terms_unconfirmed")
        hs.control.admin("update", type="deals", id=WON, properties={"description": "true"})
        j.later()
        assert j.standings()[WON] == ("confirmed", "")


def test_a_merged_company_keeps_its_netsuite_customer(tmp_path):
    with journey(tmp_path) as (j, hs):
        j.run()
        hs.control.admin("merge", type="companies", primary=ACME, other="30003")
        j.later()
        assert len(j.made("customer")) == 1
        assert len(j.made("invoice")) == 1


@pytest.mark.requirement("R13")
def test_two_crms_on_one_account_share_no_external_id(tmp_path):
    with journey(tmp_path, with_salesforce=True) as (j, _):
        j.run()
        assert {one for one, (standing, _) in j.standings().items() if standing == "confirmed"} == {
            WON,
            salesforce.WON,
        }
        assert {one["external_id"] for one in j.made("customer")} == {f"hs-{ACME}", salesforce.ACME}


def test_two_portals_with_the_same_ids_do_not_meet(tmp_path):
    """Both portals have a company 30001 and a deal 20001, of two companies."""
    data = portal()
    theirs = next(one for one in data["records"]["companies"] if one["id"] == ACME)
    theirs["properties"] |= {"name": "Acme Ltd", "domain": "acme.uk.example"}
    with HubSpotEmulator(data, EmulatorClock(START, frozen=True)) as other:
        second = {**hubspot_source(other.base_url), "tag": "uk"}
        with journey(tmp_path, more={"uk": second}) as (j, hs):
            j.crms.append(other)
            j.run()
            ids = {f"inv-hs-{WON}", f"inv-uk-{WON}"}
            assert {one["external_id"] for one in j.made("invoice")} == ids
            assert {one["external_id"] for one in j.made("customer")} == {f"hs-{ACME}", f"uk-{ACME}"}
            assert fields(hs, "deals", WON)["netsuite_id"] != fields(other, "deals", WON)["netsuite_id"]


def test_another_portal_stops_the_start(tmp_path):
    with journey(tmp_path, portal_id=1) as (j, _), pytest.raises(EnvironmentMismatch, match="62515"):
        check_pins(j.application)


def test_the_sample_has_what_the_journey_needs():
    lines = {one["id"]: one["properties"] for one in portal()["records"]["line_items"]}
    assert not any("recurring" in name for name in lines[LINE])
