"""An account, and a stack to be made in it."""

from __future__ import annotations

import pytest
from fake_aws import FakeAws

from nis_backend.deployment.aws.account import Account


@pytest.fixture
def aws() -> FakeAws:
    """An account with nothing in it."""
    return FakeAws()


@pytest.fixture
def account(aws: FakeAws) -> Account:
    """The way to it."""
    return Account(
        open_session=aws.session, pause=aws.pause, clock=aws.clock, fetch=lambda _address: b'{"architecture": "amd64"}'
    )
