"""Templates, scripts and Dockerfiles: clean ones, and the same with one fault each."""

from __future__ import annotations

from planted import DIGEST, KEY, Case

TRUST = (
    '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, '
    'Action: "sts:AssumeRole"}]}'
)
STACK = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  DbPassword: {{Type: String, NoEcho: true}}
  Count: {{Type: Number, Default: 2}}
Resources:
  Logs: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: /ecs/nis-backend, RetentionInDays: 7}}}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      Cpu: 256
      Memory: 512
      ExecutionRoleArn: !GetAtt Starting.Arn
      TaskRoleArn: !GetAtt Running.Arn
      ContainerDefinitions:
        - Name: nis-backend
          Image: registry.example/nis@{DIGEST}
          User: "10001"
          ReadonlyRootFilesystem: true
          PortMappings: [{{ContainerPort: 8000}}]
          StopTimeout: 100
          Environment:
            - {{Name: NIS_DRAIN_SECONDS, Value: "60"}}
            - {{Name: NIS_PING_SECONDS, Value: "20"}}
          LogConfiguration:
            LogDriver: awslogs
            Options:
              awslogs-group: !Ref Logs
              awslogs-region: !Ref AWS::Region
              awslogs-stream-prefix: api
  Service:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      DesiredCount: !Ref Count
      HealthCheckGracePeriodSeconds: 60
      DeploymentConfiguration:
        MinimumHealthyPercent: 100
        MaximumPercent: 200
        DeploymentCircuitBreaker: {{Enable: true, Rollback: true}}
      LoadBalancers: [{{ContainerName: nis-backend, ContainerPort: 8000, TargetGroupArn: !Ref Targets}}]
      NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: [subnet-0a1b2c3d]}}}}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: ip
      Port: 8000
      Protocol: HTTP
      VpcId: vpc-0a1b2c3d
      HealthCheckIntervalSeconds: 30
      HealthCheckTimeoutSeconds: 5
      TargetGroupAttributes:
        - {{Key: deregistration_delay.timeout_seconds, Value: "90"}}
        - {{Key: stickiness.enabled, Value: "true"}}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Subnets: [subnet-0a1b2c3d, subnet-1a1b2c3d]
      LoadBalancerAttributes: [{{Key: idle_timeout.timeout_seconds, Value: "60"}}]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: HTTP
      Port: 80
      DefaultActions: [{{Type: redirect, RedirectConfig: {{Protocol: HTTPS, StatusCode: HTTP_301}}}}]
  Scaling:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MinCapacity: 2
      MaxCapacity: 6
      ResourceId: !Sub service/default/${{Service.Name}}
      ServiceNamespace: ecs
      ScalableDimension: ecs:service:DesiredCount
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: Who may call.
      SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}}]
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    UpdateReplacePolicy: Snapshot
    Properties:
      Engine: postgres
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: "20"
      MasterUsername: nis
      StorageEncrypted: true
      PubliclyAccessible: false
      BackupRetentionPeriod: 7
      MasterUserPassword: !Ref DbPassword
  Starting: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {TRUST}}}}}
  Running:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {TRUST}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {{Effect: Allow, Action: [s3:GetObject], Resource: !Sub "arn:aws:s3:::bucket-${{AWS::AccountId}}/*"}}
              - {{Effect: Allow, Action: ecr:GetAuthorizationToken, Resource: "*"}}
"""


def _stack(name: str, rule: str, before: str, after: str, **asked: float) -> Case:
    assert before in STACK, before
    return Case(name=name, text=STACK.replace(before, after, 1), rules=frozenset({rule}), asked=dict(asked))


BREAKER = "        DeploymentCircuitBreaker: {Enable: true, Rollback: true}\n"
PERCENT = "        MinimumHealthyPercent: 100\n        MaximumPercent: 200\n"
OWN = 'Action: [s3:GetObject], Resource: !Sub "arn:aws:s3:::bucket-${AWS::AccountId}/*"'
STACKS = [
    _stack("no circuit breaker", "no-circuit-breaker", BREAKER, ""),
    _stack("a circuit breaker that takes nothing back", "no-circuit-breaker", "Rollback: true}", "Rollback: false}"),
    _stack("no room to roll", "cannot-roll", "MaximumPercent: 200", "MaximumPercent: 100"),
    _stack(
        "an outage at each deploy",
        "rolls-by-outage",
        PERCENT,
        "        MinimumHealthyPercent: 0\n        MaximumPercent: 100\n",
    ),
    _stack(
        "no subnets",
        "service-network",
        "      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-0a1b2c3d]}}\n",
        "",
    ),
    _stack("another container", "service-port", "ContainerName: nis-backend,", "ContainerName: nis,"),
    _stack(
        "another port of the container",
        "service-port",
        "ContainerPort: 8000, TargetGroupArn",
        "ContainerPort: 8080, TargetGroupArn",
    ),
    _stack("targets that are instances", "target-type", "      TargetType: ip\n", ""),
    _stack("another port of the targets", "target-port", "      Port: 8000\n", "      Port: 80\n"),
    _stack("no grace", "grace-period", "      HealthCheckGracePeriodSeconds: 60\n", ""),
    _stack("too little grace", "grace-period", "GracePeriodSeconds: 60", "GracePeriodSeconds: 20", measured_start=30.0),
    _stack("a check longer than its interval", "target-health", "TimeoutSeconds: 5", "TimeoutSeconds: 30"),
    _stack("a delay of 9999 s", "deregistration-delay", 'Value: "90"', 'Value: "9999"'),
    _stack("a delay below the drain", "deregistration-short", 'Value: "90"', 'Value: "30"'),
    _stack(
        "no delay", "deregistration-default", '        - {Key: deregistration_delay.timeout_seconds, Value: "90"}\n', ""
    ),
    _stack("no idle time-out", "idle-timeout", 'timeout_seconds, Value: "60"}]', 'timeout_seconds, Value: "0"}]'),
    _stack(
        "quieter pings than patience",
        "idle-under-ping",
        'NIS_PING_SECONDS, Value: "20"',
        'NIS_PING_SECONDS, Value: "60"',
    ),
    _stack(
        "more patience than the server",
        "idle-over-keep-alive",
        'timeout_seconds, Value: "60"}]',
        'timeout_seconds, Value: "300"}]',
    ),
    _stack("no stickiness", "no-stickiness", '        - {Key: stickiness.enabled, Value: "true"}\n', ""),
    _stack(
        "plain HTTP",
        "plain-http",
        "{Type: redirect, RedirectConfig: {Protocol: HTTPS, StatusCode: HTTP_301}}",
        "{Type: forward, TargetGroupArn: !Ref Targets}",
    ),
    _stack(
        "at least six, at most two",
        "scaling-range",
        "MinCapacity: 2\n      MaxCapacity: 6",
        "MinCapacity: 6\n      MaxCapacity: 2",
    ),
    _stack(
        "the database's port open to all", "open-group", "FromPort: 443, ToPort: 443", "FromPort: 5432, ToPort: 5432"
    ),
    _stack("everything open", "open-group", "IpProtocol: tcp, FromPort: 443, ToPort: 443", 'IpProtocol: "-1"'),
    _stack("a public database", "public-database", "PubliclyAccessible: false", "PubliclyAccessible: true"),
    _stack("a database in plain", "unencrypted", "      StorageEncrypted: true\n", ""),
    _stack("no backups", "no-backup", "BackupRetentionPeriod: 7", "BackupRetentionPeriod: 0"),
    _stack(
        "a password in the template",
        "secret-in-plain",
        "MasterUserPassword: !Ref DbPassword",
        "MasterUserPassword: correct-horse",
    ),
    _stack("all that there is", "all-allowed", OWN, 'Action: "*", Resource: "*"'),
    _stack("every bucket", "resource-any", OWN, 'Action: [s3:GetObject], Resource: "*"'),
    _stack("a password that is shown", "secret-echoed", "{Type: String, NoEcho: true}", "{Type: String}"),
    _stack("logs for ever", "log-retention", ", RetentionInDays: 7", ""),
    _stack("a size that Fargate lacks", "fargate-size", "Memory: 512\n", "Memory: 768\n"),
    _stack("ten minutes to stop", "stop-timeout", "StopTimeout: 100", "StopTimeout: 600"),
]

SCRIPT = f"""\
#!/usr/bin/env bash
set -euo pipefail
image=registry.example/nis@{DIGEST}
docker push registry.example/nis:$(git rev-parse HEAD)
revision=$(aws ecs register-task-definition --cli-input-json file://task.json \\
  --query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster nis-backend --service nis-backend-api \\
  --task-definition "$revision"
aws ecs wait services-stable --cluster nis-backend --services nis-backend-api
"""
WORKFLOW = """\
name: deploy
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
    steps:
      - run: aws ecs update-service --cluster c --service s --task-definition app:${{ env.REVISION }}
      - run: aws ecs wait services-stable --cluster c --services s
"""


def _script(name: str, rule: str, before: str, after: str) -> Case:
    assert before in SCRIPT, before
    return Case(name=name, text=SCRIPT.replace(before, after, 1), rules=frozenset({rule}))


SCRIPTS = [
    _script(
        "a revision that nobody runs",
        "registered-unused",
        ' \\\n  --task-definition "$revision"',
        " --force-new-deployment",
    ),
    Case(
        name="an update that changes nothing",
        text="aws ecs update-service --cluster c --service s\naws ecs wait services-stable --cluster c --services s\n",
        rules=frozenset({"deploys-nothing"}),
    ),
    Case(
        name="the same revision again",
        text="aws ecs update-service --cluster c --service s --force-new-deployment\n"
        "aws ecs wait services-stable --cluster c --services s\n",
        rules=frozenset({"no-task-definition"}),
    ),
    _script("latest", "pushes-latest", "nis:$(git rev-parse HEAD)", "nis:latest"),
    _script("not waited for", "not-waited-for", "aws ecs wait services-stable", "echo"),
    _script("goes on", "goes-on-after-failure", "set -euo pipefail\n", ""),
    _script("hides it", "failure-hidden", '"$revision"', '"$revision" || true'),
    _script(
        "a command of version 1", "command-gone", "docker push", "$(aws ecr get-login --no-include-email)\ndocker push"
    ),
    _script("a key", "secret-in-plain", "image=", f"export AWS_ACCESS_KEY_ID={KEY}\nimage="),
    _script("a password", "secret-in-plain", "image=", "DB_PASSWORD=correct-horse\nimage="),
]

DOCKERFILE = """\
ARG BASE=python:3.11-slim
FROM ${BASE} AS build
COPY pyproject.toml src ./
RUN pip install --prefix=/opt/app .

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1
COPY --from=build /opt/app /opt/app
USER 10001
HEALTHCHECK --interval=30s CMD ["python", "-m", "nis_backend.healthcheck"]
CMD ["nis", "serve"]
"""
ALPINE = """\
FROM alpine:3.20
RUN apk add --no-cache curl
USER nobody
HEALTHCHECK CMD curl -f http://localhost/ || exit 1
CMD exec httpd -f
"""


def _image(name: str, rule: str, before: str, after: str) -> Case:
    assert before in DOCKERFILE, before
    return Case(name=name, text=DOCKERFILE.replace(before, after, 1), rules=frozenset({rule}))


DOCKERFILES = [
    _image("a base that moves", "base-mutable", "FROM python:3.11-slim\n", "FROM python\n"),
    _image("root", "root-user", "USER 10001\n", ""),
    _image("root again", "root-user", "USER 10001\n", "USER 10001\nUSER root\n"),
    _image(
        "curl that is not there",
        "health-check-tool",
        '["python", "-m", "nis_backend.healthcheck"]',
        "curl -f localhost",
    ),
    _image("a shell before the program", "shell-form", 'CMD ["nis", "serve"]', "CMD nis serve"),
    _image("a key in the image", "secret-in-plain", "ENV PYTHONUNBUFFERED=1", "ENV OPENAI_API_KEY=hunter-two"),
    _image("everything", "copies-everything", "COPY --from=build", "COPY . /app\nCOPY --from=build"),
    _image(
        "no check",
        "no-health-check",
        'HEALTHCHECK --interval=30s CMD ["python", "-m", "nis_backend.healthcheck"]\n',
        "",
    ),
]
CLEAN_STACKS = [
    Case(name="a stack", text=STACK, asked={"measured_start": 12.0}),
    Case(name="a script", text=SCRIPT),
    Case(name="a workflow", text=WORKFLOW),
    Case(
        name="a scaling by hand",
        text="#!/bin/sh -e\naws ecs update-service --service s --desired-count 4\naws ecs wait services-stable\n",
    ),
    Case(name="a Dockerfile", text=DOCKERFILE),
    Case(name="a Dockerfile with curl", text=ALPINE),
]
