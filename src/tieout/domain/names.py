"""Normalised names, domains and tax ids: they *suggest* that two customers are one, and never prove it."""

from __future__ import annotations

import re
import unicodedata

_LEGAL_FORMS = frozenset(
    (
        "ab",
        "ag",
        "aps",
        "as",
        "asa",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "inc",
        "incorporated",
        "kg",
        "kk",
        "limited",
        "llc",
        "llp",
        "lp",
        "ltd",
        "nv",
        "oy",
        "plc",
        "pte",
        "pty",
        "sa",
        "sarl",
        "sas",
        "sl",
        "spa",
        "srl",
        "the",
    )
)
_FREE_MAIL = frozenset(
    (
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
        "icloud.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "aol.com",
        "proton.me",
        "protonmail.com",
    )
)


def normalised_name(name: str) -> str:
    """Case, accents, punctuation, white space and legal forms folded away; empty when nothing is left."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(ch for ch in folded if not unicodedata.combining(ch))
    words = re.findall(r"[^\W_]+", plain.replace("&", " and ").replace(".", ""))
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


def domain_of(website: str, email: str) -> str:
    """The company's domain from its website, else from its e-mail address."""
    found = domains_of(website, email)
    return next(iter(domains_of(website, "") or found), "")


def domains_of(website: str, email: str) -> frozenset[str]:
    """The company's domains, from its website and its e-mail address. Free-mail providers never count."""
    host = re.sub(r"^[a-z]+://", "", website.strip().lower()).split("/")[0].split(":")[0]
    mail = email.strip().lower().rpartition("@")[2]
    found = {host.removeprefix("www."), mail}
    return frozenset(one for one in found if "." in one and one not in _FREE_MAIL)


def normalised_tax_id(tax_id: str) -> str:
    """Letters and digits only, upper case."""
    return re.sub(r"[^A-Z0-9]", "", tax_id.upper())
