"""Nonsense never breaks the portal, and a stubborn client under the hostile profile writes each record once."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.emulators.hubspot.support import DATED, NOW, Desk

from tieout.emulators.hubspot.app import HubSpotEmulator
from tieout.emulators.hubspot.sample import ACME, TOKEN, WON
from tieout.emulators.kit.clock import EmulatorClock

JUNK = [
    None, 1, "text", [], {}, {"inputs": 1}, {"inputs": [1]}, {"inputs": [{}]}, {"inputs": [{"id": None}]},
    {"inputs": [{"id": WON, "properties": 3}]}, {"inputs": [{"from": 1, "to": 2}]}, {"properties": 1},
    {"inputs": [{"id": WON}], "properties": 4}, {"inputs": [{"id": WON, "after": "x"}]},
    {"properties": {"amount": {}}}, {"properties": {"closedate": []}}, {"associations": [1]},
    {"associations": [{"to": {}, "types": [{}]}]}, {"filterGroups": 1}, {"filterGroups": [1]},
    {"filterGroups": [{"filters": [1]}]}, {"filterGroups": [{"filters": [{}]}]}, {"sorts": [1]}, {"sorts": 1},
    {"limit": "x"}, {"limit": -1}, {"after": {}},
    {"filters": [{"propertyName": "amount", "operator": "IN", "values": 3}]},
    {"primaryObjectId": {}, "objectIdToMerge": []},
]  # fmt: skip
PATHS = [
    f"{DATED}/deals", f"{DATED}/deals/{WON}", f"{DATED}/deals/search", f"{DATED}/deals/merge", f"{DATED}/nothing",
    f"{DATED}/deals/{WON}/associations/companies/30003", f"{DATED}/deals/{WON}/associations/default/companies/30003",
    *(f"{DATED}/deals/batch/{word}" for word in ("read", "create", "update", "upsert", "archive", "other")),
    *(f"crm/v4/associations/deals/companies/batch/{word}" for word in ("read", "create", "archive")),
    "crm/v3/objects", "crm/v3/properties/deals", "crm/v3/pipelines/deals/x/y", "oauth/v1/token",
    "crm/v4/associations/deals/companies/labels", "oauth/v3/token/introspect",
    "oauth/v2/private-apps/get/access-token-info", "crm/v9/objects/deals", "crm/objects/2020-01/deals",
]  # fmt: skip


def test_nonsense_is_refused_and_never_breaks_the_portal():
    with Desk() as desk:
        desk.control.config(portal={"ten_second_limit": 100_000, "search_limit": 100_000})
        for path, junk, method in itertools.product(PATHS, JUNK, ("POST", "PUT", "PATCH")):
            answer = desk.http.request(method, f"/{path}", json=junk)
            assert answer.status_code < 500, (method, path, junk, answer.text)
        for query in (
            "limit=x",
            "limit=0",
            "after=x",
            "properties=,,",
            "associations=nothing",
            "idProperty=nope",
        ):
            for path in PATHS:
                assert desk.get(f"{path}?{query}").status_code < 500, (path, query)
        assert desk.http.post(f"/{DATED}/deals", content=b"\xff{").status_code == 400
        assert desk.properties("companies", ACME)["name"] == "Acme GmbH"


def insist(base_url, key):
    """Upsert until HubSpot answers; returns the number of tries."""
    given = {"idProperty": "netsuite_id", "id": key, "properties": {"dealname": key}}
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for attempt in range(1, 30):
        connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=0.3)
        try:
            path = f"/{DATED}/deals/batch/upsert"
            connection.request("POST", path, json.dumps({"inputs": [given]}), headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
        if status == 200:
            return attempt
        time.sleep(0.01)
    raise AssertionError(f"{key} never went through")


@pytest.mark.timeout(60)
def test_an_upsert_repeated_makes_one_record():
    with HubSpotEmulator(clock=EmulatorClock(NOW, scale=300.0)) as hs:
        hs.control.config(portal={"ten_second_limit": 100_000})
        hs.control.profile("hostile", 3)
        keys = [f"so-{number}" for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            tries = list(pool.map(lambda key: insist(hs.base_url, key), keys))
        assert sum(tries) > len(keys), "the profile did its work"
        deadline = time.monotonic() + 8
        while hs.control.stats()["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.05)
        made = [row["fields"].get("netsuite_id") for row in hs.control.truth("deals")]
    assert sorted(key for key in made if key) == sorted(keys)
