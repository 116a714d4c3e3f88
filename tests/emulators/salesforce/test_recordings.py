"""Recorded conversations with real orgs, held again with the emulator: same statuses, keys and types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.emulators.salesforce.support import ACME, BETA, OPEN, WON, Desk, many_accounts

from tieout.emulators.salesforce.sample import sample_app

FIXTURES = Path(__file__).parents[2] / "fixtures" / "salesforce"
CONVERSATIONS = sorted(
    path.name for path in (FIXTURES / "cumulusci").glob("*.json") if not path.name.startswith("describe")
)


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def empty_org():
    return {"org": {}, "connected_apps": [sample_app()], "records": {"Account": [], "Contact": []}}


def shape(value):
    """Keys and types; numbers are one type, as JSON has one. Null says nothing about a type."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else "text"


def learn_ids(recorded, own, known):
    if isinstance(recorded, dict) and isinstance(own, dict):
        for key in recorded.keys() & own.keys():
            if key in ("id", "Id") and recorded[key] and own[key]:
                known[recorded[key]] = own[key]
            learn_ids(recorded[key], own[key], known)
    elif isinstance(recorded, list) and isinstance(own, list):
        for left, right in zip(recorded, own, strict=False):
            learn_ids(left, right, known)


def translated(text, known):
    for recorded, own in known.items():
        text = text.replace(recorded, own)
    return text.replace("vxx.0", "v60.0")


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_recorded_conversation(name):
    known: dict[str, str] = {}
    with Desk(empty_org(), {"SF-06h": "off"}) as desk:
        if name in ("composite_invalid_type_error.json", "composite_two_queries.json"):
            desk.admin("insert", type="Account", fields={"Name": "before the recording"})
        for turn in json.loads((FIXTURES / "cumulusci" / name).read_text()):
            asked, recorded = turn["request"], turn["response"]
            path = translated(asked["uri"].partition("/services/data/")[2], known)
            body = json.loads(translated(json.dumps(asked["body"]), known)) if asked["body"] else None
            if "/jobs/" in path:
                continue
            answer = desk.http.request(asked["method"], f"/services/data/{path}", json=body)
            assert answer.status_code == recorded["status"], (path, answer.text)
            own = answer.json() if answer.content else None
            learn_ids(recorded["body"], own, known)
            compare(recorded["body"], own, path)


def compare(recorded, own, path):
    """Same shape; of rows only the kinds are compared, as the recorded org held others."""
    if isinstance(recorded, dict) and "records" in recorded:
        assert own.keys() == recorded.keys(), path
        kinds = [row_kinds(answer["records"]) for answer in (recorded, own)]
        assert not kinds[0] or kinds[1] <= kinds[0], path
    elif isinstance(recorded, dict) and "compositeResponse" in recorded:
        for left, right in zip(recorded["compositeResponse"], own["compositeResponse"], strict=True):
            assert left.keys() == right.keys()
            assert left["httpStatusCode"] == right["httpStatusCode"]
            if left["httpStatusCode"] >= 400:
                assert left["body"] == right["body"]  # the words too, but for the API version
            else:
                compare(left["body"], right["body"], path)
    elif isinstance(recorded, dict) and "sObjects" in recorded:
        assert own.keys() == recorded.keys(), path
    else:
        assert shape(recorded) == shape(own), path


def row_kinds(rows):
    return {
        json.dumps({key: shape(value) for key, value in row.items() if value is not None}) for row in rows
    }


def kinds_of(value):
    """As `shape`, but a list is what its elements look like, however many there are."""
    if isinstance(value, dict):
        return {key: kinds_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(kinds_of(inner), sort_keys=True) for inner in value})
    return shape(value)


def bodies(desk):
    """What the emulator answers where restforce keeps a fixture."""
    authorised = desk.http.headers["Authorization"]
    headers = {"Authorization": "Bearer dead"}
    window = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-22T13:00:00Z"}
    for record_id in (ACME, BETA):
        desk.admin("update", type="Account", id=record_id, fields={"Legacy_Key__c": "L1"})
    nested = f"SELECT Id, Name, Account.Name, (SELECT Name FROM OpportunityLineItems) FROM Opportunity WHERE Id='{WON}'"
    found = {
        "auth_error_response": desk.token(client_id="sample-client", client_secret="wrong"),
        "expired_session_response": desk.get("limits", headers=headers),
        "services_data_success_response": desk.http.get("/services/data"),
        "sobject_create_success_response": desk.post("sobjects/Account", {"Name": "New"}),
        "sobject_delete_error_response": desk.call("DELETE", "sobjects/Account/rid"),
        "sobject_query_empty_response": desk.ask("SELECT Id FROM Account WHERE Name = 'nobody'"),
        "sobject_query_error_response": desk.ask("SELECT Nope FROM Account"),
        "sobject_query_success_response": desk.ask(nested),
        "sobject_query_aggregate_success_response": desk.ask(
            "SELECT StageName, SUM(Amount) FROM Opportunity GROUP BY StageName"
        ),
        "sobject_sobject_find_error_response": desk.get("sobjects/Account/23foo"),
        "sobject_upsert_error_response": desk.patch("sobjects/Account/Namez/x", {"Name": "x"}),
        "sobject_upsert_created_success_response": desk.patch(
            "sobjects/Account/NetSuite_Id__c/1", {"Name": "x"}, version="v45.0"
        ),
        "sobject_upsert_multiple_error_response": desk.patch(
            "sobjects/Account/Legacy_Key__c/L1", {"Name": "x"}
        ),
        "sobject_write_error_response": desk.patch(f"sobjects/Account/{ACME}", {"foo": "x"}),
    }
    desk.admin("delete", type="Opportunity", id=OPEN)
    found["sobject_get_deleted_success_response"] = desk.get("sobjects/Opportunity/deleted", params=window)
    found["sobject_get_updated_success_response"] = desk.get("sobjects/Account/updated", params=window)
    assert desk.http.headers["Authorization"] == authorised
    return {name: answer.json() for name, answer in found.items()}


SAME_WORDS = {"expired_session_response", "sobject_query_empty_response"}


def test_bodies_look_like_the_fixtures_of_another_client():
    with Desk() as desk:
        answered = bodies(desk)
    for name, own in answered.items():
        recorded = fixture(f"restforce/{name}")
        if name in SAME_WORDS:
            assert own == recorded, name
        elif "query_success" in name:
            assert own.keys() == recorded.keys()
            row, line = own["records"][0], own["records"][0]["OpportunityLineItems"]
            assert row["Account"]["attributes"].keys() == {"type", "url"}
            assert line.keys() == recorded["records"][0]["Whizbangs__r"].keys()
        elif "aggregate" in name:
            assert own.keys() == recorded.keys()
            assert own["records"][0].keys() == {"attributes", "StageName", "expr0"}
            assert own["records"][0]["attributes"] == recorded["records"][0]["attributes"]
        else:
            assert kinds_of(own) == kinds_of(recorded), name


def test_not_found_and_field_errors_use_the_same_words():
    with Desk() as desk:
        answered = bodies(desk)
    words = "Provided external ID field does not exist or is not accessible: "
    assert answered["sobject_sobject_find_error_response"] == [
        {"message": f"{words}23foo", "errorCode": "NOT_FOUND"}
    ]
    assert answered["sobject_delete_error_response"][0]["message"] == f"{words}rid"
    assert answered["sobject_upsert_error_response"][0]["message"] == f"{words}Namez"
    assert answered["sobject_write_error_response"] == [
        {"message": "No such column 'foo' on sobject of type Account", "errorCode": "INVALID_FIELD"}
    ]


def test_pages_look_like_the_fixtures():
    with Desk(many_accounts(30, batch_max=20)) as desk:
        pages = desk.pages("SELECT Name FROM Account")
    first = fixture("restforce/sobject_query_paginated_first_page_response")
    last = fixture("restforce/sobject_query_paginated_last_page_response")
    assert pages[0].keys() == first.keys()
    assert pages[-1].keys() == last.keys()


@pytest.mark.parametrize("sobject", ["Account", "Opportunity"])
def test_described_fields_are_those_of_a_recorded_org(sobject):
    """Every standard field the emulator shows exists in the real describe, with the same type and permissions."""
    recorded = {spec["name"]: spec for spec in fixture(f"cumulusci/describe_{sobject}")["fields"]}
    with Desk(empty_org()) as desk:
        own = desk.get(f"sobjects/{sobject}/describe").json()
    # The recorded org had no quotes, contracts or territories, and no record types on opportunities.
    absent = {"SyncedQuoteId", "ContractId", "Territory2Id", "IsExcludedFromTerritory2Filter", "RecordTypeId"}
    not_emulated = {
        "RecordTypeId",
        "CampaignId",
        "JigsawCompanyId",
    }  # their parents are not, so they are plain text
    compared = (
        "type",
        "nillable",
        "createable",
        "updateable",
        "filterable",
        "referenceTo",
        "relationshipName",
    )
    differences = [
        (spec["name"], key, spec[key], recorded[spec["name"]][key])
        for spec in own["fields"]
        if spec["name"] not in (absent - recorded.keys()) | not_emulated
        for key in compared
        if spec[key] != recorded[spec["name"]][key]
    ]
    assert differences == []
    assert own["keyPrefix"] == {"Account": "001", "Opportunity": "006"}[sobject]
