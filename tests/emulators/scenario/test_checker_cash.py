"""The checker finds honest books faultless, and sees through each lie about money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tieout.emulators.checker_cash import CashReport, check_cash
from tieout.emulators.scenario import generate
from tieout.emulators.scenario.cash_model import (
    BACK,
    PAID_BACK,
    PAYOUT,
    PAYOUT_BACK,
    RECEIPT,
    AppliedPart,
    CashMonth,
    CashRow,
)

Json = dict[str, Any]
SCENARIO = generate(7, 80, cash=True)
assert SCENARIO.cash is not None
MONTH: CashMonth = SCENARIO.cash


class Books:
    """A NetSuite and a product that did what the scenario says; tests spoil one thing each."""

    def __init__(self) -> None:
        self.truth: list[Json] = []
        self._invoices: dict[str, str] = {}
        self._serial = 100
        self.told = [
            {"reference": row.reference, "outcome": row.outcome, "code": row.code} for row in MONTH.rows
        ]
        for row in MONTH.rows:
            if row.booked:
                self.payment(row)
        for row in MONTH.rows:
            if taken_back(row):
                self.refund(row)
            if row.kind in (PAYOUT, PAYOUT_BACK):
                self.paid_out(row, "deposit")
            if row.kind == PAYOUT_BACK:
                self.paid_out(row, "journalEntry")

    def serial(self) -> str:
        self._serial += 1
        return str(self._serial)

    def customer(self, row: CashRow) -> str:
        if row.customer.startswith("001"):
            number = f"77{abs(hash(row.customer))}"
            self.truth.append(
                {"record": "customer", "id": number, "external_id": row.customer, "fields": {}, "lines": {}}
            )
            return number
        self.truth.append(
            {"record": "customer", "id": row.customer, "external_id": None, "fields": {}, "lines": {}}
        )
        return row.customer

    def invoice(self, document: str) -> str:
        if document not in self._invoices:
            self._invoices[document] = self.serial()
            kind, _, name = document.partition(":")
            fields = (
                {"tranId": name} if kind == "number" else {"custbody_tieout_source_id": name, "tranId": "I"}
            )
            self.truth.append(
                {"record": "invoice", "id": self._invoices[document], "external_id": None, "fields": fields}
            )
        return self._invoices[document]

    def payment(self, row: CashRow, by: str = "Tieout") -> Json:
        applied = sum((Decimal(part.amount) for part in row.applied), Decimal(0))
        made = {
            "record": "customerPayment", "id": self.serial(), "external_id": f"pay-{row.reference}",
            "fields": {"checkNumber": row.reference, "payment": row.amount, "applied": f"{applied}",
                       "unapplied": f"{Decimal(row.amount) - applied}", "customer": self.customer(row),
                       "currency": "1"},
            "lines": {"apply": [{"doc": self.invoice(part.document), "apply": True, "amount": part.amount}
                                for part in row.applied]},
            "_meta": {"created_by": by},
        }  # fmt: skip
        if row.order:
            order = self.serial()
            self.truth.append({"record": "salesOrder", "id": order, "fields": {"tranId": row.order}})
            made["record"] = "customerDeposit"
            made["fields"] |= {"salesOrder": order, "remaining": made["fields"].pop("unapplied")}
            del made["fields"]["applied"], made["lines"]["apply"]
        self.truth.append(made)
        return made

    def refund(self, row: CashRow) -> Json:
        """What uses up the payment a row takes back; the charge's handle is the first part of the row's."""
        payment = next(
            one for one in self.truth if one["fields"].get("checkNumber") == row.reference.partition("/")[0]
        )
        fields = payment["fields"]
        fields["applied"] = f"{Decimal(fields['applied']) + Decimal(row.amount)}"
        fields["unapplied"] = f"{Decimal(fields['unapplied']) - Decimal(row.amount)}"
        made = {
            "record": "customerRefund", "id": self.serial(), "external_id": f"rf-{row.reference}",
            "fields": {"custbody_tieout_source_id": row.reference, "total": row.amount},
            "lines": {"apply": [{"doc": payment["id"], "apply": True, "amount": row.amount}]},
            "_meta": {"created_by": "Tieout"},
        }  # fmt: skip
        self.truth.append(made)
        return made

    def paid_out(self, row: CashRow, record: str) -> None:
        self.truth.append(
            {
                "record": record, "id": self.serial(), "external_id": f"bd-{row.reference}",
                "fields": {"custbody_tieout_source_id": row.reference, "total": row.amount}, "lines": {},
                "_meta": {"created_by": "Tieout"},
            }
        )  # fmt: skip

    def of(self, row: CashRow) -> Json:
        return next(one for one in self.truth if one["fields"].get("checkNumber") == row.reference)

    def said(self, row: CashRow) -> Json:
        return next(one for one in self.told if one["reference"] == row.reference)

    def reported(self) -> list[Json]:
        """The product's own report: as the rows say."""
        rows = []
        gone = {row.reference.partition("/")[0]: row for row in MONTH.rows if taken_back(row)}
        for row in MONTH.rows:
            applied = sum((Decimal(part.amount) for part in row.applied), Decimal(0))
            receipt = row.kind == RECEIPT and not row.told_before
            came = Decimal(row.amount if receipt else 0)
            taken = gone.get(row.reference)
            sums = {
                kind: Decimal(taken.amount if taken and taken.kind == kind else 0)
                for kind in (BACK, PAID_BACK)
            }
            still = {
                kind: Decimal(row.amount if row.kind == kind and not taken_back(row) else 0) for kind in sums
            }
            rows.append(
                {"currency": row.currency, "cash_in": came, "applied": applied,
                 "unapplied": came - applied - sum(sums.values()),
                 "returned": sums[BACK], "came_back_open": still[BACK], "refunded": sums[PAID_BACK],
                 "refunds_open": still[PAID_BACK], "credits_refunded": 0}
            )  # fmt: skip
        return rows

    def report(self, reported: list[Json] | None = None) -> CashReport:
        return check_cash(SCENARIO, self.truth, self.told, self.reported() if reported is None else reported)


@pytest.fixture
def books() -> Books:
    return Books()


def taken_back(row: CashRow) -> bool:
    """Whether the row's money left its payment in the books."""
    return row.kind in (BACK, PAID_BACK) and row.outcome == "confirmed"


def plain_row() -> CashRow:
    """An ordinary payment of a deal."""
    return next(
        row
        for row in MONTH.rows
        if row.plant is None and row.applied and row.applied[0].document.startswith("deal:")
    )


def test_honest_books_are_faultless(books: Books):
    report = books.report()
    assert (report.ok, report.mismatches) == (True, ())
    assert report.inputs == len(MONTH.rows) == report.confirmed + report.open_cases + report.ignored
    for currency in ("EUR", "USD"):
        came, applied, rest = (
            Decimal(sums[currency]) for sums in (report.cash_in, report.applied, report.unapplied)
        )
        assert (
            came
            == applied + rest + Decimal(report.returned[currency]) + Decimal(report.refunded[currency])
            > 0
        )
    for kind, *sums in (
        (BACK, report.returned, report.came_back_open),
        (PAID_BACK, report.refunded, report.refunds_open),
    ):
        told = sum(Decimal(row.amount) for row in MONTH.rows if row.kind == kind)
        assert sum(Decimal(one["USD"]) for one in sums) == told > 0
    assert 1 > report.auto_applied_share > 0.5


def test_money_on_another_document_is_misapplied(books: Books):
    row = plain_row()
    books.of(row)["lines"]["apply"][0]["doc"] = books.invoice("number:INV1")
    report = books.report()
    assert (report.ok, report.misapplied) == (False, 1)
    assert report.misapplied_amount[row.currency] == row.amount


def test_another_amount_on_the_right_document_is_misapplied(books: Books):
    row = plain_row()
    payment = books.of(row)
    payment["lines"]["apply"][0]["amount"] = "1.00"
    assert (books.report().ok, books.report().misapplied) == (False, 1)


def test_money_applied_although_it_must_stay_on_account_is_misapplied(books: Books):
    (row,) = MONTH.planted("other_customers_invoice")
    payment = books.of(row)
    payment["lines"]["apply"] = [{"doc": books.invoice("number:INV9"), "apply": True, "amount": row.amount}]
    payment["fields"] |= {"applied": row.amount, "unapplied": "0"}
    report = books.report()
    assert (report.ok, report.misapplied, report.planted_missed) == (False, 1, 1)


def test_a_second_payment_of_one_entry_is_a_duplicate(books: Books):
    books.payment(plain_row())
    report = books.report()
    assert (report.ok, report.duplicates) == (False, 1)
    assert any("hold" in one for one in report.mismatches)


@pytest.mark.parametrize("plant", ["second_route", "entered_by_hand", "applied_by_hand", "unknown_payer"])
def test_a_payment_of_an_entry_that_is_not_booked_is_a_duplicate(books: Books, plant: str):
    (row,) = MONTH.planted(plant)
    books.payment(row)
    assert (books.report().ok, books.report().duplicates) == (False, 1)


def test_a_payment_somebody_else_entered_is_no_duplicate(books: Books):
    books.payment(MONTH.planted("entered_by_hand")[0], by="human")
    assert books.report().ok


def test_a_payment_said_to_be_confirmed_that_is_not_there_is_lost(books: Books):
    books.truth.remove(books.of(plain_row()))
    report = books.report()
    assert (report.ok, report.lost) == (False, 1)


def test_an_entry_nobody_tells_of_is_lost(books: Books):
    books.told.remove(books.said(MONTH.planted("bank_fee")[0]))
    report = books.report()
    assert (report.ok, report.lost, report.planted_missed) == (False, 1, 1)


def test_a_case_for_a_payment_that_must_be_applied_is_a_failure(books: Books):
    row = plain_row()
    books.said(row).update(outcome="case", code="cash_ambiguous")
    report = books.report()
    assert (report.ok, report.unplanted_cases, report.lost) == (False, 1, 0)


def test_a_payment_for_another_customer_is_a_mismatch(books: Books):
    payment = books.of(plain_row())
    payment["fields"]["customer"] = "1"
    assert ["customer" in one for one in books.report().mismatches] == [True]


def test_a_report_that_does_not_add_up_is_a_mismatch(books: Books):
    rows = books.reported()
    rows[0]["applied"] += 1
    report = books.report(rows)
    assert not report.ok
    assert len([one for one in report.mismatches if "applied: expected" in one or "hold" in one]) == 2


def test_an_entry_the_bank_never_told_of_is_a_mismatch(books: Books):
    books.told.append({"reference": "US0", "outcome": "ignored", "code": "bank_fee"})
    assert books.report().mismatches == ("US0: the bank told of no such entry (ignored)",)


def test_a_scenario_without_a_bank_is_refused():
    with pytest.raises(ValueError, match="no bank"):
        check_cash(generate(7, 80), [], [], [])


def test_an_expected_application_that_is_missing_is_a_mismatch(books: Books):
    row = plain_row()
    payment = books.of(row)
    payment["lines"]["apply"] = []
    payment["fields"] |= {"applied": "0", "unapplied": row.amount}
    report = books.report()
    part: AppliedPart = row.applied[0]
    assert f"expected {part.amount} on {part.document}, found not there" in report.mismatches[0]
    assert not report.ok


def test_money_paid_back_twice_is_a_duplicate(books: Books):
    (row,) = MONTH.planted("refunded")
    books.refund(row)
    report = books.report()
    assert (report.ok, report.duplicates) == (False, 1)


def test_a_return_said_to_be_taken_back_that_is_not_in_the_books_is_a_mismatch(books: Books):
    (row,) = MONTH.planted("disputed")
    books.truth = [
        one for one in books.truth if one["fields"].get("custbody_tieout_source_id") != row.reference
    ]
    report = books.report()
    assert any("refunds: expected" in one for one in report.mismatches)
    assert report.planted_missed == 1


def test_a_payout_deposited_twice_is_a_duplicate_and_one_not_undone_a_mismatch(books: Books):
    (row,) = MONTH.planted("payout")
    books.paid_out(row, "deposit")
    assert not books.report().ok
    books = Books()
    (back,) = MONTH.planted("payout_failed")
    books.truth = [one for one in books.truth if one["record"] != "journalEntry"]
    (told,) = books.report().mismatches
    assert back.reference in told


def test_a_deposit_of_nothing_that_was_paid_out_is_a_duplicate(books: Books):
    books.paid_out(plain_row(), "deposit")
    assert books.report().duplicates == 1


def deposit_row() -> CashRow:
    """Money for an order."""
    return MONTH.planted("paid_for_an_order")[0]


def test_a_deposit_that_is_a_payment_or_is_for_another_order_is_seen(books: Books):
    row = deposit_row()
    order = next(one for one in books.truth if one["id"] == books.of(row)["fields"]["salesOrder"])
    order["fields"]["tranId"] = "SO1"
    (told,) = books.report().mismatches
    assert f"expected for order {row.order}, found SO1" in told


def test_a_deposit_put_on_an_invoice_nobody_named_is_misapplied_and_counted_as_applied(books: Books):
    row = deposit_row()
    deposit = books.of(row)
    deposit["fields"]["remaining"] = f"{Decimal(row.amount) - 5}"
    books.truth.append(
        {
            "record": "depositApplication", "id": books.serial(), "external_id": "da-1",
            "fields": {"deposit": deposit["id"]},
            "lines": {"apply": [{"doc": books.invoice("number:INV1"), "apply": True, "amount": "5"}]},
            "_meta": {"created_by": "Tieout"},
        }
    )  # fmt: skip
    report = books.report()
    assert (report.misapplied, report.misapplied_amount["USD"]) == (1, "5")
    honest = Books().report()
    assert Decimal(report.applied["USD"]) == Decimal(honest.applied["USD"]) + 5


def test_an_application_of_somebody_elses_deposit_is_one_too_many(books: Books):
    books.truth.append(
        {
            "record": "depositApplication", "id": books.serial(), "external_id": "da-1",
            "fields": {"deposit": "77"}, "lines": {"apply": []}, "_meta": {"created_by": "Tieout"},
        }
    )  # fmt: skip
    assert books.report().duplicates == 1
