"""Local users and API keys: who they are, what they may do, and proof of it."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from tieout.domain.approvals import Key, Person, Principal, acting
from tieout.flows.context import Context
from tieout.flows.storage import Unit

ADMIN = "admin"
_NAME = re.compile(r"^[A-Za-z0-9._@-]{1,80}$")
_ROLE = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")
_LEAST_PASSWORD = 12
_PREFIX = "tok"


class PeopleError(ValueError):
    """The change is not made; the message says what was expected and found."""


class People:
    """Adding people, giving them roles and keys, and recognising them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._hasher = PasswordHasher()

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with self._context.store.read() as unit:
            return unit.people.all()

    def put(
        self, name: str, roles: Iterable[str], subsidiaries: Iterable[str], by: str, *, active: bool = True
    ) -> Person:
        """Add a person or change what they may do. Nobody changes their own roles, except the first person.

        Raises `PeopleError`.
        """
        wanted = frozenset(roles)
        if not _NAME.match(name):
            raise PeopleError(f"expected a name of letters, digits and . _ @ -, found {name!r}")
        if bad := sorted(role for role in wanted if not _ROLE.match(role)):
            raise PeopleError(f"expected roles in lower case without blanks, found {bad[0]!r}")
        person = Person(name=name, roles=wanted, subsidiaries=frozenset(subsidiaries), active=active)
        now = self._context.clock.now()
        with self._context.store.write("person") as unit:
            self._is_admin(unit, by)
            if name == by and unit.people.all():
                raise PeopleError("nobody changes their own roles: another admin has to")
            unit.people.put(person, by, now)
            data = {"name": name, "roles": sorted(wanted), "active": active, "by": by}
            unit.journal.add("person_changed", now, data=data)
        return person

    @staticmethod
    def _is_admin(unit: Unit, by: str) -> None:
        """The first person is added by whoever has the files; after that, an admin adds people and keys."""
        if not unit.people.all():
            return
        person = unit.people.get(by)
        if person is None or not person.active or ADMIN not in person.roles:
            raise PeopleError(f"{by} is no admin: only an admin adds people and keys")

    def set_password(self, name: str, password: str, by: str) -> None:
        """Set a person's password. Raises `PeopleError` for one that is too short, or an unknown person."""
        if len(password) < _LEAST_PASSWORD:
            raise PeopleError(f"expected a password of at least {_LEAST_PASSWORD} characters")
        now = self._context.clock.now()
        hashed = self._hasher.hash(password)
        with self._context.store.write("password") as unit:
            if unit.people.get(name) is None:
                raise PeopleError(f"there is nobody named {name!r}")
            unit.people.set_password(name, hashed)
            unit.journal.add("password_set", now, data={"name": name, "by": by})

    def log_in(self, name: str, password: str) -> Principal | None:
        """Who this is, or None. A wrong name costs as much time as a wrong password."""
        with self._context.store.read() as unit:
            person, hashed = unit.people.get(name), unit.people.password(name)
        try:
            self._hasher.verify(hashed or self._hasher.hash("nobody's"), password)
        except Argon2Error:
            return None
        return acting(person) if person is not None and hashed else None

    def named(self, name: str) -> Principal | None:
        """A person known by the operating system's log-in (the command line), or None."""
        with self._context.store.read() as unit:
            person = unit.people.get(name)
        return acting(person) if person is not None else None

    # -- keys ----------------------------------------------------------------------------------------------

    def keys(self) -> list[Key]:
        """Every key."""
        with self._context.store.read() as unit:
            return unit.people.keys()

    def make_key(
        self, owner: str, roles: Iterable[str], subsidiaries: Iterable[str], note: str, by: str
    ) -> tuple[Key, str]:
        """A new key and its secret, which is shown this once. Raises `PeopleError` when the owner is unknown or
        has not all of the roles.
        """
        wanted = frozenset(roles)
        secret = secrets.token_urlsafe(32)
        key = Key(
            id=f"key_{secrets.token_hex(6)}",
            owner=owner,
            roles=wanted,
            subsidiaries=frozenset(subsidiaries),
        )
        now = self._context.clock.now()
        with self._context.store.write("api_key") as unit:
            self._is_admin(unit, by)
            person = unit.people.get(owner)
            if person is None or not person.active:
                raise PeopleError(f"there is nobody named {owner!r} who could own a key")
            if more := sorted(wanted - person.roles):
                raise PeopleError(f"{owner} has no role {more[0]!r}, so a key of theirs cannot have it")
            unit.people.add_key(key, _digest(secret), note, by, now)
            data = {"key": key.id, "owner": owner, "roles": sorted(wanted), "by": by}
            unit.journal.add("key_made", now, data=data)
        return key, f"{_PREFIX}_{secret}"

    def revoke_key(self, key_id: str, by: str) -> None:
        """Make a key useless. Raises `PeopleError` when there is none that works."""
        now = self._context.clock.now()
        with self._context.store.write("api_key") as unit:
            self._is_admin(unit, by)
            if not unit.people.revoke_key(key_id):
                raise PeopleError(f"there is no key {key_id} that works")
            unit.journal.add("key_revoked", now, data={"key": key_id, "by": by})

    def who(self, token: str) -> Principal | None:
        """Who acts with this key, or None. Secrets have 256 bits: their digest needs no slow hash."""
        prefix, _, secret = token.partition("_")
        if prefix != _PREFIX or not secret:
            return None
        with self._context.store.read() as unit:
            key = unit.people.key_of(_digest(secret))
            person = unit.people.get(key.owner) if key is not None else None
        return acting(person, key) if person is not None else None

    def deactivate(self, name: str, by: str) -> None:
        """Take all rights from a person; their keys stop working with them. Raises `PeopleError`."""
        with self._context.store.read() as unit:
            person = unit.people.get(name)
        if person is None:
            raise PeopleError(f"there is nobody named {name!r}")
        gone = replace(person, active=False)
        self.put(gone.name, gone.roles, gone.subsidiaries, by, active=False)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
