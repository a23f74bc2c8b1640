"""Calls to AWS. Each goes through one place, named as IAM names it, so that the policy for it is never behind."""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from nis_backend.deployment.aws.failures import failure, no_region
from nis_backend.deployment.aws.policy import allowed
from nis_backend.errors import DeadlineExceeded, InternalError, NisError, Unavailable

# Any below: the package makes its classes and their methods when it runs, from descriptions.
Client = Any
Answer = dict[str, Any]

CLIENTS = {"elasticloadbalancing": "elbv2", "application-autoscaling": "application-autoscaling"}
"""What the package calls what IAM calls otherwise."""
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 60, 6
LARGEST = 1024 * 1024
"""Bytes of an image's configuration."""
BETWEEN_LOOKS = 5.0
"""Seconds between two looks at what changes."""


def _fetched(address: str) -> bytes:
    """What AWS has at an address that it gave itself."""
    if not address.startswith("https://"):
        raise OSError(f"{address[:20]} is not of AWS")
    with urllib.request.urlopen(address, timeout=CONNECT_SECONDS) as answer:  # noqa: S310 - https, checked above
        return answer.read(LARGEST)


@dataclass(kw_only=True)
class Account:
    """An account of AWS in one region; every failure is one of ours. Opens at its first call."""

    region: str | None = None
    profile: str | None = None
    open_session: Callable[[], Any] | None = None  # Any: a session of the package
    pause: Callable[[float], None] = time.sleep
    fetch: Callable[[str], bytes] = _fetched
    clock: Callable[[], float] = time.time
    _clients: dict[str, Client] = field(default_factory=dict[str, Client])
    _session: Any = None
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def call(self, action: str, **parameters: object) -> Answer:
        """Ask for an action, as `ecs:DescribeServices`.

        Raises:
            Unavailable: there is no key, it does not allow the action, or nobody answers.
            Busy: AWS wants to be asked less often.
            UpstreamFailed: it refuses for another reason; `__cause__` has the code.
        """
        return self._told(action, lambda client, method: getattr(client, method)(**parameters))

    def pages(self, action: str, **parameters: object) -> Iterator[Answer]:
        """The answers, page after page."""
        turned = self._told(action, lambda client, method: iter(client.get_paginator(method).paginate(**parameters)))
        while (page := self._told(action, lambda _client, _method: next(turned, None))) is not None:
            yield page

    def until(self, look: Callable[[], Answer | None], *, within: float, what: str) -> Answer:
        """What `look` finds, looked for again and again.

        Raises:
            DeadlineExceeded: it was not there in time.
        """
        end = self.clock() + within
        while (found := look()) is None:
            if self.clock() > end:
                raise DeadlineExceeded(
                    f"{what} took more than {within / 60:.0f} minutes.",
                    remedy="It goes on in AWS. Look: nis deploy status.",
                )
            self.pause(BETWEEN_LOOKS)
        return found

    def where(self) -> str:
        """The region that is asked."""
        self._told("sts:GetCallerIdentity", lambda _client, _method: None)
        return str(self.region)

    def who(self) -> str:
        """Who asks: the last part of the name, `user/alice` or `role/session`."""
        return str(self.call("sts:GetCallerIdentity")["Arn"]).rpartition("/")[2]

    def _told(self, action: str, work: Callable[[Client, str], Any]) -> Any:
        if not allowed(action):
            raise InternalError(f"{action} stands in no statement of the policy of who deploys.")
        service, _, operation = action.partition(":")
        try:
            client = self.client(CLIENTS.get(service, service))
            return work(client, import_module("botocore").xform_name(operation))
        except NisError:
            raise
        except ImportError as error:
            raise Unavailable(
                f"The package {error.name!r} is not installed.", remedy="Run: pip install 'nis-backend[aws]'."
            ) from None
        except Exception as error:
            raise failure(error, action, self.region) from error

    def client(self, service: str) -> Client:
        """The package's client of a service."""
        with self._opening:
            if self._session is None:
                self._session = self._open()
            if service not in self._clients:
                config = import_module("botocore.config").Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                )
                self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    def _open(self) -> Any:
        # It tells at "info" where it has found its keys.
        logging.getLogger("botocore").setLevel(logging.WARNING)
        if self.open_session:
            session = self.open_session()
        else:
            session = import_module("boto3.session").Session(profile_name=self.profile, region_name=self.region)
        if not session.region_name:
            raise no_region(None)
        self.region = session.region_name
        return session
