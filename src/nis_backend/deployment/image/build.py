"""An image from a checkout: built by the engine that is here, and weighed."""

from __future__ import annotations

import platform as machines
import re
import secrets
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nis_backend.deployment.image.archive import Archive, sha256
from nis_backend.deployment.image.engine import Engine, find_engine
from nis_backend.deployment.image.indexes import Indexes, indexes
from nis_backend.deployment.report import Image
from nis_backend.errors import InvalidRequest, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.deployment.target import Tell

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
BILL = "/sbom.cdx.json"
"""Where the stage `TARGET-bill` has the bill of materials, alone."""


def build(  # noqa: PLR0913 - what a command has
    *,
    context: Path,
    target: Literal["core", "local", "full"],
    tag: str,
    platform: str | None,
    base: str | None,
    tell: Tell,
    arguments: dict[str, str] | None = None,
    engine: Engine | None = None,
    sources: Indexes | None = None,
) -> Image:
    """Build a target of a checkout's Dockerfile. Its labels name the version, the commit and the bill of materials.

    Packages come from where this machine's pip has them, unless `sources` says otherwise.

    Raises:
        Unavailable: there is no engine.
        InvalidRequest: the folder is no checkout.
        UpstreamFailed: the engine failed, for the reason named.
    """
    if not (context / "Dockerfile").is_file():
        raise InvalidRequest(
            f"There is no Dockerfile in {context.absolute()}.",
            field="context",
            value=str(context),
            remedy="Name the folder of a checkout: nis deploy build --context FOLDER.",
        )
    engine = engine or find_engine()
    platform = platform or f"linux/{ARCHITECTURES.get(machines.machine(), machines.machine())}"
    given = {"VERSION": _version(context), "REVISION": _revision(context), **(arguments or {})}
    if base:
        given["BASE"] = base
    tell(0.0, f"{engine.name} builds {target}")
    with tempfile.TemporaryDirectory(prefix="nis-image-") as folder:
        options = [*mounted(engine, sources or indexes(), Path(folder)), "--platform", platform]
        bill = f"nis-bill-{secrets.token_hex(4)}"
        try:
            make(engine, context, f"{target}-bill", bill, given, options, tell)
            with closing(Archive(save(engine, bill, Path(folder) / "bill.tar"))) as archive:
                contents = archive.file(BILL)
        finally:
            forget(engine, bill)
        if contents is None:
            raise UpstreamFailed("The build made no bill of materials.", remedy="Is the Dockerfile of this release?")
        given["SBOM_SHA256"] = sha256(contents).removeprefix("sha256:")
        make(engine, context, target, tag, given, options, tell)
        tell(0.9, "weighing the layers")
        with closing(Archive(save(engine, tag, Path(folder) / "image.tar"))) as archive:
            layers, digest = archive.layers(), archive.digest
    return Image(
        name=tag,
        digest=digest,
        target=target,
        platform=platform,
        layers=layers,
        told=f"Built by {engine.name}. A registry may name it by another digest: its own packing decides.",
    )


def make(  # noqa: PLR0913, PLR0917 - one command's parts
    engine: Engine, context: Path, target: str, tag: str, given: dict[str, str], options: list[str], tell: Tell
) -> None:
    """Have the engine build one stage of a folder's Dockerfile, with build arguments and options of its own."""
    command = ["build"]
    if engine.name == "buildah":
        # chroot: an ordinary machine's namespaces may not be had in a container, where pipelines build.
        command = ["bud", "--isolation", "chroot", "--network", "host", "--format", "docker"]
    if engine.name == "podman":
        command += ["--format", "docker"]  # OCI's form has no place for a health check
    if engine.name == "docker":
        command += ["--progress", "plain"]
    else:
        command.append("--layers")
    for name, value in given.items():
        command += ["--build-arg", f"{name}={value}"]
    engine.run(
        *(*command, *options, "--target", target, "--tag", tag, str(context)),
        what=f"build of {target}",
        hear=lambda line: tell(0.1, line),
    )


def mounted(engine: Engine, found: Indexes, folder: Path) -> list[str]:
    """This machine's settings of pip and npm, mounted while packages are installed, and kept by no layer."""
    options: list[str] = []
    for name, text in (("pipconf", found.pip), ("npmrc", found.npm)):
        if text:
            file = folder / name
            file.touch(0o600)
            file.write_text(text, "utf-8")
            options += ["--secret", f"id={name},src={file}"]
    if engine.name != "docker":  # whose builds are given no folders: wheels come from an index there
        for place in found.folders:
            options += ["--volume", f"{place}:{place}:ro"]
    return options


def save(engine: Engine, tag: str, file: Path) -> Path:
    """Have the engine save an image to a file, for `Archive`."""
    match engine.name:
        case "docker":
            command = ["save", "--output", str(file), tag]
        case "podman":
            command = ["save", "--format", "oci-archive", "--output", str(file), tag]
        case "buildah":
            command = ["push", tag, f"oci-archive:{file}"]
    engine.run(*command, what="save")
    return file


def forget(engine: Engine, tag: str) -> None:
    """Take a tag back, and with it the image where it has no other; nothing where there is no such tag."""
    if tag in engine.run("images", what="images"):
        engine.run("rmi", tag, what="rmi")


def _version(context: Path) -> str:
    text = (context / "src/nis_backend/__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else ""


def _revision(context: Path) -> str:
    """The commit, marked where files differ from it; nothing where git or its folder is not here."""
    command = ["git", "-C", str(context), "describe", "--always", "--abbrev=40", "--dirty=+changed", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - git by its name
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if not done.returncode else ""
