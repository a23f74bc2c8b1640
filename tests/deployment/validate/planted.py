"""Definitions as people write them: clean ones, and the same with one fault each, labelled by the rule for it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
DIGEST = "sha256:" + "0123456789abcdef" * 4
ECR = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/nis-backend@{DIGEST}"
ROLE = "arn:aws:iam::123456789012:role"
KEY = "AKIA" + "ABCDEFGH12345678"
"""The form of an access key of AWS; it is none."""

LOGS: Json = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/ecs/nis-backend",
        "awslogs-region": "eu-central-1",
        "awslogs-stream-prefix": "api",
    },
}
API: Json = {
    "family": "nis-backend",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": f"{ROLE}/nis-execution",
    "taskRoleArn": f"{ROLE}/nis-task",
    "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
    "volumes": [{"name": "data"}, {"name": "tmp"}],
    "containerDefinitions": [
        {
            "name": "nis-backend",
            "image": ECR,
            "essential": True,
            "user": "10001",
            "readonlyRootFilesystem": True,
            "portMappings": [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}],
            "mountPoints": [
                {"sourceVolume": "data", "containerPath": "/data"},
                {"sourceVolume": "tmp", "containerPath": "/scratch"},
            ],
            "environment": [
                {"name": "NIS_DRAIN_SECONDS", "value": "60"},
                {"name": "NIS_LINGER_SECONDS", "value": "5"},
                {"name": "TOKENIZERS_PARALLELISM", "value": "false"},
                {"name": "MAX_TOKENS", "value": "4096"},
            ],
            "secrets": [{"name": "OPENAI_API_KEY", "valueFrom": "arn:aws:secretsmanager:eu-central-1:1:secret:openai"}],
            "healthCheck": {
                "command": ["CMD", "python", "-m", "nis_backend.healthcheck"],
                "interval": 30,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 60,
            },
            "stopTimeout": 120,
            "logConfiguration": LOGS,
        }
    ],
}
"""One task as it should be."""


def changed(given: Json, *edits: tuple[str, Any]) -> str:
    """A definition with values put at paths, as JSON; None takes the key out."""
    made = copy.deepcopy(given)
    for path, value in edits:
        at: Any = made
        *steps, last = path.split("/")
        for step in steps:
            at = at[int(step) if step.isdecimal() else step]
        if value is None:
            del at[last]
        elif last == "+":
            at.append(value)
        else:
            at[int(last) if last.isdecimal() else last] = value
    return json.dumps(made, indent=2)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A text, and the rules that find something in it: those and no others."""

    name: str
    text: str
    rules: frozenset[str] = frozenset()
    asked: Json = field(default_factory=dict[str, Any])


def _faulty(name: str, rule: str, *edits: tuple[str, Any], **asked: Any) -> Case:
    return Case(name=name, text=changed(API, *edits), rules=frozenset({rule}), asked=asked)


ONE = "containerDefinitions/0"
ENVIRONMENT = f"{ONE}/environment/+"
TASKS = [
    _faulty("cpu and memory of the earlier system", "fargate-size", ("cpu", "1536"), ("memory", "3072")),
    _faulty("memory too small for a vCPU", "fargate-size", ("cpu", "1 vCPU"), ("memory", "1 GB")),
    _faulty("no memory", "fargate-size", ("memory", None)),
    _faulty(
        "Fargate asked for by the caller",
        "fargate-size",
        ("requiresCompatibilities", None),
        ("cpu", "1536"),
        ("memory", "3072"),
        fargate=True,
    ),
    _faulty(
        "legal on EC2 only", "size-ec2-only", ("requiresCompatibilities", None), ("cpu", "1536"), ("memory", "3072")
    ),
    _faulty("no launch type", "launch-type-unstated", ("requiresCompatibilities", None)),
    _faulty("bridge on Fargate", "fargate-network", ("networkMode", "bridge")),
    _faulty("no network mode", "fargate-network", ("networkMode", None)),
    _faulty("five minutes to stop", "stop-timeout", (f"{ONE}/stopTimeout", 300)),
    _faulty("a drain that is cut", "drain-over-stop", (f"{ONE}/stopTimeout", 60)),
    _faulty("a drain under the usual stopTimeout", "drain-over-stop", (f"{ONE}/stopTimeout", None)),
    _faulty("latest", "image-mutable", (f"{ONE}/image", "example/app:latest")),
    _faulty("no tag", "image-mutable", (f"{ONE}/image", "localhost:5000/example/app")),
    _faulty("a version", "image-mutable", (f"{ONE}/image", "example/app:1.4.2")),
    _faulty(
        "curl, and nobody knows",
        "health-check-tool-unsure",
        (f"{ONE}/healthCheck/command", ["CMD-SHELL", "curl -f http://localhost:8000/health || exit 1"]),
    ),
    _faulty(
        "wget in a slim image",
        "health-check-tool",
        (f"{ONE}/image", f"registry.example/python:3.11-slim@{DIGEST}"),
        (f"{ONE}/healthCheck/command", ["CMD-SHELL", "wget -q http://localhost:8000/"]),
    ),
    _faulty("a health check each second", "health-check-bounds", (f"{ONE}/healthCheck/interval", 1)),
    _faulty("a start period of 999 s", "health-check-bounds", (f"{ONE}/healthCheck/startPeriod", 999)),
    _faulty("no CMD", "health-check-form", (f"{ONE}/healthCheck/command", ["python", "-m", "nis_backend.healthcheck"])),
    _faulty("a slow start", "start-period", measured_start=75.0),
    _faulty("a start that is killed", "start-killed", (f"{ONE}/healthCheck/startPeriod", 0), measured_start=95.0),
    _faulty("no logs", "no-logs", (f"{ONE}/logConfiguration", None)),
    _faulty("no prefix", "log-options", (f"{ONE}/logConfiguration/options/awslogs-stream-prefix", None)),
    _faulty(
        "a group that makes itself", "log-retention", (f"{ONE}/logConfiguration/options/awslogs-create-group", "true")
    ),
    _faulty(
        "a key by its name",
        "secret-in-plain",
        (ENVIRONMENT, {"name": "OPENAI_API_KEY", "value": "hunter-two-and-three"}),
    ),
    _faulty("a key by its form", "secret-in-plain", (ENVIRONMENT, {"name": "REGION_ID", "value": KEY})),
    _faulty(
        "a password in an address",
        "secret-in-plain",
        (ENVIRONMENT, {"name": "BROKER", "value": "amqp://app:s3cretword@mq.internal:5671/"}),
    ),
    _faulty("privileged on Fargate", "fargate-refuses", (f"{ONE}/privileged", True)),
    _faulty("a folder of the host", "fargate-refuses", ("volumes/0", {"name": "data", "host": {"sourcePath": "/srv"}})),
    _faulty("root by name", "root-user", (f"{ONE}/user", "root")),
    _faulty("root by number", "root-user", (f"{ONE}/user", "0:0")),
    _faulty("no user", "user-unstated", (f"{ONE}/user", None)),
    _faulty("a writable root", "writable-root", (f"{ONE}/readonlyRootFilesystem", False)),
    _faulty("one role for both", "same-role", ("taskRoleArn", f"{ROLE}/nis-execution")),
    _faulty("no execution role", "no-execution-role", ("executionRoleArn", None)),
    _faulty("another host port", "host-port", (f"{ONE}/portMappings/0/hostPort", 80)),
    _faulty("more memory than there is", "memory-sum", (f"{ONE}/memory", 4096)),
    _faulty("a volume that is not there", "names-nothing", ("volumes/1", {"name": "temp"})),
    _faulty("an image for another processor", "architecture", (f"{ONE}/image", f"example/app:2.1-arm64@{DIGEST}")),
    _faulty("a processor that is none", "architecture", ("runtimePlatform/cpuArchitecture", "arm")),
    _faulty("a setting that is none", "no-setting", (ENVIRONMENT, {"name": "NIS_DRIAN_SECONDS", "value": "60"})),
    _faulty("a misspelt key", "unknown-key", ("taskRoleARN", f"{ROLE}/x")),
    _faulty("a misspelt key of a container", "unknown-key", (f"{ONE}/healthcheck", {})),
    _faulty("no family", "no-family", ("family", None)),
    _faulty("no container", "no-containers", ("containerDefinitions", [])),
    _faulty("no name", "container-name", (f"{ONE}/name", None)),
    Case(
        name="comments in JSON",
        text=changed(API).replace('  "cpu"', '  // half of a vCPU, see http://example.com\n  "cpu"', 1),
        rules=frozenset({"json-comment"}),
    ),
    Case(
        name="a comma too many",
        text=changed(API).rstrip().removesuffix("}").rstrip() + ",\n}",
        rules=frozenset({"json-form"}),
    ),
    Case(
        name="privileged on EC2",
        text=changed(API, ("requiresCompatibilities", ["EC2"]), (f"{ONE}/privileged", True)),
        rules=frozenset({"privileged"}),
    ),
]

SIDECAR: Json = {
    "name": "log-router",
    "image": f"public.ecr.aws/aws-observability/aws-for-fluent-bit@{DIGEST}",
    "essential": True,
    "user": "1000",
    "readonlyRootFilesystem": True,
    "firelensConfiguration": {"type": "fluentbit"},
    "memoryReservation": 50,
    "logConfiguration": LOGS,
}
CLEAN = [
    Case(name="the api", text=changed(API), asked={"measured_start": 9.0}),
    Case(
        name="a worker of another size",
        text=changed(API, ("cpu", "2 vCPU"), ("memory", "16 GB"), (f"{ONE}/portMappings", None)),
    ),
    Case(
        name="ARM",
        text=changed(
            API, ("runtimePlatform/cpuArchitecture", "ARM64"), (f"{ONE}/image", f"example/app:2.1-arm64@{DIGEST}")
        ),
    ),
    Case(
        name="logs by a second container",
        text=changed(
            API,
            ("containerDefinitions/+", SIDECAR),
            (f"{ONE}/logConfiguration", {"logDriver": "awsfirelens", "options": {"Name": "cloudwatch"}}),
            (f"{ONE}/dependsOn", [{"containerName": "log-router", "condition": "START"}]),
        ),
    ),
    Case(
        name="on EC2, with a size of its own",
        text=changed(
            API,
            ("requiresCompatibilities", ["EC2"]),
            ("networkMode", "bridge"),
            ("cpu", "1536"),
            ("memory", "3072"),
            (f"{ONE}/portMappings/0/hostPort", 0),
        ),
    ),
    Case(
        name="a GPU on EC2",
        text=changed(
            API,
            ("requiresCompatibilities", ["EC2"]),
            ("cpu", None),
            ("memory", None),
            (f"{ONE}/memory", 12_000),
            (f"{ONE}/resourceRequirements", [{"type": "GPU", "value": "1"}]),
        ),
    ),
    Case(name="for both", text=changed(API, ("requiresCompatibilities", ["EC2", "FARGATE"]))),
    Case(
        name="as describe-task-definition answers",
        text=json.dumps(
            {
                "taskDefinition": {
                    **API,
                    "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/nis-backend:7",
                    "revision": 7,
                    "status": "ACTIVE",
                    "compatibilities": ["EC2", "FARGATE"],
                    "registeredAt": "2026-11-20T10:00:00+00:00",
                },
                "tags": [],
            }
        ),
    ),
    Case(
        name="as older answers are, with nothing for what is not set",
        text=json.dumps(
            {
                **API,
                **dict.fromkeys(("ipcMode", "pidMode", "proxyConfiguration", "placementConstraints")),
                "containerDefinitions": [
                    {**API["containerDefinitions"][0], **dict.fromkeys(("links", "dependsOn", "privileged", "command"))}
                ],
            }
        ),
    ),
    Case(
        name="addresses without passwords",
        text=changed(
            API,
            (ENVIRONMENT, {"name": "NIS_PUBLIC_URL", "value": "https://nis.example.com"}),
            (ENVIRONMENT, {"name": "DATABASE", "value": "postgresql://app@db.internal:5432/app"}),
            (ENVIRONMENT, {"name": "SECRET_NAME", "value": "prod/keys"}),
            (ENVIRONMENT, {"name": "KEY_PREFIX", "value": "nis:"}),
        ),
    ),
    Case(
        name="another program, with its own files",
        text=changed(
            API,
            ("family", "web"),
            ("volumes/+", {"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-12345678"}}),
            (f"{ONE}/name", "web"),
            (f"{ONE}/environment", [{"name": "RAILS_ENV", "value": "production"}]),
            (f"{ONE}/healthCheck", None),
            (f"{ONE}/stopTimeout", None),
            (f"{ONE}/mountPoints/+", {"sourceVolume": "files", "containerPath": "/files", "readOnly": True}),
        ),
    ),
]
