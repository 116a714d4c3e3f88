"""A month of deals while everything misbehaves: nothing doubled, nothing lost, each deal ends as it must.

These start their own stores: one run of them is enough, whatever the store of the others.
"""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from tests.support.truth import ROOT

pytestmark = pytest.mark.own_store
ZEROS = ("duplicates", "lost", "order_violations", "misapplied", "planted_missed", "unplanted_cases")


#: three processes of which one is killed every five seconds, all restarted in turn half-way
CREW = ("--store", "postgres", "--workers", "3", "--kill-every", "5")


@pytest.mark.requirement("R01", "R06", "R07", "R20", "R70")
@pytest.mark.parametrize(
    ("crew", "seed"), [((), 101), (CREW, 101), (CREW, 202)], ids=["alone-101", "crew-101", "crew-202"]
)
def test_a_hostile_month_ends_as_its_scenario_says(crew: tuple[str, ...], seed: int):
    command = [sys.executable, "-m", "tieout", "demo", "--faults", "hostile", "--json", *crew]
    command += ["--seed", str(seed), "--deals", "80", *([] if crew else ["--no-cash"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.stdout, f"exit {done.returncode}: {done.stderr[-3000:]}"
    result = json.loads(done.stdout)
    assert {name: result[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0), result["mismatches"]
    assert result["inputs"] == 80 == result["confirmed"] + result["open_cases"] + result["ignored"]
    assert result["confirmed"] > 50
    assert done.returncode == 0
    if not crew:
        return
    assert result["killed"] > 0
    assert result["cash"]["confirmed"] > 20
    for currency, came in result["cash_in"].items():
        rest = sum(
            Decimal(result[name][currency]) for name in ("applied", "unapplied", "returned", "refunded")
        )
        assert Decimal(came) == rest > 0
