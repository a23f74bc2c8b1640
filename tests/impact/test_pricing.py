"""Prices of a month: known ones, the smallest size, and no saving where there is none."""

from __future__ import annotations

import pytest

from nis_backend.errors import InvalidRequest
from nis_backend.impact.pricing import SYSTEM, price
from nis_backend.impact.report import Price

GIB = 2**30


def priced(before: float, after: float, *, headroom: float = 0.0, region: str = "us-east-1") -> Price:
    """Peaks in GiB."""
    return price((round(before * GIB), round(after * GIB)), (10**9, 10**8), headroom=headroom, region=region)


@pytest.mark.parametrize(
    ("memory", "size", "monthly"),
    [
        (0.4, "256 CPU units, 512 MiB", 730 * (0.25 * 0.04048 + 0.5 * 0.004445)),
        (1.9, "256 CPU units, 2048 MiB", 730 * (0.25 * 0.04048 + 2 * 0.004445)),
        (2.1, "512 CPU units, 3072 MiB", 730 * (0.5 * 0.04048 + 3 * 0.004445)),
        (7.5, "1024 CPU units, 8192 MiB", 730 * (1 * 0.04048 + 8 * 0.004445)),
        (9.0, "2048 CPU units, 9216 MiB", 730 * (2 * 0.04048 + 9 * 0.004445)),
    ],
)
def test_fargate_sizes_and_their_prices_are_those_of_its_pages(memory: float, size: str, monthly: float) -> None:
    """Pairs of CPU and memory: Amazon ECS Developer Guide, task CPU and memory; prices of us-east-1, Linux on x86."""
    bill = priced(memory, memory).before[0]
    assert (bill.service, bill.size) == ("fargate", size)
    assert bill.monthly == pytest.approx(monthly)


def test_a_host_keeps_memory_for_its_own_system() -> None:
    """A host of 1 GiB does not hold a task that peaks at 0.7 GiB: 0.5 are its own."""
    small, larger = priced(0.45, 0.7).before[1], priced(0.45, 0.7).after[1]
    assert small.monthly < larger.monthly
    assert priced(2 - SYSTEM / GIB, 1).before[1].size == larger.size


def test_no_saving_is_claimed_where_the_size_is_the_same() -> None:
    """The one claim that notes get wrong most: memory went down, the bill did not."""
    found = priced(0.45, 0.3)
    assert found.before == found.after
    assert found.told.count("nothing is saved") == 2
    assert "less" not in found.told


def test_what_is_said_of_a_saving_is_the_difference_of_the_bills() -> None:
    """And of one that costs more, that it does."""
    found = priced(3.0, 0.4)
    less = found.before[0].monthly - found.after[0].monthly
    assert f"Fargate: ${less:.2f} a month less" in found.told
    assert f"Fargate: ${less:.2f} a month more" in priced(0.4, 3.0).told


def test_headroom_is_of_the_measured_peak() -> None:
    """A third more than 1.9 GiB needs another size."""
    assert priced(1.9, 1.9, headroom=0.3).before[0].size == "512 CPU units, 3072 MiB"
    assert priced(1.9, 1.9, headroom=0.3).needed_before == round(round(1.9 * GIB) * 1.3)


def test_keeping_an_image_costs_what_its_compressed_bytes_do() -> None:
    """ECR counts decimal gigabytes of compressed layers; where its price is not known nothing is said."""
    found = priced(1, 1)
    assert (found.image_before, found.image_after) == (pytest.approx(0.1), pytest.approx(0.01))
    assert priced(1, 1, region="eu-central-1").image_before is None


def test_the_date_is_the_oldest_of_the_prices_that_were_counted_with() -> None:
    """An old price of another processor is none of them."""
    assert priced(1, 1).dated == "2026-04-01"
    assert priced(1, 1, region="eu-central-1").dated == "2026-07-07"
    assert "https://" in priced(1, 1).source


def test_a_kind_of_host_that_has_no_size_is_said_not_to() -> None:
    """More than Fargate's largest task: EC2 alone is counted with, in words too."""
    found = priced(300, 0.4)
    assert [bill.service for bill in (*found.before, *found.after)] == ["ec2", "ec2"]
    assert "Fargate has no size of 300.0 GiB" in found.told


def test_a_service_whose_price_is_not_known_in_a_region_is_said_to_be_so() -> None:
    """Not that it had no size: EC2 was read in us-east-1 alone, and is no source of what is told elsewhere."""
    found = priced(0.4, 0.3, region="eu-central-1")
    assert [bill.service for bill in found.before] == ["fargate"]
    assert "no price of EC2 is known in eu-central-1" in found.told
    assert "/ec2/" not in found.source


@pytest.mark.parametrize(
    ("peak", "region", "field"), [(1, "mars-north-1", "region"), (100_000, "us-east-1", "peak_before")]
)
def test_what_has_no_price_is_refused_by_its_field(peak: float, region: str, field: str) -> None:
    """A region that is not known, and memory that no size has."""
    with pytest.raises(InvalidRequest) as caught:
        priced(peak, 1, region=region)
    assert caught.value.field == field
    assert caught.value.remedy
