"""Runs that are begun in words: those that read at once, those that change something by their form."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ground import Ground
from opened import opened

from nis_backend.capabilities.research.operations import ResearchTopic, research_topic
from nis_backend.owned import Scope

Json = dict[str, Any]


def begun(reply: Json) -> str:
    """The id of the run that an answer tells of, which its table has too."""
    (told,) = set(re.findall(r"run-\w+", reply["response"]))
    (table,) = [one for one in reply["views"] if one.get("title") == "Run"]
    assert ["id", told] in table["rows"]
    return told


def test_a_message_begins_research_and_says_where_it_is_followed(ground: Ground) -> None:
    """Promise: an operation that is a run and reads is begun in words; its id leads to its log and its result."""
    reply = ground.call("chat.send_message", {"message": "Research how tall the Eiffel tower is and report."})
    run_id = begun(reply)
    events = ground.call("runs.stream_events", {"id": run_id})
    assert events[-1]["body"]["type"] == "succeeded"
    run = ground.call("runs.get_run", {"id": run_id})
    assert (run["operation"], run["input"]["question"]) == ("research.research_topic", "how tall the Eiffel tower is")
    assert any(one["cited"] for one in run["result"]["sources"])
    assert all(name in reply["response"] for name in ("runs.get_run", "runs.stream_events", "runs.cancel_run"))


def test_a_run_that_changes_something_begins_with_its_form(ground: Ground) -> None:
    """Promise: words fill in the form and change nothing; the person who sends it begins the run."""
    made = ground.call("collections.create_collection", {"name": "pantry"})
    ground.call("collections.add_items", {"id": made["id"], "items": [{"text": "Rye flour, two bags."}]})
    reply = ground.call("chat.send_message", {"message": "Export my collection pantry"})
    (form,) = reply["views"]
    assert (form["operation"], form["values"]) == ("collections.export_items", {"id": "pantry"})
    assert "run-" not in reply["response"]
    sent = {"message": "Go", "call": {"operation": form["operation"], "arguments": form["values"]}}
    run_id = begun(ground.call("chat.send_message", sent))
    ground.call("runs.stream_events", {"id": run_id})
    assert ground.call("runs.get_run", {"id": run_id})["result"]["items"] == 1


def test_a_turn_that_is_taken_up_again_begins_no_second_run(tmp_path: Path) -> None:
    """Promise: after a crash between the beginning and its note in the log, the same call has the same run."""

    async def twice() -> None:
        async with opened(tmp_path) as ctx:
            request = ResearchTopic(question="How tall is it, the tower?")

            async def begin() -> str:
                scope = Scope(key="run-1:1:call-1", call="1:call-1", reads=False)
                return (await replace(ctx, scope=scope).begin(research_topic, request)).id

            first, second = await begin(), await begin()
            assert first == second
            assert len(await ctx.store.select("runs", where={"operation": research_topic.name}, limit=9)) == 1

    asyncio.run(twice())
