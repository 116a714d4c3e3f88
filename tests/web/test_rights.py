"""Who may do what: every operation without a key, with a key that may not, and with one that may."""

from __future__ import annotations

import pytest
from tests.support.api import Api
from tests.support.desk import deal

from tieout.web.app import bare

DENIED = {"read": "nobody", "work": "vera", "decide": "root"}
LET_IN = {"read": "vera", "work": "otto", "decide": "cora"}


def operations() -> list[tuple[str, str, str]]:
    """Method, path with every parameter filled in, and the access that the operation's own roles come to."""
    found = []
    for path, methods in bare().openapi()["paths"].items():
        for method, operation in methods.items():
            roles = set(operation["x-roles"])
            access = "read" if "viewer" in roles else "work" if "operator" in roles else "decide"
            filled = path.replace("{number}", "4711").replace("{kind}", "item").replace("{source}", "files")
            found.append((method.upper(), filled, access))
    return found


OPERATIONS = [*operations(), ("GET", "/api/v1/openapi.json", "read")]


def test_there_are_operations_of_every_access():
    assert {access for _, _, access in OPERATIONS} == {"read", "work", "decide"}
    assert len(OPERATIONS) > 25


@pytest.mark.parametrize(("method", "path", "access"), OPERATIONS)
def test_an_operation_lets_in_whom_it_should_and_nobody_else(
    shared: Api, method: str, path: str, access: str
):
    none = shared.ask(method, path, by=None)
    assert (none.status_code, none.json()["code"]) == (401, "key_missing")
    assert none.headers["www-authenticate"] == "Bearer"
    wrong = shared.ask(method, path, by=None, headers={"Authorization": "Bearer tok_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "key_invalid")
    denied = shared.ask(method, path, by=DENIED[access])
    told = denied.json()
    assert (denied.status_code, told["code"]) == (403, "role_missing")
    assert told["expected"].startswith("one of ")
    assert told["found"] == ", ".join(
        {"nobody": ["guest"], "vera": ["viewer"], "root": ["admin"]}[DENIED[access]]
    )
    assert shared.ask(method, path, by=LET_IN[access]).status_code not in {401, 403}


def test_a_revoked_key_and_the_key_of_one_who_left_are_good_for_nothing(api: Api):
    from tieout.flows.people import People

    people = People(api.application.machine.context)
    people.deactivate("vera", "root")
    assert api.ask("GET", "/inputs", by="vera").json()["code"] == "key_invalid"
    every = people.keys()
    (otto,) = [key for key in every if key.owner == "otto"]
    people.revoke_key(otto.id, "root")
    assert api.ask("GET", "/inputs", by="otto").json()["code"] == "key_invalid"


def test_an_operation_that_names_no_access_is_denied_to_everybody(api: Api):
    from fastapi import APIRouter, FastAPI
    from tests.support.api import listening

    from tieout.web.door import Door
    from tieout.web.guard import Guarded

    router = APIRouter(route_class=Guarded)

    @router.get("/open")
    def forgotten() -> str:
        return "in"

    app = FastAPI(openapi_url=None)
    app.include_router(router)
    app.state.door = Door(api.application)
    with listening(app) as url:
        header = {"Authorization": f"Bearer {api.keys['root']}"}
        assert api.client.get(f"{url}/open", headers=header).json()["code"] == "role_missing"


def test_a_key_for_one_subsidiary_sees_and_treats_nothing_of_another(api: Api):
    api.key_for("umberto", ["operator"], ["1"])
    api.key_for("greta", ["operator"], ["2"])
    api.post(
        "/sources/files/deals",
        [deal(1), deal(2, lines=[{**deal(2)["lines"][0], "product": {"id": "P9"}}])],
        code=202,
    )
    api.run()
    assert {one["source_id"] for one in api.get("/inputs", by="umberto")["items"]} == {"D-1", "D-2"}
    # D-2 is a case before anything names a subsidiary: everybody sees it, and may work on it.
    assert {one["source_id"] for one in api.get("/inputs", by="greta")["items"]} == {"D-2"}
    assert [one["external_id"] for one in api.get("/documents", by="greta")["items"]] == []
    assert len(api.get("/documents", by="umberto")["items"]) == 2
    (first,) = api.get("/inputs?source_id=D-1")["items"]
    document = api.get("/documents")["items"][0]["id"]
    for path in (f"/inputs/{first['id']}", f"/documents/{document}"):
        told = api.ask("GET", path, by="greta")
        assert (told.status_code, told.json()["code"]) == (403, "other_subsidiary")
        assert api.ask("GET", path, by="umberto").status_code == 200
    assert api.ask("GET", "/traces?id=D-1", by="greta").status_code == 404
    for path, body in (("/plans", None), ("/plans/apply", {})):
        told = api.ask("POST", path, by="umberto", json=body)
        assert (told.status_code, told.json()["code"]) == (403, "other_subsidiary")
    rows = [{"system": "files", "key": "P9", "target": "501", "subsidiary": one} for one in ("2", "1", "")]
    loaded = api.post("/crosswalks/item", {"rows": rows}, by="greta")
    assert (loaded["added"], [one["line"] for one in loaded["rejected"]]) == (1, [2, 3])
    assert "expected one the key acts for (2), found all of them" in loaded["rejected"][1]["reason"]


def test_case_of_another_subsidiary_is_neither_seen_nor_treated(api: Api):
    api.key_for("greta", ["operator"], ["2"])
    api.post("/sources/files/deals", deal(1), code=202)
    api.run()
    api.post(
        "/sources/files/deals",
        deal(1, version=2, lines=[{**deal(1)["lines"][0], "amount": "260.00"}]),
        code=202,
    )
    api.run()
    (case,) = api.get("/cases")["items"]
    assert case["code"] == "deal_changed"
    assert api.get("/cases", by="greta")["items"] == api.get("/cases/groups", by="greta")["groups"] == []
    for method, path, body in (
        ("GET", f"/cases/{case['id']}", None),
        ("POST", f"/cases/{case['id']}/ignore", {"because": "not mine"}),
    ):
        told = api.ask(method, path, by="greta", json=body)
        assert (told.status_code, told.json()["code"]) == (403, "other_subsidiary")
    assert api.post("/cases/retry", {"code": "deal_changed"}, by="greta") == {"retried": 0}
    assert api.get(f"/cases/{case['id']}")["state"] == "open"
