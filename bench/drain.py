"""`python -m bench.drain [--deals N]`: how much of NetSuite's few slots goes into successful writes.

10,000 deals → 10,000 invoices and their customers, against an emulator with 15 slots, 400 ms a write and
200 ms a read, head-room 0, clocks unscaled. Counted by the emulator:

* slot use = Σ in-flight time of successful writes ÷ (15 × first arrival to last end)
* calls per create = all requests except tokens ÷ successful creates

The usual way (one look-up per record, a fixed pool) runs on a part of the deals in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.usual import run_usual
from bench.world import CONCURRENCY, LATENCY, dataset, keys, write_world
from tieout import bootstrap
from tieout.cli.demo_house import Emulators, start_emulators
from tieout.cli.sync import load_crosswalks
from tieout.flows.ingest import ingest_file
from tieout.flows.outcomes import tally
from tieout.runner.inline import InlineRunner
from tieout.settings import load


def main() -> int:
    """Run and print; exit code 1 when a figure misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=10_000)
    parser.add_argument("--usual", type=int, default=500, help="deals for the usual way; 0 leaves it out")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bootstrap.configure_logging(verbose=False, as_json=False)
    result = {"deals": arguments.deals, "ours": measure(arguments.deals, usual=False)}
    if arguments.usual:
        result["usual"] = measure(arguments.usual, usual=True)
    print_result(result, as_json=arguments.json)
    ours = result["ours"]
    good = ours["slot_use"] >= 0.92 and ours["calls_per_create"] <= 1.05 and ours["share_429"] <= 0.001
    return 0 if good or arguments.deals < 10_000 else 1


def measure(deals: int, *, usual: bool) -> dict[str, Any]:
    """One run on a fresh emulator."""
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as name:
        folder = Path(name)
        public = keys(folder)
        emulators = start_emulators(folder, ("netsuite",))
        try:
            control = emulators.controls["netsuite"]
            control.load(dataset(public))
            control.config(latency=LATENCY, concurrency=CONCURRENCY)
            config, file = write_world(folder, emulators.urls["netsuite"], deals)
            application = bootstrap.build(load(config))
            try:
                run = _usual if usual else _ours
                return run(application, emulators, file, deals)
            finally:
                application.close()
        finally:
            emulators.stop()


def _usual(
    application: bootstrap.Application, emulators: Emulators, file: Path, deals: int
) -> dict[str, Any]:
    del file
    emulators.controls["netsuite"].reset_stats()
    began = time.monotonic()
    run_usual(application, deals)
    return figures(emulators, time.monotonic() - began)


def _ours(application: bootstrap.Application, emulators: Emulators, file: Path, deals: int) -> dict[str, Any]:
    load_crosswalks(application)
    ingest_file(application.machine.context, application.sources["bench"], file)
    memory = {"start": peak_memory()}
    emulators.controls["netsuite"].reset_stats()
    cpu, began = time.process_time(), time.monotonic()
    runner = InlineRunner(application.machine, 60)
    stop = threading.Event()
    threading.Thread(target=_watch, args=(application, deals, memory, stop), daemon=True).start()
    runner.start()
    try:
        runner.wait_until_quiet(lambda: True)
    finally:
        runner.stop()
        stop.set()
    result = figures(emulators, time.monotonic() - began)
    counts = tally(application.store)
    return {
        **result,
        "confirmed": counts["confirmed"],
        "cpu_ms_per_document": round(1000 * (time.process_time() - cpu) / (2 * deals), 2),
        "memory_mb": {**memory, "end": peak_memory()},
    }


def _watch(
    application: bootstrap.Application, deals: int, memory: dict[str, int], stop: threading.Event
) -> None:
    """Note the memory at a tenth of the way."""
    while not stop.wait(2.0):
        if tally(application.store)["confirmed"] >= deals // 10:
            memory["tenth"] = peak_memory()
            return


def peak_memory() -> int:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def figures(emulators: Emulators, seconds: float) -> dict[str, Any]:
    """What the emulator counted."""
    stats = emulators.controls["netsuite"].stats()
    span = stats["last_end_real"] - stats["first_arrival_real"]
    calls = stats["requests"] - stats["tokens"]
    return {
        "seconds": round(seconds, 1),
        "creates": stats["creates_ok"],
        "calls": calls,
        "calls_per_create": round(calls / max(stats["creates_ok"], 1), 4),
        "slot_use": round(stats["write_in_flight_seconds"] / (CONCURRENCY * span), 4),
        "max_in_flight": stats["max_in_flight"],
        "share_429": round(stats["count_429"] / max(calls, 1), 5),
        "creates_per_second": round(stats["creates_ok"] / span, 2),
    }


def print_result(result: dict[str, Any], *, as_json: bool) -> None:
    """The figures, and ours as a multiple of the usual way."""
    ours, usual = result["ours"], result.get("usual")
    if usual:
        result["times_the_usual_rate"] = round(ours["creates_per_second"] / usual["creates_per_second"], 2)
    result["cores"] = os.cpu_count()
    if as_json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    for name in ("ours", "usual"):
        if name in result:
            sys.stdout.write(f"{name:6} " + ", ".join(f"{k} {v}" for k, v in result[name].items()) + "\n")
    if usual:
        sys.stdout.write(f"ours writes {result['times_the_usual_rate']} times as fast as the usual way\n")


if __name__ == "__main__":
    raise SystemExit(main())
