"""Alive, ready, and the figures: from the store, for whoever may read them."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.api import Api, listening, open_api
from tests.support.desk import deal, open_desk

from tieout import bootstrap
from tieout.web import metrics as figures
from tieout.web.door import Door


def read(text: str) -> dict[tuple[str, ...], int | str]:
    """(name, label values …) → value, as it stands."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, *sample.labels.values()] = sample.value
    return found


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch):
    monkeypatch.setattr(figures, "_GOOD_SECONDS", 0)


def test_alive_and_ready_need_no_key(api: Api):
    assert api.get("/healthz", by=None) == {"alive": True}
    checks = [
        {"name": name, "ok": True, "detail": ""} for name in ("store", "revision", "incarnation", "account")
    ]
    assert api.get("/readyz", by=None) == {"ready": True, "checks": checks}


def test_a_paused_account_is_told_and_people_can_still_look(api: Api):
    api.application.machine.gate.close("INVALID_LOGIN for token 4711")
    ready = api.get("/readyz", by=None)
    assert ready["ready"]
    assert re.fullmatch(r"paused since 2026-11-02T\S+", ready["checks"][-1]["detail"])
    assert read(api.ask("GET", "/metrics").text)[("tieout_account_paused",)] == 1


def test_a_store_that_is_not_as_it_was_left_is_not_ready(api: Api, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(bootstrap.migrating, "head", lambda: "9999")
        told = api.ask("GET", "/readyz", by=None)
        assert (told.status_code, told.json()["code"], told.json()["detail"]) == (
            503,
            "not_ready",
            "not in order: revision",
        )
        assert told.json()["checks"][1]["detail"].endswith("this version needs 9999")
    from tieout.store import tables as t

    with api.application._database.write() as connection:
        connection.execute(t.meta.update().where(t.meta.c.name == "installation").values(value="another"))
    assert api.ask("GET", "/readyz", by=None).json()["detail"] == "not in order: incarnation"
    with monkeypatch.context() as other:
        other.setattr(bootstrap.migrating, "current", lambda _: 1 / 0)
        told = api.ask("GET", "/readyz", by=None).json()
        assert told["detail"] == "not in order: store"
        assert told["checks"][0]["detail"] == "the database cannot be read (ZeroDivisionError)"
    assert api.get("/healthz", by=None) == {"alive": True}


def test_the_figures_are_those_of_the_store(api: Api):
    line = {**deal(2)["lines"][0], "product": {"id": "P9"}}
    api.post("/sources/files/deals", [deal(1), deal(2, lines=[line]), deal(3, won=False)], code=202)
    before = read(api.ask("GET", "/metrics").text)
    assert before["tieout_inputs", "received"] == 3
    assert before["tieout_lane_backlog", "check"] == 3
    assert before["tieout_lane_oldest_due_seconds", "check"] > 0
    api.run()
    found = read(api.ask("GET", "/metrics", by="vera").text)
    standings = {key[1]: value for key, value in found.items() if key[0] == "tieout_inputs"}
    assert standings == {"received": 0, "planned": 0, "confirmed": 1, "case": 1, "ignored": 1}
    assert found["tieout_documents", "create_invoice", "confirmed"] == 1
    assert found["tieout_open_cases", "item_unmapped"] == 1
    for name in ("calls_in_doubt", "call_in_doubt_oldest_seconds", "account_paused", "sources_woken"):
        assert found[(f"tieout_{name}",)] == 0
    assert found[("tieout_slots",)] == 4
    assert {key[1] for key in found if key[0] == "tieout_lane_backlog"} == set(figures.LANES)
    assert sum(value for key, value in found.items() if key[0] == "tieout_lane_backlog") == 0
    assert found["tieout_last_poll_age_seconds", "files"] >= 0


def test_a_call_in_doubt_is_seen_with_its_age(api: Api):
    api.desk.control.faults({"kind": "commit_reset", "match": {"operation": "create", "record": "customer"}})
    api.post("/sources/files/deals", deal(1), code=202)
    machine = api.application.machine
    for _ in range(3):
        machine.checking.run()
        machine.looking_up.run(10)
        machine.send_one_by_one()
    found = read(api.ask("GET", "/metrics").text)
    assert found[("tieout_calls_in_doubt",)] == 1
    assert found[("tieout_call_in_doubt_oldest_seconds",)] > 0
    assert found["tieout_lane_backlog", "doubt"] == 1


def test_figures_are_for_keys_that_read_for_a_token_and_at_an_address_of_their_own(tmp_path):
    with open_desk(tmp_path / "desk") as desk, open_api(desk, metrics_token="scrape-me") as api:
        assert api.ask("GET", "/metrics", by=None).status_code == 401
        assert api.ask("GET", "/metrics", by="nobody").status_code == 403
        for headers, by in ((None, "vera"), ({"Authorization": "Bearer scrape-me"}, None)):
            answer = api.ask("GET", "/metrics", by=by, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/plain; version=")
        wrong = api.ask("GET", "/metrics", by=None, headers={"Authorization": "Bearer scrape-you"})
        assert wrong.status_code == 401
        with listening(figures.alone(figures.Scrape(Door(api.application)))) as url:
            assert "tieout_inputs" in api.client.get(f"{url}/metrics").text
            assert api.client.get(f"{url}/api/v1/inputs").status_code == 404
