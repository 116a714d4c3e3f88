"""Schema revisions; `env.py` and `versions/` are laid out as Alembic wants them."""
