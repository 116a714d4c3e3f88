"""What Alembic runs: always on the connection, and in the transaction, that `store.migrating` hands over."""

from __future__ import annotations

from alembic import context

from tieout.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column; Alembic then moves the table over.
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
