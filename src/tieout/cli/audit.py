"""`tieout audit`: prove that the log is what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ConfigOption,
    JsonOption,
    application,
    out,
    print_json,
    refuse,
)
from tieout.flows.audit import Verdict, export, verify

app = typer.Typer(no_args_is_help=True, help="The audit log: sealed, verifiable, exportable.")


@app.command("verify")
def verify_(
    config: ConfigOption = DEFAULT_CONFIG,
    head: Annotated[str, typer.Option(help="A head that was exported earlier; it must still be there.")] = "",
    against: Annotated[
        Path | None, typer.Option(help="An earlier export: its head must still be in the chain.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every seal from the rows as they are now. Exit code 0: all hold; 1: something was changed."""
    with application(config) as app_:
        verdict = verify(app_.store, _head(head, against))
    if as_json:
        print_json(_plain(verdict))
    else:
        out.print(f"{verdict.rows} rows under {verdict.seals} seals; {verdict.unsealed} not sealed yet")
        out.print(f"head {verdict.head}")
        for one in verdict.breaks:
            where = f"seal {one.seal}" if one.seal else "the chain"
            out.print(f"[red]broken[/red] {where}: {one.found}", soft_wrap=True)
    if verdict.breaks:
        raise typer.Exit(TO_LOOK_AT)


def _head(head: str, against: Path | None) -> str:
    if against is None:
        return head
    lines = against.read_text(encoding="utf-8").splitlines() if against.is_file() else []
    try:
        _, values = json.loads(lines[-1])
        return str(values["head"])
    except (IndexError, ValueError, KeyError, TypeError):
        refuse(f"{against}: expected an export of `tieout audit export`, whose last line names the head")


def _plain(verdict: Verdict) -> dict[str, object]:
    return {
        "ok": not verdict.breaks,
        "seals": verdict.seals,
        "rows": verdict.rows,
        "unsealed": verdict.unsealed,
        "head": verdict.head,
        "breaks": [{"seal": one.seal, "found": one.found} for one in verdict.breaks],
    }


@app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="Where to write it, as lines of JSON.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Seal what is there and write every sealed row, each seal, and the head. Keep the head somewhere else."""
    with application(config) as app_:
        while app_.machine.sealing.run(now_at_once=True):
            pass
        with file.open("w", encoding="utf-8") as target:
            count, last = 0, ""
            for line in export(app_.store):
                target.write(line + "\n")
                count, last = count + 1, line
    out.print(f"{count} lines in {file}; head {json.loads(last)[1]['head']}", soft_wrap=True)
