"""What connectors live through beyond single rules: sessions, composite calls, deletes, faults, saved states."""

from __future__ import annotations

import base64

import httpx2
import pytest
from tests.emulators.salesforce.support import (
    ACME,
    BETA,
    DISCOUNTED_LINE,
    LINE,
    NOW,
    OPEN,
    WON,
    Desk,
    many_accounts,
    oauth_refused,
    refused,
)

from tieout.emulators.kit.client import ControlError
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.salesforce.app import SalesforceEmulator
from tieout.emulators.salesforce.dataset import __doc__ as dataset_doc
from tieout.emulators.salesforce.ids import checksum, make_id, to_18
from tieout.emulators.salesforce.sample import API_USER, OPEN_STAGE, PERSON, WON_STAGE, sample_dataset


@pytest.fixture
def desk():
    with Desk() as desk:
        yield desk


# Ids


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("70130000001tcyI", "70130000001tcyIAAQ"),
        ("00558000001N0Ke", "00558000001N0KeAAK"),
        ("003G000001SUbc4", "003G000001SUbc4IAD"),
    ],
)
def test_published_id_vectors(short, full):
    assert to_18(short) == full == to_18(full)
    assert full[15:] == checksum(short)


def test_ids_with_a_wrong_suffix_are_none():
    assert to_18("a0D30000001n7PiEAC") is None
    assert to_18("a0D30000001n7PiEAI") == "a0D30000001n7PiEAI"
    assert to_18("001") is None


def test_made_ids_sort_by_serial():
    ids = [make_id("001", number) for number in range(1, 5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


# Sessions


def test_basic_and_form_credentials(desk):
    header = base64.b64encode(b"sample-client:sample-secret").decode()
    answer = desk.http.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {header}"},
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "instance_url", "id", "token_type", "scope"}
    assert body["instance_url"] == desk.emulator.base_url
    oauth_refused(
        desk.token(client_id="sample-client", client_secret="x"),
        "invalid_client",
        "invalid client credentials",
    )
    oauth_refused(desk.token(grant_type="password"), "unsupported_grant_type", "grant type not supported")


def test_instance_url_behind_a_proxy(desk):
    desk.control.config(org={"instance_url": "https://acme.my.salesforce.test"})
    body = desk.token(client_id="sample-client", client_secret="sample-secret").json()
    assert body["instance_url"] == "https://acme.my.salesforce.test"
    assert body["id"].startswith("https://acme.my.salesforce.test/id/00D5g0000000001EAA/")


def test_identity_names_org_and_user(desk):
    answer = desk.http.get(f"/id/00D5g0000000001EAA/{API_USER}").json()
    assert (answer["organization_id"], answer["user_id"]) == ("00D5g0000000001EAA", API_USER)
    info = desk.http.get("/services/oauth2/userinfo").json()
    assert info["organization_id"] == "00D5g0000000001EAA"
    refusal = desk.http.get("/services/oauth2/userinfo", headers={"Authorization": "Bearer x"})
    assert (refusal.status_code, refusal.text) == (403, "Bad_OAuth_Token")


def test_ended_sessions_need_a_new_token(desk):
    desk.admin("expire_tokens")
    refused(desk.get("limits"), 401, "INVALID_SESSION_ID")
    desk.sign_in()
    assert desk.get("limits").status_code == 200


def test_unknown_versions_and_paths_are_not_found(desk):
    for path in ("v12.0/query", "v60.0/tooling", "v60.0/sobjects/Account/a/b/c"):
        refused(
            desk.http.get(f"/services/data/{path}"), 404, "NOT_FOUND", "The requested resource does not exist"
        )
    versions = desk.http.get("/services/data").json()
    labels = {item["version"]: item["label"] for item in versions}
    assert (labels["60.0"], labels["67.0"]) == ("Spring '24", "Summer '26")


# Writes


def test_required_read_only_and_badly_typed_fields(desk):
    refused(
        desk.post("sobjects/Account", {}),
        400,
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]",
    )
    refused(desk.patch(f"sobjects/Account/{ACME}", {"Name": None}), 400, "REQUIRED_FIELD_MISSING")
    refused(
        desk.patch(f"sobjects/Account/{ACME}", {"SystemModstamp": "x"}),
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )
    refused(
        desk.patch(f"sobjects/Account/{ACME}", {"NetSuite_Last_Sync__c": "soon"}), 400, "JSON_PARSER_ERROR"
    )
    refused(desk.patch(f"sobjects/Account/{ACME}", {"Name": 5}), 400, "JSON_PARSER_ERROR")
    refused(desk.patch(f"sobjects/Account/{ACME}", {"NetSuite_Id__c": "x" * 41}), 400, "STRING_TOO_LONG")
    refused(desk.patch(f"sobjects/Account/{ACME}", {"ParentId": "nonsense"}), 400, "MALFORMED_ID")
    refused(
        desk.patch(f"sobjects/Account/{ACME}", {"ParentId": make_id("001", 999)}),
        400,
        "INVALID_CROSS_REFERENCE_KEY",
    )
    refused(desk.patch(f"sobjects/Account/{ACME}", {"Id": ACME}), 400, "INVALID_FIELD")
    refused(desk.patch(f"sobjects/Account/{make_id('001', 999)}", {"Name": "x"}), 404, "NOT_FOUND")
    broken = desk.http.patch(f"/services/data/v60.0/sobjects/Account/{ACME}", content=b"{")
    refused(broken, 400, "JSON_PARSER_ERROR")
    refused(desk.call("PUT", f"sobjects/Account/{ACME}", {}), 405, "METHOD_NOT_ALLOWED")


def test_case_sensitive_unique_ids_differ_by_case(desk):
    assert desk.patch(f"sobjects/Account/{ACME}", {"NetSuite_Id__c": "aB"}).status_code == 204
    assert desk.patch(f"sobjects/Account/{BETA}", {"NetSuite_Id__c": "Ab"}).status_code == 204
    assert desk.get("sobjects/Account/NetSuite_Id__c/aB").json()["Id"] == ACME
    assert desk.get("sobjects/Account/NetSuite_Id__c/Ab").json()["Id"] == BETA
    assert len(desk.rows("SELECT Id FROM Account WHERE NetSuite_Id__c = 'aB'")) == 1


def test_parent_named_by_its_external_id(desk):
    desk.patch(f"sobjects/Account/{BETA}", {"NetSuite_Id__c": "b/1"})
    body = {
        "Account": {"NetSuite_Id__c": "b/1"},
        "Name": "By key",
        "StageName": OPEN_STAGE,
        "CloseDate": "2026-12-01",
    }
    record_id = desk.post("sobjects/Opportunity", body).json()["id"]
    assert desk.row("Opportunity", record_id)["AccountId"] == BETA
    assert desk.get("sobjects/Account/NetSuite_Id__c/b%2F1").json()["Id"] == BETA


def test_our_write_moves_stamp_and_user_but_an_automated_change_only_the_stamp(desk):
    desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Status__c": "done"})
    first = desk.row("Opportunity", WON)
    assert first["SystemModstamp"] == first["LastModifiedDate"] == "2026-11-22T12:00:00.000+0000"
    assert first["LastModifiedById"] == API_USER
    desk.control.clock(advance_seconds=60)
    desk.admin("update", type="Opportunity", id=WON, fields={"NextStep": "x"}, automated=True)
    second = desk.row("Opportunity", WON)
    assert (second["SystemModstamp"], second["LastModifiedDate"]) == (
        "2026-11-22T12:01:00.000+0000",
        first["LastModifiedDate"],
    )
    desk.admin("update", type="Opportunity", id=WON, fields={"NextStep": "y"})
    assert desk.row("Opportunity", WON)["LastModifiedById"] == PERSON


def test_line_arithmetic_of_the_object_reference(desk):
    path = f"sobjects/OpportunityLineItem/{DISCOUNTED_LINE}"
    assert desk.patch(path, {"Discount": 20}).status_code == 204
    row = desk.row("OpportunityLineItem", DISCOUNTED_LINE)
    assert (row["UnitPrice"], row["TotalPrice"]) == ("300", "720.00")
    assert desk.patch(path, {"TotalPrice": 480}).status_code == 204
    row = desk.row("OpportunityLineItem", DISCOUNTED_LINE)
    assert (row["UnitPrice"], row["TotalPrice"], row["Subtotal"]) == ("200.00", "480.00", "600.00")
    assert desk.row("Opportunity", WON)["Amount"] == "11480.00"


def test_a_persons_quantity_edit_holds_the_price(desk):
    desk.admin("update", type="OpportunityLineItem", id=LINE, fields={"Quantity": "20"})
    row = desk.row("OpportunityLineItem", LINE)
    assert (row["UnitPrice"], row["TotalPrice"]) == ("1100", "22000.00")


def test_new_line_takes_product_price_book_and_currency(desk):
    body = {"OpportunityId": OPEN, "PricebookEntryId": make_id("01u", 3), "Quantity": 2, "UnitPrice": 99.5}
    record_id = desk.post("sobjects/OpportunityLineItem", body).json()["id"]
    row = desk.row("OpportunityLineItem", record_id)
    assert (row["ProductCode"], row["TotalPrice"], row["ListPrice"]) == ("TRN-01", "199.00", "99.5")
    parent = desk.row("Opportunity", OPEN)
    assert (parent["Amount"], parent["HasOpportunityLineItem"]) == ("199.00", True)
    assert parent["Pricebook2Id"] == make_id("01s", 1)


def test_orders_are_drafts_before_they_are_activated(desk):
    body = {"AccountId": ACME, "EffectiveDate": "2026-12-01", "Status": "Activated"}
    refused(desk.post("sobjects/Order", body), 400, "FAILED_ACTIVATION")
    record_id = desk.post("sobjects/Order", {**body, "Status": "Draft"}).json()["id"]
    item = {"OrderId": record_id, "PricebookEntryId": make_id("01u", 1), "Quantity": 2, "UnitPrice": 1200}
    assert desk.post("sobjects/OrderItem", item).status_code == 201
    assert desk.patch(f"sobjects/Order/{record_id}", {"Status": "Activated"}).status_code == 204
    row = desk.row("Order", record_id)
    assert (row["StatusCode"], row["TotalAmount"]) == ("Activated", "2400.00")
    assert row["ActivatedDate"] == "2026-11-22T12:00:00.000+0000"


def test_unknown_stage_labels_are_taken_and_open(desk):
    assert desk.patch(f"sobjects/Opportunity/{WON}", {"StageName": "Closed Won"}).status_code == 204
    row = desk.row("Opportunity", WON)
    assert (row["StageName"], row["IsWon"], row["IsClosed"]) == ("Closed Won", False, False)


def test_reopened_and_won_again_shows_only_in_history(desk):
    for stage in (OPEN_STAGE, WON_STAGE):
        desk.admin("set_stage", id=WON, stage=stage)
    assert desk.row("Opportunity", WON)["IsWon"] is True
    where = f"OpportunityId = '{WON}' AND CreatedDate > 2026-11-01T00:00:00Z"
    soql = f"SELECT StageName FROM OpportunityHistory WHERE {where}"
    assert sorted(row["StageName"] for row in desk.rows(soql)) == sorted([OPEN_STAGE, WON_STAGE])


def test_history_remembers_the_previous_amount(desk):
    desk.patch(f"sobjects/Opportunity/{OPEN}", {"Amount": 6000, "CloseDate": "2027-01-31"})
    (row,) = desk.rows(
        f"SELECT Id, PrevAmount, PrevCloseDate, Amount FROM OpportunityHistory WHERE OpportunityId = '{OPEN}'"
    )
    assert (row["PrevAmount"], row["PrevCloseDate"], row["Amount"]) == (5000.0, "2026-12-31", 6000.0)
    assert desk.row("Opportunity", OPEN)["LastAmountChangedHistoryId"] == row["Id"]


# Composite


def part(reference, method, path, body=None):
    return {"method": method, "url": f"/services/data/v60.0/{path}", "referenceId": reference, "body": body}


def test_composite_passes_results_on_and_keeps_what_worked(desk):
    answer = desk.post("composite", {
        "allOrNone": False,
        "compositeRequest": [
            part("a", "POST", "sobjects/Account", {"Name": "Outer"}),
            part("c", "POST", "sobjects/Contact", {"LastName": "In", "AccountId": "@{a.id}"}),
            part("q", "GET", "query?q=SELECT Id FROM Contact WHERE AccountId = '@{a.id}'"),
            part("p", "PATCH", f"sobjects/Account/{ACME}", {"Nope": 1}),
            part("m", "PATCH", "sobjects/Account/@{missing.id}", {}),
            part("ok", "PATCH", f"sobjects/Account/{ACME}", {"Phone": "1"}),
        ],
    })  # fmt: skip
    assert answer.status_code == 200
    parts = {part["referenceId"]: part for part in answer.json()["compositeResponse"]}
    assert [part["httpStatusCode"] for part in parts.values()] == [201, 201, 200, 400, 400, 204]
    assert parts["a"]["httpHeaders"]["Location"].endswith(parts["a"]["body"]["id"])
    assert [row["Id"] for row in parts["q"]["body"]["records"]] == [parts["c"]["body"]["id"]]
    assert parts["p"]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert parts["m"]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert parts["ok"]["body"] is None
    assert desk.row("Account", ACME)["Phone"] == "1"


def test_one_failed_part_undoes_all_when_asked(desk):
    before = desk.control.truth()
    answer = desk.post("composite", {
        "allOrNone": True,
        "compositeRequest": [
            part("a", "PATCH", f"sobjects/OpportunityLineItem/{LINE}", {"UnitPrice": 1}),
            part("b", "DELETE", f"sobjects/Opportunity/{OPEN}"),
            part("c", "PATCH", f"sobjects/Account/{ACME}", {"Name": None}),
        ],
    })  # fmt: skip
    codes = [part["body"][0]["errorCode"] for part in answer.json()["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert desk.control.truth() == before
    assert desk.control.log()[-1]["committed"] is False


def test_collections_report_row_by_row_in_order(desk):
    records = [
        {"attributes": {"type": "Account"}, "Id": ACME, "NetSuite_Id__c": "1"},
        {"attributes": {"type": "Account"}, "Id": BETA, "NetSuite_Id__c": "1"},
        {"attributes": {"type": "Opportunity"}, "id": OPEN, "NetSuite_Status__c": "billed"},
        {"attributes": {"type": "Account"}, "Name": "no id"},
    ]
    rows = desk.patch("composite/sobjects", {"records": records}).json()
    assert [row["success"] for row in rows] == [True, False, True, False]
    assert rows[0] == {"id": ACME, "success": True, "errors": []}
    assert rows[1]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert rows[3]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    assert desk.row("Opportunity", OPEN)["NetSuite_Status__c"] == "billed"


def test_collection_upsert_retrieve_and_delete(desk):
    records = [
        {"attributes": {"type": "Account"}, "NetSuite_Id__c": key, "Name": key} for key in ("k1", "k2", "k1")
    ]
    rows = desk.patch("composite/sobjects/Account/NetSuite_Id__c", {"records": records}).json()
    assert [row["created"] for row in rows] == [True, True, False]
    ids = [rows[0]["id"], make_id("001", 999), rows[1]["id"]]
    found = desk.post("composite/sobjects/Account", {"ids": ids, "fields": ["Name"]}).json()
    assert [row["Name"] if row else None for row in found] == ["k1", None, "k2"]
    gone = desk.call("DELETE", "composite/sobjects", params={"ids": ",".join(ids)}).json()
    assert [row["success"] for row in gone] == [True, False, True]


# Change detection and deletes


def test_held_transaction_appears_later_with_the_stamp_of_its_beginning(desk):
    held = desk.admin("late_commit", type="Account", id=ACME, fields={"Phone": "9"}, held_seconds=300)
    desk.control.clock(advance_seconds=200)
    desk.admin("update", type="Account", id=BETA, fields={"Phone": "1"})
    rows = desk.rows("SELECT Id, SystemModstamp FROM Account WHERE SystemModstamp >= 2026-11-22T12:00:00Z")
    assert [row["Id"] for row in rows] == [BETA]
    cursor = rows[0]["SystemModstamp"]
    desk.control.clock(advance_seconds=100)
    rows = desk.rows(
        "SELECT Id, SystemModstamp, Phone FROM Account WHERE SystemModstamp >= 2026-11-22T12:00:00Z"
    )
    late = {row["Id"]: row["SystemModstamp"] for row in rows}[ACME]
    assert held["stamp"] == late < cursor


def test_bulk_update_gives_all_rows_one_stamp():
    with Desk(many_accounts(50)) as desk:
        done = desk.admin("bulk_update", type="Account", fields={"Rating": "Hot"})
        rows = desk.rows("SELECT SystemModstamp FROM Account WHERE Rating = 'Hot'")
    assert len(done["ids"]) == len(rows) == 52
    assert {row["SystemModstamp"] for row in rows} == {done["stamp"]}


def test_deleted_account_takes_its_children_and_gives_them_back(desk):
    desk.admin("delete", type="Account", id=ACME)
    assert desk.rows("SELECT Id FROM Contact") == []
    assert WON not in {row["Id"] for row in desk.rows("SELECT Id FROM Opportunity")}
    assert len(desk.rows("SELECT Id FROM OpportunityLineItem WHERE IsDeleted = true", "queryAll")) == 2
    desk.admin("undelete", type="Account", id=ACME)
    assert len(desk.rows("SELECT Id FROM OpportunityLineItem")) == 2
    assert len(desk.rows("SELECT Id FROM Contact")) == 1


def test_emptied_recycle_bin_is_gone_from_query_all(desk):
    desk.admin("merge", winner=BETA, losers=[ACME])
    assert desk.admin("empty_recycle_bin", type="Account")["ids"] == [ACME]
    assert desk.rows(f"SELECT Id FROM Account WHERE Id = '{ACME}'", "queryAll") == []
    refused(desk.get(f"sobjects/Account/{ACME}"), 404, "NOT_FOUND")


def test_windows_of_the_replication_calls(desk):
    refused(
        desk.get("sobjects/Account/updated", params={"start": "yesterday", "end": "x"}),
        400,
        "INVALID_REPLICATION_DATE",
    )
    old = {"start": "2026-10-01T00:00:00Z", "end": "2026-10-02T00:00:00Z"}
    refused(desk.get("sobjects/Account/updated", params=old), 400, "INVALID_REPLICATION_DATE")
    short = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T11:00:30Z"}
    refused(desk.get("sobjects/Account/deleted", params=short), 400, "INVALID_REPLICATION_DATE")


# What people do


def test_unknown_actions_and_impossible_ones_say_why(desk):
    with pytest.raises(ControlError, match="unknown action dance"):
        desk.admin("dance")
    with pytest.raises(ControlError, match="one or two losers"):
        desk.admin("merge", winner=ACME, losers=[])
    with pytest.raises(ControlError, match="cannot be merged"):
        desk.admin("merge", type="Order", winner=ACME, losers=[BETA])
    before = desk.control.truth()
    with pytest.raises(ControlError, match="invalid cross reference"):
        desk.admin("update", type="Opportunity", id=OPEN, fields={"AccountId": make_id("001", 999)})
    assert desk.control.truth() == before


def test_data_sets_that_cannot_be_loaded_say_why(desk):
    for broken, words in (
        ({"recs": {}}, "unknown sections recs"),
        ({"records": {"Toy": []}}, "no object Toy"),
        ({"records": {"Account": [{"Nmae": "x"}]}}, r"Account\[0\]: Account has no field Nmae"),
        ({"records": {"Account": [{"Id": ACME}, {"Id": ACME[:15]}]}}, "second record"),
        ({"custom_fields": [{"object": "Account", "name": "X__c", "type": "blob"}]}, "unknown type blob"),
    ):
        with pytest.raises(ControlError, match=words):
            desk.control.load(broken)


def test_the_data_set_description_names_every_section():
    for name in sample_dataset():
        assert f'"{name}"' in dataset_doc


def test_custom_objects_are_queryable(desk):
    dataset = sample_dataset()
    dataset["custom_objects"] = [{
        "name": "SBQQ__Quote__c", "key_prefix": "a0q",
        "fields": [
            {
                "name": "SBQQ__Opportunity2__c", "type": "reference", "reference_to": "Opportunity",
                "child_relationship": "SBQQ__Quotes2__r",
            },
            {"name": "SBQQ__Primary__c", "type": "boolean"},
        ],
    }]  # fmt: skip
    dataset["records"]["SBQQ__Quote__c"] = [
        {"Name": "Q-1", "SBQQ__Opportunity2__c": WON, "SBQQ__Primary__c": True}
    ]
    desk.reload(dataset)
    (row,) = desk.rows(
        "SELECT Name, SBQQ__Opportunity2__r.Account.Name FROM SBQQ__Quote__c WHERE SBQQ__Primary__c = true"
    )
    assert row["SBQQ__Opportunity2__r"]["Account"]["Name"] == "Acme GmbH"
    (parent,) = desk.rows(
        "SELECT Id, (SELECT Name FROM SBQQ__Quotes2__r) FROM Opportunity WHERE IsWon = true"
    )
    assert parent["SBQQ__Quotes2__r"]["records"][0]["Name"] == "Q-1"


# Faults, truth, saved states


def test_faults_speak_salesforce(desk):
    desk.control.faults({"kind": "throttle", "match": {"operation": "query"}})
    answer = desk.ask("SELECT Id FROM Account")
    words = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    refused(answer, 403, "REQUEST_LIMIT_EXCEEDED", words)
    assert "Retry-After" not in answer.headers
    for kind, status, code in (
        ("error_500", 500, "UNKNOWN_EXCEPTION"),
        ("maintenance", 503, "SERVER_UNAVAILABLE"),
        ("unauthorized", 401, "INVALID_SESSION_ID"),
    ):
        desk.control.faults({"kind": kind, "match": {"operation": "writeback"}})
        refused(desk.patch(f"sobjects/Account/{ACME}", {"Phone": "1"}), status, code)
    assert "Phone" not in desk.row("Account", ACME)
    desk.control.faults({"kind": "error_500", "match": {"operation": "token"}})
    oauth_refused(desk.token(client_id="sample-client"), "unknown_error", "retry your request")


def test_lost_answer_leaves_the_write_done(desk):
    desk.control.faults(
        {"kind": "commit_reset", "match": {"operation": "writeback", "record": "Opportunity"}}
    )
    with pytest.raises(httpx2.TransportError):
        desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "77"})
    assert desk.row("Opportunity", WON)["NetSuite_Id__c"] == "77"
    entry = desk.control.log()[-1]
    assert (entry["committed"], entry["record_id"], entry["status"]) == (True, WON, None)


def test_truth_tells_lines_and_writers(desk):
    desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "77"})
    item = next(item for item in desk.control.truth("Opportunity") if item["id"] == WON)
    assert item["external_id"] == "77"
    assert {line["Id"] for line in item["lines"]} == {LINE, DISCOUNTED_LINE}
    assert item["_meta"]["created_by"] == "seed"
    assert item["_meta"]["modified_by"] == "rest"
    assert item["_meta"]["history"][0]["fields"] == ["NetSuite_Id__c"]
    assert item["_meta"]["history"][0]["request"] == desk.control.log()[-1]["n"]


def test_saved_state_is_the_same_org(desk, tmp_path):
    desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "77"})
    desk.admin("merge", winner=BETA, losers=[ACME])
    desk.admin("lock", id=OPEN)
    desk.admin("late_commit", type="Account", id=BETA, fields={"Phone": "9"}, held_seconds=60)
    desk.admin("hide_field", object="Account", field="Phone")
    before = desk.control.truth()
    desk.control.save(str(tmp_path / "org.json"))
    token = desk.http.headers["Authorization"]
    with SalesforceEmulator(clock=EmulatorClock(NOW, frozen=True)) as other:
        other.control.restore(str(tmp_path / "org.json"))
        assert other.control.truth() == before
        url = f"{other.base_url}/services/data/v60.0"
        answer = httpx2.patch(f"{url}/sobjects/Opportunity/{OPEN}", json={}, headers={"Authorization": token})
        refused(answer, 400, "ENTITY_IS_LOCKED")
        upsert = httpx2.patch(
            f"{url}/sobjects/Opportunity/NetSuite_Id__c/77", json={}, headers={"Authorization": token}
        )
        assert upsert.json()["created"] is False
        other.control.clock(advance_seconds=60)
        late = next(item for item in other.control.truth("Account") if item["id"] == BETA)
        assert late["fields"]["Phone"] == "9"


def test_operations_in_the_log(desk):
    desk.ask("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact)")
    desk.patch("sobjects/Account/NetSuite_Id__c/5", {"Name": "x"})
    desk.post("composite/sobjects", {"records": [{"attributes": {"type": "Contact"}, "LastName": "x"}]})
    desk.get(f"sobjects/Account/{ACME}")
    entries = desk.control.log()[-4:]
    assert [(entry["operation"], entry["record"]) for entry in entries] == [
        ("query", "Account"),
        ("writeback", "Account"),
        ("writeback", "Contact"),
        ("get", "Account"),
    ]
    assert entries[1]["external_id"] == "5"
