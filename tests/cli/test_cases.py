"""`tieout cases` and `tieout trace`: looking, deciding, and what cannot be decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.desk import CONFIGURATION, Desk, deal, open_desk, write_items

UNMAPPED: dict[str, Any] = {
    "lines": [{"id": "1", "product": {"id": "P9"}, "quantity": "2", "amount": "250.00"}]
}


def refusal(desk: Desk, *words: str, code: int) -> str:
    result = desk.run(*words)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return result.stderr.strip()


def decisions(desk: Desk, number: int) -> list[tuple[str, str, str]]:
    found = desk.json("cases", "show", str(number))["decisions"]
    return [(one["by"], one["action"], one["because"]) for one in found]


@pytest.mark.requirement("R70")
def test_a_case_shows_payload_expectation_finding_source_and_ways_out(desk):
    desk.ingest(deal(1, **UNMAPPED))
    desk.sync(1)
    shown = desk.json("cases", "show", "1")
    assert shown["payload"]["lines"] == UNMAPPED["lines"]
    assert {
        name: shown[name] for name in ("code", "state", "cause", "expected", "found", "source", "ways_out")
    } == {
        "code": "item_unmapped",
        "state": "open",
        "cause": "P9",
        "expected": "a crosswalk row for P9 (no SKU, P9)",
        "found": "none",
        "source": "files deal D-1 line 1",
        "ways_out": ["map item", "ignore because"],
    }
    said = desk.run("cases", "show", "1").stdout
    assert said.startswith("#1 Product has no crosswalk row (item_unmapped, open)\n")
    assert "  expected        a crosswalk row for P9 (no SKU, P9)\n" in said


def test_cases_with_one_cause_are_one_row_and_one_correction_cures_them_all(desk):
    desk.ingest(deal(1, **UNMAPPED), deal(2, **UNMAPPED), deal(3))
    desk.sync(1)
    (group,) = desk.json("cases", "list")["groups"]
    assert (group["code"], group["cause"], group["count"]) == ("item_unmapped", "P9", 2)
    write_items(desk.folder / "more.csv", [("files", "P9", "502")])
    assert desk.run("crosswalk", "import", "item", str(desk.folder / "more.csv")).exit_code == 0
    done = desk.run("cases", "retry", "--code", "item_unmapped", "--cause", "P9", "--because", "mapped")
    assert done.stdout == "2 case(s) will be tried again.\n"
    assert desk.sync()["confirmed"] == 3
    assert decisions(desk, 1) == [("ana", "retry", "mapped")]


def test_retrying_without_a_correction_opens_the_case_again(desk):
    desk.ingest(deal(1, **UNMAPPED))
    desk.sync(1)
    assert desk.run("cases", "retry", "1").exit_code == 0
    assert desk.sync(1)["case"] == 1
    assert desk.case("item_unmapped")["id"] == 2
    assert desk.invoices() == []


def test_an_edit_shows_the_difference_keeps_the_original_and_is_written(desk):
    desk.ingest(deal(1, amount="240.00"))
    desk.sync(1)
    case = desk.case("amount_mismatch")["id"]
    words = ("--set", "header_amount=null", "--because", "agreed by mail")
    done = desk.run("cases", "edit", str(case), *words)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("header_amount: {")
    assert done.stdout.endswith("→ None\n")
    assert desk.sync()["confirmed"] == 1
    (made,) = desk.invoices()
    assert made["fields"]["total"] == "250.00"
    assert desk.json("cases", "show", str(case))["payload"]["amount"] == "240.00"
    assert decisions(desk, case) == [("ana", "edit", "agreed by mail")]
    assert desk.json("trace", "D-1")["deals"][0]["edit"] == {"header_amount": None}


NOWHERE = {
    "quantity": (2, "--set quantity: expected field=value"),
    "lines.7.quantity=3": (1, "lines.7.quantity: there is no such field in the order"),
    "nothing=1": (1, "nothing: there is no such field in the order"),
    "lines.x.quantity=3": (1, "lines.x.quantity: there is no such field in the order"),
    "currency.code=EUR": (1, "currency.code: there is no such field in the order"),
}


def test_an_edit_that_leads_nowhere_changes_nothing(desk):
    desk.ingest(deal(1, **UNMAPPED))
    desk.sync(1)
    for change, (code, says) in NOWHERE.items():
        said = refusal(desk, "cases", "edit", "1", "--set", change, "--because", "x", code=code)
        assert said.startswith(says)
    shown = desk.json("cases", "show", "1")
    assert (shown["state"], shown["decisions"]) == ("open", [])


NONSENSE = ["NaN", "-3", "0", "many", '{"a": 1}', "[]", "null", '""']


def test_an_edit_to_nonsense_is_a_case_again_and_never_written(desk):
    desk.ingest(*(deal(number, **UNMAPPED) for number in range(len(NONSENSE))))
    desk.sync(1)
    for case, value in enumerate(NONSENSE, start=1):
        words = ("--set", f"lines.0.quantity={value}", "--set", "lines.0.product.id=P1", "--because", "x")
        done = desk.run("cases", "edit", str(case), *words)
        assert done.exit_code in {0, 1}, done.output
    assert desk.sync(1)["case"] == len(NONSENSE)
    assert desk.invoices() == []


def test_a_closed_period_is_left_by_an_approved_date(desk):
    desk.control.admin("close_period", date="2026-10-15")
    desk.ingest(deal(1))
    desk.sync(1)
    case = str(desk.case("period_closed")["id"])
    assert desk.run("cases", "redate", case, "--to", "2026-11-02", "--because", "controller").exit_code == 0
    assert desk.sync()["confirmed"] == 1
    (made,) = desk.invoices()
    assert made["fields"]["tranDate"] == "2026-11-02"
    assert decisions(desk, int(case)) == [("ana", "redate", "controller")]


def test_a_date_that_is_none_is_refused(quiet_desk):
    result = quiet_desk.run("cases", "redate", "1", "--to", "tomorrow", "--because", "x")
    assert result.exit_code == 2
    assert "tomorrow" in result.stderr


def test_ignoring_is_a_decision_with_a_reason(desk):
    desk.ingest(deal(1, lines=[]))
    desk.sync(1)
    assert (
        refusal(desk, "cases", "ignore", "1", "--because", " ", code=1)
        == "ignoring needs a reason: --because '…'"
    )
    assert desk.run("cases", "ignore", "1", "--because", "billed by hand [INV1002]").exit_code == 0
    counts = desk.sync()
    assert (counts["ignored"], counts["rows"][0]["code"]) == (1, "by_decision")
    assert decisions(desk, 1) == [("ana", "ignore", "billed by hand [INV1002]")]
    assert "billed by hand [INV1002]" in desk.run("trace", "D-1").stdout


def test_a_case_has_an_owner(desk):
    desk.ingest(deal(1, lines=[]))
    desk.sync(1)
    assert desk.run("cases", "assign", "1", "bo [/bold]", "--by", "cy").stdout == "Case #1 is bo [/bold]'s.\n"
    assert "#1 D-1 lines_missing, bo [/bold]" in desk.run("cases", "list", "--code", "lines_missing").stdout
    assert "cy: assign to bo [/bold]" in desk.run("cases", "show", "1").stdout
    assert decisions(desk, 1) == [("cy", "assign", "")]


@pytest.mark.parametrize(
    "words",
    [
        ("show", "99"),
        ("assign", "99", "bo"),
        ("retry", "99"),
        ("edit", "99", "--set", "a=1", "--because", "x"),
        ("redate", "99", "--to", "2026-11-02", "--because", "x"),
        ("ignore", "99", "--because", "x"),
    ],
)
def test_a_case_that_is_not_there_is_named(quiet_desk, words):
    assert refusal(quiet_desk, "cases", *words, code=1) == "there is no case 99"


def test_only_open_cases_can_be_decided(desk):
    desk.ingest(deal(1, lines=[]))
    desk.sync(1)
    desk.run("cases", "ignore", "1", "--because", "no sale")
    for words in (("retry", "1"), ("ignore", "1", "--because", "x"), ("assign", "1", "bo")):
        assert refusal(desk, "cases", *words, code=1) == "case 1 is ignored; only open cases can be decided"


@pytest.mark.parametrize("command", ["list", "retry"])
def test_a_misspelt_code_is_not_taken_for_nothing_open(quiet_desk, command):
    said = refusal(quiet_desk, "cases", command, "--code", "item_unmaped", code=2)
    assert said == "there is no code 'item_unmaped'; did you mean item_unmapped?"


def test_retrying_a_cause_nobody_has_is_told(quiet_desk):
    said = refusal(quiet_desk, "cases", "retry", "--code", "item_unmapped", code=1)
    assert said == "no open case has the code item_unmapped"
    assert (
        refusal(quiet_desk, "cases", "retry", code=2) == "name a case, or a cause with --code (and --cause)"
    )


def test_a_call_in_doubt_locks_its_deal(tmp_path):
    patient = CONFIGURATION.replace("  headroom: 1\n", "  headroom: 1\n  server_limit_seconds: 86400\n")
    with open_desk(tmp_path / "desk", patient) as desk:
        desk.control.faults({"kind": "hang", "match": {"operation": "create", "record": "invoice"}})
        desk.ingest(deal(1))
        sync_until(desk, lambda: state_of(desk, "create_invoice") == "in_doubt")
        lines = [{"id": "1", "product": {"id": "P1"}, "quantity": "9", "amount": "9.00"}]
        desk.ingest(deal(1, version=2, lines=lines))
        sync_until(desk, lambda: bool(desk.json("cases", "list")["groups"]))
        case = str(desk.case("deal_changed")["id"])
        for words in (("retry", case), ("ignore", case, "--because", "x")):
            said = refusal(desk, "cases", *words, code=1)
            assert said == (
                "inv-D-1 is in_doubt: perhaps done. It cannot be changed until NetSuite's own limit has passed"
            )


def state_of(desk: Desk, kind: str) -> str:
    documents = desk.json("trace", "D-1")["deals"][0]["documents"]
    return str({one["kind"]: one["state"] for one in documents}.get(kind, ""))


def sync_until(desk: Desk, reached: Callable[[], bool]) -> None:
    for _ in range(30):
        desk.run("sync", "--limit-seconds", "1")
        if reached():
            return
    raise AssertionError("it was never reached")


def test_a_trace_is_found_by_any_id(desk):
    desk.ingest(deal(1, name="Brackets [/red] and [bold]"))
    desk.sync()
    (made,) = desk.invoices()
    for some_id in ("D-1", "inv-D-1", made["fields"]["tranId"], made["id"]):
        (found,) = desk.json("trace", some_id)["deals"]
        assert found["deal"] == "D-1", some_id
        assert f"create_invoice inv-D-1 → {made['id']}" in desk.run("trace", some_id).stdout


def test_a_trace_tells_event_document_attempt_and_record(desk):
    desk.ingest(deal(1))
    desk.sync()
    (found,) = desk.json("trace", "D-1")["deals"]
    assert [version["version"].lstrip("0") for version in found["versions"]] == ["1"]
    (invoice,) = [d for d in found["documents"] if d["kind"] == "create_invoice"]
    assert (invoice["state"], invoice["external_id"]) == ("confirmed", "inv-D-1")
    assert [a["outcome"] for a in invoice["attempts"]] == ["intent", "done"]


def test_an_id_that_leads_nowhere_is_told_the_same_way_in_text_and_json(quiet_desk):
    assert refusal(quiet_desk, "trace", "nobody", code=1) == "nobody leads to nothing we know"
    assert quiet_desk.json("trace", "nobody", code=1) == {"id": "nobody", "deals": []}


LEGACY = {"companyName": "Customer 1 Incorporated", "url": "https://one.example", "subsidiary": {"id": "1"}}
ACCOUNT = {"id": "A-1", "name": "Customer 1, Inc.", "website": "one.example", "billing": {"country": "US"}}


@pytest.mark.requirement("R21")
def test_a_legacy_customer_is_bound_by_decision_used_and_never_changed(desk):
    desk.control.admin("human_create", record="customer", body={**LEGACY, "currency": {"id": "1"}})
    (legacy,) = [
        c for c in desk.control.truth("customer") if c["fields"]["companyName"] == LEGACY["companyName"]
    ]
    desk.ingest(deal(1, customer=ACCOUNT))
    desk.sync(1)
    case = desk.case("customer_suspected_legacy")
    assert legacy["id"] in case["found"]

    words = ("--because", "asked sales")
    said = refusal(desk, "cases", "bind", str(case["id"]), "--customer", "424242", *words, code=1)
    assert said == "NetSuite has no customer 424242; give its internal id"
    done = desk.run("cases", "bind", str(case["id"]), "--customer", legacy["id"], *words)
    assert done.stdout == f"Case #{case['id']}: bound to NetSuite customer {legacy['id']}.\n"

    assert desk.sync()["confirmed"] == 1
    (made,) = desk.invoices()
    assert made["fields"]["entity"] == legacy["id"]
    assert [c for c in desk.control.truth("customer") if c["id"] == legacy["id"]] == [legacy]
    assert [c for c in desk.control.truth("customer") if c["_meta"]["created_by"] == "tieout"] == []
    assert decisions(desk, case["id"]) == [("ana", "bind", "asked sales")]
