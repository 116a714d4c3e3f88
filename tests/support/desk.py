"""A finance-systems engineer's desk: a folder with `tieout.yaml`, an emulated NetSuite, and the command line."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.house import CANARIES, START, dataset, keys
from typer.testing import CliRunner, Result

from tieout.cli.app import app
from tieout.domain.ids import RecordType
from tieout.emulators.kit.client import ControlClient
from tieout.emulators.netsuite import NetSuiteEmulator

#: Emulated seconds per real second, for both clocks.
SCALE = 120

CONFIGURATION = f"""\
installation: desk
netsuite:
  account: TSTDRV1234567
  base_url: "@netsuite@"
  auth:
    method: oauth2
    client_id: client-tieout
    certificate_id: kid-1
    private_key: file:netsuite.pem
    algorithm: ES256
  concurrency: 5
  headroom: 1
  canaries:
    customer: {{"1": {CANARIES[RecordType.CUSTOMER]["1"]}}}
    invoice: {{"1": {CANARIES[RecordType.INVOICE]["1"]}}}
sources:
  files:
    type: generic
    cut_over: 2026-10-01
rules:
  handoff:
    - name: every won deal is invoiced
      then: invoice
  subsidiary:
    - name: all by the first
      then: "1"
crosswalks:
  item: items.csv
"""
ITEMS = [("files", "P1", "501"), ("files", "P2", "502"), ("files", "P-OLD", "507")]


@dataclass(frozen=True)
class Desk:
    """A folder and a NetSuite; `run` is what a person types after `tieout`."""

    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "tieout.yaml"

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.url)

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """One command, in this process, with a clock that agrees with the emulator's."""
        result = CliRunner().invoke(app, list(words), env={**self.surroundings(), **(env or {})})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def surroundings(self) -> dict[str, str]:
        """The environment variables of a command here."""
        clock = f"{START.isoformat()},{self._r0()!r},{SCALE}"
        return {"TIEOUT_CONFIG": str(self.config), "TIEOUT_CLOCK": clock, "USER": "ana", "COLUMNS": "80"}

    def json(self, *words: str, code: int = 0) -> Any:
        """The one JSON object a command prints; anything else on standard output fails."""
        result = self.run(*words, "--json")
        assert result.exit_code == code, result.stderr
        return json.loads(result.stdout)

    def ingest(self, *deals: Mapping[str, Any]) -> None:
        """Hand in deals, then run until nothing moves."""
        file = self.folder / "deals.json"
        file.write_text(json.dumps(deals), encoding="utf-8")
        assert self.run("ingest", str(file)).exit_code == 0

    def sync(self, code: int = 0) -> dict[str, Any]:
        """`tieout sync` until drained."""
        counts: dict[str, Any] = self.json("sync", "--limit-seconds", "60", code=code)
        assert counts["drained"]
        return counts

    def sync_refused(self, *words: str) -> None:
        """`tieout sync` does not start, and says these words."""
        result = self.run("sync")
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert [word for word in words if word not in result.stderr] == []

    def case(self, code: str) -> dict[str, Any]:
        """The one open case of this code."""
        (found,) = self.json("cases", "list", "--code", code)["cases"]
        return dict(found)

    def invoices(self) -> list[dict[str, Any]]:
        """Live invoices our integration made."""
        return [one for one in self.control.truth("invoice") if one["_meta"]["created_by"] == "tieout"]

    def asked(self) -> list[dict[str, Any]]:
        """Every request NetSuite has seen."""
        return list(self.control.log())

    def started(self) -> list[str]:
        """What a start leaves behind beside the configuration."""
        return sorted(
            one.name for one in self.folder.iterdir() if one.name.startswith((".tieout", "tieout.db"))
        )

    def beside(self, folder: Path) -> Desk:
        """Another desk before the same NetSuite, with the same clock: for tests that write nothing there."""
        made = write_desk(folder, self.url)
        shutil.copy(self.folder / "clock.txt", folder)
        return made

    def _r0(self) -> float:
        return float((self.folder / "clock.txt").read_text())


def write_desk(folder: Path, url: str, text: str = CONFIGURATION) -> Desk:
    """A folder with configuration, key and crosswalk."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clock.txt").write_text(repr(time.time()))
    (folder / "netsuite.pem").write_text(keys()[0])
    write_items(folder / "items.csv", ITEMS)
    (folder / "tieout.yaml").write_text(text.replace("@netsuite@", url), encoding="utf-8")
    return Desk(folder, url)


def write_items(file: Path, rows: Sequence[Sequence[str]]) -> Path:
    """A crosswalk file with the required columns."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([("system", "key", "target"), *rows])
    return file


@contextmanager
def open_desk(
    folder: Path, text: str = CONFIGURATION, data: dict[str, Any] | None = None, **account: Any
) -> Iterator[Desk]:
    """A desk with an emulator of its own, whose clock runs as the desk's does. `account`: what is different."""
    data = data or dataset()
    data["account"].update(account)
    with NetSuiteEmulator(data, clock=START) as ns:
        made = write_desk(folder, ns.base_url, text)
        ns.control.clock(t0=START.isoformat(), r0=made._r0(), scale=SCALE)
        ns.control.reset_stats()
        yield made


def deal(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A won deal over 250.00 USD, one product, ready to be invoiced."""
    plain = {
        "id": f"D-{number}",
        "version": 1,
        "name": f"Deal {number}",
        "won": True,
        "close_date": "2026-10-15",
        "currency": "USD",
        "customer": {"id": f"A-{number}", "name": f"Customer {number}, Inc.", "billing": {"country": "US"}},
        "lines": [{"id": "1", "product": {"id": "P1"}, "quantity": "2", "amount": "250.00"}],
    }
    return {**plain, **changes}
