"""Stripe's own CLI causes each event by a list of calls; the same calls cause it here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.emulators.stripe.support import DAY, Desk

TRIGGERS = sorted((Path(__file__).parents[2] / "fixtures" / "stripe" / "cli-triggers").glob("*.json"))
_REFERENCE = re.compile(r"\$\{(\w+):([\w.]+)\}")


def filled(value, answers):
    """A value with its references to earlier answers filled in."""
    if isinstance(value, dict):
        return {name: filled(one, answers) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, answers) for one in value]
    if not isinstance(value, str):
        return value

    def found(match):
        node = answers[match.group(1)]
        for part in match.group(2).split("."):
            node = node[int(part)] if part.isdigit() else node[part]
        return str(node)

    return _REFERENCE.sub(found, value)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda path: path.stem)
def test_the_calls_of_stripes_cli_cause_their_event(trigger: Path):
    answers = {}
    with Desk() as desk:
        for step in json.loads(trigger.read_text())["fixtures"]:
            path = filled(step["path"], answers).removeprefix("/v1/")
            given = filled(step.get("params", {}), answers)
            answer = desk.get(path, **given) if step["method"] == "get" else desk.post(path, **given)
            wanted = step.get("expected_error_type", "")
            assert answer.is_error == bool(wanted), answer.text
            if wanted:
                assert answer.json()["error"]["type"] == wanted
            answers[step["name"]] = answer.json()
        desk.pass_time(5 * DAY)
        assert trigger.stem in desk.events()
