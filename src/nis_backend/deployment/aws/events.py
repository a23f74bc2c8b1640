"""What a stack tells while it changes, in words, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.deployment.aws.failures import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Event = dict[str, Any]  # Any: the package's answer

_VERBS = {"CREATE": "made", "UPDATE": "changed", "DELETE": "removed", "ROLLBACK": "taken back", "IMPORT": "taken in"}
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


def words(event: Mapping[str, Any]) -> str:
    """An event as a sentence."""
    state, id_ = str(event["ResourceStatus"]), str(event["LogicalResourceId"])
    reason = cleaned(str(event.get("ResourceStatusReason", "")))
    verb = _VERBS.get(state.partition("_")[0], "changed")
    if state.startswith(("UPDATE_ROLLBACK", "ROLLBACK")):
        verb = "taken back"
    if state.endswith("_FAILED"):
        return f"{id_} could not be {verb}: {reason or 'no reason is given'}"
    if state.endswith("_COMPLETE"):
        return f"{id_} is {verb}"
    if "CLEANUP" in state:
        return f"{id_}: what is no longer used is removed"
    return f"{id_} is being {verb}" + (f": {reason}" if reason and reason != "User Initiated" else "")


def is_stack(event: Mapping[str, Any]) -> bool:
    """Whether it tells of the stack as a whole."""
    return event.get("PhysicalResourceId") == event["StackId"]


def reasons(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why it failed: the first failures, the oldest first; what failed as their consequence is left out."""
    failed = [
        one
        for one in events
        if str(one["ResourceStatus"]).endswith("_FAILED")
        and not is_stack(one)
        and not str(one.get("ResourceStatusReason", "")).startswith(_CONSEQUENCES)
    ]
    if failed:
        return list(dict.fromkeys(words(one) for one in failed))[:3]
    # A stack that is told to go back, by an alarm or by a person, has no failed resource.
    said = [str(one.get("ResourceStatusReason", "")) for one in events if is_stack(one) and "ROLLBACK" in _state(one)]
    return [cleaned(one) for one in said if one][:1]


def _state(event: Mapping[str, Any]) -> str:
    return str(event["ResourceStatus"])
