"""Simulated robots, the stops that hold them, and the motions they are in."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0010"
down_revision = "0009"

# A robot is stopped as long as a row of its stops is not released: a stop only adds a row, so that none is lost to a
# release, or to another stop, at the same time. `by_key` is the key of who stopped it. A motion's id is its run's; a
# robot is in one at most. `seen` is how many stops there were when the motion was asked for.
STEP = Step(
    up="""
create table robots (
    id text primary key, owner text not null, name text not null, description text not null, positions text not null,
    created real not null, updated real not null
) strict;
create unique index robots_named on robots (owner, name);
create index robots_by_owner on robots (owner, created, id);
create table robot_stops (
    id text primary key, owner text not null, robot_id text not null, reason text not null, by_key text,
    released integer not null, release_reason text not null, release_key text, created real not null,
    updated real not null
) strict;
create index robot_stops_by_robot on robot_stops (owner, robot_id, created, id);
create table robot_motions (
    id text primary key, owner text not null, robot_id text not null, seen text not null, created real not null,
    updated real not null
) strict;
create unique index robot_motions_single on robot_motions (owner, robot_id);
""",
    down="""
drop table robot_motions;
drop table robot_stops;
drop table robots;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
