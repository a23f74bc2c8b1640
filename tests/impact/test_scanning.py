"""All dependencies of a project, ranked: the likeliest to go first, and what is imported without being declared."""

from __future__ import annotations

import pytest
from wheels import environment, wheel

from nis_backend.impact.project.environment import read_environment
from nis_backend.impact.project.opening import open_project
from nis_backend.impact.report import ImportTime, Ranking
from nis_backend.impact.scanning import scan

FILES = {
    "pyproject.toml": """\
[project]
name = "shop"
dependencies = ["heavy", "web", "Queue_Lib>=1", "unit-tests", "shared", "optional", "absent-lib"]
[project.optional-dependencies]
more = ["small"]
[dependency-groups]
dev = ["unit-tests", "lint", "devonly"]
[tool.lint]
strict = true
""",
    "Makefile": "bench:\n\tpip install a-peer lint\n",
    "shop/__init__.py": "",
    "shop/app.py": """\
import web, json, attrs_like
import sub.deep
from queuelib.inner import Q
try:
    import optional
except ImportError:
    optional = None
try:
    import nowhere
except ImportError:
    nowhere = None
import devonly
from shop import other
import unknown_thing
import absent_lib
""",
    "tests/test_app.py": "import unit_tests\nimport devonly\nimport helpers\n",
    "tests/helpers.py": "",
}


@pytest.fixture(scope="module")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Ranking:
    """A project's dependencies, with measured import times of two."""
    folder = tmp_path_factory.mktemp("scan")
    blob = {"heavy/data.bin": "x" * 300_000}
    python = environment(
        folder / "env",
        wheel(folder, "heavy", "1", {"heavy/__init__.py": "", **blob}, requires=["heavy-part", "shared"]),
        wheel(folder, "heavy-part", "1", {"heavy_part/__init__.py": "x" * 100_000}),
        wheel(folder, "web", "2", {"web/__init__.py": ""}, requires=["shared", "attrs-like"]),
        wheel(folder, "attrs-like", "2", {"attrs_like/__init__.py": "", "sub/deep/__init__.py": ""}),
        wheel(
            folder, "queue.lib", "1", {"queuelib/__init__.py": ""}, extras=["fast"], requires=["small; extra == 'fast'"]
        ),
        wheel(folder, "unit-tests", "1", {"unit_tests/__init__.py": ""}),
        wheel(folder, "shared", "1", {"shared/__init__.py": ""}),
        wheel(folder, "optional", "1", {"optional/__init__.py": ""}),
        wheel(folder, "small", "1", {"small/__init__.py": ""}),
        wheel(folder, "lint", "1", {"lint/__init__.py": ""}),
        wheel(folder, "devonly", "1", {"devonly/__init__.py": ""}),
    )
    for name, text in FILES.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = open_project(folder / "shop", environment=read_environment(python))
    return scan(
        project, [ImportTime(name="heavy_part", seconds=0.5, modules=2), ImportTime(name="web", seconds=0.1, modules=1)]
    )


def test_what_nobody_uses_comes_first_with_what_goes_with_it(ranking: Ranking) -> None:
    """Promise: cost is the package's and that of what is there for it alone; use by others is told apart."""
    by = {one.package: one for one in ranking.packages}
    first = ranking.packages[0]
    assert (first.package, first.used_by, first.uses) == ("heavy", "nobody", 0)
    assert 400_000 < first.installed < 410_000
    assert first.import_seconds == pytest.approx(0.5)
    assert {name: one.used_by for name, one in by.items()} == {
        "heavy": "nobody",
        "web": "application",
        "queue.lib": "application",
        "unit-tests": "tests",
        "shared": "third_party",
        "optional": "application",
        "absent-lib": "application",
        "small": "nobody",
        "lint": "tooling",
        "devonly": "application",
    }
    assert "always installed" in by["unit-tests"].told
    assert "does without it" in by["optional"].told
    assert "stays installed for web" in by["shared"].told or "heavy" in by["shared"].told
    assert "queue.lib may use it" in by["small"].told
    assert "not installed here" in by["absent-lib"].told
    order = [one.package for one in ranking.packages]
    assert order.index("unit-tests") < order.index("shared") < order.index("web") < order.index("lint")


def test_imports_of_what_is_not_declared_are_told_and_no_others(ranking: Ranking) -> None:
    """Promise: transitive, unknown and development-only ones; not own modules, the standard library or guarded ones."""
    assert [(one.file, one.line, one.text) for one in ranking.missing] == [
        ("shop/app.py", 1, "attrs_like (attrs-like, which web brings)"),
        ("shop/app.py", 2, "sub.deep (attrs-like, which web brings)"),
        ("shop/app.py", 12, "devonly (devonly is declared for development only)"),
        ("shop/app.py", 14, "unknown_thing (not installed)"),
    ]
