"""The demo's surroundings: emulators in a process of their own, and the configuration an admin would write."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tieout.emulators.kit.client import ControlClient
from tieout.emulators.scenario import Scenario
from tieout.runner.clock import ScaledClock

#: What one call takes in the emulated NetSuite, in emulated milliseconds (reference §4: 140–1000 ms).
LATENCY = {"read_ms": 200, "write_ms": 400}
CONCURRENCY = 15
SQLITE = "sqlite:///tieout.db"
_START_SECONDS = 60.0
_RECORD_NAMES = {
    "customer": "customer",
    "salesOrder": "sales_order",
    "invoice": "invoice",
    "customerPayment": "customer_payment",
    "customerRefund": "customer_refund",
    "deposit": "bank_deposit",
    "journalEntry": "journal_entry",
    "customerDeposit": "customer_deposit",
    "depositApplication": "deposit_application",
}
_FACT_NAMES = {"Account.BillingCountry": "customer.country"}


@dataclass(frozen=True, slots=True)
class Emulators:
    """The running emulators."""

    process: subprocess.Popen[bytes]
    urls: Mapping[str, str]

    @property
    def controls(self) -> dict[str, ControlClient]:
        """Control clients by system."""
        return {name: ControlClient(url) for name, url in self.urls.items()}

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_emulators(folder: Path, names: tuple[str, ...] = ("netsuite", "salesforce")) -> Emulators:
    """Start emulators in one process. Raises `RuntimeError` when they do not come up."""
    ready = folder / "emulators.json"
    ready.unlink(missing_ok=True)
    log = (folder / "emulators.log").open("wb")
    process = subprocess.Popen(  # noqa: S603 - our own module, with this interpreter
        [sys.executable, "-m", "tieout.emulators", *names, "--ready-file", str(ready)],
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    log.close()
    deadline = time.monotonic() + _START_SECONDS
    try:
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the emulators did not start; see {folder / 'emulators.log'}")
            time.sleep(0.05)
        return Emulators(process, json.loads(ready.read_text(encoding="utf-8")))
    except BaseException:  # interrupted, too: they have a session of their own and would outlive us
        process.kill()
        process.wait()
        raise


def load_scenario(emulators: Emulators, scenario: Scenario, scale: int, faults: str) -> ScaledClock:
    """Load the data sets, set all clocks, arm the planted faults and choose the profile."""
    start = datetime.fromisoformat(scenario.clock_start)
    controls = emulators.controls
    controls["netsuite"].load(scenario.netsuite)
    controls["salesforce"].load(scenario.salesforce)
    if scenario.cash and "stripe" in controls:
        controls["stripe"].load(scenario.cash.stripe)
    controls["netsuite"].config(latency=LATENCY, concurrency=CONCURRENCY)
    clock = ScaledClock(start, time.time(), scale)
    for system, control in controls.items():
        control.clock(t0=start.isoformat(), r0=clock.r0, scale=scale)
        if faults != "none":
            control.profile(faults, scenario.seed)
            planted = scenario.faults.get(system, [])
            if planted:
                control.faults(*planted)
        control.reset_stats()
    return clock


def write_configuration(
    folder: Path,
    scenario: Scenario,
    urls: Mapping[str, str],
    store: str = SQLITE,
    cash: Mapping[str, Any] | None = None,
) -> Path:
    """`tieout.yaml`, the key and the crosswalks, from what the company's admins know. Returns the file.

    `cash`: sources and cash section of the company's banks, where it has any.
    """
    facts = scenario.facts
    secret(folder / "netsuite.pem", facts["netsuite"]["private_key_pem"])
    secret(folder / "salesforce.secret", facts["salesforce"]["client_secret"])
    items = {key: row["item"] for key, row in facts["items"].items()}
    _crosswalk(folder / "items.csv", items)
    _crosswalk(folder / "terms.csv", facts["terms"])
    file = folder / "tieout.yaml"
    with file.open("w", encoding="utf-8") as handle:
        handle.write("# Written for the demo; a real one looks the same.\n")
        yaml = YAML()
        yaml.default_flow_style = False
        settings = configuration(facts, urls, store)
        if cash:
            settings["sources"].update(cash["sources"])
            settings["cash"] = cash["cash"]
        yaml.dump(settings, handle)
    return file


def configuration(facts: Mapping[str, Any], urls: Mapping[str, str], store: str = SQLITE) -> dict[str, Any]:
    """The settings of the demo company."""
    netsuite = facts["netsuite"]
    return {
        "installation": "demo",
        "store": store,
        "netsuite": {
            "account": netsuite["account"],
            "base_url": urls["netsuite"],
            "auth": {
                "method": "oauth2",
                "client_id": netsuite["client_id"],
                "certificate_id": netsuite["certificate_id"],
                "private_key": "file:netsuite.pem",
                "algorithm": netsuite["algorithm"],
            },
            "concurrency": CONCURRENCY,
            "headroom": 2,
            "canaries": {_RECORD_NAMES[kind]: dict(ids) for kind, ids in facts["canaries"].items()},
            "foreign_fields": [writer["field"] for writer in facts["foreign_writers"]],
        },
        "sources": {
            "salesforce": {
                "type": "salesforce",
                "cut_over": facts["cut_over"],
                "poll_seconds": 60,
                "options": salesforce_options(facts["salesforce"], urls["salesforce"]),
            }
        },
        "rules": {
            "handoff": [{"name": "every won deal is invoiced", "then": facts["handoff"]}],
            "subsidiary": [_rule(row, str(row["then"])) for row in facts["subsidiary_rules"]],
            "receivables_account": [],
            "forms": {
                "invoice": [
                    _rule(row, row["then"]["invoice"])
                    for row in facts["form_rules"]
                    if "invoice" in row["then"]
                ]
            },
        },
        "crosswalks": {"item": "items.csv", "term": "terms.csv"},
    }


def salesforce_options(facts: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The Salesforce connector's options for the demo company."""
    fields = facts["fields"]
    note = dict(fields["write_back"])
    return {
        "base_url": url,
        "org_id": facts["org_id"],
        "auth": {
            "method": "client_credentials",
            "client_id": facts["client_id"],
            "client_secret": "file:salesforce.secret",
        },
        "account_terms_field": _last(fields["terms"]),
        "account_billing_email_field": _last(fields["billing_email"]),
        "account_attribute_fields": [_last(fields["segment"])],
        "po_number_field": fields["po_number"],
        "header_discount_field": fields["header_discount"],
        "bill_to_field": fields["bill_to"],
        "line_kind_field": fields["line_kind"],
        "line_kinds": dict(facts["line_kinds"]),
        "write_back": {"Opportunity": note, "Account": note},
    }


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _rule(row: Mapping[str, Any], then: str) -> dict[str, Any]:
    when = {_FACT_NAMES.get(name, f"customer.{_last(name)}"): value for name, value in row["when"].items()}
    return {"name": row["name"], **({"when": when} if when else {}), "then": then}


def _crosswalk(file: Path, rows: Mapping[str, str]) -> None:
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["system", "key", "target"])
        writer.writerows(["salesforce", key, target] for key, target in rows.items())


def secret(file: Path, text: str) -> None:
    """Write a secret only its owner can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
