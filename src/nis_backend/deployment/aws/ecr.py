"""The registry of a deployment: where its images are pushed, and as whom."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.failures import code_of
from nis_backend.errors import NotFound, UpstreamFailed


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where to push, and as whom; for twelve hours."""

    registry: str
    """Host of the registry."""
    repository: str
    """The repository, with its registry."""
    username: str
    password: str = field(repr=False)


def login(name: str, region: str, account: Account | None = None) -> Login:
    """The registry of the deployment of that name.

    The stack makes the repository, with what it keeps and for how long; made here, it would be in the stack's way.

    Raises:
        NotFound: there is no repository yet.
        Unavailable: there is no key for AWS, or it does not allow this.
    """
    account = account or Account(region=region)
    try:
        found = account.call("ecr:DescribeRepositories", repositoryNames=[name])["repositories"][0]
    except UpstreamFailed as error:
        if code_of(error) != "RepositoryNotFoundException":
            raise
        raise NotFound(
            f"There is no repository {name} in {region}.",
            field="name",
            value=name,
            remedy="Make the stack first, which has it: nis deploy apply without --image.",
        ) from None
    token = account.call("ecr:GetAuthorizationToken")["authorizationData"][0]["authorizationToken"]
    username, _, password = base64.b64decode(token).decode().partition(":")
    repository = str(found["repositoryUri"])
    return Login(registry=repository.partition("/")[0], repository=repository, username=username, password=password)
