"""The configuration file: one YAML, read once, with errors that name file, line and remedy."""

from tieout.settings.build import build_metrics_access, build_netsuite, build_policy, check_files
from tieout.settings.file import ConfigurationError, load
from tieout.settings.model import Settings
from tieout.settings.sign_offs import build_go_live

__all__ = [
    "ConfigurationError",
    "Settings",
    "build_go_live",
    "build_metrics_access",
    "build_netsuite",
    "build_policy",
    "check_files",
    "load",
]
