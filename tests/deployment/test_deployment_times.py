"""Times as sums: their parts stand in the template, in settings, or with a source, and what must hold is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.stack import Stack
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve
from nis_backend.deployment.times import PULLED_SECONDS, drains, times
from nis_backend.settings import Settings

if TYPE_CHECKING:
    from nis_backend.deployment.report import Arithmetic


def stack(stop: int | None = 110, idle: str = "120", **settings: str) -> Stack:
    """A service behind a load balancer, as small as it can be."""
    container: dict[str, Any] = {
        "Environment": [{"Name": f"NIS_{name}_SECONDS", "Value": value} for name, value in settings.items()],
        "HealthCheck": {"StartPeriod": 45},
    }
    if stop is not None:
        container["StopTimeout"] = stop
    balancing, kept = "AWS::ElasticLoadBalancingV2::", [{"Key": "deregistration_delay.timeout_seconds", "Value": "90"}]
    waits = [{"Key": "idle_timeout.timeout_seconds", "Value": idle}]
    checked = {"HealthyThresholdCount": 2, "HealthCheckIntervalSeconds": 30, "TargetGroupAttributes": kept}
    return Stack(
        {
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [container]}},
            "Api": {
                "Type": "AWS::ECS::Service",
                "Properties": {"TaskDefinition": {"Ref": "Task"}, "LoadBalancers": [{}]},
            },
            "Lb": {"Type": f"{balancing}LoadBalancer", "Properties": {"LoadBalancerAttributes": waits}},
            "Group": {"Type": f"{balancing}TargetGroup", "Properties": checked},
        }
    )


def one(found: list[Arithmetic], begin: str) -> Arithmetic:
    """The sum whose name begins so."""
    (only,) = [each for each in found if each.what.startswith(begin)]
    return only


def test_a_rollback_is_pull_start_two_checks_and_drain() -> None:
    """Promise: pull + start + 2 × 30 s health + drain, and nothing smaller is claimed."""
    found = one(times(stack(), image_mb=300), "Rollback of Api")
    assert [(part.what, part.seconds) for part in found.parts] == [
        ("pull", PULLED_SECONDS),
        ("start", 45),
        ("health", 60),
        ("drain", 90 + 110),
    ]
    assert found.seconds == sum(part.seconds for part in found.parts)
    assert "from 162 s on" in found.told
    assert "elasticscale.com" in found.parts[0].told


def test_a_larger_image_takes_longer_and_a_smaller_one_is_not_claimed_to_be_quicker() -> None:
    """One measurement is scaled up, never down; a measured start takes the place of the template's."""
    pulls = [one(times(stack(), image_mb=size), "Deploy").parts[0].seconds for size in (10, 413, 826)]
    assert pulls == [57, 57, 114]
    assert one(times(stack(), image_mb=10, start=3.2), "Rollback").parts[1].seconds == 3.2


@pytest.mark.parametrize(("stop", "drain", "holds"), [(110, "60", True), (110, "100", False), (None, "60", False)])
def test_a_drain_that_ecs_would_cut_does_not_hold(stop: int | None, drain: str, holds: bool) -> None:
    """Linger, drain and ten seconds are less than stopTimeout, which is 30 s where nothing is said."""
    found = one(times(stack(stop, LINGER="5", DRAIN=drain), image_mb=1), "Drain of Api")
    assert found.seconds == 5 + float(drain) + 10
    assert found.holds is holds
    assert ("raise StopTimeout" in found.told) is not holds


@pytest.mark.parametrize(
    ("idle", "kept", "holds"),
    [("120", "150", True), ("120", "120", False), ("10", "150", False), ("4000", "150", False)],
)
def test_pings_the_idle_timeout_and_keep_alive_ascend(idle: str, kept: str, holds: bool) -> None:
    """A ping, then idle, then keep-alive: else a quiet WebSocket is cut, or a request meets a close."""
    assert one(times(stack(idle=idle, PING="20", KEEP_ALIVE=kept), image_mb=1), "Quiet").holds is holds


def test_what_is_not_said_is_the_settings_default() -> None:
    """No constants of their own."""
    found = drains({"NIS_LINGER_SECONDS": "4"})
    default = Settings.model_fields["drain_seconds"].default
    assert [part.seconds for part in found.parts] == [4, default]
    assert [part.told for part in found.parts] == ["NIS_LINGER_SECONDS", "NIS_DRAIN_SECONDS"]


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "box"])
def test_the_templates_own_times_hold(name: str) -> None:
    """Promise: the drain arithmetic of what is deployed holds, of every service of every profile."""
    parameters = {**PROFILES[name].parameters, "Image": "image@sha256:" + "0" * 64}
    found = times(Stack(resolve(read(own_template()), parameters, "us-east-1").resources), image_mb=300)
    assert [each.what for each in found if not each.holds] == []
    assert one(found, "Rollback").parts[2].seconds == 60
    assert len([each for each in found if each.what.startswith("Drain of")]) == {"small": 1, "small-rds": 1}.get(
        name, 2 + (name == "gpu")
    )


def test_the_box_drains_before_docker_kills_and_is_away_while_it_is_replaced() -> None:
    """What it does when it starts has the figures; nobody is served between the two."""
    parameters = {**PROFILES["box"].parameters, "Image": "image@sha256:" + "0" * 64}
    drain, deploy = times(Stack(resolve(read(own_template()), parameters, "us-east-1").resources), image_mb=300)
    assert (drain.what, drain.seconds, drain.holds) == ("Drain of BoxGroup", 70, True)
    assert "docker kills" in drain.told
    assert [part.seconds for part in deploy.parts] == [70, 900]
    assert "Nobody is served meanwhile" in deploy.told
