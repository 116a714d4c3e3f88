"""Names of what a payment may settle: a document by its internal id, or one line of a journal entry by both numbers.

A journal entry may hold several receivable lines, and each is open by itself: its id alone would mean all of them. So
an open line of a journal goes by `<id>.<line>`; every other document is open as a whole and goes by its id (NetSuite's
ids are digits: neither can be taken for the other).
"""

from __future__ import annotations

from tieout.domain.ids import InternalId


def line_key(document: str, line: int | str) -> InternalId:
    """What the line of a journal entry goes by."""
    return InternalId(f"{document}.{line}")


def key_parts(key: str) -> tuple[InternalId, int | None]:
    """The document, and the line where one is meant."""
    document, dot, line = key.partition(".")
    return InternalId(document), int(line) if dot else None
