"""Prompts as operations: kept, changed in versions, rendered, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend import versioned
from nis_backend.capabilities.prompts.prompt import (
    MOST_VARIABLES,
    Prompt,
    Value,
    VariableName,
    Variables,
    described,
    find,
    prompt_of,
    written,
)
from nis_backend.capabilities.prompts.template import LONGEST_TEMPLATE, check_names, render, variables_of
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.found import keep
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_PROMPTS, MOST_VERSIONS = 10_000, 200
"""Prompts of one owner; versions of one prompt."""
WRITTEN = ("template", "variables", "model")
"""What a change may change."""

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class CreatePrompt(Model):
    """A text with variables, to be kept."""

    name: str | None = Field(
        default=None, max_length=64, pattern=A_NAME, description="Takes the id's place; unset, the id is the name."
    )
    template: str = Field(
        min_length=1, max_length=LONGEST_TEMPLATE, description="The text; {{name}} stands for a variable's value."
    )
    variables: Variables = Field(
        default_factory=Variables,
        max_length=MOST_VARIABLES,
        description="What is put into variables, by their names; those left out have to be given each time.",
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="The model it is meant for, as provider:name."
    )


class OnePrompt(Model):
    """Which prompt."""

    id: str = Field(min_length=1, max_length=64, description="The prompt's id, or its name.")


class PromptVersion(OnePrompt):
    """Which prompt, and which of its versions."""

    version: int | None = Field(default=None, ge=1, le=MOST_VERSIONS, description="Unset, the latest.")


class UpdatePrompt(OnePrompt):
    """Which prompt, and what its next version changes; what is unset stays."""

    template: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_TEMPLATE, description="The text, with its variables."
    )
    variables: Variables | None = Field(
        default=None,
        max_length=MOST_VARIABLES,
        description="All descriptions of variables; unset, those stay whose variables do.",
    )
    model: str | None = Field(default=None, min_length=1, max_length=512, description="As provider:name.")
    after: int | None = Field(
        default=None,
        ge=1,
        le=MOST_VERSIONS,
        description="The version that is changed: refused when it is not the latest.",
    )


class RenderPrompt(PromptVersion):
    """Which prompt, and what is put into it."""

    variables: dict[VariableName, Value] = Field(
        default_factory=dict[str, str], max_length=MOST_VARIABLES, description="Values by the names of variables."
    )


class Rendered(Model):
    """A prompt with its values in place."""

    text: str
    id: str
    name: str
    version: int = Field(description="The version that was rendered.")
    model: str | None = Field(description="The model it is meant for.")


class ListPrompts(Model):
    """Which prompts, the newest first."""

    name: str | None = Field(default=None, max_length=64, description="Only the one of this name.")
    cursor: Cursor = None
    limit: Limit = 20


class ListVersions(OnePrompt):
    """Which prompt's versions, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class PromptList(Model):
    """One page of prompts."""

    prompts: list[Prompt]
    next_cursor: Next


def _draw_list(_request: Model, result: PromptList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.version, ", ".join(one.variables), moment(one.updated)] for one in result.prompts
    ]
    return [Table(title="Prompts", columns=["id", "name", "version", "variables", "written (UTC)"], rows=rows)]


def _draw_text(_request: Model, result: Rendered) -> list[View]:
    return [Text(text=result.text)]


GREETING: dict[str, Any] = {
    "template": "Greet {{name}} in {{language}}, in one sentence.",
    "variables": {"name": {"description": "Whom to greet."}, "language": {"default": "English"}},
}
KEPT = Before(name="greeting", operation="prompts.create_prompt", request=GREETING)
CHANGED = Before(
    name="changed",
    operation="prompts.update_prompt",
    request={"id": "{greeting.id}", "template": "Welcome {{name}} in {{language}}."},
)


@operation(
    "prompts.create_prompt",
    effect="writes",
    repeatable=True,
    resource="prompt",
    examples=(Example(title="A greeting in any language", request=GREETING),),
)
async def create_prompt(request: CreatePrompt, ctx: Context) -> Prompt:
    """Keep a prompt: a text with variables as {{name}}; this is its version 1.

    Raises:
        InvalidRequest: the template holds braces that are no variable, or what is described is none.
        Conflict: there is one of this name, or there are 10,000.
    """
    variables = described(request.template, request.variables)
    now, id_ = ctx.now(), ctx.new_id("prompt")
    row: Row = {
        "id": id_,
        "prompt_id": id_,
        "name": request.name or id_,
        "version": 1,
        "latest": 1,
        "template": request.template,
        "variables": written(variables),
        "model": request.model,
        "created": now,
        "updated": now,
    }
    await keep("prompts", "prompt", row, MOST_PROMPTS, ctx)
    return prompt_of(row)


@operation(
    "prompts.get_prompt",
    effect="reads",
    resource="prompt",
    examples=(
        Example(title="The latest version", request={"id": "{greeting.id}"}, before=(KEPT,)),
        Example(title="The first one", request={"id": "{greeting.id}", "version": 1}, before=(KEPT, CHANGED)),
    ),
)
async def get_prompt(request: PromptVersion, ctx: Context) -> Prompt:
    """Get a prompt: its latest version, or another."""
    return prompt_of(await find(request.id, ctx, request.version))


@operation(
    "prompts.list_prompts",
    effect="reads",
    resource="prompt",
    view=_draw_list,
    examples=(Example(title="What there is", request={"limit": 1}, before=(KEPT,)),),
)
async def list_prompts(request: ListPrompts, ctx: Context) -> PromptList:
    """List the caller's prompts, each by its latest version, the newest prompt first."""
    where: Row = {"latest": 1} | ({"name": request.name} if request.name else {})
    rows, following = await ctx.store.page("prompts", where=where, cursor=request.cursor, limit=request.limit)
    return PromptList(prompts=[prompt_of(row) for row in rows], next_cursor=following)


@operation(
    "prompts.list_versions",
    effect="reads",
    on="prompt",
    view=_draw_list,
    examples=(Example(title="What has become of it", request={"id": "{greeting.id}"}, before=(KEPT, CHANGED)),),
)
async def list_versions(request: ListVersions, ctx: Context) -> PromptList:
    """List the versions of a prompt, the newest first."""
    rows, following = await versioned.page("prompts", "prompt", request.id, request.cursor, request.limit, ctx)
    return PromptList(prompts=[prompt_of(row) for row in rows], next_cursor=following)


@operation(
    "prompts.update_prompt",
    effect="writes",
    repeatable=True,
    resource="prompt",
    examples=(
        Example(
            title="In other words",
            request={"id": "{greeting.id}", "template": "Welcome {{name}} in {{language}}."},
            before=(KEPT,),
        ),
    ),
)
async def update_prompt(request: UpdatePrompt, ctx: Context) -> Prompt:
    """Write the next version of a prompt; those before stay, and can be rendered by their number.

    Raises:
        NotFound: the caller has no such prompt.
        InvalidRequest: nothing is to change, or the template and its variables do not go together.
        Conflict: it was changed meanwhile, or has 200 versions.
    """
    head = await find(request.id, ctx)
    if request.template is None and request.variables is None and request.model is None:
        raise InvalidRequest("Nothing is to change.", field="template", value="", remedy="Give what is to change.")
    template = head["template"] if request.template is None else request.template
    given = request.variables
    if given is None:
        wanted = variables_of(template)
        given = {name: one for name, one in prompt_of(head).variables.items() if name in wanted}
    changes: Row = {
        "version": head["version"] + 1,
        "template": template,
        "variables": written(described(template, given)),
        "model": head["model"] if request.model is None else request.model,
        "updated": ctx.now(),
    }
    if request.after == head["version"] - 1 and all(changes[name] == head[name] for name in WRITTEN):
        # It was made before, and its answer was lost.
        return prompt_of(head)
    versioned.refuse_stale("prompt", request.id, head, request.after)
    if head["version"] >= MOST_VERSIONS:
        raise Conflict(
            f"The prompt {request.id!r} has {MOST_VERSIONS} versions.",
            field="id",
            value=request.id,
            remedy="Create another one from it.",
        )
    return prompt_of(await versioned.add_version("prompts", "prompt", request.id, head, changes, ctx))


@operation(
    "prompts.delete_prompt",
    effect="destroys",
    repeatable=True,
    resource="prompt",
    examples=(Example(title="No more", request={"id": "{greeting.id}"}, before=(KEPT, CHANGED)),),
)
async def delete_prompt(request: OnePrompt, ctx: Context) -> OnePrompt:
    """Delete a prompt with all its versions."""
    head = await find(request.id, ctx)
    await versioned.delete("prompts", "prompt", head, MOST_VERSIONS, ctx)
    return OnePrompt(id=head["prompt_id"])


@operation(
    "prompts.render_prompt",
    effect="reads",
    on="prompt",
    view=_draw_text,
    examples=(
        Example(title="For Ada", request={"id": "{greeting.id}", "variables": {"name": "Ada"}}, before=(KEPT,)),
        Example(
            title="As it was first, in French",
            request={"id": "{greeting.id}", "version": 1, "variables": {"name": "Ada", "language": "French"}},
            before=(KEPT, CHANGED),
        ),
    ),
)
async def render_prompt(request: RenderPrompt, ctx: Context) -> Rendered:
    """Put values into a prompt's variables; the text is what a model can be asked. Started as a run, it is recorded.

    Raises:
        NotFound: the caller has no such prompt, or it has no such version.
        InvalidRequest: naming each variable without a value, and each value without a variable.
        TooLarge: the text would be longer than 400,000 characters.
    """
    prompt = prompt_of(await find(request.id, ctx, request.version))
    defaults = {name: one.default for name, one in prompt.variables.items() if one.default is not None}
    check_names(prompt.variables, defaults, request.variables)
    text = render(prompt.template, {**defaults, **request.variables})
    return Rendered(text=text, id=prompt.id, name=prompt.name, version=prompt.version, model=prompt.model)


OPERATIONS = (
    create_prompt,
    get_prompt,
    list_prompts,
    list_versions,
    update_prompt,
    delete_prompt,
    render_prompt,
)
