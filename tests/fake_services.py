"""What the stack is made of, in this process: services of ECS with their tasks, images, lines, parameters, buckets."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from fake_aws import NUMBER, REGION, FakeAws, Refused, arn
from fake_stack import FakeStack

from nis_backend.deployment.aws.template import defaults

REGISTRY = f"{NUMBER}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = f"{REGISTRY}/nis-backend"
KEY = "nis_the_key_of_this_deployment"
ADDRESS = "http://nis-backend-1.us-east-1.elb.amazonaws.com"


def image(letter: str) -> str:
    """An image of the deployment's own repository."""
    return f"{REPOSITORY}@sha256:{letter * 64}"


@dataclass(kw_only=True)
class FakeServices:
    """The account's services beside CloudFormation."""

    aws: FakeAws
    stack: FakeStack
    broken: set[str] = field(default_factory=set[str])
    """Images whose tasks end at their start."""
    migrating_badly: set[str] = field(default_factory=set[str])
    images: set[str] = field(default_factory=lambda: {image(letter) for letter in "abcdef"})
    definitions: dict[str, str] = field(default_factory=dict[str, str])
    """Task definitions and their images."""
    deployments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    lines: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    schema: int = 7
    newer: bool = False
    """Whether images know one version more."""
    ringing: list[str] = field(default_factory=list[str])
    desired: int = 1
    _count: int = 0

    def tick(self) -> None:
        """A step of time: tasks of their own go on."""
        for task in self.tasks.values():
            if task["course"]:
                task["lastStatus"] = task["course"].pop(0)
            if task["lastStatus"] == "STOPPED" and "exitCode" not in task["containers"][0]:
                bad = self.definitions[task["taskDefinitionArn"]] in self.migrating_badly
                task["containers"][0]["exitCode"] = int(bad)
                task["stoppedReason"] = "Essential container in task exited"
                number = task["taskArn"].rpartition("/")[2]
                stream, before = f"migration/nis-backend/{number}", self.schema
                self.schema += self.newer and not bad
                for said in (f"PostgreSQL, schema version {before}", f"PostgreSQL, schema version {self.schema}"):
                    self.lines.append((self.aws.now, stream, "the disk is full" if bad else said))

    def become(self, id_: str, values: dict[str, str]) -> Generator[None, None, str]:
        """How a resource takes the stack's parameters."""
        outputs = self.stack.outputs
        yield
        if id_.startswith("Api") and not values["Image"]:
            # Without an image there is nothing that runs it.
            return ""
        if id_ == "ApiTask":
            outputs["ApiTaskArn"] = self._defined("api", values["Image"])
        if id_ == "MigrationTask" and values.get("MigrationImage"):
            outputs["MigrationTaskArn"] = self._defined("migration", values["MigrationImage"])
        if id_ == "ApiService":
            outputs["ApiServiceName"] = "nis-backend-api"
            self.desired = int(values.get("ApiCount", "1"))
            return (yield from self._rolled(outputs["ApiTaskArn"]))
        return ""

    def _rolled(self, definition: str) -> Generator[None, None, str]:
        """A rollout, ended by the circuit breaker where no task comes up."""
        before = [one for one in self.deployments if one["rolloutState"] == "COMPLETED"]
        newest = self._deployment(definition)
        self.deployments = [newest, *(one | {"status": "ACTIVE"} for one in before)]
        for _ in range(2):
            yield
        if self.definitions[definition] not in self.broken:
            newest |= {"rolloutState": "COMPLETED", "runningCount": self.desired}
            self.deployments = [newest]
            return ""
        for number in range(3):
            self._failed(definition, number)
        newest["rolloutState"] = "FAILED"
        yield
        self.deployments = [one | {"status": "PRIMARY"} for one in before] or [newest]
        return (
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was "
            f"triggered'.\" (service {arn('ecs', 'service/nis-backend/nis-backend-api')})"
        )

    def _failed(self, definition: str, number: int) -> None:
        id_ = f"{number}dead00000000000000000000000beef"
        self.tasks[id_] = {
            "taskArn": arn("ecs", f"task/nis-backend/{id_}"),
            "taskDefinitionArn": definition,
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "stoppedAt": self.aws.moment(),
            "containers": [{"name": "nis-backend", "exitCode": 70}],
            "course": [],
        }
        self.lines.append((self.aws.now, f"api/nis-backend/{id_}", "NIS_MODEL names no model"))

    def _deployment(self, definition: str) -> dict[str, Any]:
        self._count += 1
        return {
            "id": f"ecs-svc/{self._count}",
            "status": "PRIMARY",
            "taskDefinition": definition,
            "desiredCount": self.desired,
            "runningCount": 0,
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": "ECS deployment in progress.",
            "createdAt": self.aws.moment(),
        }

    def _defined(self, family: str, of: str) -> str:
        for definition, had in self.definitions.items():
            if had == of and f"/nis-backend-{family}:" in definition:
                return definition
        self._count += 1
        made = arn("ecs", f"task-definition/nis-backend-{family}:{self._count}")
        self.definitions[made] = of
        return made

    # ── ECS ──

    def ecs_describe_services(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The one service."""
        assert asked == {"cluster": "nis-backend", "services": ["nis-backend-api"]}
        service = {
            "serviceName": "nis-backend-api",
            "desiredCount": self.desired,
            "runningCount": self.desired,
            "deployments": [dict(one) for one in self.deployments],
            "events": [],
            "loadBalancers": [{"targetGroupArn": arn("elasticloadbalancing", "targetgroup/nis-backend/1")}],
        }
        return {"services": [service]}

    def ecs_run_task(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A task, which ends by itself."""
        self._count += 1
        id_ = f"{self._count:032x}"
        self.tasks[id_] = {
            "taskArn": arn("ecs", f"task/nis-backend/{id_}"),
            "taskDefinitionArn": asked["taskDefinition"],
            "lastStatus": "PROVISIONING",
            "containers": [{"name": "nis-backend"}],
            "course": ["PENDING", "RUNNING", "STOPPED"],
        }
        return {"tasks": [_shown(self.tasks[id_])], "failures": []}

    def ecs_list_tasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Stopped tasks of the service."""
        assert asked["desiredStatus"] == "STOPPED"
        return {"taskArns": [one["taskArn"] for one in self.tasks.values() if "desiredStatus" in one]}

    def ecs_describe_tasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Those that are named."""
        return {"tasks": [_shown(self.tasks[one.rpartition("/")[2]]) for one in asked["tasks"]]}

    def ecs_describe_task_definition(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Its image."""
        has = self.definitions[asked["taskDefinition"]]
        return {"taskDefinition": {"containerDefinitions": [{"name": "nis-backend", "image": has}]}}

    def elbv2_describe_target_health(self, _asked: dict[str, Any]) -> dict[str, Any]:
        """All of them well, and one that goes."""
        well = [{"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": "healthy"}} for n in range(self.desired)]
        return {"TargetHealthDescriptions": [*well, {"TargetHealth": {"State": "draining"}}]}

    # ── images, keys, lines, alarms ──

    def ecr_batch_get_image(self, asked: dict[str, Any]) -> dict[str, Any]:
        """An image's manifest."""
        named = f"{REGISTRY}/{asked['repositoryName']}@{asked['imageIds'][0]['imageDigest']}"
        if named not in self.images:
            return {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
        return {"images": [{"imageManifest": json.dumps({"config": {"digest": f"sha256:{'0' * 64}"}})}]}

    def ecr_get_download_url_for_layer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Where its configuration is."""
        return {"downloadUrl": "https://layers.example/config", "layerDigest": asked["layerDigest"]}

    def ecr_describe_repositories(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The repository of the stack."""
        if self.stack.stack is None:
            raise Refused("RepositoryNotFoundException")
        return {"repositories": [{"repositoryName": asked["repositoryNames"][0], "repositoryUri": REPOSITORY}]}

    def ecr_get_authorization_token(self, _asked: dict[str, Any]) -> dict[str, Any]:
        """A word for twelve hours."""
        token = base64.b64encode(b"AWS:word").decode()
        return {"authorizationData": [{"authorizationToken": token, "proxyEndpoint": f"https://{REGISTRY}"}]}

    def secretsmanager_get_secret_value(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The key of the deployment."""
        assert asked == {"SecretId": self.stack.outputs["KeysArn"]}
        return {"SecretString": json.dumps({"NIS_API_KEY": KEY, "OPENAI_API_KEY": " "})}

    def logs_filter_log_events(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Three to a page, the oldest first."""
        words = asked.get("filterPattern", '""')[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        found = [
            {"timestamp": int(time * 1000), "logStreamName": stream, "message": said}
            for time, stream, said in sorted(self.lines)
            if asked["startTime"] <= int(time * 1000) <= asked["endTime"]
            and stream.startswith(asked.get("logStreamNamePrefix", ""))
            and words in said
        ]
        start = int(asked.get("nextToken", "0"))
        return {"events": found[start : start + 3]} | ({"nextToken": str(start + 3)} if start + 3 < len(found) else {})

    def logs_get_log_events(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The last of a stream."""
        found = [
            {"timestamp": int(time * 1000), "message": said}
            for time, stream, said in self.lines
            if stream == asked["logStreamName"]
        ]
        if not found:
            raise Refused("ResourceNotFoundException", "The specified log stream does not exist.")
        return {"events": found[-asked["limit"] :]}

    def cloudwatch_describe_alarms(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Those that ring."""
        assert asked == {"AlarmNamePrefix": "nis-backend-", "StateValue": "ALARM"}
        return {"MetricAlarms": [{"AlarmName": name} for name in self.ringing]}

    def kafka_get_bootstrap_brokers(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Where the brokers answer."""
        assert asked == {"ClusterArn": self.stack.outputs["BrokersArn"]}
        return {"BootstrapBrokerStringSaslScram": "b-1.example:9096,b-2.example:9096"}

    def autoscaling_describe_auto_scaling_groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The box."""
        box = {
            "InstanceId": "i-1",
            "AvailabilityZone": "us-east-1a",
            "LifecycleState": "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
        }
        group = {
            "AutoScalingGroupName": asked["AutoScalingGroupNames"][0],
            "MinSize": 1,
            "MaxSize": 1,
            "DesiredCapacity": 1,
            "DefaultCooldown": 300,
            "AvailabilityZones": ["us-east-1a"],
            "HealthCheckType": "EC2",
            "CreatedTime": self.aws.moment(),
            "Instances": [box],
        }
        return {"AutoScalingGroups": [group]}

    # ── what is kept ──

    def ssm_put_parameter(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Another version."""
        assert asked["Overwrite"]
        assert len(asked["Value"]) <= 8192
        number = len(self.history) + 1
        self.history.append({"Version": number, "Value": asked["Value"], "LastModifiedDate": self.aws.moment()})
        return {"Version": number}

    def ssm_get_parameter_history(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Two to a page, the oldest first."""
        if not self.history:
            raise Refused("ParameterNotFound")
        start = int(asked.get("NextToken", "0"))
        more = {"NextToken": str(start + 2)} if start + 2 < len(self.history) else {}
        return {"Parameters": self.history[start : start + 2], **more}

    def ssm_delete_parameter(self, _asked: dict[str, Any]) -> None:
        """Gone, with all versions."""
        if not self.history:
            raise Refused("ParameterNotFound")
        self.history.clear()

    def sts_get_caller_identity(self, _asked: dict[str, Any]) -> dict[str, Any]:
        """Who asks."""
        return {"Account": NUMBER, "Arn": f"arn:aws:iam::{NUMBER}:user/alice", "UserId": "AIDAEXAMPLE"}


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in task.items() if key != "course"}


def whole(aws: FakeAws) -> FakeServices:
    """An account with all of this, and no stack yet."""
    stack = FakeStack(
        aws=aws,
        defaults=defaults(),
        outputs={
            "Address": ADDRESS,
            "RepositoryUri": REPOSITORY,
            "KeysArn": arn("secretsmanager", "secret:Keys-abc"),
            "LogGroupName": "/ecs/nis-backend",
            "ClusterName": "nis-backend",
            "TaskSubnets": "subnet-1,subnet-2",
            "TaskGroup": "sg-1",
            "TaskPublicAddress": "ENABLED",
        },
    )
    services = FakeServices(aws=aws, stack=stack)
    stack.become = services.become
    aws.parts.extend((stack, services))
    return services
