"""Images are built, weighed and pushed by the engine that is here; `fake_engine.py` stands on PATH in its place."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import fake_engine
import pytest

from nis_backend.deployment.image.build import build
from nis_backend.deployment.image.indexes import Indexes
from nis_backend.deployment.image.push import push
from nis_backend.deployment.report import Image
from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed

Name = Literal["docker", "podman", "buildah"]
NOWHERE = Indexes(pip="", npm="", folders=())
"""To ask pip for its settings takes a second."""
NAMES: tuple[Name, ...] = ("docker", "podman", "buildah")


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Those on PATH, and what they were asked."""

    folder: Path

    def install(self, *names: Name, fails: dict[str, list[str]] | None = None) -> None:
        """Put them on PATH; each fails where it is asked something with one of its words."""
        for name in names:
            program = self.folder / name
            program.write_text(f"#!{sys.executable}\n{Path(fake_engine.__file__).read_text('utf-8')}", "utf-8")
            program.chmod(0o755)
        (self.folder / "engine.json").write_text(json.dumps({"asked": [], "fails": fails or {}}), "utf-8")

    @property
    def asked(self) -> list[dict[str, Any]]:  # Any: JSON
        """What they were asked, in its order."""
        return json.loads((self.folder / "engine.json").read_text("utf-8"))["asked"]

    def commands(self, word: str) -> list[list[str]]:
        """The arguments of each command that has this word."""
        return [one["arguments"] for one in self.asked if word in one["arguments"]]


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engines:
    """A PATH on which nothing else is an engine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    return Engines(folder=folder)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A login."""

    registry: str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    repository: str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/nis-backend"
    username: str = "AWS"
    password: str = "a-token-of-twelve-hours"  # noqa: S105 - a made one


def quiet(done: float, what: str) -> None:
    """Hear nothing."""


def built(root: Path, **more: Any) -> Image:
    """The image of this checkout."""
    asked: dict[str, Any] = {"target": "core", "tag": "nis:test", "platform": None, "base": None}  # Any: as options are
    asked |= {"sources": NOWHERE, **more}
    return build(context=root, tell=quiet, **asked)


@pytest.mark.parametrize("name", NAMES)
def test_each_engine_builds_and_its_layers_are_weighed(root: Path, engines: Engines, name: Name) -> None:
    """Packed as it is pulled and unpacked as it lies on a disk, by what is in the saved image, whichever its form."""
    engines.install(name)
    image = built(root)
    assert [layer.told for layer in image.layers] == ["the base", "packages", "nis", "bill of materials"]
    assert [layer.unpacked for layer in image.layers] == [5000, 3000, 2000, 2]
    for layer, files in zip(image.layers, fake_engine.LAYERS, strict=True):
        assert abs(layer.compressed - len(gzip.compress(fake_engine.packed(files)))) < 40
    assert image.digest.startswith("sha256:")
    assert (image.name, image.target) == ("nis:test", "core")
    assert image.platform in {"linux/amd64", "linux/arm64"}


@pytest.mark.parametrize("name", NAMES)
def test_labels_name_the_version_the_commit_and_the_bill_of_materials(root: Path, engines: Engines, name: Name) -> None:
    """The bill is built first, alone, since a label can only hold what is known before the build."""
    engines.install(name)
    built(root, base="registry/python@sha256:1")
    first, second = engines.commands("--target")
    assert first[first.index("--target") + 1] == "core-bill"
    assert second[second.index("--target") + 1] == "core"
    digest = fake_engine.digest(fake_engine.BILL[0]["sbom.cdx.json"]).removeprefix("sha256:")
    assert f"SBOM_SHA256={digest}" in second
    assert any(word.startswith("VERSION=0.") for word in second)
    assert any(word.startswith("REVISION=") for word in second)
    assert "BASE=registry/python@sha256:1" in second
    (forgotten,) = engines.commands("rmi")
    assert forgotten[-1] == first[first.index("--tag") + 1]


def test_pips_settings_reach_the_build_and_no_command_line(
    root: Path, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may hold a password: they go as a secret, whose file is gone afterwards. Folders they name are mounted."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    index = tmp_path / "index" / "simple"
    index.mkdir(parents=True)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"https://somebody:hidden@index.test/simple {index.as_uri()}")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    engines.install("buildah")
    built(root, sources=None)
    for one in engines.asked:
        assert "hidden" not in " ".join(one["arguments"])
    given = [one["secrets"] for one in engines.asked if one["secrets"]]
    assert all("https://somebody:hidden@index.test/simple" in one["pipconf"] for one in given)
    assert len(given) == 2
    (command, _) = engines.commands("bud")
    assert f"{wheels}:{wheels}:ro" in command
    assert f"{index.parent}:{index.parent}:ro" in command  # its pages name files that lie beside them
    source = next(word for word in command if word.startswith("id=pipconf")).partition("src=")[2]
    assert not Path(source).exists()


def test_the_first_engine_that_answers_is_taken(root: Path, engines: Engines) -> None:
    """A docker whose server is down is a client without one."""
    engines.install(*NAMES, fails={"docker": ["version"]})
    assert "buildah" in built(root).told


def test_without_an_engine_it_says_which_there_are(root: Path, engines: Engines) -> None:
    """And why one that is here was not taken."""
    engines.install("docker", fails={"docker": ["version"]})
    with pytest.raises(Unavailable) as raised:
        built(root)
    assert "version does not work" in raised.value.message
    assert "podman is not installed" in raised.value.message
    assert "apt install buildah" in raised.value.remedy


def test_a_build_that_fails_says_why_and_leaves_nothing(root: Path, engines: Engines) -> None:
    """Its last lines; the bill of materials that was built before is forgotten."""
    engines.install("podman", fails={"podman": ["core"]})
    with pytest.raises(UpstreamFailed, match="core does not work"):
        built(root)
    assert len(engines.commands("rmi")) == 1


def test_a_folder_without_a_dockerfile_is_refused(engines: Engines, tmp_path: Path) -> None:
    """Before any engine is asked."""
    with pytest.raises(InvalidRequest) as raised:
        built(tmp_path)
    assert raised.value.field == "context"


@pytest.mark.parametrize("name", NAMES)
def test_a_push_answers_by_what_a_task_definition_names_it(engines: Engines, name: Name) -> None:
    """By the digest that the registry gave it; its tag there is of its own contents."""
    engines.install(name)
    login = Registry()
    image = push("nis:test", login, quiet)
    assert image.name == f"{login.repository}@{fake_engine.PUSHED}"
    (command,) = engines.commands("push")
    assert command[-1].removeprefix("docker://") == f"{login.repository}:0123456789abcdef"


@pytest.mark.parametrize("name", NAMES)
def test_a_password_is_on_no_command_line_and_stays_nowhere(engines: Engines, name: Name) -> None:
    """It goes to the engine's input; the file in which the engine keeps it is in a folder that is gone."""
    engines.install(name)
    login = Registry()
    push("nis:test", login, quiet)
    (asked,) = [one for one in engines.asked if "login" in one["arguments"]]
    assert asked["input"] == login.password
    assert all(login.password not in " ".join(one["arguments"]) for one in engines.asked)
    option = "--config" if name == "docker" else "--authfile"
    kept = Path(asked["arguments"][asked["arguments"].index(option) + 1])
    assert not kept.exists()
    assert not os.path.lexists(kept if name == "docker" else kept.parent)


def test_an_image_that_is_not_here_is_not_found(engines: Engines) -> None:
    """The remedy is the command that makes it."""
    engines.install("docker", fails={"docker": ["inspect"]})
    with pytest.raises(NotFound) as raised:
        push("nis:other", Registry(), quiet)
    assert raised.value.remedy == "Build it: nis deploy build --tag nis:other."


def test_a_registry_that_refuses_is_told(engines: Engines) -> None:
    """And the tag that was made for the push is taken back."""
    engines.install("docker", fails={"docker": ["push"]})
    with pytest.raises(UpstreamFailed, match="push does not work"):
        push("nis:test", Registry(), quiet)
    assert len(engines.commands("rmi")) == 1


def test_only_a_registry_of_this_machine_is_spoken_to_without_tls(engines: Engines) -> None:
    """Elsewhere a login would be read by who listens."""
    engines.install("buildah")
    push("nis:test", Registry(), quiet)
    push("nis:test", Registry(registry="127.0.0.1:5000", repository="127.0.0.1:5000/nis"), quiet)
    plain = ["--tls-verify=false" in command for command in engines.commands("push")]
    assert plain == [False, True]
