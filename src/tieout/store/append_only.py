"""Tables that are evidence: rows are added, and neither changed nor removed, by whatever role.

A trigger says so to everybody who may write; on PostgreSQL the product's own role has no such right to begin with.
"""

from __future__ import annotations

from alembic import op

_FUNCTION = """
CREATE OR REPLACE FUNCTION tieout_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$
"""
_POSTGRES = (
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION tieout_append_only()"
)
_SQLITE = (
    "CREATE TRIGGER {table}_no_{lower} BEFORE {verb} ON {table}"
    " BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
_VERBS = ("UPDATE", "DELETE")


def guard(table: str) -> None:
    """Make a table append-only, inside a schema revision."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTION)
        connection.exec_driver_sql(_POSTGRES.format(table=table))
        return
    for verb in _VERBS:
        connection.exec_driver_sql(_SQLITE.format(table=table, verb=verb, lower=verb.lower()))


def unguard(table: str) -> None:
    """Take the guard away, inside a schema revision."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        return
    for verb in _VERBS:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}")
