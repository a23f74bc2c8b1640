"""What is looked at around tasks: who may do what, what is open, what is kept and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.deployment.validate.noted import is_true, listed, number, text, values
from nis_backend.deployment.validate.secrets import NAMED, looks_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.deployment.validate.noted import Notes, Path, Values

OPEN = ("0.0.0.0/0", "::/0")
MEANT_TO_BE_CALLED = {80.0, 443.0}
FOR_ALL = (
    *("ecr:getauthorizationtoken", "cloudwatch:putmetricdata", "cloudwatch:getmetric", "cloudwatch:listmetrics"),
    *(
        "logs:describeloggroups",
        "ec2:describe",
        "xray:put",
        "xray:get",
        "ssmmessages:",
        "ec2messages:",
        "sts:getcaller",
    ),
    *("elasticloadbalancing:describe", "autoscaling:describe", "application-autoscaling:describe", "ecs:list"),
    *(
        "ecs:describeclusters",
        "ecs:registertaskdefinition",
        "ecs:deregistertaskdefinition",
        "ecs:describetaskdefinition",
    ),
    *("ecs:discoverpollendpoint", "ecs:createcluster", "kms:list", "s3:listallmybuckets", "pricing:", "tag:get", "ce:"),
    *("cloudwatch:describealarms", "iam:list", "ssm:describeparameters", "secretsmanager:listsecrets"),
    *(
        "ssm:updateinstanceinformation",
        "secretsmanager:getrandompassword",
        "servicediscovery:list",
        "cloudformation:validatetemplate",
        "acm:list",
    ),
)
"""Beginnings of actions that take no resource, or are of reading lists. Source: AWS Service Authorization Reference."""


def check_policies(resource: Values, path: Path, notes: Notes) -> None:
    """Note statements that allow more than is named. `resource` is a role or a policy, with its keys as written."""
    documents: list[tuple[Path, object]] = [(("PolicyDocument",), resource.get("PolicyDocument"))]
    for place, one in enumerate(listed(resource.get("Policies"))):
        documents.append((("Policies", place, "PolicyDocument"), values(one).get("PolicyDocument")))
    for at, document in documents:
        statements = values(document).get("Statement")
        for place, one in enumerate(listed(statements) or [statements]):
            _statement(values(one), (*path, *at, "Statement", place), notes)
    arns = [text(one) or "" for one in listed(resource.get("ManagedPolicyArns"))]
    for place, arn in enumerate(arns):
        if arn.endswith(":policy/AdministratorAccess"):
            notes.add("all-allowed", (*path, "ManagedPolicyArns", place), "It is AdministratorAccess.")


def _statement(statement: Values, path: Path, notes: Notes) -> None:
    if text(statement.get("Effect")) != "Allow" or statement.get("Condition"):
        return
    actions, resources = (_each(statement.get(key)) for key in ("Action", "Resource"))
    if "*" not in resources:
        return
    if "*" in actions or "*:*" in actions:
        notes.add("all-allowed", path, "It allows every action on every resource.")
        return
    named = [action for action in actions if not action.lower().startswith(FOR_ALL)]
    if named:
        notes.add("resource-any", (*path, "Resource"), f"{', '.join(named[:3])[:120]} for every resource.")


def _each(found: object) -> list[str]:
    return [text(one) or "" for one in (listed(found) or [found])]


def check_group(rules: list[object], path: Path, notes: Notes) -> None:
    """Note what lets the whole Internet in; `rules` are of coming in."""
    for place, one in enumerate(rules):
        rule = values(one)
        if text(rule.get("CidrIp")) not in OPEN and text(rule.get("CidrIpv6")) not in OPEN:
            continue
        first, last = number(rule.get("FromPort")), number(rule.get("ToPort"))
        everything = text(rule.get("IpProtocol")) == "-1" or (first, last) in {(None, None), (0.0, 65535.0)}
        meant = first == last and first in MEANT_TO_BE_CALLED
        if everything:
            notes.add("open-group", (*path, place), "Every port is open to the whole Internet.")
        elif not meant and first is not None:
            ports = f"{first:g}" if first == last else f"{first:g}-{last:g}"
            notes.add("open-group", (*path, place), f"Port {ports} is open to the whole Internet.")


def _database(given: Values, path: Path, notes: Notes) -> None:
    if is_true(given.get("PubliclyAccessible")):
        notes.add("public-database", (*path, "PubliclyAccessible"), "The database has a public address.")
    _encrypted("StorageEncrypted", given, path, notes)
    if number(given.get("BackupRetentionPeriod")) == 0:
        notes.add("no-backup", (*path, "BackupRetentionPeriod"), "Backups are off.")
    password = text(given.get("MasterUserPassword"))
    if password and looks_secret("PASSWORD", password):
        notes.add("secret-in-plain", (*path, "MasterUserPassword"), "The database's password stands there.")


def _encrypted(key: str, given: Values, path: Path, notes: Notes) -> None:
    stated = given.get(key)
    if stated is None or text(stated) == "false":
        notes.add("unencrypted", (*path, key), "It is not encrypted." if stated is not None else f"{key} is not set.")


def _log_group(given: Values, path: Path, notes: Notes) -> None:
    if given.get("RetentionInDays") is None:
        notes.add("log-retention", (*path, "RetentionInDays"), "No retention is set.")


def _security_group(given: Values, path: Path, notes: Notes) -> None:
    check_group(listed(given.get("SecurityGroupIngress")), (*path, "SecurityGroupIngress"), notes)


SURROUNDINGS: Mapping[str, Callable[[Values, Path, Notes], None]] = {
    "AWS::RDS::DBInstance": _database,
    "AWS::RDS::DBCluster": _database,
    "AWS::EC2::Volume": lambda given, path, notes: _encrypted("Encrypted", given, path, notes),
    "AWS::EFS::FileSystem": lambda given, path, notes: _encrypted("Encrypted", given, path, notes),
    "AWS::ElastiCache::ReplicationGroup": lambda given, path, notes: _encrypted(
        "AtRestEncryptionEnabled", given, path, notes
    ),
    "AWS::Logs::LogGroup": _log_group,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::SecurityGroupIngress": lambda given, path, notes: check_group([given], path, notes),
    "AWS::IAM::Role": check_policies,
    "AWS::IAM::Policy": check_policies,
    "AWS::IAM::ManagedPolicy": check_policies,
}
"""What looks at which resource, its properties spelt as CloudFormation does."""


def check_parameters(parameters: Values, notes: Notes) -> None:
    """Note parameters for passwords that are shown."""
    for name, given in parameters.items():
        parameter = values(given)
        default = text(parameter.get("Default")) or ""
        words = "".join(f"_{letter}" if letter.isupper() else letter for letter in name)
        if not NAMED.search(words) or name.endswith(("Arn", "Name")):
            continue
        if not is_true(parameter.get("NoEcho")):
            notes.add("secret-echoed", ("Parameters", name), "Its value is shown by describe-stacks.")
        if looks_secret("PASSWORD", default):
            notes.add("secret-in-plain", ("Parameters", name, "Default"), "Its default stands in the template.")
