"""What an evaluation is asked for: the request, whether it can be done, and its cases."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Plain
from nis_backend.capabilities.evaluations.asking import LONGEST_ANSWER
from nis_backend.capabilities.evaluations.cases import MOST_CASES, Case, checked
from nis_backend.capabilities.evaluations.evaluation import find, id_of
from nis_backend.capabilities.evaluations.measures import MOST_METRICS, Kind, Metric, read
from nis_backend.capabilities.evaluations.rows import KINDS, case_of
from nis_backend.capabilities.evaluations.scoring import held_once
from nis_backend.capabilities.evaluations.targets import GIVEN, How, Target, check
from nis_backend.conforming import hold
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.found import named_in
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.conforming import Held
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

MOST_EVALUATIONS = 10_000


class Measures(Model):
    """Cases, and what is measured of their answers."""

    cases: list[Case] = Field(
        default_factory=list[Case], max_length=MOST_CASES, description="What is asked, and what is expected."
    )
    metrics: list[Kind | Metric] = Field(
        min_length=1, max_length=MOST_METRICS, description="What is measured: kinds, or kinds with their settings."
    )


GivenAnswer = Annotated[str, StringConstraints(max_length=LONGEST_ANSWER), Plain]


class CreateEvaluation(Measures):
    """Whom the cases are put to, and what is measured of the answers."""

    target: Annotated[str, Plain] = Field(
        min_length=1,
        max_length=512,
        description="provider:model, a model's or a route's name, as embedded, or local:NAME, which is "
        "evaluated as the trained model that it means then; chat, or chat:MODEL, the "
        "one here that chats with operations; agent:NAME or agent:NAME@VERSION, an agent that is kept here, "
        "agent:NAME otherwise a remote one; team:NAME or team:NAME@VERSION, a team; operation:NAME, one that reads; "
        "given: `answers`.",
    )
    name: Annotated[str, Plain] = Field(default="", max_length=200, description="What a person calls it.")
    dataset: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="In place of `cases` a dataset, by id or name: of cases; of labels or a table, asked for "
        "the label; of chat or preferences, asked for the last answer or the chosen one.",
    )
    version: str | None = Field(
        default=None, min_length=1, max_length=64, description="Which version of it; unset, the newest."
    )
    split: Literal["all", "train", "validation", "test"] = Field(
        default="all", description="Which part of the dataset."
    )
    most: int | None = Field(
        default=None, ge=1, le=MOST_CASES, description="Only the first so many cases; unset, all of them."
    )
    how: How = Field(default_factory=How, description="How the target is asked.")
    answers: list[GivenAnswer] = Field(
        default_factory=list[str],
        max_length=MOST_CASES,
        description="For the target given: an answer for each case, in their order.",
    )
    budget: float | None = Field(
        default=None, ge=0, le=1e9, description="Dollars that all calls may cost at most; then the rest is not asked."
    )


async def prepare(request: CreateEvaluation, ctx: Context) -> CreateEvaluation:
    """Refuse what cannot be evaluated, before it is a run, and write the evaluation down beside it."""
    metrics = await readable(request, ctx)
    target = Target.of(request.target)
    request = request.model_copy(update={"target": await check(target, ctx)})
    if (request.dataset is None) == (not request.cases):
        raise InvalidRequest(
            "Cases come from one place.", field="cases", value="[]", remedy="Give `cases` or name a `dataset`."
        )
    _refuse_idle(request, target)
    if request.dataset is None:
        version = await asyncio.to_thread(lambda: digest_of(checked(request.cases)))
    else:
        request = await _pinned(request, ctx)
        version = request.version
    if target.kind == "given" and (request.dataset is not None or len(request.answers) != len(request.cases)):
        raise InvalidRequest(
            f"There are {len(request.answers)} answers to {len(request.cases)} cases.",
            field="answers",
            value=len(request.answers),
            remedy="Give one for each of `cases`.",
        )
    if target.kind == "given" and len(checked(request.cases)) < len(request.cases):
        raise InvalidRequest(
            "Two cases are the same.",
            field="cases",
            value=len(request.cases),
            remedy="Give each once, with its answer.",
        )
    if await ctx.store.count("evaluations") >= MOST_EVALUATIONS:
        raise InvalidRequest(f"There are {MOST_EVALUATIONS} evaluations already.", remedy="Delete some.")
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    ctx.beside.append(("evaluations", row_of(request, metrics, str(ctx.run_id), version, ctx.now())))
    return request


def _refuse_idle(request: CreateEvaluation, target: Target) -> None:
    """Refuse what would be passed over in silence."""
    idle = [name for name in ("version", "split") if request.dataset is None and name in request.model_fields_set]
    idle += ["answers"] if request.answers and target.kind != GIVEN else []
    if idle:
        to = "the target given" if idle[0] == "answers" else "a dataset"
        raise InvalidRequest(
            f"{idle[0]} says something of {to}, and there is none.",
            field=idle[0],
            value=getattr(request, idle[0]),
            remedy="Leave it out, or name the dataset."
            if to == "a dataset"
            else 'Leave it out, or give target "given".',
        )


def row_of(request: CreateEvaluation, metrics: Sequence[Metric], run_id: str, version: str | None, now: float) -> Row:
    """The evaluation of a run, before anything is known."""
    return {
        "id": id_of(run_id),
        "name": request.name,
        "dataset_id": request.dataset,
        "version": version,
        "target": request.target,
        "metrics": json.dumps([one.model_dump(mode="json", exclude_defaults=True) for one in metrics]),
        "summary": json.dumps({"counts": {"cases": len(request.cases)}, "metrics": [], **asked_of(request)}),
        "blob_id": None,
        "state": "running",
        "run_id": run_id,
        "created": now,
        "updated": now,
    }


def asked_of(request: CreateEvaluation) -> Json:
    """What is kept of a request: who reads the values, or holds others against them, has to know it."""
    return {
        "split": None if request.dataset is None else request.split,
        "how": request.how.model_dump(mode="json", exclude_defaults=True),
    }


async def written_down(request: CreateEvaluation, ctx: Context) -> None:
    """See that the run has its evaluation: one that goes on from another's log has none yet."""
    run_id, now = ctx.run.run_id, ctx.now()
    if await ctx.store.get("evaluations", id_of(run_id)) is None:
        version = request.version or await asyncio.to_thread(lambda: digest_of(checked(request.cases)))
        with suppress(Conflict):
            await ctx.store.insert("evaluations", row_of(request, read(request.metrics), run_id, version, now))


async def readable(request: Measures, ctx: Context) -> list[Metric]:
    """The metrics that are wanted, each of which can be read.

    Raises:
        InvalidRequest: a metric or a schema is none.
        NotFound: the evaluation that answers are held against is none of the caller's.
    """
    metrics = read(request.metrics)
    for number, one in enumerate(metrics):
        if one.answer_schema is not None:
            await hold(dict(one.answer_schema), f"metrics.{number}.answer_schema")
        if one.kind == "judge" and one.against not in ("expected", "rubric"):
            await find(one.against, ctx, f"metrics.{number}.against")
        if one.kind == "judge" and one.model is not None:
            with named_in(f"metrics.{number}.model"):
                await ctx.models.choose(one.model)
    if any(one.kind == "schema_valid" for one in metrics):
        await asyncio.to_thread(_hold_all, request.cases)
    return metrics


def _hold_all(cases: Sequence[Case]) -> None:
    known: dict[str, Held] = {}
    for number, case in enumerate(cases):
        if case.answer_schema is not None:
            held_once(case.answer_schema, f"cases.{number}.answer_schema", known)


def digest_of(cases: Sequence[Case]) -> str:
    """What names given cases, in whatever order: the SHA-256 of their digests."""
    return hashlib.sha256("\n".join(sorted(one.digest for one in cases)).encode()).hexdigest()


async def _pinned(request: CreateEvaluation, ctx: Context) -> CreateEvaluation:
    """The request with the dataset's id and version, which stay what they are for as long as the run goes on."""
    with named_in("dataset"):
        found = await ctx.call_named("datasets.get_dataset", {"id": request.dataset})
    if found.kind not in KINDS:
        raise InvalidRequest(
            f"{request.dataset} is a dataset of {found.kind}.",
            field="dataset",
            value=request.dataset,
            remedy=f"Name one of the kinds {', '.join(KINDS)}.",
        )
    version = request.version or found.version
    if version is None:
        raise Conflict(
            f"The dataset {request.dataset!r} has no rows yet.",
            field="dataset",
            value=request.dataset,
            remedy="Import cases first.",
        )
    return request.model_copy(update={"dataset": found.id, "version": version})


async def cases_of(request: CreateEvaluation, ctx: Context) -> list[Case]:
    """The cases of a run, as often as it is begun the same.

    Raises:
        Conflict: they were others when it was begun: the dataset is split otherwise, or rows of it were withdrawn.
    """
    if request.dataset is None:
        return request.cases[: request.most]
    cases = await _of_dataset(request, ctx)
    digest = await asyncio.to_thread(_in_order, cases)
    if await ctx.note("cases", lambda: digest) != digest:
        raise Conflict(
            "The dataset's rows are not those any more that the run was begun with.",
            field="dataset",
            value=request.dataset,
            remedy="Evaluate anew.",
        )
    return cases


def _in_order(cases: Sequence[Case]) -> str:
    """What names the cases of a run, whose parts are noted by their places."""
    return hashlib.sha256("\n".join(one.digest for one in cases).encode()).hexdigest()


async def _of_dataset(request: CreateEvaluation, ctx: Context) -> list[Case]:
    asked = {"id": request.dataset, "version": request.version, "split": request.split, "format": "jsonl"}
    blob = await ctx.call_named("datasets.export_dataset", asked)
    text = await ctx.blobs.read(blob.id)
    lines = [line for line in text.splitlines() if line.strip()][: request.most or MOST_CASES + 1]
    return await asyncio.to_thread(lambda: [case_of(number, line) for number, line in enumerate(lines, 1)])
