"""Secrets never get into logs or the attempt log."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECRET_NAMES = re.compile(
    r"authorization|cookie|secret|password|passwd|token|assertion|signature|api[-_]?key|private[-_]?key",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"""(?xi)
    ( bearer \s+ | basic \s+
    | (?: access_token | refresh_token | client_secret | client_assertion | assertion | password )
      ["']? \s* [=:] \s* ["']?
    | oauth_(?:signature|token|consumer_key) ="?
    )
    [^\s"'&,}]+
    """
)
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

MASK = "[redacted]"


def is_secret_name(name: str) -> bool:
    """Whether a header or field of this name holds a secret."""
    return _SECRET_NAMES.search(name) is not None


def redact_text(text: str) -> str:
    """`text` with tokens, passwords, assertions and private keys masked."""
    text = _PEM.sub(MASK, text)
    text = _JWT.sub(MASK, text)
    return _SECRET_TEXT.sub(lambda match: match.group(1) + MASK, text)


def redact(value: object, name: str = "") -> object:
    """A structure with every secret masked, by field name and by what the text looks like."""
    if name and is_secret_name(name) and value:
        return MASK
    if isinstance(value, Mapping):
        return {key: redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    return redact_text(value) if isinstance(value, str) else value
