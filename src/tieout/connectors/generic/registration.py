"""How `tieout.yaml` names a source of files: `type: generic`. It has no options of its own."""

from __future__ import annotations

from tieout.connectors.generic.source import GenericConfig, GenericSource
from tieout.connectors.kit.registration import Connector, Options, Setup


class GenericOptions(Options):
    """None: name and environment say everything there is to say about files."""


def _build(setup: Setup) -> GenericSource:
    return GenericSource(
        GenericConfig(name=setup.name, environment=setup.environment, cut_over=setup.cut_over)
    )


GENERIC = Connector(GenericOptions, _build)
