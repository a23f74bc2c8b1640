"""An image to a registry, which then names it by its digest."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nis_backend.deployment.image.engine import Engine, find_engine
from nis_backend.deployment.report import Image
from nis_backend.deployment.target import DIGEST
from nis_backend.errors import NotFound, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.deployment.target import Tell

LOOPBACK = ("localhost:", "127.0.0.1:")


class Login(Protocol):
    """Where to push, and as whom: a registry's host, a repository with it, a user; of ECR, AWS and a token."""

    @property
    def registry(self) -> str: ...  # noqa: D102 - see the class

    @property
    def repository(self) -> str: ...  # noqa: D102 - see the class

    @property
    def username(self) -> str: ...  # noqa: D102 - see the class

    @property
    def password(self) -> str: ...  # noqa: D102 - see the class


def push(tag: str, login: Login, tell: Tell, *, engine: Engine | None = None) -> Image:
    """Push it under a tag of its own contents, which a repository with immutable tags takes twice without harm.

    The password goes to the engine's input, and into a file of a folder that is gone when this returns.

    Raises:
        Unavailable: there is no engine.
        NotFound: there is no image of that tag here.
        UpstreamFailed: the registry refused it.
    """
    engine = engine or find_engine()
    try:
        identity = engine.run(*_identity(engine, tag), what="inspect").strip()
    except UpstreamFailed as error:
        raise NotFound(
            f"There is no image {tag} here.", field="tag", value=tag, remedy=f"Build it: nis deploy build --tag {tag}."
        ) from error
    there = f"{login.repository}:{identity.removeprefix('sha256:')[:16]}"
    with tempfile.TemporaryDirectory(prefix="nis-push-") as folder:
        tell(0.05, f"logging in to {login.registry}")
        one = _Push(engine=engine, login=login, folder=Path(folder), tell=tell)
        digest = one.by_docker(tag, there) if engine.name == "docker" else one.by_others(tag, there)
    tell(1.0, f"{there} is there")
    return Image(name=f"{login.repository}@{digest}", digest=digest, told=f"Pushed as {there}.")


@dataclass(frozen=True, kw_only=True)
class _Push:
    """A push under way; the folder is for the login, and ends with it."""

    engine: Engine
    login: Login
    folder: Path
    tell: Tell

    def by_docker(self, tag: str, there: str) -> str:
        whom = ["--config", str(self.folder)]
        self._log_in(*whom, "login")
        self.engine.run("tag", tag, there, what="tag")
        try:
            return _digest(self._send(*whom, "push", there))
        finally:
            self.engine.run("rmi", there, what="rmi")  # the tag alone: the image has its own

    def by_others(self, tag: str, there: str) -> str:
        digest = self.folder / "digest"
        options = ["--authfile", str(self.folder / "auth.json")]
        if self.login.registry.startswith(LOOPBACK):
            options.append("--tls-verify=false")
        self._log_in("login", *options)
        self._send("push", *options, "--digestfile", str(digest), tag, f"docker://{there}")
        return _digest(digest.read_text("utf-8"))

    def _log_in(self, *command: str) -> None:
        as_whom = ("--username", self.login.username, "--password-stdin", self.login.registry)
        self.engine.run(*command, *as_whom, what="login", given=self.login.password)

    def _send(self, *command: str) -> str:
        return self.engine.run(*command, what="push", hear=lambda line: self.tell(0.5, line))


def _identity(engine: Engine, tag: str) -> list[str]:
    if engine.name == "buildah":
        return ["inspect", "--type", "image", "--format", "{{.FromImageID}}", tag]
    return ["image", "inspect", "--format", "{{.Id}}", tag]


def _digest(said: str) -> str:
    found = re.findall(DIGEST, said)
    if not found:
        raise UpstreamFailed("The registry named no digest for what was pushed.", remedy="Push once more.")
    return found[-1]
