"""`tieout web` and `tieout up` as processes: they answer, they work, and SIGTERM ends them cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.api import build, staff
from tests.support.desk import Desk, deal, open_desk

from tieout.settings import ConfigurationError, build_metrics_access, load


@pytest.fixture
def desk(tmp_path) -> Iterator[tuple[Desk, str]]:
    """A desk with people, and otto's key."""
    with open_desk(tmp_path / "desk") as made:
        application = build(made)
        keys = staff(application)
        application.close()
        yield made, keys["otto"]


@contextmanager
def running(desk: Desk, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the command line, and where it listens."""
    environment = {**os.environ, **desk.surroundings()}
    command = [sys.executable, "-m", "tieout", *words]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"listening at (\S+)", line)
        assert found, line
        yield process, found.group(1)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def ask(url: str, key: str = "", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
        return json.loads(answer.read())


def until(holds: Any) -> None:
    for _ in range(300):
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def test_up_takes_a_deal_and_carries_it_out_and_ends_on_sigterm(desk):
    made, key = desk
    with running(made, "up", "--port", "0") as (process, url):
        until(lambda: ask(f"{url}/readyz")["ready"])
        ask(f"{url}/api/v1/sources/files/deals", key, deal(1))
        until(lambda: ask(f"{url}/api/v1/inputs?standing=confirmed", key)["items"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert len(made.invoices()) == 1


def test_web_answers_and_carries_nothing_out(desk):
    made, key = desk
    with running(made, "web", "--port", "0") as (process, url):
        assert ask(f"{url}/healthz") == {"alive": True}
        ask(f"{url}/api/v1/sources/files/deals", key, deal(1))
        time.sleep(0.5)
        (row,) = ask(f"{url}/api/v1/inputs", key)["items"]
        assert row["standing"] == "received"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert made.invoices() == []


def test_up_in_planned_mode_carries_out_what_was_applied_and_nothing_else(desk):
    made, key = desk
    made.config.write_text(f"mode: planned\n{made.config.read_text()}")
    with running(made, "up", "--port", "0") as (process, url):
        until(lambda: ask(f"{url}/readyz")["ready"])
        ask(f"{url}/api/v1/sources/files/deals", key, deal(1))
        plan = ask(f"{url}/api/v1/plans", key, {})
        ask(f"{url}/api/v1/sources/files/deals", key, deal(2))
        ask(f"{url}/api/v1/plans/apply", key, plan)
        until(lambda: ask(f"{url}/api/v1/inputs?standing=confirmed", key)["items"])
        standings = {one["source_id"]: one["standing"] for one in ask(f"{url}/api/v1/inputs", key)["items"]}
        assert standings == {"D-1": "confirmed", "D-2": "received"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_an_address_that_is_taken_stops_the_start(desk):
    made, _ = desk
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = made.run("web", "--port", str(port))
    assert result.exit_code == 2
    assert f"127.0.0.1:{port} cannot be listened at" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web:\n  port: 70000\n", "web.port: Input should be less than or equal to 65535, found 70000"),
        ("web:\n  prot: 1\n", "web.prot: unknown key; did you mean 'port'?"),
        ("web:\n  metrics_token: hunter2\n", "a secret is given by reference only"),
        ("web:\n  metrics_token: env:NOT_SET_ANYWHERE\n", "set the environment variable NOT_SET_ANYWHERE"),
        ("web:\n  metrics_address: 127.0.0.1:99999\n", "expected HOST:PORT with a port of its own"),
        ("web:\n  metrics_address: 127.0.0.1:8400\n", "expected HOST:PORT with a port of its own"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_file_and_line(tmp_path: Path, text: str, words: str):
    with open_desk(tmp_path / "desk") as made:
        lines = made.config.read_text().count("\n")
        made.config.write_text(made.config.read_text() + text)
        with pytest.raises(ConfigurationError) as caught:
            build_metrics_access(load(made.config))
    assert str(caught.value).startswith(f"tieout.yaml:{lines + 2}: ")
    assert words in str(caught.value)
