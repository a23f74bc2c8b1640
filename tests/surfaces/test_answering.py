"""One table says which operation answers where a protocol lets its caller choose who does."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_architecture import PACKAGE

from nis_backend.capabilities.agents.introducing import AgentCard
from nis_backend.catalog import Catalog
from nis_backend.errors import NotSupported
from nis_backend.surfaces.answering import AGENT, ANSWERS, CHAT, TEAM, Answerer, model_of, named_in

CHOOSE = ("a2a", "acp", "agui", "openai", "anthropic", "voice")
"""Dialects whose callers name who answers."""

CARD = AgentCard(id="agent-1", name="clerk", version=1, description="", operations=[], agents=[], output_schema=None)
CTX: Any = SimpleNamespace(operations=Catalog.from_index())


def operations_in(path: Path) -> set[str]:
    """The operations that answer which a module writes out."""
    texts = {node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}
    return cast("set[str]", texts) & set(ANSWERS.values())


def test_each_that_answers_is_a_run_of_the_catalog() -> None:
    """A message begins it, and its log is what a protocol tells."""
    for name in ANSWERS.values():
        entry = CTX.operations.entry(name)
        assert (entry.shape, "message" in entry.request_schema["properties"]) == ("run", True)


@pytest.mark.parametrize("dialect", CHOOSE)
def test_a_dialect_that_lets_callers_choose_names_none(dialect: str) -> None:
    """The table is the only place: a dialect translates for whoever it says."""
    folder = PACKAGE / "surfaces" / dialect
    assert {path.name: found for path in folder.rglob("*.py") if (found := operations_in(path))} == {}
    assert operations_in(PACKAGE / "surfaces" / "answering.py") == set(ANSWERS.values())


def test_a_kept_agent_is_asked_what_it_takes_and_no_more() -> None:
    """What asks for nothing is left out; what would settle something that it settles is refused by its field."""
    one = Answerer(name="clerk", operation=ANSWERS[AGENT], card=CARD)
    asked: dict[str, Any] = {"message": "Hi", "earlier": [], "operations": True, "remembers": True}
    asked |= {"call": None, "memory": False}
    assert one.request({**asked, "user_id": "mia"}, CTX) == {
        "id": "agent-1",
        "message": "Hi",
        "earlier": [],
        "user_id": "mia",
    }
    for name, value in (("operations", False), ("memory", True), ("call", {"operation": "x.y"}), ("budget", 1.0)):
        with pytest.raises(NotSupported) as refused:
            one.request({**asked, name: value}, CTX)
        assert refused.value.field == name


def test_the_chat_is_asked_what_was_asked() -> None:
    """All of it is its own to judge."""
    asked = {"message": "Hi", "operations": False}
    assert Answerer(name=CHAT, operation=ANSWERS[CHAT]).request(asked, CTX) == asked


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("agent:clerk", "clerk"),
        ("agent:chat", CHAT),
        ("team:three", "team:three"),
        ("agent:team:three", "agent:team:three"),
        ("agent:", "agent:"),
        ("local:words", None),
        ("teams", None),
    ],
)
def test_who_answers_is_told_from_models_by_what_stands_before_the_name(model: str, name: str | None) -> None:
    """One name for one that answers, wherever a model is named."""
    assert named_in(model) == name
    if name is not None and name.startswith((TEAM, CHAT, "clerk")):
        assert model_of(name) == model
