"""What a project declares in each form there is, which interpreter is its own, and which modules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from wheels import environment, install, wheel

from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.impact.project.environment import Environment, read_environment
from nis_backend.impact.project.files import walk
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.proof.static import prove


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with nothing in it."""
    return read_environment(environment(tmp_path_factory.mktemp("bare") / "env"))


def opened(folder: Path, bare: Environment, files: dict[str, str]) -> Project:
    """A project of these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return open_project(folder, environment=bare)


def asked(project: Project) -> list[tuple[str, str, str, str, int | None]]:
    """Each declaration: the requirement, its section and name, and where it stands."""
    return [
        (str(one.requirement), one.section, one.name, one.place.file, one.place.line) for one in project.declarations
    ]


PYPROJECT = """\
[build-system]
requires = ["hatchling"]
[project]
name = "Shop_App"
dependencies = ["a>=1", "b[x,y]==2; python_version>'3'",
  'c @ https://example.com/c.zip',  # why
]
[project.optional-dependencies]
fast = ["a>=1"]
[dependency-groups]
dev = [{include-group = "lint"}, "d"]
lint = ["e"]
[tool.uv]
dev-dependencies = ["f"]
constraint-dependencies = ["g<3"]
[tool.hatch.envs.docs]
dependencies = ["h"]
[tool.pdm.dev-dependencies]
test = ["i"]
"""
POETRY = """\
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.11"
a = "^1.2"
"b.c" = {version = "~2.1", extras = ["x"], markers = "sys_platform == 'linux'"}
d = {git = "https://example.com/d.git"}
e = {version = "*", optional = true}
[tool.poetry.extras]
more = ["e"]
[tool.poetry.group.dev.dependencies]
f = "^0.0.3"
[tool.poetry.dev-dependencies]
g = "1.*"
"""
FORMS: list[tuple[dict[str, str], list[tuple[str, str, str, str, int | None]]]] = [
    (
        {"pyproject.toml": PYPROJECT},
        [
            ("a>=1", "main", "", "pyproject.toml", 5),
            ('b[x,y]==2; python_version > "3"', "main", "", "pyproject.toml", 5),
            ("c @ https://example.com/c.zip", "main", "", "pyproject.toml", 6),
            ("a>=1", "extra", "fast", "pyproject.toml", 9),
            ("d", "group", "dev", "pyproject.toml", 11),
            ("e", "group", "lint", "pyproject.toml", 12),
            ("i", "group", "test", "pyproject.toml", 19),
            ("f", "group", "dev", "pyproject.toml", 14),
            ("g<3", "constraint", "", "pyproject.toml", 15),
            ("h", "group", "docs", "pyproject.toml", 17),
            ("hatchling", "build", "", "pyproject.toml", 2),
        ],
    ),
    (
        {"pyproject.toml": POETRY},
        [
            ("a<2,>=1.2", "main", "", "pyproject.toml", 5),
            ('b.c[x]<2.2,>=2.1; sys_platform == "linux"', "main", "", "pyproject.toml", 6),
            ("d", "main", "", "pyproject.toml", 7),
            ("e", "extra", "more", "pyproject.toml", 8),
            ("g==1.*", "group", "dev", "pyproject.toml", 14),
            ("f<0.0.4,>=0.0.3", "group", "dev", "pyproject.toml", 12),
        ],
    ),
    (
        {
            "requirements.txt": "--index-url https://x\n-r req/base.txt\n-c limits.txt\n# no\n"
            "a==1 \\\n  --hash=sha256:ab\n./local\n",
            "req/base.txt": "-e git+https://example.com/b.git#egg=Bee\nc ; python_version < '3'\n"
            "-r ../requirements.txt\n",
            "limits.txt": "d<2\n",
            "requirements-dev.txt": "e\n",
            "requirements/prod.txt": "f\n",
        },
        [
            ("e", "group", "dev", "requirements-dev.txt", 1),
            ("a==1", "main", "", "requirements.txt", 5),
            ("Bee", "main", "", "req/base.txt", 1),
            ('c; python_version < "3"', "main", "", "req/base.txt", 2),
            ("d<2", "constraint", "", "limits.txt", 1),
            ("f", "main", "", "requirements/prod.txt", 1),
        ],
    ),
    (
        {
            "setup.cfg": "[options]\ninstall_requires =\n    a>=1\n    b  # why\n"
            "[options.extras_require]\nx =\n    c\n",
            "setup.py": "from setuptools import setup\nR = ['d']\n"
            "setup(install_requires=R, extras_require={'y': ['e']})\n",
            "Pipfile": '[packages]\nf = "==1"\n[dev-packages]\ng = "*"\n',
        },
        [
            ("f==1", "main", "", "Pipfile", 2),
            ("g", "group", "dev", "Pipfile", 4),
            ("a>=1", "main", "", "setup.cfg", 3),
            ("b", "main", "", "setup.cfg", 4),
            ("c", "extra", "x", "setup.cfg", 7),
            ("d", "main", "", "setup.py", 2),
            ("e", "extra", "y", "setup.py", 3),
        ],
    ),
    (
        {
            "Dockerfile": "FROM x\nRUN apt-get install -y git && \\\n"
            "  pip install --no-cache-dir -r requirements.txt 'a[x]>=1' b\n"
            "RUN pip install . -e ./c --index-url https://x d==1 # e\nRUN uv pip install -t /x f\n",
            ".github/workflows/ci.yml": "- run: pip install ruff\n",
            "environment.yml": "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - g=1.2\n"
            "  - pip:\n    - h>=2\n",
        },
        [
            ("a[x]>=1", "main", "", "Dockerfile", 2),
            ("b", "main", "", "Dockerfile", 2),
            ("d==1", "main", "", "Dockerfile", 4),
            ("f", "main", "", "Dockerfile", 5),
            ("ruff", "group", ".github/workflows/ci.yml", ".github/workflows/ci.yml", 1),
            ("g==1.2", "main", "", "environment.yml", 6),
            ("h>=2", "main", "", "environment.yml", 8),
        ],
    ),
]


@pytest.mark.parametrize(("files", "wanted"), FORMS)
def test_each_form_of_declaration_is_read_with_its_line(
    tmp_path: Path, bare: Environment, files: dict[str, str], wanted: list[tuple[str, str, str, str, int | None]]
) -> None:
    """Promise: whichever tool a project uses, what it asks for is known, once, and where it stands."""
    assert sorted(asked(opened(tmp_path, bare, files))) == sorted(wanted)


def test_locks_are_told_from_declarations_with_the_command_that_renews_each(tmp_path: Path, bare: Environment) -> None:
    """Promise: what a program wrote is not taken for what a person asked for."""
    head = "# This file was autogenerated by uv via the following command:\n"
    head += "#    uv pip compile in.in -o requirements.txt\n"
    files = {"requirements.txt": f"{head}a==1\n    # via b\n", "sub/poetry.lock": "", "uv.lock": ""}
    project = opened(tmp_path, bare, files)
    assert project.declarations == ()
    assert {one.file: one.renew for one in project.locks} == {
        "requirements.txt": "uv pip compile in.in -o requirements.txt",
        "sub/poetry.lock": "poetry lock",
        "uv.lock": "uv lock",
    }


@pytest.mark.parametrize(
    ("files", "own", "roots"),
    [
        ({"shop/__init__.py": "", "run.py": ""}, {"shop", "run"}, {""}),
        ({"src/shop/__init__.py": "", "pyproject.toml": ""}, {"shop"}, {"", "src"}),
        ({"backend/manage.py": "", "backend/shop/__init__.py": ""}, {"shop", "manage"}, {"", "backend"}),
        (
            {"libs/one/pyproject.toml": "[project]\nname='one'\n", "libs/one/src/one/__init__.py": ""},
            {"one"},
            {"", "libs/one", "libs/one/src"},
        ),
        (
            {"pyproject.toml": "[tool.setuptools.package-dir]\n'' = 'lib'\n", "lib/shop/__init__.py": ""},
            {"shop"},
            {"", "lib"},
        ),
        ({"docker/build.py": "", "alembic/env.py": ""}, set[str](), {""}),
    ],
)
def test_own_modules_are_those_that_win_over_installed_ones(
    tmp_path: Path, bare: Environment, files: dict[str, str], own: set[str], roots: set[str]
) -> None:
    """Promise: flat, `src`, Django, workspaces and named folders; a folder without `__init__` hides no package."""
    layout = opened(tmp_path, bare, files).layout
    assert layout.own == own
    assert {*layout.roots} == roots


def test_the_interpreter_is_the_one_given_else_that_of_the_folder(tmp_path: Path) -> None:
    """Promise: a project's own environment is found, and where it has none that is said."""
    own = environment(tmp_path / "project" / ".venv", wheel(tmp_path, "inside", "1", {"inside.py": ""}))
    other = environment(tmp_path / "other", wheel(tmp_path, "outside", "1", {"outside.py": ""}))
    assert {*open_project(tmp_path / "project").environment.distributions} == {"inside"}
    assert {*open_project(tmp_path / "project", other).environment.distributions} == {"outside"}
    assert {*open_project(tmp_path / "project", tmp_path / "other").environment.distributions} == {"outside"}
    assert open_project(tmp_path / "project", own).left_out == ()
    (tmp_path / "empty").mkdir()
    assert "no environment of its own" in open_project(tmp_path / "empty").left_out[0]


def test_what_is_no_project_is_refused(tmp_path: Path) -> None:
    """Promise: a typed failure that names the value."""
    with pytest.raises(NotFound, match="no folder"):
        open_project(tmp_path / "nothing")
    with pytest.raises(InvalidRequest, match="no project"):
        open_project(Path("/"))


def test_a_hostile_tree_is_walked_to_its_end(tmp_path: Path, bare: Environment) -> None:
    """Promise: links that go in circles, pipes, broken links, files of no text, broken tables: read past, or said."""
    files = {
        "app.py": "import a\n",
        "deep/b.py": "",
        "pyproject.toml": "[project\n",
        "setup.cfg": "[[\n",
        "setup.py": "(\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "deep" / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "data.py").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfea\x00=\x00=\x001\x00\n\x00\x00\xd8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "c.py").write_text("import a\n")
    project = open_project(tmp_path, environment=bare)
    assert {one.relative for one in project.files} == {*files, "data.py", "requirements.txt"}
    assert any("pyproject.toml was not read: no TOML" in one for one in project.left_out)
    assert [(one.key, one.place.file) for one in project.declarations] == [("a", "requirements.txt")]
    assert [one.place.file for one in prove(project, "a").uses] == ["app.py"]


def test_too_many_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the walk is bounded, and where it ended is told."""
    monkeypatch.setattr("nis_backend.impact.project.files.MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.py").touch()
    walked = walk(tmp_path)
    assert len(walked.files) == 3
    assert "2.py" in walked.left_out[0]


def test_editable_installs_are_found_where_they_lead(tmp_path: Path) -> None:
    """Promise: by a `.pth` file, by setuptools' finder; one of the project itself is the project, not a dependency."""
    project, other = tmp_path / "project", tmp_path / "other"
    for folder, name in ((project / "src" / "shop", "shop"), (other / "lib" / "tool", "tool"), (other / "lib2", "")):
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(name)
    finder = (
        f"from __future__ import annotations\nMAPPING: dict[str, str] = {{'finder_made': {str(other / 'lib2')!r}}}\n"
    )
    made = [
        wheel(tmp_path, "shop-app", "1", _editable("shop_app", project, {"_shop.pth": f"{project / 'src'}\n"})),
        wheel(tmp_path, "the-tool", "1", _editable("the_tool", other, {"__editable__.the.pth": f"{other / 'lib'}\n"})),
        wheel(tmp_path, "finder", "1", _editable("finder", other, {"__editable___finder_1_finder.py": finder})),
    ]
    python = environment(tmp_path / "env", *made[:2])
    install(tmp_path / "env", made[2])
    (project / "app.py").write_text("import shop, tool.part, finder_made\n")
    opened_one = open_project(project, python)
    here = opened_one.environment
    assert here.distributions["shop-app"].modules == ("shop",)
    assert here.distributions["the-tool"].modules == ("tool",)
    assert "finder_made" in here.distributions["finder"].modules
    assert opened_one.own == {"shop-app"}
    assert "shop" in opened_one.layout.own
    assert [use.what for use in prove(opened_one, "the_tool").uses] == ["tool.part"]
    assert [use.what for use in prove(opened_one, "finder").uses] == ["finder_made"]


def _editable(name: str, folder: Path, files: dict[str, str]) -> dict[str, str | bytes]:
    """The files of an editable install, as PEP 610 and PEP 660 have them."""
    told = f'{{"url": "{folder.as_uri()}", "dir_info": {{"editable": true}}}}'
    return {**files, f"{name}-1.dist-info/direct_url.json": told}
