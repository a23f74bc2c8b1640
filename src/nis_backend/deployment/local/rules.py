"""The figures that a deployment goes by: those of the template, which a test compares, and what tests make smaller."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.deployment.report import Seconds
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.deployment.report import Service


class Rules(Model):
    """How a deployment is watched, drained and taken back."""

    health_seconds: Seconds = Field(default=30.0, gt=0, description="Between two health checks.")
    health_timeout_seconds: Seconds = Field(default=5.0, gt=0, description="What an answer to one may take.")
    healthy: int = Field(default=2, ge=1, description="Good answers in a row that make a task healthy.")
    unhealthy: int = Field(default=3, ge=1, description="Bad ones in a row that make it unhealthy.")
    start_seconds: Seconds = Field(default=60.0, gt=0, description="Time in which bad answers are not held against it.")
    drain_seconds: Seconds = Field(
        default=120.0, ge=0, description="Time that requests under way get after a task left the proxy."
    )
    stop_seconds: Seconds = Field(default=110.0, ge=0, description="From SIGTERM to SIGKILL, as stopTimeout.")
    idle_seconds: Seconds = Field(default=120.0, gt=0, description="Silence after which the proxy closes.")
    sticky_seconds: Seconds = Field(default=3600.0, ge=0, description="Age of the cookie that names a task; 0: none.")
    trial: bool = Field(
        default=True,
        description="Whether the first healthy task of a revision is verified before callers reach it; ECS does not.",
    )
    bake_seconds: Seconds = Field(
        default=60.0, ge=0, description="How long the alarm is still listened to when all tasks are new."
    )
    alarm_errors: int = Field(default=5, ge=1, description="5xx answers in a period at which the alarm rings.")
    alarm_share: float = Field(default=0.0, ge=0, le=1, description="Share of the answers that they must be as well.")
    alarm_period_seconds: Seconds = Field(default=60.0, gt=0, description="How long answers are counted together.")
    again_seconds: Seconds = Field(
        default=1.0, ge=0, description="Before a task that failed is replaced; then doubled."
    )
    again_most_seconds: Seconds = Field(default=60.0, ge=0, description="The longest such wait.")
    migration_seconds: Seconds = Field(default=600.0, gt=0, description="What bringing the database forward may take.")
    log_bytes: int = Field(default=5_000_000, ge=10_000, description="Size at which a task's log is put aside.")


_API = {"NIS_LINGER_SECONDS": "5", "NIS_DRAIN_SECONDS": "60", "NIS_KEEP_ALIVE_SECONDS": "150", "NIS_PING_SECONDS": "20"}
ENDING: Mapping[Service, Mapping[str, str]] = {
    "api": _API,
    "worker": {"NIS_LINGER_SECONDS": "0", "NIS_DRAIN_SECONDS": "60"},
}
"""How a task of the template ends, and keeps connections: settings of nis, unless the deployment names others."""


def threshold(desired: int) -> int:
    """Failed tasks in a row that fail a deployment.

    Half of the desired count, rounded up, at least 3 and at most 200; a task that becomes healthy sets the count back
    to nought. Source: AWS, ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures", and
    DeploymentCircuitBreaker.resetOnHealthyTask (read 2026-11-26).
    """
    return max(3, min(200, math.ceil(0.5 * desired)))
