"""A stack of CloudFormation: looked at, changed by change sets, watched, taken back, deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nis_backend.deployment.aws.events import Event, is_stack, reasons, words
from nis_backend.deployment.aws.failures import cleaned, code_of, said_by
from nis_backend.deployment.aws.proposal import Proposal, resources
from nis_backend.errors import Conflict, InvalidRequest, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from nis_backend.deployment.aws.account import Account, Answer
    from nis_backend.deployment.target import Tell

PROPOSING, BEGINNING, CHANGING = 10 * 60.0, 5 * 60.0, 90 * 60.0
"""Seconds. A broker of Kafka may take forty minutes to come up; a database a quarter of an hour."""
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,31}")
"""A stack may have 128 characters; its load balancer and target group, which bear its name, 32."""
_TOKEN = re.compile(r"nis-[a-z]+-(?P<wanted>[0-9a-f]+)-[0-9a-f]{8}-(?P<who>.+)")
GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
"""States in which a stack takes a change set."""
NEVER_CAME_UP = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})
"""States of a stack with nothing in it, of which CloudFormation takes only that it is deleted."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A stack as it is."""

    id: str
    state: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    tags: Mapping[str, str]
    protected: bool
    changed: datetime

    @property
    def busy(self) -> bool:
        """Whether something is done to it right now."""
        return self.state.endswith("_IN_PROGRESS") and self.state != "REVIEW_IN_PROGRESS"


@dataclass(kw_only=True)
class Stack:
    """One stack, by its name."""

    account: Account
    name: str
    role: str = ""
    """What CloudFormation makes resources with, once it is said; else with the key that asks."""
    _told: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InvalidRequest(
                f"A deployment cannot be called {self.name!r}.",
                field="name",
                value=self.name,
                remedy="Begin with a letter; letters, digits and hyphens, at most 32.",
            )

    def found(self, id_: str = "") -> Found | None:
        """The stack as it is now; a deleted one is found by its id alone."""
        try:
            answer = self.account.call("cloudformation:DescribeStacks", StackName=id_ or self.name)
        except UpstreamFailed as error:
            if "does not exist" in said_by(error):
                return None
            raise
        one = answer["Stacks"][0]
        return Found(
            id=one["StackId"],
            state=one["StackStatus"],
            parameters={p["ParameterKey"]: p.get("ParameterValue", "") for p in one.get("Parameters", ())},
            outputs={o["OutputKey"]: o["OutputValue"] for o in one.get("Outputs", ())},
            tags={tag["Key"]: tag["Value"] for tag in one.get("Tags", ())},
            protected=bool(one.get("EnableTerminationProtection")),
            changed=one.get("LastUpdatedTime") or one["CreationTime"],
        )

    def propose(
        self,
        template: Mapping[str, str] | None,
        parameters: Mapping[str, str | None],
        tags: Mapping[str, str],
        found: Found | None,
    ) -> Proposal:
        """Make a change set and wait for what it would do. It is to be executed or discarded.

        `template` is a request's `TemplateBody`; the stack's own where it is None. A parameter that is None stays
        as the stack has it.
        """
        creates = found is None or found.state == "REVIEW_IN_PROGRESS"
        made = self._asked(
            "cloudformation:CreateChangeSet",
            StackName=self.name,
            ChangeSetName=f"nis-{uuid4().hex[:16]}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            ClientToken=uuid4().hex,
            # Roles that CloudFormation names itself.
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[_parameter(key, value) for key, value in sorted(parameters.items())],
            Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
            **({"RoleARN": self.role} if self.role else {}),
            **(template or {"UsePreviousTemplate": True}),
        )
        unmade = Proposal(id=made["Id"], stack_id=made["StackId"], creates=creates, resources=())
        try:
            last = self.account.until(
                lambda: self._described(unmade), within=PROPOSING, what="CloudFormation's look at what would change"
            )
            if last["Status"] != "CREATE_COMPLETE":
                return self._nothing(unmade, str(last.get("StatusReason", "")))
        except BaseException:
            self.discard(unmade)
            raise
        return Proposal(id=unmade.id, stack_id=unmade.stack_id, creates=creates, resources=resources(last["Changes"]))

    def discard(self, proposal: Proposal) -> None:
        """Remove a change set that is not executed, and the empty stack below it where it would have made one."""
        self.account.call("cloudformation:DeleteChangeSet", ChangeSetName=proposal.id)
        if proposal.creates:
            self.account.call("cloudformation:DeleteStack", StackName=proposal.stack_id)

    def execute(self, proposal: Proposal, token: str) -> None:
        """Begin; every event that follows bears the token."""
        self.account.call("cloudformation:ExecuteChangeSet", ChangeSetName=proposal.id, ClientRequestToken=token)

    def wait(self, id_: str, tell: Tell, *, token: str = "", of: int = 0, within: float = CHANGING) -> Found:
        """The stack, when nothing is done to it any more; `of` is how many resources change.

        With the token of an operation, that is waited for: for a moment after it began, a stack still tells how it was.

        Raises:
            DeadlineExceeded: it goes on for longer than is waited.
            UpstreamFailed: it was not seen to begin.
        """
        begun, latest = not token, self.account.clock() + BEGINNING

        def look() -> Answer | None:
            nonlocal begun
            begun = self._tell(id_, token, tell, of) or begun
            found = self.found(id_)
            begun = begun or (found is not None and found.busy)
            if not begun and self.account.clock() > latest:
                raise UpstreamFailed(
                    f"CloudFormation did not begin to change {self.name}.", remedy="Look at the stack, and try again."
                )
            if found is None or found.busy or not begun:
                return None
            self._tell(id_, token, tell, of)
            return {"found": found}

        return self.account.until(look, within=within, what=f"Changing {self.name}")["found"]

    def events(self, id_: str, token: str = "") -> list[Event]:
        """The events since the operation of the token began, or of the last operation; the oldest first."""
        found, seen = list[Event](), False
        for page in self.account.pages("cloudformation:DescribeStackEvents", StackName=id_):
            for event in page["StackEvents"]:
                token = token or event.get("ClientRequestToken", "")
                mine = event.get("ClientRequestToken", "") == token
                if seen and not mine:
                    return found[::-1]
                seen = seen or mine
                found.append(event)
        return found[::-1] if seen else []

    def reasons(self, id_: str, token: str = "") -> list[str]:
        """Why the operation failed: its first failures."""
        return reasons(self.events(id_, token) or self.events(id_))

    def protect(self, *, on: bool) -> None:
        """Let it be deleted, or not."""
        self.account.call(
            "cloudformation:UpdateTerminationProtection", StackName=self.name, EnableTerminationProtection=on
        )

    def cancel(self, token: str) -> None:
        """Have the update that is under way taken back; of one that has ended meanwhile, nothing."""
        try:
            self.account.call("cloudformation:CancelUpdateStack", StackName=self.name, ClientRequestToken=token)
        except UpstreamFailed as error:
            if code_of(error) != "ValidationError":
                raise

    def continue_back(self, token: str) -> None:
        """Go on with a way back that got stuck."""
        self.account.call("cloudformation:ContinueUpdateRollback", StackName=self.name, ClientRequestToken=token)

    def delete(self, id_: str, token: str) -> None:
        """Begin to delete it."""
        self.account.call("cloudformation:DeleteStack", StackName=id_, ClientRequestToken=token)

    def resources(self) -> list[Answer]:
        """What is in it: kind, logical and physical id, state."""
        pages = self.account.pages("cloudformation:ListStackResources", StackName=self.name)
        return [one for page in pages for one in page["StackResourceSummaries"]]

    def _asked(self, action: str, **parameters: object) -> Answer:
        """An answer; what is wrong with what was sent is the caller's to mend."""
        try:
            return self.account.call(action, **parameters)
        except UpstreamFailed as error:
            if code_of(error) != "ValidationError":
                raise
            raise _refusal(said_by(error)) from error

    def _described(self, proposal: Proposal) -> Answer | None:
        pages = list(self.account.pages("cloudformation:DescribeChangeSet", ChangeSetName=proposal.id))
        if pages[0]["Status"] in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
            return None
        return pages[0] | {"Changes": [one for page in pages for one in page.get("Changes", ())]}

    def _nothing(self, proposal: Proposal, reason: str) -> Proposal:
        """A change set that has failed: because there is nothing to change, which is good, or for a reason."""
        if "didn't contain changes" not in reason and "No updates are to be performed" not in reason:
            raise _refusal(cleaned(reason))
        self.discard(proposal)
        return Proposal(id=proposal.id, stack_id=proposal.stack_id, creates=proposal.creates, resources=(), empty=True)

    def _tell(self, id_: str, token: str, tell: Tell, of: int) -> bool:
        """Tell what was not told yet; whether the operation has begun."""
        events = self.events(id_, token)
        done = {e["LogicalResourceId"] for e in events if str(e["ResourceStatus"]).endswith("_COMPLETE")}
        share = min(len(done) / (of + 1), 1.0) if of else 0.0
        for event in events:
            if event["EventId"] not in self._told:
                self._told.add(event["EventId"])
                tell(share, words(event))
        return bool(events)


def _refusal(said: str) -> InvalidRequest:
    return InvalidRequest(
        f"CloudFormation refuses the template or its parameters: {said}",
        field="set",
        remedy="Look at what it names; nothing was changed.",
    )


def in_progress(found: Found, events: Sequence[Event]) -> Conflict:
    """The refusal of a stack to which something is done already: since when, and by whom where that is known."""
    begun = next((one for one in events if is_stack(one)), None)
    since = f" since {begun['Timestamp']:%Y-%m-%d %H:%M} UTC" if begun else ""
    who = by(str(begun.get("ClientRequestToken", ""))) if begun else ""
    return Conflict(
        f"The stack is being changed ({found.state}){since}{f', by {who}' if who else ''}.",
        remedy="Wait for it (nis deploy status), or have it taken back: nis deploy rollback.",
    )


def token(what: str, who: str, wanted: str = "") -> str:
    """A token that says what is done, by whom, and what of: `nis-apply-HASH-RANDOM-WHO`, at most 128 characters."""
    name = re.sub(r"[^a-zA-Z0-9]+", "-", who).strip("-")[:40] or "nobody"
    return f"nis-{what}-{wanted or '0'}-{uuid4().hex[:8]}-{name}"


def by(said: str) -> str:
    """Who made a token."""
    return found["who"] if (found := _TOKEN.fullmatch(said)) else ""


def wanted_by(said: str) -> str:
    """What a token wanted."""
    return found["wanted"] if (found := _TOKEN.fullmatch(said)) else ""


def _parameter(key: str, value: str | None) -> dict[str, Any]:
    if value is None:
        return {"ParameterKey": key, "UsePreviousValue": True}
    return {"ParameterKey": key, "ParameterValue": value}
