"""The bank's part of a scenario is decided by its seed, adds up, and its files are what banks send."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from tests.connectors.bank.samples import read_text

from tieout.domain.cash.movements import BankFile as ReadFile
from tieout.domain.cash.movements import MovementKind
from tieout.emulators.scenario import Scenario, generate
from tieout.emulators.scenario.cash.families import FAMILIES
from tieout.emulators.scenario.cash.shop import FAMILIES as SHOP_FAMILIES
from tieout.emulators.scenario.cash.shop import HANDLE, handles, named
from tieout.emulators.scenario.cash_model import FILE, RECEIPT, BankFile, CashMonth
from tieout.emulators.stripe.app import StripeEmulator

SCENARIO = generate(7, 100, cash=True)
assert SCENARIO.cash is not None
MONTH: CashMonth = SCENARIO.cash
AT_SHOP = {act.arguments["metadata"][HANDLE] for act in MONTH.acts if act.action == "pay"}


def read(file: BankFile) -> ReadFile:
    """The file as the product reads it: an independent reading of what the scenario wrote."""
    return read_text(
        file.text, account=next(a for a, b in MONTH.accounts.items() if file.folder in b["folders"])
    )


def test_the_same_seed_gives_the_same_bank():
    assert generate(7, 100, cash=True).dumps() == SCENARIO.dumps()
    other = generate(8, 100, cash=True).cash
    assert other is not None
    assert [file.text for file in other.files] != [file.text for file in MONTH.files]


def test_a_scenario_with_a_bank_survives_json():
    assert Scenario.from_json(json.loads(SCENARIO.dumps())) == SCENARIO


def test_the_bank_changes_nothing_of_the_deals():
    without = generate(7, 100)
    assert (without.rows, without.salesforce, without.timeline) == (
        SCENARIO.rows,
        SCENARIO.salesforce,
        SCENARIO.timeline,
    )


def test_every_family_is_there_and_ends_as_it_says():
    found = {(row.plant, row.outcome, row.code) for row in MONTH.rows if row.plant}
    assert found == {
        (name, family.outcome, family.code) for name, family in {**FAMILIES, **SHOP_FAMILIES}.items()
    }


def test_most_entries_have_nothing_planted_and_are_confirmed():
    month = generate(7, 300, cash=True).cash
    assert month is not None
    at_shop = {act.arguments["metadata"][HANDLE] for act in month.acts if act.action == "pay"}
    plain = [
        row for row in month.rows if row.plant is None and row.reference.partition("/")[0] not in at_shop
    ]
    assert len(plain) > 60
    assert {(row.outcome, row.booked, len(row.applied)) for row in plain} == {("confirmed", True, 1)}
    assert all(row.applied[0].amount == row.amount for row in plain)


def test_every_entry_of_every_file_has_a_row_with_its_amount():
    elsewhere = AT_SHOP | {"payout-1", "payout-2"} | {one.reference for one in MONTH.arrivals}
    rows = [
        row for row in MONTH.rows if row.kind != FILE and row.reference.partition("/")[0] not in elsewhere
    ]
    wanted = {row.reference: (Decimal(row.amount), row.currency) for row in rows}
    assert len(wanted) == len(rows)
    found = {}
    for file in MONTH.files:
        for one in read(file).movements:
            found[one.bank_reference] = (one.amount.amount, one.amount.currency)
    assert found == wanted


def test_one_file_does_not_foot_and_the_others_are_faultless():
    blocked = [file for file in MONTH.files if read(file).blocked]
    assert [(file.wave, file.folder) for file in blocked] == [(2, "us")]
    findings = {
        finding.code for file in MONTH.files if file not in blocked for finding in read(file).findings
    }
    assert findings <= {"nacha_correction"}
    assert {read(file).format for file in MONTH.files} == {"bai2", "lockbox", "camt.053", "nacha"}


def test_one_file_is_delivered_twice():
    texts = Counter(file.text for file in MONTH.files)
    assert sorted(texts.values())[-2:] == [1, 2]


def test_the_same_amount_comes_by_two_routes_only_where_it_is_planted():
    routes: dict[tuple[str, Decimal], set[str]] = {}
    for file in MONTH.files:
        for one in read(file).movements:
            if one.kind is MovementKind.RECEIPT:
                routes.setdefault((one.account, one.amount.amount), set()).add(read(file).format)
    twice = [Decimal(row.amount) for row in MONTH.planted("second_route")]
    assert [amount for (_, amount), told in routes.items() if len(told) > 1] == twice


@pytest.mark.parametrize("seed", range(5))
def test_documents_are_named_by_what_the_payer_can_know(seed: int):
    month = generate(seed, 80, cash=True).cash
    assert month is not None
    for row in month.rows:
        total = sum((Decimal(part.amount) for part in row.applied), Decimal(0))
        assert row.kind == RECEIPT or not row.applied
        assert total in (0, Decimal(row.amount))
        for part in row.applied:
            assert part.document.startswith(("deal:006", "number:INV9"))


def test_what_happens_at_stripe_really_can_and_every_row_of_it_gets_its_id():
    with StripeEmulator(MONTH.stripe) as stripe:
        waves = [act.wave for act in MONTH.acts]
        for act in sorted(MONTH.acts, key=lambda act: act.wave):
            if act.wave != waves[0]:
                stripe.control.clock(advance_seconds=3600)
            waves[0] = act.wave
            ids = handles(stripe.control.truth())
            given = {k: ids[v[1:]] if str(v).startswith("$") else v for k, v in act.arguments.items()}
            stripe.control.admin(act.action, **given)
            stripe.control.clock(advance_seconds=5)
        month = named(MONTH, stripe.control.truth())
    ours = [row for row in month.rows if row not in MONTH.rows]
    named_at_stripe = AT_SHOP | {"payout-1", "payout-2"}
    assert len(ours) == sum(row.reference.partition("/")[0] in named_at_stripe for row in MONTH.rows)
    assert {row.reference.partition("_")[0] for row in ours} == {"ch", "py", "re", "du", "txn", "po"}
    assert all(Decimal(row.amount) > 0 for row in ours if row.reference.startswith("po_"))
