"""Each profile is a stack that can be, and says what it gives up."""

from __future__ import annotations

import pytest
from stacks import OF_PROFILES, REGION

from nis_backend.deployment.profiles import PROFILES, profile
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve
from nis_backend.errors import NotFound


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_told_and_is_a_stack(name: str) -> None:
    """Every parameter is the template's and differs from its default, and no rule is against it."""
    found = profile(name)
    template = read(own_template())
    assert found.told.endswith(".")
    assert found.gives_up.endswith(".")
    for parameter, value in found.parameters.items():
        default = template.document["Parameters"][parameter]["Default"]
        assert str(default) != value or parameter in {"ApiCpu", "ApiMemory", "BoxType"}, (
            "what sizes it may be said again"
        )
    assert not resolve(template, OF_PROFILES[name], REGION).refused


def test_what_is_lost_at_a_deploy_is_said() -> None:
    """Without a database a task's data goes with it."""
    assert "lost" in PROFILES["small"].gives_up
    assert "Database" not in PROFILES["small"].parameters


def test_production_survives_a_zone() -> None:
    """Two tasks, two NAT gateways, a standby, a replica, in private subnets; and it does not speak plain HTTP."""
    wanted = PROFILES["production"].parameters
    assert {wanted[name] for name in ("ApiCount", "NatGateways", "DatabaseZones", "CacheNodes")} == {"2"}
    assert wanted["TasksIn"] == "nat"
    assert "PlainHttp" not in wanted


def test_a_profile_that_there_is_not_names_those_there_are() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(NotFound) as told:
        profile("big")
    assert "small-rds" in told.value.remedy
