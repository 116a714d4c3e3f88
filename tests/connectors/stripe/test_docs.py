"""The reference page says what the code says."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from tieout.connectors.stripe import API_VERSION, STRIPE
from tieout.connectors.stripe.foreign import BOOKED
from tieout.connectors.stripe.options import StripeOptions, Webhooks
from tieout.settings.cash import CashSettings, build_cash

DOCS = Path(__file__).parents[3] / "docs"


def options_tables():
    """The options as the page has them: name, default, meaning."""
    parts = []
    for title, model in (("", StripeOptions), ("webhooks", Webhooks)):
        if title:
            parts += [f"### `{title}`", ""]
        parts += ["| option | default | meaning |", "|---|---|---|"]
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else f"`{_shown(field.default)}`"
            parts.append(f"| `{name}` | {default} | {field.description} |")
        parts.append("")
    return "\n".join(parts).strip()


def _shown(value):
    return str(value) if value != "" else '""'


def test_the_page_has_every_option_and_the_version():
    page = (DOCS / "reference" / "stripe.md").read_text()
    assert options_tables() in page, options_tables()
    assert f"`{API_VERSION}`" in page
    for name in BOOKED:
        assert name in page or name.replace("netsuite", "…", 1) in page


def test_the_examples_are_a_valid_configuration():
    text = (DOCS / "how-to" / "stripe.md").read_text()
    blocks = [block.partition("\n")[2] for block in text.split("```")[1::2] if block.startswith("yaml")]
    first, hooks, payouts = (YAML(typ="safe").load(block) for block in blocks)
    STRIPE.options.model_validate({**first["sources"]["stripe"]["options"], **hooks})
    assert set(first["cash"]["accounts"]) == {"stripe:acct_1Nab:usd"}
    policy = build_cash(CashSettings.model_validate(payouts["cash"]), "docs")
    paid = policy.accounts["stripe:acct_1Nab:usd"].payouts
    assert paid is not None
    assert (paid.account, paid.clearing, paid.fees["other"]) == ("101", "112", "611")
