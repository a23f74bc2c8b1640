"""The bill of a stack: each resource by its own properties, cents that add up, and what is not in it told."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.deployment.meters import METERS
from nis_backend.deployment.price import BY_USE, FREE, NO_PRICE, price
from nis_backend.deployment.usage import Usage
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.deployment.report import Price, PriceLine

REGION = "us-east-1"


def kind(name: str, **said: Any) -> dict[str, Any]:  # Any: JSON
    """A resource."""
    return {"Type": name, "Properties": said}


def ref(name: str) -> dict[str, str]:
    """What names another resource."""
    return {"Ref": name}


def task(cpu: object = "256", memory: object = "512", **said: object) -> dict[str, Any]:
    """A task definition."""
    return kind("AWS::ECS::TaskDefinition", Cpu=cpu, Memory=memory, **said)


def service(count: object = 1, public: str = "ENABLED", **said: object) -> dict[str, Any]:
    """Tasks of the definition Task."""
    network = {"AwsvpcConfiguration": {"AssignPublicIp": public}}
    return kind(
        "AWS::ECS::Service", TaskDefinition=ref("Task"), DesiredCount=count, NetworkConfiguration=network, **said
    )


SMALL: dict[str, Any] = {
    "Vpc": kind("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
    "Balancer": kind("AWS::ElasticLoadBalancingV2::LoadBalancer", Subnets=[ref("A"), ref("B")]),
    "Task": task(),
    "Api": service(),
    "Key": kind("AWS::SecretsManager::Secret"),
    "Log": kind("AWS::Logs::LogGroup", RetentionInDays=7),
}


def line(found: Price, what: str) -> PriceLine:
    """The one line of what is paid for."""
    (one,) = [one for one in found.lines if one.what == what]
    return one


def bill(resources: dict[str, Any], usage: Usage | None = None) -> dict[str, float]:
    """A month of each thing that is paid for, where no two resources have it."""
    return {one.what: one.month for one in price(resources, region=REGION, usage=usage).lines}


def test_a_small_stack_is_the_sum_of_what_its_pages_say() -> None:
    """Each line by hand: quantity times the price of AWS's list, to the cent."""
    usage = Usage(logs_gb=2, out_gb=110, between_zones_gb=5)
    found = price(SMALL, region=REGION, usage=usage)
    assert {(one.resource, one.what): one.month for one in found.lines} == {
        ("Balancer", "load balancer"): 16.43,  # 730 × 0.0225 = 16.425
        ("Balancer", "capacity units"): 0.89,  # 111 GB × 0.008, the largest of its measures
        ("Balancer", "public IPv4 addresses"): 7.30,  # 730 × 2 × 0.005
        ("Api", "vCPUs of tasks"): 7.39,  # 730 × 0.25 × 0.04048 = 7.3876
        ("Api", "memory of tasks"): 1.62,  # 730 × 0.5 × 0.004445 = 1.6224
        ("Api", "public IPv4 addresses"): 3.65,
        ("Key", "secrets"): 0.40,
        ("(all of it)", "logs written"): 1.00,
        ("(all of it)", "logs kept for 7 days"): 0.01,  # 2 × 7 / 30 × 0.03 = 0.014
        ("(all of it)", "secrets read"): 0.01,  # 1,000 × 0.000005 = 0.005
        ("(all of it)", "to the Internet beyond what is free"): 0.90,  # 10 × 0.09
        ("(all of it)", "between zones, out and in"): 0.10,  # 5 × 2 × 0.01
    }
    assert found.month == 39.70
    assert not [one for one in found.left_out if NO_PRICE in one]


def test_an_independent_estimate_of_the_same_resources_comes_to_the_same() -> None:
    """Staging of github.com/patibandlavenkatamanideep/pharma-analytics-copilot, infra/aws-staging/cost/ESTIMATE.md.

    Its rows for one task of 1 vCPU and 2 GB, RDS db.t4g.small and db.t4g.micro, and two tasks with RDS in two zones.
    """
    stack = SMALL | {
        "Task": task("1024", "2048"),
        "Data": kind(
            "AWS::RDS::DBInstance", Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage="20",
            StorageType="gp3", MultiAZ=False,
        ),
    }  # fmt: skip
    found = bill(stack)
    assert round(found["vCPUs of tasks"] + found["memory of tasks"], 2) == 36.04
    assert (found["load balancer"], found["db.t4g.small"], found["disk of the database"]) == (16.43, 23.36, 2.30)
    stack["Data"]["Properties"] |= {"MultiAZ": True}
    stack["Api"] = service(2)
    found = bill(stack)
    assert round(found["vCPUs of tasks"] + found["memory of tasks"], 2) == 72.08
    assert (found["db.t4g.small in two zones"], found["disk of the database in two zones"]) == (47.45, 4.60)
    assert sum(one.month for one in price(stack, region=REGION).lines if "IPv4" in one.what) == 14.60


@pytest.mark.parametrize(
    ("resources", "what", "month"),
    [
        ({"Task": task(RuntimePlatform={"CpuArchitecture": "ARM64"}), "Api": service()}, "vCPUs of tasks", 5.91),
        ({"Task": task(EphemeralStorage={"SizeInGiB": 30}), "Api": service()}, "disk of tasks over 20 GB", 0.81),
        ({"Nat": kind("AWS::EC2::NatGateway")}, "NAT gateway", 32.85),
        ({"Nat": kind("AWS::EC2::NatGateway")}, "through NAT", 0.23),
        ({"Ip": kind("AWS::EC2::EIP")}, "public IPv4 addresses", 3.65),
        (
            {"To": kind("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"])},
            "endpoints in zones",
            14.60,
        ),
        ({"Box": kind("AWS::EC2::Instance", InstanceType="t4g.micro")}, "t4g.micro instances", 6.13),
        ({"Box": kind("AWS::EC2::Instance", InstanceType="t4g.micro")}, "disks of instances", 0.64),
        ({"Disk": kind("AWS::EC2::Volume", Size="4")}, "data disk", 0.32),
        (
            {
                "Cache": kind(
                    "AWS::ElastiCache::ReplicationGroup",
                    Engine="valkey",
                    CacheNodeType="cache.t4g.micro",
                    NumCacheClusters="2",
                )
            },
            "cache.t4g.micro of valkey",
            18.69,
        ),
        (
            {
                "Kafka": kind(
                    "AWS::MSK::Cluster",
                    NumberOfBrokerNodes=2,
                    BrokerNodeGroupInfo={
                        "InstanceType": "kafka.t3.small",
                        "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 10}},
                    },
                )
            },
            "kafka.t3.small brokers",
            66.58,
        ),
        ({"Filter": kind("AWS::Logs::MetricFilter", MetricTransformations=[{}])}, "metrics of filters", 0.30),
        (
            {
                "Alarm": kind(
                    "AWS::CloudWatch::Alarm",
                    Metrics=[{"Expression": "a/b"}, {"MetricStat": {}}, {"MetricStat": {}}],
                )
            },
            "alarms",
            0.20,
        ),
        (
            {"Up": kind("AWS::ApplicationAutoScaling::ScalingPolicy", PolicyType="TargetTrackingScaling")},
            "alarms of scaling",
            0.20,
        ),
        ({"Images": kind("AWS::ECR::Repository")}, "images", 0.09),
    ],
)
def test_each_kind_is_paid_for_by_its_own_properties(resources: dict[str, Any], what: str, month: float) -> None:
    """Hours are 730 a month; prices are AWS's list of us-east-1."""
    assert line(price(resources, region=REGION), what).month == month


def test_snapshots_hold_what_is_used_and_what_changed() -> None:
    """10 GB, half of it used, 2 % changing a day, 7 kept: 10 × (0.5 + 6 × 0.02) = 6.2 GB."""
    stack = {
        "Disk": kind("AWS::EC2::Volume", Size=10),
        "Daily": kind("AWS::DLM::LifecyclePolicy", PolicyDetails={"Schedules": [{"RetainRule": {"Count": 7}}]}),
    }
    assert line(price(stack, region=REGION), "snapshots of disks").quantity == 6.2


def test_instances_of_a_group_are_as_many_as_tasks_want() -> None:
    """A GPU worker of one task on EC2 costs an instance, and no Fargate."""
    stack = {
        "Shape": kind("AWS::EC2::LaunchTemplate", LaunchTemplateData={"InstanceType": "g4dn.xlarge"}),
        "Group": kind(
            "AWS::AutoScaling::AutoScalingGroup",
            MinSize="0",
            MaxSize="2",
            LaunchTemplate={"LaunchTemplateId": ref("Shape")},
        ),
        "Gpu": kind("AWS::ECS::CapacityProvider", AutoScalingGroupProvider={"AutoScalingGroupArn": ref("Group")}),
        "Task": task(),
        "Worker": kind(
            "AWS::ECS::Service",
            TaskDefinition=ref("Task"),
            DesiredCount=1,
            CapacityProviderStrategy=[{"CapacityProvider": ref("Gpu")}],
        ),
    }
    found = price(stack, region=REGION)
    assert line(found, "g4dn.xlarge instances").month == 383.98
    assert "vCPUs of tasks" not in {one.what for one in found.lines}


def test_an_address_of_ones_own_replaces_the_one_an_instance_gets() -> None:
    """One address, one price."""
    box = kind("AWS::EC2::Instance", InstanceType="t4g.micro", NetworkInterfaces=[{"AssociatePublicIpAddress": True}])
    assert bill({"Box": box})["public IPv4 addresses"] == 3.65
    both = price({"Box": box, "Ip": kind("AWS::EC2::EIP", InstanceId=ref("Box"))}, region=REGION)
    assert [one.resource for one in both.lines if "IPv4" in one.what] == ["Ip"]


def test_metrics_of_log_lines_are_counted_where_they_are_written() -> None:
    """NIS_EMF set to nothing writes none."""
    for value, metrics in (("nis", 8), ("", 0)):
        said = task(ContainerDefinitions=[{"Environment": [{"Name": "NIS_EMF", "Value": value}]}])
        found = price({"Task": said, "Api": service()}, region=REGION)
        assert sum(one.quantity for one in found.lines if one.unit == "metric") == metrics


def test_what_is_not_priced_is_told_by_name() -> None:
    """An unknown kind, an unknown size, a price that is not known in a region: none is silently nothing."""
    stack = SMALL | {
        "Odd": kind("AWS::Quantum::Computer"),
        "Wide": kind("AWS::ElasticLoadBalancingV2::LoadBalancer", Type="network"),
        "Big": kind("AWS::EC2::Instance", InstanceType="z9.mega"),
    }
    told = " ".join(price(stack, region=REGION).left_out)
    assert "AWS::Quantum::Computer" in told
    assert "only application load balancers" in told
    assert "ec2.z9.mega" in told
    assert "fargate.vcpu_hour" in " ".join(price(SMALL, region="eu-west-1").left_out)
    with pytest.raises(InvalidRequest, match="mars-north-1"):
        price(SMALL, region="mars-north-1")


def test_no_kind_is_both_paid_for_and_free() -> None:
    """Each kind has one answer."""
    assert not set(METERS) & (FREE | BY_USE)
    assert not FREE & BY_USE


@given(count=st.integers(0, 40), requests=st.floats(0, 1e9), gigabytes=st.floats(0, 1e5))
def test_what_is_printed_adds_up(count: int, requests: float, gigabytes: float) -> None:
    """Promise: the sum is the sum of the lines as they are printed, to the cent, and no line is less than nothing."""
    stack = SMALL | {"Api": service(count)}
    found = price(stack, region=REGION, usage=Usage(requests=requests, out_gb=gigabytes))
    assert f"{found.month:.2f}" == str(sum((Decimal(f"{one.month:.2f}") for one in found.lines), Decimal("0.00")))
    assert all(one.month >= 0 and one.quantity > 0 for one in found.lines)


@given(count=st.integers(1, 100))
def test_tasks_cost_in_proportion_to_their_number(count: int) -> None:
    """Of everything that one task has, so many have so many times as much."""
    one, many = (price(SMALL | {"Api": service(each)}, region=REGION) for each in (1, count))
    for before, after in zip(one.lines, many.lines, strict=True):
        times = count if before.resource == "Api" else 1
        assert after.quantity == pytest.approx(before.quantity * times)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(said=ODD, name=st.sampled_from(sorted(METERS)))
def test_odd_properties_are_told_and_never_fail(said: object, name: str) -> None:
    """A template may hold anything where a number is meant."""
    stack = copy.deepcopy(SMALL)
    keys = (
        "DesiredCount",
        "Size",
        "AllocatedStorage",
        "Subnets",
        "SubnetIds",
        "Metrics",
        "TaskDefinition",
        "PolicyDetails",
    )
    stack["Odd"] = {"Type": name, "Properties": dict.fromkeys(keys, said)}
    assert price(stack, region=REGION).month >= price(SMALL, region=REGION).month
