"""The AWS stack keeps promises that no linter knows: names, drains, secrets, rights, one environment for all tasks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from stacks import REGION, WAYS, referred

from nis_backend.deployment.template.reading import Template, own_template, read
from nis_backend.deployment.template.resolving import Resolved, resolve
from nis_backend.server import LAST_SECONDS
from nis_backend.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = {str(field.alias): field for field in Settings.model_fields.values()}
# What is read by others than nis: libpq, and AWS's own client.
FOREIGN = {"PGPASSWORD", "AWS_REGION"}


@pytest.fixture(scope="module")
def template() -> Template:
    """The template, read once."""
    return read(own_template())


@pytest.fixture(scope="module")
def stacks(template: Template) -> Mapping[str, Resolved]:
    """What it comes to in each way."""
    return {way: resolve(template, parameters, REGION) for way, parameters in WAYS.items()}


def containers(stack: Resolved) -> Iterator[tuple[str, dict[str, Any]]]:
    """The container of each task definition."""
    for name, task in stack.kinds("AWS::ECS::TaskDefinition").items():
        for container in task["ContainerDefinitions"]:
            yield name, container


def given(container: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that have their values from the template."""
    return {pair["Name"]: pair["Value"] for pair in container["Environment"]}


def test_names_of_the_earlier_deployment_stay(stacks: Mapping[str, Resolved]) -> None:
    """nis-backend, port 8000, /health every 30 s within 5 s, 2 and 3 of them, 70 % with 60 and 30 s, logs of 7 days."""
    stack = stacks["all"]
    cluster, group, target = (
        next(iter(stack.kinds(kind).values()))
        for kind in ("AWS::ECS::Cluster", "AWS::Logs::LogGroup", "AWS::ElasticLoadBalancingV2::TargetGroup")
    )
    assert cluster["ClusterName"] == "nis-backend"
    services = {service["ServiceName"] for service in stack.kinds("AWS::ECS::Service").values()}
    assert services == {"nis-backend-api", "nis-backend-worker", "nis-backend-gpu"}
    assert {container["Name"] for _, container in containers(stack)} == {"nis-backend"}
    assert (group["LogGroupName"], group["RetentionInDays"]) == ("/ecs/nis-backend", 7)
    assert (target["Port"], target["HealthCheckPath"], target["Matcher"]) == (8000, "/health", {"HttpCode": "200"})
    assert (target["HealthCheckIntervalSeconds"], target["HealthCheckTimeoutSeconds"]) == (30, 5)
    assert (target["HealthyThresholdCount"], target["UnhealthyThresholdCount"]) == (2, 3)
    for policy in stack.kinds("AWS::ApplicationAutoScaling::ScalingPolicy").values():
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        assert (tracking["TargetValue"], tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"]) == (70, 60, 30)


def test_two_stacks_fit_in_one_account(template: Template) -> None:
    """Whatever has a name of its own has the stack's in it."""
    names = re.compile(r'"(Name|[A-Za-z]*Name|Family)": "([^"]*other[^"]*)"')
    for way in ("all", "open box", "small-rds"):
        here, there = (resolve(template, WAYS[way], REGION, name=name) for name in ("nis-backend", "other"))
        for kind, key in (
            *(("AWS::ECS::Cluster", "ClusterName"), ("AWS::ECS::Service", "ServiceName")),
            *(("AWS::ECS::TaskDefinition", "Family"), ("AWS::Logs::LogGroup", "LogGroupName")),
            *(("AWS::ECR::Repository", "RepositoryName"), ("AWS::CloudWatch::Alarm", "AlarmName")),
            *(("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"), ("AWS::SecretsManager::Secret", "Name")),
            *(("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"), ("AWS::MSK::Cluster", "ClusterName")),
            ("AWS::MSK::Configuration", "Name"),
            *(("AWS::SNS::Topic", "TopicName"), ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName")),
        ):
            for id_, properties in there.kinds(kind).items():
                assert properties.get(key) != here.kinds(kind)[id_].get(key) or key not in properties, (id_, key)
        assert names.search(json.dumps(there.resources))


def test_every_service_takes_a_failed_deployment_back(stacks: Mapping[str, Resolved]) -> None:
    """Circuit breaker with rollback everywhere; where tasks are doubled, alarms too, each of which there is."""
    for stack in stacks.values():
        alarms = stack.kinds("AWS::CloudWatch::Alarm")
        for id_, service in stack.kinds("AWS::ECS::Service").items():
            how = service["DeploymentConfiguration"]
            assert how["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}, id_
            if id_ != "GpuService":
                assert (how["MinimumHealthyPercent"], how["MaximumPercent"]) == (100, 200)
                assert how["Alarms"]["Enable"]
                assert how["Alarms"]["Rollback"]
                assert {alarm["Ref"] for alarm in how["Alarms"]["AlarmNames"]} <= set(alarms)


def test_a_task_has_time_to_end_and_a_connection_to_live(stacks: Mapping[str, Resolved]) -> None:
    """The sum of linger, drain and 30 s is less than StopTimeout, which is 120 s at most; ping < idle < keep-alive."""
    for stack in stacks.values():
        idle = {
            int(attribute["Value"])
            for balancer in stack.kinds("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
            for attribute in balancer["LoadBalancerAttributes"]
            if attribute["Key"] == "idle_timeout.timeout_seconds"
        }
        for id_, container in containers(stack):
            if id_ == "MigrationTask":
                continue
            settings = given(container)
            stop = container["StopTimeout"]
            assert (
                float(settings["NIS_LINGER_SECONDS"]) + float(settings["NIS_DRAIN_SECONDS"]) + LAST_SECONDS
                < stop
                <= 120
            )
            if id_ == "ApiTask":
                [quiet] = idle
                assert float(settings["NIS_PING_SECONDS"]) * 2 < quiet < float(settings["NIS_KEEP_ALIVE_SECONDS"])


def test_every_variable_is_a_setting_and_may_have_its_value(stacks: Mapping[str, Resolved]) -> None:
    """A setting that is renamed, or that refuses what the template gives it, is found here and not on AWS."""
    for stack in stacks.values():
        for id_, container in containers(stack):
            names = [pair["Name"] for pair in container["Environment"] + container["Secrets"]]
            assert len(set(names)) == len(names), id_
            assert set(names) - FOREIGN <= set(SETTINGS), id_
            plain = {name: value for name, value in given(container).items() if isinstance(value, str)}
            Settings.model_validate({name: value for name, value in plain.items() if name not in FOREIGN})


def test_secrets_come_from_secrets_and_from_keys_that_they_have(
    template: Template, stacks: Mapping[str, Resolved]
) -> None:
    """Whatever setting is a secret is never a value of the template's, and each reference finds its key."""
    secret = {name for name, field in SETTINGS.items() if "SecretStr" in str(field.annotation)} | {"PGPASSWORD"}
    for stack in stacks.values():
        for id_, container in containers(stack):
            for name, value in given(container).items():
                # Its password is PGPASSWORD; what stands in the address is no secret.
                assert name not in secret or (name == "NIS_DATABASE_URL" and "nis@" in str(value)), (id_, name)
            for pair in container["Secrets"]:
                assert pair["Name"] in secret | {"NIS_KAFKA_USERNAME"}, (id_, pair["Name"])
                source = pair["ValueFrom"]
                if isinstance(source, str):
                    assert source == stack.parameters["DatabaseSecretArn"]
                    continue
                found = re.fullmatch(r"\$\{(\w+)\}:(\w+)::", source["Fn::Sub"])
                assert found, source
                made = stack.resources[found[1]]["Properties"]["GenerateSecretString"]
                keys = {*json.loads(made["SecretStringTemplate"]), made["GenerateStringKey"]}
                assert found[2] in keys, (id_, source)
    text = json.dumps(template.document)
    for reference in re.findall(r"resolve:secretsmanager:\$\{(\w+)\}:SecretString:(\w+)", text):
        assert reference[0] in template.document["Resources"], reference


def test_what_starts_a_task_may_read_each_of_its_secrets(stacks: Mapping[str, Resolved]) -> None:
    """Nothing more, and nothing less: a secret that may not be read is a task that does not start."""
    for way, stack in stacks.items():
        if "ExecutionRole" not in stack.resources:
            continue
        allowed = [
            json.dumps(resource)
            for statement in stack.resources["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"][
                "Statement"
            ]
            if statement["Action"] == "secretsmanager:GetSecretValue"
            for resource in statement["Resource"]
        ]
        for id_, container in containers(stack):
            for pair in container["Secrets"]:
                source = pair["ValueFrom"]
                name = source if isinstance(source, str) else re.findall(r"\$\{(\w+)\}", str(source["Fn::Sub"]))[0]
                assert any(name in one for one in allowed), (way, id_, pair["Name"])


# Actions that take no resource, by the service authorization reference.
TAKE_NONE = {
    *("ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint", "ec2:DescribeVolumes", "ec2:DescribeSnapshots"),
    *("ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
    *("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
}


def test_no_role_has_more_than_its_resources(stacks: Mapping[str, Resolved]) -> None:
    """A star stands only where the action takes nothing else, and no managed policy is attached."""
    for stack in stacks.values():
        for id_, role in stack.kinds("AWS::IAM::Role").items():
            assert "ManagedPolicyArns" not in role, id_
            for statement in (
                one for policy in role.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]
            ):
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if "*" in action], id_
                if statement["Resource"] == "*":
                    assert set(actions) <= TAKE_NONE, (id_, actions)


def before(stack: Resolved, name: str) -> set[str]:
    """All that CloudFormation makes before a resource."""
    found, ahead = set[str](), [name]
    while ahead:
        new = referred(stack.resources[ahead.pop()]) & set(stack.resources)
        ahead += new - found
        found |= new
    return found


def test_what_starts_comes_after_its_way_out(stacks: Mapping[str, Resolved]) -> None:
    """A task that cannot reach its image fails, and three that fail take the stack's first making back."""
    for way, stack in stacks.items():
        if not stack.conditions["OwnNetwork"]:
            continue
        needed = {"PublicRoute", "InternetAttached"}
        if stack.conditions["Nat"]:
            needed |= {"NatRouteA", "NatRouteB"}
        if stack.conditions["Endpoints"]:
            needed |= set(stack.kinds("AWS::EC2::VPCEndpoint"))
        starting = {**stack.kinds("AWS::ECS::Service"), **stack.kinds("AWS::AutoScaling::AutoScalingGroup")}
        for name in starting:
            way_out = needed if name != "GpuGroup" else set[str]()
            assert way_out <= before(stack, name) | {name}, (way, name)
        for name in stack.kinds("AWS::ElasticLoadBalancingV2::LoadBalancer"):
            assert {"PublicRoute", "InternetAttached"} <= before(stack, name), "a gateway comes before what is public"


# What the store of blobs calls, and what IAM calls it: service authorization reference of Amazon S3.
S3_CALLS = {
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "head_bucket": "s3:ListBucket",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
}


def test_a_task_may_do_with_its_bucket_what_it_does(stacks: Mapping[str, Resolved]) -> None:
    """Each call of the store of blobs is allowed, and no more than those."""
    source = (ROOT / "src/nis_backend/drivers/blobs/bucket.py").read_text(encoding="utf-8")
    calls = set(re.findall(r"\bclient\.([a-z_0-9]+)\(", source))
    assert calls
    role = stacks["small-rds"].resources["TaskRole"]["Properties"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = {
        action
        for statement in statements
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }
    assert allowed == {S3_CALLS[call] for call in calls}
    assert "Policies" not in stacks["small"].resources["TaskRole"]["Properties"]


def test_containers_run_as_nobody_on_a_root_that_is_read_only(stacks: Mapping[str, Resolved]) -> None:
    """User 10001, and room to write where the image has volumes: a mount that it does not declare belongs to root."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    volumes = [set(json.loads(found)) for found in re.findall(r"^VOLUME (\[.*\])$", dockerfile, re.MULTILINE)]
    assert volumes
    for stack in stacks.values():
        for id_, container in containers(stack):
            assert (container["User"], container["ReadonlyRootFilesystem"]) == ("10001", True), id_
            assert not container.get("Privileged")
            mounted = {mount["ContainerPath"] for mount in container["MountPoints"]}
            assert all(mounted <= declared for declared in volumes), (id_, mounted, volumes)
            assert given(container)["NIS_DATA"] in mounted


def test_containers_are_started_and_looked_at_by_what_there_is(stacks: Mapping[str, Resolved]) -> None:
    """Health is asked by Python, since a slim image has no curl, and on the port that the command names."""
    for stack in stacks.values():
        for id_, container in containers(stack):
            command = container["Command"]
            assert command[0] == "nis", id_
            if "HealthCheck" in container:
                assert container["HealthCheck"]["Command"] == ["CMD", "python", "-m", "nis_backend.healthcheck"]
                assert given(container)["NIS_PORT"] == command[command.index("--port") + 1]


def test_tasks_that_do_the_same_have_the_same_environment(stacks: Mapping[str, Resolved]) -> None:
    """Worker and GPU worker differ in their name alone; api has what the way in needs besides."""
    tasks = dict(containers(stacks["all"]))
    variables = {id_: given(container) for id_, container in tasks.items()}
    for said in variables.values():
        said.pop("OTEL_SERVICE_NAME")
    assert variables["WorkerTask"] == variables["GpuTask"]
    more = set(variables["ApiTask"]) - set(variables["WorkerTask"])
    assert more == {"NIS_PUBLIC_URL", "NIS_KEEP_ALIVE_SECONDS", "NIS_PING_SECONDS"}
    assert tasks["ApiTask"]["Secrets"] == tasks["WorkerTask"]["Secrets"] == tasks["GpuTask"]["Secrets"]


def test_stores_are_private_encrypted_and_leave_something_behind(stacks: Mapping[str, Resolved]) -> None:
    """Of the database and the box's disk a snapshot stays, of buckets themselves; nothing is open to the Internet."""
    stack = stacks["all"]
    [database] = stack.kinds("AWS::RDS::DBInstance").values()
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["BackupRetentionPeriod"] >= 7
    assert int(str(database["EngineVersion"]).split(".")[0]) >= 16, "which is where RDS has pgvector always"
    [cache] = stack.kinds("AWS::ElastiCache::ReplicationGroup").values()
    assert cache["AtRestEncryptionEnabled"] is cache["TransitEncryptionEnabled"] is True
    assert "AuthToken" in cache
    kept = {"AWS::RDS::DBInstance": "Snapshot", "AWS::EC2::Volume": "Snapshot", "AWS::S3::Bucket": "Retain"}
    for stack in stacks.values():
        for id_, resource in stack.resources.items():
            if resource["Type"] in kept:
                assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == kept[resource["Type"]], id_
        for id_, group in stack.kinds("AWS::EC2::SecurityGroup").items():
            for rule in group.get("SecurityGroupIngress", []):
                open_ = rule.get("CidrIp") == "0.0.0.0/0"
                assert not open_ or (
                    id_ in {"LoadBalancerGroup", "BoxSecurityGroup"} and rule["ToPort"] in {80, 443}
                ), id_


def test_brokers_make_the_topics_that_are_asked_for(stacks: Mapping[str, Resolved]) -> None:
    """MSK's own default is not to; and a topic has as many copies as there are brokers, of which one may be away."""
    [said] = stacks["all"].kinds("AWS::MSK::Configuration").values()
    properties = dict(line.split("=") for line in said["ServerProperties"].split())
    [cluster] = stacks["all"].kinds("AWS::MSK::Cluster").values()
    assert cluster["ConfigurationInfo"]["Arn"] == {"Ref": "KafkaSettings"}
    assert properties["auto.create.topics.enable"] == "true"
    assert int(properties["default.replication.factor"]) == cluster["NumberOfBrokerNodes"]
    assert int(properties["min.insync.replicas"]) < cluster["NumberOfBrokerNodes"]


def test_there_is_an_alarm_for_when_no_task_answers(stacks: Mapping[str, Resolved]) -> None:
    """No task is then there to answer 5xx: the load balancer does, and that metric is another."""
    for way in ("small", "small-rds", "production"):
        alarms = stacks[way].kinds("AWS::CloudWatch::Alarm")
        watched = {str(alarm["MetricName"]): name for name, alarm in alarms.items()}
        assert {"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"} <= set(watched)
        # Before the first task is healthy whoever calls hears it: it would take the first deployment back.
        service = stacks[way].resources["ApiService"]["Properties"]["DeploymentConfiguration"]
        assert {"Ref": watched["HTTPCode_ELB_5XX_Count"]} not in service["Alarms"]["AlarmNames"]
        assert all(alarm["TreatMissingData"] == "notBreaching" for alarm in alarms.values())


def test_the_box_is_closed_unless_it_has_a_domain(stacks: Mapping[str, Resolved]) -> None:
    """No port, no SSH; what is in its container cannot ask for the box's role."""
    assert "SecurityGroupIngress" not in stacks["box"].resources["BoxSecurityGroup"]["Properties"]
    launch = stacks["box"].resources["BoxLaunch"]["Properties"]["LaunchTemplateData"]
    assert launch["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert "KeyName" not in launch
    [snapshots] = stacks["box"].kinds("AWS::DLM::LifecyclePolicy").values()
    assert snapshots["PolicyDetails"]["Schedules"][0]["RetainRule"] == {"Count": 7}


@pytest.mark.parametrize("way", ["box", "open box"])
def test_the_boxs_script_is_a_script(stacks: Mapping[str, Resolved], way: str, tmp_path: Path) -> None:
    """It is read by bash, its units say what systemd wants, and nothing of the template is left unfilled in it."""
    launch = stacks[way].resources["BoxLaunch"]["Properties"]["LaunchTemplateData"]
    script = launch["UserData"]["Fn::Base64"]
    text = script if isinstance(script, str) else script["Fn::Sub"]
    text = text if isinstance(text, str) else text[0]
    assert set(re.findall(r"\$\{(\w+)[^}]*\}", text)) <= {"BoxDisk", "Keys", "LogGroup", "Address"}
    filled = re.sub(r"\$\{(\w+)[^}]*\}", r"a-\1", text)
    (tmp_path / "script").write_text(filled, encoding="utf-8")
    bash = shutil.which("bash")
    assert bash is not None
    read_by_bash = subprocess.run([bash, "-n", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert (read_by_bash.returncode, read_by_bash.stderr) == (0, "")
    assert len(text) < 16_000, "EC2 takes 16 KB of user data"
    for unit in re.findall(r"<<'END'\n(\[Unit\].*?)\nEND\n", filled, re.DOTALL):
        joined = unit.replace("\\\n", " ")
        assert all(re.fullmatch(r"(\[\w+\]|\w+=.+|)", line) for line in joined.splitlines()), unit
        assert "@sha256:" in joined or ("Caddy" in joined and way == "box"), "which has no Caddy"


def test_what_an_output_or_a_parameter_is_is_said(template: Template) -> None:
    """Each has a description, and each parameter a place in the groups."""
    groups = template.document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    placed = [name for group in groups for name in group["Parameters"]]
    assert sorted(placed) == sorted(template.document["Parameters"])
    for section in ("Parameters", "Outputs"):
        for name, about in template.document[section].items():
            assert about.get("Description"), name


def test_whatever_is_left_out_of_a_check_has_its_reason(template: Template) -> None:
    """A check of checkov that is skipped says why, beside the resource."""
    for name, resource in template.document["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert re.fullmatch(r"CKV_AWS_\d+", skip["id"]), name
            assert len(skip["comment"]) > 30, name
