"""The template as it is sent, and the parameters that are sent with it."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from nis_backend.deployment.aws.images import named
from nis_backend.deployment.profiles import PROFILES, profile
from nis_backend.deployment.report import Resource
from nis_backend.deployment.template.parameters import read_parameters
from nis_backend.deployment.template.reading import Template, own_template, read
from nis_backend.deployment.template.resolving import narrowed, resolve
from nis_backend.deployment.validate.secrets import NAMED, looks_secret
from nis_backend.errors import InvalidRequest, TooLarge, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nis_backend.deployment.aws.stack import Found
    from nis_backend.deployment.target import Wanted
    from nis_backend.deployment.template.resolving import Resolved

LONGEST_BODY = 51_200
"""Bytes of a template that CloudFormation takes in a request; a longer one would need a bucket beside the stack."""
PROFILE_TAG = "nis:profile"
REGION = 3
"""Where an ARN has its region."""
COUNTS = {"api": ("ApiCount", "ApiMost"), "worker": ("WorkerCount", "WorkerMost")}
"""Least and most tasks of a service."""
ENVIRONMENT = {
    "NIS_MODEL": "Model",
    "NIS_LOG_LEVEL": "LogLevel",
    "NIS_EMF": "Emf",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "TracesUrl",
    "KAFKA_BOOTSTRAP_SERVERS": "KafkaServers",
}
"""Settings of nis that the template has a parameter for."""
SECRETS = "Keys go into the stack's own secret (Secrets Manager; its output KeysArn), which tasks read when they start."


@cache
def own() -> Template:
    """The template of the package."""
    return read(own_template())


@cache
def defaults() -> Mapping[str, str]:
    """The parameters of the template and what they are unless they are given."""
    return {key: str(one.get("Default", "")) for key, one in own().document["Parameters"].items()}


def values(wanted: Wanted, found: Found | None) -> dict[str, str | None]:
    """The parameters to be sent; None is as the stack has it.

    What was set once stays set, a count that was scaled too: of a stack of the same profile, only what is named now is
    changed. Another profile brings its own parameters, and takes those away that only the earlier one had.

    Raises:
        NotFound: there is no such profile.
        InvalidRequest: there is no such parameter or setting, or it may not be so.
    """
    brought, given = profile(wanted.profile).parameters, _given(wanted)
    before = found.parameters if found else dict[str, str]()
    earlier = found.tags.get(PROFILE_TAG, wanted.profile) if found else wanted.profile
    gone = PROFILES[earlier].parameters if earlier in PROFILES and earlier != wanted.profile else dict[str, str]()
    sent = dict[str, str | None]()
    for key, default in defaults().items():
        if key in given:
            sent[key] = given[key]
        elif key in brought and (earlier != wanted.profile or key not in before):
            sent[key] = brought[key]
        elif key in gone:
            sent[key] = default
        elif key in before:
            sent[key] = None
    if wanted.image:
        sent["Image"] = named(wanted.image, found.outputs.get("RepositoryUri", "") if found else "")
    return sent


def _given(wanted: Wanted) -> dict[str, str]:
    """Parameters that are named, some of them by the setting of nis that they become."""
    for name, value in (*wanted.parameters.items(), *wanted.environment.items()):
        if name not in ENVIRONMENT and name in wanted.environment:
            continue  # refused below, by its name
        if why := looks_secret(name, value):
            raise InvalidRequest(
                f"{shorten(name)} would stand where whoever may look at the stack reads it, and {why}.",
                field="set",
                value=name,
                remedy=SECRETS,
            )
    given = dict(wanted.parameters)
    for setting, value in wanted.environment.items():
        if setting not in ENVIRONMENT:
            raise InvalidRequest(
                f"The template sets no {setting}.", field="environment", value=setting, remedy=_instead(setting)
            )
        given[ENVIRONMENT[setting]] = value
    read_parameters(own().document["Parameters"], given)
    return given


def _instead(setting: str) -> str:
    """What to do with a setting that no parameter is for."""
    if setting == "NIS_DATABASE_URL":
        return (
            "Put the address into a secret of Secrets Manager, as its whole text, and name that: --set Database=given "
            "--set DatabaseSecretArn=ARN. Or have a database made: --profile small-rds."
        )
    if NAMED.search(setting):
        return SECRETS
    return f"It sets {', '.join(ENVIRONMENT)}. {SECRETS}"


def becoming(sent: Mapping[str, str | None], found: Found | None) -> dict[str, str]:
    """What the parameters will be, all of them."""
    before = found.parameters if found else dict[str, str]()
    return {
        key: before.get(key, default) if sent.get(key, default) is None else str(sent.get(key, default))
        for key, default in defaults().items()
    }


def check(parameters: Mapping[str, str], region: str, name: str) -> None:
    """Refuse parameters that do not go together: rules that CloudFormation would look at, before it is asked.

    Raises:
        InvalidRequest: they do not.
    """
    said = refused(resolve(own(), parameters, region, name=name))
    if said:
        raise InvalidRequest(" ".join(said), field="set", remedy="Set what it names; nothing was changed.")


def refused(resolved: Resolved) -> list[str]:
    """What does not go together: by the template's rules, and by what its rules have no words for."""
    # CloudFormation's rules compare no numbers, and scaling whose most is below its least fails when all else is made.
    said = [*resolved.refused]
    for least, most in COUNTS.values() if resolved.conditions.get("Tasks") else ():
        fewest, many = (int(str(resolved.parameters[key])) for key in (least, most))
        if fewest > many:
            said.append(f"{most} is {many}, and {least} {fewest}: set {most} to {fewest} or more.")
    return [*said, *_elsewhere(resolved)]


def _elsewhere(resolved: Resolved) -> Iterator[str]:
    """What is named of another region: a load balancer takes no certificate of one, a task no secret."""
    region = resolved.region
    for name in ("CertificateArn", "DatabaseSecretArn"):
        parts = str(resolved.parameters[name]).split(":")
        if len(parts) > REGION and parts[REGION] != region:
            yield f"{name} is of {parts[REGION]}, and this of {region}: take one of the same region."
    for name in ("Zones", "BoxZone"):
        zones = [zone for zone in str(resolved.parameters[name]).split(",") if zone]
        if wrong := [zone for zone in zones if zone[:-1] != region]:
            yield f"{name} names {', '.join(wrong)}, which {region} has not."
        if len(set(zones)) < len(zones):
            yield f"{name} names one zone twice: a load balancer and a database want two."


def all_new(parameters: Mapping[str, str], region: str, name: str) -> list[Resource]:
    """What a stack that is not there would have."""
    made = resolve(own(), parameters, region, name=name).resources
    return [Resource(id=id_, kind=str(one["Type"]), change="add") for id_, one in made.items()]


def body(parameters: Mapping[str, str], region: str) -> dict[str, str]:
    """What there is of the template under these parameters, as a request has it.

    Raises:
        TooLarge: it is longer than CloudFormation takes.
    """
    text = json.dumps(narrowed(own(), parameters, region), separators=(",", ":"))
    if len(text.encode()) > LONGEST_BODY:
        raise TooLarge(
            f"What is wanted takes {len(text.encode())} bytes; CloudFormation takes {LONGEST_BODY}.",
            remedy="Have less in one stack: bring a database, a cache or brokers of yours (given).",
        )
    return {"TemplateBody": text}


def same_shape(before: Mapping[str, str], after: Mapping[str, str], region: str) -> bool:
    """Whether the template that a stack has holds for other parameters too: what it leaves out is decided by them."""
    return resolve(own(), before, region).conditions == resolve(own(), after, region).conditions


def digest(sent: Mapping[str, str | None], found: Found | None) -> str:
    """What is wanted, as sixteen hexadecimal digits: who comes back to a stack that is busy knows it again."""
    # The image of the migration comes before the rest, in a change of its own.
    what = {key: value for key, value in becoming(sent, found).items() if key != "MigrationImage"}
    return hashlib.sha256((repr(sorted(what.items())) + own_template()).encode()).hexdigest()[:16]
