"""Reference pages that are written from the code: `python -m tests.tidy.pages` writes them anew.

A page and the code cannot drift apart: `test_docs` compares them word by word, and refuses a command, setting
or code that says nothing about itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tests.tidy.source import DOCS

from tieout.connectors.bank.codes import CODES as BANK_CODES
from tieout.connectors.bank.csv_headers import ROLES
from tieout.connectors.generic.columns import DEAL, FACTS, LINE
from tieout.connectors.generic.schema import schema
from tieout.domain.lifecycle import FINAL, TRANSITIONS, UNSENT, State
from tieout.emulators.scenario import PLANTS
from tieout.emulators.scenario.cash.families import FAMILIES, Family
from tieout.emulators.scenario.cash.shop import FAMILIES as SHOP_FAMILIES
from tieout.emulators.scenario.cash.shop import ShopFamily


def commands() -> dict[str, Any]:
    """`tieout cases list` -> its command; groups themselves are not commands."""
    if _missing("tieout.cli.app"):
        return {}
    root = typer.main.get_command(importlib.import_module("tieout.cli.app").app)
    return dict(_leaves("tieout", root))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):  # a group; typer carries a click of its own, so the type is not asked
        for child in sorted(command.commands):
            yield from _leaves(f"{name} {child}", command.commands[child])
    else:
        yield name, command


def settings() -> dict[str, type[BaseModel]]:
    """Every model of `tieout.yaml`, by class name, in the order they are written; private bases are none."""
    if _missing("tieout.settings"):
        return {}
    module = importlib.import_module("tieout.settings")
    modules = [module]
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        modules.append(importlib.import_module(f"tieout.settings.{found.name}"))
    return {
        name: value
        for one in modules
        for name, value in vars(one).items()
        if inspect.isclass(value)
        and issubclass(value, BaseModel)
        and value.__module__ == one.__name__
        and not name.startswith("_")
    }


def findings() -> tuple[dict[str, Any], dict[str, str]]:
    """The register of case codes, and the reasons for which an input is ignored."""
    module = importlib.import_module("tieout.domain.findings")
    return module.CODES, module.IGNORE_REASONS


def commands_page() -> str:
    """Every command with its purpose and parameters."""
    lines = ["# Commands", "", "Written from the code by `python -m tests.tidy.pages`.", ""]
    for name, command in commands().items():
        lines += [f"## `{name}`", "", _sentence(command.help), ""]
        rows = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
        rows = [row for row in rows if not row.startswith("| `--help`")]
        lines += ["| parameter | meaning |", "|---|---|", *rows, ""] if rows else []
    return "\n".join(lines)


def settings_page() -> str:
    """Every key of `tieout.yaml` with its type and meaning."""
    lines = [
        "# Settings",
        "",
        "Every key of `tieout.yaml`. Written from the code by `python -m tests.tidy.pages`.",
        "",
    ]
    for name, model in settings().items():
        lines += [f"## {name}", "", _sentence(model.__doc__), "", "| key | type | default | meaning |"]
        lines.append("|---|---|---|---|")
        for key, field in model.model_fields.items():
            cells = [f"`{field.alias or key}`", _type(field), _default(field), _cell(field.description)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def findings_page() -> str:
    """Every case code with its cause and ways out, and every reason for ignoring an input."""
    codes, reasons = findings()
    lines = [
        "# Findings and cases",
        "",
        "A code never changes its meaning. Written from the code by `python -m tests.tidy.pages`.",
        "",
        "| code | title | cause | ways out |",
        "|---|---|---|---|",
    ]
    for code, entry in codes.items():
        ways = "; ".join(str(way) for way in entry.ways_out)
        lines.append(f"| `{code}` | {_cell(entry.title)} | {_cell(entry.cause)} | {_cell(ways)} |")
    lines += ["", "## Reasons for ignoring an input", "", "| reason | meaning |", "|---|---|"]
    lines += [f"| `{reason}` | {_cell(meaning)} |" for reason, meaning in reasons.items()]
    return "\n".join([*lines, ""])


def doctor_page() -> str:
    """Every check of the go-live examination."""
    checks = importlib.import_module("tieout.domain.doctor").CHECKS
    lines = [
        "# Checks of `tieout doctor`",
        "",
        "A code never changes its meaning. Written from the code by `python -m tests.tidy.pages`. How to use it:",
        "[go live](../how-to/go-live.md).",
        "",
        "| code | in order when | requirements | what to do otherwise |",
        "|---|---|---|---|",
    ]
    for code, check in checks.items():
        serves = ", ".join(check.requirements)
        lines.append(f"| `{code}` | {_cell(check.title)} | {serves} | {_cell(check.remedy)} |")
    return "\n".join([*lines, ""])


def scenario_page() -> str:
    """What the demo plants, and how each of it ends."""
    lines = [
        "# The scenario of the demo",
        "",
        "Written from the code by `python -m tests.tidy.pages`.",
        "",
        "Northlight, a software company with a subsidiary in the United States and one in Germany, sells some",
        "forty products in US dollars, euros and yen. A month of its opportunities comes from a seed, and with it",
        "everything that goes wrong in such a month: the same seed gives the same bytes. Most deals are won before",
        "the run begins, one in ten is won while it runs, a few stay open or are lost.",
        "",
        "What is planted hangs on documents, never on moments, and each planted deal has a row that says how it must",
        "end: *confirmed* with exactly these records, *ignored* for a named reason, or *a case* with its own code.",
        "",
        "| plant | what happens | ends |",
        "|---|---|---|",
    ]
    for name, plant in PLANTS.items():
        end = plant.outcome if plant.code is None else f"{plant.outcome}: `{plant.code}`"
        lines.append(f"| `{name}` | {_cell(plant.story)} | {end} |")
    return "\n".join(
        [
            *lines,
            "",
            "A discount on the header is spread over the lines in proportion to their amounts. Each share is cut down",
            "to the currency's decimals; what is left over goes, one smallest unit each, to the lines with the largest",
            "remainders, and between equal remainders to the earlier line.",
            "",
            "## The bank and Stripe",
            "",
            "When the deals have come to rest, the bank tells of money: BAI2 reports, a lockbox, camt.053 statements,",
            "and NACHA files with an 820 in the addenda, in three waves, each file written by the scenario itself.",
            "Beside it an emulated Stripe takes cards and bank debits: eight in a hundred invoices are paid there,",
            "with the stamp that names the invoice.",
            "Two in five of the ordinary invoices are paid, named by Tieout's external ID, as NetSuite numbers them;",
            "everything planted is about manual invoices of before the cut-over, named by their number. Most payers",
            "are known from a file (`tieout payments teach`). Listed bundles are switched on, amounts alone are not.",
            "",
            "| plant | what happens | ends |",
            "|---|---|---|",
            *_family_rows(),
            "",
        ]
    )


def _family_rows() -> list[str]:
    families: list[tuple[str, Family | ShopFamily]] = [*FAMILIES.items(), *SHOP_FAMILIES.items()]
    return [
        f"| `{name}` | {_cell(one.story)} | {one.outcome if one.code is None else f'{one.outcome}: `{one.code}`'} |"
        for name, one in families
    ]


def generic_page() -> str:
    """The published shape of a deal: the JSON form from its schema, the CSV form from its columns."""
    root = schema()
    lines = [
        "# Deals from files",
        "",
        "Written from the code by `python -m tests.tidy.pages`. How to use it:",
        "[bring in deals from any other system](../how-to/generic-deals.md).",
        "",
        "A file is UTF-8 text of at most 64 MiB: one JSON object, an array of them, one JSON object a line, or CSV.",
        "Amounts and quantities are plain decimals in quotes: no grouping, no exponent, no currency sign. Fields and",
        "columns that are not listed here are kept as they came and used for nothing.",
        "The machine-readable form is [schema.json](../../src/tieout/connectors/generic/schema.json).",
        "",
        "## JSON",
        "",
    ]
    parts = {"deal": root, **root["$defs"]}
    for name, part in parts.items():
        lines += [f"### {name}", "", "| field | required | meaning |", "|---|---|---|"]
        for key, field in part["properties"].items():
            need = "yes" if key in part.get("required", ()) else ""
            lines.append(f"| `{key}` | {need} | {_cell(field.get('description'))} |")
        lines.append("")
    lines += [
        "## CSV",
        "",
        "One row a line of a deal, with a header row; the delimiter is a comma, a semicolon or a tab. Columns about",
        "the deal say the same in each of its rows, or are empty in all but one.",
        "",
        "| column | field |",
        "|---|---|",
    ]
    lines += [f"| `{column}` | `{'.'.join(place)}` |" for column, place in DEAL.items()]
    lines += [f"| `{start}<name>` | `{'.'.join(place)}.<name>` |" for start, place in FACTS.items()]
    lines += ["", "Columns about the row's own line:", "", "| column | field of the line |", "|---|---|"]
    lines += [f"| `{column}` | `{'.'.join(place)}` |" for column, place in LINE.items()]
    return "\n".join([*lines, ""])


def bank_codes_page() -> str:
    """Every finding about a bank file, and the column names of CSV exports that are known."""
    lines = [
        "# Findings about bank files",
        "",
        "A code never changes its meaning. Written from the code by `python -m tests.tidy.pages`. What the effects",
        "are: [bank files](bank-files.md).",
        "",
        "| code | effect | meaning | what to do |",
        "|---|---|---|---|",
    ]
    for code, one in BANK_CODES.items():
        effect = "blocks, refuses" if one.refuses else one.severity.value
        lines.append(f"| `{code}` | {effect} | {_cell(one.meaning)} | {_cell(one.remedy)} |")
    lines += [
        "",
        "## Column names of CSV exports",
        "",
        "Without accents, in any case.",
        "",
        "| role | names |",
        "|---|---|",
    ]
    lines += [f"| `{role}` | {', '.join(names)} |" for role, names in ROLES.items() if role != "ignored"]
    return "\n".join([*lines, ""])


def lifecycle_page() -> str:
    """The transition table, drawn and listed."""
    lines = [
        "# The life of a document",
        "",
        "A document is one record Tieout intends NetSuite to have. It moves only along this table. Written from the",
        "code by `python -m tests.tidy.pages`.",
        "",
        "```mermaid",
        "stateDiagram-v2",
    ]
    for move, transition in TRANSITIONS.items():
        ordered = [state for state in State if state in transition.sources]
        lines += [f"    {_node(one)} --> {_node(transition.target)}: {move}" for one in ordered]
    lines += [f"    {_node(state)} --> [*]" for state in State if state in FINAL]
    lines += ["```", "", "| move | from | to | meaning |", "|---|---|---|---|"]
    for move, transition in TRANSITIONS.items():
        sources = ", ".join(str(state) for state in State if state in transition.sources)
        lines.append(f"| `{move}` | {sources} | {transition.target} | {_cell(transition.meaning)} |")
    unsent = ", ".join(str(state) for state in State if state in UNSENT)
    final = ", ".join(str(state) for state in State if state in FINAL)
    lines += ["", f"Nothing has left for NetSuite in: {unsent}. The end is: {final}.", ""]
    return "\n".join(lines)


def _node(state: State) -> str:
    return "[*]" if state is State.NEW else str(state)


def api_page() -> str:
    """The REST API: its operations, who may call them, and every code of a refusal."""
    app = importlib.import_module("tieout.web.app")
    rights = importlib.import_module("tieout.web.rights")
    problems = importlib.import_module("tieout.web.problems").PROBLEMS
    document = app.bare().openapi()
    lines = [
        "# The REST API",
        "",
        "Written from the code by `python -m tests.tidy.pages`. How to use it: [use the API](../how-to/api.md). The",
        "OpenAPI document, with every field and examples, is at `/api/v1/openapi.json`.",
        "",
        *str(rights.__doc__).strip().splitlines(),
        "",
        "## Operations",
        "",
        "| operation | what it does | roles, of which one is enough |",
        "|---|---|---|",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            roles = ", ".join(operation["x-roles"])
            lines.append(f"| `{method.upper()} {path}` | {_cell(operation['description'])} | {roles} |")
    lines += ["", "## Parameters", "", "| operation | parameter | meaning |", "|---|---|---|"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", []):
                if one["in"] == "query":
                    said = _cell(one["description"])
                    lines.append(f"| `{method.upper()} {path}` | `{one['name']}` | {said} |")
    lines += [
        "",
        "## Refusals",
        "",
        "Every refusal is `application/problem+json` (RFC 9457) with one of these codes.",
        "",
    ]
    lines += ["| status | code | what is the matter | what to do |", "|---|---|---|---|"]
    for code, kind in sorted(problems.items(), key=lambda row: (row[1].status, row[0])):
        lines.append(f"| {kind.status} | `{code}` | {_cell(kind.title)} | {_cell(kind.remedy)} |")
    return "\n".join([*lines, ""])


PAGES = {
    "reference/api.md": api_page,
    "reference/commands.md": commands_page,
    "reference/settings.md": settings_page,
    "reference/findings.md": findings_page,
    "reference/doctor.md": doctor_page,
    "reference/generic-deals.md": generic_page,
    "reference/bank-file-codes.md": bank_codes_page,
    "reference/lifecycle.md": lifecycle_page,
    "explanation/scenario.md": scenario_page,
}


def _missing(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is None
    except ModuleNotFoundError:
        return True


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    return _cell(kind.__name__ if inspect.isclass(kind) else str(kind).replace("typing.", ""))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "its own" if isinstance(value, BaseModel) else _cell(repr(value))


def _parameter(parameter: Any) -> str:
    shown = ", ".join(f"`{name}`" for name in parameter.opts) if parameter.param_type_name == "option" else ""
    shown = shown or f"`{(parameter.name or '').upper()}`"
    return f"| {shown} | {_cell(getattr(parameter, 'help', None))} |"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _sentence(text).replace("|", "\\|").replace("\x08", "")


def write(folder: Path = DOCS) -> None:
    """Write every page that the code decides."""
    for name, page in PAGES.items():
        (folder / name).write_text(page())


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{', '.join(PAGES)} written\n")
