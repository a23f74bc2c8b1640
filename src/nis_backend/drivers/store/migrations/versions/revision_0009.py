"""Runs are found again under the request and the trace that began them."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0009"
down_revision = "0008"

# As JSON, of whatever began the run: its request's id, and its place in a trace. Another process that executes the run
# logs and traces under them.
STEP = Step(
    up="""
alter table runs add column ids text;
""",
    down="""
alter table runs drop column ids;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
