"""What a deployment may be, by names: the template's parameters that are set, and what each gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A deployment with a name."""

    parameters: Mapping[str, str]
    told: str
    """What it is, in a sentence."""
    gives_up: str
    """What one does without; for `plan` to say."""
    most_dollars: float | None = None
    """What a month costs at most in us-east-1 with the usage that `plan` assumes, USD; nothing: no limit was set."""


_PRODUCTION = {
    "ApiCpu": "512",
    "ApiMemory": "2048",
    "ApiCount": "2",
    "ApiMost": "6",
    "WorkerCpu": "512",
    "WorkerMemory": "2048",
    "WorkerCount": "1",
    "WorkerMost": "4",
    "TasksIn": "nat",
    "NatGateways": "2",
    "Database": "own",
    "DatabaseClass": "db.t4g.small",
    "DatabaseZones": "2",
    "DatabaseBackupDays": "14",
    "DatabaseProtected": "yes",
    "Cache": "own",
    "CacheNodes": "2",
    "AccessLogs": "yes",
    "Emf": "nis",
}

# Memory: an idle server has 62 MB and a worker process with the model in the box about 250 MB more, so 1 GiB holds the
# image `local`, one such worker and that of the vectors; `core` runs in 512 MiB.
PROFILES: Mapping[str, Profile] = {
    "small": Profile(
        parameters={"ApiCpu": "256", "ApiMemory": "1024"},
        told="One task behind a load balancer, with no database.",
        gives_up="Runs, conversations, blobs and keys are on the task's own disk and are lost with it: at each deploy, "
        "and whenever AWS replaces it. One task: a failure is an outage until the next has started. The task has a "
        "public address, which its security group closes to all but the load balancer.",
        most_dollars=40,
    ),
    "small-rds": Profile(
        parameters={"ApiCpu": "256", "ApiMemory": "1024", "Database": "own"},
        told="One task behind a load balancer, with the smallest PostgreSQL of RDS and a bucket for blobs.",
        gives_up="One task and one database instance, each an outage where it fails; the database has backups of seven "
        "days. Runs are executed by the task that answers.",
        most_dollars=60,
    ),
    "box": Profile(
        parameters={"Shape": "box", "Architecture": "ARM64", "BoxType": "t4g.micro"},
        told="One EC2 instance that runs the image, with the data on a disk of its own and a snapshot of it each day.",
        gives_up="It is down for some minutes at each deploy and where it is replaced; of the data the last day can be "
        "lost with the disk. Without Domain and CaddyImage a forwarded port alone leads to it. It has 1 GiB of memory.",
        most_dollars=12,
    ),
    "production": Profile(
        parameters=_PRODUCTION,
        told="Two to six api tasks and one to four workers in private subnets of two zones, PostgreSQL with a standby, "
        "and Valkey with a replica.",
        gives_up="One region. The bus is PostgreSQL and Valkey, not Kafka, unless Kafka is set. It asks for a "
        "certificate: plain HTTP is refused.",
    ),
    "gpu": Profile(
        parameters={**_PRODUCTION, "GpuType": "g4dn.xlarge"},
        told="Production, and one worker on an instance with a GPU.",
        gives_up="One GPU instance: its worker is away while it is replaced, and runs wait. It costs by the hour, "
        "whether it works or not.",
    ),
}


def profile(name: str) -> Profile:
    """The profile of a name.

    Raises:
        NotFound: there is none.
    """
    if name not in PROFILES:
        raise NotFound(
            f"There is no profile {name!r}.", field="profile", value=name, remedy=f"Take one of {', '.join(PROFILES)}."
        )
    return PROFILES[name]
