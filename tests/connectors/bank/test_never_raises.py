"""Whatever bytes come, the answer is a file with findings: never an exception, never a wait, never a sum of its own."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.connectors.bank.samples import SAMPLES, content_of

from tieout.connectors.bank import parse_bank_file, summary
from tieout.domain.cash.movements import BankFile, MovementKind
from tieout.domain.money import is_currency

CALM = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
#: seconds a file of a few kilobytes may take; the slowest sample takes a fiftieth of it
PATIENCE = 5


def whole(content: bytes) -> BankFile:
    began = time.monotonic()
    read = parse_bank_file(content, "fuzz")
    assert time.monotonic() - began < PATIENCE
    assert "file_unreadable" not in [finding.code for finding in read.findings], read.findings[0].found
    figures = summary(read)
    assert figures["entries"] == len(read.entries)
    hold_together(read)
    return read


def hold_together(read: BankFile) -> None:
    """No movement says more than its file: each is of an entry, and of one entry they never exceed it.

    Reversed sides and charges are allowed for by comparing absolute sums where the parts are on one side.
    """
    keys = [(one.identity, one.ordinal) for one in read.movements]
    assert len(keys) == len(set(keys))
    by_line: dict[str, Decimal] = {}
    for one in read.movements:
        assert one.amount.amount >= 0
        if one.kind is not MovementKind.FEE:
            by_line[one.place.where.split(" details ")[0]] = by_line.get(
                one.place.where.split(" details ")[0], Decimal(0)
            ) + (one.amount.amount if one.credit else -one.amount.amount)
    entries = {one.place.where: one for one in read.entries}
    for where, signed in by_line.items():
        entry = entries[where]
        assert entry.amount is not None
        if is_currency(entry.currency) and abs(signed) > entry.amount + 1:
            fees = [
                m for m in read.movements if m.kind is MovementKind.FEE and m.place.where.startswith(where)
            ]
            assert fees


@CALM
@given(st.binary(max_size=600))
def test_arbitrary_bytes(content: bytes):
    whole(content)


@CALM
@given(
    st.text(alphabet="0123456789ABCRD:,;/*~\\<>{}[]\"'&\n\r\t .-+?=X", max_size=600),
    st.sampled_from(
        ["", ":20:", "01,", "ISA*", "101 ", "<OFX>", "<?xml ", "{", "[", "{1:F01", "Date;Amount\n", "6"]
    ),
)
def test_texts_of_the_characters_bank_files_are_made_of(text: str, start: str):
    whole((start + text).encode())


@CALM
@given(st.sampled_from(SAMPLES), st.integers(min_value=0, max_value=2**32))
def test_samples_that_were_damaged(name: str, seed: int):
    chance = random.Random(seed)
    content = bytearray(content_of(name)[:6000])
    for _ in range(chance.randint(1, 12)):
        where = chance.randrange(len(content))
        action = chance.randrange(4)
        if action == 0:
            content[where] = chance.randrange(256)
        elif action == 1:
            del content[where : where + chance.randint(1, 40)]
        elif action == 2:
            content[where:where] = content[where : where + chance.randint(1, 60)]
        else:
            content[where : where + 1] = chance.choice(
                [b"9", b"-", b"\n", b",", b"/", b":", b"\x00", b"<", b"\xff"]
            )
        content = content or bytearray(b" ")
    whole(bytes(content))


@CALM
@given(st.sampled_from(SAMPLES), st.integers(min_value=0, max_value=2**32))
def test_samples_whose_lines_were_shuffled_doubled_or_lost(name: str, seed: int):
    chance = random.Random(seed)
    lines = content_of(name)[:6000].splitlines(keepends=True)
    action = chance.randrange(3)
    if action == 0:
        chance.shuffle(lines)
    elif action == 1:
        lines = [line for line in lines for _ in range(chance.randint(0, 2))]
    else:
        lines = lines[chance.randrange(len(lines)) :]
    whole(b"".join(lines))


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_cut_short_anywhere(name: str):
    content = content_of(name)[:8000]
    for length in {1, 2, 7, 94, 95, *range(0, len(content), max(1, len(content) // 23))}:
        whole(content[:length])
