"""Identity: the keys by which callers say who they are: made, listed, renewed, revoked; and who is calling."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.caller import ADMIN, NAMED
from nis_backend.errors import Conflict, Forbidden, InvalidRequest
from nis_backend.keys import SHOWN, hashed, new_secret
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, Text, View, draw_fields, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

DAY = 86_400.0
MOST_DAYS = 3650
LONGEST_OVERLAP = 7 * DAY

Owner = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Scope = Annotated[str, StringConstraints(min_length=1, max_length=64)]

MADE = Before(
    name="made",
    operation="identity.create_key",
    request={"name": "reports", "scopes": ["runs:read", "conversations:read"], "days": 90},
)


class Nothing(Model):
    """A request without fields."""


class CreateKey(Model):
    """Whose key it is, and what it may do."""

    name: str = Field(min_length=1, max_length=100, description="What it is for; people tell keys apart by it.")
    scopes: list[Scope] | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description=(
            "What it may do: runs:read; runs:write, which includes reading; runs:*; * for all that is its owner's; "
            "identity:admin for every owner's keys. Unset: as much as the key that makes it, without identity:admin."
        ),
    )
    owner: Owner | None = Field(
        default=None,
        description="Whose things it makes and sees; unset: the caller's own. Another's takes identity:admin.",
    )
    days: float | None = Field(
        default=None, gt=0, le=MOST_DAYS, description="Days after which it counts no more; unset: none."
    )


class Key(Model):
    """A key as it is shown: never the key itself."""

    id: str
    name: str
    owner: str
    prefix: str = Field(description="What the key begins with.")
    scopes: list[str]
    state: Literal["active", "expired", "revoked"]
    created: float = Field(description="Seconds since 1970, UTC.")
    expires: float | None = Field(description="When it counts no more, seconds since 1970, UTC.")
    last_used: float | None = Field(description="When it was last sent, to within a minute, seconds since 1970, UTC.")
    revoked: float | None = Field(description="When it was revoked, seconds since 1970, UTC.")


class NewKey(Key):
    """A key that was just made."""

    key: str = Field(description="The key itself. It is shown this once: the server keeps only its hash.")


class OneKey(Model):
    """Which key."""

    id: str = Field(min_length=1, max_length=64, description="The key's id.")


class RotateKey(OneKey):
    """Which key, and for how long the old one is taken too."""

    overlap_seconds: float = Field(
        default=0,
        ge=0,
        le=LONGEST_OVERLAP,
        description="Seconds for which the old key counts as well, so that those who send it can change over.",
    )


class ListKeys(Model):
    """Which keys to list, newest first."""

    owner: str | None = Field(default=None, max_length=64, description="Only this owner's.")
    cursor: Cursor = None
    limit: Limit = 20


class KeyList(Model):
    """One page of keys."""

    keys: list[Key]
    next_cursor: Next


class CallerShown(Model):
    """Who calls."""

    owner: str = Field(description="Whose things the caller makes and sees.")
    scopes: list[str] = Field(description="What the caller may do.")
    key: str | None = Field(description="The id of the stored key that was sent; null for NIS_API_KEY, or none.")
    expires: float | None = Field(description="When that key counts no more, seconds since 1970, UTC.")


def _of(row: Row, ctx: Context) -> Key:
    return Key.model_validate(_fields(row, ctx))


def _new(row: Row, secret: str, ctx: Context) -> NewKey:
    return NewKey.model_validate({**_fields(row, ctx), "key": secret})


def _fields(row: Row, ctx: Context) -> Row:
    ended = row["expires"] is not None and row["expires"] <= ctx.now()
    state = "revoked" if row["revoked"] is not None else "expired" if ended else "active"
    shown = {name: row[name] for name in Key.model_fields if name in row}
    return {**shown, "scopes": json.loads(row["scopes"]), "state": state}


def _draw_new(_request: Model, made: NewKey) -> list[View]:
    shown = Key.model_validate(made.model_dump(exclude={"key"}))
    return [Text(text=f"{made.key}\n\nKeep it now: it is not shown again."), *draw_fields(shown)]


def _draw_list(_request: Model, result: KeyList) -> list[View]:
    columns = ["id", "name", "owner", "key", "scopes", "state", "last used (UTC)", "expires (UTC)"]
    rows: list[list[str | float]] = [
        [
            *(one.id, one.name, one.owner, f"{one.prefix}…", " ".join(one.scopes), one.state),
            *("" if at is None else moment(at) for at in (one.last_used, one.expires)),
        ]
        for one in result.keys
    ]
    return [Table(title="Keys", columns=columns, rows=rows)]


def _known_scopes(ctx: Context) -> list[str]:
    """Every scope that a key may have: those of the operations there are, and wildcards."""
    named = {scope for entry in ctx.operations.entries() for scope in entry.scopes}
    families = {scope.partition(":")[0] for scope in named}
    return ["*", *sorted(NAMED), *sorted(named | {f"{family}:*" for family in families})]


def _granted(request: CreateKey, ctx: Context) -> list[str]:
    """The scopes of the key that is to be made.

    Raises:
        InvalidRequest: there is no such scope.
        Forbidden: the caller does not hold it.
    """
    if request.scopes is None:
        return sorted(ctx.caller.scopes - NAMED)
    known = _known_scopes(ctx)
    for scope in request.scopes:
        if scope not in known:
            raise InvalidRequest(
                f"There is no scope {scope!r}.", field="scopes", value=scope, remedy=f"There are {', '.join(known)}."
            )
    _refuse_more(request.scopes, "scopes", ctx)
    return sorted(set(request.scopes))


def _refuse_more(scopes: list[str], field: str, ctx: Context) -> None:
    """Refuse a caller who would come by more than it has."""
    missing = ctx.caller.lacks(scopes)
    if missing:
        raise Forbidden(
            f"The caller does not hold the scope {missing[0]!r}, and no key gives what it has not.",
            field=field,
            value=missing[0],
            remedy="Use a key that has it.",
        )


def _end(seconds: float | None, ctx: Context) -> float | None:
    """When a key ends that is to count for this long: never after the one that makes it.

    Raises:
        Forbidden: it would count for longer.
    """
    own = ctx.caller.expires
    if seconds is None:
        return own
    end = ctx.now() + seconds
    if own is not None and end > own:
        raise Forbidden(
            f"The key that makes it expires on {moment(own)} UTC, before that.",
            field="days",
            value=seconds / DAY,
            remedy="Give fewer days, or use a key that counts for longer.",
        )
    return end


@operation(
    "identity.create_key",
    effect="writes",
    resource="key",
    secret=True,
    view=_draw_new,
    examples=(
        Example(
            title="For a script that reads",
            request={"name": "reports", "scopes": ["runs:read", "conversations:read"], "days": 90},
        ),
        Example(title="For another person", request={"name": "Ann's laptop", "owner": "ann", "scopes": ["*"]}),
    ),
)
async def create_key(request: CreateKey, ctx: Context) -> NewKey:
    """Make a key for an owner, with scopes and an end; it is answered this once and kept only as a hash.

    Raises:
        InvalidRequest: there is no such scope; the remedy names those there are.
        Forbidden: the caller lacks a scope it would give, would give it for longer than it has itself, or names
            another owner without the scope identity:admin.
    """
    owner = request.owner or ctx.caller.owner
    if owner != ctx.caller.owner and ctx.caller.lacks([ADMIN]):
        raise Forbidden(
            f"A key of another owner takes the scope {ADMIN!r}.",
            field="owner",
            value=owner,
            remedy="Leave out owner, or use a key that has the scope.",
        )
    secret, now = new_secret(), ctx.now()
    row: Row = {
        "id": ctx.new_id("key"),
        "owner": owner,
        "name": request.name,
        "prefix": secret[:SHOWN],
        "hash": hashed(secret),
        "scopes": json.dumps(_granted(request, ctx)),
        "expires": _end(None if request.days is None else request.days * DAY, ctx),
        "last_used": None,
        "revoked": None,
        "created": now,
        "updated": now,
    }
    await ctx.keys.add(row)
    return _new(row, secret, ctx)


@operation(
    "identity.get_key",
    effect="reads",
    resource="key",
    examples=(Example(title="When it was last used", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def get_key(request: OneKey, ctx: Context) -> Key:
    """Get a key: whose it is, its scopes, its end, when it was last used."""
    return _of(await ctx.keys.get(request.id), ctx)


@operation(
    "identity.list_keys",
    effect="reads",
    resource="key",
    view=_draw_list,
    examples=(Example(title="The last ones made", request={"limit": 5}),),
)
async def list_keys(request: ListKeys, ctx: Context) -> KeyList:
    """List the caller's keys, newest first; every owner's for a caller with the scope identity:admin."""
    rows, following = await ctx.keys.page(request.owner, request.cursor, request.limit)
    return KeyList(keys=[_of(row, ctx) for row in rows], next_cursor=following)


@operation(
    "identity.rotate_key",
    effect="writes",
    on="key",
    secret=True,
    view=_draw_new,
    examples=(
        Example(title="At once", request={"id": "{made.id}"}, before=(MADE,)),
        Example(
            title="With an hour to change over", request={"id": "{made.id}", "overlap_seconds": 3600}, before=(MADE,)
        ),
    ),
)
async def rotate_key(request: RotateKey, ctx: Context) -> NewKey:
    """Put a new key in the place of one: same id, owner, scopes and length of life; it is answered this once.

    Raises:
        NotFound: the caller has no such key.
        Conflict: it was revoked.
        Forbidden: it has a scope that the caller lacks.
    """
    row = await ctx.keys.get(request.id)
    if row["revoked"] is not None:
        raise Conflict(
            f"The key {request.id} was revoked.", field="id", value=request.id, remedy="Make another: nis keys create."
        )
    _refuse_more(json.loads(row["scopes"]), "id", ctx)
    secret, now = new_secret(), ctx.now()
    life = None if row["expires"] is None else row["expires"] - row["updated"]
    ends = [end for end in (life and now + life, ctx.caller.expires) if end is not None]
    changed = await ctx.keys.change(
        row,
        prefix=secret[:SHOWN],
        hash=hashed(secret),
        expires=min(ends, default=None),
        last_used=None,
        updated=now,
    )
    if request.overlap_seconds:
        # After the change, since no two rows have one hash: cut in between, the old key counts no more.
        old_end = min(now + request.overlap_seconds, row["expires"] or now + request.overlap_seconds)
        await ctx.keys.add({**row, "id": ctx.new_id("key"), "expires": old_end, "created": now, "updated": now})
    return _new(changed, secret, ctx)


@operation(
    "identity.revoke_key",
    effect="destroys",
    on="key",
    examples=(Example(title="A key that got about", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def revoke_key(request: OneKey, ctx: Context) -> Key:
    """Make a key count no more, for good: requests are refused, and what it holds open is closed within seconds.

    Runs that it began go on: they are their owner's. A key that was revoked stays listed.
    """
    row = await ctx.keys.get(request.id)
    if row["revoked"] is None:
        now = ctx.now()
        row = await ctx.keys.change(row, revoked=now, updated=now)
    return _of(row, ctx)


@operation(
    "identity.get_caller",
    effect="reads",
    # Whoever has a key may ask what it is good for.
    scopes=(),
    examples=(Example(title="What this key may do", request={}),),
)
async def get_caller(request: Nothing, ctx: Context) -> CallerShown:
    """Say who is calling: the owner, the scopes, and the key that was sent."""
    caller = ctx.caller
    return CallerShown(owner=caller.owner, scopes=sorted(caller.scopes), key=caller.key, expires=caller.expires)


OPERATIONS = (create_key, get_key, list_keys, rotate_key, revoke_key, get_caller)
