"""Prompts: versions that stay, names that are one owner's, two changes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from opened import opened

from nis_backend.calling import call
from nis_backend.capabilities.prompts.operations import (
    OPERATIONS,
    create_prompt,
    delete_prompt,
    get_prompt,
    list_prompts,
    list_versions,
    render_prompt,
    update_prompt,
)
from nis_backend.context import Context
from nis_backend.errors import Conflict, InvalidRequest, NotFound

T = TypeVar("T")

GREETING: dict[str, Any] = {
    "name": "greeting",
    "template": "Greet {{name}} in {{language}}.",
    "variables": {"language": {"default": "English", "description": "Any."}},
}


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


def outside(ctx: Context) -> Context:
    """A call that is no part of a run."""
    return replace(ctx, journal=None)


def test_versions_stay_and_are_rendered_by_their_number(tmp_path: Path) -> None:
    """Promise: a change is the next version; those before answer as they did."""

    async def body() -> None:
        async with opened(tmp_path, operations=OPERATIONS) as within:
            ctx = outside(within)
            made = await call(create_prompt, GREETING, ctx)
            assert (made.version, made.latest, made.variables["name"].default) == (1, True, None)
            changed = await call(update_prompt, {"id": "greeting", "template": "{{name}}: {{language}}!"}, ctx)
            assert (changed.id, changed.version, changed.created) == (made.id, 2, made.created)
            assert changed.variables == made.variables
            ada = {"id": "greeting", "variables": {"name": "Ada"}}
            assert (await call(render_prompt, ada, ctx)).text == "Ada: English!"
            first = await call(render_prompt, {**ada, "id": made.id, "version": 1}, ctx)
            assert (first.text, first.version, first.id, first.name) == (
                "Greet Ada in English.",
                1,
                made.id,
                "greeting",
            )
            with pytest.raises(NotFound, match="no version 3"):
                await call(get_prompt, {"id": "greeting", "version": 3}, ctx)
            versions = (await call(list_versions, {"id": made.id}, ctx)).prompts
            assert [(one.version, one.latest, one.id) for one in versions] == [(2, True, made.id), (1, False, made.id)]
            assert [one.version for one in (await call(list_prompts, {}, ctx)).prompts] == [2]
            assert (await call(get_prompt, {"id": made.id, "version": 1}, ctx)).template == made.template

    run(body())


def test_a_variable_that_goes_takes_its_description_along(tmp_path: Path) -> None:
    """Promise: what is described and what the template has are the same names, in each version."""

    async def body() -> None:
        async with opened(tmp_path, operations=OPERATIONS) as within:
            ctx = outside(within)
            await call(create_prompt, GREETING, ctx)
            changed = await call(update_prompt, {"id": "greeting", "template": "{{name}} and {{other}}"}, ctx)
            assert list(changed.variables) == ["name", "other"]
            with pytest.raises(InvalidRequest, match="no variable 'gone'") as caught:
                await call(update_prompt, {"id": "greeting", "variables": {"gone": {}}}, ctx)
            assert caught.value.field == "variables.gone"
            with pytest.raises(InvalidRequest, match="Nothing is to change"):
                await call(update_prompt, {"id": "greeting"}, ctx)
            with pytest.raises(InvalidRequest) as refused:
                await call(render_prompt, {"id": "greeting", "variables": {"name": "a", "b": "c"}}, ctx)
            assert [one.field for one in refused.value.fields] == ["variables.b", "variables.other"]

    run(body())


def test_of_changes_at_once_each_version_is_one(tmp_path: Path) -> None:
    """Promise: none is lost unseen: whoever comes second is told, or finds the first one's change."""

    async def body() -> None:
        async with opened(tmp_path, operations=OPERATIONS) as within:
            ctx = outside(within)
            made = await call(create_prompt, GREETING, ctx)
            wanted = [f"{number} {{{{name}}}}" for number in range(8)]
            done = await asyncio.gather(
                *(call(update_prompt, {"id": made.id, "template": one}, ctx) for one in wanted),
                return_exceptions=True,
            )
            lost = [one for one in done if isinstance(one, Conflict)]
            kept = [one for one in done if not isinstance(one, BaseException)]
            assert len(lost) + len(kept) == 8
            assert kept
            versions = (await call(list_versions, {"id": made.id}, ctx)).prompts
            assert sorted(one.version for one in versions) == list(range(1, len(kept) + 2))
            assert {one.template for one in kept} <= {one.template for one in versions}
            with pytest.raises(Conflict, match="at version"):
                await call(update_prompt, {"id": made.id, "template": "x", "after": 1}, ctx)
            last = {"id": made.id, "template": "Bye {{name}}", "after": versions[0].version}
            assert await call(update_prompt, last, ctx) == await call(update_prompt, last, ctx)

    run(body())


def test_a_name_is_taken_until_its_prompt_is_deleted(tmp_path: Path) -> None:
    """Promise: one prompt of a name; another owner's is another."""

    async def body() -> None:
        async with opened(tmp_path, operations=OPERATIONS) as within:
            ctx = outside(within)
            made = await call(create_prompt, GREETING, ctx)
            await call(update_prompt, {"id": made.id, "model": "openai:gpt"}, ctx)
            with pytest.raises(Conflict, match="There is a prompt 'greeting'") as caught:
                await call(create_prompt, GREETING, ctx)
            assert caught.value.field == "name"
            other = replace(ctx, caller=replace(ctx.caller, owner="bob"))
            assert (await call(create_prompt, GREETING, other)).version == 1
            with pytest.raises(NotFound):
                await call(render_prompt, {"id": made.id}, other)
            assert (await call(delete_prompt, {"id": "greeting"}, ctx)).id == made.id
            with pytest.raises(NotFound, match="no prompt"):
                await call(get_prompt, {"id": made.id, "version": 1}, ctx)
            assert (await call(create_prompt, GREETING, ctx)).id != made.id
            assert (await call(get_prompt, {"id": "greeting"}, other)).name == "greeting"

    run(body())
