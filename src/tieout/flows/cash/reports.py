"""What came in and where it went, to the cent; and how sure the matches were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.domain.cash.decisions import Outcome
from tieout.domain.cash.movements import MovementKind
from tieout.domain.drafts import RefundDraft
from tieout.domain.lifecycle import Standing, State
from tieout.domain.money import Money
from tieout.flows.cash.refunds import is_refund
from tieout.flows.cash.remarks import held_of
from tieout.flows.cash.views import PaymentView
from tieout.flows.context import Context

_CAME_BACK = {MovementKind.RETURN_OF_DEBIT, MovementKind.RETURNED_RECEIPT, MovementKind.RETURN_OF_CREDIT}
_THREE = Decimal("0.001")


@dataclass(slots=True)
class CashRow:
    """One day, bank account and currency: `cash_in` = `applied` + `unapplied` + `returned` + `refunded`. What came back
    and is not taken back in the books yet is told beside it, as `came_back_open`; what was paid back and is not booked,
    or was booked against a credit memo, as `refunds_open` and `credits_refunded`; `held` is what of `unapplied` a
    person has set aside. Of small rests that were written off, `written_off_over` is part of `applied` (it lies on the
    entry), and `written_off_short` is no money that came in: it closed documents beside `applied`.
    """

    day: str
    bank_account: str
    subsidiary: str
    cash_in: Money
    applied: Money
    unapplied: Money
    returned: Money
    refunded: Money
    came_back_open: Money
    refunds_open: Money
    credits_refunded: Money
    payments: int = 0
    automatic: int = 0
    automatic_amount: Money | None = None
    held: Money | None = None
    written_off_over: Money | None = None
    written_off_short: Money | None = None
    #: what was paid out, less what was taken from the bank, that is on no bank deposit yet
    payouts_open: Money | None = None
    #: since the day, for as long as anything of it is unapplied
    days_unapplied: int = 0
    #: payments that applied themselves and that a person took back as wrong
    errors_found_later: int = 0

    def as_json(self) -> dict[str, Any]:
        """A plain structure; shares are by count and by amount."""
        zero = Money.zero(self.cash_in.currency)
        auto_amount = self.automatic_amount or zero
        return {
            "day": self.day,
            "bank_account": self.bank_account,
            "subsidiary": self.subsidiary,
            "currency": self.cash_in.currency,
            "cash_in": f"{self.cash_in.amount:f}",
            "applied": f"{self.applied.amount:f}",
            "unapplied": f"{self.unapplied.amount:f}",
            "returned": f"{self.returned.amount:f}",
            "refunded": f"{self.refunded.amount:f}",
            "came_back_open": f"{self.came_back_open.amount:f}",
            "refunds_open": f"{self.refunds_open.amount:f}",
            "credits_refunded": f"{self.credits_refunded.amount:f}",
            "held": f"{(self.held or zero).amount:f}",
            "written_off_over": f"{(self.written_off_over or zero).amount:f}",
            "written_off_short": f"{(self.written_off_short or zero).amount:f}",
            "payouts_open": f"{(self.payouts_open or zero).amount:f}",
            "payments": self.payments,
            "auto_applied": self.automatic,
            "auto_applied_share": _share(Decimal(self.automatic), Decimal(self.payments)),
            "auto_applied_amount_share": _share(auto_amount.amount, self.cash_in.amount),
            "days_unapplied": self.days_unapplied,
            "errors_found_later": self.errors_found_later,
        }


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{(part / whole).quantize(_THREE) if whole else Decimal(0)}"


def cash_report(context: Context, views: Iterable[PaymentView]) -> list[dict[str, Any]]:
    """Per day, bank account and currency: money in, where it went, how much of it by itself. What came back to us of
    what we had given back (a dispute won, a refund that failed) is money in again, once it is booked.

    Money in an open case counts as unapplied, booked or not; what a person has ignored as a second sighting does not
    count at all.
    """
    accounts = context.policy.cash.accounts if context.policy.cash else {}
    with context.store.read() as unit:
        wrong = unit.cash.found_wrong()
    today = context.clock.now().date()
    rows: dict[tuple[str, str, str], CashRow] = {}
    for view in views:
        movement = view.movement
        told = movement.kind is MovementKind.RECEIPT or movement.kind in _CAME_BACK or is_refund(movement)
        if not told and not _is_open_payout(view):
            continue
        if view.record.standing is Standing.IGNORED or (
            view.case and view.case.finding.code == "second_sighting"
        ):
            continue
        day = (movement.value_date or movement.booked or date.min).isoformat()
        currency = movement.amount.currency
        bank = accounts.get(movement.account)
        zero = Money.zero(currency)
        row = rows.setdefault(
            (day, movement.account, currency),
            CashRow(
                day,
                movement.account,
                bank.subsidiary if bank else "",
                zero,
                zero,
                zero,
                zero,
                zero,
                zero,
                zero,
                zero,
            ),
        )
        if not told:
            out = -movement.amount if movement.credit else movement.amount
            row.payouts_open = (row.payouts_open or zero) + out
            continue
        there_again = movement.kind is MovementKind.RETURN_OF_CREDIT and view.payment is not None
        if movement.kind in _CAME_BACK and not there_again:
            if not view.refunds:
                row.came_back_open += movement.amount
            continue
        if is_refund(movement):
            _count_refund(row, view)
            continue
        _count(row, view)
        row.errors_found_later += view.record.id in wrong and view.row is not None and view.row.automatic
    for row in rows.values():
        if row.unapplied.amount:
            row.days_unapplied = max(0, (today - date.fromisoformat(row.day)).days)
    return [rows[key].as_json() for key in sorted(rows)]


def _is_open_payout(view: PaymentView) -> bool:
    """Whether it has left, and is on no bank deposit yet."""
    payout = view.movement.payout
    left = payout is not None and view.movement.kind is MovementKind.DISBURSEMENT and not payout.failed
    return left and (view.deposit is None or view.deposit.state is not State.CONFIRMED)


def _count(row: CashRow, view: PaymentView) -> None:
    done = view.payment is not None and view.payment.state is State.CONFIRMED
    applied = view.applied if done else Money.zero(view.movement.amount.currency)
    row.cash_in += view.movement.amount
    gone = replace(view, refunds=tuple(one for one in view.refunds if one.state is State.CONFIRMED))
    row.applied += applied
    row.returned += gone.returned
    row.refunded += gone.refunded
    row.unapplied += view.movement.amount - applied - gone.returned - gone.refunded
    if held_of(view.record) is not None:
        row.held = (row.held or Money.zero(row.cash_in.currency)) + view.movement.amount
    zero = Money.zero(row.cash_in.currency)
    row.written_off_over = (row.written_off_over or zero) + view.written_off(over=True)
    row.written_off_short = (row.written_off_short or zero) + view.written_off(over=False)
    row.payments += 1
    waits = view.customer_deposit is not None and not applied.amount  # booked by itself, and not applied yet
    if view.row is not None and view.row.automatic and done and not waits:
        row.automatic += 1
        row.automatic_amount = (row.automatic_amount or Money.zero(row.cash_in.currency)) + applied


def _count_refund(row: CashRow, view: PaymentView) -> None:
    """A refund is booked on the row of the receipt it pays back; here only what is told beside that."""
    booked = next((one for one in view.refunds if one.state is State.CONFIRMED), None)
    if booked is None:
        row.refunds_open += view.movement.amount
    elif isinstance(booked.draft, RefundDraft) and booked.draft.credit is not None:
        row.credits_refunded += view.movement.amount


def matching_report(context: Context) -> list[dict[str, Any]]:
    """For each reason set: how many were decided, how many were right, and the interval of its precision."""
    with context.store.read() as unit:
        measured = unit.cash.precision()
        rows = unit.cash.movements()
    outcomes: dict[str, int] = {}
    known = {str(one) for one in Outcome}  # what waits has words of its own
    for row in rows:
        if row.outcome in known:
            outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
    budget = context.policy.cash.error_budget if context.policy.cash else None
    result: list[dict[str, Any]] = []
    for signature, precision in sorted(measured.items()):
        low, high = precision.interval()
        result.append(
            {
                "signature": signature,
                "outcome": signature.split("+")[0],
                "decided": precision.decided,
                "right": precision.right,
                "low": f"{low.quantize(_THREE)}",
                "high": f"{high.quantize(_THREE)}",
                "within_budget": None if budget is None else precision.within(budget),
            }
        )
    seen = {row["outcome"] for row in result}
    result += [
        {"signature": outcome, "outcome": outcome, "decided": 0, "right": 0, "low": "0.000", "high": "1.000",
         "within_budget": None, "payments": count}
        for outcome, count in sorted(outcomes.items())
        if outcome not in seen
    ]  # fmt: skip
    for one in result:
        one.setdefault("payments", outcomes.get(str(one["outcome"]), 0))
    return result
