"""Whether an image is there, and for the processor on which it is to run; what its registry has."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.aws.failures import code_of
from nis_backend.deployment.target import DIGEST
from nis_backend.errors import InvalidRequest, NotFound, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.deployment.aws.account import Account

BY_DIGEST = re.compile(rf"[a-z0-9][A-Za-z0-9._/:-]*@{DIGEST}")
_IN_ECR = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/(?P<name>[^@]+)@(?P<digest>.+)"
)
_KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
PROCESSORS = {"X86_64": "amd64", "ARM64": "arm64"}
"""What images call what ECS calls otherwise."""


def named(image: str, repository: str) -> str:
    """An image by its whole name; a digest alone is one of the deployment's own repository.

    Raises:
        InvalidRequest: it is not named by its digest, or there is no repository yet.
    """
    if image.startswith("sha256:") and repository:
        image = f"{repository}@{image}"
    if not BY_DIGEST.fullmatch(image):
        raise InvalidRequest(
            f"{image!r} does not name an image by its digest.",
            field="image",
            value=image,
            remedy="Push it and take what that prints: nis deploy push. A tag can move, and then there is no way back.",
        )
    return image


def check(account: Account, image: str, processor: str) -> str:
    """Look whether the image is in ECR and made for the processor; what was found, in words.

    Raises:
        NotFound: it is not there.
        InvalidRequest: it is for another processor.
    """
    if not (place := _IN_ECR.fullmatch(image)):
        return "it is not in ECR, and was not looked at"
    at = {"registryId": place["registry"], "repositoryName": place["name"]}
    try:
        answer = account.call(
            "ecr:BatchGetImage", **at, imageIds=[{"imageDigest": place["digest"]}], acceptedMediaTypes=[*_KINDS]
        )
    except UpstreamFailed as error:
        if code_of(error) == "RepositoryNotFoundException":
            raise _absent(place["name"], place["digest"]) from None
        raise
    if not answer.get("images"):
        raise _absent(place["name"], place["digest"])
    has = _processors(account, at, json.loads(answer["images"][0]["imageManifest"]))
    wanted = PROCESSORS[processor]
    if has and wanted not in has:
        raise InvalidRequest(
            f"The image is for {' and '.join(sorted(has))}; tasks run on {wanted}.",
            field="image",
            value=image,
            remedy=f"Build it for linux/{wanted}, or set Architecture.",
        )
    return f"it is there, for {wanted}" if has else "it is there; its processor is not told"


def _processors(account: Account, at: dict[str, str], manifest: dict[str, Any]) -> set[str]:  # Any: JSON
    if "manifests" in manifest:
        return {
            str(one["platform"]["architecture"])
            for one in manifest["manifests"]
            if one.get("platform", {}).get("architecture", "unknown") != "unknown"
        }
    try:
        place = account.call("ecr:GetDownloadUrlForLayer", **at, layerDigest=manifest["config"]["digest"])
        return {str(json.loads(account.fetch(place["downloadUrl"]))["architecture"])}
    except (UpstreamFailed, OSError, ValueError, KeyError):
        # It is a look ahead: a wrong processor is told by the task that does not start, too.
        return set()


def _absent(name: str, digest: str) -> NotFound:
    return NotFound(
        f"The repository {name} has no image {digest}.",
        field="image",
        value=digest,
        remedy="Push it first: nis deploy push. The ten newest are kept.",
    )
