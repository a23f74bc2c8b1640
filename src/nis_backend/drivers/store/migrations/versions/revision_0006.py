"""Servers of tools beyond this one."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0006"
down_revision = "0005"

STEP = Step(
    up="""
create table mcp_servers (
    id text primary key, owner text not null, name text not null, url text not null, command text not null,
    token text not null, allowed text, approval text not null, seconds real not null, enabled integer not null,
    inside integer not null, tools text not null, refreshed real, created real not null, updated real not null
) strict;
create unique index mcp_servers_by_name on mcp_servers (owner, name);
create index mcp_servers_by_owner on mcp_servers (owner, created, id);
""",
    down="""
drop table mcp_servers;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
