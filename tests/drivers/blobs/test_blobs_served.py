"""A server whose blobs are in a bucket: used as any other, and truthful when the bucket does not answer."""

from __future__ import annotations

import pytest
from conftest import Serve
from rest_client import ask, done, send
from s3_server import KEYS, new_bucket


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has the bucket's keys from its environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


DATA = bytes(range(256)) * 40_000


def test_blobs_are_kept_in_a_bucket_and_read_by_ranges(serve: Serve, s3: str) -> None:
    """Promise: blobs on S3 by one setting, the same operations; more than a part of S3's goes there in parts."""
    server = serve(NIS_BLOBS=f"s3://{new_bucket(s3)}/nis", NIS_S3_ENDPOINT=s3)
    form = b"--b\r\nContent-Disposition: form-data; name=content; filename=a.bin\r\n\r\n" + DATA + b"\r\n--b--\r\n"
    blob = done(server, "POST", "/blobs", form, {"content-type": "multipart/form-data; boundary=b"})
    status, headers, part = send(
        server, "GET", f"/blobs/{blob['id']}/content", None, {"range": "bytes=9000000-9000099"}
    )
    assert (status, headers["content-range"]) == (206, f"bytes 9000000-9000099/{len(DATA)}")
    assert part == DATA[9_000_000:9_000_100]
    assert send(server, "GET", f"/blobs/{blob['id']}/content")[2] == DATA
    parts = done(server, "GET", "/health/ready")["parts"]
    assert next(one for one in parts if one["name"] == "blobs")["ok"]
    assert (server.data / "blobs").exists() is False
    done(server, "DELETE", f"/blobs/{blob['id']}")
    assert ask(server, "GET", f"/blobs/{blob['id']}/content")[0] == 404


def test_a_bucket_that_does_not_answer_holds_up_nothing_but_blobs(serve: Serve) -> None:
    """Promise: it never delays the start, `/health/ready` names it, and its callers get `unavailable`."""
    server = serve(NIS_BLOBS="s3://nowhere/nis", NIS_S3_ENDPOINT="http://127.0.0.1:1")
    status, headers, problem = ask(server, "POST", "/blobs", {"content": "data:,Hello"})
    assert (status, problem["code"]) == (503, "unavailable")
    assert "s3://nowhere/nis does not answer" in problem["detail"]
    assert "retry-after" in headers
    parts = done(server, "GET", "/health/ready")["parts"]
    assert not next(one for one in parts if one["name"] == "blobs")["ok"]
    assert done(server, "GET", "/health")["status"]
