"""`tieout plan` and `tieout apply`, `tieout worker`, `tieout audit`: as a person uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from tests.support.desk import deal
from tests.support.truth import ROOT


def test_a_plan_is_shown_then_applied_and_nothing_else(desk):
    desk.ingest(deal(1), deal(2, lines=[]))
    shown = desk.run("plan", "--out", str(desk.folder / "p.json"), "--fields")
    assert shown.exit_code == 0, shown.stderr
    assert "1 × create   create_invoice" in shown.stdout
    assert "inv-D-1" in shown.stdout
    assert "lines_missing" in shown.stdout
    assert desk.invoices() == []
    desk.ingest(deal(3))
    done = desk.run("apply", str(desk.folder / "p.json"), "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["confirmed"], result["refused"], result["under_way"]) == (2, 0, 0)
    assert [one["external_id"] for one in desk.invoices()] == ["inv-D-1"]


def test_what_moved_is_refused_and_told(desk):
    desk.ingest(deal(1))
    plan = desk.folder / "p.json"
    desk.run("plan", "--out", str(plan))
    changed = deal(1)
    changed["version"] = 2
    changed["lines"][0]["quantity"] = "9"
    desk.ingest(changed)
    done = desk.run("apply", str(plan))
    assert done.exit_code == 1
    assert "refused" in done.stdout
    assert desk.invoices() == []


def test_a_plan_that_was_edited_is_not_applied(desk):
    desk.ingest(deal(1))
    plan = desk.folder / "p.json"
    desk.run("plan", "--out", str(plan))
    plan.write_text(plan.read_text().replace("inv-D-1", "inv-D-9"))
    done = desk.run("apply", str(plan))
    assert done.exit_code == 2
    assert "changed after it was made" in done.stderr


def test_where_only_plans_are_wanted_sync_refuses(desk):
    config = desk.folder / "tieout.yaml"
    config.write_text("mode: planned\n" + config.read_text())
    for command in ("sync", "worker"):
        refused = desk.run(command)
        assert refused.exit_code == 2
        assert "tieout plan" in refused.stderr


def test_a_worker_works_until_it_is_told_to_stop(desk):
    desk.ingest(deal(1))
    command = [sys.executable, "-m", "tieout", "worker"]
    surroundings = {**os.environ, **desk.surroundings()}
    worker = subprocess.Popen(command, cwd=ROOT, env=surroundings, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while not desk.invoices() and time.monotonic() < deadline:
            time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=30)
    finally:
        worker.kill()
    assert worker.returncode == 0, said.decode()
    assert [one["external_id"] for one in desk.invoices()] == ["inv-D-1"]
    assert desk.sync()["confirmed"] == 1


def test_the_log_is_exported_and_verified(desk):
    desk.ingest(deal(1))
    desk.sync()
    export = desk.folder / "log.jsonl"
    assert desk.run("audit", "export", str(export)).exit_code == 0
    verified = desk.run("audit", "verify", "--against", str(export), "--json")
    assert verified.exit_code == 0, verified.stdout
    result = json.loads(verified.stdout)
    assert (result["ok"], result["unsealed"]) == (True, 0)
    assert result["rows"] > 5
    other = desk.run("audit", "verify", "--head", "f" * 64)
    assert other.exit_code == 1
    assert "cut off or replaced" in other.stdout


def test_people_and_keys(desk):
    assert desk.run("people", "set", "root", "--role", "admin", "--by", "root").exit_code == 0
    assert desk.run("people", "set", "bob", "--role", "controller", "--by", "root").exit_code == 0
    refused = desk.run("people", "set", "eve", "--role", "controller", "--by", "bob")
    assert refused.exit_code == 1
    assert "no admin" in refused.stderr
    made = desk.run("keys", "make", "bob", "--role", "controller", "--by", "root").stdout.split()
    assert made[-1].startswith("tok_")
    assert made[-1] not in desk.run("keys", "list").stdout
    assert desk.run("keys", "revoke", made[0], "--by", "root").exit_code == 0
    assert "bob: controller; all subsidiaries" in desk.run("people", "list").stdout
    assert desk.run("approvals", "list").exit_code == 0
    assert desk.run("store", "revision").stdout.startswith("database 0008")
