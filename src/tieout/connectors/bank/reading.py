"""The one entry to all formats: bytes in, movements and findings out, never an exception."""

from __future__ import annotations

from collections.abc import Callable

from tieout.connectors.bank.bai2 import read_bai2
from tieout.connectors.bank.camt import read_camt
from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.csv_files import read_csv
from tieout.connectors.bank.detect import detect
from tieout.connectors.bank.json_feed import read_json
from tieout.connectors.bank.lockbox import read_lockbox
from tieout.connectors.bank.mt940 import read_mt940
from tieout.connectors.bank.nacha import read_nacha
from tieout.connectors.bank.ofx import read_ofx
from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.texts import MAX_FILE_BYTES, decode, digest_of
from tieout.connectors.bank.x12_820 import read_820
from tieout.domain.cash.movements import BankFile

_READERS: dict[str, Callable[[str, str, BankOptions], BankFile]] = {
    "nacha": read_nacha,
    "bai2": read_bai2,
    "lockbox": read_lockbox,
    "mt940": read_mt940,
    "ofx": read_ofx,
    "x12-820": read_820,
    "csv": read_csv,
    "json": read_json,
}


def parse_bank_file(content: bytes, name: str, options: BankOptions | None = None) -> BankFile:
    """Read a bank file of any format. `name` is told in findings and decides nothing.

    Whatever the bytes are, the answer is a `BankFile`: what cannot be read is in its findings.
    """
    options = options or BankOptions()
    digest = digest_of(content)
    found = Collector(digest, "unknown")
    place = found.place(name)
    if len(content) > MAX_FILE_BYTES:
        found.note("file_too_large", f"at most {MAX_FILE_BYTES} bytes", f"{len(content)}", place)
        return found.finish()
    if not content.strip(b"\x00 \t\r\n\x1a\xef\xbb\xbf"):
        found.note("file_empty", "entries", f"{len(content)} bytes of nothing", place)
        return found.finish()
    try:
        text = decode(content)
        kind, why = detect(text, options)
        if kind == "camt":
            return read_camt(content, digest, options)
        if kind:
            return _READERS[kind](text, digest, options)
    except Exception as error:  # a file must never stop the files after it; what happened is told
        found.note("file_unreadable", "a file of a known format", f"{type(error).__name__}: {error}", place)
        return found.finish()
    found.note("format_unknown", "NACHA, BAI2, lockbox, camt, MT940, OFX, X12 820, CSV or JSON", why, place)
    return found.finish()
