"""OFX tags, SGML (1.x, closing tags optional) and XML (2.x) alike.

The file is read as a sequence of tags, not as a tree: where closing tags are missing, or an empty element looks like an
aggregate, a tree would be a guess.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]{0,40})\s*/?>([^<]*)")
_OPEN, _CLOSE = "<![CDATA[", "]]>"


@dataclass(frozen=True, slots=True)
class OfxTag:
    """An opening tag with the text behind it, or a closing tag; `line` counts from 1."""

    name: str
    text: str
    closing: bool
    line: int


def _without_cdata(text: str) -> str:
    """CDATA sections as escaped text."""
    pieces, at = [], 0
    while (start := text.find(_OPEN, at)) >= 0 and (end := text.find(_CLOSE, start)) >= 0:
        pieces += [text[at:start], html.escape(text[start + len(_OPEN) : end], quote=False)]
        at = end + len(_CLOSE)
    return "".join(pieces) + text[at:] if pieces else text


def tags(text: str) -> Iterator[OfxTag]:
    """The tags of a file, names in capitals, texts unescaped."""
    plain = _without_cdata(text)
    line, seen = 1, 0
    for match in _TOKEN.finditer(plain):
        line += plain.count("\n", seen, match.start())
        seen = match.start()
        value = match[3].strip()
        yield OfxTag(match[2].upper(), html.unescape(value) if "&" in value else value, bool(match[1]), line)
