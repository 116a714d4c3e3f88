"""A plan is ordered, claims each effect once, and depends on nothing but its input."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import (
    CONTACT,
    DEAL,
    always,
    checked,
    customer,
    existing,
    line,
    order,
    policy,
    ref,
    usd,
    view,
    world,
)

from tieout.domain.drafts import ContactDraft, CustomerDraft, TransactionDraft, WriteBackDraft
from tieout.domain.ids import RecordType
from tieout.domain.planning import CREATING, StepKind, customer_claim, handoff_claim, plan, record_external_id
from tieout.domain.policy import HandOff, SourcePolicy

CUSTOMER_CLAIM = customer_claim("ACCT_1", ref("account", "A1"))
INVOICE_CLAIM = handoff_claim("ACCT_1", DEAL, "invoice")
ORDER_CLAIM = handoff_claim("ACCT_1", DEAL, "sales_order")


def plan_of(deal=None, *, handoff: HandOff = HandOff.INVOICE, bound=None, aliases=None, **policy_changes):
    rules = policy(handoff_rules=always(handoff.value), **policy_changes)
    good = checked(deal or order(), in_world=world(policy=rules), seen=view(bound=bound))
    return plan(good, rules, aliases)


def kinds(found) -> list[StepKind]:
    return [step.kind for step in found.steps]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    ("handoff", "records"),
    [
        (HandOff.INVOICE, [StepKind.CREATE_INVOICE]),
        (HandOff.SALES_ORDER, [StepKind.CREATE_SALES_ORDER, StepKind.TRANSFORM_INVOICE]),
        (HandOff.SALES_ORDER_OBSERVED, [StepKind.CREATE_SALES_ORDER, StepKind.OBSERVE_INVOICE]),
    ],
)
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("contact", [False, True])
def test_the_order_of_work_is_customer_then_records_then_write_back(handoff, records, bound, contact):
    deal = order(customer=customer(contact=CONTACT if contact else None))
    found = plan_of(deal, handoff=handoff, bound=existing() if bound else None)
    people = [] if bound else [StepKind.CREATE_CUSTOMER, *([StepKind.CREATE_CONTACT] if contact else [])]
    assert kinds(found) == [*people, *records, StepKind.WRITE_BACK, StepKind.WRITE_BACK]


@pytest.mark.parametrize("handoff", HandOff)
@pytest.mark.parametrize("bound", [None, existing()])
def test_what_a_step_needs_comes_before_it_and_every_claim_is_there_once(handoff: HandOff, bound):
    found = plan_of(order(customer=customer(contact=CONTACT)), handoff=handoff, bound=bound)
    done = set()
    for step in found.steps:
        assert set(step.needs) <= done
        done.add(step.claim)
    assert len(done) == len(found.steps)


@pytest.mark.parametrize("handoff", HandOff)
def test_the_same_input_gives_the_same_plan(handoff: HandOff):
    assert plan_of(handoff=handoff) == plan_of(handoff=handoff)


@pytest.mark.requirement("R20")
def test_two_sightings_of_one_deal_meet_in_one_claim_and_one_external_id():
    again = order(source=replace(DEAL, version="8"), name="renamed", lines=(line(1, "7.00"),))
    for handoff in HandOff:
        first, second = plan_of(handoff=handoff), plan_of(again, handoff=handoff)
        assert [step.claim for step in first.steps] == [step.claim for step in second.steps]
        ids = [[s.draft.external_id for s in one.steps if s.kind in CREATING] for one in (first, second)]
        assert ids[0] == ids[1]


@given(st.lists(st.from_regex(r"[A-Za-z0-9|:_-]{1,12}", fullmatch=True), min_size=2, max_size=6, unique=True))
def test_claims_of_different_deals_never_meet(ids: list[str]):
    claims = [
        step.claim
        for n, id_ in enumerate(ids)
        for step in plan_of(
            order(source=ref("deal", id_), customer=customer(f"A{n}")), handoff=HandOff.SALES_ORDER
        ).steps
    ]
    assert len(set(claims)) == len(claims)


def test_two_deals_of_one_customer_share_its_creation():
    other = plan_of(order(source=ref("deal", "D2")))
    assert plan_of().steps[0] == other.steps[0]
    assert plan_of().steps[0].claim == CUSTOMER_CLAIM


@pytest.mark.requirement("R11", "R12", "R21")
def test_the_customer_is_keyed_by_its_account_and_complete():
    step = plan_of(entity_id_template="{name} {source_id}").steps[0]
    draft = step.draft
    assert isinstance(draft, CustomerDraft)
    assert (draft.external_id, draft.name, draft.entity_id) == ("A1", "Acme, Inc.", "Acme, Inc. A1")
    assert (draft.subsidiary, draft.currency_id, draft.terms) == ("1", "1", "5")
    assert (draft.trace.installation, draft.trace.source.id) == ("test", "A1")


@pytest.mark.requirement("R16", "R21")
def test_a_name_decides_no_claim_and_no_external_id():
    renamed = plan_of(order(customer=customer(name="ACME incorporated"))).steps[0]
    original = plan_of().steps[0]
    assert (renamed.claim, renamed.draft.external_id) == (original.claim, original.draft.external_id)


@pytest.mark.requirement("R23")
def test_the_invoice_has_its_lines_and_refers_to_the_customer_by_claim():
    step = plan_of(order(po_number="PO-1")).steps[1]
    draft = step.draft
    assert isinstance(draft, TransactionDraft)
    assert (step.claim, step.needs) == (INVOICE_CLAIM, (CUSTOMER_CLAIM,))
    assert (draft.type, draft.external_id) == (RecordType.INVOICE, "inv-D1")
    assert (draft.customer, draft.bound_customer) == (CUSTOMER_CLAIM, None)
    assert [(one.item, one.amount, one.source.line) for one in draft.lines] == [
        ("101", usd(100), "L1"),
        ("102", usd(50), "L2"),
    ]
    assert (draft.total, draft.po_number, draft.transaction_date) == (usd(150), "PO-1", date(2026, 10, 5))
    assert draft.created_from is None


@pytest.mark.requirement("R16", "R21")
def test_a_bound_customer_is_named_by_its_internal_id_and_never_created_or_changed():
    found = plan_of(bound=existing("501"))
    [invoice, deal_note, customer_note] = found.steps
    assert (invoice.draft.customer, invoice.draft.bound_customer, invoice.needs) == (None, "501", ())
    assert (customer_note.draft.internal_id, customer_note.needs) == ("501", ())
    assert deal_note.needs == (INVOICE_CLAIM,)


@pytest.mark.parametrize(
    ("handoff", "kind"),
    [
        (HandOff.SALES_ORDER, StepKind.TRANSFORM_INVOICE),
        (HandOff.SALES_ORDER_OBSERVED, StepKind.OBSERVE_INVOICE),
    ],
)
def test_an_invoice_from_an_order_is_claimed_like_any_and_waits_for_the_order(handoff, kind):
    _, first, second, *_ = plan_of(handoff=handoff, receivables_rules=always("11")).steps
    assert (first.claim, first.draft.external_id, first.draft.receivables) == (ORDER_CLAIM, "so-D1", None)
    assert (second.kind, second.claim, second.draft.external_id) == (kind, INVOICE_CLAIM, "inv-D1")
    assert second.needs == (CUSTOMER_CLAIM, ORDER_CLAIM)
    assert (second.draft.created_from, second.draft.receivables) == (ORDER_CLAIM, "11")
    assert second.draft.lines == first.draft.lines


def test_a_merged_account_keeps_the_customer_it_was_first_claimed_as():
    found = plan_of(order(customer=customer("A2")), aliases={"A2": "A1"})
    assert found.steps[0].claim == CUSTOMER_CLAIM
    assert found.steps[0].draft.external_id == "A1"
    note = found.steps[-1].draft
    assert isinstance(note, WriteBackDraft)
    assert (note.target.id, note.external_id) == ("A2", "A1")


def test_who_is_billed_becomes_the_customer():
    found = plan_of(order(bill_to=customer("A9", name="Payer Ltd")))
    assert found.steps[0].draft.name == "Payer Ltd"
    assert found.steps[1].draft.customer == customer_claim("ACCT_1", ref("account", "A9"))


@pytest.mark.requirement("R11")
def test_what_became_of_it_is_written_back_to_the_deal_and_the_account():
    notes = [step for step in plan_of().steps if step.kind is StepKind.WRITE_BACK]
    assert [(n.draft.target.id, n.draft.record, n.draft.external_id, n.needs) for n in notes] == [
        ("D1", RecordType.INVOICE, "inv-D1", (INVOICE_CLAIM,)),
        ("A1", RecordType.CUSTOMER, "A1", (CUSTOMER_CLAIM,)),
    ]


def test_a_contact_belongs_to_its_customer():
    step = plan_of(order(customer=customer(contact=CONTACT))).steps[1]
    assert isinstance(step.draft, ContactDraft)
    assert (step.draft.external_id, step.draft.customer, step.needs) == (
        "con-C1",
        CUSTOMER_CLAIM,
        (CUSTOMER_CLAIM,),
    )


def test_sources_other_than_the_first_are_tagged():
    tagged = policy(sources={"crm": SourcePolicy(name="crm", cut_over=date(2026, 1, 1), tag="hs")})
    assert record_external_id(tagged, RecordType.INVOICE, DEAL) == "inv-hs-D1"
    assert record_external_id(tagged, RecordType.CUSTOMER, ref("account", "A1")) == "hs-A1"


def test_the_plan_names_the_rules_that_decided_it():
    assert plan_of().rules == ("in dollars", "always invoice")


def test_a_long_name_is_cut_to_what_a_memo_holds():
    invoice = plan_of(order(name="x" * 2000)).steps[1].draft
    assert len(invoice.memo) == 999


def test_a_contact_is_created_only_where_the_policy_says_so():
    found = plan_of(order(customer=customer(contact=CONTACT)), contacts=False)
    assert StepKind.CREATE_CONTACT not in kinds(found)
