"""What an administrator is told before the first deal."""

from __future__ import annotations

import pytest
from tests.connectors.salesforce.support import WRITE_BACK, Org

from tieout.connectors.salesforce import SALESFORCE


@pytest.mark.requirement("R02")
def test_other_connectors_are_named():
    with Org() as org:
        [warning] = org.source.warnings()
        assert warning.startswith("foreign writer: Opportunity has fields of another NetSuite connector")
        assert "netsuite_conn__NetSuite_Id__c" in warning


@pytest.mark.requirement("R22")
def test_missing_hidden_and_read_only_fields_are_named():
    changes = {
        "foreign_field_prefixes": [],
        "po_number_field": "PO__c",
        "write_back": {"Account": {"id": "Gone__c"}, "Opportunity": {**WRITE_BACK, "number": "IsWon"}},
        "default_currency": "",
    }
    with Org(**changes) as org:
        org.admin("hide_field", object="Account", field="Payment_Terms__c")
        warnings = org.source.warnings()
    for text in (
        "Opportunity.PO__c is mapped but missing",
        "Account.Payment_Terms__c is mapped but missing",
        "Account.Gone__c is to take our notes but is missing",
        "Opportunity.IsWon is to take our notes but the integration user may not edit it",
        "default_currency is empty",
    ):
        assert any(text in warning for warning in warnings), (text, warnings)


def test_a_source_without_notes_says_so():
    with Org(write_back={}, foreign_field_prefixes=[]) as org:
        assert org.source.warnings() == [
            "no write-back fields are configured: Salesforce will not show what NetSuite has"
        ]


def test_every_option_is_described():
    def described(schema):
        for owner in (schema, *schema.get("$defs", {}).values()):
            for name, field in owner.get("properties", {}).items():
                yield name, field.get("description")

    missing = [name for name, text in described(SALESFORCE.options.model_json_schema()) if not text]
    assert missing == []
