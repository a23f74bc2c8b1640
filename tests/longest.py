"""Which files of tests begin first where several processes share the suite: the longest.

One that takes a minute and begins last keeps one process busy while the others have nothing left.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SECONDS = {
    "drivers/llm/test_transformers.py": 93,
    "surfaces/bus/test_bus_served.py": 76,
    "test_promises.py": 71,
    "surfaces/mcp/test_mcp_runs.py": 60,
    "test_kills.py": 60,
    "capabilities/operations/test_router.py": 48,
    "capabilities/training/test_by_hand.py": 44,
    "surfaces/console/test_console_talk.py": 42,
    "capabilities/teams/test_teams_remote.py": 39,
    "capabilities/training/test_learning_over_mcp.py": 39,
    "surfaces/mcp/test_mcp_stdio.py": 39,
    "surfaces/console/test_console_explorer.py": 35,
    "surfaces/cli/test_watch.py": 34,
    "test_architecture.py": 32,
    "capabilities/identity/test_runs_of_keys.py": 32,
    "test_hostile_media.py": 30,
    "test_fuzz.py": 27,
    "test_draining.py": 27,
    "drivers/llm/test_transformers_engine.py": 26,
    "test_schemas.py": 25,
    "capabilities/agents/test_agents_in_the_box.py": 23,
    "capabilities/plans/test_plans.py": 23,
    "deployment/template/test_template_lint.py": 22,
    "surfaces/openai/test_openai_shared.py": 22,
    "capabilities/chat/test_papers.py": 21,
    "capabilities/memory/test_forgetting.py": 20,
    "test_stopping.py": 19,
    "surfaces/agui/test_agui_kills.py": 19,
    "capabilities/metacognition/test_ask_peers.py": 18,
    "surfaces/mcp/test_mcp_conformance.py": 17,
    "test_package.py": 16,
    "deployment/local/test_shared_database.py": 15,
    "test_durable_kills.py": 15,
    "surfaces/console/test_console_gateway.py": 14,
    "surfaces/openai/test_openai_node.py": 14,
    "deployment/local/test_rehearsal.py": 13,
    "test_thinking.py": 12,
    "deployment/local/test_takeover.py": 12,
    "drivers/llm/test_embedded.py": 12,
    "deployment/aws/test_aws_by_moto.py": 11,
    "surfaces/agui/test_agui_served.py": 10,
    "capabilities/collections/test_transfers_killed.py": 10,
}
"""What a few tests of a file take, on two cores that run three processes: those of `pytest --durations=70`."""

USUAL = 0.3
"""Seconds of a test of any other file."""


def longest_first(items: list[pytest.Item]) -> None:
    """Order files by what they are expected to take; within a file, and among equals, the order stays as it is."""
    tests = Counter(_file(one) for one in items)
    items.sort(key=lambda one: -max(SECONDS.get(_file(one), 0), USUAL * tests[_file(one)]))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].removeprefix("tests/")
