"""The examples of `docs/how-to/api.md` run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

from tests.support.api import Api
from tests.tidy.source import DOCS

PAGE = (DOCS / "how-to" / "api.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_every_example_runs_as_it_stands(api: Api):
    assert shutil.which("curl")
    environment = {**os.environ, "TIEOUT_URL": api.url, "TIEOUT_KEY": api.keys["otto"]}
    answers = []
    for block in BLOCKS:
        made = subprocess.run(
            ["bash", "-c", block.replace("curl -s", "curl -s --fail-with-body")],
            env=environment,
            cwd=api.desk.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, f"{block}\n{made.stdout}{made.stderr}"
        answers.append(json.loads(made.stdout) if made.stdout else None)
        if "/deals" in block or "received" in block:
            continue
        api.application.machine.checking.run()
    sources, sent, inputs, story, groups, loaded, retried, plan, applied = answers
    assert [one["name"] for one in sources["sources"]] == ["files"]
    assert (sent["new"], sent["rejected"]) == (1, [])
    assert [one["source_id"] for one in inputs["items"]] == ["D-1"]
    assert story["deals"][0]["deal"] == "D-1"
    assert [(one["code"], one["cause"][:2]) for one in groups["groups"]] == [("item_unmapped", "P9")]
    assert loaded["added"] == 1
    assert retried == {"retried": 1}
    assert plan is None
    assert applied["refused"] == {}


def test_the_refusal_that_is_shown_is_the_one_that_is_given(api: Api):
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    api.key_for("olga", ["operator"], [])
    told = api.ask("POST", "/approvals/7/approve", by="olga", json={"content": "x"}).json()
    assert {**told, "detail": told["detail"].replace("olga", "otto")} == json.loads(shown)
