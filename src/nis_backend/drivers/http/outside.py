"""Requests to addresses that callers have given: none reaches a network of our own by a name that leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.gateway.addresses import host_of, is_private
from nis_backend.drivers.http.base import Unreachable
from nis_backend.drivers.http.client import Http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.http.base import Response


class Outside(Http):
    """Connects to public addresses alone: what a name leads to is looked at for each connection."""

    public = True

    @override
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Response:
        """See `Client.request`.

        Raises:
            Unreachable: the address is not a public one, too.
        """
        # A literal address is asked of no resolver.
        if is_private(host_of(url)):
            raise Unreachable(f"{host_of(url)} is an address of the server's own network.")
        return await super().request(method, url, headers, data, silence=silence)
