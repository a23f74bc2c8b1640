"""Agents that are kept, in versions."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0013"
down_revision = "0012"

# The latest version of an agent has its id; `latest` is 0 for those before it, which never change.
STEP = Step(
    up="""
create table agents (
    id text primary key, owner text not null, agent_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, created real not null, updated real not null
) strict;
create unique index agents_named on agents (owner, name) where latest = 1;
create unique index agents_versions on agents (owner, agent_id, version);
create index agents_by_owner on agents (owner, latest, created, id);
""",
    down="""
drop table agents;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
