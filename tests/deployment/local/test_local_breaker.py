"""What fails a deployment on this machine, by the figures of ECS."""

from __future__ import annotations

import pytest

from nis_backend.deployment.local.rules import ENDING, Rules, threshold
from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve

IMAGE = f"1.dkr.ecr.us-east-1.amazonaws.com/nis-backend@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("desired", "failures"), [(0, 3), (1, 3), (6, 3), (7, 4), (10, 5), (25, 13), (399, 200), (400, 200), (800, 200)]
)
def test_the_threshold_is_half_of_the_desired_count_between_three_and_two_hundred(desired: int, failures: int) -> None:
    """As AWS has it in "How the Amazon ECS deployment circuit breaker detects failures", with its own examples."""
    assert threshold(desired) == failures


def test_what_is_rehearsed_goes_by_the_figures_of_the_template() -> None:
    """A rehearsal with other figures would show another deployment."""
    parameters = {**PROFILES["production"].parameters, "PlainHttp": "allowed", "Image": IMAGE}
    resources = resolve(read(own_template()), parameters, "us-east-1").resources
    properties = {name: resource["Properties"] for name, resource in resources.items() if "Properties" in resource}
    group, task = properties["TargetGroup"], properties["ApiTask"]["ContainerDefinitions"][0]
    said = {one["Key"]: one["Value"] for one in group["TargetGroupAttributes"]}
    said |= {one["Key"]: one["Value"] for one in properties["LoadBalancer"]["LoadBalancerAttributes"]}
    rules = Rules()
    assert rules.health_seconds == group["HealthCheckIntervalSeconds"]
    assert rules.health_timeout_seconds == group["HealthCheckTimeoutSeconds"]
    assert (rules.healthy, rules.unhealthy) == (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"])
    assert rules.drain_seconds == float(said["deregistration_delay.timeout_seconds"])
    assert rules.sticky_seconds == float(said["stickiness.lb_cookie.duration_seconds"])
    assert rules.idle_seconds == float(said["idle_timeout.timeout_seconds"])
    assert rules.stop_seconds == task["StopTimeout"]
    assert rules.start_seconds == properties["ApiService"]["HealthCheckGracePeriodSeconds"]
    assert rules.alarm_errors == float(properties["Errors5xxAlarm"]["Threshold"])
    assert rules.alarm_period_seconds == properties["Errors5xxAlarm"]["Period"]
    for name, ending in (("ApiTask", ENDING["api"]), ("WorkerTask", ENDING["worker"])):
        settings = properties[name]["ContainerDefinitions"][0]["Environment"]
        told = {one["Name"]: one["Value"] for one in settings}
        assert {key: told[key] for key in ending} == dict(ending)
