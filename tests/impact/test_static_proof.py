"""Who uses a package, as far as texts tell: each way of using one, and none where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from wheels import environment, wheel

from nis_backend.errors import NotFound
from nis_backend.impact.project.environment import Environment, read_environment
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.proof.closure import brought, exclusive
from nis_backend.impact.proof.static import prove
from nis_backend.impact.report import StaticProof, Use


def module(name: str) -> dict[str, str]:
    """The one file of a package of that name."""
    return {f"{name}/__init__.py": "def main(): pass\n"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of packages that are used in every way."""
    folder = tmp_path_factory.mktemp("proof")
    plugin = {"pytest11": {"freezer": "pytest_freezer.plugin"}}
    dialect = {"sqlalchemy.dialects": {"bigquery": "sqlalchemy_bigquery:Dialect"}}
    python = environment(
        folder / "env",
        wheel(folder, "PyYAML", "6", module("yaml") | {"_yaml/__init__.py": ""}),
        wheel(folder, "opencv-python", "4", module("cv2")),
        wheel(folder, "redis", "5", module("redis"), extras=["hiredis"], requires=["hiredis>=1; extra == 'hiredis'"]),
        wheel(folder, "hiredis", "3", module("hiredis")),
        wheel(
            folder, "celery", "5", module("celery"), requires=["kombu>=5", "vine"], scripts={"celery": "celery:main"}
        ),
        wheel(folder, "kombu", "5", module("kombu"), requires=["vine", "redis>=4; extra == 'redis'"], extras=["redis"]),
        wheel(folder, "vine", "5", module("vine")),
        wheel(folder, "alembic", "1", module("alembic"), scripts={"alembic": "alembic:main"}),
        wheel(folder, "psycopg", "3", module("psycopg")),
        wheel(folder, "pytest", "8", module("pytest"), scripts={"pytest": "pytest:main"}),
        wheel(folder, "pytest-freezer", "1", module("pytest_freezer"), plugins=plugin, requires=["pytest", "vine"]),
        wheel(folder, "sqlalchemy", "2", module("sqlalchemy")),
        wheel(folder, "sqlalchemy-bigquery", "1", module("sqlalchemy_bigquery"), plugins=dialect),
        wheel(folder, "google-cloud-alpha", "1", {"google/cloud/alpha/__init__.py": ""}),
        wheel(folder, "google-cloud-beta", "1", {"google/cloud/beta/__init__.py": ""}),
        wheel(folder, "gevent", "1", module("gevent"), requires=["lonely; sys_platform == 'win32'", "greenish"]),
        wheel(folder, "greenish", "1", module("greenish")),
        wheel(folder, "pandas", "2", module("pandas"), requires=["openpyxl>=3; extra == 'excel'"], extras=["excel"]),
        wheel(folder, "openpyxl", "3", module("openpyxl")),
        wheel(folder, "unused", "1", module("unused")),
    )
    return read_environment(python)


def project(folder: Path, python: Environment, files: dict[str, str | bytes]) -> Project:
    """A project of these files, which declares nothing unless they do."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_project(folder, environment=python)


def used(proof: StaticProof) -> list[tuple[str, str, str, int | None]]:
    """How, what, and where, of each use."""
    return [(one.how, one.what, one.place.file, one.place.line) for one in proof.uses]


IMPORTS: list[tuple[str, str, str, str]] = [
    ("pyyaml", "import yaml.nodes as n\n", "import", "yaml.nodes"),
    ("PyYAML", "from yaml import safe_load\n", "import", "yaml"),
    ("pyyaml", "def f():\n    import yaml\n", "lazy_import", "yaml"),
    ("pyyaml", "class A:\n    import yaml\n", "import", "yaml"),
    ("pyyaml", "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n", "guarded_import", "yaml"),
    ("pyyaml", "try:\n    import yaml\nexcept (KeyError, ModuleNotFoundError):\n    pass\n", "guarded_import", "yaml"),
    ("pyyaml", "try:\n    import yaml\nexcept ImportError as e:\n    raise SystemExit from e\n", "import", "yaml"),
    ("pyyaml", "try:\n    import nothing\nexcept ImportError:\n    import yaml\n", "guarded_import", "yaml"),
    ("pyyaml", "try:\n    import yaml\nexcept KeyError:\n    pass\n", "import", "yaml"),
    (
        "pyyaml",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import yaml\n",
        "guarded_import",
        "yaml",
    ),
    ("pyyaml", "import typing\nif typing.TYPE_CHECKING:\n    import yaml\n", "typing_import", "yaml"),
    ("pyyaml", "if not TYPE_CHECKING:\n    import yaml\nelse:\n    pass\n", "import", "yaml"),
    ("pyyaml", "import importlib\nm = importlib.import_module('yaml.x')\n", "dynamic_import", "yaml.x"),
    ("pyyaml", "m = __import__('yaml')\n", "dynamic_import", "yaml"),
    ("pyyaml", "from importlib.util import find_spec\nHAS = find_spec('yaml') is not None\n", "dynamic_import", "yaml"),
    ("pyyaml", "import pytest\nyaml = pytest.importorskip('yaml')\n", "dynamic_import", "yaml"),
    ("pyyaml", "m = lazy_import('yaml')\n", "dynamic_import", "yaml"),
    ("pyyaml", "for n in ('json', 'yaml'):\n    import_module(n)\n", "dynamic_import", "yaml"),
    ("pyyaml", "N = 'yaml'\nM = N\nimport_module(M)\n", "dynamic_import", "yaml"),
    ("pyyaml", "from runpy import run_module\nrun_module('yaml', run_name='__main__')\n", "dynamic_import", "yaml"),
    ("pyyaml", "ms = [import_module(n) for n in ['yaml']]\n", "dynamic_import", "yaml"),
    ("pyyaml", "code = '''\nimport yaml\n'''\n", "named", "yaml"),
    ("opencv-python", "import cv2, os\n", "import", "cv2"),
    ("google-cloud-alpha", "from google.cloud import alpha\n", "import", "google.cloud.alpha"),
    ("google-cloud-alpha", "import google.cloud.alpha.inner\n", "import", "google.cloud.alpha.inner"),
    ("redis", "CACHES = {'default': {'BACKEND': 'redis.cache.RedisCache'}}\n", "named", "redis.cache.RedisCache"),
    ("redis", "URL = 'redis://localhost:6379/0'\n", "named", "redis://"),
    ("redis", "x = sys.modules['redis']\n", "named", "redis"),
    ("redis", "patch('redis.Redis.get')\n", "named", "redis.Redis.get"),
    ("psycopg", "e = create_engine(f'postgresql+psycopg://u@{host}/d')\n", "named", "postgresql+psycopg://"),
    ("psycopg", "u = scheme + '+psycopg://' + host\n", "named", "+psycopg"),
    ("psycopg", "u = URL.create(drivername='postgresql+psycopg')\n", "named", "+psycopg"),
    ("pyyaml", "import sys\nif sys.version_info < (3, 9):\n    import yaml\n", "guarded_import", "yaml"),
    ("sqlalchemy-bigquery", "e = create_engine('bigquery://p')\n", "named", "bigquery://"),
    ("openpyxl", "pd.DataFrame().to_excel('x', engine='openpyxl')\n", "named", "openpyxl"),
    (
        "openpyxl",
        "import pandas\nt = pandas.read_excel('x')  # sheet\n",
        "implied",
        "pandas reads and writes .xlsx by it",
    ),
    ("celery", "INSTALLED_APPS = [\n    'celery',\n]\n", "named", "celery"),
    ("celery", "INSTALLED_APPS += ('celery',)\n", "named", "celery"),
    ("celery", "INSTALLED_APPS.append('celery')\n", "named", "celery"),
    ("celery", "F = {'()': 'celery.log:Formatter'}\n", "named", "celery.log:Formatter"),
    ("celery", "subprocess.run(['celery', 'worker'])\n", "script", "celery"),
    ("celery", "os.system('cd x && celery worker')\n", "script", "celery"),
    ("celery", "subprocess.run([sys.executable, '-m', 'celery'])\n", "script", "python -m celery"),
    ("gevent", "run(app, worker_class='gevent')\n", "named", "gevent"),
    ("pytest-freezer", "pytest_plugins = ['pytest_freezer']\n", "named", "pytest_freezer"),
    ("pytest-freezer", "entry_points(group='pytest11')\n", "entry_point", "pytest11"),
    ("pytest-freezer", "for p in entry_points()['pytest11']:\n    p.load()\n", "entry_point", "pytest11"),
    ("pyyaml", "from importlib.metadata import version\nversion('PyYaml')\n", "version", "PyYaml"),
]


@pytest.mark.parametrize(("package", "text", "how", "what"), IMPORTS)
def test_each_way_of_using_a_package_in_python_is_found(
    tmp_path: Path, python: Environment, package: str, text: str, how: str, what: str
) -> None:
    """Promise: imports at any moment, dynamic ones, dotted names, addresses, commands, plug-ins and versions."""
    proof = prove(project(tmp_path, python, {"app.py": text}), package)
    assert (how, what) in {(one.how, one.what) for one in proof.uses if one.place.file == "app.py"}
    assert {one.where for one in proof.uses if one.place.file} == {"application"}
    assert not proof.open


@pytest.mark.parametrize(
    ("package", "name", "text"),
    [
        ("pyyaml", "app.py", "FORMAT = 'yaml'\nd = {'yaml': 1}\nprint('install yaml')\n# import yaml\n"),
        ("pyyaml", "app.py", '"""It reads yaml.\n\nimport yaml\n"""\nimport yamllint\n'),
        (
            "redis",
            "app.py",
            "import redis_lock\npath = 'redis.conf'\nhost = 'redis.example.com'\nx = 'http://redis.io/a'\n",
        ),
        ("redis", "app.py", "from . import redis\nfrom .redis import x\nself.redis.get(1)\n"),
        ("redis", "app.py", "logging.getLogger('redis.connection').setLevel(30)\n"),
        ("celery", "app.py", "name = 'celery'\nqueue = dict(celery=1)\nmessage = 'the celery worker is down'\n"),
        ("google-cloud-alpha", "app.py", "import google.cloud.beta\nfrom google.cloud import beta\n"),
        ("openpyxl", "app.py", "# to_excel(\nname = 'openpyxl'\n"),
        ("celery", "compose.yml", "services:\n  celery:\n    image: celery:5\n    depends_on:\n      - celery\n"),
        ("redis", "compose.yml", "services:\n  redis:\n    image: redis:7\n    volumes:\n      - redis.conf:/x\n"),
        ("pytest", "README.md", "Run `pytest`, then import pytest.\n"),
        ("celery", "run.sh", "#!/bin/sh\n# celery worker\necho starting celery-beat\n"),
        ("redis", "pyproject.toml", "[[tool.mypy.overrides]]\nmodule = 'redis.asyncio'\n"),
        ("redis", "alembic.ini", "[logger_x]\nqualname = redis.connection\n"),
        ("pyyaml", "app.py", "TYPE = 'application/problem+yaml'\n"),
        ("unused", "notes.txt", "unused\nimport unused\n"),
    ],
)
def test_what_only_looks_like_a_use_is_none(
    tmp_path: Path, python: Environment, package: str, name: str, text: str
) -> None:
    """Promise: no false alarm by a word in prose, a host, a file's name, a key, a module of a similar name."""
    assert used(prove(project(tmp_path, python, {name: text}), package)) == []


FILES: list[tuple[str, str, str, str, str]] = [
    ("celery", "Dockerfile", 'FROM x\nCMD ["celery", "-A", "app"]\n', "script", "celery"),
    ("celery", "Procfile", "worker: celery -A app worker\n", "script", "celery"),
    ("celery", "Makefile", "run:\n\t@$(VENV)/bin/celery worker\n", "script", "celery"),
    ("celery", "start", "#!/bin/bash\nexec celery worker\n", "script", "celery"),
    ("celery", "deploy/docker-compose.yml", "s:\n  w:\n    command: celery -A a worker\n", "script", "celery"),
    ("alembic", ".github/workflows/ci.yml", "- run: |\n    uv run alembic upgrade head\n", "script", "alembic"),
    ("pytest", "tox.ini", "[testenv]\ncommands =\n    python -m pytest -q\n", "script", "python -m pytest"),
    ("pytest", "package.json", '{"scripts": {"test": "pytest -q"}}\n', "script", "pytest"),
    ("pytest", "pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-q'\n", "named", "[tool.pytest.ini_options]"),
    ("pytest-freezer", "pytest.ini", "[pytest]\naddopts = -p pytest_freezer\n", "named", "pytest_freezer"),
    ("redis", ".env", "CELERY_BROKER=redis://r:6379\n", "named", "redis://"),
    ("redis", "logging.yaml", "handlers:\n  r:\n    class: redis.log.Handler\n", "named", "redis.log.Handler"),
    ("gevent", "Dockerfile", "CMD gunicorn -k gevent app\n", "named", "gevent"),
    ("pyyaml", "Dockerfile", "RUN python -c 'import yaml; yaml.x'\n", "named", "yaml"),
    ("gevent", "gunicorn.conf.py", "worker_class = 'gevent'\n", "named", "gevent"),
]


@pytest.mark.parametrize(("package", "name", "text", "how", "what"), FILES)
def test_each_way_of_using_a_package_outside_python_is_found(
    tmp_path: Path, python: Environment, package: str, name: str, text: str, how: str, what: str
) -> None:
    """Promise: Dockerfiles, Procfiles, Makefiles, shell, compose, workflows and settings are read."""
    proof = prove(project(tmp_path, python, {name: text}), package)
    assert (how, what, name) in {(one.how, one.what, one.place.file) for one in proof.uses}


def test_what_cannot_be_read_is_said_and_read_by_lines(tmp_path: Path, python: Environment) -> None:
    """Promise: a syntax error, another encoding, a file of 3 MB hide no import, and are told."""
    files: dict[str, str | bytes] = {
        "broken.py": "import yaml\ndef f(:\n",
        "two.py": "import yaml\nprint 'old'\n",
        "latin.py": b"# -*- coding: latin-1 -*-\nname = '\xe9'\nimport yaml\n",
        "wrong.py": b"name = '\xe9'\nimport yaml\n",
        "nul.py": b"import yaml\n\x00\n",
        "large.py": "import yaml\n" + "x = 1\n" * 500_000,
        "fast.pyx": "cimport numpy\nimport yaml\n",
        "stub.pyi": "import yaml\n",
        "book.ipynb": '{"cells": [{"cell_type": "code", "source": ["%time\\n", "!ls\\n",\n "import yaml\\n"]}]}',
        "bad.ipynb": "{yaml",
        "tool": "#!/usr/bin/env python3\nimport yaml\n",
    }
    proof = prove(project(tmp_path, python, files), "pyyaml")
    assert {one.place.file for one in proof.uses} == {*files} - {"bad.ipynb"}
    assert {one.place.file: one.how for one in proof.uses}["stub.pyi"] == "typing_import"
    assert {one.place.line for one in proof.uses if one.place.file == "book.ipynb"} == {2}
    assert {one.file for one in proof.unread} == {"broken.py", "two.py", "wrong.py", "nul.py", "large.py", "bad.ipynb"}
    assert "line 2" in next(one.text for one in proof.unread if one.file == "broken.py")


def test_a_notebook_loads_extensions_and_runs_commands(tmp_path: Path, python: Environment) -> None:
    """Promise: magics that name a package are its uses, those that name none are nothing."""
    cells = ["%load_ext yaml\\n!celery worker\\n%matplotlib inline\\n", "%%bash\\nimport redis\\n"]
    sources = ", ".join(f'{{"cell_type": "code", "source": "{cell}"}}' for cell in cells)
    made = project(tmp_path, python, {"book.ipynb": f'{{"cells": [{sources}]}}'})
    assert [(one.how, one.what) for one in prove(made, "pyyaml").uses] == [("dynamic_import", "yaml")]
    assert [(one.how, one.what) for one in prove(made, "celery").uses] == [("script", "celery")]
    assert prove(made, "redis").uses == []


def test_distributions_that_bring_the_same_files_are_told(tmp_path: Path) -> None:
    """Promise: taking one of two that overlay each other away is known to break the other."""
    made = [wheel(tmp_path, name, "4", module("cv2")) for name in ("opencv-python", "opencv-python-headless")]
    python = environment(tmp_path / "env", *made)
    (tmp_path / "app.py").write_text("import cv2\n")
    proof = prove(open_project(tmp_path, python), "opencv-python")
    assert (proof.shared_with, used(proof)) == (["opencv-python-headless"], [("import", "cv2", "app.py", 1)])


def test_type_stubs_are_used_where_what_they_describe_is_imported(tmp_path: Path, python: Environment) -> None:
    """Promise: `types-PyYAML` is imported by nobody, and read by a type checker."""
    files = {"requirements-dev.txt": "types-PyYAML\ntypes-redis\n", "app.py": "import yaml\n"}
    made = project(tmp_path, python, {**files})
    assert [(one.how, one.where) for one in prove(made, "types-pyyaml").uses] == [("typing_import", "tooling")]
    assert prove(made, "types-redis").uses == []


def test_names_that_are_computed_are_told(tmp_path: Path, python: Environment) -> None:
    """Promise: what the text does not tell is not called unused; a beginning that is written out rules packages out."""
    text = "import_module(name)\nimport_module(f'own.plugins.{name}')\nimport_module('.x', 'own')\n__import__(a + b)\n"
    proof = prove(project(tmp_path, python, {"app.py": text}), "unused")
    assert [one.line for one in proof.open] == [1, 4]
    assert proof.uses == []


def test_a_folder_of_the_same_name_wins_only_where_python_would_take_it(tmp_path: Path, python: Environment) -> None:
    """Promise: `alembic/env.py` without `__init__` is not the package; a first-party package of the name is."""
    env = {"alembic/env.py": "from alembic import context\n", "alembic/versions/a.py": "import alembic\n"}
    assert len(prove(project(tmp_path / "a", python, {**env}), "alembic").uses) == 2
    own = {"redis/__init__.py": "", "app.py": "import redis\n"}
    assert prove(project(tmp_path / "b", python, {**own}), "redis").uses == []
    vendored = {"app/vendor/redis/__init__.py": "", "app/__init__.py": "from app.vendor import redis\n"}
    assert prove(project(tmp_path / "c", python, {**vendored}), "redis").uses == []
    laid = {"src/redis/__init__.py": "", "src/app/__init__.py": "import redis\n", "tests/test_a.py": "import redis\n"}
    assert prove(project(tmp_path / "d", python, {**laid}), "redis").uses == []


def test_plug_ins_that_a_host_loads_by_itself_are_uses(tmp_path: Path, python: Environment) -> None:
    """Promise: pytest loads its plug-ins unasked, so nobody has to name one for it to matter."""
    made = project(tmp_path, python, {"requirements-dev.txt": "pytest\npytest-freezer\n"})
    (use,) = prove(made, "pytest_freezer").uses
    assert (use.how, use.where, use.place.line) == ("entry_point", "tests", 2)
    assert "pytest loads freezer" in use.what


def test_requirers_are_told_with_markers_extras_and_chains(tmp_path: Path, python: Environment) -> None:
    """Promise: who requires it, whether that holds here, and from which declared dependency it comes."""
    made = project(tmp_path, python, {"requirements.txt": "celery\nredis[hiredis]\npandas\n"})
    by = {one.name: one for one in prove(made, "vine").required_by}
    assert by["kombu"].why == ["celery", "kombu", "vine"]
    assert (by["pytest-freezer"].why, by["pytest-freezer"].applies) == ([], True)
    assert [one.applies for one in prove(made, "hiredis").required_by] == [True]
    assert [one.applies for one in prove(made, "redis").required_by] == [False]
    assert [one.applies for one in prove(made, "openpyxl").required_by] == [False]


def test_what_goes_with_a_package_is_what_nothing_else_asks_for(tmp_path: Path, python: Environment) -> None:
    """Promise: shared requirements stay; what was installed by hand stays; nothing goes while something requires it."""
    made = project(tmp_path, python, {"requirements.txt": "celery\ngevent\nredis[hiredis]\n"})
    assert exclusive(made.environment, made, "gevent") == ["greenish"]
    assert exclusive(made.environment, made, "celery") == ["kombu"]  # vine stays for pytest-freezer
    assert exclusive(made.environment, made, "redis") == ["hiredis"]
    assert exclusive(made.environment, made, "kombu") == []
    assert brought(made.environment, "celery") == ["kombu", "vine"]


def test_a_package_that_is_nowhere_is_refused_with_the_name_to_use(tmp_path: Path, python: Environment) -> None:
    """Promise: a module's name in place of the distribution's is met with the right one."""
    made = project(tmp_path, python, {"requirements.txt": "scikit_learn>=1\n", "app.py": "from sklearn import svm\n"})
    with pytest.raises(NotFound, match="opencv-python"):
        prove(made, "cv2")
    with pytest.raises(NotFound, match="neither installed"):
        prove(made, "tensorflow")
    proof = prove(made, "Scikit-Learn")
    assert (proof.modules, used(proof)) == (["sklearn"], [("import", "sklearn", "app.py", 1)])
    assert [one.line for one in proof.declared] == [1]


def test_files_are_told_apart_by_what_they_are_for(tmp_path: Path, python: Environment) -> None:
    """Promise: a use in tests, tools or documents is not one of the application."""
    files: dict[str, str | bytes] = dict.fromkeys(
        ("app.py", "tests/test_a.py", "conftest.py", "docs/conf.py", "examples/a.py", "noxfile.py"), "import yaml\n"
    )
    uses: list[Use] = prove(project(tmp_path, python, files), "pyyaml").uses
    assert {one.place.file: one.where for one in uses} == {
        "app.py": "application",
        "tests/test_a.py": "tests",
        "conftest.py": "tests",
        "docs/conf.py": "documents",
        "examples/a.py": "documents",
        "noxfile.py": "tooling",
    }
