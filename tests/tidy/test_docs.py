"""Every command, setting and case code is documented, and every page can be found."""

from __future__ import annotations

import re

import pytest
from tests.tidy import pages
from tests.tidy.source import DOCS, ROOT

from tieout.connectors.bank.codes import CODES
from tieout.emulators.scenario import PLANTS

ROOT_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
EVERY_PAGE = [*ROOT_PAGES, *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", pages.PAGES)
def test_reference_pages_say_what_the_code_says(name: str):
    assert (DOCS / name).read_text() == pages.PAGES[name](), "run: .venv/bin/python -m tests.tidy.pages"


def test_every_command_and_parameter_explains_itself():
    mute = [name for name, command in pages.commands().items() if not command.help]
    for name, command in pages.commands().items():
        for parameter in command.params:
            if parameter.param_type_name == "option" and not getattr(parameter, "help", None):
                mute.append(f"{name} {parameter.opts[0]}")
    assert mute == []


def test_every_setting_explains_itself():
    mute = []
    for name, model in pages.settings().items():
        if not model.__doc__:
            mute.append(name)
        mute += [f"{name}.{key}" for key, field in model.model_fields.items() if not field.description]
    assert mute == []


def test_every_finding_code_explains_itself():
    codes, reasons = pages.findings()
    assert codes
    assert reasons
    mute = [code for code, entry in codes.items() if not (entry.title and entry.cause and entry.ways_out)]
    assert mute == []
    assert [reason for reason, meaning in reasons.items() if not meaning] == []


def test_every_code_of_bank_files_is_documented_and_says_what_to_do():
    mute = [code for code, one in CODES.items() if not (one.meaning and one.remedy)]
    page = (DOCS / "reference" / "bank-file-codes.md").read_text()
    assert mute + [code for code in CODES if f"| `{code}` |" not in page] == []


def test_every_plant_of_the_demo_ends_in_a_registered_way():
    codes, reasons = pages.findings()
    known: dict[str, set[str | None]] = {"confirmed": {None}, "case": {*codes}, "ignored": {*reasons}}
    assert [name for name, plant in PLANTS.items() if plant.code not in known[plant.outcome]] == []


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in EVERY_PAGE:
        for target in LINK.findall(page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_page_is_reachable_from_the_start():
    seen = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop().resolve()
        if page in seen or not page.exists() or page.suffix != ".md":
            continue
        seen.add(page)
        todo += [page.parent / target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [str(page.relative_to(ROOT)) for page in EVERY_PAGE if page.resolve() not in seen] == []
