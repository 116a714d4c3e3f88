"""`tieout netsuite`: preparing an account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout import bootstrap
from tieout.cli.common import out, refuse

app = typer.Typer(no_args_is_help=True, help="Preparing a NetSuite account.")


@app.callback()
def _group() -> None:
    """Preparing a NetSuite account."""


@app.command()
def setup(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that does not exist yet.")],
) -> None:
    """Write the SuiteCloud project an admin deploys: trace fields, the integration's role, and notes."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        refuse(f"{folder} is not an empty folder; nothing was written")
    files = bootstrap.netsuite_project()
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    out.print(f"{len(files)} files in {folder}; README.md says what to do", markup=False, soft_wrap=True)
