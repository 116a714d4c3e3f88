"""Notes written back: what is equal is skipped, inner errors are read, nothing is undone."""

from __future__ import annotations

import pytest
from tests.connectors.salesforce.support import ACME, BETA, OPEN, WON, WRITE_BACK, Org, many_deals, note

from tieout.emulators.salesforce.ids import make_id
from tieout.flows.errors import MaybeSent, NotSent, Throttled

AT, STATUS, ID = WRITE_BACK["at"], WRITE_BACK["status"], WRITE_BACK["id"]


@pytest.fixture
def org():
    with Org() as org:
        yield org


def write(org, *notes):
    return org.source.write_back(notes)


def writes(org):
    return org.control.stats()["by_operation"].get("writeback", 0)


def test_a_note_is_on_the_record(org):
    [result] = write(org, note())
    assert (result.done, result.skipped) == (True, False)
    row = org.row("Opportunity", WON)
    assert (row[ID], row[STATUS], row[AT]) == ("4711", "confirmed", "2026-11-22T12:00:00.000+0000")


def test_two_objects_take_one_read_and_one_write(org):
    org.source.fingerprint()
    org.control.reset_stats()
    changes = {"internal_id": "12"}
    results = write(org, note(), note(ACME, "Account", **changes), note(OPEN, internal_id="13"))
    assert [(one.target.id, one.done) for one in results] == [(WON, True), (ACME, True), (OPEN, True)]
    assert org.control.stats()["requests"] == 2
    assert org.row("Account", ACME)[ID] == "12"


def test_what_is_equal_is_not_written_again(org):
    write(org, note())
    stamp = org.row("Opportunity", WON)["SystemModstamp"]
    org.advance(hours=1)
    [result] = write(org, note())
    assert (result.done, result.skipped) == (True, True)
    assert org.row("Opportunity", WON)["SystemModstamp"] == stamp
    [result] = write(org, note(status="paid"))
    assert (result.done, result.skipped) == (True, False)
    assert org.row("Opportunity", WON)["SystemModstamp"] > stamp


def test_an_old_error_text_is_emptied(org):
    org.update(
        WON, NetSuite_Id__c="4711", NetSuite_Status__c="confirmed", NetSuite_Sync_Error__c="old trouble"
    )
    [result] = write(org, note())
    assert not result.skipped
    assert org.row("Opportunity", WON)["NetSuite_Sync_Error__c"] is None


@pytest.mark.requirement("R70")
def test_a_refused_row_says_why_and_does_not_stop_the_others(org):
    org.admin(
        "arm_validation_rule",
        object="Opportunity",
        where=f"Id = '{WON}'",
        fields=[STATUS],
        message="Closed deals are locked; ask sales operations",
    )
    results = write(org, note(), note(ACME, "Account", internal_id="12"))
    assert [one.done for one in results] == [False, True]
    assert "ask sales operations" in results[0].message
    assert not results[0].retry


def test_a_busy_row_is_tried_again(org):
    org.admin("busy_row", id=WON, times=1)
    [first] = write(org, note())
    assert (first.done, first.retry) == (False, True)
    [second] = write(org, note())
    assert second.done


def test_a_locked_record_is_a_refusal(org):
    org.admin("lock", id=WON)
    [result] = write(org, note())
    assert (result.done, result.retry) == (False, False)
    assert "ENTITY_IS_LOCKED" in result.message


def test_a_duplicate_value_is_a_refusal(org):
    write(org, note())
    [result] = write(org, note(OPEN))
    assert not result.done
    assert "DUPLICATE_VALUE" in result.message


def test_a_hidden_field_stops_its_object_only(org):
    org.admin("hide_field", object="Opportunity", field=STATUS)
    results = write(org, note(), note(ACME, "Account", internal_id="12"))
    assert [one.done for one in results] == [False, True]
    assert STATUS in results[0].message
    assert "field-level security" in results[0].message


def test_deleted_missing_and_malformed_targets(org):
    org.admin("delete", type="Opportunity", id=OPEN)
    results = write(
        org, note(OPEN), note(make_id("006", 999), internal_id="5"), note("006notanid", internal_id="6")
    )
    assert [one.done for one in results] == [False, False, False]
    assert ["deleted" in results[0].message, "cannot see" in results[1].message] == [True, True]
    assert "malformed" in results[2].message


def test_a_merged_account_needs_no_note(org):
    org.admin("merge", type="Account", winner=BETA, losers=[ACME])
    [result] = write(org, note(ACME, "Account"))
    assert (result.done, result.skipped) == (True, True)
    assert BETA in result.message


def test_an_object_without_fields_takes_none():
    with Org(write_back={"Opportunity": WRITE_BACK}) as org:
        results = write(org, note(ACME, "Account"), note())
        assert [(one.done, one.skipped) for one in results] == [(True, True), (True, False)]
        assert org.source.writes_back
    with Org(write_back={}) as org:
        assert not org.source.writes_back


def test_of_two_notes_for_one_record_the_later_counts(org):
    results = write(org, note(status="ordered"), note(status="confirmed"))
    assert [one.done for one in results] == [True, True]
    assert org.row("Opportunity", WON)[STATUS] == "confirmed"


def test_fifteen_character_targets_are_the_same_record(org):
    [result] = write(org, note(WON[:15]))
    assert (result.done, result.target.id) == (True, WON[:15])
    assert org.row("Opportunity", WON)[ID] == "4711"


def test_notes_for_two_objects_in_turn_are_one_call():
    dataset = many_deals(12)
    dataset["records"]["Account"] += [
        {"Id": make_id("001", 100 + number), "Name": f"A{number}", "CreatedDate": "2026-09-01T08:00:00Z"}
        for number in range(12)
    ]
    with Org(dataset) as org:
        notes = [
            note(make_id(prefix, 100 + number), sobject, internal_id=f"{prefix}{number}")
            for number in range(12)
            for prefix, sobject in (("006", "Opportunity"), ("001", "Account"))
        ]
        results = write(org, *notes)
        assert [one.target for one in results] == [one.target for one in notes]
        assert all(one.done for one in results), results
        assert writes(org) == 1


def test_more_notes_than_a_collection_holds():
    with Org(many_deals(230)) as org:
        ids = [make_id("006", 100 + number) for number in range(230)]
        results = write(org, *(note(one, internal_id=str(n)) for n, one in enumerate(ids)))
        assert [one.target.id for one in results] == ids
        assert all(one.done for one in results)
        assert writes(org) == 2


@pytest.mark.parametrize("kind", ["commit_500", "commit_html_502", "commit_reset", "cut_answer"])
def test_a_lost_answer_is_found_done_afterwards(kind):
    with Org() as org:
        org.source.fingerprint()
        org.control.faults({"kind": kind, "match": {"operation": "writeback"}, "times": 1})
        with pytest.raises(MaybeSent):
            write(org, note())
        [result] = write(org, note())
        assert (result.done, result.skipped) == (True, True)
        assert writes(org) == 1


@pytest.mark.parametrize(("kind", "error"), [("throttle", Throttled), ("html_502", MaybeSent)])
def test_a_refused_call_changes_nothing(org, kind, error):
    org.source.fingerprint()
    org.control.faults({"kind": kind, "match": {"operation": "writeback"}, "times": 1})
    with pytest.raises(error):
        write(org, note())
    assert ID not in org.row("Opportunity", WON)


def test_a_login_that_fails_writes_nothing(org):
    org.control.faults({"kind": "error_500", "match": {"operation": "token"}, "times": 1})
    with pytest.raises(NotSent):
        write(org, note())
