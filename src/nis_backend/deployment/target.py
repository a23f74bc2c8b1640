"""Where nis is brought to, and what is wanted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.deployment.report import LogLine, Outcome, Resource, Service, Status

DIGEST = "sha256:[0-9a-f]{64}"
"""How a digest is written, as a pattern."""
Tell = Callable[[float, str], None]
"""Hears how far it is, 0 to 1, and what is being done."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A deployment as it is to be."""

    name: str = "nis-backend"
    profile: str
    """A name of `profiles.PROFILES`."""
    image: str = ""
    """By digest for AWS; on this machine also `venv:FOLDER`, an environment with the command nis. Empty: as it is."""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """The template's parameters that differ from the profile's."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings of nis, by their variables; secrets are named, never given."""
    ephemeral: bool = False
    """Whether it is accepted that what tasks keep on their own disks is lost with them."""


class Target(Protocol):
    """Where a deployment is.

    Raises, every method:
        Unavailable: the target cannot be reached, or its key does not allow it.
        NotFound: there is no such deployment.
    """

    def changes(self, wanted: Wanted) -> Sequence[Resource]:
        """What applying would do to what is there; changes nothing."""
        ...

    def apply(self, wanted: Wanted, tell: Tell) -> Outcome:
        """Bring it to what is wanted, wait, verify; what does not come up is taken back by the target itself.

        Raises:
            Conflict: task-local data would be lost and `ephemeral` was not said, or another apply is under way.
        """
        ...

    def status(self) -> Status:
        """How it is."""
        ...

    def logs(self, service: Service | None, *, since: float, limit: int, words: str = "") -> Sequence[LogLine]:
        """What its tasks wrote since then (seconds since 1970), at most `limit` newest lines that have the words."""
        ...

    def scale(self, service: Service, count: int, tell: Tell) -> Outcome:
        """Have so many tasks of a service."""
        ...

    def roll_back(self, to: str, tell: Tell) -> Outcome:
        """Serve an earlier revision again; the last that served before this one where `to` is empty."""
        ...

    def destroy(self, tell: Tell) -> Outcome:
        """Take it all down; data stores stay as snapshots where the target has them."""
        ...
