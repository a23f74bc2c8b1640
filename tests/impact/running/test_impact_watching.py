"""Who uses a package while a project's own commands run; and that watching changes nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.report import Importing, RuntimeProof
from nis_backend.impact.running import started
from nis_backend.impact.running.phases import Commands
from nis_backend.impact.running.surroundings import surroundings
from nis_backend.impact.running.traces import read_traces, tracing
from nis_backend.impact.running.watching import watch

sys.path.append(str(Path(__file__).parents[1]))
from wheels import environment, wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")

SPAWNS = """
import multiprocessing, sys
def work():
    import heavy
if __name__ == "__main__":
    child = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    child.start(); child.join()
"""
FILES = {
    "main.py": "import shop.basket\nprint('done')",
    "again.py": "import asks\nfrom shop import late\n",
    "fails.py": "try:\n    import heavy.missing\nexcept ImportError as failure:\n    print(failure)",
    "reads.py": "from importlib.metadata import version\nprint(version('heavy-thing'))",
    "runs.py": "import subprocess\nsubprocess.run(['heavy-run'], check=True)",
    "blind.py": "import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', 'import heavy'], check=True)",
    "spawns.py": SPAWNS,
    "plain.py": "print('nothing of it')",
    "shop/__init__.py": "",
    "shop/basket.py": "\nimport heavy.part",
    "shop/late.py": "from heavy import compute",
    "shop/unused.py": "import heavy",
    "own/sitecustomize.py": "import sys\nsys.shop_was_here = True",
}


@dataclass(frozen=True)
class Shop:
    """A project whose environment has a package, one that asks for it, and one that loads it at every start."""

    project: Project
    hooked: Project
    python: Path

    def watch(self, test: str, package: str = "heavy-thing", *, hooked: bool = False) -> RuntimeProof:
        """Watch one command."""
        return watch(self.hooked if hooked else self.project, package, Commands(test=test), limit=60)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The project, opened."""
    root = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    (root / "requirements.txt").write_text("heavy-thing\nasks\n", "utf-8")
    heavy = {
        "heavy/__init__.py": "def compute(): pass\ndef run(): print('ran')",
        "heavy/part.py": "",
    }
    wheels = [
        wheel(root / "wheels", "heavy-thing", "1.0", heavy, scripts={"heavy-run": "heavy:run"}),
        wheel(root / "wheels", "asks", "2.0", {"asks.py": "import heavy"}, requires=["heavy-thing"]),
    ]
    hook = wheel(root / "wheels", "hooks", "1.0", {"hooks.pth": "import heavy; heavy.compute()\n"})
    python = environment(root / ".venv", *wheels)
    hooked = environment(root / "hooked", *wheels, hook)
    return Shop(open_project(root, python), open_project(root, hooked), python)


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started, "GRACE_SECONDS", 0.3)


def by(found: RuntimeProof) -> list[tuple[str, str, str]]:
    """Module, importer and whose that is, of each import."""
    return [(one.module, one.importer, one.by) for one in found.imports]


def test_an_import_is_told_with_its_place_and_chain(shop: Shop) -> None:
    """Promise: who imported the package, where, and through which of the project's modules."""
    found = shop.watch("python main.py")
    assert [phase.outcome for phase in found.phases] == ["passed"]
    wanted = Importing.model_validate(
        {
            "module": "heavy.part",
            "importer": "shop.basket",
            "by": "application",
            "place": {"file": "shop/basket.py", "line": 2, "text": "import heavy.part"},
            "phase": "test",
            "chain": ["shop.basket", "heavy.part"],
        }
    )
    assert wanted in found.imports
    assert (found.processes, found.unwatched) == (1, 0)
    assert {"shop.basket", "shop", "main"} <= shop.project.layout.modules
    assert (found.seen, found.known) == (3, len(shop.project.layout.modules))


def test_a_third_party_is_told_apart_and_a_second_importer_found(shop: Shop) -> None:
    """Promise: by whose code; and a module that takes what is loaded already is not overlooked."""
    found = shop.watch("python again.py")
    asks, late = found.imports
    assert (asks.importer, asks.by, asks.distribution) == ("asks", "third_party", "asks")
    assert asks.chain == ["__main__", "asks", "heavy"]
    assert (late.importer, late.by, late.module) == ("shop.late", "application", "heavy")


def test_what_uses_nothing_is_told_to(shop: Shop) -> None:
    """Promise: no import, no reader, no program: and how little was seen of the project."""
    found = shop.watch("python plain.py")
    assert (found.imports, found.looked_up, found.programs, found.seen) == ([], [], [], 1)


def test_a_failed_import_is_told(shop: Shop) -> None:
    """Promise: what the project tries and does without is evidence as well."""
    (failed,) = [one for one in shop.watch("python fails.py").imports if one.failed]
    assert (failed.module, failed.importer, failed.by) == ("heavy.missing", "__main__", "application")


def test_a_reader_of_metadata_is_told(shop: Shop) -> None:
    """Promise: who asks for the version of a package needs it installed."""
    found = shop.watch("python reads.py")
    assert (found.imports, found.looked_up) == ([], ["__main__"])


@pytest.mark.parametrize("command", ["python runs.py", "heavy-run", ".venv/bin/heavy-run"])
def test_a_command_of_the_package_is_told(shop: Shop, command: str) -> None:
    """Promise: its console scripts, started by the project's code or by the command itself."""
    assert shop.watch(command).programs == ["heavy-run"]


def test_a_hook_at_start_is_told(shop: Shop) -> None:
    """Promise: a `.pth` file loads before anything can watch, and is found all the same."""
    found = shop.watch("python plain.py", hooked=True)
    assert ("heavy", ".pth", "hook") in by(found)
    assert found.imports[0].distribution == "hooks"


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_children_are_watched(shop: Shop, way: str) -> None:
    """Promise: processes of `multiprocessing` are, however they are made."""
    found = shop.watch(f"python spawns.py {way}")
    assert ("heavy", "__main__", "application") in by(found)
    assert found.processes > 1


@pytest.mark.parametrize("flag", ["-I", "-S", "-E"])
def test_what_cannot_be_watched_is_counted(shop: Shop, flag: str) -> None:
    """Promise: Python without `site`, or without its environment, is said to be unwatched, as the first process too."""
    found = shop.watch("python blind.py" if flag == "-I" else f"python {flag} plain.py")
    assert found.unwatched == 1
    assert found.imports == []


LOOKS = """
import sys, os, importlib.util, traceback, warnings
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
class Hook:
    seen = []
    def find_spec(self, name, path=None, target=None):
        self.seen.append(name)
sys.meta_path.insert(0, Hook())
from shop import late, basket
spec = importlib.util.find_spec("shop.unused")
spec.loader = importlib.util.LazyLoader(spec.loader)
lazy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lazy)
print(type(lazy).__name__, len(sys.path), [getattr(one, "__name__", type(one).__name__) for one in sys.meta_path])
print(Hook.seen)
print([name for name in sys.modules if name.startswith(("shop", "heavy"))])
print("sitecustomize" in sys.modules, getattr(sys, "shop_was_here", None), sorted(sys.modules))
try:
    import broken
except ZeroDivisionError:
    traceback.print_exc()
try:
    import heavy.nothing
except ImportError as failure:
    traceback.print_exc()
    print(failure.name, repr(failure))
import warns
lazy.heavy
raise SystemExit(5)
"""


@pytest.mark.parametrize("own", [False, True])
def test_the_tracer_changes_nothing(tmp_path: Path, shop: Shop, *, own: bool) -> None:
    """Promise: output, tracebacks, warnings, exit code, modules and their order, import hooks and lazy loaders stay.

    Also where the project has a `sitecustomize` of its own on its path.
    """
    (tmp_path / "looks.py").write_text(LOOKS)
    (tmp_path / "broken.py").write_text("import shop\n1 / 0\n")
    (tmp_path / "warns.py").write_text("import warnings\nwarnings.warn('here', stacklevel=2)\n")
    (tmp_path / "shop").symlink_to(shop.project.root / "shop")
    plain = surroundings() | {"PYTHONPATH": str(shop.project.root / "own") if own else ""}
    with tracing(["heavy"], "heavy_thing-1.0.dist-info") as (folder, more):
        traced = plain | {"PYTHONPATH": ":".join(filter(None, [more["PYTHONPATH"], plain["PYTHONPATH"]]))}
        outcomes = [
            subprocess.run(
                [str(shop.python), "looks.py"],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            for env in (plain, traced)
        ]
        (trace,) = read_traces(folder)
    assert outcomes[0].returncode == outcomes[1].returncode == 5, outcomes[0].stderr
    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[0].stderr == outcomes[1].stderr
    assert f"{own} {True if own else None}" in outcomes[0].stdout
    assert trace.imports["heavy"].importer == "shop.late"
