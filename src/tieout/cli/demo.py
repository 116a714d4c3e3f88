"""`tieout demo`: a month of deals lands in an emulated NetSuite over real HTTP, while things go wrong."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tieout import bootstrap
from tieout.cli.common import TO_LOOK_AT, JsonOption, err, out, print_json, refuse
from tieout.cli.demo_cash import FILE, MOVEMENT, cash_configuration, play_cash, told
from tieout.cli.demo_house import (
    CONCURRENCY,
    SQLITE,
    Emulators,
    load_scenario,
    start_emulators,
    write_configuration,
)
from tieout.cli.demo_report import MONEY, ZEROS, print_report
from tieout.cli.demo_work import Crew, StoreKind, Work, memory, working
from tieout.cli.sync import load_crosswalks
from tieout.emulators.checker import Report, check
from tieout.emulators.checker_cash import CashReport, check_cash
from tieout.emulators.kit.http import Json
from tieout.emulators.scenario import Actor, Scenario, generate
from tieout.emulators.scenario.cash.shop import named
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.reports import cash_report
from tieout.flows.outcomes import outcomes, tally
from tieout.runner.clock import ScaledClock
from tieout.settings import load

_LIMIT_SECONDS = 1200
_LOOK_SECONDS = 0.3
COMMANDS_TO_TRY = (
    "cases list",
    "cases show 1",
    "trace INV-…       # any id of any system; `cases list --code …` names deals",
    "crosswalk check",
    "sync              # after a case was cured",
)


class Faults(StrEnum):
    """How badly the outside behaves."""

    NONE = "none"
    NORMAL = "normal"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run came to."""

    scenario: Scenario
    faults: Faults
    scale: int
    seconds: float
    report: Report
    cash: CashReport | None
    stats: Json
    drained: bool
    killed: int
    clock: ScaledClock

    @property
    def ok(self) -> bool:
        """Every zero-figure is zero and every row ended as expected."""
        return self.drained and self.report.ok and (self.cash is None or self.cash.ok)

    def as_json(self) -> dict[str, Any]:
        """The demo's JSON object; its words are defined in `docs/explanation/report.md`."""
        calls = self.stats["requests"] - self.stats["tokens"]
        creates = self.stats["creates_ok"]
        span = (self.stats["last_end_real"] or 0) - (self.stats["first_arrival_real"] or 0)
        use = self.stats["write_in_flight_seconds"] / (CONCURRENCY * span) if span else 0
        return {
            "seed": self.scenario.seed,
            "faults": self.faults,
            **with_cash(self.report.to_json(), self.cash),
            "ok": self.ok,
            "calls_per_write": round(calls / creates, 3) if creates else 0,
            "slot_use": round(use, 3),
            "drained": self.drained,
            "killed": self.killed,
            "seconds": round(self.seconds, 1),
            "scale": self.scale,
        }


def with_cash(deals: Json, cash: CashReport | None) -> Json:
    """The deals' report with the bank's beside it: the figures that must be zero are those of both together."""
    if cash is None:
        return deals
    money = cash.to_json()
    both = {name: deals[name] + money[name] for name in ZEROS if name in money}
    lists = {name: [*deals[name], *money[name]] for name in ("duplicate_records", "mismatches")}
    return {**deals, **{name: money[name] for name in MONEY}, **both, **lists, "cash": money}


def demo(
    seed: Annotated[int, typer.Option(help="Same seed, same month.", min=0)] = 1,
    deals: Annotated[int, typer.Option(help="How many deals.", min=60)] = 300,
    faults: Annotated[Faults, typer.Option(help="How badly the outside behaves.")] = Faults.NORMAL,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards.")] = False,
    as_json: JsonOption = False,
    scale: Annotated[int, typer.Option(help="Emulated seconds per real second.", min=1, max=600)] = 120,
    store: Annotated[StoreKind, typer.Option(help="Where Tieout keeps its memory.")] = StoreKind.SQLITE,
    workers: Annotated[
        int,
        typer.Option(help="Worker processes; with PostgreSQL only. 0: this process does the work.", min=0),
    ] = 0,
    kill_every: Annotated[
        int, typer.Option(help="SIGKILL one of the workers every so many seconds, and restart it.", min=0)
    ] = 0,
    cash: Annotated[
        bool, typer.Option("--cash/--no-cash", help="Whether the bank's files follow the deals.")
    ] = True,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """A seeded month of a software company, from Salesforce and the bank to NetSuite, then the report.

    Exit code 0 only when nothing was doubled, lost or out of order and every deal ended as the scenario says.
    """
    if store is StoreKind.SQLITE and (workers or kill_every):
        refuse("several processes need --store postgres: SQLite is for one")
    if keep and store is StoreKind.POSTGRES:
        refuse("--keep needs --store sqlite: the private PostgreSQL server ends with the demo")
    bootstrap.configure_logging(verbose=verbose, as_json=False)
    signal.signal(signal.SIGTERM, _interrupt)  # so that the emulators end with us, however we are ended
    folder = Path(tempfile.mkdtemp(prefix="tieout-demo-"))
    scenario = generate(seed, deals, start=date(2026, 10, 1), cash=cash)
    emulators: Emulators | None = None
    try:
        emulators = start_emulators(folder, ("netsuite", "salesforce", *(("stripe",) if cash else ())))
        with memory(store, workers, kill_every) as crew:
            run = play(folder, scenario, emulators, faults, scale, crew=crew, show=not as_json)
        if as_json:
            print_json(run.as_json())
        else:
            print_report(run.as_json(), scenario)
        if keep:
            _keep(folder, emulators, run.clock, err if as_json else out)
    finally:
        if emulators is not None:
            emulators.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if not run.ok:
        raise typer.Exit(TO_LOOK_AT)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def play(
    folder: Path,
    scenario: Scenario,
    emulators: Emulators,
    faults: Faults,
    scale: int,
    *,
    crew: Crew | None = None,
    show: bool,
) -> Run:
    """Run the product on a scenario until it is drained, then check it against the ground truth."""
    began = time.monotonic()
    bank = cash_configuration(scenario, folder, emulators.urls) if scenario.cash else None
    file = write_configuration(folder, scenario, emulators.urls, crew.store if crew else SQLITE, bank)
    clock = load_scenario(emulators, scenario, scale, faults)
    application = bootstrap.build(load(file), clock=clock, starting=not crew)
    try:
        load_crosswalks(application)
        bootstrap.check_pins(application)
        with working(application, crew, file, clock) as work:
            actor = Actor(scenario, emulators.controls, clock.now())
            drained = _watch(application, work, scenario.inputs, lambda: _act(actor, clock), show=show)
            drained = drained and play_cash(
                application, emulators, scenario, folder,
                lambda inputs: _watch(application, work, inputs, lambda: True, show=show),
            )  # fmt: skip
        ended = [row for row in outcomes(application.store) if row["object"] not in (MOVEMENT, FILE)]
        netsuite = emulators.controls["netsuite"]
        money = _count(application, scenario, emulators) if scenario.cash else None
    finally:
        application.close()
    return Run(
        scenario=scenario,
        faults=faults,
        scale=scale,
        seconds=time.monotonic() - began,
        report=check(scenario, netsuite.truth(), netsuite.log(), ended),
        cash=money,
        stats=netsuite.stats(),
        drained=drained,
        killed=work.killed,
        clock=clock,
    )


def _count(application: bootstrap.Application, scenario: Scenario, emulators: Emulators) -> CashReport:
    context = application.machine.context
    rows = cash_report(context, PaymentDesk(context).all())
    assert scenario.cash is not None
    month = named(scenario.cash, emulators.controls["stripe"].truth())
    truth = emulators.controls["netsuite"].truth()
    return check_cash(replace(scenario, cash=month), truth, told(application), rows)


def _act(actor: Actor, clock: ScaledClock) -> bool:
    """Play the people's part. Returns whether they have nothing left to do."""
    actor.step(clock.now())
    return not actor.pending


def _watch(
    application: bootstrap.Application, work: Work, inputs: int, act: Callable[[], bool], *, show: bool
) -> bool:
    """Show how far it is until so many inputs have ended. Returns whether everything came to rest in time.

    `act` does what else has to be done now and then, and says whether that is finished.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, disable=not show, transient=True) as progress:
        task = progress.add_task("ended", total=inputs)
        last = 0.0
        finished = False

        def done() -> bool:
            nonlocal last, finished
            if time.monotonic() - last > _LOOK_SECONDS:
                last = time.monotonic()
                acted = act()
                counts = tally(application.store)
                ended = counts["confirmed"] + counts["case"] + counts["ignored"]
                progress.update(task, completed=ended)
                work.disturb(ended / inputs)
                finished = acted and sum(counts.values()) >= inputs
            return finished

        return work.wait_until_quiet(done, time.monotonic() + _LIMIT_SECONDS)


def _keep(folder: Path, emulators: Emulators, clock: ScaledClock, to: Console) -> None:
    to.print(f"\nEverything is in {folder}; the emulators go on until you press Ctrl-C.", soft_wrap=True)
    for name, url in emulators.urls.items():
        to.print(f"  {name:12} {url}  (ground truth: {url}/_emulator/truth)", soft_wrap=True)
    config = folder / "tieout.yaml"
    to.print("Look around in another terminal:")
    to.print(f"  export TIEOUT_CONFIG={config} TIEOUT_CLOCK={clock.dump()}", soft_wrap=True)
    to.print("  alias tieout='.venv/bin/tieout'")
    for command in COMMANDS_TO_TRY:
        to.print(f"  tieout {command}", soft_wrap=True)
    try:
        while emulators.process.poll() is None:
            time.sleep(1)
    except KeyboardInterrupt:
        to.print("stopped")
