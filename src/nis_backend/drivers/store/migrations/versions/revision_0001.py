"""Conversations, runs and their events."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0001"
down_revision = None

STEP = Step(
    up="""
create table conversations (
    id text primary key, owner text not null, title text not null, created real not null, updated real not null
) strict;
create index conversations_by_owner on conversations (owner, created, id);
create table runs (
    id text primary key, owner text not null, operation text not null, state text not null, attempt integer not null,
    last_seq integer not null, format integer not null, conversation_id text, created real not null,
    updated real not null, input text not null, result text, problem text
) strict;
create index runs_by_owner on runs (owner, created, id);
create index runs_by_conversation on runs (conversation_id, created, id);
create index runs_open on runs (state) where state in ('queued', 'running');
create table events (
    run_id text not null references runs (id), seq integer not null, owner text not null, attempt integer not null,
    time real not null, type text not null, body text not null, primary key (run_id, seq)
) strict, without rowid;
""",
    down="""
drop table events;
drop table runs;
drop table conversations;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
