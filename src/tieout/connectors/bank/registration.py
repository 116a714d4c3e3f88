"""How `tieout.yaml` names a source of bank files: `type: bank`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from tieout.connectors.bank.options import BankOptions, Perspective
from tieout.connectors.bank.source import BankConfig, BankSource
from tieout.connectors.kit.registration import Connector, Options, Setup


class BankFileOptions(Options):
    """What the files of one bank, or of one account, need to be told."""

    folder: Path | None = Field(None, description="A folder whose new files are taken in by themselves.")
    account: str = Field("", description="Our account, where files do not name it.")
    currency: str = Field(
        "USD", pattern=r"^[A-Z]{3}$", description="The currency, where a format names none."
    )
    perspective: Perspective = Field(
        Perspective.RECEIVER,
        description="NACHA: `receiver` of others' entries, or `originator` of our own file.",
    )
    date_order: Literal["", "dmy", "mdy"] = Field(
        "", description="CSV: how dates are read that can be read both ways."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="CSV: role → header of the column.")
    card: bool | None = Field(None, description="CSV: `true` where a positive amount is money out.")


def _build(setup: Setup) -> BankSource:
    options: BankFileOptions = setup.options
    reading = BankOptions(
        perspective=options.perspective,
        currency=options.currency,
        account=options.account,
        date_order=options.date_order,
        columns=options.columns,
        card=options.card,
    )
    config = BankConfig(
        name=setup.name, environment=setup.environment, options=reading, folder=options.folder
    )
    return BankSource(config, setup.clock)


BANK = Connector(BankFileOptions, _build)
