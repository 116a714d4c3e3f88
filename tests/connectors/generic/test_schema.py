"""The published schema and the reader agree: what the one allows the other reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tieout.connectors.generic.columns import DEAL, LINE
from tieout.connectors.generic.schema import schema
from tieout.connectors.generic.source import GenericConfig, GenericSource
from tieout.domain.documents import Order

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures" / "generic"
PAGES = [ROOT / "docs" / "reference" / "generic-deals.md", ROOT / "docs" / "how-to" / "generic-deals.md"]
SOURCE = GenericSource(GenericConfig())
VALIDATOR = Draft202012Validator(schema())


def examples() -> list[tuple[str, dict]]:
    """Deals of the fixtures, and every JSON example of the documentation."""
    found = [(f"deals.json {one['id']}", one) for one in json.loads((FIXTURES / "deals.json").read_text())]
    for page in PAGES:
        blocks = re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)
        found += [(f"{page.parent.name}/{page.name}", json.loads(block)) for block in blocks]
    return found


def test_the_schema_is_one():
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(("name", "deal"), examples(), ids=[name for name, _ in examples()])
def test_examples_fit_the_schema_and_are_read(name: str, deal: dict):
    assert [error.message for error in VALIDATOR.iter_errors(deal)] == []
    [sighting] = SOURCE.parse_file(json.dumps(deal).encode()).sightings
    assert isinstance(SOURCE.read(sighting), Order)


def test_csv_examples_of_the_documentation_are_read():
    blocks = [
        block for page in PAGES for block in re.findall(r"```csv\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    assert blocks
    for block in blocks:
        parsed = SOURCE.parse_file(block.encode(), "example.csv")
        assert (parsed.rejected, parsed.notes) == ((), ())
        assert all(isinstance(SOURCE.read(one), Order) for one in parsed.sightings)


@pytest.mark.parametrize(
    "broken",
    [
        {"won": 7},
        {"currency": "dollars"},
        {"lines": {}},
        {"customer": {"id": "A"}},
        {"amount": "1,234.50"},
        {"lines": [{"product": {"id": "P"}, "quantity": "1", "amount": 12.5}]},
        {"lines": [{"product": {}, "quantity": "1", "amount": "12.5"}]},
        {"close_date": "02/10/2026"},
    ],
)
def test_what_the_schema_refuses_is_no_order_either(broken: dict):
    deal = examples()[0][1] | broken
    assert not VALIDATOR.is_valid(deal)
    [sighting] = SOURCE.parse_file(json.dumps(deal).encode()).sightings
    assert not isinstance(SOURCE.read(sighting), Order)


def test_every_column_leads_to_a_field_of_the_schema():
    root = schema()

    def has(node: dict, place: tuple[str, ...]) -> bool:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rpartition("/")[2]]
        return not place or (place[0] in node["properties"] and has(node["properties"][place[0]], place[1:]))

    line = root["$defs"]["line"]
    assert [column for column, place in DEAL.items() if not has(root, place)] == []
    assert [column for column, place in LINE.items() if not has(line, place)] == []
