"""One check for each rule of `rules.RULES`: passes with the rule on, fails with it off. Each takes a `Desk`."""

from __future__ import annotations

import json

from tests.emulators.hubspot.support import DATED, Desk, equals, many_companies, refused
from tests.emulators.hubspot.webhook_checks import WEBHOOK_CHECKS

from tieout.emulators.hubspot.sample import (
    ACME,
    ACME_PARENT,
    ADA,
    BETA,
    CUSTOM_LINE,
    LINE,
    OPEN,
    OPEN_STAGE,
    PIPELINE,
    WON,
    WON_STAGE,
    sample_dataset,
)

CHECKS = dict(WEBHOOK_CHECKS)


def check(function):
    CHECKS[function.__name__] = function
    return function


# Who may call


@check
def bearer_is_checked_on_every_route(desk: Desk):
    for path in (
        f"{DATED}/deals",
        "crm/v3/objects/deals/1",
        "crm/pipelines/2026-03/deals",
        "account-info/v3/details",
    ):
        for word in ("", "Bearer pat-na1-unknown"):
            body = refused(desk.get(path, headers={"Authorization": word}), 401, "INVALID_AUTHENTICATION")
            assert body["message"].startswith("Authentication credentials not found.")


@check
def oauth_tokens_expire(desk: Desk):
    answer = desk.oauth().json()
    assert (answer["expires_in"], answer["hub_id"]) == (1800, 62515)
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    desk.pass_time(1799)
    assert desk.get(f"{DATED}/deals", headers=bearer).status_code == 200
    desk.pass_time(61)
    body = refused(desk.get(f"{DATED}/deals", headers=bearer), 401, "EXPIRED_AUTHENTICATION")
    assert body["message"] == "The OAuth token used to make this call expired 1 minute(s) ago."
    assert body["context"] == {"expire time": ["2026-11-22T12:30:00Z"]}


@check
def missing_scopes_are_named(desk: Desk):
    reader = {"Authorization": "Bearer pat-na1-reader"}
    assert desk.get(f"{DATED}/companies", headers=reader).status_code == 200
    body = refused(desk.get(f"{DATED}/line_items", headers=reader), 403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == [
        "crm.objects.line_items.read",
        "e-commerce",
    ]
    refused(desk.patch(f"{DATED}/companies/{ACME}", {"city": "Bonn"}, headers=reader), 403, "MISSING_SCOPES")


@check
def client_secret_is_checked(desk: Desk):
    answer = desk.oauth(client_secret="wrong")
    assert (answer.status_code, answer.json()["status"]) == (400, "BAD_CLIENT_SECRET")
    assert desk.oauth(refresh_token="wrong").json()["status"] == "BAD_REFRESH_TOKEN"


@check
def errors_are_objects(desk: Desk):
    refused(desk.get(f"{DATED}/deals/999"), 404, None, "resource not found")
    body = refused(desk.get(f"{DATED}/deals/word"), 404, "OBJECT_NOT_FOUND")
    assert body["message"] == "Object not found.  objectId are usually numeric."
    assert body["context"] == {"id": ["word"]}


# Values


@check
def values_are_text(desk: Desk):
    answer = desk.get(
        f"{DATED}/deals/{WON}?properties=amount,hs_is_closed_won&properties=hs_num_of_line_items"
    ).json()
    assert answer["id"] == WON
    assert answer["properties"] == {
        "amount": "3326.48", "hs_is_closed_won": "true", "hs_num_of_line_items": "3", "hs_object_id": WON,
        "createdate": "2026-09-01T08:00:00Z", "hs_lastmodifieddate": "2026-10-15T10:00:00Z",
    }  # fmt: skip


@check
def associated_ids_are_numbers(desk: Desk):
    for path in (
        f"{DATED}/deals/{WON}/associations/companies",
        f"crm/v4/objects/deals/{WON}/associations/company",
    ):
        assert [row["toObjectId"] for row in desk.get(path).json()["results"]] == [
            int(ACME),
            int(ACME_PARENT),
        ]
    old = desk.get(f"crm/v3/objects/deals/{WON}/associations/companies").json()["results"]
    assert old[0] == {"id": ACME, "type": "deal_to_company"}


@check
def reads_give_a_small_default_set(desk: Desk):
    assert sorted(desk.properties("companies", ACME)) == [
        "createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name",
    ]  # fmt: skip
    assert "lastmodifieddate" in desk.properties("contacts", ADA)


@check
def bad_properties_are_refused(desk: Desk):
    given = {"nope": "1", "amount": "much", "netsuite_status": "eh", "dealname": "kept"}
    body = refused(desk.patch(f"{DATED}/deals/{WON}", given), 400, "VALIDATION_ERROR")
    assert [error["code"] for error in body["errors"]] == [
        "PROPERTY_DOESNT_EXIST",
        "INVALID_DOUBLE",
        "INVALID_OPTION",
    ]
    head, _, inside = body["message"].partition(": ")
    assert head == "Property values were not valid"
    first = json.loads(inside)[0]
    assert (first["name"], first["isValid"], first["portalId"]) == ("nope", False, 62515)
    assert desk.properties("deals", WON)["dealname"] == "Acme platform"


@check
def calculated_properties_are_read_only(desk: Desk):
    body = refused(desk.patch(f"{DATED}/deals/{WON}", {"hs_is_closed_won": "false"}), 400, "VALIDATION_ERROR")
    assert body["errors"][0]["code"] == "READ_ONLY_VALUE"


@check
def the_modified_stamp_moves(desk: Desk):
    assert desk.patch(f"{DATED}/deals/{WON}", {"dealname": "Other"}).status_code == 200
    assert desk.properties("deals", WON)["hs_lastmodifieddate"] == "2026-11-22T12:00:00Z"
    desk.patch(f"{DATED}/contacts/{ADA}", {"lastname": "Other"})
    assert desk.properties("contacts", ADA)["lastmodifieddate"] == "2026-11-22T12:00:00Z"


@check
def unset_values_are_null_or_absent(desk: Desk):
    assert desk.properties("deals", OPEN, "netsuite_id")["netsuite_id"] is None
    body = {"inputs": [{"id": OPEN}], "properties": ["netsuite_id"]}
    (row,) = desk.post(f"{DATED}/deals/batch/read", body).json()["results"]
    assert "netsuite_id" not in row["properties"]


# Versions


@check
def legacy_paths_can_end(desk: Desk):
    old, new = desk.get(f"crm/v3/objects/0-3/{WON}"), desk.get(f"crm/objects/2026-09/deal/{WON}")
    assert old.status_code == new.status_code == 200
    assert old.json() == new.json()
    desk.control.switches({"HS-20a": "dated_only"})
    assert desk.get(f"crm/v3/objects/deals/{WON}").status_code == 404
    assert desk.get(f"crm/v4/objects/deals/{WON}/associations/companies").status_code == 404
    assert desk.get(f"crm/objects/2026-09/deals/{WON}").status_code == 200


@check
def validation_rules_bind_from_2026_09(desk: Desk):
    desk.admin("arm_validation_rule", object="deals", property="po_number", when={"dealstage": [WON_STAGE]},
               message="A won deal needs a PO")  # fmt: skip
    assert desk.patch(f"{DATED}/deals/{WON}", {"dealname": "a"}).status_code == 200
    body = refused(desk.patch(f"crm/objects/2026-09/deals/{WON}", {"dealname": "b"}), 400, "VALIDATION_ERROR")
    assert body["errors"][0]["message"] == "A won deal needs a PO"
    assert desk.patch(f"crm/objects/2026-09/deals/{WON}", {"po_number": "7"}).status_code == 200


# Search


@check
def search_lags_behind(desk: Desk):
    named = [equals("dealname", "fresh")]
    made = desk.post(
        f"{DATED}/deals", {"properties": {"dealname": "Fresh", "dealstage": "closedwon"}}
    ).json()["id"]
    desk.patch(f"{DATED}/deals/{WON}", {"dealname": "Fresh"})
    assert desk.found(filters=named) == []
    desk.pass_time(10)
    assert desk.found(filters=named) == [made]
    desk.pass_time(50)
    assert sorted(desk.found(filters=named)) == sorted([WON, made])


@check
def search_pages_hold_200(desk: Desk):
    assert desk.search(limit=200).status_code == 200
    refused(desk.search(limit=201), 400, "VALIDATION_ERROR")


@check
def search_ends_at_10000(desk: Desk):
    assert desk.search(limit=100, after="9900").status_code == 200
    refused(desk.search(limit=101, after="9900"), 400, "VALIDATION_ERROR")


@check
def five_searches_a_second(desk: Desk):
    assert [
        desk.search(kind).status_code for kind in ("deals", "companies", "deals", "products", "deals")
    ] == [200] * 5
    body = desk.search("contacts").json()
    assert (body["message"], body["policyName"]) == ("You have reached your secondly limit.", "SECONDLY")
    desk.pass_time(1)
    assert desk.search().status_code == 200


@check
def search_hides_archived(desk: Desk):
    assert desk.http.delete(f"/{DATED}/deals/{OPEN}").status_code == 204
    desk.pass_time(60)
    assert desk.found() == [WON]


@check
def search_filters_are_capped(desk: Desk):
    one = {"propertyName": "dealname", "operator": "HAS_PROPERTY"}
    for sizes in ([7], [1] * 6, [4, 4, 4, 4, 3]):
        desk.pass_time(1)
        groups = [{"filters": [one] * size} for size in sizes]
        refused(desk.search(filterGroups=groups), 400, "VALIDATION_ERROR")
    assert desk.search(filterGroups=[{"filters": [one] * 6}] * 3).status_code == 200


@check
def search_takes_one_sort(desk: Desk):
    by_amount = {"propertyName": "amount", "direction": "DESCENDING"}
    assert desk.found(sorts=[by_amount]) == [OPEN, WON]
    refused(desk.search(sorts=[by_amount, by_amount]), 400, "VALIDATION_ERROR")


@check
def search_has_no_rate_headers(desk: Desk):
    assert "X-HubSpot-RateLimit-Remaining" in desk.get(f"{DATED}/deals").headers
    assert not [name for name in desk.search().headers if "ratelimit" in name.lower()]


# Batches and uniqueness


@check
def partial_batches_are_207(desk: Desk):
    answer = desk.post(f"{DATED}/deals/batch/read", {"inputs": [{"id": WON}, {"id": "7"}, {"id": "8"}]})
    assert answer.status_code == 207
    body = answer.json()
    assert ([row["id"] for row in body["results"]], body["numErrors"]) == ([WON], 1)
    assert body["errors"][0]["context"] == {"ids": ["7", "8"]}
    given = {
        "inputs": [{"id": WON, "properties": {"dealname": "x"}}, {"id": "7", "properties": {"dealname": "x"}}]
    }
    assert desk.post(f"{DATED}/deals/batch/update", given).status_code == 207
    assert desk.properties("deals", WON)["dealname"] == "x"


def _with_companies(desk, count):
    records = sample_dataset()["records"]
    desk.reload(records={**records, "companies": records["companies"] + many_companies(count)})
    return [str(60_000 + number) for number in range(count)]


@check
def batch_results_come_in_any_order(desk: Desk):
    ids = _with_companies(desk, 30)
    results = desk.post(f"{DATED}/companies/batch/read", {"inputs": [{"id": one} for one in ids]}).json()[
        "results"
    ]
    assert sorted(row["id"] for row in results) == ids
    assert [row["id"] for row in results] != ids


@check
def batches_hold_100(desk: Desk):
    ids = _with_companies(desk, 101)
    for most, status in ((100, 200), (101, 400)):
        inputs = [{"id": one} for one in ids[:most]]
        assert desk.post(f"{DATED}/companies/batch/read", {"inputs": inputs}).status_code == status


@check
def merged_ids_fail_in_batches(desk: Desk):
    merged = desk.admin("merge", primary=WON, other=OPEN)["id"]
    assert desk.patch(f"{DATED}/deals/{OPEN}", {"dealname": "one"}).json()["id"] == merged
    body = desk.post(f"{DATED}/deals/batch/read", {"inputs": [{"id": WON}, {"id": merged}]}).json()
    assert [row["id"] for row in body["results"]] == [merged]
    assert body["errors"][0]["context"] == {"ids": [WON]}


@check
def unique_values_are_unique(desk: Desk):
    assert desk.patch(f"{DATED}/deals/{WON}", {"netsuite_id": "so-1"}).status_code == 200
    body = refused(desk.patch(f"{DATED}/deals/{OPEN}", {"netsuite_id": "SO-1"}), 400, "VALIDATION_ERROR")
    assert body["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    refused(
        desk.post(f"{DATED}/contacts", {"properties": {"email": "Ada@acme.example"}}),
        409, "CONFLICT", f"Contact already exists. Existing ID: {ADA}",
    )  # fmt: skip


# Merges


@check
def merged_deals_get_a_third_id(desk: Desk):
    body = desk.post(f"{DATED}/deals/merge", {"primaryObjectId": WON, "objectIdToMerge": OPEN}).json()
    assert body["id"] not in (WON, OPEN)
    for old in (WON, OPEN):
        assert desk.get(f"{DATED}/deals/{old}").json()["id"] == body["id"]
    assert (
        desk.properties("deals", body["id"], "hs_merged_object_ids")["hs_merged_object_ids"]
        == f"{WON};{OPEN}"
    )
    assert desk.linked("deals", body["id"], "companies") == {ACME: [5, 341], ACME_PARENT: [341], BETA: [341]}


@check
def merged_ids_have_no_associations(desk: Desk):
    desk.admin("merge", primary=WON, other=OPEN)
    assert desk.linked("deals", WON, "companies") == {}
    assert "associations" not in desk.get(f"{DATED}/deals/{WON}?associations=companies").json()


@check
def merged_companies_get_a_third_id(desk: Desk):
    merged = desk.admin("merge", type="companies", primary=ACME, other=BETA)["id"]
    assert merged not in (ACME, BETA)
    assert desk.linked("deals", WON, "companies") == {ACME_PARENT: [341], merged: [5, 341]}
    assert desk.linked("deals", OPEN, "companies") == {merged: [341]}


# Associations


@check
def a_primary_company_has_two_types(desk: Desk):
    assert desk.linked("deals", WON, "companies") == {ACME: [5, 341], ACME_PARENT: [341]}
    assert desk.linked("companies", ACME, "deals") == {WON: [6, 342]}


@check
def put_replaces_labels(desk: Desk):
    path = f"{DATED}/deals/{WON}/associations/companies/{ACME}"
    answer = desk.put(path, [{"associationCategory": "USER_DEFINED", "associationTypeId": 101}])
    assert (answer.status_code, answer.json()["labels"]) == (200, ["Bill to"])
    assert desk.linked("deals", WON, "companies")[ACME] == [341, 101]


@check
def no_associations_is_an_error_row(desk: Desk):
    answer = desk.post(
        "crm/associations/2026-03/deals/line_items/batch/read", {"inputs": [{"id": WON}, {"id": OPEN}]}
    )
    assert answer.status_code == 207
    body = answer.json()
    assert [row["from"]["id"] for row in body["results"]] == [WON]
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert body["errors"][0]["context"] == {
        "fromObjectId": [OPEN], "fromObjectType": ["deal"], "toObjectType": ["line_item"],
    }  # fmt: skip


@check
def associations_leave_the_stamp(desk: Desk):
    assert desk.put(f"{DATED}/deals/{OPEN}/associations/default/companies/{ACME}", None).status_code == 200
    assert desk.linked("deals", OPEN, "companies") == {ACME: [341], BETA: [341]}
    assert desk.properties("deals", OPEN)["hs_lastmodifieddate"] == "2026-10-16T10:00:00Z"


# Limits


@check
def oauth_answers_have_no_daily_headers(desk: Desk):
    bearer = {"Authorization": f"Bearer {desk.oauth().json()['access_token']}"}
    headers = desk.get(f"{DATED}/deals", headers=bearer).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "110"
    assert "X-HubSpot-RateLimit-Daily" not in headers
    assert desk.get(f"{DATED}/deals").headers["X-HubSpot-RateLimit-Daily-Remaining"] == "649999"


@check
def ten_seconds_are_limited(desk: Desk):
    desk.control.config(portal={"ten_second_limit": 2})
    assert desk.get(f"{DATED}/deals").headers["X-HubSpot-RateLimit-Remaining"] == "1"
    assert desk.get(f"{DATED}/deals").status_code == 200
    answer = desk.get(f"{DATED}/deals")
    assert (answer.status_code, answer.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert desk.search().status_code == 200
    desk.pass_time(10)
    assert desk.get(f"{DATED}/deals").status_code == 200


@check
def days_are_limited(desk: Desk):
    desk.reload(portal={"daily_limit": 1, "time_zone": "America/New_York"})
    assert desk.get(f"{DATED}/deals").status_code == 200
    desk.pass_time(13 * 3600)
    answer = desk.get(f"{DATED}/deals")
    assert (answer.status_code, answer.json()["message"]) == (429, "You have reached your daily limit.")
    desk.pass_time(5 * 3600)
    assert desk.get(f"{DATED}/deals").status_code == 200


@check
def rate_errors_have_their_own_shape(desk: Desk):
    desk.control.config(portal={"ten_second_limit": 0})
    body = desk.get(f"{DATED}/deals").json()
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert "category" not in body
    assert body["requestId"]


# Money


@check
def quote_lines_are_clones(desk: Desk):
    made = desk.admin("publish_quote", deal=WON)
    lines = desk.linked("quotes", made["id"], "line_items")
    assert len(lines) == 3
    assert not set(lines) & set(desk.linked("deals", WON, "line_items"))
    assert desk.properties("quotes", made["id"], "hs_quote_amount", "hs_locked")["hs_locked"] == "true"


@check
def line_changes_leave_the_amount(desk: Desk):
    desk.patch(f"{DATED}/line_items/{LINE}", {"quantity": "20"})
    found = desk.properties("deals", WON, "amount", "hs_mrr")
    assert (found["amount"], found["hs_mrr"]) == ("3326.48", "2000")


@check
def lines_have_one_parent(desk: Desk):
    refused(
        desk.put(f"{DATED}/deals/{OPEN}/associations/default/line_items/{LINE}", None),
        400,
        "VALIDATION_ERROR",
    )


@check
def closed_deals_keep_their_rate(desk: Desk):
    moved = {"pipeline": PIPELINE, "dealstage": OPEN_STAGE, "deal_currency_code": "EUR", "amount": "100"}
    desk.patch(f"{DATED}/deals/{OPEN}", moved)
    desk.admin("set_rate", currency="EUR", rate="1.10")
    desk.admin("set_stage", id=OPEN, stage=WON_STAGE)
    assert desk.properties("deals", OPEN, "hs_exchange_rate")["hs_exchange_rate"] == "1.10"
    desk.admin("set_rate", currency="EUR", rate="1.20")
    desk.patch(f"{DATED}/deals/{OPEN}", {"dealname": "touched"})
    found = desk.properties("deals", OPEN, "hs_exchange_rate", "amount_in_home_currency", "hs_is_closed_won")
    assert (found["hs_exchange_rate"], found["amount_in_home_currency"]) == ("1.10", "110.00")
    assert found["hs_is_closed_won"] == "true"


@check
def percent_discount_is_on_the_line(desk: Desk):
    given = {"name": "Seats", "price": "234.56", "quantity": "10", "hs_discount_percentage": "20"}
    made = desk.post(f"{DATED}/line_items", {"properties": given}).json()
    assert desk.properties("line_items", made["id"], "amount")["amount"] == "1876.48"
    assert desk.properties("line_items", CUSTOM_LINE, "amount", "hs_product_id")["hs_product_id"] is None
