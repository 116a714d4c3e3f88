"""Webhooks: HubSpot's own signature vectors, stamps, URLs, several secrets, and what events name."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.connectors.hubspot.support import NOW, Portal

from tieout.connectors.hubspot import Hook, HookRefused, HookRequest, ObjectId
from tieout.connectors.hubspot.hooks import decoded_uri, ids_of, signature_v3
from tieout.emulators.hubspot.sample import ACME, LINE, OPEN_STAGE, WON, WON_STAGE
from tieout.emulators.hubspot.webhooks import DEFAULTS

FOLDER = Path(__file__).parents[2] / "fixtures" / "hubspot" / "webhooks"
VECTORS = [
    one
    for one in json.loads((FOLDER / "signature_vectors.json").read_text())["vectors"]
    if one["version"] == "v3"
]
SECRET, URL = "client-secret", "https://hooks.example.com/hooks/hs"
EVENT = {"subscriptionType": "deal.propertyChange", "objectId": 20001, "portalId": 62515, "eventId": 1}


def stamp(at=NOW):
    return str(int(at.timestamp() * 1000))


def request(body=None, *, secret=SECRET, url=URL, at=NOW, now=NOW, query="", **headers):
    body = json.dumps([EVENT]).encode() if body is None else body
    uri = f"{url}?{query}" if query else url
    given = {
        "X-HubSpot-Signature-v3": signature_v3(secret, "POST", uri, body, stamp(at)),
        "X-HubSpot-Request-Timestamp": stamp(at),
        **headers,
    }
    return HookRequest(headers=given, body=body, received_at=now, query=query)


def hook(*secrets, **changes):
    return Hook(public_url=URL, secrets=secrets or (SECRET,), portal_id=62515, **changes)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_signatures_are_the_published_ones(vector):
    body = vector["body"].encode()
    made = signature_v3(vector["client_secret"], vector["method"], vector["uri"], body, vector["timestamp"])
    assert (made == vector["signature"]) == ("expect" not in vector)


@pytest.mark.parametrize("vector", [one for one in VECTORS if one["body"].startswith("[")])
def test_a_published_request_is_verified_whole(vector):
    at = datetime.fromtimestamp(int(vector["timestamp"]) / 1000, UTC)
    made = Hook(public_url=vector["uri"], secrets=[vector["client_secret"]])
    given = HookRequest(
        headers={
            "x-hubspot-signature-v3": vector["signature"],
            "x-hubspot-request-timestamp": vector["timestamp"],
        },
        body=vector["body"].encode(),
        received_at=at,
    )
    if "expect" in vector:
        with pytest.raises(HookRefused, match="signature"):
            made.verify(given)
    else:
        made.verify(given)


def test_only_the_documented_escapes_are_decoded():
    encoded = "https://x/%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26%3D%2B"
    assert decoded_uri(encoded) == "https://x/:/?@!$'()*,;%20%26%3D%2B"


def test_a_right_request_names_its_record():
    assert hook().verify(request()) == [ObjectId("deal", "20001")]


def test_the_query_belongs_to_the_url():
    assert hook().verify(request(query="a=%2Fb")) == [ObjectId("deal", "20001")]


@pytest.mark.parametrize("secret", ["old", "new"])
def test_every_active_secret_is_good(secret):
    assert hook("old", "new").verify(request(secret=secret))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_stamp_at_the_edge_is_good(seconds):
    assert hook().verify(request(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-300.001, 300.001])
def test_a_stamp_too_far_away_is_refused_on_both_sides(seconds):
    with pytest.raises(HookRefused, match="too far"):
        hook().verify(request(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (request(secret="other"), "signature"),
        (request(url="http://hooks.example.com/hooks/hs"), "signature"),
        (request(**{"X-HubSpot-Signature-v3": ""}), "no v3 signature"),
        (request(**{"X-HubSpot-Signature-v3": "Ü"}), "signature"),
        (request(**{"X-HubSpot-Request-Timestamp": "soon"}), "no number"),
        (request(**{"X-HubSpot-Request-Timestamp": "9" * 400}), "no number"),
        (request(b"{}"), "no array"),
        (request(b"[1]"), "no array"),
        (request(b"\xff"), "not JSON"),
        (request(json.dumps([{**EVENT, "portalId": 1}]).encode()), "portal 1"),
        (request(json.dumps([EVENT, {"objectId": 1}]).encode()), "portal"),
    ],
)
def test_anything_else_is_refused(given, why):
    with pytest.raises(HookRefused, match=why):
        hook().verify(given)


def test_re_serialised_json_is_another_body():
    given = request(json.dumps([EVENT], separators=(", ", ": ")).encode())
    spoiled = HookRequest(
        headers=given.headers, body=json.dumps([EVENT], separators=(",", ":")).encode(), received_at=NOW
    )
    with pytest.raises(HookRefused, match="signature"):
        hook().verify(spoiled)


def test_a_hook_without_secrets_cannot_be():
    for secrets in ([], [""]):
        with pytest.raises(ValueError, match="secrets"):
            Hook(public_url=URL, secrets=secrets)


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (EVENT, ["deal 20001"]),
        (
            {"subscriptionType": "object.propertyChange", "objectTypeId": "0-8", "objectId": 5},
            ["line_item 5"],
        ),
        ({"eventType": "company.creation", "objectId": "7"}, ["company 7"]),
        (
            {
                "subscriptionType": "deal.merge",
                "primaryObjectId": 1,
                "mergedObjectIds": [2, "x"],
                "newObjectId": 3,
                "objectId": 3,
            },
            ["deal 3", "deal 1", "deal 2"],
        ),
        (
            {
                "subscriptionType": "line_item.associationChange",
                "associationType": "LINE_ITEM_TO_DEAL",
                "fromObjectId": 5,
                "toObjectId": 1,
            },
            ["line_item 5", "deal 1"],
        ),
        ({"subscriptionType": "contact.creation", "objectId": 123}, []),
        ({"subscriptionType": "deal.creation", "objectId": -1}, []),
        ({}, []),
    ],
)
def test_what_an_event_names(event, names):
    assert [f"{one.object} {one.id}" for one in ids_of([event, event])] == names


def test_the_published_batch_names_nothing_of_a_deal():
    assert ids_of(json.loads((FOLDER / "contact_creation_batch.json").read_text())) == []


# -- with the emulator ---------------------------------------------------------------------------------------


class Door:
    """A small HTTP server that keeps what comes, as a reverse proxy would hand it on."""

    def __init__(self):
        kept = self.kept = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def wired():
    """A portal whose webhooks arrive, with the public URL that the signature is over."""
    door = Door()
    webhooks = {"public_url": URL, "client_secrets": ["env:OLD", "env:CLIENT"]}
    secrets = {"env:TOKEN": "pat-na1-sample", "env:OLD": "gone", "env:CLIENT": "sample-secret"}
    with Portal(webhooks=webhooks, portal_id=62515, secrets=secrets) as portal:
        portal.admin("set_target", target_url=door.url, public_url=URL)
        portal.door = door
        portal.settle()
        yield portal
    door.close()


def delivered(portal):
    """Deliver everything that waits; the ids the hook made of it."""
    asked = portal.admin("deliver")["round"]
    for _ in range(500):
        if portal.admin("deliveries")["done"] >= asked:
            break
    ids = set()
    for headers, body in portal.door.kept:
        given = HookRequest(headers=headers, body=body, received_at=portal.clock.now())
        ids |= set(portal.source.hook.verify(given))
    return sorted(ids)


def test_a_delivery_is_verified_and_its_deal_is_read_again(wired):
    wired.admin("set_stage", id=WON, stage=OPEN_STAGE)
    wired.admin("duplicate", times=2)
    ids = delivered(wired)
    assert ids == [ObjectId("deal", WON)]
    [sighting] = wired.source.refresh(ids).sightings
    assert wired.order(sighting).won is False


def test_what_a_webhook_did_not_tell_polling_finds(wired):
    wired.admin("set_stage", id=WON, stage=OPEN_STAGE)
    wired.admin("drop")
    assert delivered(wired) == []
    wired.advance(minutes=2)
    [sighting] = wired.poll()
    assert wired.order(sighting).won is False


def test_a_wrong_signature_and_an_old_stamp_are_refused(wired):
    for spoiled in ({"signature": "wrong"}, {"signature": "missing"}, {"timestamp_age_seconds": 400}):
        wired.control.config(webhooks={**DEFAULTS, **spoiled})
        wired.door.kept.clear()
        for stage in (OPEN_STAGE, WON_STAGE):
            wired.admin("set_stage", id=WON, stage=stage)
        with pytest.raises(HookRefused):
            delivered(wired)


def test_a_line_and_a_company_lead_to_their_deals(wired):
    for one in (ObjectId("line_item", LINE), ObjectId("company", ACME), ObjectId("deal", WON)):
        assert [s.object_id for s in wired.source.refresh([one]).sightings] == [WON]
    assert wired.source.refresh([]).sightings == []


def test_a_merge_is_told_with_its_aliases(wired):
    new = wired.admin("merge", type="deals", primary=WON, other="20002")["id"]
    found = wired.source.refresh([ObjectId("deal", WON)])
    assert {(one.loser, one.winner) for one in found.aliases} == {(WON, new), ("20002", new)}
    assert {(one.object_id, one.deleted) for one in found.sightings} == {
        (WON, True),
        ("20002", True),
        (new, False),
    }


def test_a_deal_nobody_knows_is_recorded_as_gone(wired):
    [sighting] = wired.source.refresh([ObjectId("deal", "424242")]).sightings
    assert (sighting.object_id, sighting.deleted) == ("424242", True)
