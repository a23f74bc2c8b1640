"""The policy of who deploys has what is called, on what it is called on, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from fake_aws import NUMBER, REGION, Call, FakeAws, Killed, Refused, arn
from fake_services import FakeServices, image, whole

from nis_backend.deployment.aws import policy, template
from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.ecr import login
from nis_backend.deployment.aws.target import AwsTarget
from nis_backend.deployment.report import Step
from nis_backend.deployment.target import Tell, Wanted
from nis_backend.errors import NotFound, Unavailable

ROOT = Path(__file__).resolve().parents[3]
PASSED_ON = frozenset({"iam:PassRole", "cloudformation:TagResource"})
"""What is asked for within another call: permissions that are no operations."""
PUSHED = frozenset(
    f"ecr:{name}"
    for name in (
        *("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"),
        "PutImage",
    )
)
"""What the program calls that pushes."""


def test_every_call_of_a_deployments_life_is_allowed(aws: FakeAws, account: Account) -> None:
    """Promise: with this policy alone, all of `nis deploy` works, and all of the policy is needed for some of it.

    That of another deployment allows none of this one's changes.
    """
    services = whole(aws)
    _live(services, account)
    _others(services, account)
    other = policy.document("other")
    assert {call.action for call in aws.calls if not _allows(policy.document(), call)} == set()
    assert {call.action for call in aws.calls if call.action in aws.asked() and _allows(other, call)} == set()
    used = {call.action for call in aws.calls}
    assert {action for one in policy.STATEMENTS for action in one.actions} - used == PASSED_ON | PUSHED


def test_the_docs_have_the_policy() -> None:
    """Promise: what is copied from the docs is what the code needs."""
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(\{.*?\n\})\n```", text, re.DOTALL)]
    assert policy.document() in blocks


def test_the_docs_name_every_service_that_the_template_makes_something_of() -> None:
    """Promise: who makes a role for CloudFormation finds what it has to be for, and no service too many."""
    kinds = {str(one["Type"]).split("::")[1] for one in template.own().document["Resources"].values()}
    assert kinds == set(policy.MAKES)
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    assert ", ".join(f"`{service}`" for service in sorted(policy.MAKES.values())) in " ".join(text.split())


def test_actions_are_those_of_aws(aws: FakeAws, account: Account) -> None:
    """Promise: no action is misspelled: each is an operation of a service that the package knows."""
    session = aws.session()
    for statement in policy.STATEMENTS:
        for action in set(statement.actions) - PASSED_ON:
            service, _, name = action.partition(":")
            client = session.client({"elasticloadbalancing": "elbv2"}.get(service, service))
            assert name in client.meta.service_model.operation_names, action


def _answers(_address: str, _key: str, _tell: Tell) -> Sequence[Step]:
    return [Step(what="GET /health", ok=True, seconds=0.1)]


def _live(services: FakeServices, account: Account) -> None:
    """Made, changed, broken, stuck, looked at, taken back, taken down."""
    target = AwsTarget("nis-backend", REGION, account=account, ask=_answers, unprotect=True)
    parameters = {"PlainHttp": "allowed"}

    def wanted(letter: str) -> Wanted:
        return Wanted(profile="small-rds", image=image(letter), parameters=parameters)

    target.apply(wanted("a"), _hush)
    target.changes(wanted("b"))
    target.apply(wanted("b"), _hush)
    services.broken.add(image("c"))
    services.stack.stuck = True
    target.apply(wanted("c"), _hush)
    target.roll_back("", _hush)
    target.roll_back("1", _hush)
    target.logs(None, since=account.clock() - 60, limit=5)
    target.status()
    login("nis-backend", REGION, account)
    target.destroy(_hush)


def _others(services: FakeServices, account: Account) -> None:
    """Other circumstances: a rollout under way, an update that is cancelled, a box."""
    aws = services.aws
    services.broken.clear()
    target = AwsTarget("nis-backend", REGION, account=account, ask=_answers)

    def wanted(letter: str) -> Wanted:
        return Wanted(profile="small", image=image(letter), parameters={"PlainHttp": "allowed"}, ephemeral=True)

    target.apply(wanted("a"), _hush)
    services.stack.outputs["BrokersArn"] = arn("kafka", "cluster/nis-backend/1")
    brought = {"PlainHttp": "allowed", "Database": "own", "Kafka": "own"}
    target.apply(Wanted(profile="small", parameters=brought), _hush)
    services.history.clear()
    target.status()
    aws.kill_after = "cloudformation:ExecuteChangeSet"
    with pytest.raises(Killed):
        target.apply(wanted("b"), _hush)
    aws.dead, aws.kill_after = False, ""
    target.roll_back("", _hush)
    services.stack.outputs = {"BoxGroupName": "box", "Address": "http://127.0.0.1:8000"}
    target.status()


def _hush(_share: float, _said: str) -> None:
    pass


def _allows(document: dict[str, Any], call: Call) -> bool:
    """A small reader of policies: an action and all that it is on, by their patterns."""
    on, tags = _on(call)
    for statement in document["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        condition = statement.get("Condition", {}).get("StringEquals", {})
        if call.action in statement["Action"] and all(
            any(fnmatchcase(one, pattern) for pattern in resources) for one in on
        ):
            return all(tags.get(key.rpartition("/")[2]) == value for key, value in condition.items())
    return False


def _on(call: Call) -> tuple[list[str], dict[str, str]]:
    """The resources that a request is about, and their tags, as IAM is told of them."""
    asked, here, tags = call.parameters, f"{REGION}:{NUMBER}", dict[str, str]()
    service, on = call.action.partition(":")[0], ["*"]
    if service == "cloudformation":
        named = str(asked.get("StackName", "nis-backend"))
        assert named == "nis-backend" or "/nis-backend/" in named
        on = [f"arn:aws:cloudformation:{here}:stack/nis-backend/1"]
    elif call.action == "ecs:DescribeServices":
        on = [f"arn:aws:ecs:{here}:service/{asked['cluster']}/{one}" for one in asked["services"]]
    elif call.action in {"ecs:RunTask", "ecs:DescribeTasks"}:
        on = asked.get("tasks") or [asked["taskDefinition"]]
    elif service == "ecr" and asked:
        on = [f"arn:aws:ecr:{here}:repository/{asked.get('repositoryName') or asked['repositoryNames'][0]}"]
    elif service == "kafka":
        on = [asked["ClusterArn"]]
    elif service == "logs":
        on = [f"arn:aws:logs:{here}:log-group:{asked['logGroupName']}:*"]
    elif service == "ssm":
        on = [f"arn:aws:ssm:{here}:parameter{asked['Name']}"]
    elif service == "secretsmanager":
        on, tags = [asked["SecretId"]], {"Name": "nis-backend"}
    return on, tags


def test_a_denied_action_names_its_statement(aws: FakeAws, account: Account) -> None:
    """Promise: what is missing is told as the statement to be added, for this and no other thing."""
    services = whole(aws)
    said = f"User: arn:aws:iam::{NUMBER}:user/alice is not authorized to perform: ecr:BatchGetImage"
    aws.refusing["ecr:BatchGetImage"] = Refused("AccessDeniedException", said)
    target = AwsTarget("nis-backend", REGION, account=account, ask=_answers)
    wanted = Wanted(profile="small-rds", image=image("a"), parameters={"PlainHttp": "allowed"})
    with pytest.raises(Exception, match="does not allow ecr:BatchGetImage") as caught:
        target.apply(wanted, _hush)
    remedy = str(getattr(caught.value, "remedy", ""))
    assert json.loads(remedy.partition(": ")[2]) == next(
        one.written() for one in policy.STATEMENTS if one.sid == "Images"
    )
    assert services.stack.stack is None


def test_what_could_not_be_verified_is_not_begun(aws: FakeAws, account: Account) -> None:
    """Promise: a right that only the end needs is missed at the beginning."""
    whole(aws)
    target = AwsTarget("nis-backend", REGION, account=account, ask=_answers)
    parameters = {"PlainHttp": "allowed"}
    target.apply(Wanted(profile="small-rds", parameters=parameters), _hush)
    said = f"User: arn:aws:iam::{NUMBER}:user/alice is not authorized to perform: secretsmanager:GetSecretValue"
    aws.refusing["secretsmanager:GetSecretValue"] = Refused("AccessDeniedException", said)
    aws.calls.clear()
    with pytest.raises(Unavailable, match="secretsmanager:GetSecretValue"):
        target.apply(Wanted(profile="small-rds", image=image("a"), parameters=parameters), _hush)
    assert aws.asked() == []


def test_what_is_not_there_is_not_found(aws: FakeAws, account: Account) -> None:
    """Promise: without a stack there is nothing to take back, scale, read or push to."""
    whole(aws)
    target = AwsTarget("nis-backend", REGION, account=account, ask=_answers)
    for ask in (
        lambda: target.roll_back("", _hush),
        lambda: target.scale("api", 2, _hush),
        lambda: target.destroy(_hush),
        lambda: target.logs(None, since=0.0, limit=1),
        lambda: login("nis-backend", REGION, account),
    ):
        with pytest.raises(NotFound):
            ask()
    assert not target.status().exists
