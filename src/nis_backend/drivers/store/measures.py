"""How runs are measured where they lie: SQL that SQLite and PostgreSQL both read, but for how a field is taken.

Each statement ends in one row for each group. All of them are over the newest runs of one owner within a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHOSEN = """
with chosen as (
    select id, operation, state, created, updated from runs
    where owner = ? and created >= ? and created < ? order by created desc, id desc limit ?
)"""

COUNTS = f"""{CHOSEN}
select operation, state, count(*) as runs from chosen group by operation, state order by operation, state
"""  # noqa: S608 - as below

# The nearest rank: the shortest duration that at least half (95 %) of the runs do not exceed.
DURATIONS = f"""{CHOSEN}, ranked as (
    select operation, updated - created as seconds,
        row_number() over (partition by operation order by updated - created, id) as place,
        count(*) over (partition by operation) as many
    from chosen where state in ('succeeded', 'failed', 'cancelled')
)
select operation, many as runs, min(case when place >= 0.5 * many then seconds end) as p50,
    min(case when place >= 0.95 * many then seconds end) as p95
from ranked group by operation, many order by operation
"""  # noqa: S608 - as below

# What a run was doing between two events is told by what has begun and not ended before the first of them; but what is
# begun again was held by nobody, at some moment after the first of them.
TIMES = f"""{CHOSEN}, told as (
    select e.run_id, e.seq, e.time, lead(e.time) over one - e.time as seconds, lead(e.type) over one as following,
        max(case when e.type = 'started' then e.seq else 0 end) over one as started,
        max(case when e.type = 'released' then e.seq else 0 end) over one as released,
        max(case when e.type = 'model_called' then e.seq else 0 end) over one as asked,
        max(case when e.type in ('model_answered', 'step_retried') then e.seq else 0 end) over one as answered,
        sum(case e.type when 'tool_called' then 1 when 'tool_answered' then -1 else 0 end) over one as called
    from events e join chosen c on c.id = e.run_id
    window one as (partition by e.run_id order by e.seq)
), parts as (
    select seconds, case when started = 0 then 'queued' when released > started or following = 'started' then 'waiting'
        when asked > answered then 'model' when called > 0 then 'tools' else 'own' end as part
    from told where seconds is not null
    union all
    select t.time - c.created, 'queued' from told t join chosen c on c.id = t.run_id where t.seq = 1
)
select part, sum(seconds) as seconds from parts group by part
"""  # noqa: S608 - as below


def tokens(text: Callable[[str, str], str], number: Callable[[str, str], str]) -> str:
    """What each model was asked, and the tokens of its answers.

    `text` and `number` write a field of a column of JSON as the database takes it.
    """
    return f"""{CHOSEN}, answers as (
    select {number("a.body", "input_tokens")} as given, {number("a.body", "output_tokens")} as made,
        (select q.body from events q where q.run_id = a.run_id and q.type = 'model_called' and q.seq < a.seq
            order by q.seq desc limit 1) as question
    from events a join chosen c on c.id = a.run_id where a.type = 'model_answered'
)
select {text("question", "provider")} as provider, {text("question", "model")} as model, count(*) as calls,
    sum(case when given is null or made is null then 1 else 0 end) as unstated,
    coalesce(sum(given), 0) as input_tokens, coalesce(sum(made), 0) as output_tokens
from answers group by 1, 2 order by calls desc, 1, 2
"""  # noqa: S608 - the columns and names are ours


def bounds(owner: str, since: float, until: float, most: int) -> Sequence[Any]:
    """The parameters of each statement."""
    return owner, since, until, most
