from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tieout.emulators import conformance
from tieout.emulators.kit.client import ControlClient


def test_the_conformance_page_is_current():
    assert conformance.main(["--check"]) == 0, "run python -m tieout.emulators.conformance"


def test_every_rule_can_be_switched_off_and_names_its_check():
    for rules in conformance.rule_lists().values():
        for rule in rules:
            assert "off" in rule.values
            assert rule.test
            assert rule.mark in ("doc", "seen", "inferred")


@pytest.mark.timeout(60)
def test_emulators_serve_from_the_command_line_until_told_to_stop(tmp_path: Path):
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tieout.emulators", "netsuite", "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.time() + 30
        while not ready.exists() and time.time() < deadline:
            time.sleep(0.05)
        urls = json.loads(ready.read_text())
        assert ControlClient(urls["netsuite"]).health()["system"] == "netsuite"
    finally:
        process.terminate()
    assert process.wait(timeout=10) == 0
