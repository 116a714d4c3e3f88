"""The examination before two subsidiaries, contacts, sales orders and a source that is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import cast

import pytest
from tests.support.house import CANARIES, House, dataset, house, policy
from tests.support.script import ScriptSource, customer, order

from tieout.connectors.netsuite.doctoring import NetSuiteInspector
from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.doctor import Decision, GoLive, SignOff, Verdict
from tieout.domain.documents import Product
from tieout.domain.ids import RecordType
from tieout.domain.policy import HandOff
from tieout.domain.rules import Rule
from tieout.flows.doctor.engine import Doctor, Report
from tieout.flows.doctor.ports import SignedIn

HASHES = dict.fromkeys(Decision, "0" * 16)

#: What the house writes; payments only where cash is configured.
RECORDS = [RecordType.CUSTOMER, RecordType.CONTACT, RecordType.SALES_ORDER, RecordType.INVOICE]


class WarningSource(ScriptSource):
    """A source whose preflight finds something."""

    def warnings(self) -> list[str]:
        return ["field Amount__c is hidden from our user"]


class Elsewhere(NetSuiteInspector):
    """An account whose links name another one."""

    def sign_in(self) -> SignedIn:
        signed = super().sign_in()
        return replace(signed, host="9.suitetalk.api.netsuite.com", account="9")


def go_live(house: House, **changes: object) -> GoLive:
    day = house.clock.now().date()
    signed = SignOff(sales_ops="Rita", finance="Fred", on=day, settings="0" * 16)
    base = GoLive(
        sign_offs=dict.fromkeys(Decision, signed),
        hashes=HASHES,
        pins={"script": None},
        alert_owner="ana",
        concurrency=15,
        own_address=False,
        canaries=MappingProxyType({str(kind): by_place for kind, by_place in CANARIES.items()}),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def examine(house: House, kind: type[NetSuiteInspector] = NetSuiteInspector, **changes: object) -> Report:
    gateway = cast("NetSuiteGateway", house.machine.context.netsuite)
    records = RECORDS
    return Doctor(house.machine, kind(gateway.client), go_live(house, **changes), records).examine()


def results(report: Report, code: str) -> list[tuple[str, str]]:
    return [(str(one.subject), str(one.verdict)) for one in report.results if one.code == code]


@pytest.fixture
def here(tmp_path):
    with house(tmp_path, policy=policy(HandOff.SALES_ORDER)) as made:
        yield made


def test_every_record_and_subsidiary_is_tried(here: House):
    here.source.put(order(1))
    report = examine(here)
    assert report.of(Verdict.FAIL) == []
    wanted = {(f"{record} in subsidiary {place}", "pass") for record in RECORDS for place in ("1", "2")}
    for code in ("canaries_visible", "role_creates", "trace_fields_exposed", "record_accepted"):
        assert set(results(report, code)) == wanted, code


def test_a_source_nobody_has_polled_is_read_and_kept_nowhere(here: House):
    old, new = Product(id="P8", name="Other"), Product(id="P1", name="Platform")
    line = order(1).lines[0]
    here.source.put(replace(order(1), lines=(replace(line, product=old),)))
    here.source.put(replace(order(1), lines=(replace(line, product=new),)))
    report = examine(here)
    assert results(report, "crosswalk_complete")[0][1] == "pass"
    with here.store.read() as unit:
        assert unit.records.all() == []
        assert unit.records.cursor("script") is None


def test_an_unpinned_or_other_org_fails(here: House):
    assert results(examine(here), "source_pinned") == [("script", "pass")]
    assert results(examine(here, pins={"script": ""}), "source_pinned") == [("script", "fail")]
    assert results(examine(here, pins={"script": "another"}), "source_pinned") == [("script", "fail")]
    assert results(examine(here, pins={"script": "script"}), "source_pinned") == [("script", "pass")]


def test_a_sources_warning_is_passed_on(tmp_path):
    with house(tmp_path, source=WarningSource()) as made:
        report = examine(made)
    (row,) = [one for one in report.results if one.code == "source_ready"]
    assert (row.verdict, row.evidence) == (Verdict.WARN, ("field Amount__c is hidden from our user",))


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(30, "pass"), (-30, "pass"), (200, "warn"), (-200, "warn"), (-400, "fail")]
)
def test_a_clock_that_is_off_is_noticed(here: House, seconds: int, verdict: str):
    # The emulator's clock moves, ours stands: a token is asked for only when there is none.
    examine(here)
    here.ns.control.clock(advance_seconds=-seconds) if seconds < 0 else here.clock.advance(
        timedelta(seconds=seconds)
    )
    assert results(examine(here), "clock_in_step") == [("clock", verdict)]


def test_an_account_that_names_itself_otherwise_fails(here: House):
    report = examine(here, Elsewhere)
    assert results(report, "environment_pinned") == [("TSTDRV1234567", "fail")]


def test_an_address_of_our_own_must_name_its_account(here: House):
    assert results(examine(here, own_address=True), "environment_pinned") == [("TSTDRV1234567", "fail")]
    assert results(examine(here), "environment_pinned") == [("TSTDRV1234567", "unverified")]


def test_forms_chosen_by_rules_are_each_tried(tmp_path):
    rules = {RecordType.INVOICE: (Rule(name="public", then="102"), Rule(name="others", then="101"))}
    with house(tmp_path, policy=replace(policy(), form_rules=rules)) as made:
        made.ns.control.admin("add_mandatory_field", form="102", field="department", label="Department")
        report = examine(made)
    wrong = {str(one.subject) for one in report.results if one.verdict is Verdict.FAIL}
    assert wrong == {"invoice in subsidiary 1, form 102", "invoice in subsidiary 2, form 102"}


def test_a_subsidiary_our_role_does_not_see_fails_there_alone(tmp_path):
    data = dataset()
    data["roles"][1]["subsidiaries"] = ["1"]
    with house(tmp_path, data=data) as made:
        made.source.put(order(1, customer=customer(1)))
        report = examine(made)
    blind = {subject for subject, verdict in results(report, "canaries_visible") if verdict == "fail"}
    assert blind == {f"{record} in subsidiary 2" for record in RECORDS}
