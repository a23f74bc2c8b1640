"""AWS's sizes and prices, as `aws.json` holds them: each table with its source and its day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from pydantic import Field

from nis_backend.operation import Model

X86 = "x86_64"


class FargateSize(Model):
    """The memory that goes with a number of CPU units."""

    cpu: int
    memory_mib: list[int] = Field(default_factory=list[int])
    from_mib: int = 0
    to_mib: int = 0
    step_mib: int = 1

    def memories(self) -> Sequence[int]:
        """All that can be asked for, MiB."""
        return self.memory_mib or range(self.from_mib, self.to_mib + 1, self.step_mib)


class FargatePrice(Model):
    """What an hour costs, USD."""

    region: str
    architecture: str
    vcpu_hour: float
    gb_hour: float
    dated: str
    source: str
    read_from: str

    def of(self, cpu: float, memory: float) -> float:
        """A task of so many CPU units and MiB, USD an hour."""
        return cpu / 1024 * self.vcpu_hour + memory / 1024 * self.gb_hour


class Ec2Size(Model):
    """An EC2 size, and its price of an hour."""

    size: str
    vcpu: int
    memory_mib: int
    architecture: str
    gpus: int = 0
    us_east_1: float = Field(alias="us-east-1")

    def hourly(self, region: str) -> float | None:
        """USD, where its price in the region is known."""
        return self.us_east_1 if region == "us-east-1" else None


class EcrPrice(Model):
    """What keeping a gigabyte for a month costs, USD."""

    region: str
    gb_month: float
    dated: str
    source: str
    read_from: str
    told: str


class _Fargate(Model):
    source: str
    dated: str
    sizes: list[FargateSize]
    prices: list[FargatePrice]


class _Ec2(Model):
    source: str
    dated: str
    read_from: str
    sizes: list[Ec2Size]


class Prices(Model):
    """AWS's sizes and prices."""

    hours_a_month: int
    told: str
    fargate: _Fargate
    ecr: list[EcrPrice]
    ec2: _Ec2

    def fargate_in(self, region: str) -> FargatePrice | None:
        """What an hour on x86 costs in a region, where that is known."""
        return next((one for one in self.fargate.prices if (one.region, one.architecture) == (region, X86)), None)

    def ec2_size(self, name: str) -> Ec2Size | None:
        """The EC2 size of that name."""
        return next((size for size in self.ec2.sizes if size.size == name), None)

    def pair_is_valid(self, cpu: float, memory: float) -> bool:
        """Whether Fargate has a task of so many CPU units and MiB."""
        return any(size.cpu == cpu and memory in size.memories() for size in self.fargate.sizes)


@cache
def prices() -> Prices:
    """AWS's sizes and prices."""
    return Prices.model_validate_json((files("nis_backend.prices") / "aws.json").read_text("utf-8"))
