"""Collections of texts that are searched, the documents that texts come from, and what is kept under keys."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0011"
down_revision = "0010"

# An item that changes is a new row: what was found by number stays what it was. Of its two vectors that of the
# collection's `side` serves; the other is filled while a collection is embedded anew. On SQLite each collection with
# items has an index of its words of its own, `words_…`: a score tells nothing of other collections' texts. `unmerged`
# says that words of removed texts wait in it until it is merged.
STEP = Step(
    up="""
create table collections (
    id text primary key, owner text not null, name text not null, description text not null, kind text not null,
    language text not null, model text, dimensions integer, side text not null, next_model text,
    items integer not null, revision integer not null, unmerged integer not null, created real not null,
    updated real not null
) strict;
create unique index collections_named on collections (owner, name);
create index collections_by_owner on collections (owner, created, id);
create table items (
    number integer primary key autoincrement, id text not null, owner text not null, collection_id text not null,
    document_id text, text text not null, metadata text not null, digest text not null, created real not null,
    updated real not null
) strict;
create unique index items_named on items (collection_id, id);
create index items_by_collection on items (collection_id, number);
create index items_by_document on items (document_id) where document_id is not null;
create table documents (
    id text primary key, owner text not null, collection_id text not null, name text not null, digest text not null,
    media_type text not null, blob_id text, pages integer, characters integer not null, chunks integer not null,
    state text not null, problem text, run_id text, metadata text not null, created real not null, updated real not null
) strict;
create unique index documents_named on documents (collection_id, name);
create index documents_by_owner on documents (owner, created, id);
create table entries (
    id text primary key, owner text not null, namespace text not null, key text not null, value text not null,
    version integer not null, expires real, created real not null, updated real not null
) strict;
create unique index entries_named on entries (owner, namespace, key);
create index entries_by_expiry on entries (expires) where expires is not null;
""",
    down="""
drop table entries;
drop table documents;
drop table items;
drop table collections;
""",
    sqlite_up="""
alter table items add column vector_a blob;
alter table items add column vector_b blob;
""",
    postgresql_up="""
alter table items add column vector_a bytea;
alter table items add column vector_b bytea;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
