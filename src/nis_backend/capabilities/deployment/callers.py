"""What a caller may have served, and is told of a deployment: no folder of the server, no account of AWS."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nis_backend.deployment.aws.failures import cleaned
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.operation import Model
from nis_backend.places import with_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nis_backend.deployment.known import Known
    from nis_backend.deployment.target import Tell

Found = TypeVar("Found", bound=Model)

VENV = "venv:"
_FOLDER = re.compile(r"venv:(?:[^\s\"'`]*/)?([^/\s\"'`,;]+)")
_REGISTRY = re.compile(r"(?<![\w-])\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


def image_of(there: Known, digest: str) -> str:
    """The image of this digest, from where the deployment has its images: a caller brings no program of its own.

    Raises:
        InvalidRequest: the deployment runs no images.
    """
    if not digest:
        return ""
    if there.to == "local" and (not there.image or there.image.startswith(VENV)):
        raise InvalidRequest(
            "This deployment has no images that could be named.",
            field="image",
            value=digest,
            remedy="Leave image out: what is set down for it in NIS_DEPLOYMENTS is applied.",
        )
    repository = _repository(there.image)
    # A digest alone is of the registry that an AWS deployment has for itself.
    return f"{repository}@{digest}" if repository else digest


def _repository(image: str) -> str:
    """An image's name without its digest and its tag; empty of a digest alone."""
    name = "" if image.startswith("sha256:") else image.partition("@")[0]
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"


class Telling:
    """Words without places: the deployment's folder is its name, others are left out, and so are accounts."""

    def __init__(self, folder: str, name: str) -> None:
        known = {folder: name, str(Path(folder).expanduser()): name} if folder else {}
        ours = dict.fromkeys((sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.home())), "…")
        # The longest first: a deployment's folder may be in the home folder.
        self._known = sorted({**ours, **known}.items(), key=lambda one: len(one[0]), reverse=True)

    def text(self, words: str) -> str:
        """The words."""
        words = _FOLDER.sub(r"venv:\1", words)
        for folder, name in self._known:
            if len(folder) > 1:
                words = words.replace(folder, name)
        return cleaned(_REGISTRY.sub("", words))

    def of(self, found: Found) -> Found:
        """A result, every text in it."""
        return type(found).model_validate(with_texts(found.model_dump(), self.text))

    def tell(self, tell: Tell) -> Tell:
        """Progress, told so."""
        return lambda fraction, what: tell(fraction, self.text(what))

    @contextmanager
    def failures(self) -> Generator[None]:
        """Failures within, told so."""
        try:
            yield
        except NisError as error:
            raise error.retold(self.text) from None

    def asked(self, work: Callable[[], Found]) -> Found:
        """What is found, or why not."""
        with self.failures():
            return self.of(work())
