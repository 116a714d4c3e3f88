"""A desk that is fit to go live, and the faults that make it unfit: what `tieout doctor` is tested against."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.emulators.stripe.support import KEY, SECRET
from tests.emulators.stripe.support import Desk as Processor
from tests.support.bank_script import payment_canaries
from tests.support.desk import CONFIGURATION, SCALE, Desk, deal, write_desk
from tests.support.house import CANARIES, START, dataset

from tieout.domain.ids import RecordType
from tieout.emulators.netsuite import NetSuiteEmulator

#: What is always unverified against an emulator: it is no NetSuite host, and REST tells no mandatory fields.
BY_NATURE = {"environment_pinned", "mandatory_fields_known"}
#: The bank's account, and the processor's balance that is paid out to it.
BANK, BALANCE = "555019900", "stripe:acct_1TieoutEmulator:usd"
CASH = {
    BALANCE: {
        "subsidiary": "1",
        "currency": "USD",
        "receivables": ["121"],
        "payouts": {"bank": BANK, "clearing": "112", "fees": {"other": "611"}},
    },
    BANK: {"account": "101", "subsidiary": "1", "currency": "USD", "receivables": ["121"]},
}
_OF_CASH = (
    RecordType.CUSTOMER_PAYMENT,
    RecordType.CUSTOMER_REFUND,
    RecordType.JOURNAL_ENTRY,
    RecordType.BANK_DEPOSIT,
)
DECISIONS = ("trigger", "amendments", "invoice_ownership", "failure_routing")
_YAML = YAML(typ="safe", pure=True)


def healthy_account() -> dict[str, Any]:
    """The house's account, with our deals' customers in it under their external ids."""
    data = dataset()
    payment_canaries(data)
    data["customers"].append(
        {
            "id": "2001",
            "externalId": "A-1",
            "companyName": "Customer 1, Inc.",
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
            "url": "https://customer1.example",
        }
    )
    return data


@dataclass
class Clinic:
    """A desk and its account; `settings` is the configuration as a person would edit it."""

    desk: Desk
    settings: dict[str, Any]
    processor: Processor

    def write(self) -> None:
        """Save the configuration as it is now."""
        with self.desk.config.open("w", encoding="utf-8") as handle:
            _YAML.dump(self.settings, handle)

    def sign(self) -> None:
        """Let Rita and Fred sign everything as it is."""
        self.write()
        hashes = self.desk.json("doctor", "--sign")["decisions"]
        self.settings["go_live"]["sign_offs"] = {
            name: {"sales_ops": "Rita", "finance": "Fred", "on": "2026-11-01", "settings": hashes[name]}
            for name in DECISIONS
        }
        self.write()

    def reload(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Another account: the healthy one with a change."""
        data = copy.deepcopy(healthy_account())
        change(data)
        self.desk.control.load(data)

    def admin(self, action: str, **arguments: Any) -> None:
        """What an administrator does in NetSuite."""
        self.desk.control.admin(action, **arguments)

    def sold(self, *deals: Mapping[str, Any]) -> None:
        """Deals the store knows of; nothing is synced."""
        self.desk.ingest(*deals)

    def charged(self, **more: Any) -> None:
        """Somebody pays by card, and our store knows of it."""
        charge = self.processor.pay(amount=25000, **more)["latest_charge"]
        for _ in range(5):
            assert self.desk.run("sync", "--limit-seconds", "60").exit_code in {0, 1}
            if charge in {one["id"] for one in self.desk.json("payments", "list")["payments"]}:
                return
        raise AssertionError(f"nobody was told of {charge}")

    def examine(self, code: int = 0) -> dict[str, Any]:
        """`tieout doctor --json`, which must end with this exit code."""
        report: dict[str, Any] = self.desk.json("doctor", code=code)
        return report

    def found(self, code: int = 0) -> dict[str, list[dict[str, Any]]]:
        """Everything that did not pass, by check; what is unverified by nature is left out."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for one in self.examine(code)["results"]:
            if one["result"] != "pass" and not (one["result"] == "unverified" and one["code"] in BY_NATURE):
                rows.setdefault(one["code"], []).append(one)
        return rows


@contextmanager
def open_clinic(folder: Path) -> Iterator[Clinic]:
    """A clean account, a signed configuration, and one deal of a known customer."""
    with NetSuiteEmulator(healthy_account(), clock=START) as ns, Processor() as processor:
        desk = write_desk(folder, ns.base_url)
        (folder / "stripe.key").write_text(KEY)
        (folder / "stripe.secret").write_text(SECRET)
        ns.control.clock(t0=START.isoformat(), r0=float((folder / "clock.txt").read_text()), scale=SCALE)
        settings = _YAML.load(CONFIGURATION.replace("@netsuite@", ns.base_url))
        settings["sources"]["files"]["cut_over"] = "2026-10-01"
        settings["crosswalks"] = {}
        settings["sources"]["stripe"] = {
            "type": "stripe",
            "tag": "st",
            "cut_over": "2026-10-01",
            "options": {
                "base_url": processor.emulator.base_url,
                "api_key": "file:stripe.key",
                "account": "acct_1TieoutEmulator/test",
                "webhooks": {"secrets": ["file:stripe.secret"]},
            },
        }
        settings["cash"] = {"accounts": copy.deepcopy(CASH)}
        settings["netsuite"]["canaries"] |= {str(one): {"1": CANARIES[one]["1"]} for one in _OF_CASH}
        settings["go_live"] = {"alert_owner": "ana", "sign_offs": {}}
        (folder / "items.csv").write_text("system,key,target\nfiles,P1,501\nfiles,P2,502\n")
        settings["crosswalks"] = {"item": "items.csv"}
        made = Clinic(desk, settings, processor)
        made.sign()
        made.sold(deal(1))
        made.examine()
        yield made


__all__ = ["BY_NATURE", "CANARIES", "Clinic", "RecordType", "deal", "healthy_account", "open_clinic"]
