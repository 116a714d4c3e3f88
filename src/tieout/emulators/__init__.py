"""Strict local stand-ins for outside systems: HTTP servers any client can use unmodified."""
