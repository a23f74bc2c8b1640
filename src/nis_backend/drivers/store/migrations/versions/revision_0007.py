"""Agents of other servers."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0007"
down_revision = "0006"

# `key_name` is which of the settings' keys the agent is sent, never the key. `card` is what the agent said of itself
# last, as it was sent, under its `etag`; until `fresh_until` it is not asked for again.
STEP = Step(
    up="""
create table remote_agents (
    id text primary key, owner text not null, name text not null, url text not null, key_name text not null,
    key_header text not null, trusted_key text not null, tool integer not null, ask integer not null,
    enabled integer not null, card text, etag text not null, fresh_until real, created real not null,
    updated real not null
) strict;
create unique index remote_agents_named on remote_agents (owner, name);
create index remote_agents_by_owner on remote_agents (owner, created, id);
""",
    down="drop table remote_agents;\n",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
