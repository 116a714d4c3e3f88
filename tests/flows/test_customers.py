"""Accounts whose customer is in NetSuite already: suggested, linked, taken back — and never written to."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.crash_scenarios import until
from tests.support.house import House, dataset, house, policy
from tests.support.script import customer, order, ref

from tieout.domain.approvals import Choice
from tieout.domain.bindings import LinkAction, LinkStage
from tieout.domain.documents import Address
from tieout.domain.ids import InternalId
from tieout.flows.approvals import ApprovalError
from tieout.flows.customer_files import Decided, import_decisions, suggestion_rows, write_rows
from tieout.flows.linking import LinkError
from tieout.flows.people import People

LEGACY = InternalId("4711")
KEY = ref("Account", "A00001").record_key


def company(**fields: Any) -> dict[str, Any]:
    return {"subsidiary": {"id": "1"}, "currency": {"id": "1"}, **fields}


OLD = company(
    id="4711", companyName="CUSTOMER 1, INC", url="https://www.customer1.example", externalId="C-77"
)
SIMILAR = company(id="4712", companyName="Customer 1 Inc.")


def with_customers(*customers: dict[str, Any]) -> dict[str, Any]:
    data = dataset()
    data["customers"] += list(customers)
    return data


@pytest.fixture
def h(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, data=with_customers(OLD, SIMILAR)) as made:
        yield made


def truth_of(h: House, customer_id: str) -> dict[str, Any]:
    return next(one for one in h.ns.control.truth("customer") if one["id"] == customer_id)


# -- suggesting -------------------------------------------------------------------------------------------


@pytest.mark.requirement("R21")
def test_every_account_is_shown_with_all_its_candidates_and_none_is_chosen(h: House):
    h.source.put(order(1), order(2, customer=customer(2, billing=Address(country="US"))))
    h.run()
    first, second = h.machine.customers.suggest()
    assert (first.account.source.id, first.linked, first.own) == ("A00001", None, None)
    assert [
        (one.customer.id, str(one.strength), list(map(str, one.evidence))) for one in first.candidates
    ] == [
        ("4711", "strong", ["same domain customer1.example", "same name 'customer 1'"]),
        ("4712", "weak", ["same exact name 'Customer 1 Inc.'"]),
    ]
    assert first.candidates[0].remarks == ("carries external ID C-77, somebody else's: it stays as it is",)
    assert second.own is not None
    assert [one.customer.id for one in second.candidates] == []
    assert h.machine.customers.book().bindings == {}
    assert h.standings()["D00001"] == ("case", "customer_suspected_legacy")


# -- linking and taking back ------------------------------------------------------------------------------


@pytest.mark.requirement("R16", "R21")
def test_a_linked_customer_is_used_and_never_written_to(h: House):
    before = truth_of(h, "4711")
    h.source.put(order(1))
    h.run()
    taken = h.machine.customers.link("A00001", LEGACY, "ann", "asked sales")
    assert taken is not None
    assert (taken.record_key, taken.stage, taken.by) == (KEY, LinkStage.IN_FORCE, "ann")
    assert "same domain customer1.example" in taken.seen
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}
    assert h.case_codes() == []
    assert [one["fields"]["entity"] for one in h.made("invoice")] == ["4711"]
    h.source.put(order(1, customer=customer(1, email="other@customer1.example", name="Customer One")))
    h.run()
    assert truth_of(h, "4711") == before, "somebody else's external ID, name and address stay as they are"
    assert h.requests("update") == []
    assert h.made("customer") == []


def test_a_link_made_before_the_first_deal_was_judged_holds_for_it(h: House):
    h.source.put(order(1))
    h.machine.poll()
    h.machine.customers.link("A00001", InternalId("4712"), "ann", "legal says so")
    h.run()
    assert [one["fields"]["entity"] for one in h.made("invoice")] == ["4712"]


def test_a_link_takes_back_a_customer_that_was_planned_and_not_sent(h: House):
    h.source.put(order(2))
    until("A00002", "cleared")(h)
    h.machine.customers.link("A00002", LEGACY, "ann", "renamed")
    h.run()
    assert h.made("customer") == []
    assert [one["fields"]["entity"] for one in h.made("invoice")] == ["4711"]
    assert h.standings() == {"D00002": ("confirmed", "")}


@pytest.mark.requirement("R21")
def test_unlinking_before_anything_is_written_restores_the_case(h: House):
    h.source.put(order(1))
    h.run()
    h.machine.customers.link("A00001", LEGACY, "ann", "asked sales")
    h.machine.checking.run()
    assert h.standings() == {"D00001": ("planned", "")}
    taken = h.machine.customers.unlink("A00001", "bob", "it is their subsidiary")
    assert (taken.action, taken.internal_id) == (LinkAction.UNLINK, LEGACY)
    h.run()
    assert h.standings() == {"D00001": ("case", "customer_suspected_legacy")}
    assert h.made("invoice") == []
    h.machine.customers.link("A00001", LEGACY, "ann", "after all")
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}
    history = h.machine.customers.history(KEY)
    assert [(one.action, one.by, one.because) for one in history] == [
        (LinkAction.LINK, "ann", "asked sales"),
        (LinkAction.UNLINK, "bob", "it is their subsidiary"),
        (LinkAction.LINK, "ann", "after all"),
    ]


def test_a_weak_link_taken_back_gives_the_account_a_customer_of_its_own(h: House):
    h.source.put(order(2))
    h.machine.poll()
    h.machine.customers.link("A00002", LEGACY, "ann", "renamed")
    h.machine.checking.run()
    h.machine.customers.unlink("A00002", "ann", "wrong row")
    h.run()
    [made] = h.made("customer")
    assert made["external_id"] == "A00002"
    assert [one["fields"]["entity"] for one in h.made("invoice")] == [made["id"]], "sent after its customer"


def test_unlinking_waits_for_what_is_being_written_and_names_it(h: House):
    h.source.put(order(1))
    h.run()
    h.machine.customers.link("A00001", LEGACY, "ann", "asked sales")
    h.ns.control.faults(
        {"kind": "commit_reset", "match": {"operation": "create", "record": "invoice"}, "times": 1}
    )
    until("inv-D00001", "in_doubt")(h)
    with pytest.raises(LinkError, match="inv-D00001 is in_doubt; wait until it is confirmed"):
        h.machine.customers.unlink("A00001", "ann", "wrong")
    h.run()
    h.machine.customers.unlink("A00001", "ann", "wrong")
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}, "what is written stays"


def test_an_account_with_a_customer_of_ours_is_not_linked_to_another(h: House):
    h.source.put(order(2))
    h.run()
    made = h.made("customer")[0]["id"]
    with pytest.raises(LinkError, match=f"already made NetSuite customer {made}"):
        h.machine.customers.link("A00002", LEGACY, "ann", "the same")


@pytest.mark.parametrize(
    ("account", "customer_id", "because", "said"),
    [
        ("A9", LEGACY, "why", "no deal that was received names an account 'A9'"),
        ("A00001", InternalId("424242"), "why", "NetSuite has no customer 424242"),
        ("A00001", LEGACY, "  ", "a reason is needed"),
    ],
)
def test_what_cannot_be_linked_is_refused_with_the_reason(h: House, account, customer_id, because, said):
    h.source.put(order(1))
    h.run()
    with pytest.raises(LinkError, match=said):
        h.machine.customers.link(account, customer_id, "ann", because)
    assert h.machine.customers.history() == []


@pytest.mark.requirement("R21")
def test_told_apart_means_a_customer_of_its_own(h: House):
    h.source.put(order(1))
    h.run()
    h.machine.customers.distinct("A00001", LEGACY, "ann", "they split in 2019")
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}
    assert [one["external_id"] for one in h.made("customer")] == ["A00001"]
    assert h.machine.customers.distinct("A00001", LEGACY, "ann", "again") is None


@pytest.mark.requirement("R21")
def test_a_link_survives_a_merge_in_the_crm(h: House):
    h.source.put(order(1))
    h.run()
    h.machine.customers.link("A00001", LEGACY, "ann", "asked sales")
    h.source.merge("A00001", "A00005")
    h.source.put(order(5))
    h.run()
    assert h.made("customer") == []
    assert {one["fields"]["entity"] for one in h.made("invoice")} == {"4711"}


# -- approvals --------------------------------------------------------------------------------------------


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[House]:
    careful = replace(policy(), links_need_role="controller")
    with house(tmp_path, data=with_customers(OLD), policy=careful) as made:
        people = People(made.machine.context)
        people.put("root", ["admin"], [], "root")
        for name in ("ann", "bob"):
            people.put(name, ["controller"], [], "root")
        made.source.put(order(1))
        made.run()
        yield made


def principal(h: House, name: str):
    found = People(h.machine.context).named(name)
    assert found is not None
    return found


def proposed(h: House) -> str:
    taken = h.machine.customers.link("A00001", LEGACY, "ann", "asked sales")
    assert taken is not None
    assert taken.stage is LinkStage.PROPOSED
    h.run()
    assert h.standings() == {"D00001": ("case", "customer_suspected_legacy")}, "nothing is in force yet"
    return taken.content


def test_a_link_waits_for_somebody_else_than_who_said_it(strict: House):
    work, content = strict.machine.customers, proposed(strict)
    assert work.link("A00001", LEGACY, "ann", "asked sales") is None, "said before, waits"
    with pytest.raises(ApprovalError, match="somebody else has to decide"):
        work.decide("A00001", principal(strict, "ann"), Choice.APPROVE, content)
    decided = work.decide("A00001", principal(strict, "bob"), Choice.APPROVE, content)
    assert (decided.by, decided.stage) == ("ann", LinkStage.IN_FORCE)
    strict.run()
    assert strict.standings() == {"D00001": ("confirmed", "")}
    with strict.store.read() as unit:
        [approval] = unit.people.approvals(content)
    assert (approval.by, approval.role, approval.subject) == ("bob", "controller", f"customer_link|{KEY}")


def test_an_approval_dies_with_the_evidence_it_was_asked_for(strict: House):
    content = proposed(strict)
    strict.ns.control.admin(
        "human_edit", record="customer", id="4711", fields={"companyName": "Somebody Else"}
    )
    with pytest.raises(ApprovalError, match="propose it again"):
        strict.machine.customers.decide("A00001", principal(strict, "bob"), Choice.APPROVE, content)
    assert strict.machine.customers.book().bindings == {}


def test_a_rejected_link_is_not_in_force_and_stays_in_the_history(strict: House):
    work, content = strict.machine.customers, proposed(strict)
    work.decide("A00001", principal(strict, "bob"), Choice.REJECT, content, "another company")
    assert work.book().bindings == {}
    assert [one.stage for one in work.history(KEY)] == [LinkStage.PROPOSED, LinkStage.REJECTED]
    with pytest.raises(ApprovalError, match="nothing with this content waits"):
        work.decide("A00001", principal(strict, "bob"), Choice.APPROVE, content)


def test_a_case_that_is_bound_stays_open_until_the_link_is_approved(strict: House):
    case = strict.cases.open_cases()[0].case.id
    assert strict.cases.bind(case, LEGACY, "ann", "asked sales") is False
    assert strict.case_codes() == ["customer_suspected_legacy"]
    [waiting] = strict.machine.customers.book().waiting
    strict.machine.customers.decide("A00001", principal(strict, "bob"), Choice.APPROVE, waiting.content)
    strict.run()
    assert strict.standings() == {"D00001": ("confirmed", "")}


# -- the reviewed file ------------------------------------------------------------------------------------


def reviewed(h: House, **decisions: tuple[str, str]) -> Path:
    """The file of suggestions with (decision, reviewer) by internal id filled in."""
    rows = suggestion_rows(h.machine.customers.suggest())
    for row in rows:
        found = decisions.get(f"c{row['internal_id']}")
        if found:
            row["decision"], row["reviewer"] = found
    file = h.folder / "review.csv"
    write_rows(rows, file)
    return file


def load(h: House, file: Path) -> Decided:
    return import_decisions(h.machine.context, h.machine.customers, file, "ops")


@pytest.mark.requirement("R21")
def test_a_reviewed_file_links_and_may_be_loaded_again(h: House):
    h.source.put(order(1))
    h.run()
    file = reviewed(h, c4711=("link", "ann"), c4712=("create", "ann"))
    done = load(h, file)
    assert (done.taken, done.unchanged, done.skipped, done.rejected) == (2, 0, 0, ())
    again = load(h, file)
    assert (again.taken, again.unchanged, again.rejected) == (0, 2, ())
    h.run()
    assert [one["fields"]["entity"] for one in h.made("invoice")] == ["4711"]
    [link, apart] = h.machine.customers.history()
    assert (link.by, link.entered_by, link.because) == ("ann", "ops", "reviewed file")
    assert (apart.action, apart.internal_id) == (LinkAction.DISTINCT, "4712")


def test_a_row_whose_evidence_has_changed_since_the_review_is_stale(h: House):
    h.source.put(order(1))
    h.run()
    file = reviewed(h, c4711=("link", "ann"))
    h.ns.control.admin("human_edit", record="customer", id="4711", fields={"isInactive": True})
    done = load(h, file)
    assert done.taken == 0
    [row] = done.rejected
    assert row.line == 2
    assert row.reason.startswith("stale: account or customer have changed since the file was made")
    assert "inactive" in row.reason
    assert h.machine.customers.book().bindings == {}


def test_bad_rows_are_named_with_line_and_reason_and_good_ones_loaded(h: House):
    h.source.put(order(1))
    h.run()
    good, other = suggestion_rows(h.machine.customers.suggest())
    rows = [
        {**good, "decision": "link", "reviewer": "ann"},
        {**other, "decision": "link", "reviewer": "ann"},
        {**other, "decision": "perhaps", "reviewer": "ann"},
        {**other, "decision": "create", "reviewer": ""},
        {**other, "decision": "create", "reviewer": "ann", "account": "script:test:Account:NOBODY"},
        {**other, "decision": "create", "reviewer": "ann", "internal_id": "99999"},
        {**other, "decision": "LINK", "reviewer": "ann", "internal_id": ""},
        {**other, "decision": "skip"},
        {**other, "decision": "create", "reviewer": "ann", "digest": "0"},
    ]
    file = h.folder / "review.csv"
    write_rows(rows, file)
    done = load(h, file)
    assert (done.taken, done.skipped) == (1, 1)
    reasons = {row.line: row.reason.partition(":")[0].partition(";")[0] for row in done.rejected}
    assert reasons == {
        3: "the account is linked on line 2 already",
        4: "decision",
        5: "reviewer is empty",
        6: "account",
        7: "internal_id",
        8: "internal_id is empty",
        10: "stale",
    }


@pytest.mark.parametrize("text", [b"", b"account,decision\n", b"\xff\xfe"])
def test_a_file_that_is_none_is_one_rejected_row(h: House, text: bytes):
    file = h.folder / "review.csv"
    file.write_bytes(text)
    done = load(h, file)
    assert [row.line for row in done.rejected] == [1]


def test_two_accounts_may_be_linked_to_one_customer_in_one_file(h: House):
    alike = customer(2, name="Customer 1", website="https://customer1.example")
    h.source.put(order(1), order(2, customer=alike))
    h.run()
    assert h.case_codes() == ["customer_suspected_legacy"] * 2
    done = load(h, reviewed(h, c4711=("link", "ann")))
    assert (done.taken, done.rejected) == (2, ())
    h.run()
    assert [one["fields"]["entity"] for one in h.made("invoice")] == ["4711", "4711"]


def test_names_that_a_spreadsheet_would_run_are_written_as_text(tmp_path: Path):
    evil = company(id="4800", companyName="=HYPERLINK(1)", url="https://customer1.example")
    with house(tmp_path, data=with_customers(evil)) as h:
        h.source.put(order(1))
        h.run()
        file = reviewed(h)
        [row] = list(csv.DictReader(file.open(encoding="utf-8")))
    assert row["customer_name"] == "'=HYPERLINK(1)"
