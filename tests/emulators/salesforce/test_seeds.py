from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.emulators.salesforce.support import Desk

from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.seeds import api_name, load_fivetran

SEEDS = Path(__file__).parents[2] / "fixtures" / "salesforce" / "fivetran-seeds"
FILES = {
    "sf_account_data.csv": "Account",
    "sf_opportunity_data.csv": "Opportunity",
    "sf_opportunity_line_item_data.csv": "OpportunityLineItem",
    "sf_order_data.csv": "Order",
    "sf_product_2_data.csv": "Product2",
}


@pytest.fixture(scope="module")
def seeds():
    return load_fivetran(SEEDS)


@pytest.fixture(scope="module")
def desk(seeds):
    with Desk(seeds) as desk:
        yield desk


def csv_rows(name):
    with (SEEDS / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("netsuite_conn_net_suite_id_c", "netsuite_conn__NetSuite_Id__c"),
        ("celigo_sfnsio_sub_total_net_suite_c", "celigo_sfnsio__Sub_Total_NetSuite__c"),
        ("sbqq_quote_c", "SBQQ__Quote__c"),
        ("months_c", "Months__c"),
        ("quantity_installment_period", "QuantityInstallmentPeriod"),
    ],
)
def test_columns_get_their_api_names_back(column, name):
    assert api_name(column) == name


@pytest.mark.parametrize(("file", "sobject"), FILES.items())
def test_no_row_and_no_value_is_lost(seeds, file, sobject):
    rows = csv_rows(file)
    kept = seeds["records"][sobject] + seeds["_superseded"].get(sobject, [])
    assert len(kept) == len(rows)
    for column in rows[0]:
        if column.startswith("_fivetran"):
            assert column in seeds["_unmapped"][file.removeprefix("sf_").removesuffix("_data.csv")]
            continue
        given = sum(1 for row in rows if row[column])
        names = {name for record in kept for name in record if fold(name) == fold(column)}
        found = sum(1 for record in kept for name in names if record.get(name) is not None)
        assert found == given, column


def fold(name):
    return name.replace("_", "").lower()


def test_values_stay_what_they_are(desk):
    row = next(
        item["fields"] for item in desk.control.truth("Order") if item["fields"]["OrderNumber"] == "5393"
    )
    assert row["netsuite_conn__NetSuite_Id__c"] == "1058073"
    assert row["netsuite_conn__Push_To_NetSuite__c"] is False
    assert row["TotalAmount"] == "27998.6"
    assert row["EffectiveDate"] == "2019-11-11"
    assert row["SystemModstamp"] == "2019-11-11T17:23:34.000+0000"


def test_hashed_and_broken_ids_stay_invalid(desk):
    accounts = {
        row["AccountId"] for row in desk.rows("SELECT AccountId, Account.Name FROM Opportunity", "queryAll")
    }
    assert "9CcfAt8qtZvCTwFvwOFLcg==" in accounts
    lines = {row["Id"] for row in desk.rows("SELECT Id, Product2.Name FROM OpportunityLineItem", "queryAll")}
    assert "00k1G000009a jwQAA" in lines
    assert any(to_18(line) is None for line in lines)
    refused = desk.ask("SELECT Id FROM OpportunityLineItem WHERE Id = '00k1G000009a jwQAA'")
    assert refused.json()[0]["errorCode"] == "INVALID_QUERY_FILTER_OPERATOR"


def test_a_second_writer_shows_in_describe(desk):
    names = {spec["name"] for spec in desk.get("sobjects/Order/describe").json()["fields"]}
    assert {name for name in names if name.startswith("netsuite_conn__")}
    assert {name for name in names if name.startswith("celigo_sfnsio__")}


def test_versions_of_opportunities_become_their_history(desk):
    rows = desk.rows("SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory", "queryAll")
    given = csv_rows("sf_opportunity_history_data.csv")
    assert sorted(row["OpportunityId"] for row in rows) == sorted(to_18(row["id"]) for row in given)


def test_any_other_table_of_that_shape_is_taken(tmp_path):
    (tmp_path / "sf_user_role_data.csv").write_text(
        "id,_fivetran_synced,name,rank_c,rollup_description\n00E1G000000XyzaUAC,2019-01-01 00:00:00,CEO,3,\n"
        "hashed==,2019-01-01 00:00:00,CTO,4,x\n"
    )
    (tmp_path / "contact_data.csv").write_text(
        "id,last_name,is_deleted,currency_iso_code,_fivetran_active\n0031G00000AbcdeQAB,New,FALSE,EUR,true\n"
        "0031G00000AbcdeQAB,Old,FALSE,EUR,false\n"
    )
    dataset = load_fivetran(tmp_path)
    with Desk(dataset) as desk:
        assert desk.rows("SELECT LastName, CurrencyIsoCode FROM Contact")[0]["CurrencyIsoCode"] == "EUR"
        roles = desk.rows("SELECT Id, Name, Rank__c, RollupDescription FROM UserRole ORDER BY Name")
    assert [(row["Id"], row["Rank__c"], row["RollupDescription"]) for row in roles] == [
        (to_18("00E1G000000Xyza"), 3.0, None),
        ("hashed==", 4.0, "x"),
    ]
    assert dataset["_superseded"]["Contact"][0]["LastName"] == "Old"


def test_a_folder_without_extracts_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no CSV"):
        load_fivetran(tmp_path)
