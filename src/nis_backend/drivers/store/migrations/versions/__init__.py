"""One module a step, in Alembic's form."""
