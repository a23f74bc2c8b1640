"""What applying would do: every resource, the price of a month, the times as sums, and what to mind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from nis_backend.deployment.price import NO_PRICE, price
from nis_backend.deployment.report import Arithmetic, Plan, Resource
from nis_backend.deployment.stack import Stack
from nis_backend.deployment.target import DIGEST
from nis_backend.deployment.times import drains, times
from nis_backend.deployment.usage import USAGES, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.deployment.profiles import Profile
    from nis_backend.deployment.report import Price
    from nis_backend.deployment.target import Target, Wanted
    from nis_backend.deployment.template.resolving import Resolved
    from nis_backend.prices.aws import Prices

Where = Literal["aws", "local"]

BY_DIGEST = re.compile(rf"(^|@){DIGEST}$")
NO_IMAGE = "image@sha256:" + "0" * 64
"""What stands for an image that nobody named: without one the template has no tasks to price."""
MEGABYTES = 1000
"""Of a gigabyte, as registries count."""
LOST = "What tasks keep is on their own disks and is lost with them at each deploy"


@runtime_checkable
class Knows(Protocol):
    """A target that knows what a stack's parameters will be: those that were set before stay."""

    def parameters(self, wanted: Wanted) -> Mapping[str, str]:
        """All of them."""
        ...


def plan(  # noqa: PLR0913 - each changes another part of it
    wanted: Wanted,
    *,
    region: str,
    target: Target | None = None,
    to: Where = "aws",
    usage: Usage | None = None,
    prices: Prices | None = None,
) -> Plan:
    """What applying would do, asked of the target where there is one; changes nothing.

    Without a target what is there is unknown. `usage` and `prices` are else those of the profile and the snapshot.

    Raises:
        InvalidRequest: a parameter, a setting or the region is not what it may be.
        NotFound: there is no such profile.
        Unavailable: the target cannot be reached, or what reads templates is not installed.
    """
    return _local(wanted, target) if to == "local" else _aws(wanted, region, target, usage, prices)


def _local(wanted: Wanted, target: Target | None) -> Plan:
    loses = "NIS_DATABASE_URL" not in wanted.environment
    return Plan(
        name=wanted.name,
        target="local",
        profile=wanted.profile,
        resources=list(target.changes(wanted)) if target else [],
        times=[drains(wanted.environment)],
        warnings=[*_image(wanted, local=True), *([f"{LOST}."] if loses else [])],
        refused=f"{LOST}: name a database (NIS_DATABASE_URL), or accept it: --ephemeral."
        if loses and not wanted.ephemeral
        else "",
    )


def _aws(wanted: Wanted, region: str, target: Target | None, usage: Usage | None, prices: Prices | None) -> Plan:
    from nis_backend.deployment.aws.template import refused as refusals  # noqa: PLC0415 - as below
    from nis_backend.deployment.profiles import profile  # noqa: PLC0415 - a plan on this machine needs none of it
    from nis_backend.deployment.template.reading import own_template, read  # noqa: PLC0415 - as above: yaml
    from nis_backend.deployment.template.resolving import resolve  # noqa: PLC0415 - as above

    chosen, asked = profile(wanted.profile), usage or USAGES.get(wanted.profile) or Usage()
    resolved = resolve(read(own_template()), _parameters(wanted, target), region, name=wanted.name)
    cost = price(resolved.resources, region=region, usage=asked, prices=prices)
    spans = times(Stack(resolved.resources), image_mb=asked.image_gb * MEGABYTES)
    loses = resolved.conditions.get("Tasks", False) and not resolved.conditions.get("HasDatabase", False)
    refused = refusals(resolved)
    asks = target if not refused else None
    if loses and not wanted.ephemeral:
        refused.append(f"{LOST}: name a database (--profile small-rds, --set Database=own), or accept it: --ephemeral.")
    if wanted.image and not BY_DIGEST.search(wanted.image):
        refused.append(f"{wanted.image} is no digest, and a tag can move: push it, and take the digest it is told.")
    return Plan(
        name=wanted.name,
        target="aws",
        profile=wanted.profile,
        region=region,
        # A target refuses what the template's own rules do, and would be asked in vain.
        resources=list(asks.changes(wanted)) if asks else _unknown(resolved),
        price=cost,
        times=spans,
        warnings=[*_image(wanted, local=False), *_mind(chosen, resolved, cost), *_broken(spans)],
        refused=" ".join(refused),
    )


def _parameters(wanted: Wanted, target: Target | None) -> dict[str, str]:
    """What the template's parameters will be, with an image in the place of one that is not named."""
    from nis_backend.deployment.aws.template import values  # noqa: PLC0415 - as above

    image = wanted.image if "@" in wanted.image and BY_DIGEST.search(wanted.image) else NO_IMAGE
    named = replace(wanted, image=image)
    if isinstance(target, Knows):
        found = dict(target.parameters(named))
    else:
        found = {name: value for name, value in values(named, None).items() if value is not None}
    return {**found, "Image": found.get("Image") or NO_IMAGE}


def _unknown(resolved: Resolved) -> list[Resource]:
    """What there is after an apply, where nobody was asked what is there now."""
    there = resolved.resources.items()
    return [Resource(id=name, kind=str(said["Type"]), change="unknown") for name, said in there]


def _image(wanted: Wanted, *, local: bool) -> Iterator[str]:
    if not wanted.image:
        first = "needs one" if local else "makes all but what runs one, the registry for it too"
        yield f"No image is named: what serves stays, and a first apply {first}."
    elif not BY_DIGEST.search(wanted.image) and not (local and wanted.image.startswith("venv:")):
        yield f"{wanted.image} is no digest: what it names can change, and the way back with it."


def _mind(chosen: Profile, resolved: Resolved, cost: Price) -> Iterator[str]:
    """What one does without, what is open, and how sure the price is."""
    given = resolved.parameters
    yield f"What the profile gives up: {chosen.gives_up}"
    if resolved.conditions.get("Tasks") and not resolved.conditions.get("Https"):
        yield "Without CertificateArn, keys and texts cross the Internet unencrypted."
    if resolved.conditions.get("Tasks") and str(given.get("ApiCount")) == "1":
        yield "One task of api serves: where it fails, nobody is served until the next has started."
    if resolved.conditions.get("Box") and given.get("BoxCredits") == "unlimited":
        yield "BoxCredits is unlimited: CPU beyond what the box earns is asked for by the hour, and is not in the sum."
    if chosen.most_dollars is not None and cost.month > chosen.most_dollars:
        yield f"The profile is meant to cost at most {chosen.most_dollars:g} USD a month; this is {cost.month:.2f}."
    unpriced = [one for one in cost.left_out if NO_PRICE in one]
    if unpriced:
        yield f"{len(unpriced)} of what is there has no known price in {cost.region}: the bill is more than the sum."
    if cost.lines:
        yield f"The oldest of the prices is of {min(one.dated for one in cost.lines)}."


def _broken(spans: Sequence[Arithmetic]) -> Iterator[str]:
    """Sums that do not hold."""
    for one in spans:
        if not one.holds:
            yield f"{one.what}: {one.told}"
