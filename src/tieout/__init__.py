"""Tieout: quote-to-cash orchestration for Oracle NetSuite."""

__version__ = "0.1.0"
