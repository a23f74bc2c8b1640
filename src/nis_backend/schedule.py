"""A schedule that is due: as whom it begins its run, and what is kept of it when it does not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from nis_backend.context import Caller, Context
from nis_backend.errors import Forbidden, NisError
from nis_backend.operation import begin

if TYPE_CHECKING:
    from nis_backend.context import Drivers
    from nis_backend.drivers.store.base import Row


async def fire(drivers: Drivers, row: Row) -> str | None:
    """Begin the run of a schedule that is due; answers its id, or None where it was refused. Never raises.

    A refusal is kept in the schedule. One whose author may no longer ask for it is disabled.
    """
    changes: Row
    run_id: str | None = None
    try:
        ctx = Context(drivers=drivers, caller=await author_of(drivers, row))
        handle = await begin(drivers.operations.find(row["operation"]), json.loads(row["arguments"]), ctx)
    except NisError as refused:
        changes = {"problem": json.dumps(refused.problem())}
        if isinstance(refused, Forbidden):
            changes["enabled"] = 0
    else:
        run_id = handle.id
        changes = {"problem": None, "last_run_id": run_id}
    await drivers.store.update("schedules", row["owner"], row["id"], {**changes, "last_at": time.time()})
    return run_id


async def author_of(drivers: Drivers, row: Row) -> Caller:
    """Who a schedule's runs begin as: its author, who may do what the key that was sent may do now.

    Raises:
        Forbidden: the key was revoked, has expired or is gone.
    """
    scopes = frozenset[str](json.loads(row["scopes"]))
    if row["key_id"] is None:
        return Caller(owner=row["owner"], scopes=scopes)
    key = await drivers.store.get("keys", row["owner"], row["key_id"])
    if key is None or key["revoked"] is not None or (key["expires"] is not None and key["expires"] <= time.time()):
        raise Forbidden(
            f"The key {row['key_id']}, with which schedule {row['id']} was written, counts no more.",
            field="id",
            value=row["id"],
            remedy="Update the schedule with a key that counts: it is that key's from then on.",
        )
    return Caller(owner=row["owner"], scopes=frozenset(json.loads(key["scopes"])), key=key["id"])
