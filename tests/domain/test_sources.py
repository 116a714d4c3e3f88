"""Where a value came from is kept whole; reference data knows its periods."""

from __future__ import annotations

from datetime import date

from tests.domain.builders import DEAL, customer, month, order, ref, reference


def test_a_record_is_the_same_whatever_its_version_and_line():
    assert DEAL.record_key == "crm:production:deal:D1"
    assert DEAL.at_line("L1").record_key == ref("deal", "D1", version="9").record_key == DEAL.record_key
    assert (DEAL.at_line("L1").version, DEAL.at_line("L1").line) == ("7", "L1")


def test_records_of_other_systems_environments_and_objects_differ():
    keys = {DEAL.record_key, ref("quote", "D1").record_key, ref("deal", "D2").record_key}
    assert len(keys) == 3


def test_a_reference_reads_as_a_person_would_say_it():
    assert (str(DEAL), str(DEAL.at_line("L1"))) == ("crm deal D1", "crm deal D1 line L1")


def test_who_is_billed_is_the_bill_to_else_the_buyer():
    payer = customer("A9")
    assert order().payer == customer()
    assert order(bill_to=payer).payer == payer


def test_a_day_lies_in_one_period_and_the_next_open_one_is_found():
    one = reference(periods=(month(11), month(9, closed=True), month(10, closed=True)))
    assert one.period_of(date(2026, 9, 30)) == month(9, closed=True)
    assert one.period_of(date(2026, 10, 1)) == month(10, closed=True)
    assert one.period_of(date(2027, 1, 1)) is None
    assert one.next_open(date(2026, 9, 15)) == month(11)
    assert one.next_open(date(2026, 11, 30)) == month(11)
    assert one.next_open(date(2026, 12, 1)) is None
