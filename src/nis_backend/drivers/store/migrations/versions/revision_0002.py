"""Feedback, blobs, kept replies; conversations that are archived, branched, and found by what was said in them."""

from __future__ import annotations

from nis_backend.drivers.store.migrations.step import Step, run

revision = "0002"
down_revision = "0001"

# What is said goes into the index of its words with the row.
AT_ONCE = """
create trigger said_added after insert on said begin
    insert into said_words (rowid, text) values (new.id, new.text);
end;
create trigger said_removed after delete on said begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
end;
create trigger said_changed after update of text on said begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
    insert into said_words (rowid, text) values (new.id, new.text);
end;
"""

# Messages, answers and titles by their words. Triggers keep it: whoever writes a run, what it said is found.
SAID = f"""
create table said (
    id integer primary key, owner text not null, conversation_id text not null, run_id text, text text not null
) strict;
create index said_by_run on said (run_id);
create index said_by_conversation on said (conversation_id);
create virtual table said_words using fts5 (
    text, content = 'said', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);{AT_ONCE}create view said_in_runs as
    select owner, conversation_id, id as run_id, json_extract(input, '$.message') as text from runs
    union all
    select owner, conversation_id, id as run_id, json_extract(result, '$.response') as text from runs;
insert into said (owner, conversation_id, text) select owner, id, title from conversations;
insert into said (owner, conversation_id, run_id, text) select * from said_in_runs
    where conversation_id is not null and text is not null;
create trigger conversation_begun after insert on conversations begin
    insert into said (owner, conversation_id, text) values (new.owner, new.id, new.title);
end;
create trigger conversation_renamed after update of title on conversations when old.title is not new.title begin
    update said set text = new.title where conversation_id = new.id and run_id is null;
end;
create trigger conversation_removed after delete on conversations begin
    delete from said where conversation_id = old.id;
end;
create trigger run_in_no_conversation before insert on runs when new.conversation_id is not null
    and not exists (select 1 from conversations where id = new.conversation_id and owner = new.owner) begin
    select raise(abort, 'the conversation is gone');
end;
create trigger run_begun after insert on runs when new.conversation_id is not null begin
    insert into said (owner, conversation_id, run_id, text) select * from said_in_runs
        where run_id = new.id and text is not null;
end;
create trigger run_answered after update of result on runs
    when new.conversation_id is not null and old.result is null and new.result is not null begin
    insert into said (owner, conversation_id, run_id, text)
        select new.owner, new.conversation_id, new.id, json_extract(new.result, '$.response')
        where json_extract(new.result, '$.response') is not null;
end;
create trigger run_removed after delete on runs when old.conversation_id is not null begin
    delete from said where run_id = old.id;
end;
"""  # noqa: S608 - the text is ours

STEP = Step(
    up="""
create table feedback (
    id text primary key, owner text not null, run_id text not null, rating integer not null, comment text not null,
    created real not null, updated real not null
) strict;
create index feedback_by_owner on feedback (owner, created, id);
create table blobs (
    id text primary key, owner text not null, sha256 text not null, media_type text not null, size integer not null,
    name text not null, created real not null, updated real not null
) strict;
create index blobs_by_owner on blobs (owner, created, id);
create table replies (
    id text primary key, owner text not null, request text not null, status text not null, reply text,
    created real not null, updated real not null
) strict;
create index replies_by_owner on replies (owner, created, id);
alter table conversations add column archived integer not null default 0;
alter table conversations add column branched_from text;
create index conversations_by_activity on conversations (owner, updated, id);
""",
    down="""
drop index conversations_by_activity;
alter table conversations drop column branched_from;
alter table conversations drop column archived;
drop table replies;
drop table blobs;
drop table feedback;
""",
    sqlite_up=SAID,
    sqlite_down="""
drop trigger run_removed;
drop trigger run_answered;
drop trigger run_begun;
drop trigger run_in_no_conversation;
drop trigger conversation_removed;
drop trigger conversation_renamed;
drop trigger conversation_begun;
drop view said_in_runs;
drop table said_words;
drop table said;
""",
    # The store itself writes what was said, with its words taken apart; see `said.py`.
    postgresql_up="""
create table said (
    id bigint generated by default as identity primary key, owner text not null,
    conversation_id text not null references conversations (id) on delete cascade,
    run_id text references runs (id) on delete cascade, text text not null, words tsvector not null
);
create index said_by_run on said (run_id);
create index said_by_conversation on said (conversation_id);
create index said_by_word on said using gin (words);
create unique index conversations_of_owner on conversations (id, owner);
alter table runs add constraint runs_in_conversation
    foreign key (conversation_id, owner) references conversations (id, owner);
""",
    postgresql_down="""
alter table runs drop constraint runs_in_conversation;
drop index conversations_of_owner;
drop table said;
""",
)


def upgrade() -> None:
    """Lead here."""
    run(STEP, "up")


def downgrade() -> None:
    """Lead back."""
    run(STEP, "down")
