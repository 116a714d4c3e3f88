"""Deals from files, in a documented shape: for any CRM or integration platform without a connector of its own."""

from tieout.connectors.generic.registration import GENERIC

__all__ = ["GENERIC"]
