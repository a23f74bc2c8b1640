"""How what runs now is brought back: by commit, image digest and task revision, which do not move as tags do."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nis_backend.impact.project.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.impact.project.opening import Project

IMAGE_FILES = re.compile(r"(^|/)(Dockerfile[^/]*|[^/]*\.Dockerfile|Containerfile|(docker-)?compose[^/]*\.ya?ml)$")
SERVICE = re.compile(r"\baws\s+ecs\b|\bAWS::ECS::|\baws_ecs_|\becs-deploy\b|\bamazon-ecs-")
"""What a file says that deploys to ECS."""
SHA = re.compile(r"^[0-9a-f]{40}$")


def rollback(project: Project, files: Iterable[str]) -> list[str]:
    """Commands, in order: what to note before the change is deployed, and what brings that back.

    A commit is the repository's own; IMAGE, CLUSTER and SERVICE stand for names that the project's files do not tell.
    """
    return [*_commit(project.root, files), *_image(project), *_service(project)]


def _commit(root: Path, files: Iterable[str]) -> Iterator[str]:
    sha = _head(root)
    names = shlex.join(files)
    if sha and names:
        yield f"git -C {shlex.quote(str(root))} checkout {sha} -- {names}"


def _head(root: Path) -> str:
    """The commit that is checked out, read from the repository's files: git itself runs what a configuration names."""
    git = next((one / ".git" for one in (root, *root.parents) if (one / ".git").is_dir()), None)
    if git is None:
        return ""
    said = (read_text(git / "HEAD") or "").strip()
    if not said.startswith("ref: "):
        return said if SHA.match(said) else ""
    ref = said.removeprefix("ref: ")
    if ".." in ref.split("/"):
        return ""
    loose = (read_text(git / ref) or "").strip()
    if SHA.match(loose):
        return loose
    packed = re.search(rf"^([0-9a-f]{{40}}) {re.escape(ref)}$", read_text(git / "packed-refs") or "", re.MULTILINE)
    return packed[1] if packed else ""


def _image(project: Project) -> Iterator[str]:
    if any(IMAGE_FILES.search(one.relative) for one in project.files):
        yield "before=$(docker image inspect IMAGE --format '{{index .RepoDigests 0}}')  # note it before the deploy"
        yield 'docker pull "$before" && docker tag "$before" IMAGE'


def _service(project: Project) -> Iterator[str]:
    texts = [(one, read_text(one.path) or "") for one in project.files if one.kind != "documents"]
    families = [family for one, text in texts if one.relative.endswith(".json") for family in _families(text)]
    if not families and not any(SERVICE.search(text) for _, text in texts):
        return
    of = "--cluster CLUSTER --service SERVICE"
    yield (
        "revision=$(aws ecs describe-services --cluster CLUSTER --services SERVICE --output text "
        f"--query 'services[0].taskDefinition')  # {families[0] if families else 'FAMILY'}:REVISION, before the deploy"
    )
    yield f'aws ecs update-service {of} --task-definition "$revision"'
    yield "aws ecs wait services-stable --cluster CLUSTER --services SERVICE"


def _families(text: str) -> Iterator[str]:
    """Of a task definition as JSON."""
    if "containerDefinitions" not in text:
        return
    try:
        read: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    family = cast("dict[str, Any]", read).get("family") if isinstance(read, dict) else None
    if isinstance(family, str) and re.fullmatch(r"[\w-]{1,255}", family):
        yield family
