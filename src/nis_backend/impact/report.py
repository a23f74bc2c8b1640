"""What is found out about a change of dependencies: one model, of which every form of the report is a view."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.operation import Model

Kind = Literal["drop", "add", "swap", "upgrade"]
Word = Literal["SAFE", "UNSAFE", "UNPROVEN"]
PhaseName = Literal["start", "smoke", "test"]


class Change(Model):
    """A change of dependencies."""

    kind: Kind
    package: str = Field(description="The distribution, by the name it is installed under: `opencv-python`, not `cv2`.")
    to: str = Field(default="", description="What is added, takes its place, or the version it is brought to.")


class Place(Model):
    """Where something stands."""

    file: str = Field(description="Path from the project's folder.")
    line: int | None = None
    text: str = Field(default="", description="The line itself, cut at 200 characters.")


class Use(Model):
    """One place of the project that uses the package, or may."""

    how: Literal[
        "import",  # at the top of a module: runs when that is imported
        "lazy_import",  # within a function
        "guarded_import",  # within try … except ImportError
        "typing_import",  # under TYPE_CHECKING only
        "dynamic_import",  # import_module("…"), __import__, find_spec, pkgutil.resolve_name
        "named",  # a dotted name in a string or in a configuration file: `"django_redis.cache.RedisCache"`
        "entry_point",  # found by importlib.metadata: plug-ins of a group that the project reads, or that a host reads
        "script",  # a command it installs, run by a script, a Dockerfile, a Makefile, a workflow
        "version",  # its version is read: importlib.metadata.version("…")
        "implied",  # by a call that another package fulfils by it: `pandas.read_excel` by openpyxl
    ]
    what: str = Field(description="The module, command or name that is used.")
    where: Literal["application", "tests", "tooling", "documents"] = "application"
    place: Place
    fallback: str = Field(default="", description="Of a guarded import: what the project does without, as it stands.")


class Requirer(Model):
    """Another distribution that requires the package."""

    name: str
    version: str
    requirement: str = Field(description="As it states it, with its marker.")
    applies: bool = Field(description="Whether the marker holds in this environment, and its extra was asked for.")
    why: list[str] = Field(
        default_factory=list[str],
        description="The chain from a declared dependency to it, which ends it; empty where nobody asks for it.",
    )


class StaticProof(Model):
    """Who uses the package, as far as texts tell."""

    modules: list[str] = Field(description="What it can be imported as.")
    scripts: list[str] = Field(default_factory=list[str], description="The commands it installs.")
    plugins: list[str] = Field(default_factory=list[str], description="Groups of entry points that it provides.")
    shared_with: list[str] = Field(
        default_factory=list[str],
        description="Other installed distributions that bring the same modules: taking one away breaks the others.",
    )
    declared: list[Place] = Field(default_factory=list[Place], description="Where the project asks for it.")
    uses: list[Use] = Field(default_factory=list[Use])
    required_by: list[Requirer] = Field(default_factory=list[Requirer])
    files: int = Field(description="Python files of the project that were read.")
    unread: list[Place] = Field(
        default_factory=list[Place], description="Files that could not be: their text says why."
    )
    open: list[Place] = Field(
        default_factory=list[Place], description="Imports whose name is computed, so that the text does not tell it."
    )


class Phase(Model):
    """One of the project's own commands, run."""

    name: PhaseName
    command: str
    outcome: Literal["ready", "passed", "failed", "never_ready", "timed_out"]
    code: int | None = Field(default=None, description="Exit code, negative for a signal; null where we ended it.")
    seconds: Annotated[float, Unit("s")] = 0.0
    told: list[str] = Field(default_factory=list[str], description="The last lines that it wrote, with secrets masked.")


class Importing(Model):
    """A module of the package that was imported while the project ran."""

    module: str
    importer: str = Field(description="The module that imported it, or `__main__`.")
    by: Literal["application", "third_party", "hook", "itself"]
    distribution: str = Field(default="", description="Whose module the importer is, where it is not the project's.")
    place: Place | None = None
    phase: PhaseName
    failed: bool = Field(default=False, description="Whether the import failed.")
    chain: list[str] = Field(
        default_factory=list[str],
        description="Modules from the project's own to this, each imported by the one before.",
    )


class RuntimeProof(Model):
    """Who used the package while the project's commands ran."""

    phases: list[Phase]
    imports: list[Importing] = Field(default_factory=list[Importing])
    looked_up: list[str] = Field(
        default_factory=list[str], description="Modules whose code read its metadata or its entry points."
    )
    programs: list[str] = Field(default_factory=list[str], description="Its commands that were started as programs.")
    processes: int = Field(description="Python processes that were watched.")
    unwatched: int = Field(default=0, description="Processes that were not: other programs, or Python without `site`.")
    seen: int = Field(description="The project's own modules that were imported.")
    known: int = Field(description="The project's own modules that there are: what was not imported proves nothing.")


class Hidden(Model):
    """A phase with the package there, and with it hidden: not importable, its metadata not found."""

    with_it: Phase
    without_it: Phase
    same: bool
    difference: str = Field(default="", description="What differs, in a sentence with the evidence.")


class Pinned(Model):
    """A distribution at a version."""

    name: str
    version: str


class Resolution(Model):
    """Whether the changed requirements can be installed together."""

    tool: str = Field(description="`uv 0.13.9`, `pip 26.1`.")
    possible: bool
    explanation: str = Field(default="", description="On a conflict: its derivation in words.")
    blamed: list[Place] = Field(default_factory=list[Place], description="The requirements that cannot hold together.")
    gone: list[Pinned] = Field(default_factory=list[Pinned])
    come: list[Pinned] = Field(default_factory=list[Pinned])
    moved: list[str] = Field(default_factory=list[str], description="`numpy 1.26.4 → 2.3.1`.")
    stays_for: list[str] = Field(
        default_factory=list[str],
        description="Of what is dropped, and stays installed: the declared dependencies to blame.",
    )


class Counterfactual(Model):
    """How the project does after the change."""

    hidden: list[Hidden] = Field(default_factory=list[Hidden], description="In seconds: nothing was installed for it.")
    resolved_now: Resolution | None = Field(
        default=None, description="Whether what the project asks for now can be installed together."
    )
    resolved: Resolution | None = None
    installed: list[Hidden] = Field(
        default_factory=list[Hidden],
        description="For real: each phase in the environment before, and in one as it would be.",
    )
    check: list[str] = Field(
        default_factory=list[str], description="Requirements that do not hold in the environment after."
    )


class Interval(Model):
    """A median and the 95 % interval of it."""

    median: float
    low: float
    high: float
    runs: int


class Measure(Model):
    """One figure before and after, from interleaved runs."""

    name: Literal["start", "cpu_to_ready", "memory", "peak_memory", "idle_cpu"]
    unit: Literal["s", "bytes", "cores"]
    before: Interval
    after: Interval
    difference: Interval = Field(description="After less before, run beside run.")
    changed: bool = Field(
        description="Whether the interval of the difference leaves 0 out, at a level that counts all measures at once, "
        "and the difference is more than the least that is worth telling."
    )


class Share(Model):
    """What one distribution takes on disk."""

    name: str
    version: str
    installed: int = Field(description="Bytes of its files.")
    layer: int = Field(description="Bytes of its files as a gzip-compressed layer of an image.")
    wheel: int | None = Field(default=None, description="Bytes of its wheel, where one is at hand.")
    exclusive: bool = Field(description="Whether it goes with the change, or comes with it.")


class Sizes(Model):
    """What the environment takes on disk, before and after."""

    before: int = Field(description="Bytes installed.")
    after: int
    layer_before: int = Field(description="Bytes as a gzip-compressed layer.")
    layer_after: int
    parts: list[Share] = Field(
        default_factory=list[Share], description="The package and all it brings, the largest first."
    )


class ImportTime(Model):
    """What importing one distribution's modules cost at start."""

    name: str
    seconds: Annotated[float, Unit("s")] = Field(description="Its own modules' time, what they import of others apart.")
    modules: int
    uncertain: Annotated[float, Unit("s")] = Field(default=0.0, description="Half of the range over the runs.")


class Hook(Model):
    """What a distribution does at start by itself."""

    how: Literal["pth", "socket", "program", "thread"]
    what: str
    distribution: str = ""


class Machine(Model):
    """Where it was measured."""

    processor: str
    cores: int
    memory: int = Field(description="Bytes.")
    load: Annotated[float, Unit("")] = Field(description="Load average of a minute before the first run.")


class Measurement(Model):
    """Sizes, and what was measured over interleaved runs."""

    sizes: Sizes | None = None
    measures: list[Measure] = Field(default_factory=list[Measure])
    imports: list[ImportTime] = Field(default_factory=list[ImportTime])
    hooks: list[Hook] = Field(default_factory=list[Hook])
    machine: Machine
    told: str = Field(default="", description="How it was measured, and what disturbed it.")


class Bill(Model):
    """The smallest size that holds it, and what it costs in a month of 730 hours."""

    service: Literal["fargate", "ec2"]
    size: str = Field(description="`256 CPU units, 1024 MiB`, `t3.small`.")
    monthly: Annotated[float, Unit("")] = Field(description="US dollars.")


class Price(Model):
    """What the change does to the bill."""

    region: str
    dated: str = Field(description="The day of the price list.")
    source: str
    needed_before: int = Field(description="Bytes of memory: the measured peak and the headroom.")
    needed_after: int
    before: list[Bill]
    after: list[Bill]
    image_before: Annotated[float, Unit("")] | None = Field(
        default=None, description="US dollars a month to keep one image in ECR, where its price in the region is known."
    )
    image_after: Annotated[float, Unit("")] | None = None
    told: str = Field(description="What that means, in a sentence; no saving where the size is the same.")


class Reason(Model):
    """Why the verdict is what it is."""

    speaks: Literal["for", "against", "open"] = Field(description="Open: what was not proven, and would have to be.")
    text: str
    evidence: list[Place] = Field(default_factory=list[Place])


class Verdict(Model):
    """Whether the change can be made."""

    word: Word
    reasons: list[Reason]


class Way(Model):
    """How the change is made, and taken back."""

    patch: str = Field(description="A unified diff of the project's declarations, `git apply`-able.")
    apply: str
    undo: str
    rollback: list[str] = Field(
        default_factory=list[str],
        description="Commands that bring back what runs now: by digest and revision, never by tag.",
    )
    by_hand: list[Place] = Field(
        default_factory=list[Place], description="What names it and cannot be edited by a rule."
    )


class Report(Model):
    """All that was found out about one change of one project."""

    project: str
    change: Change
    version: str = Field(default="", description="The package's version now.")
    made: str = Field(description="When, UTC.")
    python: str
    verdict: Verdict
    static: StaticProof
    runtime: RuntimeProof | None = None
    counterfactual: Counterfactual = Counterfactual()
    measurement: Measurement | None = None
    price: Price | None = None
    way: Way | None = None
    left_out: list[str] = Field(
        default_factory=list[str], description="What was not looked at, why, and how to have it."
    )
    seconds: Annotated[float, Unit("s")] = Field(description="How long it took.")
    installing: Annotated[float, Unit("s")] = Field(default=0.0, description="Of these, spent installing.")


class Ranked(Model):
    """One declared dependency, its cost and its use."""

    package: str
    version: str
    installed: int = Field(description="Bytes of it and of what is there for it alone.")
    import_seconds: Annotated[float, Unit("s")] | None = Field(default=None, description="Where it was imported.")
    uses: int = Field(description="Places of the application that use it.")
    used_by: Literal["application", "third_party", "tests", "tooling", "nobody"]
    told: str


class Ranking(Model):
    """All dependencies of a project, the likeliest to go first."""

    project: str
    python: str
    packages: list[Ranked]
    missing: list[Place] = Field(default_factory=list[Place], description="Imports of what is not declared.")
    formula: str = Field(description="How they are ranked.")


class Finding(Model):
    """A statement of a note that is wrong, or cannot be known."""

    line: int
    quoted: str
    rule: str
    wrong: str = Field(description="What is wrong with it.")
    right: str = Field(default="", description="The right figure or statement, where there is one.")
    source: str = Field(description="Where that stands: a computation, or a page.")


class Audit(Model):
    """A note, checked."""

    findings: list[Finding]
    checked: int = Field(description="Statements that a rule could be applied to.")
    rules: int
