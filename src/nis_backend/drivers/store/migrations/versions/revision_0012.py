"""Data that models learn from, who has consented to it, trainings, what they made, and how good that is."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0012"
down_revision = "0011"

# A version of a dataset is named by the SHA-256 of its rows and never changes; `version` of a dataset is the digest of
# its newest. `example_sources` tell where rows came from that were collected, by each row's digest: who withdraws a
# consent has them removed. A trained model is its owner's alone; `model_names` are what `local:NAME` means to that
# owner, with what it meant before in `history`.
STEP = Step(
    up="""
create table datasets (
    id text primary key, owner text not null, name text not null, description text not null, kind text not null,
    splits text not null, version text, rows integer not null, created real not null, updated real not null
) strict;
create unique index datasets_named on datasets (owner, name);
create index datasets_by_owner on datasets (owner, created, id);
create table dataset_versions (
    id text primary key, owner text not null, dataset_id text not null, digest text not null, blob_id text not null,
    rows integer not null, bytes integer not null, made_by text not null, run_id text, parent text, note text not null,
    created real not null, updated real not null
) strict;
create index dataset_versions_by_dataset on dataset_versions (owner, dataset_id, created, id);
create table example_sources (
    id text primary key, owner text not null, dataset_id text not null, digest text not null, conversation_id text,
    run_id text, person text not null, created real not null, updated real not null
) strict;
create index example_sources_by_person on example_sources (owner, person, created, id);
create index example_sources_by_dataset on example_sources (owner, dataset_id, created, id);
create table consents (
    id text primary key, owner text not null, person text not null, purposes text not null, granted real not null,
    withdrawn real, note text not null, created real not null, updated real not null
) strict;
create unique index consents_of_persons on consents (owner, person);
create table trainings (
    id text primary key, owner text not null, run_id text not null, name text not null, recipe text not null,
    dataset_id text, version text, base text, settings text not null, step integer not null, summary text not null,
    model_id text, created real not null, updated real not null
) strict;
create index trainings_by_owner on trainings (owner, created, id);
create table trained_models (
    id text primary key, owner text not null, name text not null, kind text not null, training_id text not null,
    base text, dataset_id text, version text, digest text not null, bytes integer not null, metrics text not null,
    state text not null, withdrawn integer not null, created real not null, updated real not null
) strict;
create index trained_models_by_owner on trained_models (owner, created, id);
create index trained_models_by_dataset on trained_models (owner, dataset_id);
create table model_names (
    id text primary key, owner text not null, name text not null, model_id text not null, history text not null,
    created real not null, updated real not null
) strict;
create unique index model_names_single on model_names (owner, name);
create table evaluations (
    id text primary key, owner text not null, name text not null, dataset_id text, version text, target text not null,
    metrics text not null, summary text not null, blob_id text, state text not null, run_id text,
    created real not null, updated real not null
) strict;
create index evaluations_by_owner on evaluations (owner, created, id);
""",
    down="""
drop table evaluations;
drop table model_names;
drop table trained_models;
drop table trainings;
drop table consents;
drop table example_sources;
drop table dataset_versions;
drop table datasets;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
