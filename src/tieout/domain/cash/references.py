"""References in what came with the money: found as written, looked up against what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from tieout.domain.cash.ledger import ItemKind, OpenItem, OpenLedger, plain
from tieout.domain.cash.movements import RemittanceReference
from tieout.domain.cash.writing import WORDS, LettersAndDigits, letters_and_digits

_MOST_IN_A_RANGE = 50
_LEAST_DIGITS = 4  # shorter figures are quantities, months, page numbers
_MOST_TOKENS = 400

# What looks like a reference: letters directly before digits (perhaps with a dash, a number sign, a blank), or digits
# alone, with single dashes, dots and slashes inside.
_TOKEN = re.compile(r"([^\W\d_]{0,12})([ \t]{0,2}[#:.\-]{0,2}[ \t]{0,2})(\d+(?:[-/.]\d+)*)")
_DIGIT = re.compile(r"\d")
_AMOUNT = re.compile(
    r"(?<![\w-])[-+(]?\d{1,3}(?:[.,' ]\d{3})*[.,]\d{2}\)?(?!\d|[-/.]\d)"
    r"|(?<![\w-])\d+[.,]\d{2}(?!\d|[-/.]\d)"
)
_DATE = re.compile(r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))\b(?!-?\d)")
_EXTERNAL = re.compile(r"\b(?:inv|so|cm|je)-[A-Za-z0-9][A-Za-z0-9_-]{3,}", re.IGNORECASE)
_DASHED = re.compile(r"[-/.]")
_PO_WORDS = frozenset(["BC", "BESTELLNR", "BESTELLUNG", "COMMANDE", "ORDER", "P", "PO", "PURCHASEORDER"])


class Strength(StrEnum):
    """How sure a reference names its document, the strongest first."""

    EXTERNAL_ID = "external_id"  # our external ID, in a field that we or our code filled
    STRUCTURED = "structured"  # a document number in a field made for it
    TYPED = "typed"  # a document number in free text
    PURCHASE_ORDER = "purchase_order"  # names a PO, which may cover several documents


@dataclass(frozen=True, slots=True)
class Hit:
    """A reference that names an item."""

    item: OpenItem
    strength: Strength
    reference: RemittanceReference


@dataclass(frozen=True, slots=True)
class Found:
    """What the references of one payment come to. `dangling` look like documents of ours and are none."""

    hits: tuple[Hit, ...]
    dangling: tuple[str, ...]


#: Qualifiers whose text is an external ID of ours: written by us, or by what called us.
OURS = frozenset({"tieout_invoice", "external_id"})
#: Qualifiers that say that the text is a purchase order.
_PO_QUALIFIERS = frozenset({"PO", "CO", "VN", "REF:PO", "REF:CO", "REF:VN"})
#: Qualifiers of the payer's own numbers: they may name a document of ours, and do not claim to.
_PAYERS_OWN = frozenset({"ID", "EREF", "CREF", "TRID", "EndToEndId", "MndtId"})


def look_up(references: Sequence[RemittanceReference], ledger: OpenLedger) -> Found:
    """Which items these references name. Each text is read once, strongest reading first."""
    hits: dict[str, Hit] = {}
    dangling: list[str] = []
    for reference in references:
        if reference.qualifier in OURS:
            found = ledger.external(reference.text)
            _note(hits, found, Strength.EXTERNAL_ID, reference)
            if not found:
                dangling.append(reference.text)
            continue
        if reference.qualifier in _PO_QUALIFIERS:
            _note(hits, ledger.ordered(reference.text), Strength.PURCHASE_ORDER, reference)
            continue
        structured = bool(reference.qualifier)
        strength = Strength.STRUCTURED if structured else Strength.TYPED
        if structured:
            whole = ledger.numbered(letters_and_digits(reference.text)) or ledger.lettered(reference.text)
            if whole:
                _note(hits, whole, strength, reference)
                continue
        _read_text(reference, strength, ledger, hits, dangling)
    return Found(tuple(hits.values()), tuple(dangling))


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything a set of references could be looked up by: what a store is asked for before `look_up` decides."""

    digits: frozenset[str]
    letters: frozenset[str]
    externals: frozenset[str]
    orders: frozenset[str]


def keys_of(references: Sequence[RemittanceReference], prefixes: set[str]) -> Keys:
    """The keys `look_up` may ask a ledger for; more rather than fewer."""
    digits: set[str] = set()
    letters: set[str] = set()
    externals: set[str] = set()
    orders: set[str] = set()
    for reference in references:
        text = reference.text
        if reference.qualifier in OURS:
            externals.add(text.lower())
            continue
        if reference.qualifier:
            digits.add(letters_and_digits(text).digits)
            letters.add(plain(text))
            orders.add(plain(text))
        externals |= {one.lower() for one in _EXTERNAL.findall(text)}
        tokens = _tokens(text, prefixes)
        for index, token in enumerate(tokens):
            parts = _DASHED.split(token.digits)
            orders |= {plain(token.digits), *parts}
            digits |= {"".join(parts).lstrip("0"), *(part.lstrip("0") for part in parts)}
            if index + 1 < len(tokens):
                digits.add(("".join(parts) + tokens[index + 1].digits).lstrip("0"))
            if len(parts) == 2 and 0 < int(parts[1]) - int(parts[0]) < _MOST_IN_A_RANGE:
                digits |= {str(number) for number in range(int(parts[0]), int(parts[1]) + 1)}
    return Keys(*(frozenset(keys - {""}) for keys in (digits, letters, externals, orders)))


def _note(
    hits: dict[str, Hit], items: Sequence[OpenItem], strength: Strength, reference: RemittanceReference
) -> None:
    for item in items:
        known = hits.get(item.id)
        if known is None or _ORDER[strength] < _ORDER[known.strength]:
            hits[item.id] = Hit(item, strength, reference)


_ORDER = {strength: rank for rank, strength in enumerate(Strength)}


def _read_text(
    reference: RemittanceReference,
    strength: Strength,
    ledger: OpenLedger,
    hits: dict[str, Hit],
    dangling: list[str],
) -> None:
    text = reference.text
    if "-" in text:
        for external in _EXTERNAL.findall(text):
            # Typed by a payer, or copied by a bank: a strong hint, and still no external ID that we put there.
            named = ledger.external(external)
            _note(hits, named, Strength.STRUCTURED, reference)
            if named:
                text = text.replace(external, "\n")  # the figures in it are no numbers of their own
    tokens = _tokens(text, ledger.prefixes)
    taken = -1
    for index, token in enumerate(tokens):
        if index <= taken:
            continue
        items = _named(token.word, token.digits, ledger)
        if items:
            _note(hits, items, strength, reference)
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is not None and not following.word and following.start == token.end + 1:
            joined = _named(token.word, token.digits + following.digits, ledger)  # `INV 105 30`
            if joined:
                _note(hits, joined, strength, reference)
                taken = index + 1
                continue
        listed = _read_order_or_list(token, reference, strength, ledger, hits)
        if not listed and not _payers_own(reference) and _claims_to_be_ours(token, ledger):
            dangling.append(f"{token.word}{token.digits}")


def _read_order_or_list(
    token: _Token,
    reference: RemittanceReference,
    strength: Strength,
    ledger: OpenLedger,
    hits: dict[str, Hit],
) -> bool:
    """Whether the token is a purchase order, or a list or range of documents."""
    if not token.word or token.word in _PO_WORDS:
        ordered = ledger.ordered(token.digits)
        if ordered:
            _note(hits, ordered, Strength.PURCHASE_ORDER, reference)
            return True
        if token.word:
            return True  # somebody's order, not a claim to be an invoice
    parts = list(_split(token, ledger))
    for part in parts:
        _note(hits, part, strength, reference)
    return bool(parts) and all(parts)


def _named(word: str, digits: str, ledger: OpenLedger) -> list[OpenItem]:
    core = digits.replace("-", "").replace("/", "").replace(".", "").lstrip("0")
    if len(core) < _LEAST_DIGITS and word not in ledger.prefixes:
        return []
    return ledger.numbered(LettersAndDigits(word, core))


def _split(token: _Token, ledger: OpenLedger) -> Iterator[list[OpenItem]]:
    """`10544/10545` names two documents; `10530-10533` names a range when each of them exists."""
    parts = _DASHED.split(token.digits)
    if len(parts) < 2:
        return
    if len(parts) == 2 and "-" in token.digits:
        first, last = (int(part) for part in parts)
        if 0 < last - first < _MOST_IN_A_RANGE:
            run = [_named(token.word, str(number), ledger) for number in range(first, last + 1)]
            if all(run):
                yield from run
                return
    for part in parts:
        yield _named(token.word, part, ledger)


def _payers_own(reference: RemittanceReference) -> bool:
    return reference.qualifier in _PAYERS_OWN or reference.qualifier.startswith("REF:")


def _claims_to_be_ours(token: _Token, ledger: OpenLedger) -> bool:
    """A figure that is no document of ours, but looks like one: it carries our prefix or a word for "invoice", or it
    stands alone and is long enough.
    """
    if token.word:
        return token.word in ledger.prefixes or (token.word in WORDS and len(token.digits) >= _LEAST_DIGITS)
    return len(token.digits) >= _LEAST_DIGITS


@dataclass(frozen=True, slots=True)
class _Token:
    """Letters (upper case) and digits that stand together, and where."""

    word: str
    digits: str
    start: int
    end: int


def _tokens(text: str, prefixes: set[str]) -> list[_Token]:
    """Everything that may be a reference; amounts and dates are none. A word that stands apart and is neither a prefix
    of ours nor one people put before numbers is just a word.
    """
    if not _DIGIT.search(text):
        return []
    if "." in text or "," in text:
        text = _AMOUNT.sub(_blanked, text)
    if "-" in text or "/" in text or "." in text:
        text = _DATE.sub(_blanked, text)
    found = islice(_TOKEN.finditer(text), _MOST_TOKENS)
    tokens = []
    for match in found:
        word = match.group(1).upper()
        if word and match.group(2) and word not in prefixes and word not in WORDS and word not in _PO_WORDS:
            word = ""
        tokens.append(_Token(word, match.group(3), match.start(3), match.end(3)))
    return tokens


def _blanked(match: re.Match[str]) -> str:
    return "\n" * len(match.group())  # no blank: figures on both sides are not parted by one


def names_order(hit: Hit) -> bool:
    """Whether the document is an order: not a receivable, so the payment is a prepayment."""
    return hit.item.kind is ItemKind.SALES_ORDER
