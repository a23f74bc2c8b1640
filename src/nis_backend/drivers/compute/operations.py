"""The entry of pools that compute operations: finds the operation by module and name, and performs it in a thread."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from nis_backend.blob import blobs_in, replaced
from nis_backend.errors import InvalidRequest, NisError, NotFound, Unavailable
from nis_backend.limits import Limits
from nis_backend.operation import Operation
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nis_backend.drivers.compute.base import ComputingContext, Json, Kept, WorkerContext


LARGE = 2**20
"""Bytes of a new blob that goes by a file: what passes a socket is held in memory on both sides."""


def perform_operations(options: Json) -> Operations:
    """A pool's entry: `"nis_backend.drivers.compute.operations:perform_operations"`.

    Operations read the pool's options; `weights` is the folder of model files.
    """
    return Operations(options)


class Operations:
    """Answers `{"module", "operation", "request", "files", "limits", "made"}` with `{"result", "written"}`.

    Request and result are JSON text. `files` has the path of each blob in the request, `limits` how much of one is
    decoded; bytes of new blobs stand beside the result under their SHA-256. Those that are large are `written`: in
    files whose names are `made`, a dot and the SHA-256.
    """

    def __init__(self, options: Json) -> None:
        self._options = options
        self._kept: dict[str, Any] = {}

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`."""
        own = Computing(ctx, self._options, self._kept)
        # With the call's ids, which a thread does not have by itself.
        here = contextvars.copy_context()
        job = asyncio.get_running_loop().run_in_executor(None, lambda: here.run(_perform, payload, own))
        try:
            yield await asyncio.shield(job)
        except asyncio.CancelledError:
            # A thread cannot be stopped, so the call has ended only when the thread has; see `Handler.handle`.
            await asyncio.wait([job])
            raise


class Computing:
    """See `ComputingContext`: what its process offers, and what its pool was told."""

    def __init__(self, ctx: WorkerContext, options: Json, kept: dict[str, Any]) -> None:
        self.options = options
        self._kept = kept
        self.progress = ctx.progress
        self.cancelled = ctx.cancelled

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """See `ComputingContext.keep`."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def weight(self, name: str) -> Path:
        """See `ComputingContext.weight`."""
        return Weights(Path(self.options["weights"])).require(name)


def _perform(payload: Json, ctx: ComputingContext) -> Json:
    operation = _find(str(payload["module"]), str(payload["operation"]))
    request = operation.validate(str(payload["request"]))
    files: dict[str, str] = payload.get("files", {})
    if files:
        limits = Limits(**payload["limits"])
        request = replaced(request, lambda blob: blob.at(Path(files[blob.id]), limits))
    try:
        result = _computed(operation, request, ctx)
    except (OSError, NisError) as error:
        gone = next((one for one, path in files.items() if not Path(path).exists()), None)
        if gone is None:
            raise
        raise NotFound(
            f"The blob {gone!r} was removed before it was read.", field="id", value=gone, remedy="Send the bytes again."
        ) from error
    new = [blob for _, blob in blobs_in(result)] if operation.holds_blobs else []
    contents = {one.sha256: one.content for one in new if isinstance(one.content, bytes)}
    written = [sha256 for sha256, content in contents.items() if len(content) > LARGE]
    for sha256 in written:
        _write(Path(f"{payload['made']}.{sha256}"), contents.pop(sha256))
    return {"result": result.model_dump_json(), "written": written, **contents}


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unavailable(
            f"What was made cannot be written down: {error.strerror}.", remedy="Free some space in the data folder."
        ) from None


def _computed(operation: Operation[Any, Any], request: Any, ctx: ComputingContext) -> Any:
    """The function's answer; numbers that grow beyond what a double holds are the request's fault."""
    try:
        return operation.function(request, ctx)
    except (OverflowError, ValidationError) as error:
        if isinstance(error, ValidationError) and {one["type"] for one in error.errors()} != {"finite_number"}:
            raise
        raise InvalidRequest(
            f"{operation.name} comes to numbers that no double holds.",
            remedy="Give numbers that are less extreme.",
        ) from error


def _find(module: str, name: str) -> Operation[Any, Any]:
    # By the declarations themselves, not the module's OPERATIONS: a capability's folder may list those in another file.
    for one in vars(importlib.import_module(module)).values():
        if isinstance(one, Operation) and one.name == name:  # pyright: ignore[reportUnknownMemberType] - of any types
            return cast("Operation[Any, Any]", one)
    raise NotFound(f"The module {module} declares no operation {name!r}.", field="operation", value=name)
