"""Python as operations: run what a caller gives, and tell what is in a table, where the host cannot be reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Names, Plain, Reads, Unit
from nis_backend.blob import Blob
from nis_backend.capabilities.code.said import Problem
from nis_backend.capabilities.code.tables import Analysed, AnalyseTable, draw_analysis
from nis_backend.errors import InvalidRequest, TooLarge, Unavailable
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Image, Table, Text, View, verbatim

if TYPE_CHECKING:
    from nis_backend.capabilities.code.running import Done
    from nis_backend.drivers.compute.base import ComputingContext

__all__ = ["OPERATIONS"]

LONGEST = 100_000
MOST_FILES = 16
MOST_BYTES = 32 * 2**20
COMPILING = 600.0
"""Seconds that a call may take: the first on a machine compiles the interpreter."""


class GivenFile(Model):
    """A file for the program to read."""

    name: str = Field(
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$",
        description="What the program opens it by, in the folder that it starts in.",
        examples=["measured.csv"],
    )
    content: Blob = Field(description="Its bytes.")


class RunCode(Model):
    """A program in Python."""

    code: Annotated[str, Plain, Reads("program"), Names("code", "program", "script", "Python")] = Field(
        min_length=1,
        max_length=LONGEST,
        description="Python 3.15. What its last line is worth is the result, as in a notebook; figures of matplotlib "
        "that are left open become pictures, and files in the folder that it starts in are handed out. NumPy, pandas, "
        "SciPy, scikit-learn, statsmodels, SymPy and matplotlib are there; no internet, no processes, no threads. "
        "NumPy's integers have 32 bits unless dtype says int64.",
    )
    files: list[GivenFile] = Field(
        default_factory=list[GivenFile], max_length=MOST_FILES, description="Files for it to read, 32 MB in all."
    )
    stdin: Annotated[str, Plain, Knob()] = Field(
        default="", max_length=LONGEST, description="What it reads as its input."
    )
    seconds: Annotated[float, Unit("s"), Knob()] = Field(
        default=20.0, gt=0, le=120, description="After which it is ended."
    )


class Figure(Model):
    """A figure that the program drew."""

    title: str
    image: Blob


class Made(Model):
    """A file that the program made or changed."""

    name: str
    content: Blob


class Ran(Model):
    """How a program ended, and what came of it."""

    ended: Literal["finished", "raised", "out of time", "crashed"]
    value: Any = Field(
        description="What the last line is worth, as JSON; null where it is not that at heart, or over 1 MB."
    )
    shown: str = Field(description="The same as Python shows it.")
    printed: str = Field(description="Its standard output.")
    complained: str = Field(description="Its standard error.")
    cut: list[str] = Field(description="Outputs that went on beyond 64 kB, which is where they end here.")
    problem: Problem | None
    figures: list[Figure]
    files: list[Made]


def _draw(_request: RunCode, ran: Ran) -> list[View]:
    said = [verbatim(one.rstrip("\n"), lines=True) for one in (ran.printed, ran.shown) if one.strip()]
    if ran.problem is not None:
        at = "" if ran.problem.line is None else f" in line {ran.problem.line}"
        said.append(f"{ran.problem.kind}{at}: {verbatim(ran.problem.message or ran.ended)}")
    if ran.ended == "out of time":
        said.append("It was ended when its time was up.")
    text: list[View] = [Text(text="\n\n".join(said) or "It ran, and said nothing.")]
    pictures: list[View] = [
        Image(
            title=one.title,
            blob=one.image.id,
            media_type=one.image.media_type,
            width=640,
            height=480,
            alt=one.title or "A figure that the program drew.",
        )
        for one in ran.figures
    ]
    files: list[View] = []
    if ran.files:
        rows: list[list[str | float]] = [[one.name, one.content.size, one.content.id] for one in ran.files]
        files = [Table(title="Files", columns=["name", "bytes", "blob"], rows=rows)]
    return [*text, *pictures, *files]


@operation(
    "code.run_code",
    effect="reads",
    pool="code",
    view=_draw,
    time_limit=COMPILING,
    examples=(
        Example(
            title="A number that is computed",
            request={"code": "from math import comb\nprint('odds')\ncomb(49, 6)"},
            question='Run the Python code "sum(n * n for n in range(10))".',
            also=("Execute a Python script.", "Run some Python for me."),
        ),
        Example(
            title="A fit",
            request={"code": "import numpy as np\nnp.polyfit([0, 1, 2, 3], [1, 3, 5, 7], 1).round(6).tolist()"},
        ),
    ),
)
def run_code(request: RunCode, ctx: ComputingContext) -> Ran:
    """Run Python, with NumPy, pandas and matplotlib, where it can reach nothing: for what no other operation computes.

    CPython as WebAssembly in memory of its own (512 MB): no file of this machine, no internet, no process, no thread.
    The hash seed is fixed; random numbers are new at each run unless the code seeds them.
    """
    from nis_backend.capabilities.code.running import run_python  # noqa: PLC0415 - loads in the worker only

    names = [one.name for one in request.files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidRequest(
            f"Two files are called {twice!r}.", field="files", value=twice, remedy="Give each a name of its own."
        )
    size = sum(one.content.size for one in request.files)
    if size > MOST_BYTES:
        raise TooLarge(
            f"The files have {size} bytes, and {MOST_BYTES} are taken.",
            field="files",
            remedy="Give what of them the code needs.",
        )
    done = run_python(
        request.code,
        {one.name: one.content.path.read_bytes() for one in request.files},
        seconds=request.seconds,
        stdin=request.stdin,
        cache=Path(ctx.options["sandbox"]),
        ctx=ctx,
    )
    return _ran(done)


def _ran(done: Done) -> Ran:
    return Ran(
        ended=done.ended,
        value=done.value,
        shown=done.shown,
        printed=done.printed,
        complained=done.complained,
        cut=list(done.cut),
        problem=done.problem,
        figures=[
            Figure(title=title, image=Blob.of(picture, media_type="image/png", name=f"figure-{number}.png"))
            for number, (title, picture) in enumerate(done.figures, 1)
        ],
        files=[Made(name=name, content=Blob.of(content, name=name)) for name, content in done.files.items()],
    )


@operation(
    "code.analyse_table",
    effect="reads",
    pool="code",
    view=draw_analysis,
    time_limit=COMPILING,
    examples=(
        Example(
            title="Six plants",
            request={
                "table": "data:text/csv,plant,height,light%0Aa,12,shade%0Ab,19,sun%0Ac,,sun%0Ad,15,shade%0Ae,21,sun"
                "%0Af,20,sun"
            },
            question="Analyse this CSV file: what is in each column?",
            also=("Give me statistics of every column of this table.", "Profile this spreadsheet."),
        ),
    ),
)
def analyse_table(request: AnalyseTable, ctx: ComputingContext) -> Analysed:
    """Tell what is in a table: each column's kind, what is missing, its spread, and which columns go together.

    Read by pandas inside the sandbox, so that a hostile file meets nothing. Quartiles by linear interpolation (Hyndman
    & Fan (1996), type 7), the sample's standard deviation, correlations by Pearson and by Spearman's ranks.
    """
    from nis_backend.capabilities.code.analysing import analyse  # noqa: PLC0415 - as above

    return analyse(request, ctx)


class AskedSandbox(Model):
    """Nothing is asked."""


_INSIDE = """
import platform
from importlib.metadata import distributions
platform.python_version(), sorted((one.name, one.version) for one in distributions())
"""


class Package(Model):
    """A package that programs may import."""

    name: str
    version: str


class Sandbox(Model):
    """What programs run in."""

    python: str = Field(description="Its version.")
    packages: list[Package]
    memory: Annotated[int, Unit("byte")] = Field(description="That a program may take.")
    room: Annotated[int, Unit("byte")] = Field(description="Of files that it may make.")


@operation(
    "code.get_sandbox",
    effect="reads",
    pool="code",
    time_limit=COMPILING,
    examples=(
        Example(
            title="What a program may import",
            request={},
            question="Which Python packages are in the code sandbox?",
            also=("What can code that I run here import?",),
        ),
    ),
)
def get_sandbox(_request: AskedSandbox, ctx: ComputingContext) -> Sandbox:
    """Tell what programs run in: Python's version, packages, memory and room; the first call compiles it.

    Raises:
        Unavailable: it was too busy to tell.
    """
    from nis_backend.capabilities.code.running import MEMORY, ROOM, run_python  # noqa: PLC0415 - as above

    done = run_python(_INSIDE, {}, seconds=60, stdin="", cache=Path(ctx.options["sandbox"]), ctx=ctx)
    if done.ended != "finished":
        raise Unavailable(f"The sandbox has not told what is in it: {done.ended}.", remedy="Ask again.")
    version, packages = done.value
    return Sandbox(
        python=version,
        packages=[Package(name=name, version=one) for name, one in packages],
        memory=MEMORY,
        room=ROOM,
    )


OPERATIONS = (run_code, analyse_table, get_sandbox)
