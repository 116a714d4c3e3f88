"""A client's view of a running emulator, and a receiver of its webhooks, for tests."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import TOKEN, sample_dataset
from tieout.emulators.kit.clock import EmulatorClock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATED = "crm/objects/2026-03"


class Desk:
    """An emulator with a frozen clock and a client with a private-app token."""

    def __init__(self, dataset=None, switches=None):
        self.emulator = HubSpotEmulator(
            sample_dataset() if dataset is None else dataset, EmulatorClock(NOW, frozen=True)
        )
        self.emulator.start()
        self.control = self.emulator.control
        if switches:
            self.control.switches(switches)
        self.http = httpx2.Client(
            base_url=self.emulator.base_url, headers={"Authorization": f"Bearer {TOKEN}"}
        )

    def close(self):
        self.http.close()
        self.emulator.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def reload(self, **changes):
        """The sample with some sections replaced (`portal` is merged)."""
        dataset = sample_dataset()
        dataset["portal"] |= changes.pop("portal", {})
        self.control.load(dataset | changes)

    def get(self, path, **options):
        return self.http.get(f"/{path}", **options)

    def post(self, path, body, **options):
        return self.http.post(f"/{path}", json=body, **options)

    def patch(self, path, properties, **options):
        return self.http.patch(f"/{path}", json={"properties": properties}, **options)

    def put(self, path, body):
        return self.http.put(f"/{path}", json=body)

    def oauth(self, **form):
        form = {
            "grant_type": "refresh_token", "client_id": "sample-client", "client_secret": "sample-secret",
            "refresh_token": "na1-refresh-sample", **form,
        }  # fmt: skip
        return self.http.post("/oauth/v3/token", data=form)

    def search(self, kind="deals", filters=(), **body):
        given = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
        return self.post(f"{DATED}/{kind}/search", {**given, **body})

    def found(self, kind="deals", filters=(), **body):
        return [row["id"] for row in self.search(kind, filters, **body).json()["results"]]

    def properties(self, kind, record_id, *names):
        answer = self.get(
            f"{DATED}/{kind}/{record_id}", params={"properties": ",".join(names)} if names else None
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["properties"]

    def linked(self, kind, record_id, target):
        """Association rows as {id: [type ids]}."""
        answer = self.get(f"{DATED}/{kind}/{record_id}/associations/{target}")
        assert answer.status_code == 200, answer.text
        return {
            str(row["toObjectId"]): [one["typeId"] for one in row["associationTypes"]]
            for row in answer.json()["results"]
        }

    def admin(self, action, **arguments):
        return self.control.admin(action, **arguments)

    def pass_time(self, seconds):
        self.control.clock(advance_seconds=seconds)

    def deliver(self):
        """Send the webhooks that are due; returns when their answers are in."""
        number = self.admin("deliver")["round"]
        deadline = time.monotonic() + 10
        while self.admin("deliveries")["done"] < number:
            assert time.monotonic() < deadline, "nothing was delivered"
            time.sleep(0.005)


class Receiver:
    """A webhook endpoint. `answers` are the next statuses; then 200. `pause` seconds before each answer."""

    def __init__(self, pause=0.0):
        self.requests, self.answers, self.pause = [], [], pause
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                time.sleep(receiver.pause)
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hubspot"

    @property
    def batches(self):
        return [json.loads(body) for _, _, body in self.requests]

    @property
    def events(self):
        return [event for batch in self.batches for event in batch]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def refused(answer, status, category, message=None):
    """Assert one refusal: status, category, and the text when given."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert isinstance(body, dict), body
    assert body["status"] == "error", body
    assert body.get("category") == category, body
    assert body["correlationId"]
    if message is not None:
        assert body["message"] == message, body
    return body


def equals(name, value, operator="EQ"):
    return {"propertyName": name, "operator": operator, "value": value}


def many_companies(count):
    """Records of so many companies."""
    return [
        {
            "id": str(60_000 + number),
            "properties": {"name": f"Mass {number:04d}"},
            "createdAt": "2026-09-01T08:00:00Z",
        }
        for number in range(count)
    ]
