"""Errors that mean the *program* is wrong; what is wrong with the *data* is a `Finding`, never raised."""

from __future__ import annotations


class DomainError(ValueError):
    """A caller broke a rule of the domain (mixed currencies, a naive datetime, an impossible transition)."""
