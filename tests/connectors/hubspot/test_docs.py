"""The reference page says what the code says."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from tieout.connectors.hubspot import HUBSPOT
from tieout.connectors.hubspot.client import API_VERSION
from tieout.connectors.hubspot.options import (
    HubSpotOptions,
    RefreshToken,
    StaticToken,
    Webhooks,
    WriteBackProperties,
)

DOCS = Path(__file__).parents[3] / "docs"
SECTIONS = {
    "": HubSpotOptions,
    "auth (token)": StaticToken,
    "auth (oauth)": RefreshToken,
    "webhooks": Webhooks,
    "write_back.<object>": WriteBackProperties,
}


def options_tables():
    """The options as the page has them: name, default, meaning."""
    parts = []
    for title, model in SECTIONS.items():
        if title:
            parts += [f"### `{title}`", ""]
        parts += ["| option | default | meaning |", "|---|---|---|"]
        for name, field in model.model_fields.items():
            default = (
                "required"
                if field.is_required()
                else f"`{_shown(field.get_default(call_default_factory=True))}`"
            )
            parts.append(f"| `{name}` | {default} | {field.description} |")
        parts.append("")
    return "\n".join(parts).strip()


def _shown(value):
    return str(value) if value != "" else '""'


def test_the_page_has_every_option_and_the_version():
    page = (DOCS / "reference" / "hubspot.md").read_text()
    assert options_tables() in page, options_tables()
    assert f"`{API_VERSION}`" in page


def test_the_examples_are_a_valid_configuration():
    text = (DOCS / "how-to" / "hubspot.md").read_text()
    blocks = [block.partition("\n")[2] for block in text.split("```")[1::2] if block.startswith("yaml")]
    first, oauth, approval, hooks = (YAML(typ="safe").load(block) for block in blocks)
    options = first["sources"]["hubspot"]["options"]
    for more in ({}, oauth, approval["options"], hooks["options"]):
        options |= more
        HUBSPOT.options.model_validate(options)
