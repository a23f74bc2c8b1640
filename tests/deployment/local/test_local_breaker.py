"""What fails a deployment on this machine, by the figures of ECS."""

from __future__ import annotations

import pytest

from nis_backend.deployment.local.rules import threshold


@pytest.mark.parametrize(
    ("desired", "failures"), [(0, 3), (1, 3), (6, 3), (7, 4), (10, 5), (25, 13), (399, 200), (400, 200), (800, 200)]
)
def test_the_threshold_is_half_of_the_desired_count_between_three_and_two_hundred(desired: int, failures: int) -> None:
    """As AWS has it in "How the Amazon ECS deployment circuit breaker detects failures", with its own examples."""
    assert threshold(desired) == failures
