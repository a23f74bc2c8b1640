"""What an operation is, and how one is declared."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nis_backend.errors import InvalidRequest
from nis_backend.record import record
from nis_backend.refusal import few_wrong, invalid, mistaken

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.view import View


class Model(BaseModel):
    """The base of every request and result: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, defer_build=True)


Req = TypeVar("Req", bound=Model)
Res = TypeVar("Res")

Effect = Literal["reads", "writes", "destroys"]
Shape = Literal["model", "stream", "run"]

_RUN = object()
Recorded = Annotated[Res, _RUN]
"""`-> Recorded[Reply]` marks an operation whose every call is a run: durable, watched, cancelled by its id."""

# Any: a JSON object's values differ in type.
Json = dict[str, Any]


@record
class Before:
    """A call that an example stands on: the run it cancels, the conversation it renames."""

    name: str
    """What the example, and calls after this one, refer to it by: the value `"{name.field}"` is the result's field."""
    operation: str
    request: Mapping[str, Any] = field(default_factory=dict[str, Any])
    wait: bool = True
    """Whether a run has ended before the next call; one that was only begun answers `{"id": …}`."""


@record
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


@record
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
    """Seconds a call may take; a run, at least as long as any."""
    queue: str = ""
    """Where its runs wait, when no queue is named; empty for the usual one."""
    essential: bool = False
    """Whether it is offered where only a few operations are: a short list of tools, a first page."""
    outward: bool = False
    """Whether it may talk to what is beyond this server and its drivers: a provider, a mirror, a page."""
    apart: bool = False
    """Whether it uses nothing that is kept: a command without a server calls it without the data folder's database."""
    secret: bool = False
    """Whether its result is shown once and kept nowhere: it is no part of a run, whose log keeps what was answered."""
    repeatable: bool = False
    """Whether a call that a crash has cut may be made again under the same key: it reads, or all it changes are rows
    of `ctx.store` and things named by `ctx.new_id` or `ctx.idempotency_key`, which a second time changes no more."""
    urgent: bool = False
    """Whether it is let in however often its caller has called: stopping a thing is never harder than moving it."""
    elsewhere: Callable[[Req, Context], Awaitable[Res] | None] | None = None
    """Answers in place of its pool what a model beyond this machine is to; None for what is the pool's."""
    prepare: Callable[[Req, Context], Awaitable[Req]] | None = None
    """Checks and completes a request before its run, `ctx.run_id`, is written down, and `ctx.beside` with it.

    So a wrong one never becomes a run.
    """
    undo: Callable[[Req, Context], Awaitable[None]] | None = None
    """Takes back what a run of it has made that fails or is cancelled, before it ends.

    It goes by the run's log, and may be called again, for it may be cut as well.
    """

    @cached_property
    def holds_blobs(self) -> bool:
        """Whether a request or a result of it may hold blobs."""
        from nis_backend.blob import holds_blob  # noqa: PLC0415 - it stands on this module

        return holds_blob(self.request) or holds_blob(self.result)

    @cached_property
    def waits(self) -> bool:
        """Whether its function is a coroutine's, which needs no thread of its own."""
        return inspect.iscoroutinefunction(self.function)

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
            from nis_backend.numerics.quantity import measured  # noqa: PLC0415 - loads with the first that is refused

            in_units = measured(error, self.request, arguments)
            if in_units is None:
                raise invalid(few_wrong(error, self.request, arguments)) from None
            return self.validate(in_units)
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
    queue: str = "",
    essential: bool = False,
    outward: bool = False,
    apart: bool = False,
    secret: bool = False,
    repeatable: bool | None = None,
    urgent: bool = False,
    elsewhere: Callable[[Any, Any], Awaitable[Any] | None] | None = None,
    prepare: Callable[[Any, Any], Awaitable[Any]] | None = None,
    undo: Callable[[Any, Any], Awaitable[None]] | None = None,
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
        queue=queue,
        essential=essential,
        outward=outward,
        apart=apart,
        secret=secret,
        repeatable=effect == "reads" if repeatable is None else repeatable,
        urgent=urgent,
        elsewhere=elsewhere,
        prepare=prepare,
        undo=undo,
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
        contexts = {"Context": object, "WorkerContext": object, "ComputingContext": object}
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
