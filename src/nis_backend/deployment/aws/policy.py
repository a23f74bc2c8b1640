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
    condition: dict[str, dict[str, str]] | None = None

    def written(self, name: str = NAME) -> dict[str, Any]:  # Any: JSON
        """As a policy has it, for a deployment of this name."""
        on = [resource.format(name=name) for resource in self.resources]
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": on if len(on) > 1 else on[0],
        }
        if self.condition:
            document["Condition"] = {
                how: {key: value.format(name=name) for key, value in pairs.items()}
                for how, pairs in self.condition.items()
            }
        return document


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
            # Asked for within the first, since stacks are tagged.
            "cloudformation:TagResource",
        ),
        resources=("arn:aws:cloudformation:*:*:stack/{name}/*",),
    ),
    Statement(sid="Who", why="say who deploys, and in which account", actions=("sts:GetCallerIdentity",)),
    Statement(
        sid="Tasks",
        why="watch services and their tasks, and run the migration",
        actions=("ecs:DescribeServices", "ecs:DescribeTasks", "ecs:RunTask"),
        resources=(
            "arn:aws:ecs:*:*:service/{name}/*",
            "arn:aws:ecs:*:*:task/{name}/*",
            "arn:aws:ecs:*:*:task-definition/{name}-migration:*",
        ),
    ),
    Statement(
        sid="TaskLists",
        why="find tasks that stopped, and what a task definition has: neither is asked of one resource",
        actions=("ecs:ListTasks", "ecs:DescribeTaskDefinition"),
    ),
    Statement(
        sid="MigrationRole",
        why="hand the migration its roles",
        actions=("iam:PassRole",),
        resources=("arn:aws:iam::*:role/{name}-*",),
        condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    ),
    Statement(
        sid="Images",
        why="look for images, and push them",
        actions=(
            *("ecr:DescribeRepositories", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"),
            *("ecr:CompleteLayerUpload", "ecr:PutImage"),
        ),
        resources=("arn:aws:ecr:*:*:repository/{name}",),
    ),
    Statement(sid="Registry", why="log in to push: the account's alone", actions=("ecr:GetAuthorizationToken",)),
    Statement(
        sid="Logs",
        why="read what tasks wrote",
        actions=("logs:FilterLogEvents", "logs:GetLogEvents"),
        resources=("arn:aws:logs:*:*:log-group:/ecs/{name}:*",),
    ),
    Statement(
        sid="Watch",
        why="tell how it is: these are not asked of one resource",
        actions=(
            "cloudwatch:DescribeAlarms",
            "elasticloadbalancing:DescribeTargetHealth",
            "autoscaling:DescribeAutoScalingGroups",
        ),
    ),
    Statement(
        sid="Brokers",
        why="ask where the brokers of a cluster answer, which CloudFormation does not tell",
        actions=("kafka:GetBootstrapBrokers",),
        resources=("arn:aws:kafka:*:*:cluster/{name}/*",),
    ),
    Statement(
        sid="History",
        why="keep what was served, for the way back",
        actions=("ssm:PutParameter", "ssm:GetParameterHistory", "ssm:DeleteParameter"),
        resources=("arn:aws:ssm:*:*:parameter/{name}/served",),
    ),
    Statement(
        sid="Key",
        why="ask what was deployed, as a caller with its key",
        actions=("secretsmanager:GetSecretValue",),
        condition={"StringEquals": {"aws:ResourceTag/Name": "{name}"}},
    ),
)


MAKES = {
    "ApplicationAutoScaling": "application-autoscaling",
    "AutoScaling": "autoscaling",
    "CloudWatch": "cloudwatch",
    "DLM": "dlm",
    "EC2": "ec2",
    "ECR": "ecr",
    "ECS": "ecs",
    "ElastiCache": "elasticache",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "IAM": "iam",
    "KMS": "kms",
    "Logs": "logs",
    "MSK": "kafka",
    "RDS": "rds",
    "S3": "s3",
    "SNS": "sns",
    "SecretsManager": "secretsmanager",
}
"""Of what the template makes, by CloudFormation's names, what IAM calls the service."""


def allowed(action: str) -> bool:
    """Whether a statement has the action."""
    return any(action in one.actions for one in STATEMENTS)


def statement_for(action: str) -> dict[str, Any] | None:  # Any: JSON
    """The statement that a policy lacks where this action is denied."""
    for one in STATEMENTS:
        if action in one.actions:
            return one.written()
    return None


def document(name: str = NAME) -> dict[str, Any]:  # Any: JSON
    """The whole policy, as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [one.written(name) for one in STATEMENTS]}
