"""What moto keeps as AWS does (versions, lines, logins) is asked of it too: the other tests' account is our own."""

from __future__ import annotations

import time
from collections.abc import Generator
from importlib import import_module
from typing import Any

import pytest

from nis_backend.deployment.aws import images, logs
from nis_backend.deployment.aws.account import Account
from nis_backend.deployment.aws.ecr import login
from nis_backend.deployment.aws.history import History
from nis_backend.errors import NotFound

NOW = float(int(time.time()))
"""CloudWatch takes no lines of long ago."""


@pytest.fixture
def session() -> Generator[Any]:
    """A session of the package that moto answers."""
    with import_module("moto").mock_aws():
        yield import_module("boto3.session").Session("AKIAIOSFODNN7EXAMPLE", "tests", region_name="us-east-1")


@pytest.fixture
def account(session: Any) -> Account:
    """The way to it."""
    return Account(open_session=lambda: session, clock=lambda: NOW)


def test_what_was_served_is_numbered_and_found(account: Account) -> None:
    """Promise: the account itself knows the way back, and forgets it when told."""
    history = History(account=account, name="nis-backend")
    assert list(history.all()) == []
    for number in range(1, 5):
        assert history.keep({"Image": f"image-{number}", "ApiCount": "1"}) == number
    assert [one.number for one in history.all()] == [4, 3, 2, 1]
    assert history.find("", {"Image": "image-4"}).number == 3
    assert history.find("2", {}).image == "image-2"
    with pytest.raises(NotFound, match="53"):
        history.find("53", {})
    history.forget()
    history.forget()
    assert list(history.all()) == []


def test_lines_are_found_by_time_and_words(session: Any, account: Account) -> None:
    """Promise: CloudWatch's own filters do the looking, and no line is told twice. moto knows no prefixes."""
    client = session.client("logs")
    client.create_log_group(logGroupName="/ecs/nis-backend")
    for stream in ("api/nis-backend/1", "worker/nis-backend/2"):
        client.create_log_stream(logGroupName="/ecs/nis-backend", logStreamName=stream)
        events = [{"timestamp": int((NOW - 60 * n) * 1000) - 1, "message": f"{stream[0]}{n} ran"} for n in range(30)]
        client.put_log_events(logGroupName="/ecs/nis-backend", logStreamName=stream, logEvents=events[::-1])

    def found(limit: int, words: str = "") -> list[str]:
        lines = logs.lines(account, "/ecs/nis-backend", None, since=NOW - 3600, limit=limit, words=words)
        return [line.text for line in lines]

    assert sorted(found(4)) == ["a0 ran", "a1 ran", "w0 ran", "w1 ran"]
    every = found(100)
    assert (len(every), len(set(every))) == (60, 60)
    assert found(5, "w17") == ["w17 ran"]
    assert logs.last(account, "/ecs/nis-backend", "api/nis-backend/1", 2) == ["a1 ran", "a0 ran"]
    assert logs.last(account, "/ecs/nis-backend", "api/nis-backend/9", 2) == []


def test_a_registry_is_logged_in_to_once_the_stack_has_made_it(session: Any, account: Account) -> None:
    """Promise: where to push and as whom; an image that is not there is not found."""
    with pytest.raises(NotFound, match="no repository"):
        login("nis-backend", "us-east-1", account)
    made = session.client("ecr").create_repository(repositoryName="nis-backend")["repository"]["repositoryUri"]
    found = login("nis-backend", "us-east-1", account)
    assert (found.repository, found.username) == (made, "AWS")
    assert found.password not in repr(found)
    with pytest.raises(NotFound, match="has no image"):
        images.check(account, f"{made}@sha256:{'0' * 64}", "X86_64")
