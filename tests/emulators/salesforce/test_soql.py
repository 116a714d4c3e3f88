from __future__ import annotations

from decimal import Decimal

import pytest
from tests.emulators.salesforce.support import (
    ACME,
    BETA,
    DISCOUNTED_LINE,
    LINE,
    OPEN,
    WON,
    Desk,
    many_accounts,
    refused,
)

from tieout.emulators.salesforce.jsonio import dumps, loads
from tieout.emulators.salesforce.sample import sample_dataset


@pytest.fixture(scope="module")
def desk():
    """Read-only: every test of this module asks the same data."""
    dataset = many_accounts(40)
    dataset["records"]["Account"][1]["ParentId"] = ACME
    with Desk(dataset) as desk:
        yield desk


def names(desk, where):
    return [row["Name"] for row in desk.rows(f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name")]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("IsWon = true", ["Acme platform"]),
        ("IsWon != true", ["Beta start"]),
        ("Amount > 5000", ["Acme platform"]),
        ("Amount >= 5000.00", ["Acme platform", "Beta start"]),
        ("Amount < 5000", []),
        ("CloseDate = 2026-10-15", ["Acme platform"]),
        ("CloseDate > 2026-10-15", ["Beta start"]),
        ("SystemModstamp >= 2026-10-16T12:00:00+02:00", ["Beta start"]),
        ("SystemModstamp < 2026-10-16T10:00:00Z", ["Acme platform"]),
        ("Name LIKE 'acme%'", ["Acme platform"]),
        ("Name LIKE '%_start'", ["Beta start"]),
        ("(NOT Name LIKE 'acme%')", ["Beta start"]),
        ("Name IN ('ACME PLATFORM', 'x')", ["Acme platform"]),
        ("Name NOT IN ('acme platform')", ["Beta start"]),
        ("Account.Name = 'Acme GmbH'", ["Acme platform"]),
        ("Account.Parent.Name = 'acme gmbh'", ["Beta start"]),
        ("NextStep = null", ["Acme platform", "Beta start"]),
        ("Pricebook2Id != null", ["Acme platform"]),
        ("AccountId IN (SELECT Id FROM Account WHERE BillingCity = 'Leeds')", ["Beta start"]),
        ("Id NOT IN (SELECT OpportunityId FROM OpportunityLineItem)", ["Beta start"]),
        ("IsWon = true OR IsClosed = false", ["Acme platform", "Beta start"]),
        ("(IsWon = true OR IsClosed = false) AND Amount = 5000", ["Beta start"]),
        ("CloseDate = THIS_YEAR", ["Acme platform", "Beta start"]),
        ("CloseDate < TODAY", ["Acme platform"]),
        ("CreatedDate = LAST_N_DAYS:90", ["Acme platform", "Beta start"]),
        ("CreatedDate > LAST_N_DAYS:30", []),
        ("CloseDate = NEXT_N_DAYS:40", ["Beta start"]),
        ("Billing_Terms_Confirmed__c = false", ["Acme platform", "Beta start"]),
    ],
)
def test_where(desk, where, found):
    assert names(desk, where) == found


def test_keyset_paging_over_equal_stamps(desk):
    """The cursor a careful poller uses: nothing twice, nothing skipped, though ten rows share a second."""
    seen: list[str] = []
    where = "SystemModstamp > 2026-01-01T00:00:00Z"
    while True:
        soql = f"SELECT Id, SystemModstamp FROM Account WHERE {where} ORDER BY SystemModstamp, Id LIMIT 7"
        rows = desk.rows(soql)
        if not rows:
            break
        seen += [row["Id"] for row in rows]
        moment, last = rows[-1]["SystemModstamp"].replace("+0000", "Z"), rows[-1]["Id"]
        where = f"(SystemModstamp = {moment} AND Id > '{last}') OR SystemModstamp > {moment}"
    assert len(seen) == len(set(seen)) == 42


def test_children_and_parents_in_one_row(desk):
    (row,) = desk.rows(
        "SELECT Id, Account.Name, SyncedQuote.Name, (SELECT Id, UnitPrice, PricebookEntry.Product2.ProductCode "
        f"FROM OpportunityLineItems WHERE Quantity > 1 ORDER BY Id DESC LIMIT 5) FROM Opportunity WHERE Id = '{WON}'"
    )
    assert row["Account"] == {
        "attributes": {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{ACME}"},
        "Name": "Acme GmbH",
    }
    assert row["SyncedQuote"] is None
    lines = row["OpportunityLineItems"]
    assert (lines["totalSize"], lines["done"]) == (2, True)
    assert [line["Id"] for line in lines["records"]] == [DISCOUNTED_LINE, LINE]
    assert lines["records"][1]["PricebookEntry"]["Product2"]["ProductCode"] == "PLAT-01"


def test_field_names_have_no_case_and_answers_have_the_real_one(desk):
    (row,) = desk.rows(f"select ID, name, ACCOUNT.name from opportunity where id = '{OPEN[:15]}'")
    assert list(row) == ["attributes", "Id", "Name", "Account"]


def test_order_limit_offset(desk):
    soql = "SELECT Name FROM Account ORDER BY BillingCity NULLS LAST, Name DESC LIMIT 3"
    assert [row["Name"] for row in desk.rows(soql)] == ["Acme GmbH", "Beta Ltd", "Mass 0003"]
    assert [row["Name"] for row in desk.rows("SELECT Name FROM Account ORDER BY Name LIMIT 2 OFFSET 1")] == [
        "Beta Ltd",
        "Mass 0000",
    ]
    first = desk.rows("SELECT BillingCity FROM Account ORDER BY BillingCity LIMIT 1")
    assert first[0]["BillingCity"] is None


def test_counts_and_groups(desk):
    assert desk.ask("SELECT COUNT() FROM Account").json() == {"totalSize": 42, "done": True, "records": []}
    rows = desk.rows(
        "SELECT Name, COUNT(Id), MAX(SystemModstamp) newest FROM Account WHERE Name LIKE 'mass%' "
        "GROUP BY Name ORDER BY Name DESC LIMIT 1"
    )
    assert rows == [
        {
            "attributes": {"type": "AggregateResult"},
            "Name": "Mass 0003",
            "expr0": 10,
            "newest": "2026-10-01T10:00:00.000+0000",
        }
    ]
    (total,) = desk.rows(
        "SELECT SUM(Amount), AVG(Amount), MIN(CloseDate), COUNT_DISTINCT(AccountId) FROM Opportunity"
    )
    assert [total[f"expr{number}"] for number in range(4)] == [16810.0, 8405.0, "2026-10-15", 2]


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Id FORM Account", "MALFORMED_QUERY", "unexpected token: 'Account'"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT * FROM Account", "MALFORMED_QUERY", "unexpected token: '*'"),
        ('SELECT Id FROM Account WHERE Name = "x"', "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND NOT Name = 'b'", "MALFORMED_QUERY", "unexpected token"),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        ("SELECT Id, Owner.Shoe FROM Account", "INVALID_FIELD", "No such column 'Shoe' on entity 'User'"),
        (
            "SELECT Id, Boss.Name FROM Account",
            "INVALID_FIELD",
            "Didn't understand relationship 'Boss' in field path",
        ),
        (
            "SELECT Id, (SELECT Id FROM Toys) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Toys'",
        ),
        ("SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"),
        (
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate > '2026-01-01'",
            "INVALID_FIELD",
            "value of filter criterion for field 'CloseDate' must be of type date and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01",
            "INVALID_FIELD",
            "value of filter criterion for field 'SystemModstamp' must be of type dateTime",
        ),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD", "No such column 'CurrencyIsoCode'"),
        ("SELECT Id FROM CurrencyType", "INVALID_TYPE", "sObject type 'CurrencyType' is not supported"),
        ("SELECT Id FROM Opportunity ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
    ],
)
def test_refusals(desk, soql, code, words):
    answer = desk.ask(soql)
    refused(answer, 400, code)
    assert words in answer.json()[0]["message"]


def test_wrong_inner_query_is_refused_though_no_row_needs_it(desk):
    answer = desk.ask(
        "SELECT Id, (SELECT Id FROM OpportunityLineItems WHERE Nope = 1) FROM Opportunity LIMIT 0"
    )
    refused(answer, 400, "INVALID_FIELD")


def test_caret_points_into_the_second_line(desk):
    message = desk.ask("SELECT Id\nFROM Account\nWHERE Nope = 1").json()[0]["message"]
    assert message.startswith("\nWHERE Nope = 1\n      ^\nERROR at Row:3:Column:7\n")


def test_multi_currency_org_shows_currencies():
    with Desk(sample_dataset(multi_currency=True)) as desk:
        row = desk.rows(
            f"SELECT CurrencyIsoCode, Account.CurrencyIsoCode FROM Opportunity WHERE Id = '{WON}'"
        )[0]
        rates = desk.rows("SELECT IsoCode, IsCorporate FROM CurrencyType")
    assert (row["CurrencyIsoCode"], row["Account"]["CurrencyIsoCode"]) == ("USD", "USD")
    assert [(rate["IsoCode"], rate["IsCorporate"]) for rate in rates] == [("USD", True)]


def test_batch_size_is_what_the_header_asks_for():
    with Desk(many_accounts(500)) as desk:
        answer = desk.ask("SELECT Id FROM Account", headers={"Sforce-Query-Options": "batchSize=200"}).json()
    assert len(answer["records"]) <= 200
    assert answer["done"] is False


def test_later_pages_show_rows_as_they_were_when_the_query_ran():
    with Desk(many_accounts(60, batch_max=20)) as desk:
        first = desk.ask("SELECT Id, Name FROM Account ORDER BY Id").json()
        last_id = desk.rows("SELECT Id FROM Account ORDER BY Id DESC LIMIT 1")[0]["Id"]
        desk.admin("update", type="Account", id=last_id, fields={"Name": "Changed"})
        rows = list(first["records"])
        while not first["done"]:
            first = desk.http.get(first["nextRecordsUrl"]).json()
            rows += first["records"]
    assert rows[-1]["Name"] == "Mass 0005"
    assert BETA in {row["Id"] for row in rows}


def test_numbers_keep_their_digits():
    text = b'{"a":12345678901234567.89,"b":[850.00,1]}'
    assert dumps(loads(text)) == b'{"a":12345678901234567.89,"b":[850.0,1]}'
    assert dumps({"x": Decimal("1E+3")}) == b'{"x":1000.0}'
