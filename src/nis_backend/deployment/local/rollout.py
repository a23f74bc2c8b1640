"""How a deployment goes: what counts against it, when it is given up, and what it is listened to for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from nis_backend.deployment.local.rules import threshold

if TYPE_CHECKING:
    from nis_backend.deployment.local.balance import Counts
    from nis_backend.deployment.local.rules import Rules
    from nis_backend.deployment.local.state import RolloutKept
    from nis_backend.deployment.local.task import Task


class Rollout:
    """One deployment, from the first new task until it is completed or failed."""

    def __init__(self, kept: RolloutKept, rules: Rules, counts: Counts) -> None:
        self.kept = kept
        self.proving = False
        self._rules = rules
        self._counts = counts
        self._begun = time.monotonic()
        self._period = (self._begun, counts.requests - counts.absent, counts.errors - counts.absent)
        self._over = asyncio.Event()

    def well(self, service: str) -> None:
        """A task became healthy: failures are counted in a row."""
        self.kept.failures[service] = 0

    def ill(self, task: Task, desired: int) -> None:
        """A task failed: stage 1 where it never came to run, stage 2 where its health checks or its process failed."""
        service = task.kept.service
        failures = self.kept.failures.get(service, 0) + 1
        self.kept.failures[service] = failures
        if failures >= threshold(desired):
            stage = "never came to run" if not task.kept.proven and task.state == "gone" else "did not stay healthy"
            self.fail(f"{failures} tasks of {service} in a row {stage}; of the last: {task.why}")

    def fail(self, why: str) -> None:
        """Give it up."""
        if self.kept.state in {"in_progress", "proving"}:
            self.kept.state = "failed"
            self.kept.why = why
            self._over.set()

    def rings(self) -> bool:
        """Whether the alarm rings: as soon as a period has enough; CloudWatch looks at its end."""
        now, (since, requests, errors) = time.monotonic(), self._period
        answered, wrong = self._counts.requests - self._counts.absent, self._counts.errors - self._counts.absent
        if self.kept.back:
            return False
        if now - since >= self._rules.alarm_period_seconds:
            self._period = (now, answered, wrong)
        asked, failed = answered - requests, wrong - errors
        if failed < self._rules.alarm_errors or failed < asked * self._rules.alarm_share:
            return False
        self.fail(f"the alarm rang: {failed} of {asked} answers within {now - since:.1f} s were 5xx")
        return True

    async def bake(self) -> None:
        """Wait as long as the alarm is to be listened to; less where the deployment fails meanwhile."""
        try:
            async with asyncio.timeout(self._rules.bake_seconds):
                await self._over.wait()
        except TimeoutError:
            pass
