"""What watches: metrics and alarms; and what stands alone: a zone of DNS, a key."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.meters.meter import Metered
from nis_backend.deployment.stack import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.meters.meter import Meter

TRACKED = 2
"""Alarms that a target tracking policy makes for itself: one to go up, one to go down."""


def filtered(meter: Meter) -> Iterator[Metered]:
    """Metrics that a filter makes of log lines."""
    count = len(listed(meter.said.get("MetricTransformations")))
    yield Metered(what="metrics of filters", quantity=Decimal(count), unit="metric", rate="metric.month")


def alarm(meter: Meter) -> Iterator[Metered]:
    """An alarm: for each metric that it looks at."""
    metrics = [mapping(one) for one in listed(meter.said.get("Metrics"))]
    looked = len([one for one in metrics if "MetricStat" in one]) or 1
    yield Metered(what="alarms", quantity=Decimal(looked), unit="alarm", rate="alarm.month")


def scaling(meter: Meter) -> Iterator[Metered]:
    """Alarms of a policy that tracks a target."""
    if meter.said.get("PolicyType") == "TargetTrackingScaling":
        yield Metered(what="alarms of scaling", quantity=Decimal(TRACKED), unit="alarm", rate="alarm.month")


def zone(meter: Meter) -> Iterator[Metered]:
    """A zone of DNS."""
    del meter
    yield Metered(what="DNS zone", quantity=Decimal(1), unit="zone", rate="zone.month")


def key(meter: Meter) -> Iterator[Metered]:
    """A key of one's own, before any rotation of it."""
    del meter
    yield Metered(what="encryption key", quantity=Decimal(1), unit="key", rate="kms.key_month")
