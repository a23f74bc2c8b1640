"""deploy/compose.yaml: what it says of every container, and that what it sets are settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from nis_backend.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("api", "worker")
ALL = (*OURS, "postgres", "valkey", "kafka")
KEYS = {
    *("image", "build", "command", "environment", "ports", "volumes", "depends_on", "healthcheck", "restart", "init"),
    *("read_only", "user", "cap_drop", "security_opt", "tmpfs", "stop_grace_period", "shm_size"),
}
"""What the Compose Specification lets stand in a service, as far as this file uses it."""
Service = dict[str, Any]  # Any: YAML


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:  # Any: YAML
    """The file, with what is merged into its parts."""
    return yaml.safe_load((root / "deploy/compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    """Its services."""
    return compose["services"]


def test_it_has_what_many_hosts_share(compose: dict[str, Any], services: dict[str, Service]) -> None:
    """A server, a worker, PostgreSQL with pgvector, a Redis, Kafka; and no part that Compose does not know."""
    assert {*services} == {*ALL}
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for service in services.values():
        assert {*service} <= KEYS


@pytest.mark.parametrize("name", ALL)
def test_a_container_is_an_ordinary_user_who_can_gain_nothing(services: dict[str, Service], name: str) -> None:
    """No capability, no set-uid, no root; read-only but for Kafka, whose image writes its own configuration."""
    service = services[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert service.get("read_only", False) is (name != "kafka")
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & {*service}


@pytest.mark.parametrize("name", ALL)
def test_a_container_says_how_it_is(services: dict[str, Service], name: str) -> None:
    """By a list, not a shell's line: what is waited for is the program's own answer."""
    check = services[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= {*check}


def test_health_is_asked_at_the_port_that_is_listened_on(services: dict[str, Service]) -> None:
    """A worker listens on another than a server."""
    for name in OURS:
        command, check = services[name]["command"], services[name]["healthcheck"]["test"]
        assert check[1:4] == ["python", "-m", "nis_backend.healthcheck"]
        assert check[check.index("--port") + 1] == command[command.index("--port") + 1]


def test_ports_are_on_loopback(services: dict[str, Service]) -> None:
    """Only the server's, and only to this machine."""
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert [*ports] == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in ports["api"])


@pytest.mark.parametrize("name", ["postgres", "valkey", "kafka"])
def test_images_of_others_are_pinned(services: dict[str, Service], name: str) -> None:
    """To a release, not to a name that moves."""
    assert re.fullmatch(r"[a-z]+/[a-z]+:\d+\.\d+\.\d+(-[a-z0-9]+)?", services[name]["image"])


def test_what_is_set_is_a_setting(services: dict[str, Service]) -> None:
    """A misspelt variable would be set for nobody."""
    known = {field.alias for field in Settings.model_fields.values()}
    for name in OURS:
        assert {*services[name]["environment"]} <= known


def test_secrets_are_in_no_file_and_go_only_where_they_are_wanted(root: Path, services: dict[str, Service]) -> None:
    """They have no value here, and a missing one ends the start with what to do."""
    text = (root / "deploy/compose.yaml").read_text("utf-8")
    for name in ("NIS_API_KEY", "POSTGRES_PASSWORD"):
        given = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert given
        assert all(one.startswith(":?") for one in given)
    assert "/deploy/secrets.env" in (root / ".gitignore").read_text("utf-8").split()
    for name in ("postgres", "valkey", "kafka"):
        assert not [key for key in services[name].get("environment", {}) if key.endswith("API_KEY")]


def test_the_worker_takes_the_queue_that_the_server_leaves(services: dict[str, Service]) -> None:
    """Heavy runs are not executed where callers are answered."""
    assert services["api"]["environment"]["NIS_QUEUES"] == "compute=0"
    command = services["worker"]["command"]
    assert "compute" in command[command.index("--queues") + 1].split(",")
    for name in OURS:
        Settings.model_validate({"NIS_QUEUES": services[name]["environment"]["NIS_QUEUES"]})


def test_files_of_runs_are_in_one_folder_and_all_else_in_each_ones_own(compose: dict[str, Any]) -> None:
    """A data folder has one process; blobs are named by the rows of the one database."""
    mounts = {name: compose["services"][name]["volumes"] for name in OURS}
    assert mounts == {"api": ["api:/data", "blobs:/data/blobs"], "worker": ["worker:/data", "blobs:/data/blobs"]}
    named = {
        mount.partition(":")[0] for service in compose["services"].values() for mount in service.get("volumes", ())
    }
    assert named == {*compose["volumes"]}


def test_nothing_is_waited_for_that_does_not_say_how_it_is(services: dict[str, Service]) -> None:
    """Who starts after another waits until that one answers."""
    for name in OURS:
        for other, how in services[name]["depends_on"].items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in services[other]
