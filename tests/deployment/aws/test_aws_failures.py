"""What keeps AWS from answering, by the package's own failures: each is one of ours, with what to do."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from nis_backend.deployment.aws.account import ATTEMPTS, Account
from nis_backend.deployment.aws.failures import cleaned, failure
from nis_backend.deployment.aws.target import AwsTarget
from nis_backend.errors import InternalError, InvalidRequest, NisError, Unavailable

KINDS: Any = import_module("botocore.exceptions")


@pytest.mark.parametrize(
    ("error", "kind", "words", "remedy"),
    [
        (KINDS.NoCredentialsError(), Unavailable, "no key", "aws configure"),
        (KINDS.PartialCredentialsError(provider="env", cred_var="x"), Unavailable, "no key", "aws configure"),
        (KINDS.ProfileNotFound(profile="work"), Unavailable, "work", "~/.aws/config"),
        (KINDS.UnauthorizedSSOTokenError(), Unavailable, "log-in", "aws sso login"),
        (KINDS.TokenRetrievalError(provider="sso", error_msg="x"), Unavailable, "log-in", "aws sso login"),
        (KINDS.NoRegionError(), InvalidRequest, "us-nowhere-1", "--region"),
        (KINDS.InvalidRegionError(region_name="us nowhere"), InvalidRequest, "us-nowhere-1", "--region"),
        (KINDS.EndpointConnectionError(endpoint_url="https://x"), Unavailable, "us-nowhere-1", "spelled right"),
        (KINDS.ReadTimeoutError(endpoint_url="https://x"), Unavailable, "does not answer", "network"),
        (KINDS.ProxyConnectionError(proxy_url="http://x", error="y"), Unavailable, "cannot be asked", "network"),
        (KINDS.ParamValidationError(report="Missing"), InternalError, "wrong parameters", ""),
    ],
)
def test_each_failure_says_what_to_do(error: Exception, kind: type[NisError], words: str, remedy: str) -> None:
    """Promise: who deploys is told what is missing, not what a library calls it."""
    told = failure(error, "ecs:DescribeServices", "us-nowhere-1")
    assert isinstance(told, kind)
    assert words in told.message
    assert remedy in told.remedy


def test_a_mistake_of_ours_is_not_dressed_up() -> None:
    """Promise: what AWS has nothing to do with stays what it is."""
    error = KeyError("x")
    assert failure(error, "ecs:DescribeServices", None) is error


def test_words_of_aws_lose_accounts_and_keys() -> None:
    """Promise: of an ARN what it names stays, of an account and a key nothing."""
    said = "User arn:aws:sts::111122223333:assumed-role/ops/alice (ASIAIOSFODNN7EXAMPLE) in 111122223333"
    assert cleaned(said) == "User assumed-role/ops/alice ((a key)) in (account)"


def test_no_region_and_no_key_are_told_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the package's own search for a key and a region ends in a sentence."""
    for name, value in {"AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidRequest, match="No region"):
        AwsTarget("nis-backend", "", account=Account()).status()
    with pytest.raises(Unavailable, match="no key"):
        AwsTarget("nis-backend", "us-east-1").status()
    with pytest.raises(Unavailable, match="absent"):
        AwsTarget("nis-backend", "us-east-1", profile="absent").status()


def test_throttling_is_waited_out_by_the_package(account: Account) -> None:
    """Promise: AWS's own way of trying again, with a bound; only what is left is told."""
    client = account.client("cloudformation")
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}
