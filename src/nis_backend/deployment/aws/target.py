"""An AWS account as a target: a stack is brought to what is wanted, watched, scaled, taken back, taken down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.deployment.aws import applying, logs, removing, returning, template
from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.changing import Changing, stuck
from nis_backend.deployment.aws.stack import GOOD, NEVER_CAME_UP, Stack, in_progress
from nis_backend.deployment.aws.status import status
from nis_backend.deployment.report import Status
from nis_backend.deployment.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.report import LogLine, Outcome, Resource, Service, Step
    from nis_backend.deployment.target import Tell, Wanted

    Ask = Callable[[str, str, Tell], Sequence[Step]]


NAMED = 180.0
"""Seconds that a load balancer's new name may need until it is known here."""


def _ask(address: str, key: str, tell: Tell) -> Sequence[Step]:
    from nis_backend.deployment.verify import verify  # noqa: PLC0415 - only an apply and a way back ask

    return verify(address, key=key, tell=tell, patience=NAMED)


class AwsTarget(Target):
    """One deployment in one region of an account.

    `replace_data` lets an apply replace or remove what holds data; `unprotect` lets `destroy` take down a stack that is
    protected. `role` is what CloudFormation makes resources with, from then on: without one, with the key that asks.
    `ask` verifies an address with a key.
    """

    def __init__(  # noqa: PLR0913 - what may be lost is said by name
        self,
        name: str,
        region: str,
        *,
        profile: str | None = None,
        role: str = "",
        replace_data: bool = False,
        unprotect: bool = False,
        account: Account | None = None,
        ask: Ask = _ask,
    ) -> None:
        self.account = account or Account(region=region, profile=profile)
        self._stack = Stack(account=self.account, name=name, role=role)
        self._ask, self._unprotect = ask, unprotect
        self._changing = Changing(
            account=self.account, stack=self._stack, verify=self._verify, key=self._key, replace_data=replace_data
        )

    @override
    def changes(self, wanted: Wanted) -> Sequence[Resource]:
        found = self._stack.found()
        if found and found.busy:
            raise in_progress(found, self._stack.events(found.id))
        if found and found.state in NEVER_CAME_UP:
            found = None
        if found and found.state not in GOOD:
            raise stuck(found)
        sent = template.values(wanted, found)
        becoming, region = template.becoming(sent, found), self.account.where()
        template.check(becoming, region, self._stack.name)
        if found is None:
            # A change set would make an empty stack to stand on, and everything is new anyway.
            return template.all_new(becoming, region, self._stack.name)
        tags = {**found.tags, template.PROFILE_TAG: wanted.profile}
        body = template.body(becoming, region)
        proposal = self._stack.propose(body, sent, tags, found)
        if not proposal.empty:
            self._stack.discard(proposal)
        return proposal.resources

    def parameters(self, wanted: Wanted) -> Mapping[str, str]:
        """All parameters of the stack as they would be: what was set and scaled before stays."""
        found = self._stack.found()
        return template.becoming(template.values(wanted, found), found)

    @override
    def apply(self, wanted: Wanted, tell: Tell) -> Outcome:
        return applying.apply(self._changing, wanted, tell)

    @override
    def status(self) -> Status:
        found = self._stack.found()
        if found is None or found.state == "REVIEW_IN_PROGRESS":
            return Status(name=self._stack.name, target="aws", exists=False)
        return status(self.account, self._stack.name, found, self._changing.history.all())

    @override
    def logs(self, service: Service | None, *, since: float, limit: int, words: str = "") -> Sequence[LogLine]:
        group = self._changing.there().outputs.get("LogGroupName", f"/ecs/{self._stack.name}")
        return logs.lines(self.account, group, service, since=since, limit=limit, words=words)

    @override
    def scale(self, service: Service, count: int, tell: Tell) -> Outcome:
        return returning.scale(self._changing, service, count, tell)

    @override
    def roll_back(self, to: str, tell: Tell) -> Outcome:
        return returning.roll_back(self._changing, to, tell)

    @override
    def destroy(self, tell: Tell) -> Outcome:
        return removing.remove(self._changing, tell, unprotect=self._unprotect)

    def _verify(self, found: Found, tell: Tell) -> Sequence[Step]:
        if not _open(found):
            return []
        return self._ask(found.outputs["Address"], self._key(found), tell)

    def _key(self, found: Found) -> str:
        """The deployment's own key, with which it is asked."""
        if not _open(found) or "KeysArn" not in found.outputs:
            return ""
        secret = self.account.call("secretsmanager:GetSecretValue", SecretId=found.outputs["KeysArn"])
        return str(json.loads(secret["SecretString"]).get("NIS_API_KEY", ""))


def _open(found: Found) -> bool:
    """Whether it can be asked: a box without a domain opens no port, and tells CloudFormation itself how it is."""
    address = found.outputs.get("Address", "")
    return bool(address) and not address.startswith("http://127.0.0.1")
