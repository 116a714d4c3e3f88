"""The reference page says what the code says."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from tieout.connectors.salesforce import SALESFORCE
from tieout.connectors.salesforce.options import (
    ClientCredentials,
    JwtBearer,
    SalesforceOptions,
    WriteBackFields,
)

DOCS = Path(__file__).parents[3] / "docs"
SECTIONS = {
    "": SalesforceOptions,
    "auth (client_credentials)": ClientCredentials,
    "auth (jwt)": JwtBearer,
    "write_back.<object>": WriteBackFields,
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


def test_the_page_has_every_option():
    page = (DOCS / "reference" / "salesforce.md").read_text()
    assert options_tables() in page, options_tables()


def test_the_example_is_a_valid_configuration():
    text = (DOCS / "how-to" / "salesforce.md").read_text()
    blocks = [block.partition("\n")[2] for block in text.split("```")[1::2] if block.startswith("yaml")]
    example = YAML(typ="safe").load(blocks[0])
    options = example["sources"]["salesforce"]["options"]
    SALESFORCE.options.model_validate(options)
    options["auth"] = YAML(typ="safe").load(blocks[1])["auth"]
    SALESFORCE.options.model_validate(options)
