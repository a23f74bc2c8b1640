"""Figures as Prometheus reads them, in its text format or OpenMetrics: written by its own client, loaded when asked."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drivers.telemetry.snapshot import Family


class Families(Collector):
    """Figures that were taken before."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Each as the client has it."""
        return map(_metric, self._families)


def written(families: Sequence[Family], accept: str) -> tuple[str, bytes]:
    """Their media type and bytes, in the form that a scraper's `Accept` names."""
    encode, media_type = choose_encoder(accept)
    return media_type, encode(Families(families))


def _metric(family: Family) -> Metric:
    match family.kind:
        case "counter":
            counter = CounterMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in family.values.items():
                counter.add_metric(labels, value)
            return counter
        case "gauge":
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in family.values.items():
                gauge.add_metric(labels, value)
            return gauge
        case "info":
            info = InfoMetricFamily(family.name, family.help)
            for labels in family.values:
                info.add_metric([], dict(zip(family.labels, labels, strict=True)))
            return info
        case "histogram":
            found = HistogramMetricFamily(family.name, family.help, labels=family.labels)
            names = [*map(str, family.bounds), "+Inf"]
            for labels, row in family.rows.items():
                buckets = [*zip(names, accumulate(row[:-1]), strict=True)]
                found.add_metric(labels, buckets, row[-1])
            return found
