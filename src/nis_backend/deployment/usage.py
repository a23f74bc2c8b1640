"""What is assumed of a month: what is asked, written, kept and sent. A price is of this, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError

from nis_backend.annotations import Unit
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

Gigabytes = Annotated[float, Unit("GB")]
Count = Annotated[float, Unit("")]


class Usage(Model):
    """A month of a deployment, all its tasks together. What stands here is a small one: tens of people."""

    hours: Annotated[float, Unit("h")] = Field(default=730, gt=0, le=744, description="Hours that it runs.")
    requests: Count = Field(default=300_000, ge=0, description="Requests that callers send.")
    connections: Count = Field(
        default=20, ge=0, description="Connections that are open at once on average: streams and WebSockets."
    )
    in_gb: Gigabytes = Field(default=1, ge=0, description="What callers send.")
    out_gb: Gigabytes = Field(default=10, ge=0, description="What is sent to the Internet: answers, calls of models.")
    out_free_gb: Gigabytes = Field(
        default=100, ge=0, description="Of that, what AWS gives each account free; less where others of it use it."
    )
    between_zones_gb: Gigabytes = Field(default=1, ge=0, description="What goes from one zone to another.")
    logs_gb: Gigabytes = Field(default=0.5, ge=0, description="What is written to logs.")
    pulled_gb: Gigabytes = Field(
        default=5, ge=0, description="What goes through NAT gateways or endpoints: images, logs, calls of models."
    )
    image_gb: Gigabytes = Field(default=0.3, ge=0, description="An image, compressed.")
    images: Count = Field(default=3, ge=0, description="Images that are kept, to go back to.")
    disk_used: Annotated[float, Unit("")] = Field(
        default=0.5, ge=0, le=1, description="Part of a box's data disk that is in use, which its first snapshot holds."
    )
    disk_changed: Annotated[float, Unit("")] = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Part of a box's data disk that changes in a day, as later snapshots hold.",
    )
    stored_gb: Gigabytes = Field(default=1, ge=0, description="What is kept in buckets.")
    writes: Count = Field(default=10_000, ge=0, description="Objects that are written to buckets.")
    reads: Count = Field(default=50_000, ge=0, description="Objects that are read from buckets.")
    secrets_read: Count = Field(default=1_000, ge=0, description="Secrets that starting tasks read.")
    metrics: Count = Field(
        default=8, ge=0, description="Metrics that a service's log lines become where NIS_EMF is set, for each service."
    )
    partitions: Count = Field(default=10, ge=0, description="Partitions in a serverless Kafka.")

    def told(self) -> list[str]:
        """Each assumption in words, by the name under which it can be set, with its figure."""
        return [
            f"{name} = {getattr(self, name):,g}: {field.description}" for name, field in type(self).model_fields.items()
        ]


_MANY = Usage(
    requests=3_000_000,
    connections=200,
    in_gb=10,
    out_gb=60,
    between_zones_gb=20,
    logs_gb=5,
    pulled_gb=60,
    images=5,
    stored_gb=50,
    writes=200_000,
    reads=1_000_000,
    secrets_read=10_000,
)
_FEW = Usage(requests=100_000, connections=5, in_gb=0.5, out_gb=3, logs_gb=0.2, pulled_gb=2, secrets_read=100)
USAGES: Mapping[str, Usage] = {"box": _FEW, "production": _MANY, "gpu": _MANY}
"""What is assumed of a profile where nothing is said: some people for a box, hundreds for production; else Usage()."""


def usage_of(profile: str, given: Mapping[str, str]) -> Usage:
    """What is assumed of a profile, with other figures where some are given.

    Raises:
        InvalidRequest: there is no such assumption, or it is none of what it may be.
    """
    assumed = USAGES.get(profile) or Usage()
    try:
        return Usage.model_validate({**assumed.model_dump(), **given})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        raise InvalidRequest(
            f"Of a month, {name} is not {given.get(name)!r}: {wrong['msg']}.",
            field="usage",
            value=name,
            remedy=f"It has {', '.join(Usage.model_fields)}, each a number.",
        ) from None
