"""Providers, routes, prices, budgets, the ledger, prompts."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0004"
down_revision = "0003"


def _said(read: str) -> str:
    """What is read of a run for the index of words, in place of how it was read before; SQLite's own."""
    message, response, answer = (read.format(*of) for of in MESSAGES)
    return f"""
drop trigger run_answered;
drop view said_in_runs;
create view said_in_runs as
    select owner, conversation_id, id as run_id, {message} as text from runs
    union all
    select owner, conversation_id, id as run_id, {response} as text from runs;
create trigger run_answered after update of result on runs
    when new.conversation_id is not null and old.result is null and new.result is not null begin
    insert into said (owner, conversation_id, run_id, text)
        select new.owner, new.conversation_id, new.id, {answer}
        where {answer} is not null;
end;
"""  # noqa: S608 - the text is ours


MESSAGES = (("input", "message"), ("result", "response"), ("new.result", "response"))
READ = "json_extract({0}, '$.{1}')"
WHOLE = r"json_extract(replace({0}, '\u0000', ' '), '$.{1}')"
"""An older SQLite reads a text up to its first escaped NUL."""

# The owner of `providers`, `routes`, `prices` and `changes` is `caller.SERVER`: they serve every owner.
# Money is in billionths of a dollar. `spending` is what is counted in a period of a budget, reservations included: the
# sum of `cost` of the ledger's rows that name it in `caps`; `warned` is the cap of which it was told that most of it is
# spent. A row of the ledger is one call that was sent to a model;
# while it is `open` its cost is the worst that it can be. `usage_days` are the sums of the ledger by day.
# `runs.key_id` is whose key began it: what a key may spend holds for its runs. `within` is what a run, a branch or a
# schedule was made in, as `nis_backend.within` has it: what those may spend holds for it too.
# `blobs.purpose` is what a file is for.
# The row of a prompt is its latest version; each version before has one of its own beside it, of the same `prompt_id`.
STEP = Step(
    up="""
create table providers (
    id text primary key, owner text not null, kind text not null, url text not null, key_name text not null,
    prices text not null, billed integer not null, concurrency integer not null, enabled integer not null,
    created real not null, updated real not null
) strict;
create table routes (
    id text primary key, owner text not null, targets text not null, policy text not null, enabled integer not null,
    created real not null, updated real not null
) strict;
create table prices (
    id text primary key, owner text not null, rates text not null, context integer, created real not null,
    updated real not null
) strict;
create table changes (
    id text primary key, owner text not null, by_owner text not null, by_key text, subject text not null,
    subject_id text not null, action text not null, before text, after text, created real not null,
    updated real not null
) strict;
create index changes_by_owner on changes (owner, created, id);
create table budgets (
    id text primary key, owner text not null, name text not null, scope text not null, subject text not null,
    period text not null, cap integer not null, model text not null, action text not null, enabled integer not null,
    created real not null, updated real not null
) strict;
create index budgets_by_owner on budgets (owner, created, id);
create index budgets_by_subject on budgets (scope, subject);
create table spending (
    budget_id text not null, period text not null, owner text not null, used integer not null,
    warned integer not null default 0, primary key (budget_id, period)
) strict, without rowid;
create table ledger (
    id text primary key, owner text not null, call_id text not null, attempt integer not null, key_id text,
    end_user text not null, run_id text, conversation_id text, operation text not null, kind text not null,
    route text not null, provider text not null, model text not null, state text not null, problem text not null,
    status integer not null, streamed integer not null, wait_ms real not null, first_ms real, total_ms real,
    input integer not null, cached integer not null, written integer not null, output integer not null,
    reasoning integer not null, counted text not null, over integer not null, priced integer not null,
    cost integer not null, worst integer not null, cache text not null, saved integer not null, caps text, holder text,
    created real not null, updated real not null
) strict;
create index ledger_by_owner on ledger (owner, created, id);
create index ledger_by_time on ledger (created) where state <> 'open';
create index ledger_by_run on ledger (run_id) where run_id is not null;
create index ledger_open on ledger (holder) where state = 'open';
create table usage_days (
    owner text not null, day text not null, provider text not null, model text not null, route text not null,
    key_id text not null, operation text not null, calls integer not null, failed integer not null,
    hits integer not null, input integer not null, cached integer not null, written integer not null,
    output integer not null, reasoning integer not null, cost integer not null, saved integer not null,
    unpriced integer not null, estimated integer not null, heard integer not null,
    wait_ms real not null, first_ms real not null, total_ms real not null,
    primary key (owner, day, provider, model, route, key_id, operation)
) strict, without rowid;
create table prompts (
    id text primary key, owner text not null, prompt_id text not null, name text not null, version integer not null,
    latest integer not null, template text not null, variables text not null, model text, created real not null,
    updated real not null
) strict;
create unique index prompts_by_name on prompts (owner, name, version);
create unique index prompts_named on prompts (owner, name) where latest = 1;
create index prompts_by_owner on prompts (owner, created, id);
create index prompts_by_prompt on prompts (owner, prompt_id, version);
alter table blobs add column purpose text not null default '';
alter table runs add column key_id text;
alter table runs add column within text;
alter table conversations add column within text;
alter table schedules add column within text;
create index runs_within on runs (owner)
    where within is not null and state in ('queued', 'running', 'paused', 'waiting');
create index conversations_within on conversations (owner) where within is not null;
""",
    down="""
drop index conversations_within;
drop index runs_within;
alter table schedules drop column within;
alter table conversations drop column within;
alter table runs drop column within;
alter table runs drop column key_id;
alter table blobs drop column purpose;
drop table prompts;
drop table usage_days;
drop table ledger;
drop table spending;
drop table budgets;
drop table changes;
drop table prices;
drop table routes;
drop table providers;
""",
    sqlite_up=_said(WHOLE),
    sqlite_down=_said(READ),
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
