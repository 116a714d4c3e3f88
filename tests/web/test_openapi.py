"""The OpenAPI document is what the API does: every operation, asked in many ways, answers as it says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from tests.support.api import Api, open_api
from tests.support.desk import deal, open_desk
from tests.web.shared import configuration

from tieout.web.app import bare
from tieout.web.problems import MEDIA_TYPE


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> Iterator[Api]:
    """An API with a confirmed deal and an open case."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with open_desk(folder / "desk", configuration(approvals=True)) as desk, open_api(desk) as made:
        line = {**deal(2)["lines"][0], "product": {"id": "P9"}}
        made.post("/sources/files/deals", [deal(1), deal(2, lines=[line])], code=202)
        made.run()
        yield made


def test_the_document_is_the_same_for_every_installation(furnished: Api):
    assert furnished.get("/openapi.json", by="vera") == json.loads(json.dumps(bare().openapi()))


def test_every_operation_says_what_it_does_who_may_and_how_it_refuses():
    document = bare().openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["description"], where
            assert operation["x-roles"], where
            assert {"401", "403", "422", "500"} <= set(operation["responses"]), where
            for status, answer in operation["responses"].items():
                media = {MEDIA_TYPE} if status >= "400" else {"application/json"}
                assert set(answer["content"]) == media, f"{where} {status}"
            for parameter in operation.get("parameters", []):
                assert parameter["description"], f"{where} {parameter['name']}"
    for name, schema in document["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            assert "description" in one or "$ref" in one, f"{name}.{field}"
    assert document["security"] == [{"key": []}]


def test_every_operation_answers_as_it_says(furnished: Api):
    document = bare().openapi()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    checks = (
        schemathesis.checks.not_a_server_error,
        schemathesis.specs.openapi.checks.status_code_conformance,
        schemathesis.specs.openapi.checks.content_type_conformance,
        schemathesis.specs.openapi.checks.response_schema_conformance,
    )
    headers = {"Authorization": f"Bearer {furnished.keys['otto']}"}
    asked = []
    for found, mode in itertools.product(schema.get_all_operations(), schemathesis.GenerationMode):
        operation = found.ok()

        @hypothesis.settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def conforms(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=furnished.url, headers=headers, checks=checks)

        conforms()
        asked.append(operation.label)
    assert len(set(asked)) == sum(len(methods) for methods in document["paths"].values())
