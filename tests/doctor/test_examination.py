"""The examination as a whole: clean, messy, cut off — and it writes nothing where it looks."""

from __future__ import annotations

import re

import pytest
from tests.support.clinic import BY_NATURE, Clinic, deal
from tests.support.faults import FAULTS, PERMISSIONS

from tieout.domain.doctor import CHECKS
from tieout.flows.doctor.engine import SECTIONS

#: Planted where the desk cannot: before two subsidiaries and a CRM (`test_house`).
ELSEWHERE = {
    "environment_pinned",
    "source_pinned",
    "source_ready",
    "clock_in_step",
    "account_reachable",
    "mandatory_fields_known",
    "lines_explicit",
    "writes_keyed",
}


def test_a_clean_account_is_fit(clinic: Clinic):
    report = clinic.examine()
    assert report["fit"]
    assert (report["counts"]["fail"], report["counts"]["warn"]) == (0, 0)
    left = {one["code"] for one in report["results"] if one["result"] == "unverified"}
    assert left == BY_NATURE


def test_every_check_gives_a_result_with_evidence(clinic: Clinic):
    rows = clinic.examine()["results"]
    assert {one["code"] for one in rows} == CHECKS.keys()
    assert [one["code"] for one in rows if not one["evidence"] or not one["title"]] == []
    assert [one["code"] for one in rows if (one["result"] == "pass") == bool(one["remedy"])] == []


def test_every_check_has_a_fault_that_it_finds():
    planted = {fault.code for fault in FAULTS.values()}
    assert planted | ELSEWHERE == CHECKS.keys()
    assert {code for section in SECTIONS for code in section.codes} == CHECKS.keys()


@pytest.mark.requirement("R88")
def test_nothing_is_written_where_it_looks(clinic: Clinic):
    before = clinic.desk.control.truth()
    seen = len(clinic.desk.asked())
    clinic.examine()
    assert clinic.desk.control.truth() == before
    asked = clinic.desk.asked()[seen:]
    assert {one["operation"] for one in asked} <= {"token", "suiteql", "metadata", "get", "other"}
    assert [one for one in asked if one.get("write") or one.get("committed")] == []


def test_a_messy_account_shows_every_fault_at_once(clinic: Clinic):
    """Faults that do not hide one another, all in one account and one configuration."""
    together = [
        "money on an account nobody mapped",
        "charges without a stamp",
        "a renamed item",
        "an inactive item nobody bought",
        "a mandatory field nobody sends",
        "another connector's field",
        "ids that differ in case only",
        "a product without a row",
        "a window shorter than NetSuite's",
        "cut-over in a closed period",
        "today's period is closed",
        "a refreshed sandbox",
        "a canary our role cannot see",
        "a list our role may not read",
        "no right to change customers",
        "nobody is told",
        "an inactive bank account",
        "an inactive fee account",
        "a tolerance on a bank account",
        "no right to make deposits",
        "nobody has signed",
    ]
    clinic.reload(_mess)
    for name in together:
        FAULTS[name].plant(clinic)
    unlinked = {"id": "A-8", "name": "Eighth", "tax_id": "us-1", "billing": {"country": "US"}}
    clinic.sold(deal(8, customer=unlinked))
    clinic.admin(
        "set_role",
        role="1001",
        permissions={**PERMISSIONS, "account": "none", "customer": "create", "deposit": "view"},
    )
    found = clinic.found(code=1)
    wanted = {FAULTS[name].code for name in together}
    wanted |= {"customers_doubled", "foreign_transactions", "foreign_ids", "customers_unambiguous"}
    assert wanted - found.keys() == set()
    assert [code for code, rows in found.items() for row in rows if not row["remedy"]] == []


def _mess(data):
    lines = {"items": [{"item": {"id": "502"}, "quantity": 1, "rate": 99}]}
    common = {"type": "invoice", "tranDate": "2026-10-20", "item": lines}
    data["transactions"].append({**common, "entity": {"id": "2001"}, "externalId": "CEL-1"})
    data["transactions"].append({**common, "entity": {"id": "1001"}, "externalId": "D-1"})
    where = {"subsidiary": {"id": "1"}, "currency": {"id": "1"}, "vatRegNumber": "US 1"}
    data["customers"].append({"id": "3001", "companyName": "Customer 7 LLC", **where})
    data["customers"].append({"id": "3002", "companyName": "Seventh", **where})


def test_an_account_that_refuses_us_leaves_everything_else_unverified(clinic: Clinic):
    clinic.admin("expire_certificate", kid="kid-1")
    clinic.admin("revoke_tokens")
    try:
        report = clinic.examine(code=1)
    finally:
        clinic.admin("restore_certificate", kid="kid-1")
    failed = {one["code"] for one in report["results"] if one["result"] == "fail"}
    assert failed == {"account_reachable"}
    by_code = {one["code"]: one["result"] for one in report["results"]}
    assert by_code.keys() == CHECKS.keys()
    assert by_code["role_creates"] == by_code["crosswalk_targets"] == "unverified"
    assert by_code["decisions_signed"] == by_code["store_writable"] == "pass"


def test_a_configuration_that_cannot_be_read_does_not_start(clinic: Clinic):
    clinic.settings["go_live"]["sign_offs"]["colour"] = {}
    clinic.write()
    result = clinic.desk.run("doctor")
    assert result.exit_code == 2
    assert "go_live" in result.stderr


def test_the_screen_shows_what_is_not_in_order_and_what_to_do(clinic: Clinic):
    FAULTS["a product without a row"].plant(clinic)
    result = clinic.desk.run("doctor")
    assert result.exit_code == 1
    shown = re.sub(r"[│\s]+", " ", result.stdout)
    assert "crosswalk_complete" in shown
    assert "Nova" in shown
    assert "→ Add crosswalk rows" in shown
    assert "external_ids_distinct" not in shown
    assert "Not fit to go live." in shown
    assert "external_ids_distinct" in clinic.desk.run("doctor", "--all").stdout


def test_signing_shows_the_hashes_and_asks_nobody(clinic: Clinic):
    seen = len(clinic.desk.asked())
    clinic.settings["rules"]["handoff"][0]["name"] = "renamed"
    clinic.write()
    shown = clinic.desk.run("doctor", "--sign").stdout
    assert "invoice_ownership:  # has changed since it was signed" in shown
    assert "trigger:  # signed" in shown
    assert len(clinic.desk.asked()) == seen


def test_sales_that_cannot_be_known_leave_the_crosswalk_unverified(clinic: Clinic):
    clinic.settings["go_live"]["months_sold"] = 1
    clinic.write()
    clinic.sold(deal(1, version=2, close_date="2026-01-15"))
    found = clinic.found()
    assert {row["result"] for row in found["crosswalk_complete"]} == {"unverified"}
    assert "no sale is known" in " ".join(found["crosswalk_complete"][0]["evidence"])


def test_a_read_without_an_answer_is_repeated(clinic: Clinic):
    clinic.desk.control.faults({"kind": "html_502", "match": {"operation": "suiteql"}, "times": 2})
    assert clinic.found() == {}


def test_what_was_not_reached_is_unverified_not_in_order(clinic: Clinic):
    clinic.desk.control.faults({"kind": "html_502", "match": {"operation": "metadata"}, "times": 1000})
    try:
        found = clinic.found()
    finally:
        clinic.desk.control.clear_faults()
    untold = {"tax_engine", "trace_fields_exist", "role_creates", "foreign_fields", "foreign_transactions"}
    assert untold - found.keys() == set()
    assert {row["result"] for rows in found.values() for row in rows} == {"unverified"}
