"""What is computed, where the extra that installs what it is computed with is not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires

import pytest
from ground import Ground, prepared
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nis_backend.app import COMPUTING
from nis_backend.catalog import Catalog
from nis_backend.entry import Entry
from nis_backend.errors import Unavailable

PLAIN = {
    "physics.plan_transfer",
    *("physics.simulate_projectile", "physics.simulate_pendulum"),
    "physics.verify_trajectory",
    *("physics.solve_ode", "physics.simulate_epidemic"),  # where they are not stiff
    *("impact.audit_note", "impact.price_memory", "impact.write_report"),
    *("impact.scan_project", "impact.assess_change"),
    *("deployment.validate_definition", "deployment.compare_revisions"),  # of a task definition, which is JSON
    *("deployment.plan_deployment", "deployment.get_status", "deployment.list_logs"),  # on this machine, as below
    *("deployment.apply_deployment", "deployment.scale_deployment", "deployment.roll_back_deployment"),
}
"""What computes with Python alone, or with what the core brings."""

POOLED = [
    pytest.param(entry, id=entry.name)
    for entry in Catalog.from_index().entries()
    if entry.pool in COMPUTING and entry.name not in PLAIN
]
HIDING = """
import sys

class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

HIDDEN = frozenset(__HIDDEN__)
sys.meta_path.insert(0, Hiding())
"""
"""For the workers, which begin with it: as if these packages were not installed."""


def core() -> set[str]:
    """The distributions that come without any extra."""
    found, waiting = set[str](), ["nis-backend"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        needs = [Requirement(one) for one in (requires(name) or ())]
        waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server whose workers find the core's packages alone."""
    folder, kept = tmp_path_factory.mktemp("hiding"), core()
    hidden = [
        module
        for module, owners in packages_distributions().items()
        if not kept & {canonicalize_name(one) for one in owners} and module not in sys.stdlib_module_names
    ]
    (folder / "sitecustomize.py").write_text(HIDING.replace("__HIDDEN__", repr(hidden)))
    with pytest.MonkeyPatch.context() as patch, Ground(tmp_path_factory.mktemp("bare")).open() as ground:
        patch.setenv("PYTHONPATH", str(folder))
        yield ground


def first_example(ground: Ground, entry: Entry) -> None:
    """Call it, and what the example wants to be called before."""
    request = prepared(ground, entry.examples[0])
    if "formats" in entry.request_schema["properties"]:
        request["formats"] = ["png"]  # the other one, SVG, is written with Python alone
    ground.call(entry.name, request)


@pytest.mark.parametrize("entry", POOLED)
def test_without_its_extra_an_operation_names_the_command_that_mends_it(bare: Ground, entry: Entry) -> None:
    """Promise: what cannot be computed here is `Unavailable`, with what to install; nothing stands in for it."""
    with pytest.raises(Unavailable) as refused:
        first_example(bare, entry)
    assert refused.value.remedy == f"Run: pip install 'nis-backend[{entry.pool}]'."


def test_a_pdf_without_the_extra_that_reads_it_names_the_command_that_mends_it(bare: Ground) -> None:
    """Promise: what is plain text is read by the core alone; what is not says what to install."""
    read, printed = Catalog.from_index().entry("documents.read_document").examples
    assert bare.call("documents.read_document", read["request"])["kind"] == "markdown"
    with pytest.raises(Unavailable) as refused:
        bare.call("documents.read_document", printed["request"])
    assert refused.value.remedy == "Run: pip install 'nis-backend[documents]'."
