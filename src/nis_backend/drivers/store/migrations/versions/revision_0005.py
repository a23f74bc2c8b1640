"""Where the updates of a run's task are sent."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0005"
down_revision = "0004"

# A push configuration of A2A. `name` is its id as its owner knows it, one within its task. `sent` is the number of the
# last event that its receiver has acknowledged: the log itself is what waits to be sent. `public` says that the address
# must not lie in a network of our own; `enabled` that there may be more to send, not before `next_at`.
STEP = Step(
    up="""
create table push_configs (
    id text primary key, owner text not null, run_id text not null, name text not null, url text not null,
    token text not null, scheme text not null, credentials text not null, base text not null, version text not null,
    public integer not null, sent integer not null, tries integer not null, enabled integer not null,
    next_at real not null, problem text, created real not null, updated real not null
) strict;
create unique index push_configs_named on push_configs (owner, run_id, name);
create index push_configs_by_run on push_configs (run_id);
create index push_configs_enabled on push_configs (enabled, created, id);
""",
    down="drop table push_configs;\n",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
