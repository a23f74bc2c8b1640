-- 95873c1726d5dd37338a487eaea50a6f4d6d3dc34595f2edbb4cee025d9efa92 of the steps. Generated: `make generate`.
CREATE TABLE conversations (
    id text primary key, owner text not null, title text not null, created real not null, updated real not null
, archived integer not null default 0, branched_from text, within text) strict;
CREATE INDEX conversations_by_owner on conversations (owner, created, id);
CREATE TABLE runs (
    id text primary key, owner text not null, operation text not null, state text not null, attempt integer not null,
    last_seq integer not null, format integer not null, conversation_id text, created real not null,
    updated real not null, input text not null, result text, problem text
, queue text not null default 'default', priority integer not null default 0, not_before real not null default 0, deadline real, dedupe text, retries integer not null default 0, retried integer not null default 0, holder text, wanted text, waiting text, parent text, parent_seq integer, version text not null default '', scopes text not null default '["*"]', log_bytes integer not null default 0, key_id text, within text, ids text, awaited_by text, members_asked integer not null default 0) strict;
CREATE INDEX runs_by_owner on runs (owner, created, id);
CREATE INDEX runs_by_conversation on runs (conversation_id, created, id);
CREATE TABLE events (
    run_id text not null references runs (id), seq integer not null, owner text not null, attempt integer not null,
    time real not null, type text not null, body text not null, primary key (run_id, seq)
) strict, without rowid;
CREATE TABLE feedback (
    id text primary key, owner text not null, run_id text not null, rating integer not null, comment text not null,
    created real not null, updated real not null
) strict;
CREATE INDEX feedback_by_owner on feedback (owner, created, id);
CREATE TABLE blobs (
    id text primary key, owner text not null, sha256 text not null, media_type text not null, size integer not null,
    name text not null, created real not null, updated real not null
, purpose text not null default '', expires real) strict;
CREATE INDEX blobs_by_owner on blobs (owner, created, id);
CREATE TABLE replies (
    id text primary key, owner text not null, request text not null, status text not null, reply text,
    created real not null, updated real not null
) strict;
CREATE INDEX replies_by_owner on replies (owner, created, id);
CREATE INDEX conversations_by_activity on conversations (owner, updated, id);
CREATE TABLE said (
    id integer primary key, owner text not null, conversation_id text not null, run_id text, text text not null
) strict;
CREATE INDEX said_by_run on said (run_id);
CREATE INDEX said_by_conversation on said (conversation_id);
CREATE VIRTUAL TABLE said_words using fts5 (
    text, content = 'said', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER conversation_begun after insert on conversations begin
    insert into said (owner, conversation_id, text) values (new.owner, new.id, new.title);
end;
CREATE TRIGGER conversation_renamed after update of title on conversations when old.title is not new.title begin
    update said set text = new.title where conversation_id = new.id and run_id is null;
end;
CREATE TRIGGER conversation_removed after delete on conversations begin
    delete from said where conversation_id = old.id;
end;
CREATE TRIGGER run_in_no_conversation before insert on runs when new.conversation_id is not null
    and not exists (select 1 from conversations where id = new.conversation_id and owner = new.owner) begin
    select raise(abort, 'the conversation is gone');
end;
CREATE TRIGGER run_begun after insert on runs when new.conversation_id is not null begin
    insert into said (owner, conversation_id, run_id, text) select * from said_in_runs
        where run_id = new.id and text is not null;
end;
CREATE TRIGGER run_removed after delete on runs when old.conversation_id is not null begin
    delete from said where run_id = old.id;
end;
CREATE INDEX runs_ended on runs (created) where state in ('succeeded', 'failed', 'cancelled');
CREATE INDEX runs_queued on runs (queue, priority desc, not_before, id) where state = 'queued';
CREATE INDEX runs_due on runs (queue, not_before) where state = 'queued';
CREATE INDEX runs_overdue on runs (queue, deadline)
    where deadline is not null and state in ('queued', 'paused', 'waiting');
CREATE INDEX runs_held on runs (holder) where state = 'running';
CREATE INDEX runs_by_parent on runs (parent) where parent is not null;
CREATE INDEX runs_resting on runs (owner, state, created, id) where state = 'paused' or state = 'waiting';
CREATE INDEX runs_by_dedupe on runs (owner, dedupe, created, id) where dedupe is not null;
CREATE UNIQUE INDEX runs_dedupe on runs (owner, dedupe)
    where dedupe is not null and state in ('queued', 'running', 'paused', 'waiting');
CREATE TABLE schedules (
    id text primary key, owner text not null, name text not null, operation text not null, arguments text not null,
    cron text not null, timezone text not null, enabled integer not null default 1, queue text not null,
    scopes text not null default '[]', key_id text, next_at real, last_at real, last_run_id text, problem text,
    created real not null, updated real not null
, within text) strict;
CREATE INDEX schedules_by_owner on schedules (owner, created, id);
CREATE INDEX schedules_due on schedules (next_at) where enabled = 1;
CREATE TABLE keys (
    id text primary key, owner text not null, name text not null, prefix text not null, hash text not null unique,
    scopes text not null, expires real, last_used real, revoked real, created real not null, updated real not null
) strict;
CREATE INDEX keys_by_owner on keys (owner, created, id);
CREATE TABLE effects (
    key text primary key, owner text not null, answer integer not null, created real not null
) strict, without rowid;
CREATE TABLE outbox (
    id integer primary key autoincrement, owner text not null, run_id text not null, seq integer not null
) strict;
CREATE TABLE said_words_mark (upto integer not null) strict;
CREATE TRIGGER said_removed after delete on said begin
    insert into said_words (said_words, rowid, text)
        select 'delete', old.id, old.text where old.id <= (select upto from said_words_mark);
    update said_words_mark set upto = min(upto, (select coalesce(max(id), 0) from said));
end;
CREATE TRIGGER said_changed after update of text on said when old.id <= (select upto from said_words_mark) begin
    insert into said_words (said_words, rowid, text) values ('delete', old.id, old.text);
    insert into said_words (rowid, text) values (new.id, new.text);
end;
CREATE INDEX runs_under_way on runs (owner, state, created, id) where state = 'queued' or state = 'running';
CREATE TABLE providers (
    id text primary key, owner text not null, kind text not null, url text not null, key_name text not null,
    prices text not null, billed integer not null, concurrency integer not null, enabled integer not null,
    created real not null, updated real not null
) strict;
CREATE TABLE routes (
    id text primary key, owner text not null, targets text not null, policy text not null, enabled integer not null,
    created real not null, updated real not null
) strict;
CREATE TABLE prices (
    id text primary key, owner text not null, rates text not null, context integer, created real not null,
    updated real not null
) strict;
CREATE TABLE changes (
    id text primary key, owner text not null, by_owner text not null, by_key text, subject text not null,
    subject_id text not null, action text not null, before text, after text, created real not null,
    updated real not null
) strict;
CREATE INDEX changes_by_owner on changes (owner, created, id);
CREATE TABLE budgets (
    id text primary key, owner text not null, name text not null, scope text not null, subject text not null,
    period text not null, cap integer not null, model text not null, action text not null, enabled integer not null,
    created real not null, updated real not null
) strict;
CREATE INDEX budgets_by_owner on budgets (owner, created, id);
CREATE INDEX budgets_by_subject on budgets (scope, subject);
CREATE TABLE spending (
    budget_id text not null, period text not null, owner text not null, used integer not null,
    warned integer not null default 0, primary key (budget_id, period)
) strict, without rowid;
CREATE TABLE ledger (
    id text primary key, owner text not null, call_id text not null, attempt integer not null, key_id text,
    end_user text not null, run_id text, conversation_id text, operation text not null, kind text not null,
    route text not null, provider text not null, model text not null, state text not null, problem text not null,
    status integer not null, streamed integer not null, wait_ms real not null, first_ms real, total_ms real,
    input integer not null, cached integer not null, written integer not null, output integer not null,
    reasoning integer not null, counted text not null, over integer not null, priced integer not null,
    cost integer not null, worst integer not null, cache text not null, saved integer not null, caps text, holder text,
    created real not null, updated real not null
) strict;
CREATE INDEX ledger_by_owner on ledger (owner, created, id);
CREATE INDEX ledger_by_time on ledger (created) where state <> 'open';
CREATE INDEX ledger_by_run on ledger (run_id) where run_id is not null;
CREATE INDEX ledger_open on ledger (holder) where state = 'open';
CREATE TABLE usage_days (
    owner text not null, day text not null, provider text not null, model text not null, route text not null,
    key_id text not null, operation text not null, calls integer not null, failed integer not null,
    hits integer not null, input integer not null, cached integer not null, written integer not null,
    output integer not null, reasoning integer not null, cost integer not null, saved integer not null,
    unpriced integer not null, estimated integer not null, heard integer not null,
    wait_ms real not null, first_ms real not null, total_ms real not null,
    primary key (owner, day, provider, model, route, key_id, operation)
) strict, without rowid;
CREATE TABLE prompts (
    id text primary key, owner text not null, prompt_id text not null, name text not null, version integer not null,
    latest integer not null, template text not null, variables text not null, model text, created real not null,
    updated real not null
) strict;
CREATE UNIQUE INDEX prompts_by_name on prompts (owner, name, version);
CREATE UNIQUE INDEX prompts_named on prompts (owner, name) where latest = 1;
CREATE INDEX prompts_by_owner on prompts (owner, created, id);
CREATE INDEX prompts_by_prompt on prompts (owner, prompt_id, version);
CREATE INDEX runs_within on runs (owner)
    where within is not null and state in ('queued', 'running', 'paused', 'waiting');
CREATE INDEX conversations_within on conversations (owner) where within is not null;
CREATE VIEW said_in_runs as
    select owner, conversation_id, id as run_id, json_extract(replace(input, '\u0000', ' '), '$.message') as text from runs
    union all
    select owner, conversation_id, id as run_id, json_extract(replace(result, '\u0000', ' '), '$.response') as text from runs;
CREATE TRIGGER run_answered after update of result on runs
    when new.conversation_id is not null and old.result is null and new.result is not null begin
    insert into said (owner, conversation_id, run_id, text)
        select new.owner, new.conversation_id, new.id, json_extract(replace(new.result, '\u0000', ' '), '$.response')
        where json_extract(replace(new.result, '\u0000', ' '), '$.response') is not null;
end;
CREATE TABLE push_configs (
    id text primary key, owner text not null, run_id text not null, name text not null, url text not null,
    token text not null, scheme text not null, credentials text not null, base text not null, version text not null,
    public integer not null, sent integer not null, tries integer not null, enabled integer not null,
    next_at real not null, problem text, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX push_configs_named on push_configs (owner, run_id, name);
CREATE INDEX push_configs_by_run on push_configs (run_id);
CREATE INDEX push_configs_enabled on push_configs (enabled, created, id);
CREATE TABLE mcp_servers (
    id text primary key, owner text not null, name text not null, url text not null, command text not null,
    token text not null, allowed text, approval text not null, seconds real not null, enabled integer not null,
    inside integer not null, tools text not null, refreshed real, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX mcp_servers_by_name on mcp_servers (owner, name);
CREATE INDEX mcp_servers_by_owner on mcp_servers (owner, created, id);
CREATE TABLE remote_agents (
    id text primary key, owner text not null, name text not null, url text not null, key_name text not null,
    key_header text not null, trusted_key text not null, tool integer not null, ask integer not null,
    enabled integer not null, card text, etag text not null, fresh_until real, created real not null,
    updated real not null
) strict;
CREATE UNIQUE INDEX remote_agents_named on remote_agents (owner, name);
CREATE INDEX remote_agents_by_owner on remote_agents (owner, created, id);
CREATE INDEX blobs_by_expiry on blobs (expires) where expires is not null;
CREATE INDEX blobs_by_fingerprint on blobs (owner, sha256);
CREATE TABLE robots (
    id text primary key, owner text not null, name text not null, description text not null, positions text not null,
    created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX robots_named on robots (owner, name);
CREATE INDEX robots_by_owner on robots (owner, created, id);
CREATE TABLE robot_stops (
    id text primary key, owner text not null, robot_id text not null, reason text not null, by_key text,
    released integer not null, release_reason text not null, release_key text, created real not null,
    updated real not null
) strict;
CREATE INDEX robot_stops_by_robot on robot_stops (owner, robot_id, created, id);
CREATE TABLE robot_motions (
    id text primary key, owner text not null, robot_id text not null, seen text not null, created real not null,
    updated real not null
) strict;
CREATE UNIQUE INDEX robot_motions_single on robot_motions (owner, robot_id);
CREATE TABLE collections (
    id text primary key, owner text not null, name text not null, description text not null, kind text not null,
    language text not null, model text, version text, dimensions integer, side text not null,
    flips integer not null default 0, next_model text, next_version text,
    items integer not null, revision integer not null, unmerged integer not null default 0, created real not null,
    updated real not null
) strict;
CREATE UNIQUE INDEX collections_named on collections (owner, name);
CREATE INDEX collections_by_owner on collections (owner, created, id);
CREATE TABLE items (
    number integer primary key autoincrement, id text not null, owner text not null, collection_id text not null,
    document_id text, text text not null, metadata text not null, digest text not null, created real not null,
    updated real not null
, vector_a blob, vector_b blob) strict;
CREATE UNIQUE INDEX items_named on items (collection_id, id);
CREATE INDEX items_by_collection on items (collection_id, number);
CREATE INDEX items_by_document on items (document_id) where document_id is not null;
CREATE TABLE documents (
    id text primary key, owner text not null, collection_id text not null, name text not null, digest text not null,
    media_type text not null, blob_id text, pages integer, characters integer not null, chunks integer not null,
    state text not null, problem text, run_id text, metadata text not null, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX documents_named on documents (collection_id, name);
CREATE INDEX documents_by_owner on documents (owner, created, id);
CREATE TABLE entries (
    id text primary key, owner text not null, namespace text not null, key text not null, value text not null,
    version integer not null, expires real, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX entries_named on entries (owner, namespace, key);
CREATE INDEX entries_by_expiry on entries (expires) where expires is not null;
CREATE TABLE datasets (
    id text primary key, owner text not null, name text not null, description text not null, kind text not null,
    splits text not null, version text, rows integer not null, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX datasets_named on datasets (owner, name);
CREATE INDEX datasets_by_owner on datasets (owner, created, id);
CREATE TABLE dataset_versions (
    id text primary key, owner text not null, dataset_id text not null, digest text not null, blob_id text not null,
    rows integer not null, bytes integer not null, made_by text not null, run_id text, parent text, note text not null,
    created real not null, updated real not null
) strict;
CREATE INDEX dataset_versions_by_dataset on dataset_versions (owner, dataset_id, created, id);
CREATE TABLE example_sources (
    id text primary key, owner text not null, dataset_id text not null, digest text not null, conversation_id text,
    run_id text, person text not null, created real not null, updated real not null
) strict;
CREATE INDEX example_sources_by_person on example_sources (owner, person, created, id);
CREATE INDEX example_sources_by_dataset on example_sources (owner, dataset_id, created, id);
CREATE TABLE consents (
    id text primary key, owner text not null, person text not null, purposes text not null, granted real not null,
    withdrawn real, note text not null, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX consents_of_persons on consents (owner, person);
CREATE TABLE trainings (
    id text primary key, owner text not null, run_id text not null, name text not null, recipe text not null,
    dataset_id text, version text, base text, settings text not null, step integer not null, summary text not null,
    model_id text, created real not null, updated real not null
) strict;
CREATE INDEX trainings_by_owner on trainings (owner, created, id);
CREATE TABLE trained_models (
    id text primary key, owner text not null, name text not null, kind text not null, training_id text not null,
    base text, dataset_id text, version text, digest text not null, bytes integer not null, metrics text not null,
    state text not null, withdrawn integer not null, created real not null, updated real not null
) strict;
CREATE INDEX trained_models_by_owner on trained_models (owner, created, id);
CREATE INDEX trained_models_by_dataset on trained_models (owner, dataset_id);
CREATE TABLE model_names (
    id text primary key, owner text not null, name text not null, model_id text not null, history text not null,
    created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX model_names_single on model_names (owner, name);
CREATE TABLE evaluations (
    id text primary key, owner text not null, name text not null, dataset_id text, version text, target text not null,
    metrics text not null, summary text not null, blob_id text, state text not null, run_id text,
    created real not null, updated real not null
) strict;
CREATE INDEX evaluations_by_owner on evaluations (owner, created, id);
CREATE TABLE agents (
    id text primary key, owner text not null, agent_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX agents_named on agents (owner, name) where latest = 1;
CREATE UNIQUE INDEX agents_versions on agents (owner, agent_id, version);
CREATE INDEX agents_by_owner on agents (owner, latest, created, id);
CREATE INDEX runs_awaited on runs (owner, awaited_by, created, id) where awaited_by is not null;
CREATE INDEX runs_unheeded on runs (id) where wanted = 'cancel' and (state = 'paused' or state = 'waiting');
CREATE TABLE teams (
    id text primary key, owner text not null, team_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX teams_named on teams (owner, name) where latest = 1;
CREATE UNIQUE INDEX teams_versions on teams (owner, team_id, version);
CREATE INDEX teams_by_owner on teams (owner, latest, created, id);
CREATE TABLE plans (
    id text primary key, owner text not null, plan_id text not null, name text not null, version integer not null,
    latest integer not null, definition text not null, proposed_by text, created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX plans_named on plans (owner, name) where latest = 1;
CREATE UNIQUE INDEX plans_versions on plans (owner, plan_id, version);
CREATE INDEX plans_by_owner on plans (owner, latest, created, id);
CREATE TABLE assessments (
    id text primary key, owner text not null, task text not null, method text not null, model text not null,
    run_id text, answer text not null, score real, confidence real, detail text not null, correct integer,
    created real not null, updated real not null
) strict;
CREATE INDEX assessments_by_owner on assessments (owner, created, id);
CREATE INDEX assessments_by_task on assessments (owner, task, created, id);
CREATE INDEX assessments_by_outcome on assessments (owner, task, correct, updated, id);
CREATE INDEX assessments_by_age on assessments (updated);
CREATE TABLE calibrations (
    id text primary key, owner text not null, task text not null, method text not null, latest integer not null,
    definition text not null, metrics text not null, outcomes integer not null, created real not null,
    updated real not null
) strict;
CREATE UNIQUE INDEX calibrations_serving on calibrations (owner, task, method) where latest = 1;
CREATE INDEX calibrations_by_task on calibrations (owner, task, created, id);
CREATE TABLE policies (
    id text primary key, owner text not null, name text not null, enabled integer not null, definition text not null,
    created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX policies_named on policies (owner, name);
CREATE INDEX policies_by_owner on policies (owner, created, id);
CREATE TABLE policy_decisions (
    id text primary key, owner text not null, policy_id text not null, rule text not null, decision text not null,
    stage text not null, operation text not null, run_id text, detail text not null, created real not null,
    updated real not null
) strict;
CREATE INDEX policy_decisions_by_owner on policy_decisions (owner, created, id);
CREATE TABLE reviews (
    id text primary key, owner text not null, policy_id text not null, rule text not null, state text not null,
    operation text not null, run_id text, digest text not null, subject text not null, decided_by text,
    note text not null, created real not null, updated real not null
) strict;
CREATE INDEX reviews_by_state on reviews (owner, state, created, id);
CREATE INDEX reviews_by_call on reviews (owner, digest, created, id);
CREATE TABLE evolutions (
    id text primary key, owner text not null, agent_id text not null, run_id text, state text not null,
    from_version integer not null, to_version integer, report text not null, created real not null,
    updated real not null
) strict;
CREATE INDEX evolutions_by_agent on evolutions (owner, agent_id, created, id);
CREATE INDEX evolutions_by_owner on evolutions (owner, created, id);
CREATE TABLE canary_runs (
    id text primary key, owner text not null, evolution_id text not null, version integer not null,
    created real not null, updated real not null
) strict;
CREATE INDEX canary_runs_by_evolution on canary_runs (owner, evolution_id, version, created, id);
CREATE TABLE proposals (
    id text primary key, owner text not null, name text not null, state text not null, run_id text, agent_id text,
    definition text not null, report text not null, created real not null, updated real not null
) strict;
CREATE INDEX proposals_by_owner on proposals (owner, created, id);
CREATE TABLE expectations (
    id text primary key, owner text not null, subject text not null, action text not null, run_id text,
    expected text not null, observed text not null, error real, created real not null, updated real not null
) strict;
CREATE INDEX expectations_by_subject on expectations (owner, subject, created, id);
CREATE INDEX expectations_by_owner on expectations (owner, created, id);
CREATE INDEX expectations_by_age on expectations (updated);
CREATE TABLE attention (
    id text primary key, owner text not null, workspace text not null, run_id text, cycle integer not null,
    detail text not null, created real not null, updated real not null
) strict;
CREATE INDEX attention_by_workspace on attention (owner, workspace, created, id);
CREATE INDEX attention_by_owner on attention (owner, created, id);
CREATE INDEX attention_by_age on attention (updated);
CREATE INDEX attention_by_run on attention (run_id);
CREATE TABLE skills (
    id text primary key, owner text not null, name text not null, version text not null, kind text not null,
    state text not null, publisher text not null, signature text not null, content text not null,
    revocation text not null, revocation_signature text not null,
    created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX skills_versions on skills (owner, name, version, publisher);
CREATE INDEX skills_by_owner on skills (owner, created, id);
CREATE TABLE skill_ratings (
    id text primary key, owner text not null, skill_id text not null, score integer not null, note text not null,
    created real not null, updated real not null
) strict;
CREATE UNIQUE INDEX skill_ratings_single on skill_ratings (owner, skill_id);
insert into said_words_mark values (0);
