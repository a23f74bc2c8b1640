"""Deployments by their names, as whoever runs nis has set them down, and the way to each."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, ValidationError, field_validator

from nis_backend.deployment.local.rules import Rules
from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.report import LogLines
from nis_backend.deployment.target import Wanted
from nis_backend.errors import InvalidRequest, NotFound, shorten
from nis_backend.operation import Model
from nis_backend.written import objects

if TYPE_CHECKING:
    from nis_backend.deployment.report import Service
    from nis_backend.deployment.target import Target
    from nis_backend.operation import Json

NAME = "nis-backend"
"""What a deployment is called unless it is said: the stack, and all that is in it."""
REGION = "us-east-1"
PROFILE = "small"
FORMS = {
    "name": "Begin with a small letter; small letters, digits and hyphens, at most 31.",
    "region": "It is called as AWS calls it: us-east-1, eu-central-1.",
    "role": "It is arn:aws:iam::ACCOUNT:role/NAME.",
}
"""How what was given for an option is written."""


class Known(Model):
    """A deployment: where it is, and as what it is wanted."""

    to: Literal["aws", "local"]
    name: str = Field(default=NAME, pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Of the stack, and its resources.")
    region: str = Field(default=REGION, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="AWS region.")
    folder: str = Field(default="", description="On this machine: where it keeps what it knows.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="On this machine: where it answers; 0 takes a free one."
    )
    profile: str = PROFILE
    image: str = Field(default="", description="What is served unless another is named.")
    parameters: dict[str, str] = Field(default_factory=dict[str, str], description="Of the template.")
    environment: dict[str, str] = Field(default_factory=dict[str, str], description="Settings of nis.")
    role: str = Field(
        default="",
        pattern=r"^$|^arn:aws[a-z-]*:iam::\d{12}:role/.{1,512}$",
        description="On AWS: what CloudFormation makes resources with, by its ARN; empty: as it is, or who deploys.",
    )
    rules: Rules | None = Field(default=None, description="On this machine: how it is watched and drained.")

    @field_validator("profile")
    @classmethod
    def _there(cls, profile: str) -> str:
        if profile not in PROFILES:
            msg = f"there is no such profile; there are {', '.join(PROFILES)}"
            raise ValueError(msg)
        return profile

    def wanted(self, image: str = "", *, ephemeral: bool = False) -> Wanted:
        """It, with another image where one is named."""
        return Wanted(
            name=self.name,
            profile=self.profile,
            image=image or self.image,
            parameters=self.parameters,
            environment=self.environment,
            ephemeral=ephemeral,
        )

    def placed(self, data: Path) -> Self:
        """It, with a folder where it is to be on this machine and names none."""
        if self.to == "aws" or self.folder:
            return self
        return self.model_copy(update={"folder": str(data / "deployments" / self.name)})

    def target(self, *, replace_data: bool = False, unprotect: bool = False) -> Target:
        """The way to it; `replace_data` lets what holds data be replaced there, `unprotect` what is protected go.

        Raises:
            InvalidRequest: it is to be on this machine, and no folder is named.
            Unavailable: what the way stands on is not installed.
        """
        if self.to == "aws":
            from nis_backend.deployment.aws.target import AwsTarget  # noqa: PLC0415 - one of two

            return AwsTarget(self.name, self.region, role=self.role, replace_data=replace_data, unprotect=unprotect)
        if not self.folder:
            raise InvalidRequest(
                "A deployment on this machine needs a folder.", field="folder", value="", remedy="Name one: --folder."
            )
        from nis_backend.deployment.local.target import LocalTarget  # noqa: PLC0415 - as above

        return LocalTarget(Path(self.folder).expanduser(), name=self.name, port=self.port, rules=self.rules)


def recent(target: Target, service: Service | None, *, minutes: float, limit: int, words: str) -> LogLines:
    """What tasks wrote in the last minutes."""
    since = time.time() - 60 * minutes
    return LogLines(lines=[*target.logs(service, since=since, limit=limit, words=words)])


def known(text: str) -> dict[str, Known]:
    """The deployments of `NIS_DEPLOYMENTS`.

    Raises:
        InvalidRequest: one of them is not set down as it should be.
    """
    found: dict[str, Known] = {}
    for name, given in objects(text).items():
        try:
            found[name] = Known.model_validate(given)
        except ValidationError as error:
            where, said = _wrong(error)
            where = ".".join([name, *where])
            raise InvalidRequest(
                f"NIS_DEPLOYMENTS says of {where}: {said}.",
                field="NIS_DEPLOYMENTS",
                value=where,
                remedy='Write it as {"NAME": {"to": "aws", "region": "eu-central-1", "profile": "small"}}.',
            ) from None
    return found


def changed(there: Known, said: Json) -> Known:
    """It, with what else is said of it.

    Raises:
        InvalidRequest: that is not as it may be.
    """
    try:
        return Known.model_validate({**there.model_dump(), **said})
    except ValidationError as error:
        where, _ = _wrong(error)
        option = where[0] if where else "to"
        raise InvalidRequest(
            f"--{option} is {shorten(said.get(option, ''))!r}, which is not of its form.",
            field=option,
            value=shorten(said.get(option, "")),
            remedy=FORMS.get(option, "See nis deploy --help."),
        ) from None


def _wrong(error: ValidationError) -> tuple[list[str], str]:
    """Where the first mistake is, and what it is; never the value, which may be a secret."""
    wrong = error.errors()[0]
    said = wrong["msg"].removeprefix("Value error, ").rstrip(".")
    return [str(one) for one in wrong["loc"]], said


def settled(text: str, data: Path) -> str:
    """The same, checked, and each on this machine with a folder: one below `data` where none is named.

    Raises:
        InvalidRequest: one of them is not set down as it should be.
    """
    return json.dumps({name: one.placed(data).model_dump(mode="json") for name, one in known(text).items()})


def find(text: str, name: str) -> Known:
    """The deployment of that name.

    Raises:
        NotFound: none is called so.
    """
    there = known(text)
    if name not in there:
        names = ", ".join(sorted(there)[:20])
        raise NotFound(
            f"No deployment is named {name!r} here.",
            field="deployment",
            value=name,
            remedy=f"Choose one: {names}." if names else "Whoever runs this server names them in NIS_DEPLOYMENTS.",
        )
    return there[name]
