"""The Dockerfile: what is true of every image that it makes, by its text. `make image` builds and starts them."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SERVED = ("core", "local", "full")


@dataclass
class Stage:
    """A stage: what it begins with, and its instructions as (name, rest)."""

    begins: str
    steps: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def said(self, name: str) -> list[str]:
        """What is said with an instruction of this name."""
        return [rest for step, rest in self.steps if step == name]


def read(text: str) -> dict[str, Stage]:
    """The stages by name, in their order."""
    stages: dict[str, Stage] = {}
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stage = Stage("")
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            begins, _, called = rest.partition(" AS ")
            stage = stages[called] = Stage(begins)
        elif name:
            stage.steps.append((name, rest.strip()))
    return stages


def descent(stages: dict[str, Stage], name: str) -> list[Stage]:
    """A stage and those that its layers lie on."""
    found: list[Stage] = []
    while name in stages:
        found.append(stages[name])
        name = stages[name].begins
    return found


@pytest.fixture(scope="module")
def stages(root: Path) -> dict[str, Stage]:
    """The stages of the Dockerfile at the root."""
    return read((root / "Dockerfile").read_text("utf-8"))


def test_hadolint_has_nothing_to_say(root: Path) -> None:
    """What the linter of Dockerfiles finds is mended, or ignored beside its reason."""
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--no-color", root / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_docker_build_makes_the_local_image(stages: dict[str, Stage]) -> None:
    """Without `--target` the last stage is built."""
    assert list(stages)[-1] == "local"


@pytest.mark.parametrize("name", SERVED)
def test_an_image_is_served_by_an_ordinary_user(stages: dict[str, Stage], name: str) -> None:
    """Its last user has a number, which is not root's: an orchestrator can tell without looking into /etc/passwd."""
    assert stages[name].said("USER") == ["10001:10001"]


@pytest.mark.parametrize("name", SERVED)
def test_an_image_says_how_it_is_started_stopped_and_looked_at(stages: dict[str, Stage], name: str) -> None:
    """Without a shell between, which would keep signals to itself; the health check needs no curl."""
    last = stages[name]
    assert last.said("STOPSIGNAL") == ["SIGTERM"]
    assert last.said("CMD") == ['["nis", "serve"]']
    (check,) = last.said("HEALTHCHECK")
    assert check.endswith('CMD ["python", "-m", "nis_backend.healthcheck"]')
    assert last.said("EXPOSE") == ["8000"]
    assert last.said("VOLUME") == ['["/data", "/tmp"]']


@pytest.mark.parametrize("name", SERVED)
def test_an_images_labels_name_what_it_was_made_of(stages: dict[str, Stage], name: str) -> None:
    """Version, revision and base by what the build is told; the bill of materials by where it lies."""
    (labels,) = stages[name].said("LABEL")
    for label in ("org.opencontainers.image.version", "org.opencontainers.image.revision", "nis.sbom.sha256"):
        assert f'{label}="${{{label.upper().rpartition("IMAGE.")[2].replace("NIS.", "").replace(".", "_")}}}"' in labels
    (path,) = re.findall(r'nis\.sbom\.path="([^"]+)"', labels)
    assert any(said.endswith(f"-bill /sbom.cdx.json {path}") for said in stages[name].said("COPY"))


@pytest.mark.parametrize("name", SERVED)
def test_no_layer_of_an_image_was_made_by_a_program(stages: dict[str, Stage], name: str) -> None:
    """Every layer is files of another stage: nothing that is mounted while they are made can be left in one.

    Neither pip's settings, nor a login, nor a cache; and what builds is in none.
    """
    line = descent(stages, name)
    assert [stage.begins for stage in line] == ["base", "scratch"]
    for stage in line:
        assert not stage.said("RUN")
        for copied in stage.said("COPY"):
            assert copied.startswith("--from="), copied
        assert not any("secret" in rest for _, rest in stage.steps)


def test_secrets_are_mounted_where_no_layer_is_taken_from_but_what_was_installed(stages: dict[str, Stage]) -> None:
    """What leaves a stage that saw a secret is a folder of packages or weights, never the file system."""
    seeing = {name for name, stage in stages.items() if any("type=secret" in run for run in stage.said("RUN"))}
    assert seeing == {"tools", "core-packages", "local-packages", "full-packages", "weights", "full-weights"}
    assert stages["bare"].begins == "${BASE}"
    taken = [said for stage in stages.values() for said in stage.said("COPY") if said.startswith("--from=")]
    for copied in taken:
        source, path, _ = re.fullmatch(r"--from=(\S+) (\S+) (\S+)", copied).groups()  # pyright: ignore[reportOptionalMemberAccess] - the pattern holds
        assert path in (
            {"/"} if source == "bare" else {"/opt/nis", "/opt/weights", "/build/sbom.cdx.json", "/sbom.cdx.json"}
        ), copied


def test_nothing_is_fetched_by_address(root: Path, stages: dict[str, Stage]) -> None:
    """No instruction ADD, and no address in any file of the image: indexes are the settings of who builds."""
    assert not any(stage.said("ADD") for stage in stages.values())
    for path in (root / "Dockerfile", root / ".dockerignore", *(root / "deploy" / "image").iterdir()):
        if path.is_file():
            assert "://" not in path.read_text("utf-8"), path


def test_the_base_is_an_argument(root: Path) -> None:
    """Another slim image with Python 3.11 or later takes its place, by digest too."""
    assert "\nARG BASE=python:3.11-slim\n" in (root / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("name", SERVED)
def test_every_image_speaks_to_what_many_hosts_share(root: Path, stages: dict[str, Stage], name: str) -> None:
    """Redis, Kafka, PostgreSQL, AWS and OpenTelemetry need no other image."""
    runs = [run for stage in descent(stages, f"{name}-packages") for run in stage.said("RUN")]
    (asked,) = [found for run in runs[:1] for found in re.findall(r"requirements\.py (.+?) >", run)]
    if name == "full":
        assert asked == "all -impact"
    else:
        assert {"redis", "kafka", "postgres", "aws", "otel"} <= {*asked.split()}


def test_what_is_copied_is_what_a_build_is_sent(root: Path, stages: dict[str, Stage]) -> None:
    """`.dockerignore` lets through all that the stages copy, and nothing more: no data, no login, no history."""
    lines = [line for line in (root / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    sent = [line[1:] for line in lines if line[0] == "!"]
    copied = [
        path.rstrip("/")
        for stage in stages.values()
        for said in stage.said("COPY")
        if not said.startswith("--from=")
        for path in said.split()[:-1]
    ]
    for path in copied:
        assert (root / path).exists(), path
        assert any(fnmatch.fnmatch(path, f"{one}*") for one in sent), f"{path} does not reach the build"
    for one in sent:
        assert any(path.startswith(one) for path in copied), f"{one} is sent for nothing"
