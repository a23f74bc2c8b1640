"""Who calls, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

ADMIN = "identity:admin"
"""The scope to administer every owner's keys."""
SERVER_ADMIN = "server:admin"
"""The scope to change what the whole server goes by: providers, routes, prices, caps of keys and users."""
SERVER = "_server"
"""Whose rows the server's own configuration is, one for all owners; no owner's name begins like this."""
OPERATE = "deployment:operate"
"""The scope to look into, and to change, the deployments that whoever runs the server has set down."""
PROJECTS = "impact:projects"
"""The scope to look into the projects that whoever runs the server has set down, and to have their commands run."""
NAMED = frozenset({ADMIN, SERVER_ADMIN, OPERATE, PROJECTS})
"""Scopes that are named or are not there: no wildcard holds them."""


@record
class Caller:
    """Who calls: the owner of what the call makes, and what it may do."""

    owner: str
    scopes: frozenset[str] = frozenset({"*"})
    """`runs:read`; `runs:write`, which holds `runs:read`; `runs:*`; `*`, which is all of its owner's; `NAMED`."""
    key: str | None = None
    """The id of the stored key that was sent."""
    expires: float | None = None
    """When that key ends, seconds since 1970, UTC."""

    def lacks(self, scopes: Iterable[str]) -> list[str]:
        """Those of the scopes that the caller does not hold."""
        return [scope for scope in scopes if not self._holds(scope)]

    def _holds(self, scope: str) -> bool:
        if scope in self.scopes or scope in NAMED:
            return scope in self.scopes
        family, _, right = scope.partition(":")
        wider = {"*", f"{family}:*", f"{family}:write" if right == "read" else "*"}
        return not wider.isdisjoint(self.scopes)


LOCAL = Caller(owner="local", scopes=frozenset({"*", *NAMED}))
"""Who calls when there is one user and one key."""
