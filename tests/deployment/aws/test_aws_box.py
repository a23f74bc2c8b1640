"""One machine of EC2 as a deployment: no services, no port where it has no domain, the same way back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fake_aws import FakeAws
from fake_services import FakeServices, image, whole

from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.target import AwsTarget
from nis_backend.deployment.report import Step
from nis_backend.deployment.target import Tell, Wanted
from nis_backend.errors import Conflict


def _nobody(address: str, key: str, tell: Tell) -> Sequence[Step]:
    raise AssertionError(f"{address} is asked")


@pytest.fixture
def services(aws: FakeAws) -> FakeServices:
    """The account with a box in it."""
    made = whole(aws)
    keep = ("RepositoryUri", "KeysArn", "LogGroupName")
    kept = {key: made.stack.outputs[key] for key in keep}
    made.stack.outputs = {**kept, "Address": "http://127.0.0.1:8000", "BoxGroupName": "box", "BoxDiskId": "vol-1"}
    made.stack.become = None
    return made


@pytest.fixture
def target(services: FakeServices, aws: FakeAws) -> AwsTarget:
    """What is tested."""
    account = Account(
        open_session=aws.session, pause=aws.pause, clock=aws.clock, fetch=lambda _address: b'{"architecture": "arm64"}'
    )
    return AwsTarget("nis-backend", "us-east-1", account=account, ask=_nobody)


def _hush(_share: float, _said: str) -> None:
    pass


def test_a_box_is_brought_up_replaced_and_taken_back(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: its disk is never in a change set of an image, and it is protected, since it holds data."""
    assert target.apply(Wanted(profile="box", image=image("a")), _hush).revision == "1"
    assert services.stack.stack
    assert services.stack.stack["EnableTerminationProtection"]
    rows = target.changes(Wanted(profile="box", image=image("b")))
    assert "BoxDisk" not in [row.id for row in rows]
    assert "BoxLaunch" in [row.id for row in rows]
    assert target.apply(Wanted(profile="box", image=image("b")), _hush).revision == "2"
    assert target.roll_back("", _hush).told == "Revision 1 serves again."
    assert services.stack.stack["values"]["Image"] == image("a")
    status = target.status()
    assert [(one.service, one.desired, one.running, one.healthy) for one in status.services] == [("api", 1, 1, 1)]
    assert [(one.id, one.state) for one in status.revisions] == [("3", "serving"), ("2", "before"), ("1", "before")]
    assert not any(call.action.startswith("ecs:") for call in aws.calls)
    with pytest.raises(Conflict, match="A box is one"):
        target.scale("api", 2, _hush)


def test_its_lines_are_those_of_the_api(aws: FakeAws, target: AwsTarget, services: FakeServices) -> None:
    """Promise: the same log group, by the machine's id."""
    target.apply(Wanted(profile="box", image=image("a")), _hush)
    services.lines.append((aws.now - 10, "box/nis-backend/i-0abc", "served"))
    lines = target.logs("api", since=aws.now - 60, limit=5)
    assert [(line.service, line.task, line.text) for line in lines] == [("api", "i-0abc", "served")]


def test_what_stays_of_a_box_is_named(target: AwsTarget) -> None:
    """Promise: a last snapshot of the disk and the daily ones, which outlive what made them, and cost."""
    target.apply(Wanted(profile="box", image=image("a")), _hush)
    gone = AwsTarget("nis-backend", "us-east-1", account=target.account, ask=_nobody, unprotect=True).destroy(_hush)
    assert "a snapshot of the data volume nis-backend-BoxDisk stays" in gone.told
    assert "seven daily snapshots stay, and cost: aws ec2 describe-snapshots" in gone.told
