"""What was served and verified, kept in the account: a parameter of Systems Manager, whose versions are numbered.

CloudFormation deregisters a task definition that it replaces, and none can go back to one that is. So what is kept is
what makes one: the image and the parameters of the stack. AWS keeps a hundred versions, and takes nothing for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.aws.failures import code_of
from nis_backend.errors import NotFound, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.deployment.aws.account import Account

TAKEN_BACK = (
    *("Image", "Architecture", "Model", "LogLevel", "ApiCpu", "ApiMemory", "WorkerCpu", "WorkerMemory", "Emf"),
    *("TracesUrl", "KafkaServers"),
)
"""What a way back takes back: what tasks are. Not how many there are, nor what holds data."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What was served once."""

    number: int
    image: str
    parameters: Mapping[str, str]
    since: float

    @property
    def what(self) -> Mapping[str, str]:
        """The parameters that say what its tasks are."""
        return {key: value for key, value in self.parameters.items() if key in TAKEN_BACK}


@dataclass(frozen=True, kw_only=True)
class History:
    """What a deployment served."""

    account: Account
    name: str

    @property
    def _parameter(self) -> str:
        return f"/{self.name}/served"

    def keep(self, parameters: Mapping[str, str]) -> int:
        """Note what is served now; its number."""
        # Above 4,096 characters a parameter costs 0.05 USD a month, below nothing.
        answer = self.account.call(
            "ssm:PutParameter",
            Name=self._parameter,
            Description=f"What {self.name} served, for the way back.",
            Value=json.dumps({"parameters": dict(parameters)}, separators=(",", ":")),
            Type="String",
            Tier="Intelligent-Tiering",
            Overwrite=True,
        )
        return int(answer["Version"])

    def all(self) -> Sequence[Served]:
        """All that is known, the newest first."""
        try:
            pages = list(self.account.pages("ssm:GetParameterHistory", Name=self._parameter))
        except UpstreamFailed as error:
            if code_of(error) == "ParameterNotFound":
                return []
            raise
        found = [_served(one) for page in pages for one in page["Parameters"]]
        return sorted(found, key=lambda one: -one.number)

    def find(self, to: str, now: Mapping[str, str]) -> Served:
        """The one of that number or image; the last that differs from what is wanted now, where none is named.

        Raises:
            NotFound: there is none.
        """
        served = self.all()
        for one in served:
            if to in {str(one.number), one.image, one.image.partition("@")[2]} if to else one.what != _of(now, one):
                return one
        known = ", ".join(str(one.number) for one in served[:10])
        raise NotFound(
            f"No revision {to!r} is known." if to else "Nothing else was ever served and verified.",
            field="revision",
            value=to,
            remedy=f"Known are {known}: nis deploy status." if known else "Apply an image: nis deploy apply --image.",
        )

    def forget(self) -> None:
        """Remove all of it."""
        try:
            self.account.call("ssm:DeleteParameter", Name=self._parameter)
        except UpstreamFailed as error:
            if code_of(error) != "ParameterNotFound":
                raise


def _of(now: Mapping[str, str], one: Served) -> dict[str, str]:
    return {key: now.get(key, "") for key in one.what}


def _served(one: Mapping[str, Any]) -> Served:  # Any: the package's answer
    parameters = json.loads(one["Value"])["parameters"]
    return Served(
        number=int(one["Version"]),
        image=parameters.get("Image", ""),
        parameters=parameters,
        since=one["LastModifiedDate"].timestamp(),
    )
