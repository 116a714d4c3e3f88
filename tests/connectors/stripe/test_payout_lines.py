"""What is in a payout, as Stripe tells of it: every line once, and together what the bank gets."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from tests.connectors.stripe.support import ACME, DAY, Till, usd

from tieout.connectors.stripe.payout_lines import payout_of
from tieout.connectors.stripe.values import Unreadable
from tieout.domain.cash.payouts import LineKind, PayoutFee

PAYOUT = {"id": "po_1", "status": "paid", "automatic": True, "arrival_date": 1762214400, "currency": "usd"}


@pytest.fixture
def till():
    with Till() as made:
        yield made


def row(**more):
    return {"id": "txn_1", "amount": 5000, "currency": "usd", "fee": 0, "created": 1762100000, **more}


def only(**more):
    (line,) = payout_of(PAYOUT, (row(**more),), UTC).lines
    return line


def test_a_payout_is_read_with_its_lines_when_stripe_knows_them(till):
    first = till.pay(customer=ACME)["latest_charge"]
    refund = till.made("refunds", charge=till.pay()["latest_charge"], amount=1000)["id"]
    fee = till.admin("bill_fees", amount=120)["id"]
    till.pass_time(2 * DAY)
    (made,) = till.admin("sweep")["payouts"]
    till.poll()
    assert till.movement(made["id"]).payout.lines is None
    till.pass_time(3 * DAY)
    till.poll()
    found = till.movement(made["id"])
    assert found.payout.sum("USD") == found.amount == usd(2 * 4825 - 1000 - 120)
    kinds = {one.identity: one.kind for one in found.payout.lines}
    assert (kinds[first], kinds[refund], kinds[fee]) == (LineKind.PAYMENT, LineKind.OTHER, LineKind.FEE)
    assert found.payout.arrival == date(2026, 11, 6)


def test_a_payout_that_came_back_keeps_its_lines_and_is_in_a_later_one(till):
    till.pay()
    till.pass_time(2 * DAY)
    (first,) = till.admin("sweep")["payouts"]
    till.pass_time(3 * DAY)
    till.admin("fail_payout", payout=first["id"])
    (second,) = till.admin("sweep")["payouts"]
    till.pass_time(3 * DAY)
    till.poll()
    failed, later = till.movement(first["id"]).payout, till.movement(second["id"]).payout
    assert failed.failed
    assert failed.failed_on == date(2026, 11, 7)
    assert [(one.identity, one.category, one.gross) for one in later.lines] == [
        (first["id"], "payout_failure", failed.sum("USD"))
    ]


def test_a_payout_made_by_hand_has_no_lines_and_none_are_asked_for(till):
    till.pay()
    till.pass_time(2 * DAY)
    made = till.made("payouts", amount=1000, currency="usd")
    till.pass_time(3 * DAY)
    till.poll()
    content = till.movement(made["id"]).payout
    assert (content.automatic, content.paid, content.lines) == (False, True, None)


def test_fees_keep_their_types_and_those_that_do_not_add_up_are_one_of_no_type():
    details = [
        {"type": "stripe_fee", "amount": 150, "currency": "usd"},
        {"type": "tax", "amount": 20, "currency": "usd"},
    ]
    whole = only(type="charge", source="ch_1", fee=170, fee_details=details)
    assert whole.fees == (
        PayoutFee(type="stripe_fee", amount=usd(150)),
        PayoutFee(type="tax", amount=usd(20)),
    )
    odd = only(type="charge", source="ch_1", fee=171, fee_details=details)
    assert odd.fees == (PayoutFee(type="unspecified", amount=usd(171)),)


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("charge", LineKind.PAYMENT),
        ("payment", LineKind.PAYMENT),
        ("payment_failure_refund", LineKind.OTHER),
        ("adjustment", LineKind.OTHER),
        ("quantum_rebate", LineKind.OTHER),
        ("stripe_fx_fee", LineKind.FEE),
    ],
)
def test_every_kind_of_line_goes_somewhere(kind: str, meaning: LineKind):
    assert only(type=kind, source="x_1").kind is meaning


def test_the_payouts_own_line_is_none_of_its_content():
    own = row(id="txn_po", type="payout", amount=-5000)
    assert payout_of({**PAYOUT, "balance_transaction": "txn_po"}, (own,), UTC).lines == ()


def test_a_payout_without_a_day_of_arrival_is_not_read():
    with pytest.raises(Unreadable, match="arrival"):
        payout_of({**PAYOUT, "arrival_date": None}, None, UTC)
