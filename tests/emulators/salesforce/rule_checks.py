"""One check for each rule of `rules.RULES`: passes with the rule on, fails with it off. Each takes a `Desk`."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.emulators.salesforce.support import (
    ACME,
    BETA,
    DISCOUNTED_LINE,
    LINE,
    NOW,
    OPEN,
    WON,
    many_accounts,
    oauth_refused,
    refused,
)

from tieout.emulators.salesforce.auth import JWT_GRANT
from tieout.emulators.salesforce.sample import OPEN_STAGE, WON_STAGE, sample_app, sample_dataset

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


# OAuth


def _pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _with_apps(desk, *apps):
    dataset = sample_dataset()
    dataset["connected_apps"] += apps
    desk.control.load(dataset)
    desk.sign_in()


def _assertion(desk, key=KEY, **claims):
    claims = {
        "iss": "jwt-client",
        "sub": "integration@example.com",
        "aud": "https://test.salesforce.com",
        "exp": int(NOW.timestamp()) + 180,
        **claims,
    }
    text = jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(key))
    return desk.token(grant_type=JWT_GRANT, assertion=text)


def _jwt_app(**overrides):
    return sample_app(client_id="jwt-client", public_key=_pem(KEY), **overrides)


@check
def bearer_is_checked_on_every_route(desk):
    for method, path in (("GET", "query?q=SELECT+Id+FROM+Account"), ("GET", "limits"), ("POST", "composite")):
        answer = desk.call(
            method, path, {} if method == "POST" else None, headers={"Authorization": "Bearer wrong"}
        )
        refused(answer, 401, "INVALID_SESSION_ID", "Session expired or invalid")
    assert desk.http.get("/services/data", headers={"Authorization": ""}).status_code == 200


@check
def token_dies_after_its_time(desk):
    answer = desk.token(client_id="sample-client", client_secret="sample-secret")
    assert not {"expires_in", "expires"} & answer.json().keys()
    desk.control.clock(advance_seconds=7199)
    assert desk.get("limits").status_code == 200
    desk.control.clock(advance_seconds=1)
    refused(desk.get("limits"), 401, "INVALID_SESSION_ID", "Session expired or invalid")


@check
def jwt_signature_is_verified(desk):
    _with_apps(desk, _jwt_app())
    assert _assertion(desk).status_code == 200
    oauth_refused(_assertion(desk, OTHER_KEY), "invalid_grant", "invalid assertion")


@check
def jwt_audience_is_checked(desk):
    _with_apps(desk, _jwt_app(audiences=["https://login.salesforce.com"]))
    oauth_refused(_assertion(desk), "invalid_grant", "audience is invalid")


@check
def jwt_user_must_be_approved(desk):
    _with_apps(desk, _jwt_app(approved=False))
    oauth_refused(_assertion(desk), "invalid_grant", "user hasn't approved this consumer")


@check
def client_credentials_need_a_run_as_user(desk):
    _with_apps(desk, sample_app(client_id="headless", run_as=None))
    answer = desk.token(client_id="headless", client_secret="sample-secret")
    oauth_refused(answer, "invalid_grant", "no client credentials user enabled")


@check
def client_credentials_need_my_domain(desk):
    form = {
        "grant_type": "client_credentials",
        "client_id": "sample-client",
        "client_secret": "sample-secret",
    }
    answer = desk.http.post("/services/oauth2/token", data=form, headers={"Host": "login.salesforce.com"})
    oauth_refused(answer, "invalid_grant", "request not supported on this domain")


@check
def errors_are_arrays(desk):
    refused(desk.get("sobjects/Foo"), 404, "NOT_FOUND", "The requested resource does not exist")
    oauth_refused(desk.token(client_id="nobody"), "invalid_client_id", "client identifier invalid")


# Ids


@check
def fifteen_character_ids_are_accepted(desk):
    answer = desk.get(f"sobjects/Account/{ACME[:15]}")
    assert answer.status_code == 200
    assert answer.json()["Id"] == ACME
    assert [row["Id"] for row in desk.rows(f"SELECT Id FROM Account WHERE Id = '{ACME[:15]}'")] == [ACME]


@check
def duplicate_value_names_a_fifteen_character_id(desk):
    assert desk.patch(f"sobjects/Account/{ACME}", {"NetSuite_Id__c": "77"}).status_code == 204
    answer = desk.patch(f"sobjects/Account/{BETA}", {"NetSuite_Id__c": "77"})
    message = f"duplicate value found: NetSuite_Id__c duplicates value on record with id: {ACME[:15]}"
    refused(answer, 400, "DUPLICATE_VALUE", message)
    assert answer.json()[0]["fields"] == ["NetSuite_Id__c"]


# Queries


@check
def batches_may_be_short(desk):
    desk.reload(many_accounts(300, batch_max=40))
    answers = desk.pages("SELECT Id FROM Account ORDER BY Id")
    sizes = [len(answer["records"]) for answer in answers]
    assert sum(sizes) == 302 == answers[0]["totalSize"]
    assert all("nextRecordsUrl" not in answer for answer in answers if answer["done"])
    assert any(size < 40 for size in sizes[:-1])


@check
def locator_pages_work_once(desk):
    desk.reload(many_accounts(50, batch_max=20))
    url = desk.ask("SELECT Id FROM Account").json()["nextRecordsUrl"]
    locator = url.rpartition("/")[2].partition("-")[0]
    assert locator.startswith("0r8")
    assert len(locator) == 18
    assert desk.http.get(url).status_code == 200
    refused(desk.http.get(url), 400, "INVALID_QUERY_LOCATOR", "invalid query locator")


@check
def locator_dies_after_two_days(desk):
    desk.reload(many_accounts(50, batch_max=20))
    url = desk.ask("SELECT Id FROM Account").json()["nextRecordsUrl"]
    desk.control.clock(advance_seconds=2 * 86_400 + 1)
    desk.sign_in()
    refused(desk.http.get(url), 400, "INVALID_QUERY_LOCATOR")


@check
def query_hides_deleted_rows(desk):
    assert desk.call("DELETE", f"sobjects/Account/{BETA}").status_code == 204
    assert BETA not in {row["Id"] for row in desk.rows("SELECT Id FROM Account")}
    found = desk.rows("SELECT Id, IsDeleted FROM Account WHERE IsDeleted = true", "queryAll")
    assert [row["Id"] for row in found] == [BETA]
    refused(desk.get(f"sobjects/Account/{BETA}"), 404, "ENTITY_IS_DELETED", "entity is deleted")


@check
def unknown_field_is_refused(desk):
    answer = desk.ask("SELECT Id, Nope__c FROM Account")
    refused(answer, 400, "INVALID_FIELD")
    lines = answer.json()[0]["message"].split("\n")
    assert lines[1:4] == ["SELECT Id, Nope__c FROM Account", " " * 11 + "^", "ERROR at Row:1:Column:12"]
    assert lines[4].startswith("No such column 'Nope__c' on entity 'Account'.")


@check
def unordered_rows_come_in_no_order(desk):
    desk.reload(many_accounts(50))
    ids = [row["Id"] for row in desk.rows("SELECT Id FROM Account")]
    assert ids != sorted(ids)
    assert ids == [row["Id"] for row in desk.rows("SELECT Id FROM Account")]  # but the same each time


@check
def long_text_cannot_be_filtered(desk):
    answer = desk.ask("SELECT Id FROM Opportunity WHERE Description = 'x'")
    refused(answer, 400, "INVALID_FIELD", "field 'Description' can not be filtered in a query call")
    fields = desk.get("sobjects/Opportunity/describe").json()["fields"]
    assert {spec["name"]: spec["filterable"] for spec in fields}["Description"] is False


@check
def children_without_rows_are_null(desk):
    (row,) = desk.rows(
        f"SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity WHERE Id = '{OPEN}'"
    )
    assert row["OpportunityLineItems"] is None


@check
def and_or_need_parentheses(desk):
    answer = desk.ask("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'")
    refused(answer, 400, "MALFORMED_QUERY")
    assert answer.json()[0]["message"].endswith("unexpected token: 'OR'")
    assert desk.rows("SELECT Id FROM Account WHERE Name = 'Acme GmbH' AND (Name = 'b' OR Id != null)")


@check
def text_compares_without_case(desk):
    assert len(desk.rows("SELECT Id FROM Account WHERE Name = 'ACME gmbh'")) == 1
    assert len(desk.rows("SELECT Id FROM Account WHERE Name IN ('acme gmbh', 'x')")) == 1


@check
def long_urls_are_refused(desk):
    names = ",".join(f"'{'x' * 90}{number}'" for number in range(200))
    answer = desk.ask(f"SELECT Id FROM Account WHERE Name IN ({names})")
    assert answer.status_code == 414


# Change detection


@check
def late_commit_keeps_its_old_stamp(desk):
    served = max(row["SystemModstamp"] for row in desk.rows("SELECT SystemModstamp FROM Account"))
    done = desk.admin("late_commit", type="Account", id=ACME, fields={"Phone": "030"})
    assert done["stamp"] < served
    assert desk.row("Account", ACME)["SystemModstamp"] == done["stamp"]
    assert not desk.rows(f"SELECT Id FROM Account WHERE SystemModstamp > {served.replace('+0000', 'Z')}")


@check
def latest_date_covered_waits_for_open_transactions(desk):
    held = desk.admin("late_commit", type="Account", id=ACME, fields={"Phone": "030"}, held_seconds=600)
    desk.control.clock(advance_seconds=300)
    window = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T12:04:00Z"}
    answer = desk.get("sobjects/Account/updated", params=window).json()
    assert answer == {"ids": [], "latestDateCovered": held["stamp"]}
    desk.control.clock(advance_seconds=300)
    answer = desk.get("sobjects/Account/updated", params=window).json()
    assert answer == {"ids": [ACME], "latestDateCovered": "2026-11-22T12:04:00.000+0000"}


@check
def deleted_lines_leave_the_delete_log(desk):
    desk.admin("delete", type="OpportunityLineItem", id=LINE)
    window = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-25T12:00:00Z"}
    rows = desk.get("sobjects/OpportunityLineItem/deleted", params=window).json()["deletedRecords"]
    assert rows == [{"id": LINE, "deletedDate": "2026-11-22T12:00:00.000+0000"}]
    desk.control.clock(advance_seconds=2 * 86_400)
    desk.sign_in()
    answer = desk.get("sobjects/OpportunityLineItem/deleted", params=window).json()
    assert answer["deletedRecords"] == []


# Upserts and collections


@check
def upsert_answers_by_version(desk):
    path = "sobjects/Account/NetSuite_Id__c/900"
    created = desk.patch(path, {"Name": "New"})
    assert (created.status_code, created.json()["created"]) == (201, True)
    again = desk.patch(path, {"Name": "Newer"})
    assert again.status_code == 200
    assert again.json() == {"id": created.json()["id"], "success": True, "errors": [], "created": False}
    old = desk.patch(path, {"Name": "Newest"}, version="v45.0")
    assert (old.status_code, old.content) == (204, b"")
    older = desk.patch("sobjects/Account/NetSuite_Id__c/901", {"Name": "Other"}, version="v45.0")
    assert older.status_code == 201
    assert "created" not in older.json()


@check
def ambiguous_upsert_changes_nothing(desk):
    for record_id in (ACME, BETA):
        desk.admin("update", type="Account", id=record_id, fields={"Legacy_Key__c": "L1"})
    before = desk.control.truth("Account")
    answer = desk.patch("sobjects/Account/Legacy_Key__c/L1", {"Name": "Changed"})
    assert answer.status_code == 300
    assert sorted(answer.json()) == [f"/services/data/v60.0/sobjects/Account/{each}" for each in (ACME, BETA)]
    assert desk.control.truth("Account") == before


@check
def external_id_in_body_is_refused(desk):
    answer = desk.patch("sobjects/Account/NetSuite_Id__c/900", {"Name": "New", "NetSuite_Id__c": "900"})
    refused(
        answer, 400, "INVALID_FIELD", "The NetSuite_Id__c field should not be specified in the sobject data."
    )


def _account(name, **fields):
    return {"attributes": {"type": "Account"}, "Name": name, **fields}


@check
def all_or_none_rolls_back(desk):
    before = desk.control.truth()
    records = [_account("A"), _account(None), _account("C")]
    rows = desk.post("composite/sobjects", {"allOrNone": True, "records": records}).json()
    assert [row["success"] for row in rows] == [False, False, False]
    codes = [row["errors"][0]["statusCode"] for row in rows]
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes == [rolled_back, "REQUIRED_FIELD_MISSING", rolled_back]
    assert desk.control.truth() == before


@check
def collections_take_two_hundred(desk):
    answer = desk.post("composite/sobjects", {"records": [_account(f"N{n}") for n in range(201)]})
    refused(answer, 400, "EXCEEDED_ID_LIMIT")


@check
def collections_take_ten_chunks(desk):
    contact = {"attributes": {"type": "Contact"}, "LastName": "L"}
    ten = [item for number in range(5) for item in (_account(f"N{number}"), contact)]
    assert desk.post("composite/sobjects", {"records": ten}).status_code == 200
    refused(desk.post("composite/sobjects", {"records": [*ten, _account("one more")]}), 400, "INVALID_INPUT")


@check
def composite_takes_twenty_five(desk):
    item = {"method": "GET", "url": "/services/data/v60.0/limits", "referenceId": "r"}
    items = [{**item, "referenceId": f"r{number}"} for number in range(26)]
    assert desk.post("composite", {"compositeRequest": items[:25]}).status_code == 200
    refused(desk.post("composite", {"compositeRequest": items}), 400, "LIMIT_EXCEEDED")


# Opportunities


@check
def won_comes_from_the_stage_table(desk):
    assert desk.patch(f"sobjects/Opportunity/{OPEN}", {"StageName": WON_STAGE}).status_code == 204
    row = desk.row("Opportunity", OPEN)
    assert (row["IsWon"], row["IsClosed"], row["ForecastCategory"], row["Probability"]) == (
        True,
        True,
        "Closed",
        "100",
    )
    refused(
        desk.patch(f"sobjects/Opportunity/{OPEN}", {"IsWon": False}), 400, "INVALID_FIELD_FOR_INSERT_UPDATE"
    )


@check
def amount_is_ignored_with_lines(desk):
    assert desk.patch(f"sobjects/Opportunity/{WON}", {"Amount": 1}).status_code == 204
    assert desk.row("Opportunity", WON)["Amount"] == "11810.00"
    assert desk.patch(f"sobjects/Opportunity/{OPEN}", {"Amount": 1}).status_code == 204
    assert desk.row("Opportunity", OPEN)["Amount"] == "1.00"


def _prices(desk, line_id):
    row = desk.row("OpportunityLineItem", line_id)
    return row["Quantity"], row["UnitPrice"], row["TotalPrice"]


@check
def quantity_alone_holds_the_total(desk):
    assert desk.patch(f"sobjects/OpportunityLineItem/{LINE}", {"Quantity": 20}).status_code == 204
    assert _prices(desk, LINE) == ("20.00", "550.00", "11000.00")


@check
def total_and_unit_price_exclude_each_other(desk):
    answer = desk.patch(f"sobjects/OpportunityLineItem/{LINE}", {"TotalPrice": 100, "UnitPrice": 10})
    refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION")
    assert _prices(desk, LINE) == ("10", "1100", "11000.00")


@check
def quantity_and_discount_need_a_price(desk):
    path = f"sobjects/OpportunityLineItem/{DISCOUNTED_LINE}"
    refused(desk.patch(path, {"Quantity": 4, "Discount": 50}), 400, "FIELD_INTEGRITY_EXCEPTION")
    assert desk.patch(path, {"Quantity": 4, "Discount": 50, "UnitPrice": 300}).status_code == 204
    assert _prices(desk, DISCOUNTED_LINE) == ("4.00", "300.00", "600.00")


@check
def deleted_lines_skip_the_recycle_bin(desk):
    assert desk.call("DELETE", f"sobjects/OpportunityLineItem/{LINE}").status_code == 204
    left = desk.rows("SELECT Id FROM OpportunityLineItem", "queryAll")
    assert [row["Id"] for row in left] == [DISCOUNTED_LINE]
    assert desk.row("Opportunity", WON)["Amount"] == "810.00"


@check
def history_row_for_each_change(desk):
    desk.admin("set_stage", id=WON, stage=OPEN_STAGE)
    desk.control.clock(advance_seconds=60)
    desk.admin("set_stage", id=WON, stage=WON_STAGE)
    soql = f"SELECT StageName, Amount, CreatedDate FROM OpportunityHistory WHERE OpportunityId = '{WON}'"
    rows = desk.rows(f"{soql} ORDER BY CreatedDate")
    assert [row["StageName"] for row in rows] == [WON_STAGE, OPEN_STAGE, WON_STAGE]
    desk.patch(f"sobjects/Opportunity/{WON}", {"NextStep": "call"})
    assert len(desk.rows(soql)) == 3


@check
def price_book_and_currency_hold_with_lines(desk):
    desk.reload(sample_dataset(multi_currency=True))
    answer = desk.patch(f"sobjects/Opportunity/{WON}", {"CurrencyIsoCode": "EUR"})
    refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION")
    refused(
        desk.patch(f"sobjects/Opportunity/{WON}", {"Pricebook2Id": None}), 400, "FIELD_INTEGRITY_EXCEPTION"
    )
    assert desk.patch(f"sobjects/Opportunity/{OPEN}", {"CurrencyIsoCode": "EUR"}).status_code == 204


@check
def custom_line_edit_leaves_the_parent(desk):
    before = desk.row("Opportunity", WON)["SystemModstamp"]
    assert desk.patch(f"sobjects/OpportunityLineItem/{LINE}", {"Remark__c": "x"}).status_code == 204
    assert desk.row("OpportunityLineItem", LINE)["SystemModstamp"] == "2026-11-22T12:00:00.000+0000"
    assert desk.row("Opportunity", WON)["SystemModstamp"] == before
    assert desk.patch(f"sobjects/OpportunityLineItem/{LINE}", {"UnitPrice": 1000}).status_code == 204
    assert desk.row("Opportunity", WON)["SystemModstamp"] == "2026-11-22T12:00:00.000+0000"
    assert desk.row("Opportunity", WON)["Amount"] == "10810.00"


# Merges


@check
def losers_point_to_the_winner(desk):
    third = desk.admin("insert", type="Account", fields={"Name": "Gamma"})["id"]
    desk.admin("merge", winner=BETA, losers=[ACME])
    desk.admin("merge", winner=third, losers=[BETA])
    soql = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true AND MasterRecordId != null"
    found = {row["Id"]: row["MasterRecordId"] for row in desk.rows(soql, "queryAll")}
    assert found == {ACME: BETA, BETA: third}
    assert desk.row("Opportunity", WON)["AccountId"] == third


@check
def reparented_children_keep_their_stamp(desk):
    before = desk.row("Opportunity", WON)
    desk.admin("merge", winner=BETA, losers=[ACME])
    after = desk.row("Opportunity", WON)
    assert after == {**before, "AccountId": BETA}


# Limits


@check
def limit_header_on_every_answer(desk):
    for path in ("limits", "sobjects/Foo", "query?q=nonsense"):
        used, _, allowed = desk.get(path).headers["Sforce-Limit-Info"].partition("=")[2].partition("/")
        assert int(used) > 0
        assert allowed == "115000"


@check
def daily_limit_answers_403(desk):
    desk.control.config(org={"daily_api_limit": 3})
    answers = [desk.get("limits") for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    refused(answers[3], 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert "Retry-After" not in answers[3].headers
    desk.control.clock(advance_seconds=86_400)
    desk.sign_in()
    assert desk.get("limits").status_code == 200


# What an admin arms


@check
def validation_rules_refuse_in_the_admins_words(desk):
    desk.admin(
        "arm_validation_rule", object="Opportunity", where="IsClosed = true", fields=["NetSuite_Id__c"],
        message="Geschlossene Chancen sind gesperrt.", error_field="NetSuite_Id__c",
    )  # fmt: skip
    answer = desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "5"})
    refused(answer, 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Geschlossene Chancen sind gesperrt.")
    assert answer.json()[0]["fields"] == ["NetSuite_Id__c"]
    assert desk.patch(f"sobjects/Opportunity/{OPEN}", {"NetSuite_Id__c": "5"}).status_code == 204
    assert desk.patch(f"sobjects/Opportunity/{WON}", {"NextStep": "none"}).status_code == 204


@check
def locked_records_refuse_writes(desk):
    desk.admin("lock", id=WON)
    answer = desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "5"})
    refused(answer, 400, "ENTITY_IS_LOCKED")
    desk.admin("unlock", id=WON)
    assert desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "5"}).status_code == 204


@check
def busy_rows_refuse_for_a_while(desk):
    desk.admin("busy_row", id=ACME, times=2)
    path = f"sobjects/Opportunity/{WON}"
    for _ in range(2):
        refused(desk.patch(path, {"NextStep": "x"}), 400, "UNABLE_TO_LOCK_ROW")
    assert desk.patch(path, {"NextStep": "x"}).status_code == 204


@check
def duplicate_rules_can_be_overridden(desk):
    desk.admin("arm_duplicate_rule", object="Account", fields=["Name"])
    refused(desk.post("sobjects/Account", {"Name": "ACME GmbH"}), 400, "DUPLICATES_DETECTED")
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert desk.post("sobjects/Account", {"Name": "ACME GmbH"}, headers=allowed).status_code == 201


@check
def hidden_fields_do_not_exist(desk):
    desk.admin("hide_field", object="Opportunity", field="NetSuite_Id__c")
    refused(desk.ask("SELECT NetSuite_Id__c FROM Opportunity"), 400, "INVALID_FIELD")
    answer = desk.patch(f"sobjects/Opportunity/{WON}", {"NetSuite_Id__c": "5"})
    refused(answer, 400, "INVALID_FIELD", "No such column 'NetSuite_Id__c' on sobject of type Opportunity")
    names = {spec["name"] for spec in desk.get("sobjects/Opportunity/describe").json()["fields"]}
    assert "NetSuite_Id__c" not in names
    assert "NetSuite_Id__c" not in desk.get(f"sobjects/Opportunity/{WON}").json()


# Fields


@check
def required_fields_are_named(desk):
    answer = desk.post("sobjects/Opportunity", {"Name": "x"})
    refused(answer, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [StageName, CloseDate]")
    assert answer.json()[0]["fields"] == ["StageName", "CloseDate"]


@check
def read_only_fields_are_refused(desk):
    before = desk.row("Opportunity", OPEN)
    answer = desk.patch(f"sobjects/Opportunity/{OPEN}", {"NextStep": "x", "IsWon": True})
    refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert answer.json()[0]["fields"] == ["IsWon"]
    assert desk.row("Opportunity", OPEN) == before


@check
def single_currency_orgs_have_no_currency_field(desk):
    refused(desk.ask("SELECT CurrencyIsoCode FROM Opportunity"), 400, "INVALID_FIELD")
    assert "CurrencyIsoCode" not in desk.get(f"sobjects/Opportunity/{WON}").json()
    refused(desk.patch(f"sobjects/Account/{ACME}", {"CurrencyIsoCode": "EUR"}), 400, "INVALID_FIELD")


@check
def stamps_have_whole_seconds(desk):
    desk.control.clock(freeze="2026-11-22T12:00:05.250+00:00")
    desk.patch(f"sobjects/Account/{ACME}", {"Phone": "1"})
    desk.control.clock(advance_seconds=0.5)
    desk.patch(f"sobjects/Account/{BETA}", {"Phone": "1"})
    stamps = {desk.row("Account", record_id)["SystemModstamp"] for record_id in (ACME, BETA)}
    assert stamps == {"2026-11-22T12:00:05.000+0000"}


@check
def update_only_creates_nothing(desk):
    refused(desk.patch("sobjects/Account/NetSuite_Id__c/5?updateOnly=true", {"Name": "x"}), 404, "NOT_FOUND")
    assert len(desk.control.truth("Account")) == 2


@check
def composite_answers_200_around_failures(desk):
    item = {"method": "GET", "url": "/services/data/v60.0/sobjects/Foo", "referenceId": "r"}
    answer = desk.post("composite", {"compositeRequest": [item]})
    assert answer.status_code == 200
    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 404


@check
def discount_alone_holds_the_unit_price(desk):
    assert desk.patch(f"sobjects/OpportunityLineItem/{DISCOUNTED_LINE}", {"Discount": 20}).status_code == 204
    assert _prices(desk, DISCOUNTED_LINE) == ("3", "300", "720.00")
