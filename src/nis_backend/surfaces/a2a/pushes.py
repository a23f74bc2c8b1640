"""Where a task's updates are sent: rows of its owner's, made and read and removed by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from a2a.types.a2a_pb2 import AuthenticationInfo, TaskPushNotificationConfig
from a2a.utils.errors import TaskNotFoundError

from nis_backend.drivers.gateway.addresses import is_private, parts_of
from nis_backend.surfaces.a2a.request import wrong
from nis_backend.surfaces.a2a.wire import OLDER, VERSION

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.run import Run

MOST = 10
"""Configurations of one task."""
LONGEST_URL, LONGEST_SECRET, LONGEST_NAME = 2048, 4096, 128
TABLE = "push_configs"


def check(given: TaskPushNotificationConfig, ctx: Context, field: str = "") -> None:
    """Refuse what could not be sent to.

    Raises:
        InvalidParamsError: naming the field.
    """
    parts = parts_of(given.url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or len(given.url) > LONGEST_URL:
        raise wrong(f"{field}url", "It is to be the http or https address that updates are posted to.")
    if parts.username or parts.password:
        raise wrong(f"{field}url", "Credentials in it are not kept: give them as authentication.")
    # Who comes without a stored key has the machine itself.
    if ctx.caller.key is not None and is_private(parts.hostname):
        raise wrong(f"{field}url", f"{parts.hostname} is an address of the server's own network.")
    secrets = {
        "token": given.token,
        "authentication.scheme": given.authentication.scheme,
        "authentication.credentials": given.authentication.credentials,
    }
    for name, text in secrets.items():
        if len(text) > LONGEST_SECRET or not (text.isascii() and text.isprintable()):
            raise wrong(f"{field}{name}", f"It is to be at most {LONGEST_SECRET} printable characters of ASCII.")
    if len(given.id) > LONGEST_NAME:
        raise wrong(f"{field}id", f"It has at most {LONGEST_NAME} characters.")


async def create(  # noqa: PLR0913 - what a row says beside what was given
    given: TaskPushNotificationConfig, run: Run, after: int, ctx: Context, base: str, *, older: bool
) -> TaskPushNotificationConfig:
    """Send the task's updates after an event there; one of this name is replaced.

    Raises:
        InvalidParamsError: the task has too many.
    """
    there = await _rows(ctx, run.id)
    made = ctx.new_id("push")
    name = given.id or made
    same = [row for row in there if row["name"] == name]
    if not same and len(there) >= MOST:
        raise wrong("id", f"Task {run.id} has {MOST} configurations; delete one.")
    now = ctx.now()
    row: Row = {
        "run_id": run.id,
        "name": name,
        "url": given.url,
        "token": given.token,
        "scheme": given.authentication.scheme,
        "credentials": given.authentication.credentials,
        "base": base,
        "version": OLDER if older else VERSION,
        "public": int(ctx.caller.key is not None),
        "sent": after,
        "tries": 0,
        "enabled": int(not run.finished),
        "next_at": 0.0,
        "problem": None,
    }
    if same:
        await ctx.store.update(TABLE, same[0]["id"], {**row, "sent": same[0]["sent"]})
    else:
        await ctx.store.insert(TABLE, {"id": made, **row, "created": now, "updated": now})
    return shown(row)


async def get(run: Run, name: str, ctx: Context) -> TaskPushNotificationConfig:
    """One of the task's.

    Raises:
        TaskNotFoundError: it has none of this name.
    """
    found = [row for row in await _rows(ctx, run.id) if row["name"] == name]
    if not found:
        raise TaskNotFoundError(
            f"Task {run.id} has no push notification configuration {name!r}.", data={"taskId": run.id, "id": name}
        )
    return shown(found[0])


async def listed(run: Run, ctx: Context) -> list[TaskPushNotificationConfig]:
    """All of the task's, the oldest first."""
    return [shown(row) for row in await _rows(ctx, run.id)]


async def delete(run: Run, name: str, ctx: Context) -> None:
    """Send nothing there any more; what is not there is gone already."""
    for row in await _rows(ctx, run.id):
        if row["name"] == name:
            await ctx.store.delete(TABLE, row["id"])


async def _rows(ctx: Context, run_id: str) -> list[Row]:
    return await ctx.store.select(TABLE, where={"run_id": run_id}, limit=MOST + 1, descending=False)


def shown(row: Row) -> TaskPushNotificationConfig:
    """A configuration without its secrets, which nobody has to be told."""
    told = TaskPushNotificationConfig(task_id=row["run_id"], id=row["name"], url=row["url"])
    if row["scheme"]:
        told.authentication.CopyFrom(AuthenticationInfo(scheme=row["scheme"]))
    return told
