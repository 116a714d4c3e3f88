"""`python -m bench.workers [--deals N]`: the drain bench with 1, 2 and 4 worker processes on one account, and on three.

PostgreSQL on a private server; emulators with 15 slots, 400 ms a write and 200 ms a read, clocks unscaled. The deals
come when all workers have started: what is measured is draining, not starting. Counted by the emulators: requests in
flight never exceed the account's limit, and four processes use its slots at least nine tenths as well as one. On three
accounts each account has its own database and worker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.drain import figures
from bench.world import CONCURRENCY, LATENCY, dataset, keys, write_world
from tieout import bootstrap
from tieout.cli.demo_house import Emulators, start_emulators
from tieout.cli.sync import load_crosswalks
from tieout.flows.ingest import ingest_file
from tieout.flows.outcomes import tally
from tieout.settings import load
from tieout.store.private_server import PrivateServer, private_server

_LIMIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Site:
    """One account, its database with its deals, and its configuration."""

    emulators: Emulators
    application: bootstrap.Application
    config: Path
    file: Path
    deals: int

    def working(self) -> int:
        """How many workers have slots of the account."""
        context = self.application.machine.context
        with context.store.write("lease_slots") as unit:  # what has run out is removed on the way
            return sum(
                slots > 0
                for slots in unit.leases.blocks(context.netsuite.account, context.clock.now()).values()
            )

    def begin(self) -> None:
        """The deals come in, and counting begins."""
        self.emulators.controls["netsuite"].reset_stats()
        ingest_file(self.application.machine.context, self.application.sources["bench"], self.file)

    def ended(self) -> bool:
        """Whether all deals are confirmed."""
        return tally(self.application.store)["confirmed"] >= self.deals


@contextmanager
def site(server: PrivateServer, deals: int) -> Iterator[Site]:
    """A fresh account with deals that wait to be checked."""
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as name:
        folder = Path(name)
        public = keys(folder)
        emulators = start_emulators(folder, ("netsuite",))
        try:
            control = emulators.controls["netsuite"]
            control.load(dataset(public))
            control.config(latency=LATENCY, concurrency=CONCURRENCY)
            store = server.new_database()
            config, file = write_world(folder, emulators.urls["netsuite"], deals, store)
            application = bootstrap.build(load(config), starting=False)
            load_crosswalks(application)
            try:
                yield Site(emulators, application, config, file, deals)
            finally:
                application.close()
        finally:
            emulators.stop()


def run(processes: int, accounts: int, deals: int) -> list[dict[str, Any]]:
    """Drain `accounts` accounts with so many processes each. Returns what each account's emulator counted."""
    with ExitStack() as stack:
        server = stack.enter_context(private_server())
        sites = [stack.enter_context(site(server, deals)) for _ in range(accounts)]
        workers = [_worker(one.config) for one in sites for _ in range(processes)]
        began = time.monotonic()
        try:
            while any(one.working() < processes for one in sites):
                if time.monotonic() - began > _LIMIT_SECONDS:
                    raise RuntimeError("the workers do not start")
                time.sleep(0.2)
            began = time.monotonic()
            for one in sites:
                one.begin()
            while not all(one.ended() for one in sites):
                if time.monotonic() - began > _LIMIT_SECONDS or any(w.poll() is not None for w in workers):
                    raise RuntimeError("a worker ended, or the time is over")
                time.sleep(0.5)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()
        return [figures(one.emulators, time.monotonic() - began) for one in sites]


def _worker(config: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tieout", "worker", "--config", str(config)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def main() -> int:
    """Run and print; exit code 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bootstrap.configure_logging(verbose=False, as_json=False)
    result: dict[str, list[dict[str, Any]]] = {}
    for processes in (1, 2, 4):
        name = f"{processes} process{'es' if processes > 1 else ''}, one account"
        result[name] = run(processes, 1, arguments.deals)
        _show(name, result[name], as_json=arguments.json)
    result["three accounts, a process each"] = run(1, 3, arguments.deals // 3)
    _show("three accounts", result["three accounts, a process each"], as_json=arguments.json)
    one, four = result["1 process, one account"][0], result["4 processes, one account"][0]
    share = round(four["slot_use"] / one["slot_use"], 3)
    most = max(row["max_in_flight"] for rows in result.values() for row in rows)
    if arguments.json:
        sys.stdout.write(json.dumps({**result, "four_to_one": share}, indent=2) + "\n")
    else:
        sys.stdout.write(
            f"slot use at 4 processes: {share} times that at 1; most in flight anywhere: {most}\n"
        )
    return 0 if share >= 0.9 and most <= CONCURRENCY else 1


def _show(name: str, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        for row in rows:
            sys.stdout.write(f"{name}: " + ", ".join(f"{k} {v}" for k, v in row.items()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
