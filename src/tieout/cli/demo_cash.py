"""The money's part of the demo: its configuration, the payers' file, files and acts in waves, what the product says."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tieout import bootstrap
from tieout.cli.demo_house import Emulators, secret
from tieout.emulators.scenario import Scenario
from tieout.emulators.scenario.cash.bai2 import write_bai2
from tieout.emulators.scenario.cash.entries import Entry
from tieout.emulators.scenario.cash.shop import ACCOUNT_ID, API_KEY, STRIPE, handles, payouts
from tieout.emulators.scenario.cash.treasury import OPERATING
from tieout.emulators.scenario.cash_model import Arrival, BankFile, CashMonth, HandEntry, ShopAct
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.teaching import COLUMNS, teach_file
from tieout.flows.outcomes import outcomes

#: objects of the inputs that come from the bank
MOVEMENT, FILE = "movement", "bank_file"
_BANK = "bank"
#: a file that is still being written is not read; ours are put there whole
_OLD_SECONDS = 60


def cash_configuration(scenario: Scenario, folder: Path, urls: Mapping[str, str]) -> dict[str, Any]:
    """Sources and cash section: a watched folder a bank, the lockbox paying into the first account, and Stripe.

    Raises `ValueError` for a scenario without a bank.
    """
    month, cut_over = scenario.cash, scenario.facts["cut_over"]
    if month is None:
        raise ValueError("the scenario has no bank")
    secret(folder / "stripe.key", API_KEY)
    sources: dict[str, Any] = {STRIPE: _stripe(urls[STRIPE], cut_over)}
    accounts = {}
    for name, account in month.accounts.items():
        accounts[name] = {key: value for key, value in account.items() if key != "folders"}
        for place in account["folders"]:
            (folder / _BANK / place).mkdir(parents=True, exist_ok=True)
            sources[f"bank-{place}"] = {
                "type": "bank",
                "tag": place[:6],
                "cut_over": cut_over,
                "poll_seconds": 60,
                "options": {
                    "folder": str(folder / _BANK / place),
                    "account": name,
                    "currency": account["currency"],
                },
            }
    cash = {"accounts": accounts, "switched_on": ["listed_bundle"], "prepayments": "customer_deposit"}
    return {"sources": sources, "cash": cash}


def _stripe(url: str, cut_over: str) -> dict[str, Any]:
    options = {"base_url": url, "api_key": "file:stripe.key", "account": f"{ACCOUNT_ID}/test"}
    return {"type": STRIPE, "tag": "st", "cut_over": cut_over, "poll_seconds": 60, "options": options}


def teach_payers(
    application: bootstrap.Application, emulators: Emulators, month: CashMonth, folder: Path
) -> None:
    """Write down whose account is whose, as accounts receivable knows it, and load the file.

    Raises `RuntimeError` for a customer NetSuite does not have.
    """
    ids = {}
    for row in emulators.controls["netsuite"].truth("customer"):
        ids[str(row["id"])] = ids[str(row.get("external_id"))] = str(row["id"])
    file = folder / "payers.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for payer in month.payers:
            if payer.customer not in ids:
                raise RuntimeError(f"NetSuite has no customer {payer.customer}, whose bank details are known")
            writer.writerow([payer.scheme, payer.value, ids[payer.customer], "paid before"])
    taught = teach_file(application.machine.context, file, "demo")
    if taught.rejected:
        raise RuntimeError(f"{file}: {taught.rejected[0].reason}")


def deliver(emulators: Emulators, month: CashMonth, wave: int, folder: Path) -> int:
    """What people enter by hand before a wave, then its files, and what happens at Stripe.

    Returns how many entries have been told of by now.
    """
    for entry in month.by_hand:
        if entry.wave == wave:
            _enter(emulators, entry)
    for file in month.files:
        if file.wave == wave:
            _put(folder / _BANK / file.folder, file)
    for act in month.acts:
        if act.wave == wave:
            _happen(emulators, act)
    for arrival in month.arrivals:
        if arrival.wave == wave:
            _arrive(emulators, month, arrival, folder)
    return sum(row.wave <= wave for row in month.rows)


def _happen(emulators: Emulators, act: ShopAct) -> None:
    """Something at Stripe; what it is about is named by Stripe's own id, once it has one."""
    stripe = emulators.controls[STRIPE]
    arguments = act.arguments
    if any(str(value).startswith("$") for value in arguments.values()):
        ids = handles(stripe.truth())
        arguments = {
            name: ids[value[1:]] if str(value).startswith("$") else value for name, value in arguments.items()
        }
    stripe.admin(act.action, **arguments)


def _arrive(emulators: Emulators, month: CashMonth, arrival: Arrival, folder: Path) -> None:
    """The bank's report of the day a payout arrives."""
    amount = payouts(emulators.controls[STRIPE].truth())[arrival.payout]
    day = date.fromisoformat(emulators.controls[STRIPE].health()["now"][:10])
    entry = Entry(reference=arrival.reference, amount=amount, payer="STRIPE", text="STRIPE TRANSFER")
    place = month.accounts[OPERATING]["folders"][0]
    file = BankFile(
        wave=arrival.wave,
        folder=place,
        name=f"{day}-{arrival.payout}.bai",
        text=write_bai2(OPERATING, day, 90 + arrival.wave, [entry]),
    )
    _put(folder / _BANK / place, file)


def _enter(emulators: Emulators, entry: HandEntry) -> None:
    netsuite = emulators.controls["netsuite"]
    lines = [
        {"doc": {"id": row["id"]}, "apply": True, "amount": entry.body["payment"]}
        for row in netsuite.truth("invoice")
        if row["fields"].get("tranId") == entry.number
    ]
    body = {**entry.body, "apply": {"items": lines}} if lines else entry.body
    netsuite.admin("human_create", record="customerPayment", body=body)


def _put(folder: Path, file: BankFile) -> None:
    part = folder / f"{file.name}.part"
    part.write_text(file.text, encoding="utf-8")
    whole = time.time() - _OLD_SECONDS
    os.utime(part, (whole, whole))
    part.rename(folder / file.name)


def play_cash(
    application: bootstrap.Application,
    emulators: Emulators,
    scenario: Scenario,
    folder: Path,
    wait: Callable[[int], bool],
) -> bool:
    """All waves, each after the one before came to rest. `wait` waits for so many inputs. Returns whether all did."""
    month = scenario.cash
    if month is None:
        return True
    teach_payers(application, emulators, month, folder)
    return all(wait(scenario.inputs + deliver(emulators, month, wave, folder)) for wave in month.waves)


def told(application: bootstrap.Application) -> list[dict[str, Any]]:
    """How each entry and each blocked file ended, by the bank's own reference."""
    rows = [
        {"reference": row["source_id"], "outcome": row["outcome"], "code": row["code"]}
        for row in outcomes(application.store)
        if row["object"] == FILE
    ]
    for view in PaymentDesk(application.machine.context).all():
        rows.append(
            {
                "reference": view.record.source.id
                if view.record.source.system == STRIPE
                else view.movement.bank_reference,
                "outcome": str(view.record.standing),
                "code": view.record.reason or None,
            }
        )
    return rows
