"""Behaviour of the whole account: previews, defaults, other people, credentials, state."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.emulators.netsuite.support import Desk, customer, invoice, line

from tieout.emulators.kit.client import ControlError
from tieout.emulators.netsuite import NetSuiteEmulator, sample_dataset

FORM = "application/vnd.oracle.resource+json; type=create-form"


@pytest.fixture
def desk():
    with Desk() as running:
        yield running


def test_a_create_form_shows_defaults_and_saves_nothing(desk):
    answer = desk.call("POST", "/record/v1/invoice?expandSubResources=true", invoice("inv-1"), Accept=FORM)
    assert answer.status == 200
    assert answer.body["account"]["id"] == "121"
    assert answer.body["postingPeriod"]["refName"] == "Nov 2026"
    assert answer.body["terms"]["refName"] == "Net 30"
    assert "id" not in answer.body
    assert desk.control.truth("invoice") == []
    assert desk.post("invoice", invoice("inv-1")).headers["location"].endswith("/invoice/1"), (
        "no id was used up"
    )


def test_a_refused_create_leaves_no_trace(desk):
    before = desk.control.truth()
    assert desk.post("invoice", invoice(None, line("507"))).status == 400
    assert desk.control.truth() == before
    assert desk.control.log()[-1]["committed"] is False


def test_truth_tells_who_made_what_and_in_exact_amounts(desk):
    number = desk.post(
        "invoice", invoice("inv-1", line(quantity=3, rate=0.1), custbody_tieout_source_id="006")
    ).id
    desk.control.admin("human_create", record="invoice", body=invoice(None), by="Celigo")
    mine, theirs = desk.control.truth("invoice")
    assert (mine["id"], mine["external_id"], mine["fields"]["total"]) == (number, "inv-1", "0.30")
    assert mine["fields"]["custbody_tieout_source_id"] == "006"
    assert mine["lines"]["item"][0]["item"] == "501"
    assert (mine["_meta"]["created_by"], theirs["_meta"]["created_by"]) == ("tieout", "Celigo")
    logged = desk.control.log()[mine["_meta"]["request"] - 1]
    assert (logged["operation"], logged["record"], logged["external_id"], logged["record_id"]) == (
        "create", "invoice", "inv-1", number,
    )  # fmt: skip


def test_the_log_holds_no_credentials(desk):
    token = desk.control.log()[0]
    assert (token["operation"], token["body"]) == ("token", None)


def test_a_lost_location_is_a_204_without_it(desk):
    desk.control.faults({"kind": "missing_location", "match": {"external_id": "inv-1"}})
    answer = desk.post("invoice", invoice("inv-1"))
    assert answer.status == 204
    assert "location" not in answer.headers
    assert len(desk.control.truth("invoice")) == 1


def test_the_accounts_own_workflow_bills_an_approved_order_without_an_external_id(desk):
    desk.control.admin("workflow_billing", on=True, delay_seconds=60)
    order = desk.post("salesOrder", invoice("so-1", custbody_tieout_source_id="006")).id
    desk.control.clock(advance_seconds=59)
    assert desk.control.truth("invoice") == []
    desk.control.clock(advance_seconds=2)
    (bill,) = desk.control.truth("invoice")
    made_by = bill["_meta"]["created_by"]
    assert (bill["external_id"], bill["fields"]["createdFrom"], made_by) == (None, order, "workflow")
    text = "SELECT createdfrom FROM transactionline WHERE mainline = 'T' AND transaction = ?"
    assert desk.rows(text, bill["id"]) == [{"createdfrom": order}]


def test_an_expired_certificate_gives_no_new_token_and_the_old_one_lives_on(desk):
    desk.control.admin("expire_certificate", kid="kid-1")
    assert desk.token(desk.assertion()).body == {"error": "invalid_client"}
    assert desk.get("customer/1001").status == 200
    desk.control.admin("restore_certificate", kid="kid-1")
    assert desk.token(desk.assertion()).status == 200
    reasons = [entry["reason"] for entry in desk.control.admin("login_audit_trail")["entries"]]
    assert any("kid-1" in reason for reason in reasons)


def test_a_sandbox_refresh_wipes_mappings_and_tokens(desk):
    desk.control.admin("sandbox_refresh")
    assert desk.get("customer/1001").status == 401
    assert desk.token(desk.assertion()).status == 401


def test_maintenance_answers_everything_with_503(desk):
    desk.control.admin("maintenance", on=True)
    answer = desk.get("customer/1001")
    assert (answer.status, answer.code) == (503, "ACCT_TEMP_UNAVAILABLE")
    desk.control.admin("maintenance", on=False)
    assert desk.get("customer/1001").status == 200


def test_options_is_the_connectivity_probe(desk):
    assert desk.raw("OPTIONS", "/services/rest/record/v1/", None, {}).status == 204


def test_governance_limits_and_server_time(desk):
    limits = desk.call("GET", "/system/v1/governanceLimits").body
    assert limits["accountConcurrencyLimit"] == 5
    assert desk.call("GET", "/system/v1/serverTime").body == {"serverTime": "2026-11-05T20:00:00Z"}
    desk.control.admin("set_role", role="1001", permissions={"invoice": "full"})
    assert desk.call("GET", "/system/v1/governanceLimits").status == 403


def test_metadata_lists_custom_fields_and_tells_the_tax_engine(desk):
    schema = desk.get("metadata-catalog/invoice").body
    assert schema["properties"]["custbody_tieout_source_id"]["type"] == "string"
    line_schema = schema["properties"]["item"]["properties"]["items"]["items"]["properties"]
    assert "custcol_tieout_charge_id" in line_schema
    assert "taxDetailsOverride" in schema["properties"]
    openapi = desk.get("metadata-catalog?select=customer,invoice", Accept="application/swagger+json").body
    assert sorted(openapi["components"]["schemas"]) == ["customer", "invoice"]
    assert {item["name"] for item in desk.get("metadata-catalog").body["items"]} >= {"invoice", "customer"}


def test_a_legacy_tax_account_does_not_know_suitetax_fields():
    def legacy(data):
        data["account"]["tax_engine"] = "legacy"

    with Desk(change=legacy) as desk:
        properties = desk.get("metadata-catalog/invoice").body["properties"]
        assert "taxItem" in properties
        assert "taxDetailsOverride" not in properties
        assert desk.post("invoice", invoice(taxDetailsOverride=True)).code == "INVALID_CONTENT"


def test_a_customer_gets_number_currency_and_the_names_of_its_references(desk):
    number = desk.post("customer", customer(terms={"id": "2"}, parent={"id": "1001"})).id
    body = desk.whole(f"customer/{number}")
    assert body["entityId"].endswith("Initech")
    assert body["currency"]["refName"] == "US Dollar"
    assert body["terms"]["refName"] == "Net 30"
    assert body["parent"]["id"] == "1001"
    assert [one["currency"]["id"] for one in body["currencyList"]["items"]] == ["1"]


def test_without_auto_numbering_the_customer_id_is_mandatory():
    def manual(data):
        data["account"]["auto_numbering"] = False
        for number, row in enumerate(data["customers"]):
            row["entityId"] = f"C{number}"

    with Desk(change=manual) as desk:
        assert "Customer ID" in desk.post("customer", customer()).detail
        assert desk.post("customer", customer(entityId="C9")).status == 204


def test_a_parent_of_another_subsidiary_is_refused(desk):
    answer = desk.post("customer", customer(parent={"id": "1002"}))
    assert "The parent specified must have the same currency and subsidiary" in answer.detail


def test_the_subsidiary_of_a_used_customer_stays(desk):
    desk.post("invoice", invoice()).id  # noqa: B018
    assert "cannot change the subsidiary" in desk.patch("customer/1001", {"subsidiary": {"id": "2"}}).detail


def test_seeded_transactions_of_other_connectors_may_lie_in_closed_periods(desk):
    data = copy.deepcopy(desk.dataset)
    data["custom_fields"].append({"record": "invoice", "id": "custbody_celigo_id", "type": "text"})
    data["transactions"] = [
        {
            "type": "invoice", "id": "77", "externalId": "old-1", "_by": "Celigo", "tranDate": "2026-02-03",
            "_created": "2026-02-03T09:00:00+00:00", "custbody_celigo_id": "c-1", "entity": {"id": "1001"},
            "item": {"items": [{"item": {"id": "507"}, "quantity": 1, "rate": 5}]},
        }
    ]  # fmt: skip
    desk.control.load(data)
    desk.login()
    (old,) = desk.control.truth("invoice")
    assert (old["id"], old["_meta"]["created_by"], old["fields"]["custbody_celigo_id"]) == (
        "77",
        "Celigo",
        "c-1",
    )
    created = datetime.fromisoformat(old["_meta"]["created_at"])
    assert created == datetime(2026, 2, 3, 9, tzinfo=UTC)
    assert desk.post("salesOrder", invoice("so-1")).id == "78"


def test_a_wrong_data_set_says_where(desk):
    data = copy.deepcopy(desk.dataset)
    data["customers"].append({"companyName": "X", "subsidiary": {"id": "9"}})
    with pytest.raises(ControlError, match="Invalid Field Value 9"):
        desk.control.load(data)
    with pytest.raises(ControlError, match="unknown NetSuite data set section 'custmers'"):
        desk.control.load({**desk.dataset, "custmers": []})


def test_save_and_restore_bring_back_everything(desk, tmp_path: Path):
    order = desk.post("salesOrder", invoice("so-1", line(quantity=3, rate=0.1))).id
    desk.call("POST", f"/record/v1/salesOrder/{order}/!transform/invoice", {"externalId": "inv-1"}).id  # noqa: B018
    desk.control.admin("deactivate_item", id="501")
    desk.control.admin("add_mandatory_field", form="101", field="memo", label="Memo")
    path = tmp_path / "account.json"
    desk.control.save(str(path))
    with NetSuiteEmulator(sample_dataset()) as other:
        other.control.restore(str(path))
        assert other.control.truth() == desk.control.truth()
        assert other.app.dump() == desk.emulator.app.dump()
        other.control.clock(freeze="2026-11-05T20:01:00+00:00")
        desk.raw_host = desk.host
        desk._connection.close()
        desk._connection, desk.host = None, other.base_url.removeprefix("http://")
        assert desk.get("invoice/eid:inv-1").status == 200, "tokens survive as well"
        assert "Memo" in desk.post("invoice", invoice("inv-2")).detail
        links = desk.rows("SELECT nextdoc FROM nexttransactionlinelink WHERE previousdoc = ?", order)
        assert len(links) == 1


def test_human_hands_change_records(desk):
    number = desk.post("invoice", invoice("inv-1")).id
    desk.control.admin("human_edit", record="invoice", id="eid:inv-1", fields={"memo": "edited"})
    (record,) = desk.control.truth("invoice")
    assert (record["fields"]["memo"], record["_meta"]["modified_by"]) == ("edited", "human")
    desk.control.admin("delete_record", record="invoice", id=number)
    assert desk.control.truth("invoice") == []
    with pytest.raises(ControlError, match="unknown action 'explode'"):
        desk.control.admin("explode")


def test_real_host_names_are_accepted_as_audience_and_shown_in_locations(desk):
    audience = "https://tstdrv1234567.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
    assert desk.token(desk.assertion(aud=audience)).status == 200
    answer = desk.post("customer", customer(), Host="tstdrv1234567.suitetalk.api.netsuite.com")
    assert answer.headers["location"].startswith(
        "https://tstdrv1234567.suitetalk.api.netsuite.com/services/rest/"
    )
