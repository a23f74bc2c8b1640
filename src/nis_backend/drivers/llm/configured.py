"""The providers that are set up: those that settings name, in order of preference, and those of the store's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.llm.embedded import EmbeddedModels
from nis_backend.drivers.llm.local import LocalModels

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.llm.base import LanguageModels
    from nis_backend.drivers.llm.trained import TrainedModels
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.settings import Settings


def providers_of(settings: Settings, http: Client, compute: Compute, store: Store) -> list[LanguageModels]:
    """Every provider that is set up: a configured server before the model in the box, what was trained here at last."""
    scripted: list[LanguageModels] = []
    if settings.scripted is not None:
        from nis_backend.drivers.llm.scripted import ScriptedModels  # noqa: PLC0415 - only tests have a script

        scripted.append(ScriptedModels(settings.scripted))

    simulated: list[LanguageModels] = []
    if settings.simulated is not None:
        from nis_backend.drivers.llm.simulated import SimulatedModels  # noqa: PLC0415 - only proofs have one

        simulated.append(SimulatedModels(settings.simulated))

    def trained() -> TrainedModels:
        from nis_backend.drivers.llm.trained import TrainedModels  # noqa: PLC0415 - loads with the first of them

        return TrainedModels(settings, store, compute)

    nearby = _nearby(settings, http)
    return [
        *scripted,
        *([LocalModels(trained, nearby)] if nearby is not None else []),
        *_servers(settings, http),
        *_anthropic(settings, http),
        *_files(settings, compute),
        *_folders(settings, compute),
        EmbeddedModels(settings, compute),
        *([LocalModels(trained)] if nearby is None else []),
        *simulated,
    ]


def _nearby(settings: Settings, http: Client) -> LanguageModels | None:
    """The server at NIS_LOCAL_URL, where it is set."""
    if settings.local_url is None:
        return None
    from nis_backend.drivers.llm.openai_compatible import OpenAICompatible  # noqa: PLC0415 - loads where it is set up

    return OpenAICompatible(
        "local",
        settings.local_url,
        settings.local_api_key,
        settings.local_model,
        http=http,
        url_variable="NIS_LOCAL_URL",
        key_variable="NIS_LOCAL_API_KEY",
        model_variable="NIS_LOCAL_MODEL",
        needs_key=False,
    )


def _servers(settings: Settings, http: Client) -> list[LanguageModels]:
    """Those of them that speak OpenAI's format."""
    vendors = (
        ("openai", settings.openai_url, settings.openai_api_key, settings.openai_model),
        ("nvidia", settings.nvidia_url, settings.nvidia_api_key, settings.nvidia_model),
        ("deepseek", settings.deepseek_url, settings.deepseek_api_key, settings.deepseek_model),
        ("gemini", settings.gemini_url, settings.gemini_api_key, settings.gemini_model),
    )
    named = [vendor for vendor in vendors if vendor[2] is not None]
    if not named:
        return []
    from nis_backend.drivers.llm.openai_compatible import OpenAICompatible  # noqa: PLC0415 - loads where it is set up

    return [
        OpenAICompatible(
            name,
            url,
            key,
            model,
            http=http,
            url_variable=f"NIS_{name.upper()}_URL",
            key_variable=f"{name.upper()}_API_KEY",
            model_variable=f"NIS_{name.upper()}_MODEL",
        )
        for name, url, key, model in named
    ]


def provider_of(row: Row, settings: Settings, http: Client) -> LanguageModels:
    """A provider that was set up at run time: its key is one of the settings', which the row names."""
    from nis_backend.drivers.llm.openai_compatible import OpenAICompatible  # noqa: PLC0415 - as above
    from nis_backend.drivers.llm.server import Server, Variables  # noqa: PLC0415 - as above

    name, key = row["id"], settings.named_keys.get(row["key_name"])
    url = f"the url of the provider {name}"
    key_variable = f"{row['key_name']} in NIS_PROVIDER_KEYS" if row["key_name"] else f"the provider {name}'s key_name"
    if row["kind"] == "anthropic":
        from nis_backend.drivers.llm.anthropic import Anthropic, address  # noqa: PLC0415 - as above

        named = Variables(url=url, key=key_variable, model="the model's name")
        return Anthropic(Server(name, address(row["url"]), key.get_secret_value() if key else "", http, named))
    speaks = OpenAICompatible
    if row["kind"] == "openai-responses":
        from nis_backend.drivers.llm.openai_responses import OpenAIResponses  # noqa: PLC0415 - as above

        speaks = OpenAIResponses
    return speaks(
        name,
        row["url"],
        key,
        http=http,
        url_variable=url,
        key_variable=key_variable,
        model_variable="the model's name",
        needs_key=bool(row["key_name"]),
    )


def _anthropic(settings: Settings, http: Client) -> list[LanguageModels]:
    """The provider anthropic, where its key is set."""
    if settings.anthropic_api_key is None:
        return []
    from nis_backend.drivers.llm.anthropic import Anthropic, address  # noqa: PLC0415 - as above
    from nis_backend.drivers.llm.server import Server, Variables  # noqa: PLC0415 - as above

    named = Variables(url="NIS_ANTHROPIC_URL", key="ANTHROPIC_API_KEY", model="NIS_ANTHROPIC_MODEL")
    key = settings.anthropic_api_key.get_secret_value()
    server = Server("anthropic", address(settings.anthropic_url), key, http, named)
    return [Anthropic(server, settings.anthropic_model)]


def _files(settings: Settings, compute: Compute) -> list[LanguageModels]:
    """The provider file, where its files are named."""
    if settings.gguf is None:
        return []
    from nis_backend.drivers.llm.gguf import GgufModels  # noqa: PLC0415 - as above

    return [GgufModels(settings, compute)]


def _folders(settings: Settings, compute: Compute) -> list[LanguageModels]:
    """The provider transformers, where its folders are named."""
    if settings.transformers is None:
        return []
    from nis_backend.drivers.llm.transformers_models import TransformersModels  # noqa: PLC0415 - as above

    return [TransformersModels(settings, compute)]
