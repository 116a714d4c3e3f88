"""A strict NetSuite account: SuiteTalk REST records, SuiteQL, OAuth 2.0 and token-based authentication.

```
from tieout.emulators.netsuite import NetSuiteEmulator, sample_dataset
from tieout.emulators.netsuite.keys import new_key_pair

private_key, public_key = new_key_pair()
with NetSuiteEmulator(sample_dataset(public_key)) as ns:
    ns.base_url                                        # http://127.0.0.1:…  (REST below /services/rest)
    ns.control.faults({"kind": "commit_hang", "match": {"operation": "create", "record": "invoice"}})
    ns.control.admin("close_period", date="2026-10-31")
    ns.control.truth("invoice"); ns.control.log(); ns.control.stats()
```
Credentials of the sample: client `client-tieout`, certificate `kid-1` (sign ES256 with the private key; audience
is the token URL that is called, or the real host's), or TBA `ck`/`cs`/`tk`/`ts` with realm TSTDRV1234567.
Data sets: `dataset`; rules and switches: `rules`; admin actions: `admin`.
From a shell: `python -m tieout.emulators netsuite --ports 8081`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json
from tieout.emulators.kit.running import Emulator
from tieout.emulators.netsuite.app import NetSuiteApp
from tieout.emulators.netsuite.dataset import sample_dataset, trace_fields

__all__ = ["NetSuiteApp", "NetSuiteEmulator", "build", "sample_dataset", "trace_fields"]


def build(config: Json | None = None) -> NetSuiteApp:
    """An app for `EmulatorServer`.

    `config` keys, all optional: `dataset`, `account_id`, `audiences` (more accepted JWT audiences),
    `clock` ({"t0", "r0", "scale"} or {"freeze"}), `latency`, `concurrency`.
    """
    given = dict(config or {})
    clock = EmulatorClock()
    if given.get("clock"):
        clock.apply(given["clock"])
    dataset: Any = given.get("dataset")
    app = NetSuiteApp(
        sample_dataset() if dataset is None else dataset,
        clock=clock,
        account_id=given.get("account_id", "TSTDRV1234567"),
        audiences=given.get("audiences"),
    )
    app.configure({name: given[name] for name in ("latency", "concurrency") if name in given})
    return app


class NetSuiteEmulator(Emulator):
    """`with NetSuiteEmulator(dataset) as ns:` — `ns.base_url`, `ns.control`, `ns.app`."""

    def __init__(
        self,
        dataset: Json | None = None,
        *,
        clock: EmulatorClock | datetime | None = None,
        account_id: str = "TSTDRV1234567",
        audiences: list[str] | None = None,
        port: int = 0,
    ) -> None:
        if isinstance(clock, datetime):
            clock = EmulatorClock(clock, frozen=True)
        data = sample_dataset() if dataset is None else dataset
        super().__init__(NetSuiteApp(data, clock=clock, account_id=account_id, audiences=audiences), port)
