"""What PostgreSQL is asked to show that what was deleted is gone: its files are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.store.finding import FindingUser
from nis_backend.drivers.store.forgetting import AN_ID, Mentions
from nis_backend.drivers.store.postgres.link import Link
from nis_backend.drivers.store.postgres.statements import json_field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OWNED = (
    "select table_name, bool_or(column_name = 'id') as has_id from information_schema.columns"
    " where table_schema = current_schema() group by table_name having bool_or(column_name = 'owner')"
    " order by table_name"
)
# Ids are taken out of a row's text once, however many are looked for.
MENTIONS = """
select id, array_agg(name) as rows from (
    select one.ctid as row, {name} as name, m.id[1] as id
    from {table} as one, lateral regexp_matches(one::text, '[a-z]+-[0-9a-f]{{24}}', 'g') as m (id)
    where owner = %(owner)s and m.id[1] = any(%(ids)s)
    union select one.ctid, {name}, g.id from {table} as one, unnest(%(own)s::text[]) as g (id)
    where owner = %(owner)s and position(g.id in one::text) > 0
) as found group by id
"""
NOT_YET = (
    "PostgreSQL keeps deleted rows in its files until it vacuums, and in its write-ahead log: run VACUUM FULL, and let "
    "archived logs and replicas go."
)


class ForgettingUser(FindingUser):
    """Over a database that processes share."""

    _link: Link

    @override
    def _member(self, column: str, name: str) -> str:
        # It refuses to answer a text with NUL, which JSON may escape.
        plain = rf"regexp_replace({column}, '(^|[^\\])((\\\\)*)(\\u0000)+', '\1\2', 'g')"
        return json_field(plain, name)

    @override
    async def mentions(self, owner: str, ids: Sequence[str]) -> Mentions:
        given = {"owner": owner, "ids": [*ids], "own": [one for one in ids if not AN_ID.fullmatch(one)]}
        found: Mentions = {}
        for row in await self._link.read(OWNED):
            table = row["table_name"]
            name = "one.run_id" if table == "events" else "one.id::text" if row["has_id"] else "''"
            rows = await self._link.read(MENTIONS.format(table=table, name=name), given)
            if rows:
                found[table] = {one["id"]: one["rows"] for one in rows}
        return found

    @override
    async def indexed(self, owner: str, numbers: Mapping[str, Sequence[int]]) -> int:
        wanted = [number for some in numbers.values() for number in some]
        # The index of words is a column of theirs; that of vectors has rows of its own.
        sql = "select (select count(*) from items where number = any(%(wanted)s))"
        sql += " + (select count(*) from graph_rows where number = any(%(wanted)s)) as found"
        rows = await self._link.read(sql, {"wanted": wanted})
        return int(rows[0]["found"])

    @override
    async def scrub(self, owner: str, collections: Sequence[str]) -> list[str]:
        return [NOT_YET]

    @override
    async def in_files(self, pieces: Sequence[bytes]) -> list[bool] | None:
        return None
