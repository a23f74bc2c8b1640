"""Queues, schedules, keys, effects, and an outbox."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run
from nis_backend.drivers.store.migrations.versions.revision_0002 import AT_ONCE

revision = "0003"
down_revision = "0002"

# What is said is indexed a little later, together: a turn's own words cost as much as the rest of its rows. Up to which
# row that was done stands beside the index. A row's number is given again once the last row is removed, indexed or not,
# so the mark never stays beyond the last one.
LATER = """
drop trigger said_added;
drop trigger said_removed;
drop trigger said_changed;
create table said_words_mark (upto integer not null) strict;
insert into said_words_mark select coalesce(max(id), 0) from said;
create trigger said_removed after delete on said begin
    insert into said_words (said_words, rowid, text)
        select 'delete', old.id, old.text where old.id <= (select upto from said_words_mark);
    update said_words_mark set upto = min(upto, (select coalesce(max(id), 0) from said));
end;
create trigger said_changed after update of text on said when old.id <= (select upto from said_words_mark) begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
    insert into said_words (rowid, text) values (new.id, new.text);
end;
"""
AS_BEFORE = f"""
insert into said_words (rowid, text) select id, text from said where id > (select upto from said_words_mark);
drop trigger said_removed;
drop trigger said_changed;
drop table said_words_mark;{AT_ONCE}"""  # noqa: S608 - the text is ours

# What is under way now: PostgreSQL counts that there are few, and finds them by the indexes that dispatch has.
UNDER_WAY = """
create index runs_under_way on runs (owner, state, created, id) where state = 'queued' or state = 'running';
"""
NOT_UNDER_WAY = """
drop index runs_under_way;
"""

# `effects` are the writes of a run's steps that were made, under their keys; `outbox` holds the events that the bus has
# not acknowledged. In `runs`: `wanted` is what a command asks of the holder, `waiting` what a person is asked for,
# `parent` the run it was forked from, after its event `parent_seq`, `scopes` what the caller who began it may do, and
# so what it may (a schedule's runs have those of its author), `log_bytes` the size of its events' bodies.
#
# No index may name what each append changes (`updated`, `last_seq`, `log_bytes`), not even one of other rows alone:
# PostgreSQL would then write every index of the row anew with each event. In that of resting runs stands `or`:
# SQLite does not see that one value is among those of an `in`.
STEP = Step(
    up="""
alter table runs add column queue text not null default 'default';
alter table runs add column priority integer not null default 0;
alter table runs add column not_before real not null default 0;
alter table runs add column deadline real;
alter table runs add column dedupe text;
alter table runs add column retries integer not null default 0;
alter table runs add column retried integer not null default 0;
alter table runs add column holder text;
alter table runs add column wanted text;
alter table runs add column waiting text;
alter table runs add column parent text;
alter table runs add column parent_seq integer;
alter table runs add column version text not null default '';
alter table runs add column scopes text not null default '["*"]';
alter table runs add column log_bytes integer not null default 0;
create index runs_ended on runs (created) where state in ('succeeded', 'failed', 'cancelled');
drop index runs_open;
create index runs_queued on runs (queue, priority desc, not_before, id) where state = 'queued';
create index runs_due on runs (queue, not_before) where state = 'queued';
create index runs_overdue on runs (queue, deadline)
    where deadline is not null and state in ('queued', 'paused', 'waiting');
create index runs_held on runs (holder) where state = 'running';
create index runs_by_parent on runs (parent) where parent is not null;
create index runs_resting on runs (owner, state, created, id) where state = 'paused' or state = 'waiting';
create index runs_by_dedupe on runs (owner, dedupe, created, id) where dedupe is not null;
create unique index runs_dedupe on runs (owner, dedupe)
    where dedupe is not null and state in ('queued', 'running', 'paused', 'waiting');
create table schedules (
    id text primary key, owner text not null, name text not null, operation text not null, arguments text not null,
    cron text not null, timezone text not null, enabled integer not null default 1, queue text not null,
    scopes text not null default '[]', key_id text, next_at real, last_at real, last_run_id text, problem text,
    created real not null, updated real not null
) strict;
create index schedules_by_owner on schedules (owner, created, id);
create index schedules_due on schedules (next_at) where enabled = 1;
create table keys (
    id text primary key, owner text not null, name text not null, prefix text not null, hash text not null unique,
    scopes text not null, expires real, last_used real, revoked real, created real not null, updated real not null
) strict;
create index keys_by_owner on keys (owner, created, id);
create table effects (
    key text primary key, owner text not null, answer integer not null, created real not null
) strict, without rowid;
create table outbox (
    id integer primary key autoincrement, owner text not null, run_id text not null, seq integer not null
) strict;
""",
    # What an earlier program cannot go on with ends.
    down="""
drop table outbox;
drop table effects;
drop table keys;
drop table schedules;
drop index runs_dedupe;
drop index runs_by_dedupe;
drop index runs_resting;
drop index runs_by_parent;
drop index runs_held;
drop index runs_overdue;
drop index runs_due;
drop index runs_queued;
create index runs_open on runs (state) where state in ('queued', 'running');
update runs set state = 'cancelled' where state in ('paused', 'waiting');
drop index runs_ended;
alter table runs drop column log_bytes;
alter table runs drop column scopes;
alter table runs drop column version;
alter table runs drop column parent_seq;
alter table runs drop column parent;
alter table runs drop column waiting;
alter table runs drop column wanted;
alter table runs drop column holder;
alter table runs drop column retried;
alter table runs drop column retries;
alter table runs drop column dedupe;
alter table runs drop column deadline;
alter table runs drop column not_before;
alter table runs drop column priority;
alter table runs drop column queue;
""",
    sqlite_up=LATER + UNDER_WAY,
    sqlite_down=NOT_UNDER_WAY + AS_BEFORE,
    # The processes that execute runs, and until when each will be heard of again: nobody's, for they serve every owner.
    postgresql_up="""
create table holders (id text primary key, until double precision not null);
""",
    postgresql_down="""
drop table holders;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
