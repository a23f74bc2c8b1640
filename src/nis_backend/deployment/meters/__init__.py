"""What each kind of resource is paid for: how much of what in a month, from its own properties and from the usage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nis_backend.deployment.meters.data import brokers, cache, database, repository, secret, serverless
from nis_backend.deployment.meters.hosts import group, instance, snapshots, volume
from nis_backend.deployment.meters.meter import Meter, Metered, Unmetered
from nis_backend.deployment.meters.serving import address, balancer, endpoint, nat, tasks
from nis_backend.deployment.meters.watching import alarm, filtered, key, scaling, zone

__all__ = ("METERS", "Meter", "Metered", "Unmetered")

METERS: dict[str, Callable[[Meter], Iterator[Metered]]] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling,
    "AWS::AutoScaling::AutoScalingGroup": group,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::DLM::LifecyclePolicy": snapshots,
    "AWS::EC2::EIP": address,
    "AWS::EC2::Instance": instance,
    "AWS::EC2::NatGateway": nat,
    "AWS::EC2::VPCEndpoint": endpoint,
    "AWS::EC2::Volume": volume,
    "AWS::ECR::Repository": repository,
    "AWS::ECS::Service": tasks,
    "AWS::ElastiCache::CacheCluster": cache,
    "AWS::ElastiCache::ReplicationGroup": cache,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": balancer,
    "AWS::KMS::Key": key,
    "AWS::Logs::MetricFilter": filtered,
    "AWS::MSK::Cluster": brokers,
    "AWS::MSK::ServerlessCluster": serverless,
    "AWS::RDS::DBInstance": database,
    "AWS::Route53::HostedZone": zone,
    "AWS::SecretsManager::Secret": secret,
}
