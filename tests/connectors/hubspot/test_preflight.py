"""What an administrator is told before the first deal."""

from __future__ import annotations

import pytest
from tests.connectors.hubspot.support import Portal, dataset

from tieout.flows.errors import CallError


def said(data=None, **changes):
    with Portal(data, **changes) as portal:
        return portal.source.warnings()


def test_a_portal_in_order_says_nothing():
    assert said() == []


def test_another_connectors_properties_are_a_foreign_writer():
    data = dataset()
    data["properties"] += [
        {"object": "deals", "name": "netsuite_sales_order", "type": "string"},
        {"object": "line_items", "name": "celigo_item", "type": "string"},
    ]
    deals, lines = said(data)
    assert deals.startswith(
        "foreign writer: deals have properties of another NetSuite connector (netsuite_sales_order)"
    )
    assert "line_items" in lines
    assert "celigo_item" in lines


def test_our_own_properties_are_no_foreign_writer_unless_they_are_not_ours():
    [deals, companies, notes] = said(write_back={})
    assert "netsuite_id" in deals
    assert "netsuite_id" in companies
    assert notes.startswith("no write-back properties")


def test_missing_properties_are_named():
    told = said(
        po_number_property="no_such", write_back={"deal": {"id": "netsuite_id", "number": "netsuite_number"}}
    )
    assert "property no_such of deals is mapped but missing: HubSpot answers without it" in told
    assert "property netsuite_number of deals is to take our notes but is missing" in told


def test_a_read_only_property_for_notes_is_named():
    told = said(write_back={"deal": {"id": "hs_tcv"}, "company": {"id": "netsuite_id"}})
    assert any("hs_tcv" in one and "read-only" in one for one in told)


def test_missing_scopes_are_named():
    told = said(secrets={"env:TOKEN": "pat-na1-reader"})
    assert any("crm.objects.deals.read" in one for one in told)
    assert any("crm.objects.line_items.read" in one for one in told)


def test_a_pipeline_without_a_won_stage_is_named():
    data = dataset()
    data["pipelines"]["deals"].append(
        {
            "id": "7",
            "label": "Renewals",
            "stages": [
                {"id": "71", "label": "Open", "metadata": {"probability": "0.5", "isClosed": "false"}}
            ],
        }
    )
    [told] = said(data)
    assert told == "pipeline 'Renewals' has no stage that means won: none of its deals will sync"


def test_no_answer_is_no_warning():
    with Portal() as portal:
        portal.control.faults({"kind": "error_500", "match": {"operation": "list"}, "times": 1})
        with pytest.raises(CallError):
            portal.source.warnings()
