"""`tieout customers` as a finance-systems engineer types it before going live."""

from __future__ import annotations

import csv

import pytest
from tests.support.desk import Desk, deal

COMPANY = {"companyName": "Customer 1 Incorporated", "url": "https://one.example", "subsidiary": {"id": "1"}}
ACCOUNT = {"id": "A-1", "name": "Customer 1, Inc.", "website": "one.example", "billing": {"country": "US"}}
KEY = "files:production:customer:A-1"
WHY = ("--because", "asked sales")


@pytest.fixture
def legacy(desk: Desk) -> str:
    """A customer from before, and a deal of an account that may be it."""
    desk.control.admin("human_create", record="customer", body={**COMPANY, "currency": {"id": "1"}})
    names = {one["fields"]["companyName"]: one["id"] for one in desk.control.truth("customer")}
    desk.ingest(deal(1, customer=ACCOUNT))
    return str(names[COMPANY["companyName"]])


@pytest.mark.requirement("R21")
def test_suggested_reviewed_loaded_and_synced(desk: Desk, legacy: str):
    file = desk.folder / "review.csv"
    told = desk.run("customers", "suggest", "--out", str(file))
    assert "1 account(s), 1 with 1 candidate(s)" in told.stdout
    [row] = list(csv.DictReader(file.open(encoding="utf-8")))
    assert (row["account"], row["internal_id"], row["strength"], row["decision"]) == (
        KEY,
        legacy,
        "strong",
        "",
    )
    assert row["evidence"] == "same domain one.example; same name 'customer 1'"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(row))
        writer.writeheader()
        writer.writerow({**row, "decision": "link", "reviewer": "kim"})
        writer.writerow({**row, "decision": "maybe", "reviewer": "kim"})
    done = desk.json("customers", "import", str(file), code=1)
    assert (done["taken"], [(r["line"], r["reason"]) for r in done["rejected"]]) == (
        1,
        [(3, "decision: expected link, create or skip, found 'maybe'")],
    )
    [link] = desk.json("customers", "list")["links"]
    assert (link["account"], link["customer"], link["by"], link["entered_by"]) == (KEY, legacy, "kim", "ana")
    assert desk.sync()["confirmed"] == 1
    assert [one["fields"]["entity"] for one in desk.invoices()] == [legacy]


def test_suggestions_as_json_name_accounts_and_candidates(desk: Desk, legacy: str):
    [found] = desk.json("customers", "suggest", "--source", "files")["accounts"]
    assert (found["account"], found["linked"], found["own"]) == (KEY, None, None)
    [candidate] = found["candidates"]
    assert (candidate["internal_id"], candidate["strength"], candidate["active"]) == (legacy, "strong", True)
    refused = desk.run("customers", "suggest", "--source", "nobody")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "there is no source 'nobody'; the configuration has files\n",
    )


def test_linked_taken_back_told_apart_with_the_whole_history(desk: Desk, legacy: str):
    said = desk.run("customers", "link", "A-1", legacy, *WHY).stdout
    assert said == (f"A-1 is NetSuite customer {legacy} (same domain one.example; same name 'customer 1').\n")
    again = desk.run("customers", "link", "A-1", legacy, *WHY).stdout
    assert again.endswith("that was so already.\n")
    back = desk.run("customers", "unlink", KEY, "--because", "wrong row").stdout
    assert back == f"{KEY} is not linked to NetSuite customer {legacy} any more.\n"
    nobody = desk.run("customers", "unlink", KEY, *WHY)
    assert (nobody.exit_code, nobody.stderr) == (1, f"{KEY} is linked to nobody\n")
    assert desk.run("customers", "distinct", "A-1", legacy, *WHY).exit_code == 0
    assert [row["action"] for row in desk.json("customers", "list")["links"]] == ["distinct"]
    every = desk.json("customers", "list", "--history")["links"]
    assert [(row["action"], row["because"]) for row in every] == [
        ("link", "asked sales"),
        ("unlink", "wrong row"),
        ("distinct", "asked sales"),
    ]
    assert "0 account(s) linked, 0 statement(s) wait for an approval" in desk.run("customers", "list").stdout
    assert desk.sync()["confirmed"] == 1


def test_a_link_waits_for_an_approver(desk: Desk, legacy: str):
    text = desk.config.read_text()
    desk.config.write_text(text + "customers:\n  links_need_role: controller\n")
    for name, role in (("root", "admin"), ("ana", "controller"), ("bob", "controller")):
        assert desk.run("people", "set", name, "--role", role, "--by", "root").exit_code == 0
    said = desk.run("customers", "link", "A-1", legacy, *WHY).stdout
    assert "proposed, waits for an approval" in said
    content = said.split()[-1]
    own = desk.run("customers", "approve", "A-1", "--content", content)
    assert (own.exit_code, own.stderr) == (1, "ana made or changed it: somebody else has to decide\n")
    assert f"content {content}" in desk.run("customers", "list").stdout
    done = desk.run("customers", "approve", "A-1", "--content", content, "--by", "bob")
    assert done.stdout == f"{KEY} link {legacy}: approve, by bob\n"
    rejected = desk.run("customers", "reject", "A-1", "--content", content, "--by", "bob", *WHY)
    assert rejected.stderr == f"nothing with this content waits about {KEY}\n"
    assert desk.sync()["confirmed"] == 1
