"""A change set: what a stack would become, asked of CloudFormation itself and looked at before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.deployment.report import Resource
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DATA = {
    "AWS::RDS::DBInstance": "the database",
    "AWS::RDS::DBCluster": "the database",
    "AWS::EC2::Volume": "the data volume",
    "AWS::EFS::FileSystem": "the shared folder",
    "AWS::S3::Bucket": "the bucket",
    "AWS::ElastiCache::ReplicationGroup": "what Redis holds",
    "AWS::ElastiCache::CacheCluster": "what Redis holds",
    "AWS::MSK::Cluster": "what Kafka holds",
    "AWS::MSK::ServerlessCluster": "what Kafka holds",
    "AWS::SecretsManager::Secret": "a secret's value",
    "AWS::KMS::Key": "a key, and with it all that it encrypts",
    "AWS::ECR::Repository": "the images, and with them the way back",
}
"""What is lost with a resource that is replaced or removed."""

Change = Literal["add", "change", "replace", "remove", "keep", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change set as CloudFormation described it."""

    id: str
    stack_id: str
    creates: bool
    resources: Sequence[Resource]
    empty: bool = False
    """Whether the stack is as it is wanted already."""

    @property
    def losing(self) -> Sequence[Resource]:
        """Those that hold data and would be replaced or removed."""
        return [one for one in self.resources if one.kind in DATA and one.change in {"replace", "remove"}]

    def check(self, *, replace_data: bool) -> None:
        """Refuse what would lose data.

        Raises:
            Conflict: it would, and that was not asked for.
        """
        if self.losing and not replace_data:
            lost = "; ".join(f"{one.id} ({one.change}): {DATA[one.kind]}" for one in self.losing)
            raise Conflict(
                f"This would lose data: {lost}.",
                remedy="Leave the parameter that causes it as it is, or say that the data may go: --replace-data.",
            )


def resources(changes: Iterable[Mapping[str, Any]]) -> list[Resource]:  # Any: the package's answer
    """The changes as rows, those that lose data first."""
    rows = [_row(one["ResourceChange"]) for one in changes if "ResourceChange" in one]
    return sorted(rows, key=lambda row: not (row.kind in DATA and row.change in {"replace", "remove"}))


def _row(change: Mapping[str, Any]) -> Resource:
    became = _change(change)
    kind = str(change["ResourceType"])
    told = _told(change)
    if became in {"replace", "remove"} and kind in DATA:
        kept = {"Snapshot": "a snapshot stays", "ReplaceAndSnapshot": "a snapshot stays"}
        kept |= {"Retain": "the old one stays", "ReplaceAndRetain": "the old one stays"}
        left = kept.get(str(change.get("PolicyAction", "")), "nothing stays")
        told = f"LOSES {DATA[kind].upper()} ({left}). {told}".strip()
    elif change.get("Replacement") == "Conditional":
        told = f"It may have to be replaced. {told}".strip()
    return Resource(id=str(change["LogicalResourceId"]), kind=kind, change=became, told=told)


def _change(change: Mapping[str, Any]) -> Change:
    match change["Action"], change.get("Replacement"):
        case (("Add" | "Import"), _):
            return "add"
        case "Remove", _:
            return "remove"
        # What may be replaced counts as replaced where data is held: better asked once too often.
        case "Modify", "True":
            return "replace"
        case "Modify", "Conditional":
            return "replace" if change["ResourceType"] in DATA else "change"
        case "Modify", _:
            return "change"
        case _:
            return "unknown"


def _told(change: Mapping[str, Any]) -> str:
    """What changes of it, and because of what."""
    parts = dict[str, None]()
    for detail in change.get("Details", ()):
        target = detail.get("Target", {})
        what = target.get("Name") or str(target.get("Attribute", "")).lower()
        cause = detail.get("CausingEntity") if detail.get("ChangeSource") == "ParameterReference" else None
        parts[f"{what} (by {cause})" if cause else what] = None
    return ", ".join(part for part in parts if part)
