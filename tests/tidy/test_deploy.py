"""The manifests of `docs/how-to/deploy.md` have the form their tools ask for, and name commands that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from tieout.cli.app import app

SAFE = YAML(typ="safe")
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def containers() -> list[tuple[str, list[str]]]:
    found = []
    compose = SAFE.load(DEPLOY / "compose.yaml")
    found += [(name, one["command"]) for name, one in compose["services"].items() if "command" in one]
    for document in SAFE.load_all(DEPLOY / "kubernetes.yaml"):
        spec = document["spec"]["template"]["spec"]
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
    for document in SAFE.load_all(DEPLOY / "kubernetes.yaml"):
        spec = document["spec"]["template"]["spec"]
        volumes = {one["name"] for one in spec["volumes"]}
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            assert {one["name"] for one in container["volumeMounts"]} <= volumes
        assert document["apiVersion"] in {"batch/v1", "apps/v1"}
