"""Which providers there are, by the settings alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.choice import Models
from nis_backend.drivers.llm.configured import providers_of
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.settings import read_settings

KEYS = {
    name: f"sk-{name.lower()}"
    for name in ("OPENAI_API_KEY", "NVIDIA_API_KEY", "DEEPSEEK_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY")
}


class Offline(Http):
    """The network, which nothing here may ask for."""

    @override
    async def request(self, *given: Any, **named: Any) -> Any:  # Any: whatever is asked, it is too much
        """Fail."""
        pytest.fail("the network was used")


def providers(folder: Path, **environment: str) -> list[str]:
    """The default model of each provider, in order; a key that is set needs no network for it."""

    async def body() -> list[str]:
        settings = read_settings(environment, data=folder)
        drivers = providers_of(settings, Offline(), WorkerPools([]), SqliteStore(folder / "nis.sqlite"))
        found = [await one.find(None) for one in drivers if one.provider != "embedded"]
        # What was trained here stands last, or with the server whose name it has.
        assert [one.provider for one in drivers if one.provider != "local"][-1] == "embedded"
        assert [one.provider for one in drivers].count("local") == 1
        return [info.id for info in found if info]

    return asyncio.run(body())


def test_each_key_that_is_set_is_a_provider(tmp_path: Path) -> None:
    """The vendors whose keys are there, a server by its address before them, the model in the box after all."""
    usual = read_settings({})
    assert not providers(tmp_path)
    assert providers(tmp_path, **KEYS, NIS_LOCAL_URL="http://127.0.0.1:1/v1", NIS_LOCAL_MODEL="m") == [
        "local:m",
        f"openai:{usual.openai_model}",
        f"nvidia:{usual.nvidia_model}".replace("/", ":"),
        f"deepseek:{usual.deepseek_model}",
        f"gemini:{usual.gemini_model}",
        f"anthropic:{usual.anthropic_model}",
    ]
    assert providers(tmp_path, DEEPSEEK_API_KEY=" sk-1\n", NIS_DEEPSEEK_MODEL="other") == ["deepseek:other"]


def test_keys_of_further_providers_have_names() -> None:
    """They are secrets: shown nowhere, and refused without being repeated."""
    settings = read_settings({"NIS_PROVIDER_KEYS": "groq=gsk-1, mistral=m=2 "})
    assert {name: key.get_secret_value() for name, key in settings.named_keys.items()} == {
        "groq": "gsk-1",
        "mistral": "m=2",
    }
    assert "gsk-1" not in repr(settings)
    assert not read_settings({}).named_keys
    for wrong in ("groq", "=gsk-secret", "groq=", "gr oq!=gsk-secret", "a=b,,c=d"):
        with pytest.raises(InvalidRequest, match="NIS_PROVIDER_KEYS") as caught:
            read_settings({"NIS_PROVIDER_KEYS": wrong})
        assert "gsk-secret" not in str(caught.value.problem())


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("agent:physicist", "agents.run_agent asks it."),
        ("team:three", "teams.run_team asks it."),
        ("openai:gpt-5", "OPENAI_API_KEY"),
    ],
)
def test_who_names_what_is_no_model_here_is_told_what_to_do(name: str, remedy: str) -> None:
    """An agent is a model to clients of a dialect alone, and a vendor's model wants its key."""
    with pytest.raises(NotFound, match="no model") as refused:
        asyncio.run(Models([]).choose(name))
    assert remedy in refused.value.remedy
