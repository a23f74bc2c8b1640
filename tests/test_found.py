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
from nis_backend.drivers.store.base import Row
from nis_backend.errors import Conflict, NotFound


def _row(id_: str, name: str) -> Row:
    return {"id": id_, "name": name, "description": "{}", "positions": "[]", "created": 0.0, "updated": 0.0}


def test_a_thing_is_found_by_its_id_before_its_name_and_by_its_owner_alone(tmp_path: Path) -> None:
    """A name that is another thing's id hides nothing; nothing, and another owner's, is told alike."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            await ctx.store.insert("robots", _row("robot-1", "robot-2"))
            await ctx.store.insert("robots", _row("robot-2", "arm"))
            for which, id_ in (("robot-1", "robot-1"), ("robot-2", "robot-2"), ("arm", "robot-2")):
                assert (await found.by_name("robots", "robot", which, ctx))["id"] == id_
            stranger = replace(ctx, caller=replace(ctx.caller, owner="somebody"))
            for which, whose in (("", ctx), ("arms", ctx), ("arm", stranger), ("robot-1", stranger)):
                with pytest.raises(NotFound) as told:
                    await found.by_name("robots", "robot", which, whose, "who")
                said = (told.value.message, told.value.field, told.value.value, told.value.remedy)
                assert said == (f"There is no robot {which!r}.", "who", which, "List the robots to see what there is.")
            with pytest.raises(NotFound, match="no robot 'arm'"):
                await found.by_id("robots", "robot", "arm", ctx)

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


def test_of_one_name_there_is_one_and_no_more_than_so_many(tmp_path: Path) -> None:
    """Told with the field, whether it was there before or came at the same moment."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            names = ["arm", "arm", "crane", "hand"]
            rows = [_row(f"robot-{number}", name) for number, name in enumerate(names)]
            came = await asyncio.gather(
                *(found.keep("robots", "robot", row, 2, ctx) for row in rows[:2]), return_exceptions=True
            )
            [refused] = [one for one in came if isinstance(one, Conflict)]
            assert (refused.message, refused.field, refused.value) == ("There is a robot 'arm'.", "name", "arm")
            await found.keep("robots", "robot", rows[2], 2, ctx)
            with pytest.raises(Conflict, match="There are 2 robots"):
                await found.keep("robots", "robot", rows[3], 2, ctx)

    asyncio.run(body())
