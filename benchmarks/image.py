"""The image: what it weighs, how soon it answers, what it takes idle, and whether what is said of it is true.

    make image                                   # builds all three targets, and prints the tables as Markdown
    make image ARGS="--base python:3.12-slim"    # on another base; one that cannot be pulled is made here by mmdebstrap
    make image ARGS="--targets core --runs 3"

Built by docker, buildah or podman, whichever is here. A layer's size is that of its gzip, as it would be pulled. Time
runs from the start of a container that is made already to the first 200 on /health. Memory is of all processes of the
container, idle for 2 s: resident, and proportional, which shares what they share. Beside it, in the same run, stands a
floor: the same base with nothing but Starlette and uvicorn. Ends with 1 where a budget is broken or a check fails.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import start
from containers import KEY, Container, container, runner
from upstream import LAST, asking

from nis_backend.deployment.image.archive import Archive
from nis_backend.deployment.image.build import build, forget, make, mounted, save
from nis_backend.deployment.image.engine import Engine, find_engine
from nis_backend.deployment.image.indexes import indexes
from nis_backend.deployment.report import Layer
from nis_backend.errors import UpstreamFailed

ROOT = Path(__file__).resolve().parent.parent
BUDGETS = {"core": 100, "local": 300, "full": 700}
"""MiB as pulled, without model files."""
MIB = 2**20
STOP_SECONDS = 20
NUMPY = 2
MODELS = "model files"
STAND_IN = "localhost/nis-bench-base:3.11-slim"
FLOOR = "localhost/nis-bench-floor"
QUESTION = "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"
ANSWER, WIDTH = "**32.25 m**", 384
"""What that computes to, and how long a vector of MiniLM is."""
HEAVY = {
    "core": (
        "psycopg",
        "confluent_kafka",
        "redis",
        "boto3",
        "opentelemetry.sdk",
        "cryptography",
        "alembic.command",
        "a2a.client",
        "a2ui.core",
    ),
    "local": ("xllamacpp", "onnxruntime", "tokenizers", "scipy.optimize", "scipy.integrate", "pint"),
    "full": (
        "torch",
        "transformers",
        "safetensors",
        "cv2",
        "zxingcpp",
        "ctranslate2",
        "soundfile",
        "soxr",
        "resvg_py",
        "acp",
        "pypdfium2",
        "docx",
        "pptx",
        "openpyxl",
        "trafilatura",
    ),
}
COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "rustc", "go", "make", "ld")
INSTALLERS = ("pip", "setuptools", "wheel", "ensurepip", "uv", "pkg_resources")
FLOOR_FILE = """
ARG BASE=python:3.11-slim
FROM ${BASE} AS tools
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf \\
    python3 -m venv /tools && python3 -m venv --without-pip /opt/bare \\
    && /tools/bin/pip --python /opt/bare/bin/python install starlette uvicorn uvloop httptools
FROM ${BASE} AS floor
COPY --from=tools /opt/bare /opt/bare
"""


@dataclass(kw_only=True)
class Weighed:
    """A target, and what was found of it."""

    target: str
    layers: list[Layer]
    seconds: list[float] = field(default_factory=list[float])
    resident: float = 0.0
    proportional: float = 0.0
    checks: list[tuple[str, bool, str]] = field(default_factory=list[tuple[str, bool, str]])

    def packed(self, *, models: bool = False) -> float:
        """MiB as pulled: of the model files, or of all else."""
        return sum(one.compressed for one in self.layers if (one.told == MODELS) is models) / MIB

    def unpacked(self, *, models: bool = False) -> float:
        """MB on a disk, as above."""
        return sum(one.unpacked for one in self.layers if (one.told == MODELS) is models) / 1e6

    def row(self) -> str:
        """A line of the table."""
        budget = BUDGETS.get(self.target)
        size = f"{self.packed():.1f} MiB" + (f" (≤ {budget})" if budget else "")
        models = f"{self.packed(models=True):.1f} MiB" if self.packed(models=True) else ""
        times = f"{statistics.median(self.seconds):.2f} s ({min(self.seconds):.2f}-{max(self.seconds):.2f})"
        memory = f"{self.resident:.0f} / {self.proportional:.0f} MB"
        return f"| {self.target} | {size} | {models} | {self.unpacked():.0f} MB | {times} | {memory} |"


def told(_: float, what: str) -> None:
    """Say on standard error what is being done, where somebody looks on."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what[:100]}", end="", file=sys.stderr, flush=True)


def stand_in(engine: Engine) -> str:
    """A base for where none can be pulled: Debian 12 with its Python 3.11, of as few packages as the official one."""
    if shutil.which("mmdebstrap") is None:
        sys.exit("The base cannot be pulled, nor made here without mmdebstrap (on Debian, apt install mmdebstrap).")
    paths = ["exclude=/usr/share/man/*", "exclude=/usr/share/doc/*", "exclude=/usr/share/locale/*"]
    paths.append("include=/usr/share/doc/*/copyright")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *("mmdebstrap", "--quiet", "--variant=minbase", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"),
                "--include=python3,python3-venv,ca-certificates,usr-is-merged",
                *('--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'),
                *(f"--dpkgopt=path-{path}" for path in paths),
                '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
                *("bookworm", f"{folder}/slim.tar"),
            ],
            check=True,
            capture_output=True,
        )
        Path(folder, "Dockerfile").write_text("FROM scratch AS base\nADD slim.tar /\n", "utf-8")
        make(engine, Path(folder), "base", STAND_IN, {}, [], told)
    return STAND_IN


def find_base(engine: Engine, wanted: str) -> str:
    """The base that is wanted, or the stand-in for it."""
    try:
        engine.run("pull", wanted, what="pull")
    except UpstreamFailed:
        # One that an earlier run has made is taken as it is, like one that was pulled.
        made = STAND_IN.partition(":")[0] in engine.run("images", what="images")
        return STAND_IN if made else stand_in(engine)
    return wanted


def weigh_floor(engine: Engine, base: str) -> Weighed:
    """The base with a bare server on it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "context").mkdir()
        (folder / "context/Dockerfile").write_text(FLOOR_FILE, "utf-8")
        make(engine, folder / "context", "floor", FLOOR, {"BASE": base}, mounted(engine, indexes(), folder), told)
        with contextlib.closing(Archive(save(engine, FLOOR, folder / "floor.tar"))) as archive:
            return Weighed(target="bare Starlette", layers=archive.layers())


def measure(program: str, image: str, found: Weighed, runs: int, *command: str, **environment: str) -> None:
    """Start it so many times; memory is of the last."""
    for _ in range(runs):
        with container(program, image, *command, **environment) as one:
            found.seconds.append(one.seconds)
            time.sleep(start.SETTLE_SECONDS)
            found.resident, found.proportional = one.memory()


def check(program: str, image: str, found: Weighed, **environment: str) -> None:
    """Whether what is said of the image is true of a container of it."""
    with container(program, image, **environment) as one:
        for name, look in (
            ("/health answers by any address", lambda: _by_address(one)),
            ("a chat is answered", lambda: _chat(one, found.target)),
            ("packages load", lambda: _loads(one, found.target)),
            ("the ternary kernel is compiled", lambda: _computes(one)),
            ("the health check finds it", lambda: _finds(one)),
            ("runs as uid 10001 and can write nothing but its volumes", lambda: _confined(one)),
            ("no compiler, no installer", lambda: _bare(one)),
            ("numpy ≥ 2, no tensorflow, no CUDA", lambda: _packages(one)),
            ("its bill of materials is what its label says", lambda: _bill(one)),
            ("SIGTERM ends it in time, exit code 0", lambda: _drains(one)),
        ):
            try:
                found.checks.append((name, True, look()))
            except (AssertionError, OSError, ValueError, KeyError) as error:
                found.checks.append((name, False, f"{type(error).__name__}: {error} {one.logs[-500:]}"))


def _by_address(one: Container) -> str:
    said = one.run("python", "-c", BY_ADDRESS, str(one.port)).stdout
    assert said.strip() == "200", said
    return "as a load balancer asks: Host is an IP address"


def _chat(one: Container, target: str) -> str:
    """By the provider that it is given; or with none: by the model in the box, by what is computed, and by vectors."""
    hello, took = _asked(one, "/chat", {"message": "Hello!"})
    if target == "core":
        assert LAST in hello["response"], hello
        return f"by a provider, {hello['provider']}, {took:.2f} s"
    assert hello["provider"] == "embedded", hello
    assert hello["tokens_used"] > 0, hello
    computed, _ = _asked(one, "/chat", {"message": QUESTION})
    assert ANSWER in computed["response"], computed
    vectors, _ = _asked(one, "/v1/embeddings", {"model": "minilm-l6-v2-int8", "input": "Hello!"})
    assert len(vectors["data"][0]["embedding"]) == WIDTH, vectors["model"]
    return f"with no provider's key, by the model in the box, the first in {took:.1f} s; computed; and as a vector"


def _asked(one: Container, path: str, body: object) -> tuple[dict[str, Any], float]:  # Any: JSON
    begun = time.perf_counter()
    answer = json.loads(start.post(one.port, path, body, Authorization=f"Bearer {KEY}"))
    return answer, time.perf_counter() - begun


def _loads(one: Container, target: str) -> str:
    """What is heavy can be imported after it was stripped, by the user that it runs as."""
    names = HEAVY["core"] + (HEAVY["local"] if target != "core" else ()) + (HEAVY["full"] if target == "full" else ())
    done = one.run("python", "-c", "; ".join(f"import {name}" for name in names))
    assert not done.returncode, done.stderr[-500:]
    return ", ".join(names)


def _computes(one: Container) -> str:
    """The library is there and loads; which path is the processor's matter."""
    done = one.run("python", "-c", "from nis_backend.ternary.native import find_path as f; print(f().name)")
    assert done.stdout.strip() not in {"", "numpy"}, done.stdout + done.stderr[-500:]
    return f"{done.stdout.strip()} computes here"


def _finds(one: Container) -> str:
    begun = time.perf_counter()
    found = one.run("python", "-m", "nis_backend.healthcheck").returncode
    took = time.perf_counter() - begun
    assert found == 0, found
    other = one.run("python", "-m", "nis_backend.healthcheck", "--port", "1").returncode
    assert other == 1, other
    return f"{took:.2f} s, the container's exec included"


def _confined(one: Container) -> str:
    ids = next(line for line in Path(f"/proc/{one.pid}/status").read_text("ascii").splitlines() if line[:4] == "Uid:")
    assert ids.split()[1:] == ["10001"] * 4, ids
    tried = one.run("sh", "-c", "touch /x /opt/nis/x /opt/weights/x /etc/x; touch /data/x /tmp/x && echo written")
    assert tried.stdout.strip() == "written", tried.stderr
    assert tried.stderr.count("touch:") == tried.stderr.count("Read-only") + tried.stderr.count("No such"), tried.stderr
    return "root read-only, no capabilities"


def _bare(one: Container) -> str:
    programs = one.run("sh", "-c", f"command -v {' '.join(COMPILERS)} pip pip3 uv easy_install").stdout.split()
    assert not programs, programs
    look = "import importlib.util as u, sys; print(*(n for n in sys.argv[1:] if u.find_spec(n)))"
    for python in ("python", "/usr/bin/env python3"):
        modules = one.run(*python.split(), "-I", "-c", look, *INSTALLERS).stdout.split()
        assert not modules, modules
    return "neither programs nor modules"


def _packages(one: Container) -> str:
    listed = json.loads(one.run("python", "-c", DISTRIBUTIONS).stdout)
    assert int(listed.get("numpy", "2").split(".")[0]) >= NUMPY, listed["numpy"]
    wrong = [name for name in listed if name.startswith(("tensorflow", "nvidia", "triton"))]
    assert not wrong, wrong
    return f"{len(listed)} distributions, numpy {listed.get('numpy', 'is not here')}; pip check was clean in the build"


def _bill(one: Container) -> str:
    path = one.label("nis.sbom.path")
    text = one.run("cat", path).stdout
    digest = one.run("sha256sum", path).stdout.split()[0]
    assert digest == one.label("nis.sbom.sha256"), digest
    return f"{path}: {len(json.loads(text)['components'])} components, sha256 {digest[:12]}…"


def _drains(one: Container) -> str:
    code, took = one.stop(STOP_SECONDS)
    assert code == 0, code
    assert took < STOP_SECONDS, took
    return f"{took:.1f} s"


BY_ADDRESS = """
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])); c.request("GET", "/health", headers={"Host": "10.0.3.7"})
print(c.getresponse().status)
"""
DISTRIBUTIONS = """
import json; from importlib.metadata import distributions
print(json.dumps({one.name.lower(): one.version for one in distributions()}))
"""


@contextlib.contextmanager
def provider() -> Generator[dict[str, str]]:
    """A provider of prepared answers on this machine; the variables by which it is asked."""
    port = start.free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("upstream.py")), str(port)])
    try:
        deadline = time.monotonic() + start.LIMIT_SECONDS
        while not start.healthy(port, "/v1/models"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The provider did not come up.")
            time.sleep(0.01)
        yield asking(port)
    finally:
        process.terminate()
        process.wait(30)


def weigh(engine: Engine, program: str, base: str, target: str, runs: int) -> Weighed:
    """Build a target, start it, and look."""
    tag = f"localhost/nis-bench:{target}"
    image = build(context=ROOT, target=target, tag=tag, platform=None, base=base, tell=told, engine=engine)  # pyright: ignore[reportArgumentType] - one of BUDGETS
    found = Weighed(target=target, layers=image.layers)
    none: dict[str, str] = {}
    with provider() if target == "core" else contextlib.nullcontext(none) as environment:
        measure(program, tag, found, runs, **environment)
        check(program, tag, found, **environment)
    return found


def table(found: list[Weighed], base: str) -> list[str]:
    """What was found, as Markdown."""
    lines = [
        f"Base: {'a stand-in for python:3.11-slim, made from Debian 12' if base == STAND_IN else base}.",
        "",
        "| image | compressed, no model files | model files | unpacked | start → healthy, median | idle, RSS / PSS |",
        "|---|---|---|---|---|---|",
        *(one.row() for one in found),
        "",
        "| layer, compressed | " + " | ".join(one.target for one in found) + " |",
        "|---|" + "---|" * len(found),
    ]
    names = list(dict.fromkeys(layer.told for one in found for layer in one.layers if layer.told))
    for name in names:
        sizes = [sum(layer.compressed for layer in one.layers if layer.told == name) / MIB for one in found]
        lines.append(f"| {name} | " + " | ".join(f"{size:.1f} MiB" if size else "" for size in sizes) + " |")
    for one in found:
        lines += ["", f"**{one.target}**"] if one.checks else []
        lines += [f"- {'' if right else '**failed**: '}{name}: {said}" for name, right, said in one.checks]
    return lines


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(
        description="Build the image, weigh it, start it, and check what is said of it."
    )
    arguments.add_argument("--runs", type=int, default=5, help="starts of each image")
    arguments.add_argument("--base", default="python:3.11-slim", help="the image that it stands on")
    arguments.add_argument("--targets", nargs="+", default=list(BUDGETS), choices=list(BUDGETS), help="which to build")
    given = arguments.parse_args()
    engine = find_engine()
    base = find_base(engine, given.base)
    program = runner(engine.name)
    floor = weigh_floor(engine, base)
    measure(program, FLOOR, floor, given.runs, "/opt/bare/bin/python", "-c", start.BARE, "PORT")
    found = [floor, *(weigh(engine, program, base, target, given.runs) for target in given.targets)]
    forget(engine, FLOOR)
    day, machine = time.strftime("%Y-%m-%d"), f"{os.cpu_count()} cores, {platform.machine()}"
    print("\n".join([f"`make image`, {day}, {engine.name}, {machine}, {given.runs} starts each.", *table(found, base)]))
    over = [one.target for one in found if one.packed() > BUDGETS.get(one.target, float("inf"))]
    failed = [f"{one.target}: {name}" for one in found for name, right, _ in one.checks if not right]
    if over or failed:
        sys.exit(f"Over their budgets: {', '.join(over) or 'none'}. Failed: {'; '.join(failed) or 'nothing'}.")


if __name__ == "__main__":
    main()
