"""Ways in which the AWS stack is set up: its profiles, and what no profile has."""

from __future__ import annotations

from typing import Any, cast

from nis_backend.deployment.profiles import PROFILES

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nis-backend@sha256:" + "0a" * 32
REGION = "us-east-1"
CERTIFIED = {
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a",
    "Domain": "nis.example",
}
WATCHED = {
    "AlarmEmail": "nobody@nis.example",
    "TracesUrl": "http://collector.example:4318",
    "Model": "openai:gpt-4o-mini",
}
GIVEN_NETWORK = {
    "VpcId": "vpc-0123456789abcdef0",
    "PublicSubnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "PrivateSubnets": "subnet-0123456789abcdef2,subnet-0123456789abcdef3",
}
GIVEN_DATABASE = {
    "Database": "given",
    "DatabaseSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:nis-address-AbCdEf",
}

OF_PROFILES = {
    name: {**profile.parameters, "Image": IMAGE, **({} if "Shape" in profile.parameters else CERTIFIED)}
    for name, profile in PROFILES.items()
}
FURTHER = {
    "without an image": {**PROFILES["small"].parameters, "PlainHttp": "allowed"},
    "plain": {**PROFILES["small"].parameters, "Image": IMAGE, "PlainHttp": "allowed", "Architecture": "ARM64"},
    "all": {
        **PROFILES["gpu"].parameters,
        **CERTIFIED,
        **WATCHED,
        "Image": IMAGE,
        "MigrationImage": IMAGE,
        "Kafka": "own",
        "KafkaServers": "broker.example:9096",
    },
    "given": {
        **OF_PROFILES["production"],
        **GIVEN_NETWORK,
        **GIVEN_DATABASE,
        "Kafka": "given",
        "KafkaServers": "broker.example:9094",
        "MigrationImage": IMAGE,
    },
    "endpoints": {**OF_PROFILES["small-rds"], "TasksIn": "endpoints"},
    "open box": {
        **OF_PROFILES["box"],
        "Domain": "nis.example",
        "CaddyImage": "docker.io/library/caddy@sha256:" + "0b" * 32,
    },
    "box in a given network": {**OF_PROFILES["box"], **GIVEN_NETWORK, "BoxZone": "us-east-1a"},
}
WAYS = OF_PROFILES | FURTHER


def referred(value: Any) -> set[str]:  # Any: a template's values differ in type
    """All that Ref, Fn::GetAtt, Fn::Sub and DependsOn name."""
    if isinstance(value, list):
        return set[str]().union(*(referred(one) for one in cast("list[Any]", value)))
    if not isinstance(value, dict):
        return set()
    found = set[str]()
    for key, inner in cast("dict[str, Any]", value).items():
        match key:
            case "Ref":
                found.add(str(inner))
            case "Fn::GetAtt":
                found.add(str(inner[0]))
            case "DependsOn":
                found |= {inner} if isinstance(inner, str) else set(cast("list[str]", inner))
            case "Fn::Sub":
                text, own = (inner, dict[str, Any]()) if isinstance(inner, str) else cast("list[Any]", inner)
                named = {one.split("}")[0].split(".")[0] for one in str(text).split("${")[1:] if one[0] != "!"}
                found |= (named - set(own)) | referred(own)
            case _:
                found |= referred(inner)
    return found
