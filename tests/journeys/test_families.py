"""Who belongs to whom is NetSuite's to say: a parent that pays for a child, and payers that are companies of ours."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.bank_script import receipt
from tests.support.treasury import ACME, GLOBEX, Treasury, invoice, treasury

from tieout.domain.cash.policy import OptIn

COMPANY = "9876543210"


def says(t: Treasury, customer: str, **fields: Any) -> None:
    """Somebody changes a customer in NetSuite."""
    t.house.ns.control.admin("human_edit", record="customer", id=customer, fields=fields)


def parent_and_child(t: Treasury) -> None:
    """Acme is Globex's parent, and pays its invoice."""
    says(t, GLOBEX, parent={"id": ACME})
    t.teach()
    t.bank.put(receipt("T1", "250.00", "INV10530", company=COMPANY))
    t.house.run()


def booked_for(t: Treasury) -> list[tuple[str, Decimal]]:
    made = t.house.made("customerPayment")
    return [(one["fields"]["customer"], Decimal(one["fields"]["applied"])) for one in made]


def test_a_parents_payment_waits_unbooked_and_a_person_books_it_for_the_child(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", GLOBEX, "250.00"), invoice("INV10531", ACME, "80.00")) as t:
        parent_and_child(t)
        assert t.stands("T1") == ("case", "cash_parent_pays")
        assert "proposed: INV10530 250.00 USD" in t.desk.show("T1").case.finding.found
        assert booked_for(t) == []
        t.desk.apply("T1", {"INV10530": ""}, "ann", "Acme pays for its group")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert booked_for(t) == [(GLOBEX, 250)]
        t.bank.put(receipt("T2", "80.00", "INV10531", company=COMPANY))
        t.house.run()
        assert t.stands("T2") == ("confirmed", ""), "the parent's identifier is still the parent's alone"


@pytest.mark.parametrize("listed", [True, False])
def test_where_it_is_switched_on_the_parents_payment_is_applied_if_the_account_lists_it(
    tmp_path: Path, listed: bool
):
    opt_ins = frozenset({OptIn.PARENT_PAYS})
    with treasury(tmp_path, invoice("INV10530", GLOBEX, "250.00"), opt_ins=opt_ins) as t:
        t.house.ns.control.switches({"NS-17c": "off" if listed else "on"})
        parent_and_child(t)
        if listed:
            assert t.stands("T1") == ("confirmed", "")
            assert booked_for(t) == [(ACME, 250)]
        else:
            assert t.stands("T1")[0] == "case"
            assert booked_for(t) == [], "NetSuite lists no document of another customer, and says so"


def test_a_document_of_a_stranger_is_no_family_matter(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", GLOBEX, "250.00"), opt_ins=frozenset(OptIn)) as t:
        t.teach()
        t.bank.put(receipt("T1", "250.00", "INV10530", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_other_customer")


def test_a_payer_that_is_a_company_of_ours_is_reviewed_and_nothing_is_booked(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), opt_ins=frozenset(OptIn)) as t:
        says(t, ACME, representingSubsidiary={"id": "2"})
        t.teach()
        t.bank.put(receipt("T1", "250.00", "INV10530", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_intercompany")
        assert booked_for(t) == []
        t.desk.apply("T1", {"INV10530": ""}, "ann", "settled with the other company")
        t.house.run()
        assert booked_for(t) == [(ACME, 250)]
