"""Write-back: what is equal is left alone, what one record refuses does not stop the others."""

from __future__ import annotations

import pytest
from tests.connectors.hubspot.support import Portal, dataset, note

from tieout.emulators.hubspot.sample import ACME, BETA, OPEN, WON
from tieout.flows.errors import MaybeSent


@pytest.fixture
def portal():
    with Portal() as made:
        yield made


def fields(portal, record, record_id):
    return portal.row(record, record_id)["fields"]


def outcomes(results):
    return [(one.target.id, one.done, one.skipped) for one in results]


def many_deals(count):
    data = dataset()
    data["records"]["deals"] += [
        {
            "id": str(700_000 + number),
            "properties": {"dealname": "x", "pipeline": "default", "dealstage": "closedwon"},
        }
        for number in range(count)
    ]
    return data


def test_a_note_is_written_on_deal_and_company(portal):
    results = portal.source.write_back([note(WON), note(ACME, "company", internal_id="900")])
    assert outcomes(results) == [(WON, True, False), (ACME, True, False)]
    assert fields(portal, "deals", WON)["netsuite_id"] == f"4{WON}"
    assert fields(portal, "deals", WON)["netsuite_status"] == "confirmed"
    assert fields(portal, "deals", WON)["netsuite_synced_at"].startswith("2026-11-22T12:00")
    assert fields(portal, "companies", ACME)["netsuite_id"] == "900"


def test_an_equal_note_is_not_written_again(portal):
    portal.source.write_back([note(WON)])
    stamp = fields(portal, "deals", WON)["hs_lastmodifieddate"]
    portal.advance(minutes=1)
    [again] = portal.source.write_back([note(WON)])
    assert (again.done, again.skipped) == (True, True)
    assert fields(portal, "deals", WON)["hs_lastmodifieddate"] == stamp


def test_another_status_is_written(portal):
    portal.source.write_back([note(WON)])
    [again] = portal.source.write_back([note(WON, status="again")])
    assert (again.done, again.skipped) == (True, False)
    assert fields(portal, "deals", WON)["netsuite_status"] == "again"


def test_an_error_is_cleared():
    named = {"id": "netsuite_id", "error": "po_number"}
    with Portal(write_back={"deal": named}) as portal:
        portal.update(WON, po_number="it did not work")
        portal.source.write_back([note(WON)])
        assert fields(portal, "deals", WON).get("po_number", "") == ""


def test_of_two_notes_for_one_record_the_later_counts(portal):
    results = portal.source.write_back([note(WON, status="created"), note(WON)])
    assert [one.done for one in results] == [True, True]
    assert fields(portal, "deals", WON)["netsuite_status"] == "confirmed"


def test_an_object_without_properties_for_notes_is_skipped():
    with Portal(write_back={"deal": {"id": "netsuite_id"}}) as portal:
        [result] = portal.source.write_back([note(ACME, "company")])
        assert (result.done, result.skipped) == (True, True)


def test_what_one_record_refuses_does_not_stop_the_others():
    """HubSpot refuses the whole batch; a value that must be unique is already another deal's."""
    with Portal(many_deals(120)) as portal:
        portal.update(OPEN, netsuite_id="taken")
        ids = [str(700_000 + number) for number in range(120)]
        notes = [note(one, internal_id="taken" if one == ids[7] else one) for one in ids]
        results = portal.source.write_back(notes)
        refused = [one for one in results if not one.done]
        assert [one.target.id for one in refused] == [ids[7]]
        assert not refused[0].retry
        assert "VALIDATION_ERROR" in refused[0].message
        assert fields(portal, "deals", ids[119])["netsuite_id"] == ids[119]


def test_an_administrators_rule_is_told_in_hubspots_words(portal):
    """From 2026-09 on, rules bind the API: a note can be refused for a property it does not touch."""
    portal.admin("arm_validation_rule", object="deals", property="po_number", message="PO number, please")
    refused, written = portal.source.write_back([note(WON), note(ACME, "company")])
    assert (refused.done, refused.retry, written.done) == (False, False, True)
    assert "PO number, please" in refused.message


def test_an_unknown_property_is_told_in_hubspots_words():
    with Portal(write_back={"deal": {"id": "no_such_property"}}) as portal:
        [result] = portal.source.write_back([note(WON)])
        assert not result.done
        assert "no_such_property" in result.message


def test_a_deleted_deal_takes_no_note_and_does_not_stop_the_others(portal):
    portal.admin("archive", type="deals", id=OPEN)
    gone, written = portal.source.write_back([note(OPEN), note(WON)])
    assert (gone.done, written.done) == (False, True)
    assert "archived" in gone.message


def test_a_merged_company_needs_no_note(portal):
    new = portal.admin("merge", type="companies", primary=ACME, other=BETA)["id"]
    [result] = portal.source.write_back([note(ACME, "company")])
    assert (result.done, result.skipped, result.message) == (True, True, f"merged into {new}")


def test_a_locked_record_is_waited_for(portal):
    portal.admin("lock", id=WON, times=1)
    [result] = portal.source.write_back([note(WON)])
    assert result.done


def test_a_malformed_id_is_told(portal):
    [result] = portal.source.write_back([note("x/../1")])
    assert (result.done, result.message) == (False, "the id is malformed")


def test_an_answer_that_was_lost_is_in_doubt_and_then_found_equal(portal):
    portal.control.faults({"kind": "commit_500", "match": {"operation": "update"}, "times": 1})
    with pytest.raises(MaybeSent):
        portal.source.write_back([note(WON)])
    [again] = portal.source.write_back([note(WON)])
    assert (again.done, again.skipped) == (True, True)


def test_a_batch_that_tells_nothing_of_a_record_is_tried_again(portal):
    client = portal.source._client
    client.batch_update = lambda kind, inputs: {"status": "COMPLETE", "results": []}
    [result] = portal.source.write_back([note(WON)])
    assert (result.done, result.retry) == (False, True)


def test_an_error_inside_a_batch_is_its_own_records(portal):
    """Ids are compared whole: 2000 is not 20001."""
    client = portal.source._client
    problem = {"category": "VALIDATION_ERROR", "message": "no", "context": {"ids": [WON]}}
    client.batch_update = lambda kind, inputs: {
        "results": [{"id": one["id"]} for one in inputs if one["id"] != WON],
        "numErrors": 1,
        "errors": [problem],
    }
    refused, written = portal.source.write_back([note(WON), note(OPEN)])
    assert (refused.done, refused.retry, written.done) == (False, False, True)
    problem["context"] = {"ids": [f"1{WON}"]}
    [result] = portal.source.write_back([note(WON)])
    assert (result.done, result.retry) == (False, True)
