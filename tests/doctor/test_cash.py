"""The examination of cash application: the accounts it names are there, and are what they are used as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.doctor.test_house import go_live
from tests.support.bank_script import receipt
from tests.support.treasury import Treasury, treasury

from tieout.connectors.netsuite.doctoring import NetSuiteInspector
from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.cash.policy import Tolerance
from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.ids import InternalId, RecordType
from tieout.flows.doctor import cash, probes
from tieout.flows.doctor.ground import Ground

FEE = Tolerance(name="bank fee", currency="USD", account=InternalId("611"), short_minor=15_00)


def look(t: Treasury) -> dict[str, CheckResult]:
    """What the cash checks say, one result a code."""
    gateway = cast("NetSuiteGateway", t.house.machine.context.netsuite)
    ground = Ground(t.house.machine, NetSuiteInspector(gateway.client), go_live(t.house), [])
    return {one.code: one for one in cash.accounts(ground)}


def test_accounts_that_are_what_they_are_used_as_are_in_order(tmp_path: Path):
    with treasury(tmp_path, tolerances=(FEE,)) as t:
        found = look(t)
        assert [one.verdict for one in found.values()] == [Verdict.PASS] * 4
        assert found["cash_accounts_fit"].evidence == ("G/L account 101, subsidiary 1, USD",)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"account": "999"}, "G/L account 999 does not exist"),
        ({"account": "121"}, "is of type AcctRec, expected Bank or CredCard or OthCurrAsset"),
        ({"receivables": "101"}, "is of type Bank, expected AcctRec"),
        ({"subsidiary": "2"}, "is not available in subsidiary 2"),
        ({"currency": "EUR"}, "is kept in currency 1, the row says EUR (2)"),
        ({"currency": "XAU"}, "XAU is no currency of this account"),
    ],
)
def test_a_row_that_leads_elsewhere_fails(tmp_path: Path, row: dict[str, str], says: str):
    with treasury(tmp_path, **row) as t:
        found = look(t)["cash_accounts_fit"]
        assert found.verdict is Verdict.FAIL
        assert says in "; ".join(found.evidence)


def test_a_tolerance_without_its_account_fails(tmp_path: Path):
    with treasury(tmp_path, tolerances=(replace(FEE, account=InternalId("998")),)) as t:
        found = look(t)["cash_difference_accounts"]
        assert (found.verdict, found.evidence[0][:34]) == (Verdict.FAIL, "bank fee: G/L account 998 does not")


def test_an_inactive_account_fails_wherever_it_is_named(tmp_path: Path):
    with treasury(tmp_path, tolerances=(FEE,)) as t:
        for number in ("101", "611"):
            t.house.ns.control.admin("deactivate_account", id=number)
        found = look(t)
        for code in ("cash_accounts_fit", "cash_difference_accounts"):
            assert found[code].verdict is Verdict.FAIL
            assert "is inactive" in found[code].evidence[0]


def test_money_on_an_account_nobody_mapped_is_a_warning(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.bank.put(receipt("T1", "250.00", "INV10530", account="US-SAVINGS"))
        t.house.run()
        found = look(t)["cash_accounts_named"]
        assert (found.verdict, found.evidence) == (Verdict.WARN, ("money was told of on 'US-SAVINGS'",))


def test_without_cash_there_is_nothing_to_find(tmp_path: Path):
    with treasury(tmp_path) as t:
        context = t.house.machine.context
        t.house.machine.context = replace(context, policy=replace(context.policy, cash=None))
        assert {one.verdict for one in look(t).values()} == {Verdict.PASS}


def test_a_record_nobody_drafts_is_not_asked_for_as_if_it_were_an_invoice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(probes, "OF_SALES", probes.OF_SALES - {RecordType.SALES_ORDER})
    with treasury(tmp_path) as t:
        context, today = t.house.machine.context, t.house.clock.now().date()
        reference = t.house.machine.keeper.surroundings().world.reference
        where = InternalId("1")
        said = probes.probes(context.policy, reference, RecordType.SALES_ORDER, where, {}, None, today)
        assert said == "nobody has said what the smallest sales_order is: its form is not asked for"
