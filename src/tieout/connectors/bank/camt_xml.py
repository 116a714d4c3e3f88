"""ISO 20022 documents, read element by element, without entities, document types or the network.

Namespaces are ignored: the versions of a message differ in them and little else. Elements are dropped once they were
read, so a statement of hundreds of megabytes needs no more memory than its largest entry.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

#: statement-like containers → the message they come in
CONTAINERS = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
MESSAGES = {
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}
_UNSAFE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class UnsafeXml(Exception):
    """The document declares a document type or entities."""


class BrokenXml(Exception):
    """The document is not well-formed from some point on; `line` says where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def name(element: Any) -> str:
    """The local name; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def events(content: bytes) -> Iterator[tuple[str, Any]]:
    """`(event, element)` for start and end of every element. Raises `UnsafeXml` and `BrokenXml`.

    libxml2's own limits stay on: 256 levels, 10 MB for one text.
    """
    if _UNSAFE.search(content[:65536]) or _UNSAFE.search(content[:65536].replace(b"\x00", b"")):
        raise UnsafeXml("a document type or an entity")
    parser = etree.iterparse(
        io.BytesIO(content.lstrip(b"\r\n\t ") if content[:1] in b"\r\n\t " else content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for event, element in parser:
            if event == "start" and element.getparent() is None and element.getroottree().docinfo.doctype:
                raise UnsafeXml("a document type")
            yield event, element
    except etree.XMLSyntaxError as error:
        raise BrokenXml(str(error.msg or error), error.lineno or 0) from error


def kids(element: Any, *names: str) -> Iterator[Any]:
    """The elements at the end of a path of local names, in document order."""
    if not names:
        yield element
        return
    for child in element:
        if name(child) == names[0]:
            yield from kids(child, *names[1:])


def first(element: Any, *names: str) -> Any:
    """The first element at the end of a path, or None."""
    return next(kids(element, *names), None)


def text(element: Any, *names: str) -> str:
    """The text of the first element at the end of a path, without outer blanks; empty where there is none."""
    found = first(element, *names)
    return "" if found is None else (found.text or "").strip()


def either(element: Any, *paths: tuple[str, ...]) -> str:
    """The first of several paths that has a text."""
    return next((found for path in paths if (found := text(element, *path))), "")


def drop(element: Any) -> None:
    """Forget an element that was read, and what stands before it in its parent."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None and name(element.getprevious()) == name(element):
            parent.remove(element.getprevious())


def source(element: Any) -> str:
    """The element as it was written."""
    written: bytes = etree.tostring(element, with_tail=False)
    return written[:4000].decode("utf-8", errors="replace")
