"""A type per kind of identifier, so that mixing them does not type-check, and the external-ID scheme.

NetSuite keeps external ids unique per record *group*: all transactions share one namespace, all entities
another (reference `netsuite.md` §1.5). Allowed characters are letters, digits, `_` and `-`.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from string import Formatter
from typing import NewType

from tieout.domain.errors import DomainError

ExternalId = NewType("ExternalId", str)
InternalId = NewType("InternalId", str)
DocumentNumber = NewType("DocumentNumber", str)
SourceId = NewType("SourceId", str)
ClaimKey = NewType("ClaimKey", str)

MAX_LENGTH = 40
_ALLOWED = re.compile(r"[A-Za-z0-9_-]+")
_HASH_CHARS = 16  # 16 base-32 characters carry 80 bits


class RecordType(StrEnum):
    """The NetSuite record types Tieout writes."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    SALES_ORDER = "sales_order"
    INVOICE = "invoice"
    CUSTOMER_PAYMENT = "customer_payment"
    CUSTOMER_REFUND = "customer_refund"
    JOURNAL_ENTRY = "journal_entry"
    BANK_DEPOSIT = "bank_deposit"
    CUSTOMER_DEPOSIT = "customer_deposit"
    DEPOSIT_APPLICATION = "deposit_application"

    @property
    def group(self) -> RecordGroup:
        """The namespace in which an external id of this type must be unique."""
        entity = self in {RecordType.CUSTOMER, RecordType.CONTACT}
        return RecordGroup.ENTITY if entity else RecordGroup.TRANSACTION


class RecordGroup(StrEnum):
    """A namespace of external ids."""

    ENTITY = "entity"
    TRANSACTION = "transaction"


class TemplateError(DomainError):
    """External-ID templates that are malformed or can collide within a record group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdParts:
    """Everything an external id is computed from; the hash of a shortened id covers all of it."""

    system: str
    environment: str
    object: str
    source_id: str
    tag: str = ""
    component: str = ""
    period: str = ""
    version: int = 1

    def digest(self) -> str:
        """80 bits over the whole tuple, in lower-case base 32."""
        text = "\x1f".join(
            (
                self.system,
                self.environment,
                self.object,
                self.source_id,
                self.component,
                self.period,
                str(self.version),
            )
        )
        return b32encode(sha256(text.encode()).digest()).decode().lower()[:_HASH_CHARS]


#: Default templates; `[…]` is dropped when the field inside is empty (or the version is 1).
DEFAULT_TEMPLATES: Mapping[RecordType, str] = {
    RecordType.CUSTOMER: "{tag}{source_id}",
    RecordType.CONTACT: "con-{tag}{source_id}",
    RecordType.SALES_ORDER: "so-{tag}{source_id}[-{component}]",
    RecordType.INVOICE: "inv-{tag}{source_id}[-{component}][-{period}][-v{version}]",
    RecordType.CUSTOMER_PAYMENT: "pay-{tag}{source_id}[-{component}]",
    RecordType.CUSTOMER_REFUND: "rf-{tag}{source_id}[-{component}]",
    RecordType.JOURNAL_ENTRY: "je-{tag}{source_id}[-{component}]",
    RecordType.BANK_DEPOSIT: "bd-{tag}{source_id}[-{component}]",
    RecordType.CUSTOMER_DEPOSIT: "cd-{tag}{source_id}[-{component}]",
    RecordType.DEPOSIT_APPLICATION: "da-{tag}{source_id}[-{component}]",
}
_FIELDS = {"tag", "source_id", "component", "period", "version"}
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


def check_templates(templates: Mapping[RecordType, str]) -> None:
    """Refuse templates that are malformed or could give two records of one group the same external id.

    Two types of a group are told apart by a literal beginning that is no beginning of the other's; only one
    type per group may have none (the bare source id), and then the others need a dash in theirs.
    Raises `TemplateError`.
    """
    prefixes: dict[RecordGroup, dict[RecordType, str]] = {}
    for record_type, template in templates.items():
        names = _fields_of(record_type, template)
        unknown = set(names) - _FIELDS
        if unknown:
            raise TemplateError(f"template of {record_type}: unknown field {min(unknown)!r}")
        if "source_id" not in names or "{source_id}" not in _OPTIONAL.sub("", template):
            raise TemplateError(f"template of {record_type} must contain {{source_id}} outside brackets")
        prefix = template.split("{", 1)[0].split("[", 1)[0]
        literal = re.sub(r"\{[^}]*\}", "", template.replace("[", "").replace("]", ""))
        if literal and not _ALLOWED.fullmatch(literal):
            raise TemplateError(f"template of {record_type}: only letters, digits, _ and - are allowed")
        prefixes.setdefault(record_type.group, {})[record_type] = prefix.lower()
    for group, by_type in prefixes.items():
        _check_group(group, by_type)


def _fields_of(record_type: RecordType, template: str) -> list[str]:
    plain = _OPTIONAL.sub(r"\1", template)
    if "[" in plain or "]" in plain:
        raise TemplateError(f"template of {record_type}: brackets must come in pairs, not nested")
    try:
        return [name for _, name, _, _ in Formatter().parse(plain) if name]
    except ValueError as error:
        raise TemplateError(f"template of {record_type}: {error}") from error


def _check_group(group: RecordGroup, by_type: Mapping[RecordType, str]) -> None:
    items = sorted(by_type.items())
    for index, (one, prefix) in enumerate(items):
        for other, other_prefix in items[index + 1 :]:
            shorter, longer = sorted((prefix, other_prefix), key=len)
            bare_is_safe = shorter == "" and longer.endswith("-")
            if longer.startswith(shorter) and not bare_is_safe:
                raise TemplateError(
                    f"templates of {one} and {other} can give the same external id in the {group} group"
                )


def external_id(template: str, parts: IdParts) -> ExternalId:
    """The external id of a record, computed from its source alone.

    Source ids with characters NetSuite refuses, and ids longer than 40 characters, are shortened and carry
    80 bits of hash over the whole tuple, so that two sources never meet in one id.
    """
    values: dict[str, str] = {
        "tag": f"{parts.tag}-" if parts.tag else "",
        "source_id": parts.source_id,
        "component": parts.component,
        "period": parts.period,
        "version": str(parts.version) if parts.version > 1 else "",
    }

    def optional(match: re.Match[str]) -> str:
        inner = match.group(1)
        names = [name for _, name, _, _ in Formatter().parse(inner) if name]
        return inner if all(values[name] for name in names) else ""

    text = _OPTIONAL.sub(optional, template).format_map(values)
    if len(text) <= MAX_LENGTH and _ALLOWED.fullmatch(text):
        return ExternalId(text)
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", text)
    return ExternalId(f"{clean[: MAX_LENGTH - _HASH_CHARS - 1]}-{parts.digest()}")


def collisions(ids: Iterable[ExternalId]) -> list[tuple[ExternalId, ExternalId]]:
    """Pairs that differ only in case: NetSuite may take them for one (reference §11 rule 31)."""
    seen: dict[str, ExternalId] = {}
    found = []
    for one in ids:
        other = seen.setdefault(one.lower(), one)
        if other != one:
            found.append((other, one))
    return found
