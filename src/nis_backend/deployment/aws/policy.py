"""What who deploys has to be allowed: every call of this folder, and nothing else.

A call that stands in no statement is not made: so this list is never behind the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAME = "nis-backend"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Actions, on what, and why."""

    sid: str
    why: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: dict[str, dict[str, str | list[str]]] | None = None

    def written(self, name: str = NAME) -> dict[str, Any]:  # Any: JSON
        """As a policy has it, for a deployment of this name."""
        on = [resource.format(name=name) for resource in self.resources]
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": on if len(on) > 1 else on[0],
        }
        return document | ({"Condition": self.condition} if self.condition else {})


STATEMENTS = (
    Statement(
        sid="Stack",
        why="make change sets, execute them, watch them, take them back, delete the stack",
        actions=(
            "cloudformation:CreateChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            "cloudformation:ListStackResources",
            "cloudformation:CancelUpdateStack",
            "cloudformation:ContinueUpdateRollback",
            "cloudformation:UpdateTerminationProtection",
            "cloudformation:DeleteStack",
        ),
        resources=("arn:aws:cloudformation:*:*:stack/{name}/*",),
    ),
    Statement(sid="Who", why="say who deploys", actions=("sts:GetCallerIdentity",)),
)

# What IAM calls otherwise than the call.
_OTHERWISE = {"s3:ListObjectVersions": "s3:ListBucketVersions", "s3:DeleteObjects": "s3:DeleteObjectVersion"}


def allowed(action: str) -> bool:
    """Whether a statement has the action."""
    return any(_OTHERWISE.get(action, action) in one.actions for one in STATEMENTS)


def statement_for(action: str) -> dict[str, Any] | None:  # Any: JSON
    """The statement that a policy lacks where this action is denied."""
    for one in STATEMENTS:
        if _OTHERWISE.get(action, action) in one.actions:
            return one.written()
    return None


def document(name: str = NAME) -> dict[str, Any]:  # Any: JSON
    """The whole policy, as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [one.written(name) for one in STATEMENTS]}
