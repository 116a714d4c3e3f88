"""`tieout demo` and the bare commands, as a person starts them: in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from tieout import __version__

TIEOUT = [sys.executable, "-m", "tieout"]
SMALL = ["demo", "--deals", "60", "--seed", "3", "--scale", "600"]


def test_demo_prints_one_json_object_and_nothing_else():
    done = subprocess.run(
        [*TIEOUT, *SMALL, "--faults", "none", "--json"], capture_output=True, text=True, check=False
    )
    result = json.loads(done.stdout)
    assert (done.returncode == 0) == result["ok"]
    wanted = {
        "seed", "faults", "inputs", "confirmed", "open_cases", "ignored", "duplicates", "lost", "order_violations",
        "calls_per_write", "slot_use", "cases_by_code", "unplanted_cases", "planted_missed",
    }  # fmt: skip
    assert wanted - set(result) == set()
    assert result["inputs"] == 60
    assert result["inputs"] == result["confirmed"] + result["open_cases"] + result["ignored"]
    assert (result["duplicates"], result["lost"], result["order_violations"]) == (0, 0, 0)
    assert set(result["cash_in"]) == {"EUR", "USD"}
    for currency, came in result["cash_in"].items():
        rest = sum(
            Decimal(result[name][currency]) for name in ("applied", "unapplied", "returned", "refunded")
        )
        assert Decimal(came) == rest > 0
    assert (result["misapplied"], result["misapplied_amount"]) == (0, {"EUR": "0", "USD": "0"})
    assert 0 < result["auto_applied_share"] < 1
    cash = result["cash"]
    assert cash["inputs"] == cash["confirmed"] + cash["open_cases"] + cash["ignored"] > 30


def test_a_demo_without_the_bank_tells_of_deals_alone():
    done = subprocess.run(
        [*TIEOUT, *SMALL, "--no-cash", "--faults", "none", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    result = json.loads(done.stdout)
    assert (done.returncode, result["ok"], result["inputs"]) == (0, True, 60)
    assert {"cash", "cash_in", "applied"} & set(result) == set()


@pytest.mark.parametrize("pause", [0, 1])  # still starting, and at work
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_ended_demo_leaves_no_emulator_behind(tmp_path, how, pause):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    demo = subprocess.Popen(
        [*TIEOUT, *SMALL],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_as_from_a_terminal,  # noqa: PLW1509 - one signal, set before anything of ours runs
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*/emulators.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (ready,) = tmp_path.glob("*/emulators.json")
    assert any(str(ready) in line for line in commands())
    time.sleep(pause)
    demo.send_signal(how)
    assert demo.wait(30) != 0
    deadline = time.monotonic() + 10
    while any(str(ready) in line for line in commands()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _as_from_a_terminal() -> None:
    """A shell that runs us in the background lets its children ignore Ctrl-C; at a terminal nobody does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def commands() -> list[str]:
    return subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_the_version_is_told():
    done = subprocess.run([*TIEOUT, "version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == __version__


def test_without_a_command_the_help_is_shown():
    done = subprocess.run(TIEOUT, capture_output=True, text=True, check=False)
    assert "sync" in done.stdout + done.stderr
