"""Teams, plans, what answers were worth, what is allowed, how agents were bettered, and what is shared between them."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0014"
down_revision = "0013"

# Teams and plans are kept in versions, as agents are; `proposed_by` is the run in which a model made a plan. An
# assessment is what was known of an answer before its outcome: `score` is what a method gave, `confidence` what the
# task's calibration made of it then, `correct` what became of it. A calibration is written anew, never changed:
# `latest` is 1 for the one that serves. A policy's decisions and what waits for a person are rows of their own, so
# that deleting a policy leaves what it decided. An evolution names the version of an agent that it began from and the
# one that it made. An expectation is what an action was to do, and did. A skill's versions are kept as its publisher
# signed them. `runs.awaited_by` is the run that waits for this one's end: where that is cancelled or fails, this is
# cancelled too; `runs.members_asked` counts, of the outermost run that asks, the agents and the members of teams
# that were asked in it. A run that rests and is to be cancelled was cut before it heeded that: there are hardly ever
# any.
STEP = Step(
    up="""
alter table runs add column awaited_by text;
alter table runs add column members_asked integer not null default 0;
create index runs_awaited on runs (owner, awaited_by, created, id) where awaited_by is not null;
create index runs_awaited_as on runs (owner, awaited_by, state, created, id) where awaited_by is not null;
create index runs_unheeded on runs (id) where wanted = 'cancel' and (state = 'paused' or state = 'waiting');

create table teams (
    id text primary key, owner text not null, team_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, created real not null, updated real not null
) strict;
create unique index teams_named on teams (owner, name) where latest = 1;
create unique index teams_versions on teams (owner, team_id, version);
create index teams_by_owner on teams (owner, latest, created, id);

create table plans (
    id text primary key, owner text not null, plan_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, proposed_by text, created real not null, updated real not null
) strict;
create unique index plans_named on plans (owner, name) where latest = 1;
create unique index plans_versions on plans (owner, plan_id, version);
create index plans_by_owner on plans (owner, latest, created, id);

create table assessments (
    id text primary key, owner text not null, task text not null, method text not null, model text not null,
    run_id text, answer text not null, score real, confidence real, detail text not null, correct integer,
    created real not null, updated real not null
) strict;
create index assessments_by_owner on assessments (owner, created, id);
create index assessments_by_task on assessments (owner, task, created, id);
create index assessments_by_outcome on assessments (owner, task, correct, updated, id);
create index assessments_by_age on assessments (updated);

create table calibrations (
    id text primary key, owner text not null, task text not null, method text not null, latest integer not null,
    definition text not null, metrics text not null, outcomes integer not null, created real not null,
    updated real not null
) strict;
create unique index calibrations_serving on calibrations (owner, task, method) where latest = 1;
create index calibrations_by_task on calibrations (owner, task, created, id);

create table policies (
    id text primary key, owner text not null, name text not null, enabled integer not null, definition text not null,
    created real not null, updated real not null
) strict;
create unique index policies_named on policies (owner, name);
create index policies_by_owner on policies (owner, created, id);
create table policy_decisions (
    id text primary key, owner text not null, policy_id text not null, rule text not null, decision text not null,
    stage text not null, operation text not null, run_id text, detail text not null, created real not null,
    updated real not null
) strict;
create index policy_decisions_by_owner on policy_decisions (owner, created, id);
create table reviews (
    id text primary key, owner text not null, policy_id text not null, rule text not null, state text not null,
    operation text not null, run_id text, digest text not null, subject text not null, decided_by text,
    note text not null, created real not null, updated real not null
) strict;
create index reviews_by_state on reviews (owner, state, created, id);
create index reviews_by_call on reviews (owner, digest, created, id);

create table evolutions (
    id text primary key, owner text not null, agent_id text not null, run_id text, state text not null,
    from_version integer not null, to_version integer, report text not null, created real not null,
    updated real not null
) strict;
create index evolutions_by_agent on evolutions (owner, agent_id, created, id);
create index evolutions_by_owner on evolutions (owner, created, id);
create table canary_runs (
    id text primary key, owner text not null, evolution_id text not null, version integer not null,
    created real not null, updated real not null
) strict;
create index canary_runs_by_evolution on canary_runs (owner, evolution_id, version, created, id);
create table proposals (
    id text primary key, owner text not null, name text not null, state text not null, run_id text, agent_id text,
    definition text not null, report text not null, created real not null, updated real not null
) strict;
create index proposals_by_owner on proposals (owner, created, id);

create table expectations (
    id text primary key, owner text not null, subject text not null, action text not null, run_id text,
    expected text not null, observed text not null, error real, created real not null, updated real not null
) strict;
create index expectations_by_subject on expectations (owner, subject, created, id);
create index expectations_by_owner on expectations (owner, created, id);
create index expectations_by_age on expectations (updated);
create table attention (
    id text primary key, owner text not null, workspace text not null, run_id text, cycle integer not null,
    detail text not null, created real not null, updated real not null
) strict;
create index attention_by_workspace on attention (owner, workspace, created, id);
create index attention_by_owner on attention (owner, created, id);
create index attention_by_age on attention (updated);
create index attention_by_run on attention (run_id);
create table skills (
    id text primary key, owner text not null, name text not null, version text not null, kind text not null,
    state text not null, publisher text not null, signature text not null, content text not null,
    revocation text not null, revocation_signature text not null,
    created real not null, updated real not null
) strict;
create unique index skills_versions on skills (owner, name, version, publisher);
create index skills_by_owner on skills (owner, created, id);
create table skill_ratings (
    id text primary key, owner text not null, skill_id text not null, score integer not null, note text not null,
    created real not null, updated real not null
) strict;
create unique index skill_ratings_single on skill_ratings (owner, skill_id);
""",
    down="""
drop table skill_ratings;
drop table skills;
drop table attention;
drop table expectations;
drop table proposals;
drop table canary_runs;
drop table evolutions;
drop table reviews;
drop table policy_decisions;
drop table policies;
drop table calibrations;
drop table assessments;
drop table plans;
drop table teams;
drop index runs_unheeded;
drop index runs_awaited_as;
drop index runs_awaited;
alter table runs drop column members_asked;
alter table runs drop column awaited_by;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
