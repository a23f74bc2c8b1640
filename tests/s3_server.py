"""A server that speaks S3 on a free port of this machine: moto's, which keeps everything in its memory."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

PATIENCE = 60.0

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "us-east-1"}

SERVE = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def running_s3() -> Generator[str]:
    """Its address, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
            urllib.request.urlopen(f"{url}/moto-api/", timeout=PATIENCE).close()
            yield url
        finally:
            process.kill()


def new_bucket(url: str) -> str:
    """An empty bucket, made by hand; its name."""
    name = f"tests-{uuid4().hex}"
    request = urllib.request.Request(f"{url}/{name}", method="PUT", headers={"Authorization": _AUTHORIZATION})
    urllib.request.urlopen(request, timeout=PATIENCE).close()
    return name


# Requests without a signature are taken for requests by a stranger.
_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def client(url: str) -> Any:  # Any: the package makes its classes when it runs
    """The package's own client, to look from outside."""
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests"}
    return import_module("boto3").client("s3", endpoint_url=url, region_name="us-east-1", **keys)
