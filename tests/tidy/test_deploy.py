"""The manifests of `docs/how-to/deploy.md` have the form their tools ask for, and name commands that exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ruamel.yaml import YAML
from starlette.routing import Route
from typer.main import get_command

from tieout.cli.app import app
from tieout.web.health import router

SAFE = YAML(typ="safe")
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SCHEMAS = Path(__file__).resolve().parents[1] / "fixtures" / "schemas"


def kubernetes() -> list[dict[str, Any]]:
    return list(SAFE.load_all(DEPLOY / "kubernetes.yaml"))


def pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in kubernetes() if "template" in one["spec"]]


def containers() -> list[tuple[str, list[str]]]:
    found = []
    compose = SAFE.load(DEPLOY / "compose.yaml")
    found += [(name, one["command"]) for name, one in compose["services"].items() if "command" in one]
    for spec in pods():
        found += [(one["name"], one["args"]) for one in spec["containers"]]
    return found


@pytest.mark.parametrize(("name", "words"), containers(), ids=lambda value: str(value)[:20])
def test_every_container_runs_a_command_there_is(name: str, words: list[str]):
    command: Any = get_command(app)
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        assert words[0] in command.commands, f"{name}: tieout has no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_services_and_volumes_that_are_named_are_there():
    compose = SAFE.load(DEPLOY / "compose.yaml")
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
    for spec in pods():
        volumes = {one["name"] for one in spec["volumes"]}
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            assert {one["name"] for one in container["volumeMounts"]} <= volumes


def test_a_service_leads_to_pods_that_listen_and_probes_to_a_port_they_have():
    documents = kubernetes()
    labelled = {
        tuple(one["spec"]["template"]["metadata"]["labels"].items()): one["spec"]["template"]["spec"]
        for one in documents
        if one["kind"] == "Deployment"
    }
    services = [one for one in documents if one["kind"] == "Service"]
    assert services
    for service in services:
        spec = labelled[tuple(service["spec"]["selector"].items())]
        ports = {port["name"] for container in spec["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    paths = {route.path for route in router.routes if isinstance(route, Route)}
    probed = [
        (container, container[kind]["httpGet"])
        for spec in labelled.values()
        for container in spec["containers"]
        for kind in ("livenessProbe", "readinessProbe")
        if kind in container
    ]
    assert len(probed) == 2
    for container, get in probed:
        assert get["path"] in paths
        assert get["port"] in {port["name"] for port in container["ports"]}


def wrong(document: Any, schema: str) -> list[str]:
    validator = Draft202012Validator(json.loads((SCHEMAS / f"{schema}.json").read_text()))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_the_schemas_are_schemas():
    names = sorted(file.stem for file in SCHEMAS.glob("*.json"))
    assert names == ["compose", "deployment", "job", "service"]
    for name in names:
        Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}.json").read_text()))


def test_the_manifests_have_no_field_their_tools_do_not_know():
    assert wrong(SAFE.load(DEPLOY / "compose.yaml"), "compose") == []
    for document in kubernetes():
        assert wrong(document, document["kind"].lower()) == [], document["metadata"]["name"]


@pytest.mark.parametrize(
    ("schema", "path", "value"),
    [
        ("compose", ("services", "web", "healthchek"), {}),
        ("compose", ("services", "web", "depends_on", "upgrade", "condition"), "service_done"),
        ("compose", ("services", "web", "stop_grace_period"), "45"),
        ("compose", ("secrets", "owner", "path"), "x"),
        ("deployment", ("spec", "template", "spec", "containers", 0, "arguments"), []),
        ("deployment", ("spec", "template", "spec", "containers", 0, "image"), 7),
        ("deployment", ("spec", "selectors"), {}),
        ("job", ("spec", "template", "spec", "restartPolicy"), "Always"),
        ("service", ("spec", "ports", 0, "target"), 1),
    ],
)
def test_a_field_that_is_wrong_is_found(schema: str, path: tuple[Any, ...], value: Any):
    documents = {one["kind"].lower(): one for one in kubernetes()} | {
        "compose": SAFE.load(DEPLOY / "compose.yaml")
    }
    node = documents[schema]
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    assert wrong(documents[schema], schema) != []
