"""The API of a desk, really served: an application on a port of this machine, people with keys, and plain HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from tests.support.desk import Desk
from tests.support.stores import store_url

from tieout import bootstrap
from tieout.flows.people import People
from tieout.flows.ports import Clock, Probe
from tieout.runner.clock import ScaledClock
from tieout.settings import load
from tieout.web.app import create_app
from tieout.web.door import Door
from tieout.web.serving import Serving, listen

#: Person → roles. Each has a key with all of them.
STAFF = {
    "root": ["admin"],
    "vera": ["viewer"],
    "otto": ["operator", "controller"],
    "cora": ["controller"],
    "nobody": ["guest"],
}


@dataclass
class Api:
    """A served API."""

    desk: Desk
    application: bootstrap.Application
    url: str
    keys: dict[str, str]
    door: Door
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60))

    def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | None = "otto",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """One request; `by` None sends no key."""
        given = {"Authorization": f"Bearer {self.keys[by]}"} if by else {}
        where = (
            path
            if path.startswith(("/healthz", "/readyz", "/metrics", "/hooks", "/api"))
            else f"/api/v1{path}"
        )
        return self.client.request(method, self.url + where, headers={**given, **(headers or {})}, **more)

    def get(self, path: str, **more: Any) -> Any:
        """What a GET answers, as JSON."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, code: int = 200, **more: Any) -> Any:
        """What a POST answers, as JSON."""
        answer = (
            self.ask("POST", path, json=body, **more) if body is not None else self.ask("POST", path, **more)
        )
        assert answer.status_code == code, answer.text
        return answer.json()

    def run(self) -> None:
        """Turn all lanes until nothing moves by itself."""
        machine = self.application.machine
        for _ in range(200):
            machine.poll()
            if not machine.step() and machine.is_quiet():
                return
            machine.context.clock.sleep(1)
        raise AssertionError("did not come to rest")

    def key_for(self, name: str, roles: list[str], subsidiaries: list[str]) -> None:
        """Another person with a key that is restricted to subsidiaries."""
        people = People(self.application.machine.context)
        people.put(name, roles, subsidiaries, "root")
        self.keys[name] = people.make_key(name, roles, subsidiaries, "test", "root")[1]


def staff(application: bootstrap.Application) -> dict[str, str]:
    """Everybody of `STAFF`, and their keys."""
    people = People(application.machine.context)
    for name, roles in STAFF.items():
        people.put(name, roles, [], "root")
    return {name: people.make_key(name, roles, [], "test", "root")[1] for name, roles in STAFF.items()}


def build(desk: Desk, probe: Probe | None = None, clock: Clock | None = None) -> bootstrap.Application:
    """The desk's application, on the store the tests run on, with a clock that agrees with the emulator's."""
    file = desk.folder / "store.url"
    file.write_text(store_url(desk.folder))
    text = desk.config.read_text()
    if "\nstore:" not in text:
        desk.config.write_text(
            text.replace("installation: desk\n", "installation: desk\nstore: file:store.url\n")
        )
    clock = clock or ScaledClock.parse(desk.surroundings()["TIEOUT_CLOCK"])
    return bootstrap.build(load(desk.config), clock=clock, probe=probe)


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The address of an application that is served."""
    serving = Serving([(app, listen("127.0.0.1", 0))])
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    try:
        yield serving.addresses[0]
    finally:
        serving.stop()
        thread.join(30)


@contextmanager
def open_api(
    desk: Desk, probe: Probe | None = None, metrics_token: str = "", clock: Clock | None = None
) -> Iterator[Api]:
    """A desk's API, with everybody of `STAFF` and the crosswalk loaded."""
    application = build(desk, probe, clock)
    load_items(application, desk.folder / "items.csv")
    door = Door(application)
    with listening(create_app(door, metrics_token)) as url:
        yield Api(desk, application, url, staff(application), door)
    application.close()


def load_items(application: bootstrap.Application, file: Path) -> None:
    """The desk's crosswalk."""
    from tieout.domain.crosswalk import CrosswalkKind
    from tieout.flows.crosswalks import import_file

    import_file(application.machine.context, CrosswalkKind.ITEM, file, "configuration", "test")


__all__ = ["STAFF", "Api", "build", "listening", "open_api", "staff"]
