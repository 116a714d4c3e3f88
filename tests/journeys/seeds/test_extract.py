"""A public extract of somebody's org, partly hashed and with gaps, synced from its own `tieout.yaml`.

Every deal of the extract is in the recycle bin. The first journey takes it as it is; the second takes the deals
out of the bin first, so that what is hashed and missing in them is met.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.house import dataset as netsuite_dataset
from tests.support.house import keys

from tieout.bootstrap import build, check_pins
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.salesforce.seeds import load_fivetran
from tieout.runner.clock import ManualClock
from tieout.settings.file import load

HERE = Path(__file__).parent
EXTRACT = Path(__file__).parents[2] / "fixtures" / "salesforce" / "fivetran-seeds"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
WON = {
    "006q000000HddohAAB",
    "006q000000HdPzpAAF",
    "006q000000Hbmd1AAB",
    "006q000000HcZXrAAN",
    "006q000000HddueAAB",
}


class Journey:
    """The application over both emulators, turned until it rests."""

    def __init__(self, folder, netsuite, salesforce):
        self.netsuite, self.salesforce = netsuite, salesforce
        self.clock = ManualClock(NOW)
        text = (HERE / "tieout.yaml").read_text()
        text = text.replace("@netsuite@", netsuite.base_url).replace("@salesforce@", salesforce.base_url)
        (folder / "tieout.yaml").write_text(text)
        (folder / "netsuite.pem").write_text(keys()[0])
        (folder / "salesforce.secret").write_text("sample-secret")
        self.application = build(load(folder / "tieout.yaml"), clock=self.clock)

    def run(self):
        """Poll, and turn all lanes until nothing moves."""
        machine = self.application.machine
        for _ in range(100):
            machine.poll()
            if not machine.step() and machine.is_quiet():
                return
            self.clock.advance(timedelta(seconds=1))
        raise AssertionError("did not come to rest")

    def ends(self):
        """Deal → (standing, reason, what its findings say), printed as a person would want to read it."""
        with self.application.store.read() as unit:
            found = {}
            for record in unit.records.all():
                cases = unit.cases.find(record_ids=[record.id])
                said = tuple(f"{case.finding.code}: {case.finding.found}" for case in cases)
                found[record.source.id] = (str(record.standing), record.reason, said)
        for deal, (standing, reason, said) in sorted(found.items()):
            print(f"{deal}  {standing:8} {reason:20} {'; '.join(said)}")
        print(dict(Counter(f"{standing} {reason}".strip() for standing, reason, _ in found.values())))
        return found


@contextmanager
def journey(folder):
    with (
        NetSuiteEmulator(netsuite_dataset(), clock=NOW) as netsuite,
        SalesforceEmulator(load_fivetran(EXTRACT), EmulatorClock(NOW, frozen=True)) as salesforce,
    ):
        started = Journey(folder, netsuite, salesforce)
        yield started
        started.application.close()


def deals():
    return {row["Id"] for row in load_fivetran(EXTRACT)["records"]["Opportunity"]}


@pytest.mark.requirement("R10", "R70")
def test_the_extract_as_it_is(tmp_path):
    with journey(tmp_path) as j:
        j.run()
        ends = j.ends()
        assert ends.keys() == deals()
        assert {end[:2] for end in ends.values()} == {("ignored", "deleted_at_source")}


@pytest.mark.requirement("R08", "R10", "R70")
def test_the_extract_out_of_the_recycle_bin(tmp_path):
    with journey(tmp_path) as j:
        before = len(j.netsuite.control.truth())
        for deal in deals():
            j.salesforce.control.admin("undelete", type="Opportunity", id=deal)
        j.run()
        ends = j.ends()
        assert ends.keys() == deals()
        assert {deal for deal, end in ends.items() if end[0] == "case"} == WON
        for deal in WON:
            standing, reason, said = ends[deal]
            assert (standing, reason) == ("case", "id_malformed")
            assert any("==" in text for text in said), said  # the hashed account id is quoted
        assert {ends[deal][:2] for deal in ends.keys() - WON} == {("ignored", "not_won")}
        assert len(j.netsuite.control.truth()) == before


def test_a_second_poll_of_the_extract_finds_nothing_new(tmp_path):
    with journey(tmp_path) as j:
        j.run()
        with j.application.store.read() as unit:
            before = unit.records.all()
        j.clock.advance(timedelta(hours=1))
        assert j.application.machine.poll() == 0
        with j.application.store.read() as unit:
            assert unit.records.all() == before


@pytest.mark.requirement("R02")
def test_the_other_connectors_of_the_extract_are_named(tmp_path):
    with journey(tmp_path) as j:
        warnings = check_pins(j.application)
        for text in warnings:
            print(text)
        foreign = [text for text in warnings if text.startswith("salesforce: foreign writer: ")]
        assert {text.split()[3] for text in foreign} == {"OpportunityLineItem", "Order", "Product2"}
        for prefix in ("celigo_sfnsio__NetSuite_Id__c", "netsuite_conn__NetSuite_Id__c"):
            assert any(prefix in text for text in foreign), prefix
