"""Which addresses of providers lie in a network of our own."""

from __future__ import annotations

import pytest

from nis_backend.drivers.gateway.addresses import host_of, is_private, kept_host
from nis_backend.errors import InvalidRequest


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/v1",
        "http://127.1/v1",
        "http://0x7f000001/v1",
        "http://[::1]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://[64:ff9b::7f00:1]/v1",
        "http://[2002:7f00:1::]/v1",
        "http://[64:ff9b:1::7f00:1]/v1",
        "http://[::7f00:1]/v1",
        "http://[fec0::1]/v1",
        "http://[::ffff:0:127.0.0.1]/v1",
        "http://192.0.0.192/latest",
        "http://168.63.129.16/machine",
        "http://224.0.0.1/v1",
        "http://[ff02::1]/v1",
        "http://127.0.0.⑩/v1",
        "http://169。254。169。㉕④/latest",
        "http://169.254.169.254/latest",
        "http://metadata.google.internal/",
        "http://LOCALHOST./v1",
    ],
)
def test_an_address_of_our_own_network_is_told_in_any_spelling(url: str) -> None:
    """Those too that stand for an IPv4 address behind a translator (RFC 6052, 3056), or that a client spells out."""
    assert is_private(host_of(url))


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://8.8.8.8/v1", "https://[2606:4700::1111]/v1"])
def test_an_address_of_the_world_is_none(url: str) -> None:
    """A vendor's, by name or number."""
    assert not is_private(host_of(url))


@pytest.mark.parametrize(
    ("bare", "said"),
    [((), "with credentials is"), (("query",), "credentials or a query is"), (("query", "fragment"), "a query or")],
)
def test_what_an_address_may_not_hold_is_said_in_words(bare: tuple[str, ...], said: str) -> None:
    """Whatever else the caller may not give; the credentials themselves are told to nobody."""
    with pytest.raises(InvalidRequest, match=said) as refused:
        kept_host("https://me:secret@example.org/", whose="bytes", like="", bare=bare, instead="")
    assert "secret" not in str(refused.value.problem())
