"""What the requirements ask of a go-live check, one by one."""

from __future__ import annotations

from ast import literal_eval

import pytest
from tests.support.clinic import Clinic, deal
from tests.support.faults import FAULTS


def said(rows: list[dict]) -> str:
    return " ".join(text for row in rows for text in row["evidence"])


def passed(clinic: Clinic, code: str) -> list[dict]:
    rows = [one for one in clinic.examine()["results"] if one["code"] == code]
    assert {one["result"] for one in rows} == {"pass"}
    return rows


@pytest.mark.requirement("R14")
def test_each_decision_needs_two_people_and_dies_with_its_settings(clinic: Clinic):
    rows = passed(clinic, "decisions_signed")
    assert {one["subject"] for one in rows} == {
        "trigger",
        "amendments",
        "invoice_ownership",
        "failure_routing",
    }
    assert "Rita and Fred" in said(rows)
    clinic.settings["sources"]["files"]["trigger"] = {"stage": "Closed Won"}
    clinic.write()
    (row,) = clinic.found(code=1)["decisions_signed"]
    assert row["subject"] == "trigger"
    clinic.sign()
    passed(clinic, "decisions_signed")
    clinic.settings["go_live"]["sign_offs"] = {}
    clinic.write()
    assert len(clinic.found(code=1)["decisions_signed"]) == 4


@pytest.mark.requirement("R14")
def test_what_was_not_signed_may_change(clinic: Clinic):
    clinic.settings["netsuite"]["deadline_seconds"] = 90
    clinic.settings["go_live"]["months_sold"] = 6
    clinic.write()
    passed(clinic, "decisions_signed")


@pytest.mark.requirement("R80")
def test_every_create_carries_a_stable_id_that_nobody_else_holds(clinic: Clinic):
    creates = [one for one in passed(clinic, "writes_keyed") if one["subject"].startswith("create")]
    assert len(creates) == 6  # customer and invoice, and the four records of cash
    assert all("with externalId tieout-go-live-check" in said([one]) for one in creates)
    FAULTS["somebody else holds our id"].plant(clinic)
    assert "inv-D-1" in said(clinic.found(code=1)["foreign_ids"])


@pytest.mark.requirement("R80")
def test_another_connectors_field_that_is_named_is_in_order(clinic: Clinic):
    FAULTS["another connector's field"].plant(clinic)
    clinic.settings["netsuite"]["foreign_fields"] = ["custbody_celigo_order_id"]
    clinic.write()
    assert "custbody_celigo_order_id is known" in said(passed(clinic, "foreign_fields"))


@pytest.mark.requirement("R80")
def test_other_peoples_customers_are_none_of_our_business(clinic: Clinic):
    lines = {"items": [{"item": {"id": "502"}, "quantity": 1, "rate": 99}]}
    other = {"type": "invoice", "entity": {"id": "1001"}, "tranDate": "2026-10-20", "item": lines}
    assert "3 other record(s)" in said(passed(clinic, "foreign_transactions"))  # canaries nobody named
    clinic.reload(lambda data: data["transactions"].append({**other, "externalId": "CEL-1"}))
    assert "4 other record(s)" in said(passed(clinic, "foreign_transactions"))


@pytest.mark.requirement("R81")
def test_a_shared_name_alone_never_makes_a_customer_ambiguous(clinic: Clinic):
    def namesakes(data):
        for number, site in (("3001", "https://one.example"), ("3002", "https://two.example")):
            data["customers"].append(
                {
                    "id": number,
                    "companyName": "Customer 1, Inc.",
                    "entityId": f"namesake {number}",
                    "url": site,
                    "subsidiary": {"id": "1"},
                    "currency": {"id": "1"},
                }
            )

    clinic.reload(namesakes)
    third = {"id": "A-9", "name": "Customer 1 Inc", "website": "three.example", "billing": {"country": "US"}}
    clinic.sold(deal(9, customer=third))
    assert clinic.found() == {}
    FAULTS["a customer from before"].plant(clinic)
    assert "3001" in said(clinic.found(code=1)["customers_unambiguous"])


@pytest.mark.requirement("R82")
def test_the_lines_we_would_send_are_explicit(clinic: Clinic):
    (row,) = passed(clinic, "lines_explicit")
    (line,) = literal_eval(said([row]).split("sent ")[1].split(";")[0])
    assert line == {
        "item": {"id": "501"},
        "quantity": 1,
        "rate": 1,
        "amount": 1,
        "custcol_tieout_source_line_id": "1",
    }
    assert "the form shows items 501" in said([row])


@pytest.mark.requirement("R83")
def test_the_crosswalk_is_held_against_everything_sold(clinic: Clinic):
    old = {"id": "1", "product": {"id": "P8", "name": "Long gone"}, "quantity": "1", "amount": "250.00"}
    clinic.sold(deal(8, close_date="2025-10-01", lines=[old]))
    assert clinic.found() == {}
    new = {"id": "1", "product": {"id": "P9", "name": "Nova"}, "quantity": "1", "amount": "250.00"}
    clinic.sold(deal(9, lines=[new]), deal(10, lines=[new]))
    rows = clinic.found(code=1)["crosswalk_complete"]
    assert "Nova (no SKU, files P9) (2 ×)" in said(rows)
    assert "Long gone" not in said(rows)
    clinic.admin("deactivate_item", id="501")
    found = clinic.found(code=1)
    assert "501 'Platform Standard': inactive" in said(found["crosswalk_targets"])


@pytest.mark.requirement("R84")
def test_updates_go_by_internal_id_and_retries_wait_and_look(clinic: Clinic):
    (update,) = [one for one in passed(clinic, "writes_keyed") if one["subject"].startswith("update")]
    assert said([update]) == "PATCH /services/rest/record/v1/customer/901"
    assert "waited for 900 s" in said(passed(clinic, "retries_look_first"))
    FAULTS["a window shorter than NetSuite's"].plant(clinic)
    assert clinic.found(code=1).keys() == {"retries_look_first"}


@pytest.mark.requirement("R22", "R88")
def test_a_changed_form_is_noticed_and_ignorance_is_said(clinic: Clinic):
    rows = [one for one in clinic.examine()["results"] if one["code"] == "mandatory_fields_known"]
    assert {one["result"] for one in rows} == {"unverified"}
    clinic.admin("add_mandatory_field", form="121", field="category", label="Category")
    rows = clinic.found(code=1)["mandatory_fields_filled"]
    assert [one["subject"] for one in rows if one["result"] == "fail"] == ["customer in subsidiary 1"]
    assert "asks for Category" in said(rows)


@pytest.mark.requirement("R89")
def test_failures_need_a_queue_and_an_owner(clinic: Clinic):
    FAULTS["a case nobody looks after"].plant(clinic)
    (row,) = clinic.found()["cases_attended"]
    assert "amount_mismatch" in said([row])
    case = clinic.desk.case("amount_mismatch")["id"]
    shown = clinic.desk.run("cases", "show", str(case)).stdout
    assert "999.00" in shown  # what came in, as it came
    assert "D-7" in shown
    assert clinic.desk.run("cases", "assign", str(case), "ana").exit_code == 0
    assert clinic.found() == {}
    clinic.settings["go_live"]["alert_owner"] = ""
    clinic.sign()
    assert clinic.found(code=1).keys() == {"alerts_owned"}
