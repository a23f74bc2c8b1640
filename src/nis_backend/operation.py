"""What an operation is, how one is declared, and the one place where it is called."""

from __future__ import annotations

import asyncio
import inspect
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError
from typing_extensions import override

from nis_backend.errors import DeadlineExceeded, Forbidden, InternalError, InvalidRequest, NisError, NotSupported
from nis_backend.refusal import few_wrong, invalid, mistaken

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from nis_backend.context import Context
    from nis_backend.run import RunHandle, Terms
    from nis_backend.view import View


class Model(BaseModel):
    """The base of every request and result: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


Req = TypeVar("Req", bound=Model)
Res = TypeVar("Res")

Effect = Literal["reads", "writes", "destroys"]
Shape = Literal["model", "stream", "run"]

_RUN = object()
Recorded = Annotated[Res, _RUN]
"""`-> Recorded[Reply]` marks an operation whose every call is a run: durable, watched, cancelled by its id."""

# Any: a JSON object's values differ in type.
Json = dict[str, Any]


class _SchemaNote:
    """Metadata that adds one member to a field's JSON schema."""

    def note(self) -> Json:
        raise NotImplementedError

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        schema.update(self.note())
        return schema


@dataclass(frozen=True)
class Unit(_SchemaNote):
    """The physical unit of a number, as pint spells it; `""` says dimensionless on purpose."""

    symbol: str

    @override
    def note(self) -> Json:
        return {"unit": self.symbol}


class Names(_SchemaNote):
    """Other words people use for this field; the router reads them."""

    def __init__(self, *words: str) -> None:
        self.words = words

    @override
    def note(self) -> Json:
        return {"names": list(self.words)}


class Called(_SchemaNote):
    """Other names of a field's choices: `Called({"Avogadro constant": ("Avogadro number",)})`."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self.names = names

    @override
    def note(self) -> Json:
        return {"called": {choice: list(names) for choice, names in self.names.items()}}


class Knob(_SchemaNote):
    """A setting of the method, not of what it is applied to: tolerances, limits of steps, points of a curve.

    The router fills it only where it is named, and an answer does not dwell on its default.
    """

    @override
    def note(self) -> Json:
        return {"knob": True}


class Says(_SchemaNote):
    """Words that state a value of this field by themselves: `Says({"straight up": 90})`."""

    def __init__(self, values: Mapping[str, Any]) -> None:  # Any: JSON
        self.values = values

    @override
    def note(self) -> Json:
        return {"says": dict(self.values)}


@dataclass(frozen=True)
class Reads(_SchemaNote):
    """How the router fills a text field from a sentence.

    `"unit"`: the unit of the quantity named; `"target_unit"`: a unit named without a number ("in feet");
    `"magnitude"`: the number in front of the `"unit"`; `"choice"`: the enum value, or a name of it, that occurs in
    the sentence; `"quote"`: what stands in quotation marks, or behind a colon; `"quotes"`: each text that does;
    `"count"`: how many things of a list are wanted.
    """

    kind: Literal["unit", "target_unit", "magnitude", "choice", "quote", "quotes", "count"]

    @override
    def note(self) -> Json:
        return {"reads": self.kind}


@dataclass(frozen=True, kw_only=True)
class Before:
    """A call that an example stands on: the run it cancels, the conversation it renames."""

    name: str
    """What the example, and calls after this one, refer to it by: the value `"{name.field}"` is the result's field."""
    operation: str
    request: Mapping[str, Any] = field(default_factory=dict[str, Any])
    wait: bool = True
    """Whether a run has ended before the next call; one that was only begun answers `{"id": …}`."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A call that works; a test executes it on every surface."""

    title: str
    request: Mapping[str, Any]
    question: str = ""
    """How a person would ask for it; the router learns the operation from these."""
    also: tuple[str, ...] = ()
    """Other ways to ask for an operation of this kind, whatever their numbers."""
    before: tuple[Before, ...] = ()
    """What is called first, in this order."""


# Compared by identity, so that what is derived from a declaration can be kept by it.
@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """An operation's declaration as data: all a surface needs until the first call."""

    name: str
    summary: str
    description: str
    effect: Effect
    shape: Shape
    module: str
    request_schema: Json
    result_schema: Json
    scopes: tuple[str, ...]
    pool: str | None = None
    resource: str | None = None
    on: str | None = None
    time_limit: float = 60.0
    essential: bool = False
    routes: tuple[str, ...] = ()
    """Where it answers over HTTP: told to those who ask, never read; the index has them from the surface."""
    outward: bool = False
    secret: bool = False
    repeatable: bool = False
    examples: tuple[Json, ...] = ()

    @property
    def family(self) -> str:
        """`physics` of `physics.solve_heat`."""
        return self.name.partition(".")[0]

    @property
    def action(self) -> str:
        """`solve_heat` of `physics.solve_heat`."""
        return self.name.partition(".")[2]

    @property
    def collection(self) -> str:
        """What its routes and commands are under: its family, or in a subject's family the things it is about.

        `runs` of `runs.get_run`, `keys` of `identity.get_key`, whose resource is the key.
        """
        thing = self.resource or self.on
        if thing is None or self.family.endswith((thing, f"{thing}s", f"{thing}es", f"{thing[:-1]}ies")):
            return self.family
        return f"{thing}s"

    @cached_property
    def routable(self) -> bool:
        """Whether words alone may reach it: it changes nothing, and declares how people ask for it."""
        asked = any(example.get("question") for example in self.examples)
        return self.shape == "model" and self.effect == "reads" and asked


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[Req, Res]):
    """A typed function and its traits. `Res` is the result, or the item of a stream."""

    name: str
    effect: Effect
    shape: Shape
    function: Callable[..., Any]
    request: type[Req]
    result: type[Res]
    pool: str | None = None
    resource: str | None = None
    """The thing its family is a collection of, for `list_/get_/create_/update_/delete_`."""
    on: str | None = None
    """The one thing it acts on; its request then has `id`."""
    view: Callable[[Req, Res], list[View]] | None = None
    examples: tuple[Example, ...] = ()
    scopes: tuple[str, ...] = ()
    time_limit: float = 60.0
    """Seconds a call may take; a run has its own deadline."""
    essential: bool = False
    """Whether it is offered where only a few operations are: a short list of tools, a first page."""
    outward: bool = False
    """Whether it may talk to what is beyond this server and its drivers: a provider, a mirror, a page."""
    secret: bool = False
    """Whether its result is shown once and kept nowhere: it is no part of a run, whose log keeps what was answered."""
    repeatable: bool = False
    """Whether a call that a crash has cut may be made again under the same key: it reads, or all it changes are rows
    of `ctx.store` and things named by `ctx.new_id` or `ctx.idempotency_key`, which a second time changes no more."""
    prepare: Callable[[Req, Context], Awaitable[Req]] | None = None
    """Checks and completes a request before its run, `ctx.run_id`, is written down, and `ctx.beside` with it.

    So a wrong one never becomes a run.
    """

    @cached_property
    def holds_blobs(self) -> bool:
        """Whether a request or a result of it may hold blobs."""
        from nis_backend.blob import holds_blob  # noqa: PLC0415 - it stands on this module

        return holds_blob(self.request) or holds_blob(self.result)

    def validate(self, arguments: Mapping[str, Any] | bytes | str | Model) -> Req:
        """`arguments` as the request model.

        Raises:
            Malformed: the bytes are not JSON.
            InvalidRequest: a field is wrong; each one is named with its value and the remedy.
        """
        if isinstance(arguments, self.request):
            return arguments
        try:
            if isinstance(arguments, (bytes, str)):
                return self.request.model_validate_json(arguments)
            request = self.request.model_validate(arguments)
        except ValidationError as error:
            raise invalid(few_wrong(error, self.request, arguments)) from None
        for where, wanted, value in mistaken(arguments, request):
            raise InvalidRequest(
                f"{where}: Input should be {wanted}.", field=where, value=value, remedy=f"Give {where} as {wanted}."
            )
        return request

    def draw(self, request: Req, result: Res) -> list[View]:
        """The result as a person would rather look at it."""
        from nis_backend.view import draw_fields  # noqa: PLC0415 - views load with the first result that is drawn

        return self.view(request, result) if self.view else draw_fields(result)


def operation(  # noqa: PLR0913 - each argument is one trait of the declaration
    name: str,
    *,
    effect: Effect,
    pool: str | None = None,
    resource: str | None = None,
    on: str | None = None,
    view: Callable[[Any, Any], list[View]] | None = None,
    examples: tuple[Example, ...] = (),
    scopes: tuple[str, ...] | None = None,
    time_limit: float = 60.0,
    essential: bool = False,
    outward: bool = False,
    secret: bool = False,
    repeatable: bool | None = None,
    prepare: Callable[[Any, Any], Awaitable[Any]] | None = None,
) -> _Declare:
    """Declare the function below as an operation; it registers nothing."""
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is not family.verb_object in lowercase"
        raise ValueError(msg)
    if scopes is None:
        scopes = (f"{name.partition('.')[0]}:{'read' if effect == 'reads' else 'write'}",)
    return _Declare(
        name=name,
        effect=effect,
        pool=pool,
        resource=resource,
        on=on,
        view=view,
        examples=examples,
        scopes=scopes,
        time_limit=time_limit,
        essential=essential,
        outward=outward,
        secret=secret,
        repeatable=effect == "reads" if repeatable is None else repeatable,
        prepare=prepare,
    )


class _Declare:
    """The decorator; a class, because its call is overloaded on the function's shape."""

    def __init__(self, **traits: Any) -> None:  # Any: the fields of `Operation`
        self._traits = traits

    @typing.overload
    def __call__(self, function: Callable[[Req, Context], Awaitable[AsyncIterator[Res]]]) -> Operation[Req, Res]: ...
    @typing.overload
    def __call__(self, function: Callable[[Req, Context], AsyncIterator[Res]]) -> Operation[Req, Res]: ...
    @typing.overload
    def __call__(self, function: Callable[[Req, Context], Awaitable[Res]]) -> Operation[Req, Res]: ...
    @typing.overload
    # Any: the context, or in a pool's process the worker's; its contract is above this module.
    def __call__(self, function: Callable[[Req, Any], Res]) -> Operation[Req, Res]: ...
    def __call__(self, function: Callable[..., Any]) -> Operation[Any, Any]:
        # A capability's own names are needed to resolve its annotations; a context is only ever a forward reference.
        contexts = {"Context": object, "WorkerContext": object}
        hints = typing.get_type_hints(function, localns=contexts, include_extras=True)
        request = next(hint for key, hint in hints.items() if key != "return")
        result, shape = _shape(hints["return"])
        if not inspect.getdoc(function):
            msg = f"{self._traits['name']} has no docstring: its first line is the tool's description everywhere"
            raise ValueError(msg)
        return Operation(shape=shape, function=function, request=request, result=result, **self._traits)


_NAME = re.compile(r"(?=.{3,64}$)[a-z][a-z0-9_]*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _shape(hint: Any) -> tuple[type, Shape]:  # Any: an annotation can be any object
    if _RUN in getattr(hint, "__metadata__", ()):
        return hint.__origin__, "run"
    if typing.get_origin(hint) is AsyncIterator:
        return typing.get_args(hint)[0], "stream"
    return hint, "model"


async def call(target: Operation[Any, Res], arguments: Mapping[str, Any] | bytes | str | Model, ctx: Context) -> Any:
    """Call an operation: the one way in, for every surface and for other operations.

    Validates, authorises, limits the time, traces. Answers a result model for shape `"model"`, an async iterator for
    `"stream"`, a `RunHandle` for `"run"`.

    Raises:
        NisError: with the field, the value and the remedy.
    """
    request = await _admitted(target, arguments, ctx)
    with ctx.trace(target.name):
        if target.shape == "run":
            return await _begun(target, request, ctx)
        if target.shape == "stream":
            if target.holds_blobs:
                request = await ctx.blobs.resolve(request, [])
            # A coroutine may refuse before the stream begins; a generator refuses within it.
            items = target.function(request, ctx)
            return await items if inspect.isawaitable(items) else items
        return await perform(target, request, ctx, target.time_limit)


async def last_of(items: AsyncIterator[Model]) -> Model | None:
    """The last item of a stream, which answers whoever wants one result; None where there was no item."""
    last = None
    async for last in items:  # noqa: B007 - the last one is the answer
        pass
    return last


async def begin(
    target: Operation[Any, Any], arguments: Mapping[str, Any] | Model, ctx: Context, terms: Terms | None = None
) -> RunHandle:
    """Call an operation as a run, also one whose calls are none: it goes on by itself, and its log has the result.

    Without other terms, what a pool computes waits in the queue `compute`.

    Raises:
        NotSupported: it answers a stream, of which nothing is kept, or a secret, which no log keeps.
        NisError: as `call` does.
    """
    refuse_stream(target)
    request = await _admitted(target, arguments, ctx)
    with ctx.trace(target.name):
        return await _begun(target, request, ctx, terms)


async def _admitted(
    target: Operation[Req, Any], arguments: Mapping[str, Any] | bytes | str | Model, ctx: Context
) -> Req:
    """The request of a caller who may call, and does not call too often."""
    request = target.validate(arguments)
    authorise(target, ctx)
    if ctx.journal is not None or ctx.kept:
        refuse_secret(target)
    # Probers and calls within calls are not counted.
    if ctx.drivers.limit is not None and not ctx.depth and not ctx.probes:
        await ctx.drivers.limit.admit(ctx.caller.owner)
    return request


async def _begun(target: Operation[Any, Any], request: Model, ctx: Context, terms: Terms | None = None) -> RunHandle:
    if target.holds_blobs:
        request = await ctx.blobs.resolve(request, [])
    if target.prepare:
        ctx = replace(ctx, run_id=ctx.run_id or ctx.new_id("run"), beside=[])
        request = await target.prepare(request, ctx)
    return await ctx.start_run(target, request, terms)


def authorise(target: Operation[Any, Any] | Entry, ctx: Context) -> None:
    """Refuse a caller without the operation's scopes."""
    missing = ctx.caller.lacks(target.scopes)
    if missing:
        raise Forbidden(
            f"{target.name} needs the scope {missing[0]!r}.",
            remedy="Use a key that has it.",
            field="scope",
            value=missing[0],
        )


def refuse_secret(target: Operation[Any, Any] | Entry) -> None:
    """Refuse an operation whose result is shown once, where what is answered is kept."""
    if target.secret:
        raise NotSupported(
            f"{target.name} answers a secret, which is shown once and kept in no log.",
            field="operation",
            value=target.name,
            remedy="Call it directly.",
        )


def under(name: str, error: NisError) -> NisError:
    """What an operation refuses of a request that another request holds under this name, in that one's fields."""
    if error.field and not isinstance(error, Forbidden):
        error.field = f"{name}.{error.field}"
        error.fields = tuple(replace(one, field=f"{name}.{one.field}".rstrip(".")) for one in error.fields)
    return error


def refuse_stream(target: Operation[Any, Any]) -> None:
    """Refuse an operation that answers a stream, where what is answered is kept."""
    if target.shape == "stream":
        raise NotSupported(
            f"{target.name} answers a stream, of which nothing is kept: it cannot be a run.",
            field="operation",
            value=target.name,
            remedy="Call it, and read what comes.",
        )


async def perform(target: Operation[Any, Res], request: Model, ctx: Context, seconds: float) -> Res:
    """Execute the function where it belongs, for at most `seconds`.

    Raises:
        DeadlineExceeded: it was not done by then.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await _execute(target, request, ctx)
    except TimeoutError:
        if not limit.expired():
            # The function's own.
            raise
        raise DeadlineExceeded(
            f"{target.name} was not done after {seconds:g} s.", remedy="Ask for less, or allow more time."
        ) from None


async def _execute(target: Operation[Any, Res], request: Model, ctx: Context) -> Res:
    """With the blobs of the request resolved, and new ones of the result put down."""
    if not target.holds_blobs:
        return await _run(target, request, ctx)
    put: list[str] = []
    result: Any = None
    try:
        request = await ctx.blobs.resolve(request, put)
        result = await ctx.blobs.keep(cast("Any", await _run(target, request, ctx)))
    finally:
        await ctx.blobs.drop(put, result)
    return result


async def _run(target: Operation[Any, Res], request: Model, ctx: Context) -> Res:
    """In its pool, in a thread, or here."""
    if target.pool:
        return _answered(target, await ctx.compute(target, request))
    if inspect.iscoroutinefunction(target.function):
        return await target.function(request, ctx)
    return await asyncio.to_thread(target.function, request, ctx)


def _answered(target: Operation[Any, Res], answer: Json) -> Res:
    """A worker's answer; one that has read hostile input is not trusted, so it is validated like a caller's."""
    from nis_backend.blob import Blob, replaced  # noqa: PLC0415 - it stands on this module

    try:
        result = cast("type[Any]", target.result).model_validate_json(answer["result"])
        if target.holds_blobs:
            result = replaced(result, lambda one: one if one.id else Blob.of(answer[one.sha256], **one.described))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        told = f"{wrong['loc']}: {wrong['msg']}"
    except KeyError as missing:
        told = f"{missing} is not with it"
    else:
        return result
    raise InternalError(f"A worker's answer to {target.name} is not one: {told}.", remedy="Report it.")
