"""AWS's sizes and prices, as `aws.json` holds them: each table with its source and its day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from pydantic import Field

from nis_backend.errors import InvalidRequest
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


class Rates(Model):
    """Prices of a region that were read from one source on one day, US dollars, by what they are of."""

    region: str
    source: str
    dated: str
    read_from: str
    usd: dict[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What one of something costs, USD, and where that stands."""

    usd: Decimal
    dated: str
    source: str


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
    rates: list[Rates] = Field(
        description="The first that has a price of a region is the one that counts: alb.hour, rds.db.t4g.micro.single."
    )
    ec2: _Ec2

    def rate(self, name: str, region: str) -> Rate | None:
        """The price of that name in a region, where it is known."""
        return next((rate for known, rate in self.of(region) if known == name), None)

    def regions(self) -> list[str]:
        """The regions of which any price is known."""
        return sorted({one.region for one in self.rates} | {one.region for one in self.fargate.prices})

    def check_region(self, region: str) -> None:
        """Raise where no price is known of a region.

        Raises:
            InvalidRequest: none is.
        """
        if region not in self.regions():
            raise InvalidRequest(
                f"No prices are known of {region}.",
                field="region",
                value=region,
                remedy=f"Choose {', '.join(self.regions())}, or ask AWS: nis deploy plan --refresh --region {region}.",
            )

    def of(self, region: str) -> Iterator[tuple[str, Rate]]:
        """All prices of a region by name; of two of one name the first counts."""
        for row in self.rates:
            if row.region == region:
                for name, usd in row.usd.items():
                    yield name, Rate(usd=usd, dated=row.dated, source=row.source)
        for task in self.fargate.prices:
            if task.region == region:
                prefix = "fargate." if task.architecture == X86 else f"fargate.{task.architecture}."
                for part in ("vcpu_hour", "gb_hour"):
                    usd = Decimal(str(getattr(task, part)))
                    yield prefix + part, Rate(usd=usd, dated=task.dated, source=task.source)
        for size in self.ec2.sizes:
            hourly = size.hourly(region)
            if hourly is not None:
                usd = Decimal(str(hourly))
                yield f"ec2.{size.size}", Rate(usd=usd, dated=self.ec2.dated, source=self.ec2.source)

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
