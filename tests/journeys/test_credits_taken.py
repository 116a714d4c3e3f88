"""A payer lists invoices and the credits it takes: each goes where it belongs, by internal id and line by line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import returned
from tests.support.bank_script import receipt
from tests.support.treasury import ACME, Treasury, invoice, treasury

from tieout.domain.cash.movements import Place, RemittanceReference
from tieout.domain.cash.policy import OptIn
from tieout.domain.money import Money
from tieout.flows.cash.parts import PaymentError

COMPANY = "9876543210"


def memo(number: str, amount: str, **more: Any) -> dict[str, Any]:
    """A credit memo of October that nothing was done with yet."""
    return {**invoice(number, ACME, amount, **more), "type": "creditMemo"}


def listed(*lines: tuple[str, str]) -> tuple[RemittanceReference, ...]:
    """An 820's own list: a document and what is paid for it, negative for a credit that is taken."""
    place = Place(file="820", where="RMR")
    return tuple(
        RemittanceReference(text=number, place=place, qualifier="IV", paid=Money(Decimal(amount), "USD"))
        for number, amount in lines
    )


def spread(t: Treasury) -> dict[str, dict[str, Decimal]]:
    """What NetSuite's books say our payment settles and uses, by document number."""
    numbers = {
        one["id"]: one["fields"]["tranId"]
        for kind in ("invoice", "creditMemo")
        for one in t.house.ns.control.truth(kind)
    }
    (made,) = t.house.made("customerPayment")
    return {
        name: {numbers[line["doc"]]: Decimal(line["amount"]) for line in made["lines"].get(name, [])}
        for name in ("apply", "credit")
    }


def left_of(t: Treasury, number: str) -> Decimal:
    (found,) = [one for one in t.house.ns.control.truth("creditMemo") if one["fields"]["tranId"] == number]
    return Decimal(found["fields"]["unapplied"])


@pytest.mark.requirement("R24")
def test_one_line_that_names_several_invoices_is_split_by_internal_id(tmp_path: Path):
    open_ = (invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00"))
    with treasury(tmp_path, *open_, opt_ins=frozenset({OptIn.LISTED_BUNDLE})) as t:
        t.teach()
        t.bank.put(receipt("T1", "330.00", "INV10530 INV10531", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert spread(t) == {"apply": {"INV10530": 250, "INV10531": 80}, "credit": {}}


@pytest.mark.requirement("R24")
def test_a_credit_that_is_taken_is_used_within_the_payment(tmp_path: Path):
    with treasury(
        tmp_path,
        invoice("INV10530", ACME, "250.00"),
        invoice("INV10531", ACME, "80.00"),
        memo("CM77", "50.00"),
    ) as t:
        t.teach()
        t.bank.put(receipt("T1", "280.00", "INV10530 INV10531 CM77", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_credit_taken")
        found = t.desk.show("T1").case.finding.found
        assert "proposed: INV10530 250.00 USD, INV10531 80.00 USD, with the credit CM77 50.00 USD" in found
        t.desk.apply("T1", {"INV10530": "", "INV10531": ""}, "ann", "as listed", credit={"CM77": ""})
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert spread(t) == {"apply": {"INV10530": 250, "INV10531": 80}, "credit": {"CM77": 50}}
        assert (t.open_amounts(), left_of(t, "CM77")) == ({"INV10530": 0, "INV10531": 0}, 0)
        view = t.desk.show("T1")
        assert (str(view.applied), str(view.unapplied)) == ("280.00 USD", "0.00 USD")


def test_part_of_a_credit_as_the_820_gives_it_line_by_line(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), memo("CM77", "50.00")) as t:
        t.teach()
        references = listed(("INV10530", "250.00"), ("CM77", "-20.00"))
        t.bank.put(receipt("T1", "230.00", company=COMPANY, references=references))
        t.house.run()
        assert "with the credit CM77 20.00 USD" in t.desk.show("T1").case.finding.found
        t.desk.apply("T1", {"INV10530": ""}, "ann", "as listed", credit={"CM77": "20.00"})
        t.house.run()
        assert (t.open_amounts(), left_of(t, "CM77")) == ({"INV10530": 0}, 30)


def test_a_credit_of_an_invoice_that_is_open_is_proposed_for_that_invoice_only(tmp_path: Path):
    home = invoice("INV10531", ACME, "80.00", id="7101")
    credit = memo("CM77", "50.00", _made_from="7101")
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), home, credit) as t:
        t.teach()
        t.bank.put(receipt("T1", "200.00", "INV10530 CM77", company=COMPANY))
        t.bank.put(receipt("T2", "30.00", "INV10531 CM77", company=COMPANY))
        t.house.run()
        elsewhere, there = (t.desk.show(one).case.finding.found for one in ("T1", "T2"))
        assert "proposed" not in elsewhere
        assert "CM77 was made from INV10531, which is open and not named" in elsewhere
        assert "proposed: INV10531 80.00 USD, with the credit CM77 50.00 USD" in there


def test_what_used_a_credit_is_taken_back_as_a_whole(tmp_path: Path):
    with treasury(
        tmp_path,
        invoice("INV10530", ACME, "250.00"),
        invoice("INV10531", ACME, "80.00"),
        memo("CM77", "50.00"),
    ) as t:
        t.teach()
        t.bank.put(receipt("T1", "280.00", "thank you", company=COMPANY))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "", "INV10531": ""}, "ann", "", credit={"CM77": ""})
        t.house.run()
        with pytest.raises(PaymentError, match="take everything back"):
            t.desk.unapply("T1", ["INV10531"], "ann", "not that one")
        t.desk.unapply("T1", [], "ann", "wrong customer")
        t.house.run()
        assert t.open_amounts() == {"INV10530": 250, "INV10531": 80}
        assert (t.payments(), left_of(t, "CM77")) == ({"pay-T1": (0, 280)}, 50)
        t.desk.apply("T1", {"INV10530": ""}, "ann", "", credit={"CM77": "10.00"})
        t.house.run()
        assert (t.open_amounts()["INV10530"], left_of(t, "CM77")) == (0, 40)


def test_money_that_goes_back_frees_the_credit_it_was_used_with(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), memo("CM77", "50.00")) as t:
        t.teach()
        t.bank.put(receipt("T1", "200.00", "INV10530 CM77", company=COMPANY))
        t.house.run()
        t.desk.apply("T1", {"INV10530": ""}, "ann", "", credit={"CM77": ""})
        t.house.run()
        t.bank.put(returned("R1", "200.00", "T1"))
        t.house.run()
        assert (t.open_amounts(), left_of(t, "CM77")) == ({"INV10530": 250}, 50)


@pytest.mark.parametrize(
    ("to", "credit", "why"),
    [
        ({"INV10530": ""}, {}, "would be applied"),
        ({"INV10530": "20.00"}, {"CM77": ""}, "a credit is no money on account"),
        ({"INV10530": ""}, {"CM77": "60.00"}, "50.00 USD is left"),
        ({"INV10530": ""}, {"INV10531": ""}, "expected a credit"),
        ({"CM77": ""}, {}, "CM77"),
    ],
)
def test_sums_that_cannot_be_are_refused_before_anything_is_sent(
    tmp_path: Path, to: dict[str, str], credit: dict[str, str], why: str
):
    with treasury(
        tmp_path,
        invoice("INV10530", ACME, "250.00"),
        invoice("INV10531", ACME, "80.00"),
        memo("CM77", "50.00"),
    ) as t:
        t.teach()
        t.bank.put(receipt("T1", "200.00", "thank you", company=COMPANY))
        t.house.run()
        with pytest.raises(PaymentError, match=why):
            t.desk.apply("T1", to, "ann", "", credit=credit)
