"""MT940 and MT942 as statements of tags, however the file is wrapped.

Envelope blocks, Dutch `940` preambles, control characters and trailers are passed over. A tag begins a line and is one
of the standard's; a wrapped text may begin with a colon and digits too (`:26:37 Fo`), so an unknown tag is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TAG = re.compile(r":(20|21|25P?|28C?|13D?|34F|60[FM]|61|86|90[CD]|62[FM]|64|65):(.*)$", re.DOTALL)
_ENVELOPE = re.compile(r"^(\{[1-35]:[^}]*\})*(\{[1-35]:(\{[^}]*\})*\})*(\{4:)?")
_END = re.compile(r"^-(\}.*|X{1,4}|\x03|\x00)?\s*$")
_CLOCK = re.compile(r":[0-5]\d:[0-5]\d")
#: control characters that frame a message, never part of a line
_FRAMING = "\x01\x02\x03\x04\x00\x1a\ufeff"


@dataclass(slots=True)
class Tag:
    """A tag and its lines; `line` counts from 1."""

    name: str
    line: int
    lines: list[str]

    @property
    def body(self) -> str:
        """The first line."""
        return self.lines[0]


@dataclass(slots=True)
class Block:
    """The tags of one statement."""

    line: int
    tags: list[Tag] = field(default_factory=list)
    misplaced: list[Tag] = field(default_factory=list)

    def last(self, *names: str) -> Tag | None:
        """The last tag of these names."""
        return next((tag for tag in reversed(self.tags) if tag.name in names), None)


def blocks(text: str) -> list[Block]:
    """The statements of a file, split at `:20:`, at the end marks, and where a second opening balance begins."""
    splitter = _Splitter()
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        splitter.take(number, line)
    return [block for block in splitter.blocks if block.tags]


class _Splitter:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._block: Block | None = None
        self._tag: Tag | None = None

    def take(self, number: int, line: str) -> None:
        stripped = line.strip(_FRAMING)
        body = stripped
        if body.startswith("{"):
            match = _ENVELOPE.match(body)
            body = body[match.end() :] if match else body
            self._end()
            if not body:
                return
        if _END.match(body):
            self._end()
            return
        match = _TAG.match(body)
        if match is None or self._wrapped(body):
            if self._tag is not None:
                self._tag.lines.append(stripped)
            return
        self._start(Tag(match[1], number, [match[2]]))

    def _end(self) -> None:
        self._block, self._tag = None, None

    def _wrapped(self, body: str) -> bool:
        """Whether a line that looks like a tag is the rest of a time of day: `T16` and then `:20:37`."""
        if self._tag is None or self._tag.name != "86" or _CLOCK.match(body) is None:
            return False
        return re.search(r"(?:[T ]|^)[0-2]?\d$", self._tag.lines[-1]) is not None

    def _start(self, tag: Tag) -> None:
        block = self._block
        new = block is None or tag.name == "20"
        if block is not None and tag.name in {"60F", "60M"} and block.last("60F", "60M") is not None:
            new = True
        if block is not None and tag.name in {"25", "25P"} and block.tags[-1].name == "61":
            # a text whose tag was damaged; a statement names its account before its entries
            tag = Tag("86", tag.line, tag.lines)
            block.misplaced.append(tag)
        if new or block is None:
            block = Block(tag.line)
            self.blocks.append(block)
            self._block = block
        block.tags.append(tag)
        self._tag = tag
