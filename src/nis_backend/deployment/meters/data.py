"""What keeps data: PostgreSQL, Valkey, Kafka, secrets, images."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.meters.meter import Metered, Unmetered, certain, exact
from nis_backend.deployment.stack import holds, listed, mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.deployment.meters.meter import Meter


def database(meter: Meter) -> Iterator[Metered]:
    """A PostgreSQL of RDS: its hours and its disk. As much of backups as the disk is large is in the price."""
    if str(meter.said.get("Engine")) != "postgres":
        raise Unmetered("only PostgreSQL is priced")
    if meter.said.get("StorageType", "gp2") != "gp3":
        raise Unmetered("only disks of gp3 are priced")
    size, zones = str(meter.said.get("DBInstanceClass")), "multi" if holds(meter.said.get("MultiAZ")) else "single"
    told = " in two zones" if zones == "multi" else ""
    yield Metered(what=f"{size}{told}", quantity=meter.hours, unit="hour", rate=f"rds.{size}.{zones}")
    what, disk = f"disk of the database{told}", meter.number("AllocatedStorage")
    yield Metered(what=what, quantity=disk, unit="GB-month", rate=f"rds.gp3_gb_month.{zones}")
    if holds(meter.said.get("ManageMasterUserPassword")):
        yield Metered(what="secrets", quantity=Decimal(1), unit="secret", rate="secret.month")


def cache(meter: Meter) -> Iterator[Metered]:
    """Nodes of Valkey or Redis."""
    said = meter.said
    engine, size = str(said.get("Engine", "redis")), str(said.get("CacheNodeType"))
    count = number(said.get("NumCacheClusters") or said.get("NumCacheNodes"))
    if count is None:
        count = meter.number("NumNodeGroups", 1) * (meter.number("ReplicasPerNodeGroup", 0) + 1)
    rate = f"cache.{size}.{engine}"
    yield Metered(what=f"{size} of {engine}", quantity=meter.hours * count, unit="node-hour", rate=rate)


def brokers(meter: Meter) -> Iterator[Metered]:
    """Brokers of Kafka and their disks."""
    group = mapping(meter.said.get("BrokerNodeGroupInfo"))
    size, count = str(group.get("InstanceType")), meter.number("NumberOfBrokerNodes")
    yield Metered(what=f"{size} brokers", quantity=meter.hours * count, unit="broker-hour", rate=f"kafka.{size}")
    disk = mapping(mapping(group.get("StorageInfo")).get("EBSStorageInfo")).get("VolumeSize")
    quantity = certain(number(disk), "VolumeSize") * count
    yield Metered(what="disks of brokers", quantity=quantity, unit="GB-month", rate="kafka.storage_gb_month")


def serverless(meter: Meter) -> Iterator[Metered]:
    """Kafka without brokers of one's own: its hours and its partitions'."""
    yield Metered(what="serverless Kafka", quantity=meter.hours, unit="hour", rate="kafka.serverless_hour")
    partitions, rate = meter.hours * exact(meter.usage.partitions), "kafka.serverless_partition_hour"
    yield Metered(what="partitions", quantity=partitions, unit="partition-hour", rate=rate)


def secret(meter: Meter) -> Iterator[Metered]:
    """A secret that is kept."""
    del meter
    yield Metered(what="secrets", quantity=Decimal(1), unit="secret", rate="secret.month")


def repository(meter: Meter) -> Iterator[Metered]:
    """Images that are kept, no more than its lifecycle policy leaves."""
    text = mapping(meter.said.get("LifecyclePolicy")).get("LifecyclePolicyText")
    try:
        rules = listed(mapping(json.loads(str(text))).get("rules")) if text else []
    except ValueError:
        rules = []
    chosen = [mapping(mapping(rule).get("selection")) for rule in rules]
    most = [number(one.get("countNumber")) for one in chosen if one.get("countType") == "imageCountMoreThan"]
    kept = min([exact(meter.usage.images), *(count for count in most if count is not None)])
    quantity = exact(meter.usage.image_gb) * kept
    yield Metered(what="images", quantity=quantity, unit="GB-month", rate="ecr.gb_month")
