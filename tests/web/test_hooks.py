"""The webhooks' door: verified on the raw bytes, stored as they came, answered; the poll reads what it is about."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.api import Api, open_api
from tests.support.desk import CONFIGURATION, open_desk
from tests.support.house import START

from tieout.connectors.hubspot.hooks import signature_v3
from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import OPEN_STAGE, TOKEN, WON, sample_dataset
from tieout.emulators.kit.clock import EmulatorClock
from tieout.runner.clock import ManualClock
from tieout.runner.inline import InlineRunner
from tieout.store import tables as t

FOLDER = Path(__file__).parents[1] / "fixtures" / "hubspot" / "webhooks"
VECTORS = [
    one
    for one in json.loads((FOLDER / "signature_vectors.json").read_text())["vectors"]
    if one["version"] == "v3" and one["body"].startswith("[")
]
URL, OLD, SECRET = "https://hooks.example.com/hooks/hs", "old-secret", "new-secret"
BODY = json.dumps(
    [{"subscriptionType": "deal.propertyChange", "objectId": 20001, "portalId": 62515}]
).encode()


def configuration(base_url: str, public_url: str = URL, portal: int = 62515) -> str:
    source = f"""\
  hs:
    type: hubspot
    cut_over: 2020-01-01
    tag: hs
    options:
      base_url: {base_url}
      portal_id: {portal}
      auth: {{method: token, token: "file:hs.token"}}
      webhooks:
        public_url: {public_url}
        client_secrets: ["file:hs.old", "file:hs.new"]
rules:
"""
    text = CONFIGURATION.replace("rules:\n", source)
    return f"{text}web:\n  hook_body_limit_bytes: 20000\n"


def secrets(folder: Path, old: str = OLD, new: str = SECRET) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("token", TOKEN), ("old", old), ("new", new)):
        (folder / f"hs.{name}").write_text(value)


@pytest.fixture
def api(tmp_path) -> Iterator[Api]:
    """An API whose clock stands, and a portal nobody asks."""
    secrets(tmp_path / "desk")
    with (
        open_desk(tmp_path / "desk", configuration("http://127.0.0.1:9")) as desk,
        open_api(desk, clock=ManualClock(START)) as made,
    ):
        yield made


def send(
    api: Api,
    body: bytes = BODY,
    *,
    secret: str = SECRET,
    at: datetime = START,
    query: str = "",
    **headers: str,
):
    stamp = str(int(at.timestamp() * 1000))
    uri = f"{URL}?{query}" if query else URL
    given = {
        "X-HubSpot-Signature-v3": signature_v3(secret, "POST", uri, body, stamp),
        "X-HubSpot-Request-Timestamp": stamp,
        "Content-Type": "application/json",
        **headers,
    }
    path = f"/hooks/hs?{query}" if query else "/hooks/hs"
    return api.ask("POST", path, by=None, content=body, headers=given)


def stored(api: Api) -> list[tuple[str, bytes, dict[str, Any]]]:
    with api.application._database.read() as connection:
        rows = connection.execute(select(t.hook_event).order_by(t.hook_event.c.id))
        return [(row.source, bytes(row.body), json.loads(row.headers)) for row in rows]


def woken(api: Api) -> set[str]:
    return api.application.machine.intake.woken()


@pytest.mark.parametrize("secret", [OLD, SECRET])
def test_a_right_webhook_is_stored_as_it_came_and_its_source_is_due(api: Api, secret: str):
    answer = send(api, secret=secret, query="a=%2Fb", authorization="Bearer of-somebody")
    assert (answer.status_code, answer.json()) == (200, {"received": True, "new": True})
    ((source, body, headers),) = stored(api)
    assert (source, body) == ("hs", BODY)
    assert headers["x-hubspot-request-timestamp"] == str(int(START.timestamp() * 1000))
    assert "authorization" not in headers
    assert woken(api) == {"hs"}
    # Nothing of it was believed: no record is known because of it.
    assert api.get("/inputs")["items"] == []


def test_the_same_body_again_is_kept_once_and_asks_for_a_poll_again(api: Api):
    send(api)
    with api.application.store.write() as unit:
        unit.hooks.answered("hs")
    assert send(api).json() == {"received": True, "new": False}
    assert len(stored(api)) == 1
    assert woken(api) == {"hs"}


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"secret": "wrong"}, 401, "hook_refused"),
        ({"at": START - timedelta(minutes=6)}, 401, "hook_refused"),
        ({"X-HubSpot-Signature-v3": ""}, 401, "hook_refused"),
        ({"body": b"no json"}, 400, "hook_unreadable"),
        ({"body": b'[{"portalId": 1}]'}, 401, "hook_refused"),
        ({"body": b"[" + b" " * 20_000 + b"]"}, 413, "body_too_large"),
    ],
)
def test_what_is_not_right_is_refused_and_neither_stored_nor_acted_on(api: Api, sent, status, code):
    answer = send(api, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored(api) == []
    assert woken(api) == set()


def test_a_store_that_fails_is_told_so_that_the_sender_comes_again(api: Api, monkeypatch):
    from tieout.store.hook_rows import HookInbox

    def full(*_: Any) -> bool:
        raise OSError("disk full at /var/lib")

    monkeypatch.setattr(HookInbox, "add", full)
    answer = send(api)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "try_again",
        "30",
    )
    assert "disk" not in answer.text


def test_a_source_that_takes_no_webhooks_has_no_door(api: Api):
    for name in ("files", "nobody"):
        assert api.ask("POST", f"/hooks/{name}", by=None, content=b"[]").status_code == 404


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_published_vectors_are_judged_as_they_are_published(tmp_path, vector):
    at = datetime.fromtimestamp(int(vector["timestamp"]) / 1000, UTC)
    secrets(tmp_path / "desk", new=vector["client_secret"])
    text = configuration("http://127.0.0.1:9", vector["uri"], 0)
    with open_desk(tmp_path / "desk", text) as desk, open_api(desk, clock=ManualClock(at)) as api:
        headers = {
            "x-hubspot-signature-v3": vector["signature"],
            "x-hubspot-request-timestamp": vector["timestamp"],
        }
        answer = api.ask("POST", "/hooks/hs", by=None, content=vector["body"].encode(), headers=headers)
        assert answer.status_code == (401 if "expect" in vector else 200)


def test_a_delivery_of_a_portal_makes_a_worker_poll_it_before_its_time(tmp_path):
    secrets(tmp_path / "desk", new="sample-secret")
    with HubSpotEmulator(sample_dataset(), EmulatorClock(START)) as portal:
        text = configuration(portal.base_url)
        with open_desk(tmp_path / "desk", text) as desk, open_api(desk) as api:
            portal.control.clock(t0=START.isoformat(), r0=desk._r0(), scale=120)
            portal.control.admin("set_target", target_url=f"{api.url}/hooks/hs", public_url=URL)
            runner = InlineRunner(api.application.machine, 7 * 24 * 3600)
            runner.start()
            try:
                _until(lambda: "hs" in polls(api))
                before = polls(api)["hs"]
                portal.control.admin("set_stage", id=WON, stage=OPEN_STAGE)
                portal.control.admin("deliver")
                # A poll of several batches says its time with each of them: the delivery, which comes on a thread
                # of its own, has to be there before a later time says anything.
                _until(lambda: len(stored(api)) >= 1)
                _until(lambda: woken(api) == set())
                _until(lambda: polls(api)["hs"] > before)
            finally:
                runner.stop()


def polls(api: Api) -> dict[str, datetime]:
    with api.application.store.read() as unit:
        return unit.figures.polls()


def _until(holds: Any) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")
