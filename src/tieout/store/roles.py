"""The least a worker's database role needs on PostgreSQL: evidence it may add to, and not change."""

from __future__ import annotations

import re

from tieout.flows.errors import StoreError
from tieout.store import tables as t
from tieout.store.database import Database

#: Tables a role may read and add to. They are guarded by triggers, too (`store.append_only`).
APPENDED = frozenset(
    {"attempt", "event", "source_event", "decision", "seal", "approval", "customer_link", "hook_event"}
)
_READ_ONLY = ("alembic_version",)
_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")


def grants(role: str) -> list[str]:
    """The statements that give a role what a worker needs, and nothing more. Raises `StoreError`."""
    if not _NAME.match(role):
        raise StoreError(f"expected a role's name in lower case, found {role!r}")
    names = sorted(table.name for table in t.metadata.sorted_tables)
    appended = [name for name in names if name in APPENDED]
    changed = [name for name in names if name not in APPENDED]
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT ON {_list(appended)} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_list(changed)} TO {role}",
        f"GRANT SELECT ON {_list(_READ_ONLY)} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]


def _list(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def grant(database: Database, role: str) -> None:
    """Give a role what a worker needs; run with the role that owns the tables. Raises `StoreError`."""
    if not database.is_postgres:
        raise StoreError("roles are PostgreSQL's; SQLite has none")
    statements = grants(role)
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
