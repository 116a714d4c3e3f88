"""What real orgs answered goes through the connector and comes out right."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.connectors.salesforce.support import NOW, connect, note, options

from tieout.connectors.salesforce.fields import Schema, Selection, mapped_fields, seen_fields
from tieout.flows.errors import CallError, MaybeSent, Paused, Refused
from tieout.runner.clock import ManualClock

FIXTURES = Path(__file__).parents[2] / "fixtures" / "salesforce"
TOKEN = "/services/oauth2/token"


def restforce(name):
    return (FIXTURES / "restforce" / f"{name}_response.json").read_text()


def turns(name):
    return json.loads((FIXTURES / "cumulusci" / f"{name}.json").read_text())


class Recorded(BaseHTTPRequestHandler):
    """Answers what was recorded, in turn; the login has answers of its own."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        queue = self.server.logins if self.path == TOKEN else self.server.answers
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, body = queue.pop(0)
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815 - names of the base class

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def org(*answers, logins=None):
    """A connector against recorded answers: (status, text)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    server.answers = list(answers)
    server.logins = list(logins or [(200, restforce("auth_success"))])
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    source = connect(base, ManualClock(NOW), instance_url=base)
    try:
        yield source, server
    finally:
        source.close()
        server.shutdown()
        server.server_close()


def test_the_login_names_org_and_user():
    with org() as (source, _):
        assert source.fingerprint() == "00Dx0000000BV7zEAG"
        session = source._client.session()
        assert session.user_id == "005x00000012Q9PAAU"
        assert session.token.startswith("00Dx0000000BV7z!AR8")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("auth_error", "authentication failure - Invalid Password"),
        ("refresh_error", "expired access/refresh token"),
    ],
)
def test_a_refused_login(name, said):
    with org(logins=[(400, restforce(name))]) as (source, _), pytest.raises(Paused, match=said):
        source.fingerprint()


def test_an_expired_session_is_met_with_a_new_token():
    logins = [(200, restforce("auth_success")), (200, restforce("refresh_success"))]
    answers = [(401, restforce("expired_session")), (200, restforce("sobject_query_empty"))]
    with org(*answers, logins=logins) as (source, server):
        assert source._client.query("SELECT Id FROM Account") == []
        assert server.asked[-1][2] == "Bearer refreshed_access_token"


def test_a_query_with_parents_and_children():
    with org((200, restforce("sobject_query_success"))) as (source, _):
        [row] = source._client.query("SELECT Id FROM Whizbang")
    assert row == {
        "Checkbox_Label": False,
        "Text_Label": "Hi there!",
        "Date_Label": "2010-01-01",
        "DateTime_Label": "2011-07-07T00:37:00.000+0000",
        "Picklist_Multiselect_Label": "four;six",
        "ParentWhizbang__r": {"Name": "Parent Whizbang", "Text_Label": "Hello"},
        "Whizbangs__r": [{"Name": "Child Whizbang"}],
    }


def test_all_batches_of_a_query():
    pages = [restforce(f"sobject_query_paginated_{page}_page") for page in ("first", "last")]
    with org(*((200, page) for page in pages)) as (source, server):
        rows = source._client.query("SELECT Text_Label FROM Whizbang")
        assert [row["Text_Label"] for row in rows] == ["First Page", "Last Page"]
        assert server.asked[-1][1] == "/services/data/v26.0/query/01gD"


def test_numbers_stay_as_they_were_written():
    with org((200, restforce("sobject_query_aggregate_success"))) as (source, _):
        rows = source._client.query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId")
    assert [row["expr0"] for row in rows] == ["300.0", "100.0", 400]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sobject_query_error", "INVALID_FIELD: error_message.*field-level security"),
        ("sobject_write_error", "No such column 'foo' on sobject of type Bar.*field-level security"),
        ("sobject_search_error", "MALFORMED_SEARCH"),
        ("sobject_delete_error", "NOT_FOUND: Provided external ID field does not exist"),
        ("sobject_sobject_find_error", "not accessible: 23foo"),
        ("sobject_upsert_error", "not accessible: Namez"),
        ("sobject_upsert_multiple_error", "HTTP 400"),
    ],
)
def test_recorded_refusals_are_definite(name, said):
    with org((400, restforce(name))) as (source, _), pytest.raises(Refused, match=said) as refused:
        source._client.query("SELECT foo FROM Bar")
    assert refused.value.status == 400


def test_a_composite_call_with_one_bad_query_gives_the_other():
    [turn] = turns("composite_invalid_type_error")
    with org((200, json.dumps(turn["response"]["body"]))) as (source, _):
        good, bad = source._client.queries([("query", "select count() from Account"), ("query", "…")])
    assert good == []
    assert isinstance(bad, Refused)
    assert "XYZZY' is not supported" in str(bad)


def test_a_composite_call_of_two_queries_and_one_that_finds_nothing():
    for turn in turns("composite_two_queries"):
        body = turn["response"]["body"]
        with org((200, json.dumps(body))) as (source, _):
            got = source._client.queries([("query", "…")] * len(body["compositeResponse"]))
        assert [len(rows) for rows in got] == [
            item["body"]["totalSize"] for item in body["compositeResponse"]
        ]
    [turn] = turns("composite_not_found_error")
    with org((200, json.dumps(turn["response"]["body"]))) as (source, _):
        [missing] = source._client.queries([("query", "one")])
    assert isinstance(missing, CallError)
    assert str(missing) == "NOT_FOUND: The requested resource does not exist"


@pytest.mark.parametrize("name", ["upsert_collections_rest", "upsert_complex_duplicate_error"])
def test_recorded_rows_of_collections(name):
    for turn in turns(name):
        body = turn["response"]["body"]
        if "/composite/sobjects" not in turn["request"]["uri"]:
            continue
        with org((200, json.dumps(body))) as (source, _):
            assert source._client.update([{"Id": row["id"]} for row in body]) == body


@pytest.mark.parametrize("name", ["upsert_collections_rest", "upsert_complex_duplicate_error"])
def test_recorded_queries_give_their_rows(name):
    for turn in turns(name):
        body = turn["response"]["body"]
        if isinstance(body, dict) and "records" in body:
            with org((200, json.dumps(body))) as (source, _):
                rows = source._client.query("select …")
            assert len(rows) == len(body["records"])
            assert all("attributes" not in row for row in rows)


def test_the_describes_of_a_real_org_give_a_query():
    describes = [
        json.loads((FIXTURES / "cumulusci" / f"describe_{name}.json").read_text())
        for name in ("Opportunity", "Account")
    ]
    deal, account = map(seen_fields, describes)
    given = options("http://sf", deal_attribute_fields=["Type"], foreign_field_prefixes=["ns__"])
    soql = Selection(given, Schema(deal, account, {})).aggregate("Id = 'x'")
    assert "CurrencyIsoCode" not in soql  # the recorded org has one currency
    assert "Account.BillingCountry," in soql
    assert "CountryCode" not in soql
    assert "Account.ns__LinkedAccount__c" in soql
    assert mapped_fields(given)["Opportunity"] == ["Type"]


def test_a_note_whose_answer_is_of_another_length_is_in_doubt():
    row = {"attributes": {"type": "Opportunity"}, "Id": note().target.id, "IsDeleted": False}
    composite = {
        "compositeResponse": [
            {
                "body": {"totalSize": 1, "done": True, "records": [row]},
                "httpHeaders": {},
                "httpStatusCode": 200,
                "referenceId": "q0",
            }
        ]
    }
    with org((200, json.dumps(composite)), (200, "[]")) as (source, _), pytest.raises(MaybeSent):
        source.write_back([note()])
