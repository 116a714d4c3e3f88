from __future__ import annotations

import http.client
import json
import time
from pathlib import Path

import pytest
from tests.emulators.hubspot.support import DATED, Desk, Receiver, equals, many_companies, refused

from tieout.emulators.hubspot.sample import (
    ACME,
    ACME_PARENT,
    ADA,
    BETA,
    DISCOUNTED_LINE,
    LINE,
    OPEN,
    OPEN_STAGE,
    WON,
    WON_STAGE,
    sample_dataset,
)
from tieout.emulators.kit.client import ControlError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hubspot"


@pytest.fixture
def desk():
    with Desk() as found:
        yield found


# Shapes seen elsewhere


@pytest.mark.parametrize("kind", ["deals", "companies", "products", "quotes"])
def test_a_page_has_the_shape_others_have_seen(desk, kind):
    seen = json.loads((FIXTURES / "dlt" / f"mock_{kind}_data.json").read_text())["results"][0]
    if kind == "quotes":
        desk.admin("publish_quote", deal=WON)
    ours = desk.get(f"crm/v3/objects/{kind}").json()["results"][0]
    assert sorted(ours) == sorted(seen)
    assert sorted(ours["properties"]) == sorted(seen["properties"])


def test_history_is_newest_first(desk):
    desk.admin("set_stage", id=WON, stage=OPEN_STAGE)
    found = desk.get(f"{DATED}/deals/{WON}?propertiesWithHistory=dealstage").json()
    assert [
        (one["value"], one["timestamp"], one["sourceType"])
        for one in found["propertiesWithHistory"]["dealstage"]
    ] == [
        (OPEN_STAGE, "2026-11-22T12:00:00Z", "CRM_UI"),
        (WON_STAGE, "2026-10-15T10:00:00Z", "CRM_UI"),
        (OPEN_STAGE, "2026-09-01T08:00:00Z", "CRM_UI"),
    ]
    assert desk.properties("deals", WON, "hs_is_closed_won")["hs_is_closed_won"] == "false"


def test_calculated_values_have_a_past_too(desk):
    path = f"{DATED}/deals/{WON}?propertiesWithHistory=hs_is_closed_won"
    desk.admin("set_stage", id=WON, stage=OPEN_STAGE)
    history = desk.get(path).json()["propertiesWithHistory"]["hs_is_closed_won"]
    assert [one["value"] for one in history] == ["false", "true"]


def test_lists_page_by_cursor(desk):
    ids, after = [], None
    while True:
        page = desk.get(
            f"{DATED}/companies", params={"limit": "2", **({"after": after} if after else {})}
        ).json()
        ids += [row["id"] for row in page["results"]]
        if "paging" not in page:
            break
        after = page["paging"]["next"]["after"]
        assert f"after={after}" in page["paging"]["next"]["link"]
    assert ids == [ACME, ACME_PARENT, BETA]
    refused(desk.get(f"{DATED}/companies?limit=101"), 400, "VALIDATION_ERROR")


def test_associations_page_by_500_and_follow_their_cursor():
    dataset = sample_dataset()
    dataset["records"]["companies"] += many_companies(600)
    dataset["records"]["deals"][1]["associations"] = {"companies": [str(60_000 + one) for one in range(600)]}
    with Desk(dataset) as desk:
        first = desk.get(f"{DATED}/deals/{OPEN}/associations/companies").json()
        assert len(first["results"]) == 500
        inputs = {"inputs": [{"id": OPEN, "after": first["paging"]["next"]["after"]}]}
        (rest,) = desk.post("crm/v4/associations/deals/companies/batch/read", inputs).json()["results"]
        assert len(rest["to"]) == 100
        assert "paging" not in rest


def test_a_deal_is_created_with_its_associations(desk):
    body = {
        "properties": {
            "dealname": "New",
            "dealstage": "closedwon",
            "amount": 12.5,
            "closedate": "1790000000000",
        },
        "associations": [
            {
                "to": {"id": BETA},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}],
            }
        ],
    }
    answer = desk.post(f"{DATED}/deals", body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["properties"]["amount"], made["properties"]["closedate"]) == ("12.5", "2026-09-21T14:13:20Z")
    assert (made["properties"]["pipeline"], made["properties"]["hs_is_closed_won"]) == ("default", "true")
    assert desk.linked("deals", made["id"], "companies") == {BETA: [5, 341]}
    bad = {**body, "associations": [{**body["associations"][0], "to": {"id": "999"}}]}
    refused(desk.post(f"{DATED}/deals", bad), 400, "VALIDATION_ERROR", "One or more associations are invalid")
    assert len(desk.control.truth("deals")) == 3


def test_a_stage_must_belong_to_the_pipeline(desk):
    refused(desk.patch(f"{DATED}/deals/{OPEN}", {"dealstage": WON_STAGE}), 400, "VALIDATION_ERROR")


def test_upsert_says_what_is_new(desk):
    desk.patch(f"{DATED}/deals/{WON}", {"netsuite_id": "so-1"})
    inputs = [
        {"idProperty": "netsuite_id", "id": one, "properties": {"dealname": "Upserted"}}
        for one in ("so-1", "so-2")
    ]
    rows = desk.post(f"{DATED}/deals/batch/upsert", {"inputs": inputs}).json()["results"]
    assert {row["properties"]["netsuite_id"]: row["new"] for row in rows} == {"so-1": False, "so-2": True}
    bad = {"inputs": [{"idProperty": "dealname", "id": "x", "properties": {}}]}
    refused(desk.post(f"{DATED}/deals/batch/upsert", bad), 400, "VALIDATION_ERROR")


def test_a_batch_create_fails_whole_unless_its_rows_are_traced(desk):
    good, bad = {"properties": {"name": "Good"}}, {"properties": {"nope": "1"}}
    refused(desk.post(f"{DATED}/companies/batch/create", {"inputs": [good, bad]}), 400, "VALIDATION_ERROR")
    assert len(desk.control.truth("companies")) == 3
    traced = [{**good, "objectWriteTraceId": "a"}, {**bad, "objectWriteTraceId": "b"}]
    answer = desk.post(f"{DATED}/companies/batch/create", {"inputs": traced})
    assert answer.status_code == 207
    assert [row["objectWriteTraceId"] for row in answer.json()["results"]] == ["a"]
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": ["b"]}


def test_a_batch_update_names_no_id_twice(desk):
    inputs = [{"id": WON, "properties": {"dealname": one}} for one in "ab"]
    refused(desk.post(f"{DATED}/deals/batch/update", {"inputs": inputs}), 400, "VALIDATION_ERROR")


def test_archived_records_are_gone_until_asked_for(desk):
    for _ in range(2):
        assert desk.http.delete(f"/{DATED}/companies/{BETA}").status_code == 204
    refused(desk.get(f"{DATED}/companies/{BETA}"), 404, None)
    assert desk.get(f"{DATED}/companies/{BETA}?archived=true").json()["archivedAt"]
    assert [row["id"] for row in desk.get(f"{DATED}/companies?archived=true").json()["results"]] == [BETA]
    assert desk.linked("deals", OPEN, "companies") == {}
    desk.admin("restore", type="companies", id=BETA)
    assert desk.linked("deals", OPEN, "companies") == {BETA: [341]}


def test_merges_chain(desk):
    first = desk.admin("merge", primary=WON, other=OPEN)["id"]
    third = desk.admin("create", type="deals", properties={"dealname": "C", "dealstage": "closedwon"})["id"]
    last = desk.admin("merge", primary=third, other=first)["id"]
    assert desk.get(f"{DATED}/deals/{OPEN}").json()["id"] == last
    merged = desk.properties("deals", last, "hs_merged_object_ids")["hs_merged_object_ids"]
    assert set(merged.split(";")) == {WON, OPEN, first, third}
    assert sorted(desk.linked("deals", last, "line_items")) == sorted(["50001", "50002", "50003"])
    refused(
        desk.post(f"{DATED}/deals/merge", {"primaryObjectId": last, "objectIdToMerge": last}),
        400,
        "VALIDATION_ERROR",
    )


def test_a_new_primary_takes_the_mark_from_the_old(desk):
    desk.admin("associate", from_type="deals", **{"from": WON}, to_type="companies", to=BETA, types=[5])
    assert desk.linked("deals", WON, "companies") == {ACME: [341], ACME_PARENT: [341], BETA: [5, 341]}
    assert desk.linked("companies", ACME, "deals") == {WON: [342]}


def test_a_label_can_change_under_everybody(desk):
    desk.admin("rename_label", type_id=5, label="Main company")
    labels = desk.get("crm/associations/2026-03/deals/companies/labels").json()["results"]
    assert {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Main company"} in labels


def test_parents_and_children_are_told_apart(desk):
    assert desk.linked("companies", ACME, "companies") == {ACME_PARENT: [14]}
    assert desk.linked("companies", ACME_PARENT, "companies") == {ACME: [13]}


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([equals("amount", "4000", "LT")], [WON]),
        ([equals("hs_lastmodifieddate", "2026-10-16T00:00:00Z", "GTE")], [OPEN]),
        ([equals("hs_lastmodifieddate", "1792144799999", "GT")], [OPEN]),
        ([equals("hs_is_closed_won", "true")], [WON]),
        ([{"propertyName": "dealname", "operator": "IN", "values": ["acme platform"]}], [WON]),
        ([{"propertyName": "dealname", "operator": "IN", "values": ["Acme platform"]}], []),
        ([equals("dealname", "acme*", "CONTAINS_TOKEN")], [WON]),
        ([{"propertyName": "closedate", "operator": "NOT_HAS_PROPERTY"}], [OPEN]),
        ([{"propertyName": "amount", "operator": "BETWEEN", "value": "5000", "highValue": "6000"}], [OPEN]),
        ([equals("associations.company", BETA)], [OPEN]),
        ([equals("hs_object_id", WON, "GT")], [OPEN]),
    ],
)
def test_search_finds(desk, filters, ids):
    assert desk.found(filters=filters) == ids


def test_search_refuses_what_it_does_not_know(desk):
    refused(
        desk.search(filters=[equals("nope", "1")]),
        400,
        "VALIDATION_ERROR",
        "There was a problem with the request.",
    )
    refused(desk.search(filters=[equals("amount", "1", "LIKE")]), 400, "VALIDATION_ERROR")
    refused(desk.search(filters=[equals("amount", "many")]), 400, "VALIDATION_ERROR")


def test_the_account_its_pipelines_properties_and_owners(desk):
    for version in ("v3", "2026-03"):
        assert desk.get(f"account-info/{version}/details").json()["portalId"] == 62515
    stages = {
        stage["id"]: stage["metadata"]
        for pipeline in desk.get("crm/pipelines/2026-03/deals").json()["results"]
        for stage in pipeline["stages"]
    }
    assert stages[WON_STAGE] == {"probability": "1.0", "isClosed": "true"}
    found = desk.get("crm/properties/2026-03/deals/netsuite_id").json()
    assert (found["type"], found["hasUniqueValue"]) == ("string", True)
    made = desk.post(
        "crm/v3/properties/deals", {"name": "made_here", "type": "number", "fieldType": "number"}
    )
    assert made.status_code == 201
    assert desk.patch(f"{DATED}/deals/{WON}", {"made_here": "1.5"}).status_code == 200
    assert [one["email"] for one in desk.get("crm/v3/owners").json()["results"]] == ["vera@example.com"]


def test_token_endpoints(desk):
    token = desk.oauth().json()["access_token"]
    assert desk.get(f"oauth/v1/access-tokens/{token}").json()["hub_id"] == 62515
    form = {"client_id": "sample-client", "client_secret": "sample-secret", "token": token}
    told = desk.http.post("/oauth/2026-03/token/introspect", data=form).json()
    assert (told["active"], told["hub_id"]) == (True, 62515)
    desk.http.post("/oauth/2026-03/token/revoke", data=form)
    assert desk.http.post("/oauth/2026-03/token/introspect", data=form).json() == {"active": False}
    code = {
        "grant_type": "authorization_code",
        "code": "sample-code",
        "redirect_uri": "https://tieout.example/callback",
    }
    assert desk.oauth(**code).json()["refresh_token"].startswith("na1-refresh-")
    assert desk.oauth(**code).json()["error"] == "invalid_grant"
    private = desk.post("oauth/v2/private-apps/get/access-token-info", {"tokenKey": "pat-na1-reader"}).json()
    assert (private["hubId"], private["scopes"]) == (62515, ["crm.objects.companies.read"])


def test_a_token_hubspot_cannot_read_expired_in_1970(desk):
    body = refused(
        desk.get(f"{DATED}/deals", headers={"Authorization": "Bearer na"}), 401, "EXPIRED_AUTHENTICATION"
    )
    assert body["context"] == {"expire time": ["1970-01-01T00:00:00Z"]}


def test_locks_and_migrations(desk):
    desk.admin("lock", id=WON, times=1)
    assert desk.patch(f"{DATED}/deals/{WON}", {"dealname": "x"}).status_code == 423
    assert desk.patch(f"{DATED}/deals/{WON}", {"dealname": "x"}).status_code == 200
    desk.admin("migrate", seconds=60)
    answer = desk.get(f"{DATED}/deals")
    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "86400")
    desk.pass_time(60)
    assert desk.get(f"{DATED}/deals").status_code == 200


def test_a_lost_answer_is_a_write_done(desk):
    desk.control.faults({"kind": "commit_reset", "match": {"operation": "update", "record": "deals"}})
    host, port = desk.emulator.base_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    body = json.dumps({"properties": {"dealname": "Done"}})
    headers = {"Authorization": "Bearer pat-na1-sample", "Content-Type": "application/json"}
    connection.request("PATCH", f"/{DATED}/deals/{WON}", body, headers)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
    assert desk.properties("deals", WON)["dealname"] == "Done"
    last = [entry for entry in desk.control.log() if entry["operation"] == "update"][-1]
    assert (last["committed"], last["record_id"], last["target"]) == (True, WON, WON)


@pytest.mark.parametrize(("kind", "status"), [("throttle", 429), ("unauthorized", 401), ("error_500", 500)])
def test_faults_speak_hubspot(desk, kind, status):
    desk.control.faults({"kind": kind, "match": {"record": "deals"}})
    answer = desk.get(f"{DATED}/deals")
    assert (answer.status_code, answer.json()["status"]) == (status, "error")
    assert desk.get(f"{DATED}/deals").status_code == 200


def test_dates_are_days_and_midnight_is_insisted_on(desk):
    name = "hs_recurring_billing_start_date"
    desk.patch(f"{DATED}/line_items/{LINE}", {name: "1798761600000"})
    found = desk.properties("line_items", LINE, name, "hs_recurring_billing_end_date", "hs_term_in_months")
    assert (found[name], found["hs_recurring_billing_end_date"]) == ("2027-01-01", "2028-01-01")
    assert found["hs_term_in_months"] == "12"
    refused(desk.patch(f"{DATED}/line_items/{LINE}", {name: "1798761600001000"}), 400, "VALIDATION_ERROR")


def test_currencies_round_to_their_minor_unit(desk):
    given = {"name": "x", "price": "10.5", "quantity": "3", "hs_line_item_currency_code": "JPY"}
    made = desk.post(f"{DATED}/line_items", {"properties": given}).json()
    assert made["properties"]["amount"] == "32"
    assert (
        desk.properties("line_items", DISCOUNTED_LINE, "hs_total_discount")["hs_total_discount"] == "469.12"
    )


def test_state_can_be_saved_and_taken_back(desk, tmp_path):
    desk.admin("merge", primary=WON, other=OPEN)
    desk.patch(f"{DATED}/contacts/{ADA}", {"lastname": "Saved"})
    before = desk.control.truth()
    desk.control.save(str(tmp_path / "state.json"))
    desk.reload()
    desk.control.restore(str(tmp_path / "state.json"))
    assert desk.control.truth() == before
    assert desk.get(f"{DATED}/deals/{WON}").json()["id"] not in (WON, OPEN)
    desk.pass_time(60)
    assert desk.found("contacts", [equals("lastname", "saved")]) == [ADA]


@pytest.mark.parametrize(
    ("section", "value", "reason"),
    [
        ("nothing", [], "unknown sections nothing"),
        ("records", {"tickets": []}, "no object type tickets"),
        ("records", {"deals": [{"id": "x"}]}, "not numeric"),
        ("records", {"deals": [{"properties": {"nope": 1}}]}, "have no property nope"),
        ("records", {"deals": [{"associations": {"companies": ["1"]}}]}, "no companies 1"),
        ("portal", {"colour": "red"}, "unknown colour"),
    ],
)
def test_a_wrong_data_set_is_refused_with_the_reason(desk, section, value, reason):
    with pytest.raises(ControlError, match=reason):
        desk.control.load(sample_dataset() | {section: value})


def test_webhooks_can_be_automatic_and_the_receiver_may_call_back(desk):
    with Receiver() as receiver:
        desk.control.config(webhooks={"mode": "automatic", "duplicate_share": 0.0})
        desk.admin("set_target", target_url=receiver.url)
        desk.admin("set_stage", id=WON, stage=OPEN_STAGE)
        deadline = time.monotonic() + 5
        while not receiver.events and time.monotonic() < deadline:
            time.sleep(0.01)
        (event,) = receiver.events
    assert {name: event[name] for name in ("subscriptionType", "objectId", "propertyName", "propertyValue")} == {
        "subscriptionType": "deal.propertyChange", "objectId": int(WON), "propertyName": "dealstage",
        "propertyValue": OPEN_STAGE,
    }  # fmt: skip
    assert (event["changeSource"], event["sourceId"], event["portalId"]) == ("CRM_UI", "userId:41", 62515)


def test_merge_events_name_the_new_record(desk):
    with Receiver() as receiver:
        desk.control.config(webhooks={"duplicate_share": 0.0})
        desk.admin("set_target", target_url=receiver.url)
        merged = desk.admin("merge", primary=WON, other=OPEN)["id"]
        desk.deliver()
        (event,) = [one for one in receiver.events if one["subscriptionType"] == "deal.merge"]
    assert (event["primaryObjectId"], event["mergedObjectIds"]) == (int(WON), [int(OPEN)])
    assert event["newObjectId"] == int(merged)


def test_waiting_events_can_be_doubled_dropped_and_forged(desk):
    with Receiver() as receiver:
        desk.control.config(
            webhooks={"duplicate_share": 0.0, "signature": "wrong", "timestamp_age_seconds": 600}
        )
        desk.admin("set_target", target_url=receiver.url)
        desk.admin("set_stage", id=WON, stage=OPEN_STAGE)
        assert desk.admin("drop") == {"dropped": 1}
        desk.admin("emit", event={"subscriptionType": "deal.creation", "objectId": 1})
        assert desk.admin("duplicate", times=2) == {"waiting": 3}
        desk.deliver()
        assert [event["objectId"] for event in receiver.events] == [1, 1, 1]
        (_, headers, _), *_ = receiver.requests
    assert headers["X-HubSpot-Request-Timestamp"] == "1795348200000"
