"""Associations between records: types, and the two-sided book of who is linked to whom.

Source: crm-cpq reference §8.3. A link is kept in both directions, each with its own type numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tieout.emulators.hubspot.objects import TYPES
from tieout.emulators.kit.http import Json

DEFINED = "HUBSPOT_DEFINED"
Kind = tuple[str, int]  # (category, type id)
# (from, to) -> (plain type, its opposite, primary type, its opposite)
_DEFINED: dict[tuple[str, str], tuple[int, int, int | None, int | None]] = {
    ("deals", "companies"): (341, 342, 5, 6),
    ("deals", "contacts"): (3, 4, None, None),
    ("deals", "line_items"): (19, 20, None, None),
    ("deals", "quotes"): (63, 64, None, None),
    ("quotes", "line_items"): (67, 68, None, None),
    ("quotes", "contacts"): (69, 70, None, None),
    ("quotes", "companies"): (71, 72, None, None),
    ("contacts", "companies"): (279, 280, 1, 2),
}
_PARENT, _CHILD, _DEAL_DEAL = 13, 14, 451
# The v3 names of types in association blocks and v3 answers.
_V3_NAMES = {341: "deal_to_company_unlabeled", 342: "company_to_deal_unlabeled",
             279: "contact_to_company_unlabeled", 280: "company_to_contact_unlabeled"}  # fmt: skip


@dataclass(frozen=True)
class LinkType:
    """One association type of a direction; `opposite` is what the other side carries, `plain` what it implies."""

    kind: Kind
    opposite: Kind
    plain: int | None = None
    label: str | None = None
    primary: bool = False


def _standard() -> dict[tuple[str, str], dict[Kind, LinkType]]:
    book: dict[tuple[str, str], dict[Kind, LinkType]] = {}

    def put(source: str, target: str, one: LinkType) -> None:
        book.setdefault((source, target), {})[one.kind] = one

    for (source, target), (plain, back, primary, primary_back) in _DEFINED.items():
        put(source, target, LinkType((DEFINED, plain), (DEFINED, back)))
        put(target, source, LinkType((DEFINED, back), (DEFINED, plain)))
        if primary is not None and primary_back is not None:
            there = LinkType((DEFINED, primary), (DEFINED, primary_back), plain, "Primary", primary=True)
            put(source, target, there)
            back_type = LinkType((DEFINED, primary_back), (DEFINED, primary), back, "Primary", primary=True)
            put(target, source, back_type)
    put("companies", "companies", LinkType((DEFINED, _PARENT), (DEFINED, _CHILD), None, "Child Company"))
    put("companies", "companies", LinkType((DEFINED, _CHILD), (DEFINED, _PARENT), None, "Parent Company"))
    put("deals", "deals", LinkType((DEFINED, _DEAL_DEAL), (DEFINED, _DEAL_DEAL)))
    return book


class Links:
    """Every association of a portal."""

    def __init__(self) -> None:
        self.types = _standard()
        self.labels: dict[Kind, str | None] = {}
        self.book: dict[tuple[str, str, str], dict[str, list[Kind]]] = {}
        self.custom: list[Json] = []

    def add_label(self, item: Json) -> None:
        """A portal's own label: {"from", "to", "type_id", "opposite_id", "label", "opposite_label"}."""
        self.custom.append(item)
        there, back = ("USER_DEFINED", int(item["type_id"])), ("USER_DEFINED", int(item["opposite_id"]))
        source, target = item["from"], item["to"]
        self.types.setdefault((source, target), {})[there] = LinkType(
            there, back, self.plain(source, target)[1], item["label"]
        )
        self.types.setdefault((target, source), {})[back] = LinkType(
            back, there, self.plain(target, source)[1], item.get("opposite_label", item["label"])
        )

    def known(self, source: str, target: str) -> dict[Kind, LinkType]:
        """The types of a direction; empty when the two cannot be linked."""
        return self.types.get((source, target), {})

    def plain(self, source: str, target: str) -> Kind:
        """The unlabelled type of a direction. Raises KeyError when there is none."""
        for one in self.known(source, target).values():
            if one.kind[0] == DEFINED and not one.primary:
                return one.kind
        raise KeyError(f"{source} to {target}")

    def label(self, source: str, target: str, kind: Kind) -> str | None:
        """What a type is called today; labels can be renamed."""
        if kind in self.labels:
            return self.labels[kind]
        one = self.known(source, target).get(kind)
        return one.label if one else None

    def of(self, source: str, record_id: str, target: str) -> dict[str, list[Kind]]:
        """Linked ids of a type with their kinds."""
        return self.book.get((source, record_id, target), {})

    def put(self, source: str, record_id: str, target: str, other: str, kinds: list[Kind]) -> None:
        """Link two records (both sides), adding to what is there. A new primary takes the mark from the old one."""
        for kind in kinds:
            one = self.known(source, target)[kind]
            if one.primary:
                for linked, old in self.of(source, record_id, target).items():
                    if kind in old and linked != other:
                        old.remove(kind)
                        self.book[target, linked, source][record_id].remove(one.opposite)
            self._add(source, record_id, target, other, one)
            self._add(target, other, source, record_id, self.known(target, source)[one.opposite])

    def _add(self, source: str, record_id: str, target: str, other: str, one: LinkType) -> None:
        kinds = self.book.setdefault((source, record_id, target), {}).setdefault(other, [])
        wanted = [one.kind, *([(DEFINED, one.plain)] if one.plain is not None else [])]
        for kind in wanted:
            if kind not in kinds:
                kinds.append(kind)
        kinds.sort(key=lambda kind: (kind[0] != DEFINED, kind[1]))

    def cut(self, source: str, record_id: str, target: str, other: str) -> bool:
        """Remove every link between two records. False when there was none."""
        found = self.of(source, record_id, target).pop(other, None)
        if (source, record_id) != (target, other):
            self.of(target, other, source).pop(record_id, None)
        return found is not None

    def all_of(self, source: str, record_id: str) -> Iterator[tuple[str, str, list[Kind]]]:
        """(target type, target id, kinds) of one record."""
        for target in TYPES:
            for other, kinds in list(self.of(source, record_id, target).items()):
                yield target, other, list(kinds)

    def v3_name(self, source: str, target: str, kind: Kind, words: tuple[str, str]) -> str:
        """The name a type has in v3 answers; `words` are the singular names of the two object types."""
        if kind[0] != DEFINED:
            return (self.label(source, target, kind) or "custom").lower().replace(" ", "_")
        if kind[1] == _PARENT:
            return "parent_to_child_company"
        if kind[1] == _CHILD:
            return "child_to_parent_company"
        return _V3_NAMES.get(kind[1], f"{words[0]}_to_{words[1]}")
