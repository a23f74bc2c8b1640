"""Things of the caller's are found by id or name, and what is not there is told with the field that named it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened

from nis_backend import found
from nis_backend.capabilities.mcp_servers.operations import ListRemoteTools, list_tools
from nis_backend.capabilities.metacognition.assess.operations import record_outcome
from nis_backend.capabilities.metacognition.assess.recording import Outcome, RecordOutcome
from nis_backend.context import Context
from nis_backend.errors import NotFound


async def _team(ctx: Context, id_: str, name: str) -> None:
    row = {"id": id_, "name": name, "definition": "{}", "created": 0.0, "updated": 0.0}
    await ctx.store.insert("teams", row)


def test_a_thing_is_found_by_its_id_before_its_name_and_by_its_owner_alone(tmp_path: Path) -> None:
    """A name that is another thing's id hides nothing; nothing, and another owner's, is told alike."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            await _team(ctx, "team-1", "team-2")
            await _team(ctx, "team-2", "crew")
            for which, id_ in (("team-1", "team-1"), ("team-2", "team-2"), ("crew", "team-2")):
                assert (await found.by_name("teams", "team", which, ctx))["id"] == id_
            stranger = replace(ctx, caller=replace(ctx.caller, owner="somebody"))
            for which, whose in (("", ctx), ("crews", ctx), ("crew", stranger), ("team-1", stranger)):
                with pytest.raises(NotFound) as told:
                    await found.by_name("teams", "team", which, whose, "who")
                said = (told.value.message, told.value.field, told.value.value, told.value.remedy)
                assert said == (f"There is no team {which!r}.", "who", which, "List the teams to see what there is.")
            with pytest.raises(NotFound, match="no team 'crew'"):
                await found.by_id("teams", "team", "crew", ctx)

    asyncio.run(body())


def test_what_is_not_there_is_told_with_the_field_that_named_it(tmp_path: Path) -> None:
    """Promise: an error names the field of the request at fault (STYLE, Errors), wherever in it the id stands."""

    async def body() -> None:
        async with opened(tmp_path, operations=[record_outcome, list_tools]) as ctx:
            with pytest.raises(NotFound) as told:
                await ctx.call(list_tools, ListRemoteTools(server="nowhere"))
            assert told.value.field == "server"
            some = [Outcome(score=0.5, correct=True), Outcome(id="assessment-none", correct=True)]
            with pytest.raises(NotFound) as told:
                await ctx.call(record_outcome, RecordOutcome(outcomes=some))
            assert told.value.field == "outcomes.1.id"

    asyncio.run(body())
