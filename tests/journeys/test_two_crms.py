"""Two CRMs feed one NetSuite: one real customer in both is a question to a person, then one record with both sales."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.hubspot.test_journey import Journey, fields, journey
from tests.connectors.salesforce import support as salesforce

from tieout.domain.ids import InternalId
from tieout.emulators.hubspot.sample import ACME, CUSTOM_LINE, DISCOUNTED_LINE, LINE, WON
from tieout.flows.linking import LinkError

#: The same company, as a person would know; each CRM spells it its own way.
WEBSITE = {"Website": "https://www.acme.example"}
PROPERTIES = {"name": "ACME Gmbh", "country": "Germany", "zip": "10115", "city": "Berlin"}


@contextmanager
def both(folder: Path) -> Iterator[tuple[Journey, Any, Any]]:
    """Salesforce and HubSpot, each with a won deal of Acme over euros."""
    with journey(folder, with_salesforce=True) as (j, hs):
        sf = j.crms[1]
        sf.control.admin("update", type="Account", id=salesforce.ACME, fields=WEBSITE)
        hs.control.admin("update", type="companies", id=ACME, properties=PROPERTIES)
        hs.control.admin("update", type="deals", id=WON, properties={"deal_currency_code": "EUR"})
        for line in (LINE, DISCOUNTED_LINE, CUSTOM_LINE):
            euros = {"hs_line_item_currency_code": "EUR"}
            hs.control.admin("update", type="line_items", id=line, properties=euros)
        yield j, hs, sf


def first_and_second(j: Journey) -> tuple[str, str]:
    """Which CRM's deal came first and made the customer, and which one waits."""
    standings = j.standings()
    [waits] = [one for one, stands in standings.items() if stands == ("case", "customer_suspected_twin")]
    [done] = [one for one, stands in standings.items() if stands == ("confirmed", "")]
    assert {waits, done} == {WON, salesforce.WON}
    return done, waits


def account_of(deal: str) -> str:
    return ACME if deal == WON else salesforce.ACME


@pytest.mark.requirement("R13", "R16", "R21")
def test_one_customer_in_two_crms_is_one_record_with_both_invoices(tmp_path: Path):
    with both(tmp_path) as (j, hs, _):
        j.run()
        first, second = first_and_second(j)
        [made] = j.made("customer")
        with j.application.store.read() as unit:
            [case] = unit.cases.find()
        assert "ACME" in case.finding.found.upper()
        assert "same domain acme.example" in case.finding.found
        assert len(j.made("invoice")) == 1

        taken = j.machine.customers.link(
            account_of(second), InternalId(made["id"]), "ann", "one company, two CRMs"
        )
        assert taken is not None
        assert "made by this installation" in taken.seen
        j.later()
        assert {j.standings()[one] for one in (first, second)} == {("confirmed", "")}
        assert [one["id"] for one in j.made("customer")] == [made["id"]], "exactly one record"
        assert [one["fields"]["entity"] for one in j.made("invoice")] == [made["id"]] * 2
        assert j.cases() == []
        assert fields(hs, "companies", ACME)["netsuite_id"] == made["id"], "both CRMs know it"

        # A later change of the linked account never reaches the customer the other CRM keeps.
        before = j.made("customer")
        hs.control.admin(
            "update", type="companies", id=ACME, properties={"city": "Potsdam", "name": "Acme neu"}
        )
        j.later()
        if second == WON:
            assert j.made("customer") == before


def test_unlinking_before_anything_is_written_restores_the_case(tmp_path: Path):
    with both(tmp_path) as (j, _, __):
        j.run()
        _, second = first_and_second(j)
        [made] = j.made("customer")
        work = j.machine.customers
        work.link(account_of(second), InternalId(made["id"]), "ann", "one company")
        work.unlink(account_of(second), "ann", "no, another one")
        j.later()
        assert first_and_second(j)[1] == second
        assert len(j.made("invoice")) == 1


def test_two_companies_that_are_alike_get_a_customer_each_when_a_person_says_so(tmp_path: Path):
    with both(tmp_path) as (j, _, __):
        j.run()
        _, second = first_and_second(j)
        [made] = j.made("customer")
        j.machine.customers.distinct(account_of(second), InternalId(made["id"]), "ann", "a franchise")
        j.later()
        assert len(j.made("customer")) == 2
        assert len({one["fields"]["entity"] for one in j.made("invoice")}) == 2


def test_accounts_merged_after_the_link_stay_on_the_one_customer(tmp_path: Path):
    with both(tmp_path) as (j, hs, _):
        j.run()
        _, second = first_and_second(j)
        [made] = j.made("customer")
        j.machine.customers.link(account_of(second), InternalId(made["id"]), "ann", "one company")
        j.later()
        hs.control.admin("merge", type="companies", primary=ACME, other="30003")
        j.later()
        assert [one["id"] for one in j.made("customer")] == [made["id"]]
        assert len(j.made("invoice")) == 2


def test_a_customer_of_ours_is_not_linked_away_from_its_own_account(tmp_path: Path):
    with both(tmp_path) as (j, _, __):
        j.run()
        first, _ = first_and_second(j)
        with pytest.raises(LinkError, match="already made NetSuite customer"):
            j.machine.customers.link(account_of(first), InternalId("901"), "ann", "no")
