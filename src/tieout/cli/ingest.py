"""`tieout ingest`: deals from files; with `--dry-run`, what bank files come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.cli.bank_files import dry_run as show_bank_files
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
from tieout.flows.ingest import NotAFileSource, ingest_file
from tieout.flows.ports import FileSource


def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="JSON, JSON lines or CSV files of deals; with --dry-run: bank files.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    source: Annotated[str, typer.Option(help="Which source; not needed when only one takes files.")] = "",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Read bank files and print their figures; keep nothing, need nothing."
        ),
    ] = False,
    perspective: Annotated[
        str, typer.Option(help="Dry run of NACHA files: `receiver` (the default) or `originator`.")
    ] = "",
    currency: Annotated[str, typer.Option(help="Dry run: the currency where a file names none (USD).")] = "",
    date_order: Annotated[
        str, typer.Option(help="Dry run of CSV files: `dmy` or `mdy` where dates can be read both ways.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Store deals from files; `tieout sync` then carries them out. Rejected rows go to a file beside."""
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        refuse(f"there is no file {', '.join(missing)}; nothing was taken in")
    if dry_run:
        show_bank_files(
            files, perspective=perspective, currency=currency, date_order=date_order, as_json=as_json
        )
        return
    with application(config) as app:
        takers = [name for name, one in app.sources.items() if isinstance(one, FileSource)]
        if not source and len(takers) != 1:
            refuse(f"name the source with --source; these take files: {', '.join(takers) or 'none'}")
        name = source or takers[0]
        if name not in app.sources:
            refuse(f"there is no source {name!r}; configured: {', '.join(app.sources)}")
        try:
            results = [ingest_file(app.machine.context, app.sources[name], file) for file in files]
        except NotAFileSource as error:
            refuse(str(error))
    if as_json:
        print_json({"files": [result.as_json() for result in results]})
    else:
        for result in results:
            out.print(
                f"{result.file}: {result.deals} deals, {result.fresh} new or newer,"
                f" {len(result.parsed.rejected)} pieces rejected",
                markup=False,
                soft_wrap=True,
            )
            for note in result.parsed.notes:
                out.print(f"  note: {note}", markup=False, soft_wrap=True)
            for piece in result.parsed.rejected:
                out.print(
                    f"  line {piece.line}: {piece.reason}; expected {piece.expected}, found {piece.found}",
                    markup=False,
                    soft_wrap=True,
                )
            if result.rejected_file:
                out.print(f"  rejected pieces are in {result.rejected_file}", markup=False, soft_wrap=True)
    if any(result.parsed.rejected for result in results):
        raise typer.Exit(TO_LOOK_AT)
