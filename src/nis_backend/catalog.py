"""The explicit tuple of capability modules, and the index generated from it.

The server starts from the index (`catalog.json`) and imports a capability's module at its first call. What operations
take, what they answer and their examples stand beside it (`requests.json`, `results.json`, `examples.json`): nearly all
that is known of them, and no start needs it.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import PydanticUserError
from pydantic_core import from_json

from nis_backend.entry import Entry
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.operation import Json, Model, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

CAPABILITIES = (
    "nis_backend.capabilities.system",
    "nis_backend.capabilities.identity",
    "nis_backend.capabilities.operations.operations",
    "nis_backend.capabilities.chat.operations",
    "nis_backend.capabilities.conversations.operations",
    "nis_backend.capabilities.conversations.branching",
    "nis_backend.capabilities.conversations.retelling",
    "nis_backend.capabilities.feedback",
    "nis_backend.capabilities.models.operations",
    "nis_backend.capabilities.gateway.providers",
    "nis_backend.capabilities.gateway.routes",
    "nis_backend.capabilities.gateway.changes",
    "nis_backend.capabilities.gateway.cache",
    "nis_backend.capabilities.models.responding",
    "nis_backend.capabilities.models.counting",
    "nis_backend.capabilities.models.estimating",
    "nis_backend.capabilities.models.prices",
    "nis_backend.capabilities.models.structured",
    "nis_backend.capabilities.models.comparing",
    "nis_backend.capabilities.models.judging",
    "nis_backend.capabilities.models.ranking",
    "nis_backend.capabilities.models.grounded",
    "nis_backend.capabilities.models.rewriting",
    "nis_backend.capabilities.models.condensing",
    "nis_backend.capabilities.prompts.operations",
    "nis_backend.capabilities.agents.operations",
    "nis_backend.capabilities.agents.introducing",
    "nis_backend.capabilities.plans.operations",
    "nis_backend.capabilities.teams.operations",
    "nis_backend.capabilities.metacognition.policy.operations",
    "nis_backend.capabilities.metacognition.policy.reviews",
    "nis_backend.capabilities.mcp_servers.operations",
    "nis_backend.capabilities.embeddings.operations",
    "nis_backend.capabilities.embeddings.sorting",
    "nis_backend.capabilities.embeddings.picturing",
    "nis_backend.capabilities.embeddings.known",
    "nis_backend.capabilities.documents.operations",
    "nis_backend.capabilities.documents.asking",
    "nis_backend.capabilities.documents.summarising",
    "nis_backend.capabilities.documents.comparing",
    "nis_backend.capabilities.documents.filling",
    "nis_backend.capabilities.documents.ingesting",
    "nis_backend.capabilities.collections.operations",
    "nis_backend.capabilities.collections.reembedding",
    "nis_backend.capabilities.collections.transferring",
    "nis_backend.capabilities.research.operations",
    "nis_backend.capabilities.datasets.operations",
    "nis_backend.capabilities.datasets.importing",
    "nis_backend.capabilities.datasets.splitting",
    "nis_backend.capabilities.datasets.consents",
    "nis_backend.capabilities.datasets.looking",
    "nis_backend.capabilities.datasets.collecting",
    "nis_backend.capabilities.evaluations.operations",
    "nis_backend.capabilities.metacognition.evolve.operations",
    "nis_backend.capabilities.metacognition.genesis.operations",
    "nis_backend.capabilities.training.operations",
    "nis_backend.capabilities.training.watching",
    "nis_backend.capabilities.training.models",
    "nis_backend.capabilities.training.promoting",
    "nis_backend.capabilities.training.exports",
    "nis_backend.capabilities.training.applying",
    "nis_backend.capabilities.memory.entries",
    "nis_backend.capabilities.memory.operations",
    "nis_backend.capabilities.memory.recalling",
    "nis_backend.capabilities.memory.consolidating",
    "nis_backend.capabilities.memory.assembling",
    "nis_backend.capabilities.memory.forgetting",
    "nis_backend.capabilities.runs.operations",
    "nis_backend.capabilities.runs.starting",
    "nis_backend.capabilities.runs.steering",
    "nis_backend.capabilities.runs.statistics",
    "nis_backend.capabilities.runs.comparing",
    "nis_backend.capabilities.runs.forking",
    "nis_backend.capabilities.runs.replaying",
    "nis_backend.capabilities.schedules.operations",
    "nis_backend.capabilities.blobs.operations",
    "nis_backend.capabilities.budgets.operations",
    "nis_backend.capabilities.usage.operations",
    "nis_backend.capabilities.batches.operations",
    "nis_backend.capabilities.physics.operations",
    "nis_backend.capabilities.physics.claims.operations",
    "nis_backend.capabilities.physics.dynamics.operations",
    "nis_backend.capabilities.physics.orbits.operations",
    "nis_backend.capabilities.physics.quantum.operations",
    "nis_backend.capabilities.physics.fields.operations",
    "nis_backend.capabilities.physics.nonlinear.operations",
    "nis_backend.capabilities.physics.learned.operations",
    "nis_backend.capabilities.physics.studies.operations",
    "nis_backend.capabilities.mathematics.symbolic.operations",
    "nis_backend.capabilities.mathematics.signals.operations",
    "nis_backend.capabilities.mathematics.matrices.operations",
    "nis_backend.capabilities.mathematics.data.operations",
    "nis_backend.capabilities.robotics.operations",
    "nis_backend.capabilities.robotics.robots",
    "nis_backend.capabilities.impact.operations",
    "nis_backend.capabilities.deployment.operations",
    "nis_backend.capabilities.vision.codes",
    "nis_backend.capabilities.vision.quality",
    "nis_backend.capabilities.vision.classifying",
    "nis_backend.capabilities.vision.detecting",
    "nis_backend.capabilities.vision.faces",
    "nis_backend.capabilities.vision.asking",
    "nis_backend.capabilities.vision.reading",
    "nis_backend.capabilities.voice.operations",
    "nis_backend.capabilities.visuals.operations",
    "nis_backend.capabilities.code.operations",
    "nis_backend.capabilities.metacognition.assess.operations",
    "nis_backend.capabilities.metacognition.multipath.operations",
    "nis_backend.capabilities.metacognition.debug.operations",
    "nis_backend.capabilities.vision.counting",
    "nis_backend.capabilities.vision.shapes",
    "nis_backend.capabilities.vision.comparing",
    "nis_backend.capabilities.vision.editing",
    "nis_backend.capabilities.vision.regions",
    "nis_backend.capabilities.vision.matching",
    "nis_backend.capabilities.vision.tracking",
    "nis_backend.capabilities.remote_agents.operations",
    "nis_backend.capabilities.remote_agents.sending",
    "nis_backend.capabilities.metacognition.collective.operations",
    "nis_backend.capabilities.metacognition.embodiment.operations",
    "nis_backend.capabilities.metacognition.embodiment.summing",
    "nis_backend.capabilities.metacognition.indicators.operations",
    "nis_backend.capabilities.metacognition.workspace.operations",
    "nis_backend.capabilities.skills.operations",
    "nis_backend.capabilities.skills.installing",
    "nis_backend.capabilities.weights",
)


APART = {"request_schema": "requests.json", "result_schema": "results.json", "examples": "examples.json"}
"""What of a declaration is kept beside the index, and the file of it: each holds all operations', by their names."""


def read(name: str) -> Any:  # Any: JSON
    """A generated file."""
    return from_json(resources.files("nis_backend").joinpath(name).read_bytes())


class Beside:
    """What is kept beside the index: a file is read when the first of it is asked for."""

    def __init__(self) -> None:
        self._held: dict[str, Mapping[str, Any]] = {}  # Any: JSON

    def of(self, operation: str, field: str) -> Any:  # Any: JSON
        """What of one operation stands in the file of this field."""
        if field not in self._held:
            self._held[field] = read(APART[field])
        return self._held[field][operation]


class Indexed(Entry):
    """A declaration as the index has it."""

    _beside: Beside

    def __init__(self, fields: Json, beside: Beside) -> None:
        # Frozen against everyone else; hundreds of them are made at each start.
        self.__dict__.update(fields, _beside=beside)

    def __getattr__(self, name: str) -> Any:  # Any: what Python asks for here has no type
        """What stands beside the index; everything else is there."""
        if name not in APART:
            raise AttributeError(name)
        kept = self._beside.of(self.name, name)
        self.__dict__[name] = tuple(kept) if name == "examples" else kept
        return self.__dict__[name]


@cache
def index() -> tuple[Indexed, ...]:
    """The declarations of the committed index: the command line and what it opens have the same."""
    beside = Beside()
    return tuple(
        Indexed(one | {name: tuple(one[name]) for name in ("scopes", "routes")}, beside) for one in read("catalog.json")
    )


class Catalog:
    """Operations by name: all declarations at hand, each function imported when it is first found."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
        self._found: dict[str, Operation[Any, Any]] = {}

    @classmethod
    def from_index(cls) -> Catalog:
        """The catalog of the committed index."""
        return cls(index())

    def entries(self) -> Sequence[Entry]:
        """Every declaration, by name."""
        return tuple(self._entries.values())

    def entry(self, name: str) -> Entry:
        """The declaration of this name.

        Raises:
            NotFound: there is none; the nearest names are in the remedy.
        """
        if name not in self._entries:
            from difflib import get_close_matches  # noqa: PLC0415 - only a wrong name needs it

            near = ", ".join(get_close_matches(name, self._entries, n=3))
            remedy = f"Nearest: {near}." if near else "List the operations to see what there is."
            raise NotFound(f"There is no operation {name!r}.", field="operation", value=name, remedy=remedy)
        return self._entries[name]

    def find(self, name: str) -> Operation[Any, Any]:
        """See `Operations.find`."""
        if name not in self._found:
            for operation in importlib.import_module(self.entry(name).module).OPERATIONS:
                self._found[operation.name] = operation
        return self._found[name]

    def add(
        self, operations: Iterable[Operation[Any, Any]], routes: Callable[[Entry], tuple[str, ...]] = lambda _: ()
    ) -> None:
        """Add the operations of a user's file; `routes` tells where each answers.

        Raises:
            InvalidRequest: a name is taken, or an operation names a pool.
        """
        for operation in operations:
            if operation.name in self._entries:
                raise InvalidRequest(
                    f"The operation {operation.name} is declared already.",
                    field="app",
                    value=operation.name,
                    remedy="Give it another name.",
                )
            if operation.pool:
                raise InvalidRequest(
                    f"{operation.name} names the pool {operation.pool!r}; an app file's operations run in the server.",
                    field="app",
                    value=operation.name,
                    remedy="Leave out pool=.",
                )
            try:
                entry = entry_of(operation)
            except (ValueError, PydanticUserError) as error:
                raise InvalidRequest(
                    f"{operation.name} is not declared well: {error}.",
                    field="app",
                    value=operation.name,
                    remedy="Mend its models in the file given as --app.",
                ) from error
            self._found[operation.name] = operation
            self._entries[operation.name] = replace(entry, routes=routes(entry))
        self._entries = dict(sorted(self._entries.items()))


def entry_of(operation: Operation[Any, Any]) -> Entry:
    """The declaration of an operation as data."""
    function = operation.function
    description = inspect.cleandoc(function.__doc__ or "")
    return Entry(
        name=operation.name,
        summary=description.partition("\n")[0],
        description=description,
        effect=operation.effect,
        shape=operation.shape,
        module=function.__module__,
        request_schema=_schema(operation.request, "validation"),
        result_schema=_schema(operation.result, "serialization"),
        scopes=operation.scopes,
        pool=operation.pool,
        resource=operation.resource,
        on=operation.on,
        time_limit=operation.time_limit,
        essential=operation.essential,
        outward=operation.outward,
        apart=operation.apart,
        secret=operation.secret,
        repeatable=operation.repeatable,
        urgent=operation.urgent,
        examples=tuple({**asdict(example), "request": dict(example.request)} for example in operation.examples),
    )


def _schema(model: type[Model], mode: Any) -> Json:
    schema = model.model_json_schema(mode=mode)
    _check_units(model.__name__, schema)
    return schema


def _check_units(name: str, schema: Json) -> None:
    """Refuse a model in which one number has a unit and another says nothing: `Unit("")` says it has none."""
    fields = {key: _number(value) for key, value in schema.get("properties", {}).items()}
    numbers = {key: value for key, value in fields.items() if value is not None}
    if any("unit" in value for value in numbers.values()):
        bare = [key for key, value in numbers.items() if "unit" not in value]
        if bare:
            msg = f'{name}.{bare[0]} is a number without a unit beside others that have one: Unit("…"), or Unit("")'
            raise ValueError(msg)


def _number(schema: Json) -> Json | None:
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "number":
            return one
    return None


def load_capabilities() -> list[Operation[Any, Any]]:
    """Every operation of every capability, imported: for the generator and the tests."""
    return [operation for module in CAPABILITIES for operation in importlib.import_module(module).OPERATIONS]


def load_app(path: Path) -> tuple[Operation[Any, Any], ...]:
    """The operations of a user's file, which ends with `OPERATIONS`.

    Raises:
        NotFound: there is no such file.
        InvalidRequest: the file cannot be imported, or declares no operations.
    """
    if not path.is_file():
        raise NotFound(
            f"There is no file {path.name!r}.", field="app", value=path.name, remedy="Give --app a Python file."
        )
    name = f"nis_app_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidRequest(
            f"{path.name} is not a Python file.", field="app", value=path.name, remedy="Give --app a .py file."
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InvalidRequest(
            f"{path.name} cannot be imported: {type(error).__name__}: {error}",
            field="app",
            value=path.name,
            remedy="Mend the file: `python` on it shows the whole traceback.",
        ) from error
    # Any: a user's file says what it likes; a single Operation is a tuple whose comma was forgotten.
    declared: Iterable[Any] | Operation[Any, Any] = getattr(module, "OPERATIONS", ())
    operations: tuple[Any, ...] = tuple(declared) if isinstance(declared, Iterable) else ()
    if not operations or not all(isinstance(one, Operation) for one in operations):
        raise InvalidRequest(
            f"{path.name} declares no operations.",
            field="app",
            value=path.name,
            remedy="End it with OPERATIONS = (…,).",
        )
    return operations
