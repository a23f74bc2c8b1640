"""Weights: the model files this machine may have, which of them are here, and how to get one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.event import Progressed
from nis_backend.operation import Example, Model, Recorded, operation
from nis_backend.view import Table, Text, View
from nis_backend.weights.files import Weights
from nis_backend.weights.manifest import Weight
from nis_backend.weights.pulling import pull

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListWeights(Model):
    """Every weight of the manifest."""


class OneWeight(Model):
    """Which weight."""

    id: str = Field(min_length=1, max_length=128, description="The weight's name, from the list.")


class WeightFile(Model):
    """A model file: what it is, and whether it is here."""

    id: str = Field(description="Its name.")
    title: str
    model: str = Field(description="The model's name for those who ask it.")
    file: str
    path: str = Field(description="Where the file belongs on the serving machine.")
    bytes: int = Field(description="Its size.")
    sha256: str = Field(description="The hash that the file must have, whatever its source.")
    licence: str = Field(description="SPDX name of the licence.")
    origin: str = Field(description="The page of those who made it.")
    sources: list[str] = Field(description="Where a pull looks, in order.")
    present: bool = Field(description="Whether a file is in its place.")
    verified: bool = Field(description="Whether that file was found to have the hash, and has not changed since.")


class WeightList(Model):
    """The weights by name."""

    weights: list[WeightFile]


class SkippedSource(Model):
    """A source that did not give the file."""

    source: str
    reason: str


class PulledWeight(Model):
    """A weight that is here and verified."""

    id: str
    path: str
    bytes: int = Field(description="Its size.")
    sha256: str = Field(description="Its hash, as wanted.")
    source: str = Field(description="Where it came from.")
    skipped: list[SkippedSource] = Field(description="Sources that were asked before, and why they did not give it.")


def _file(weights: Weights, weight: Weight) -> WeightFile:
    return WeightFile(
        id=weight.name,
        title=weight.title,
        model=weight.model,
        file=weight.file,
        path=str(weights.path(weight)),
        bytes=weight.bytes,
        sha256=weight.sha256,
        licence=weight.licence,
        origin=weight.origin,
        sources=[str(source) for source in weight.sources],
        present=weights.present(weight),
        verified=weights.verified(weight),
    )


def _draw_list(_request: ListWeights, result: WeightList) -> list[View]:
    here = {(True, True): "verified", (True, False): "unverified", (False, False): "absent"}
    rows: list[list[str | float]] = [
        [one.id, round(one.bytes / 1e6, 1), one.licence, here[one.present, one.verified]] for one in result.weights
    ]
    return [Table(title="Weights", columns=["name", "MB", "licence", "here"], rows=rows)]


def _draw_pulled(_request: OneWeight, result: PulledWeight) -> list[View]:
    return [Text(text=f"{result.id} is here and verified: {result.path} (from {result.source}).")]


@operation(
    "weights.list_weights",
    effect="reads",
    apart=True,
    resource="weight",
    view=_draw_list,
    examples=(
        Example(
            title="All",
            request={},
            question="Which model files are here?",
            also=(
                "List the weights.",
                "Which model weights are downloaded or lie on disk?",
                "Show the model files that are present, stored, installed, known or missing.",
                "Are there any model weights on this machine or computer?",
                "Which model weights have already been downloaded to this server?",
                "What weight files, checkpoints, gguf or onnx files do you have locally?",
                "Have any model files been downloaded yet, and how large are they?",
            ),
        ),
    ),
)
def list_weights(request: ListWeights, ctx: Context) -> WeightList:
    """List the model files known here: size, licence, sources, and whether each is present and verified."""
    weights = Weights.of(ctx.settings)
    return WeightList(weights=[_file(weights, weight) for weight in weights.all.values()])


EMBEDDED = {"id": "smollm2-135m-instruct-q4_1"}


@operation(
    "weights.get_weight",
    effect="reads",
    apart=True,
    resource="weight",
    examples=(Example(title="The embedded model's", request=EMBEDDED),),
)
def get_weight(request: OneWeight, ctx: Context) -> WeightFile:
    """Get one model file: its path, size, licence, sources, and whether it is present and verified."""
    weights = Weights.of(ctx.settings)
    return _file(weights, weights.find(request.id))


class WeightPath(Model):
    """Where a model file lies."""

    path: str


def _draw_path(_request: OneWeight, result: WeightPath) -> list[View]:
    return [Text(text=result.path)]


@operation(
    "weights.get_path",
    effect="reads",
    apart=True,
    on="weight",
    view=_draw_path,
    examples=(Example(title="The embedded model's", request=EMBEDDED),),
)
def get_path(request: OneWeight, ctx: Context) -> WeightPath:
    """Say where a model file lies on the server's disk.

    Raises:
        Unavailable: it is not here.
    """
    weights = Weights.of(ctx.settings)
    return WeightPath(path=str(weights.require(request.id)))


@operation(
    "weights.verify_weight",
    effect="writes",
    apart=True,
    repeatable=True,
    on="weight",
    time_limit=600,
    examples=(Example(title="The embedded model's", request=EMBEDDED),),
)
def verify_weight(request: OneWeight, ctx: Context) -> WeightFile:
    """Read a model file whole and compare its hash; one that differs is refused by name.

    The result is remembered until the file changes, which is why this is a write.

    Raises:
        Unavailable: the file is not here.
        InvalidRequest: it is another file.
    """
    weights = Weights.of(ctx.settings)
    weight = weights.find(request.id)
    weights.verify(weight)
    return _file(weights, weight)


@operation(
    "weights.pull_weight",
    effect="writes",
    apart=True,
    outward=True,
    on="weight",
    view=_draw_pulled,
    examples=(Example(title="The embedded model's", request=EMBEDDED),),
)
async def pull_weight(request: OneWeight, ctx: Context) -> Recorded[PulledWeight]:
    """Fetch a model file from the first source that gives the right one, and verify it; resumes, and shows progress.

    Raises:
        Unavailable: no source gave it; each one's reason is named.
        UpstreamFailed: a source gave a file with another hash, which was removed.
    """

    async def tell(fraction: float, message: str) -> None:
        await ctx.run.write(Progressed(fraction=fraction, message=message))

    weights = Weights.of(ctx.settings)
    weight = await asyncio.to_thread(weights.find, request.id)
    pulled = await pull(weights, weight.name, tell)
    return PulledWeight(
        id=weight.name,
        path=str(pulled.path),
        bytes=weight.bytes,
        sha256=weight.sha256,
        source=pulled.source,
        skipped=[SkippedSource(source=one.source, reason=one.reason) for one in pulled.skipped],
    )


OPERATIONS = (list_weights, get_weight, get_path, verify_weight, pull_weight)
