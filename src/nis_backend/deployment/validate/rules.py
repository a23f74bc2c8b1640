"""The rules, as data: what each looks at, how bad it is, what to do, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.deployment.report import Severity

ECS = "https://docs.aws.amazon.com/AmazonECS/latest"
TASK = f"{ECS}/developerguide/task_definition_parameters.html"
FARGATE = f"{ECS}/developerguide/fargate-tasks-services.html"
CONTAINER = f"{ECS}/APIReference/API_ContainerDefinition.html"
HEALTH = f"{ECS}/APIReference/API_HealthCheck.html"
SERVICE = f"{ECS}/APIReference/API_Service.html"
DEPLOYMENT = f"{ECS}/APIReference/API_DeploymentConfiguration.html"
UPDATE = "https://docs.aws.amazon.com/cli/latest/reference/ecs/update-service.html"
TARGETS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html"
BALANCER = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"
CHECKS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"
IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
SECURITY = f"{ECS}/developerguide/security-tasks-containers.html"
DOCKER = "https://docs.docker.com/reference/dockerfile/"
STOPPING = "docs/operating.md, Health"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule."""

    name: str
    severity: Severity
    checks: str
    """What is wrong where it finds something."""
    remedy: str
    source: str


def _task(name: str, severity: Severity, checks: str, remedy: str, source: str = TASK) -> Rule:
    return Rule(name=name, severity=severity, checks=checks, remedy=remedy, source=source)


TASKS = (
    _task("json-comment", "error", "JSON with comments, which AWS refuses", "Take the comments out.", UPDATE),
    _task("json-form", "error", "text that is no strict JSON: a comma too many, single quotes", "Write it as JSON."),
    _task("unknown-key", "error", "a key that task definitions do not have", "Spell it as the reference does."),
    _task("no-family", "error", "no family", "Name the family."),
    _task("no-containers", "error", "no container, or none that is essential", "State one container as essential."),
    _task("container-name", "error", "a container without a name, or a name that stands twice", "Name each one once."),
    _task(
        "fargate-size",
        "error",
        "CPU and memory that are no pair of Fargate's",
        "Take a pair that Fargate has.",
        FARGATE,
    ),
    _task(
        "size-ec2-only",
        "warning",
        "no launch type, and a size that is legal on EC2 alone",
        "State requiresCompatibilities; for FARGATE take one of its pairs.",
        FARGATE,
    ),
    _task(
        "launch-type-unstated",
        "note",
        "no launch type, and a size that both have",
        "State requiresCompatibilities.",
        FARGATE,
    ),
    _task("fargate-network", "error", "Fargate without the network mode awsvpc", "Set networkMode to awsvpc.", FARGATE),
    _task(
        "fargate-refuses",
        "error",
        "what Fargate does not have: privileged, a folder of the host, links, host networking",
        "Take it out, or run the task on EC2.",
        FARGATE,
    ),
    _task("privileged", "error", "a privileged container on EC2: it owns the host", "Take privileged out.", SECURITY),
    _task("stop-timeout", "error", "a stopTimeout beyond Fargate's 120 s", "Set at most 120.", CONTAINER),
    _task(
        "drain-over-stop",
        "error",
        "linger + drain + 3 s of nis that reach stopTimeout, 30 s where it is not set: the drain is cut by SIGKILL",
        "Raise stopTimeout (Fargate: at most 120), or lower NIS_DRAIN_SECONDS and NIS_LINGER_SECONDS.",
        STOPPING,
    ),
    _task(
        "image-mutable",
        "warning",
        "an image by tag: what runs can change without a deploy, and a rollback may pull the same",
        "Name the image by digest: NAME@sha256:…",
        f"{ECS}/developerguide/container-considerations.html",
    ),
    _task(
        "health-check-tool",
        "error",
        "curl or wget in the health check of a slim image, which has neither",
        "Check in Python, or install the tool in the image.",
        "https://hub.docker.com/_/python",
    ),
    _task(
        "health-check-tool-unsure",
        "note",
        "curl or wget in a health check: slim images have neither, and the name does not say",
        "Check in Python, as `python -m nis_backend.healthcheck` does.",
        "https://hub.docker.com/_/python",
    ),
    _task(
        "health-check-bounds",
        "error",
        "a health check outside of its bounds: interval 5-300, timeout 2-60, retries 1-10, startPeriod 0-300",
        "Set it within them.",
        HEALTH,
    ),
    _task(
        "health-check-form",
        "error",
        "a health check whose command does not begin with CMD or CMD-SHELL",
        'Write ["CMD", "python", "-m", …].',
        HEALTH,
    ),
    _task(
        "start-period",
        "warning",
        "a start that was measured to take longer than startPeriod",
        "Set startPeriod above the slowest start.",
        HEALTH,
    ),
    _task(
        "start-killed",
        "error",
        "a start that takes longer than startPeriod and all retries: the task is killed before it is up",
        "Set startPeriod above the slowest start.",
        HEALTH,
    ),
    _task("no-logs", "warning", "a container whose output goes nowhere", "Set logConfiguration.", CONTAINER),
    _task(
        "log-options",
        "error",
        "awslogs without its group, its region, or on Fargate its stream prefix",
        "Set awslogs-group, awslogs-region and awslogs-stream-prefix.",
        f"{ECS}/developerguide/using_awslogs.html",
    ),
    _task(
        "log-retention",
        "warning",
        "a log group without a retention: it is kept, and paid for, without an end",
        "Set RetentionInDays; make the group yourself rather than by awslogs-create-group.",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    ),
    _task(
        "secret-in-plain",
        "error",
        "something that looks like a key or a password, in plain text",
        "Put it into Secrets Manager or SSM, name it under secrets, and change it: it has been read.",
        f"{ECS}/developerguide/specifying-sensitive-data.html",
    ),
    _task("root-user", "warning", "a container that runs as root", "Name another user.", SECURITY),
    _task(
        "user-unstated",
        "note",
        "no user: the image's own, which is root unless it says otherwise",
        "Name the user.",
        SECURITY,
    ),
    _task(
        "writable-root",
        "note",
        "a root file system that can be written",
        "Set readonlyRootFilesystem, with volumes for what is written.",
        SECURITY,
    ),
    _task(
        "same-role",
        "warning",
        "one role for the task and for what starts it: the program may read every secret of its start",
        "Give each its own role.",
        f"{ECS}/developerguide/security-iam-roles.html",
    ),
    _task(
        "no-execution-role",
        "error",
        "no execution role, though an ECR image, awslogs on Fargate or secrets need one",
        "Set executionRoleArn.",
        f"{ECS}/developerguide/task_execution_IAM_role.html",
    ),
    _task(
        "host-port", "error", "a hostPort that is not its containerPort, under awsvpc or host", "Leave hostPort out."
    ),
    _task("memory-sum", "error", "containers that want more than the task has, or no memory at all", "Make them fit."),
    _task("names-nothing", "error", "a volume or a container that is named and not there", "Name one that is there."),
    _task(
        "architecture",
        "error",
        "an architecture that is none, or not the one in the image's name",
        "Set runtimePlatform.cpuArchitecture to what the image was built for: X86_64 or ARM64.",
        f"{ECS}/APIReference/API_RuntimePlatform.html",
    ),
    _task(
        "no-setting",
        "warning",
        "a variable NIS_… that is no setting of nis: nobody reads it",
        "Spell it as `nis settings` does.",
        "docs/reference/settings.md",
    ),
)

SERVICES = (
    _task(
        "no-circuit-breaker",
        "warning",
        "a service without a circuit breaker that rolls back: a broken build is started again and again",
        "Set DeploymentCircuitBreaker: {Enable: true, Rollback: true}.",
        f"{ECS}/developerguide/deployment-circuit-breaker.html",
    ),
    _task(
        "cannot-roll",
        "error",
        "percentages that leave no room: no task may be started, and none stopped",
        "Set MinimumHealthyPercent 100 and MaximumPercent 200.",
        DEPLOYMENT,
    ),
    _task(
        "rolls-by-outage",
        "warning",
        "a service that is called, whose last task may be stopped before the next is up",
        "Set MinimumHealthyPercent 100 and MaximumPercent 200.",
        DEPLOYMENT,
    ),
    _task("service-network", "error", "a service on Fargate without subnets", "Set NetworkConfiguration.", SERVICE),
    _task(
        "service-port",
        "error",
        "a load balancer that is given a container or a port which the task does not have",
        "Name a container of the task, and one of its portMappings.",
        SERVICE,
    ),
    _task(
        "target-type",
        "error",
        "a target group of instances for tasks with addresses of their own (awsvpc)",
        "Set TargetType: ip.",
        f"{ECS}/developerguide/alb.html",
    ),
    _task(
        "target-port",
        "warning",
        "a target group whose port is not the container's",
        "Give both the same.",
        f"{ECS}/developerguide/alb.html",
    ),
    _task(
        "grace-period",
        "warning",
        "a called service with no grace for its start, or less than was measured",
        "Set HealthCheckGracePeriodSeconds above the slowest start.",
        SERVICE,
    ),
    _task(
        "target-health",
        "error",
        "a target group's health check outside of its bounds: interval 5-300 above timeout 2-120, thresholds 2-10",
        "Set it within them.",
        CHECKS,
    ),
    _task(
        "deregistration-delay",
        "error",
        "a deregistration delay outside of 0-3600 s",
        "Set it within them.",
        TARGETS,
    ),
    _task(
        "deregistration-short",
        "warning",
        "a deregistration delay shorter than nis serves on and drains: the load balancer cuts what it let go on",
        "Set it to at least NIS_LINGER_SECONDS + NIS_DRAIN_SECONDS.",
        TARGETS,
    ),
    _task(
        "deregistration-default",
        "note",
        "no deregistration delay: 300 s, which each deploy waits for",
        "Set deregistration_delay.timeout_seconds.",
        TARGETS,
    ),
    _task("idle-timeout", "error", "an idle time-out outside of 1-4000 s", "Set it within them.", BALANCER),
    _task(
        "idle-under-ping",
        "error",
        "an idle time-out that is not above NIS_PING_SECONDS: quiet streams and WebSockets are cut",
        "Raise it, or lower NIS_PING_SECONDS.",
        STOPPING,
    ),
    _task(
        "idle-over-keep-alive",
        "warning",
        "an idle time-out that is not below NIS_KEEP_ALIVE_SECONDS: the server may close what is about to be used",
        "Raise NIS_KEEP_ALIVE_SECONDS above it.",
        STOPPING,
    ),
    _task(
        "no-stickiness",
        "note",
        "a target group without stickiness: a client's sockets come to any task",
        "Turn stickiness on where tasks keep what others do not have.",
        TARGETS,
    ),
    _task(
        "plain-http",
        "warning",
        "a listener that serves HTTP: keys and texts cross the network unencrypted",
        "Redirect it to an HTTPS listener with a certificate.",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html",
    ),
    _task(
        "scaling-range",
        "error",
        "scaling whose least is more than its most",
        "Set MinCapacity to at most MaxCapacity.",
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    ),
    _task(
        "open-group",
        "error",
        "a security group that lets the whole Internet in at another port than 80 or 443",
        "Name the group or the addresses that may call.",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    ),
    _task(
        "public-database",
        "error",
        "a database with a public address",
        "Set PubliclyAccessible: false.",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.Security.html",
    ),
    _task(
        "unencrypted",
        "warning",
        "storage that is not encrypted at rest",
        "Turn encryption on; a database has to be restored from a snapshot for it.",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
    ),
    _task(
        "no-backup",
        "warning",
        "a database without backups",
        "Set BackupRetentionPeriod.",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
    ),
    _task("all-allowed", "error", "a policy that allows every action on everything", "Name the actions.", IAM),
    _task(
        "resource-any",
        "warning",
        "a policy for every resource, of actions that can be given for one",
        "Name the resources by ARN.",
        IAM,
    ),
    _task(
        "secret-echoed",
        "warning",
        "a parameter for a password that is shown to whoever describes the stack",
        "Set NoEcho: true, or make the password by Secrets Manager.",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html",
    ),
)

SCRIPTS = (
    _task(
        "deploys-nothing",
        "error",
        "aws ecs update-service with neither --task-definition nor --force-new-deployment: the old image goes on",
        "Name the revision: --task-definition FAMILY:NUMBER.",
        UPDATE,
    ),
    _task(
        "no-task-definition",
        "warning",
        "aws ecs update-service --force-new-deployment alone: the same revision again, with whatever its tag is now",
        "Register a revision with the image's digest, and name it: --task-definition FAMILY:NUMBER.",
        UPDATE,
    ),
    _task(
        "registered-unused",
        "error",
        "a revision that is registered, and an update-service that does not name it",
        "Give update-service the revision that was registered.",
        UPDATE,
    ),
    _task(
        "pushes-latest",
        "warning",
        "an image that is built, tagged or pushed under a tag that moves",
        "Tag by commit, and deploy by digest.",
        f"{ECS}/developerguide/container-considerations.html",
    ),
    _task(
        "not-waited-for",
        "note",
        "a service that is updated and not waited for: the script succeeds whatever becomes of it",
        "End with aws ecs wait services-stable.",
        "https://docs.aws.amazon.com/cli/latest/reference/ecs/wait/services-stable.html",
    ),
    _task(
        "goes-on-after-failure",
        "warning",
        "a shell script that goes on where a command has failed",
        "Begin with set -euo pipefail.",
        "https://www.gnu.org/software/bash/manual/html_node/The-Set-Builtin.html",
    ),
    _task(
        "failure-hidden",
        "warning",
        "an aws command whose failure is swallowed by || true",
        "Let it fail, or say which failure is expected.",
        "https://www.gnu.org/software/bash/manual/html_node/Lists.html",
    ),
    _task(
        "command-gone",
        "error",
        "aws ecr get-login, which the AWS CLI 2 does not have",
        "aws ecr get-login-password | docker login --username AWS --password-stdin REGISTRY",
        "https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html",
    ),
)

DOCKERFILES = (
    _task(
        "base-mutable",
        "warning",
        "a base image without a tag, or latest: the next build may stand on something else",
        "Name a version, or a digest.",
        DOCKER,
    ),
    _task(
        "shell-form",
        "warning",
        "CMD or ENTRYPOINT as shell text: SIGTERM reaches the shell, and the program is killed without a drain",
        'Write it as a list: CMD ["nis", "serve"].',
        DOCKER,
    ),
    _task(
        "copies-everything",
        "note",
        "COPY . . : what the folder holds is in the image, keys and .git included",
        "Copy what is needed by name, or keep a .dockerignore.",
        DOCKER,
    ),
    _task("no-health-check", "note", "no HEALTHCHECK", "Add one; ECS has its own in the task definition.", DOCKER),
)

RULES = {rule.name: rule for rule in (*TASKS, *SERVICES, *SCRIPTS, *DOCKERFILES)}
"""By name. A Dockerfile is also held to health-check-tool, root-user and secret-in-plain, a script to the last."""

OF_TASK = tuple(rule.name for rule in TASKS)
OF_TEMPLATE = tuple(rule.name for rule in (*TASKS, *SERVICES) if rule.name not in {"json-form", "no-family"})
OF_SCRIPT = (*(rule.name for rule in SCRIPTS), "secret-in-plain")
OF_DOCKERFILE = (*(rule.name for rule in DOCKERFILES), "health-check-tool", "root-user", "secret-in-plain")
