"""Providers of models that are set up while the server runs, beside those of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.changes import noted
from nis_backend.drivers.gateway.addresses import host_of, is_private, kept_host, refuse_private
from nis_backend.drivers.gateway.base import SERVERS
from nis_backend.drivers.gateway.route import COMPUTED_HERE, OWN
from nis_backend.errors import Conflict, InvalidRequest, NisError
from nis_backend.found import unknown
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.gateway.route import SetUp
    from nis_backend.drivers.store.base import Row

MOST = 1000
MOST_CALLS = 10_000
MARKS = frozenset({"route", "agent", "team", OWN})
"""What means something else before a colon."""
RESERVED = SERVERS | MARKS | COMPUTED_HERE
HOSTS = {
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "api.together.xyz": "together",
    "api.x.ai": "x-ai",
    "api.fireworks.ai": "fireworks",
    "api.cerebras.ai": "cerebras",
    "generativelanguage.googleapis.com": "google",
    "openrouter.ai": "openrouter",
}
"""What the data of prices calls the vendor behind an address."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
KeyName = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
Concurrency = Annotated[int, Field(ge=1, le=MOST_CALLS)]

MADE = Before(
    name="made",
    operation="providers.create_provider",
    request={"kind": "openai", "url": "https://models.example.org/v1"},
)


class CreateProvider(Model):
    """Where its models are asked, and in which format."""

    name: Name | None = Field(
        default=None, description="Its id, written before its models' names; unset: one is made up."
    )
    kind: Literal["openai", "anthropic", "openai-responses"] = Field(
        description="Whose format it speaks: OpenAI's chat completions, Anthropic's messages, or OpenAI's responses."
    )
    url: str = Field(
        min_length=8, max_length=1000, description="Its base address, as in https://api.groq.com/openai/v1."
    )
    key_name: KeyName = Field(
        default="",
        description="Which of the keys in NIS_PROVIDER_KEYS it is sent; none is kept here. Empty: it wants none.",
    )
    prices: str | None = Field(
        default=None,
        max_length=64,
        description="What genai-prices calls it, as in groq; empty: it is not there. Unset: by its address.",
    )
    billed: bool | None = Field(
        default=None, description="Whether its calls cost money. Unset: unless it is on a network of your own."
    )
    concurrency: Concurrency = Field(default=64, description="Calls that it is given at a time; more wait.")
    enabled: bool = Field(default=True, description="Whether it is asked.")


class OneProvider(Model):
    """Which provider."""

    id: str = Field(min_length=1, max_length=64, description="The provider's id.")


class UpdateProvider(OneProvider):
    """Which provider, and what of it changes; what is unset stays. Of those in the settings, not where they are."""

    url: str | None = Field(default=None, min_length=8, max_length=1000, description="Its base address.")
    key_name: KeyName | None = Field(default=None, description="Which of the keys in NIS_PROVIDER_KEYS it is sent.")
    prices: str | None = Field(default=None, max_length=64, description="What genai-prices calls it; empty: not there.")
    billed: bool | None = Field(default=None, description="Whether its calls cost money.")
    concurrency: Concurrency | None = Field(default=None, description="Calls that it is given at a time; more wait.")
    enabled: bool | None = Field(default=None, description="Whether it is asked.")


class Provider(Model):
    """A provider as it is set up, and how it does."""

    id: str = Field(description="What its models' names begin with.")
    kind: str = Field(description="Whose format it speaks, or what it is.")
    url: str = Field(description="Where it is asked; empty for what this machine computes.")
    key_name: str = Field(description="Which key it is sent; empty for one of the settings, or none.")
    prices: str = Field(description="What genai-prices calls it; empty where it is not there.")
    billed: bool = Field(description="Whether its calls cost money.")
    concurrency: int = Field(description="Calls that it is given at a time by this process.")
    enabled: bool
    source: Literal["settings", "run time"] = Field(description="Where it was set up.")
    state: str = Field(description="`ready`, or why it, or a model of it, is not asked now; as this process sees it.")


class ListProviders(Model):
    """All of them."""


class ProviderList(Model):
    """The providers, in order of preference."""

    providers: list[Provider]


class ProviderTested(Model):
    """Whether a provider answers."""

    id: str
    ok: bool = Field(description="Whether it has listed its models. It was asked for nothing that costs.")
    models: list[str] = Field(description="The first of them, at most ten.")
    count: int = Field(description="How many there are.")
    problem: dict[str, Any] | None = Field(description="Why it has not.")  # Any: a problem document


def shown(found: SetUp) -> Provider:
    """A provider as callers see it."""
    given = {name: getattr(found, name) for name in Provider.model_fields}
    return Provider.model_validate({**given, "state": found.state or "ready"})


async def _find(provider_id: str, ctx: Context) -> SetUp:
    for found in await ctx.gateway.providers():
        if found.id == provider_id:
            return found
    raise unknown("provider", provider_id)


def _draw(_request: Model, result: ProviderList) -> list[View]:
    rows: list[list[str | float]] = [[one.id, one.kind, one.url, one.source, one.state] for one in result.providers]
    return [Table(title="Providers", columns=["provider", "kind", "address", "from", "state"], rows=rows)]


@operation(
    "providers.list_providers",
    effect="reads",
    resource="provider",
    view=_draw,
    examples=(Example(title="All of them", request={}),),
)
async def list_providers(_request: ListProviders, ctx: Context) -> ProviderList:
    """List the providers of models: those of the settings and those set up since, and which of them are ready."""
    return ProviderList(providers=[shown(one) for one in await ctx.gateway.providers()])


@operation(
    "providers.get_provider",
    effect="reads",
    resource="provider",
    examples=(
        Example(title="One that was set up", request={"id": "{made.id}"}, before=(MADE,)),
        Example(title="The model in the box", request={"id": "embedded"}),
    ),
)
async def get_provider(request: OneProvider, ctx: Context) -> Provider:
    """Get a provider: where it is, what it is charged as, how many calls it is given, and whether it is ready."""
    return shown(await _find(request.id, ctx))


@operation(
    "providers.create_provider",
    effect="writes",
    repeatable=True,
    resource="provider",
    scopes=(SERVER_ADMIN,),
    examples=(
        Example(
            title="A vendor that speaks OpenAI's format",
            request={"name": "groq", "kind": "openai", "url": "https://api.groq.com/openai/v1", "key_name": "GROQ"},
        ),
        Example(title="A server of another's", request={"kind": "anthropic", "url": "https://models.example.org"}),
    ),
)
async def create_provider(request: CreateProvider, ctx: Context) -> Provider:
    """Set up a provider of models; its key stays in the settings, and is only named here. Same again changes nothing.

    Raises:
        InvalidRequest: the address is none, the name means something else, or there are too many.
        Forbidden: a key may not name an address of the server's own network that NIS_ALLOWED_PROVIDERS does not.
        Conflict: the name is taken.
    """
    _check_url(request.url, ctx)
    row = _row(request, ctx)
    existing = await ctx.administered(SERVER).get("providers", row["id"])
    if existing is not None and all(existing[name] == row[name] for name in row if name not in ("created", "updated")):
        return shown(await _find(row["id"], ctx))
    providers = await ctx.gateway.providers()
    taken = row["id"] in {one.id for one in providers} and "provider"
    taken = taken or (row["id"] in await ctx.gateway.routes() and "route")
    if existing is not None or taken:
        raise Conflict(
            f"There is a {taken or 'provider'} {row['id']!r} already.",
            field="name",
            value=row["id"],
            remedy="Update it, or name another.",
        )
    if len(providers) >= MOST:
        raise InvalidRequest(f"There are {MOST} providers already.", remedy="Delete some.")
    beside = noted(ctx, "provider", "create", before=None, after=row)
    await ctx.administered(SERVER).insert("providers", row, beside)
    ctx.gateway.changed("providers")
    return shown(await _find(row["id"], ctx))


def _row(request: CreateProvider, ctx: Context) -> Row:
    name, host, now = request.name, host_of(request.url), ctx.now()
    if name in RESERVED:
        raise InvalidRequest(
            f"The name {name!r} means something else.", field="name", value=name, remedy="Take another name."
        )
    return {
        "id": name or ctx.new_id("provider"),
        "kind": request.kind,
        "url": request.url,
        "key_name": request.key_name,
        "prices": HOSTS.get(host, "") if request.prices is None else request.prices,
        "billed": int(not is_private(host) if request.billed is None else request.billed),
        "concurrency": request.concurrency,
        "enabled": int(request.enabled),
        "created": now,
        "updated": now,
    }


def _check_url(url: str, ctx: Context) -> None:
    """Refuse what is no address of a server, or one that a key's holder has no business to have asked."""
    host = kept_host(
        url,
        whose="a server",
        like="https://api.groq.com/openai/v1",
        bare=("query", "fragment"),
        instead="Put the key into NIS_PROVIDER_KEYS and name it in key_name.",
    )
    # Who comes without a stored key has the machine itself.
    if ctx.caller.key is not None:
        remedy = "Add the host to NIS_ALLOWED_PROVIDERS, or set the provider up on the server itself."
        refuse_private(host, ctx.settings.allowed_providers, remedy)


@operation(
    "providers.update_provider",
    effect="writes",
    repeatable=True,
    resource="provider",
    scopes=(SERVER_ADMIN,),
    examples=(Example(title="Fewer calls at a time", request={"id": "{made.id}", "concurrency": 8}, before=(MADE,)),),
)
async def update_provider(request: UpdateProvider, ctx: Context) -> Provider:
    """Change a provider: whether it is asked, by how many calls at a time, at what price; from the next call on.

    Raises:
        InvalidRequest: nothing is to change, or the address is none.
        Conflict: its address and its key are the settings'.
    """
    found = await _find(request.id, ctx)
    given = request.model_dump(exclude={"id"}, exclude_none=True)
    if not given:
        raise InvalidRequest(
            "Nothing is to change.", field="id", value=request.id, remedy="Give what is to be otherwise."
        )
    if request.url is not None:
        _check_url(request.url, ctx)
    if found.source == "settings" and not {"url", "key_name"}.isdisjoint(given):
        raise Conflict(
            f"Where {found.id} is and which key it is sent is in the settings.",
            field="url" if "url" in given else "key_name",
            value=found.id,
            remedy=f"Set NIS_{found.id.upper()}_URL or its key, and start the server again.",
        )
    changes: Row = {name: int(one) if isinstance(one, bool) else one for name, one in given.items()}
    changes["updated"] = ctx.now()
    rows = ctx.administered(SERVER)
    before = await rows.get("providers", request.id)
    if before is None:
        # The first change of one that the settings set up: the row holds what differs, and what else there is.
        row = {**_row_of(found), "created": changes["updated"], **changes}
        await rows.insert("providers", row, noted(ctx, "provider", "update", before=_row_of(found), after=row))
    else:
        after = {**before, **changes}
        await rows.update(
            "providers", request.id, changes, noted(ctx, "provider", "update", before=before, after=after)
        )
    ctx.gateway.changed("providers")
    return shown(await _find(request.id, ctx))


def _row_of(found: SetUp) -> Row:
    names = ("id", "kind", "url", "key_name", "prices", "concurrency")
    return {name: getattr(found, name) for name in names} | {
        "billed": int(found.billed),
        "enabled": int(found.enabled),
    }


@operation(
    "providers.delete_provider",
    effect="destroys",
    repeatable=True,
    resource="provider",
    scopes=(SERVER_ADMIN,),
    examples=(Example(title="It is no more", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def delete_provider(request: OneProvider, ctx: Context) -> OneProvider:
    """Delete a provider; routes along its models pass it by. What it has cost stays in the ledger.

    Raises:
        Conflict: the settings have set it up.
    """
    found = await _find(request.id, ctx)
    if found.source == "settings":
        raise Conflict(
            f"The settings have set up {found.id}.",
            field="id",
            value=found.id,
            remedy="Disable it, or take it out of the settings.",
        )
    rows = ctx.administered(SERVER)
    before = await rows.get("providers", request.id)
    await rows.delete(
        "providers", request.id, noted(ctx, "provider", "delete", before=before or _row_of(found), after=None)
    )
    ctx.gateway.changed("providers")
    return request


@operation(
    "providers.test_provider",
    effect="reads",
    outward=True,
    on="provider",
    examples=(Example(title="Does it answer?", request={"id": "embedded"}),),
)
async def test_provider(request: OneProvider, ctx: Context) -> ProviderTested:
    """Ask a provider for the list of its models, which costs nothing, and say whether it answers."""
    found = await _find(request.id, ctx)
    try:
        infos = await ctx.models.driver(found.id).models()
    except NisError as error:
        return ProviderTested(id=found.id, ok=False, models=[], count=0, problem=error.problem())
    return ProviderTested(id=found.id, ok=True, models=[one.id for one in infos[:10]], count=len(infos), problem=None)


OPERATIONS = (list_providers, get_provider, create_provider, update_provider, delete_provider, test_provider)
