"""What this process searches with, as its settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.research.arxiv import Arxiv
from nis_backend.drivers.research.asking import Index
from nis_backend.drivers.research.base import Searching
from nis_backend.drivers.research.providers import Brave, SearXNG, Serper, Tavily
from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.research.base import PaperSearch, WebSearch
    from nis_backend.settings import Settings

REMEDY = (
    "Set NIS_SEARXNG_URL to a SearXNG of your own, or one of the keys BRAVE_API_KEY, TAVILY_API_KEY and SERPER_API_KEY."
)


class Configured(Searching):
    """The indexes that are set up: SearXNG first, which costs nothing, then those that take a key."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._usual = settings.search
        self._web = {one.name: one for one in _web(settings, client)}
        arxiv = Index(
            name="arXiv",
            client=client,
            url=settings.arxiv_url,
            refused="Ask it less often, or set NIS_ARXIV_URL to a mirror.",
        )
        self._papers = Arxiv(arxiv, settings.arxiv_seconds)

    @override
    def web(self, name: str | None = None) -> WebSearch:
        if not self._web:
            raise Unavailable("No web search is set up.", remedy=REMEDY)
        wanted = name or self._usual or next(iter(self._web))
        if wanted in self._web:
            return self._web[wanted]
        known = ", ".join(self._web)
        if name is None:
            raise Unavailable(f"The web search {wanted} that NIS_SEARCH names is not set up.", remedy=REMEDY)
        raise InvalidRequest(
            f"The web search {wanted} is not set up.", field="provider", value=name, remedy=f"Name one of: {known}."
        )

    @override
    def papers(self) -> PaperSearch:
        return self._papers


def _web(settings: Settings, client: Client) -> list[WebSearch]:
    found: list[WebSearch] = []
    if settings.searxng_url:
        index = Index(
            name="searxng",
            client=client,
            url=settings.searxng_url,
            refused="Add json to the formats under search in its settings.yml.",
        )
        found.append(SearXNG(index=index))
    keyed = (
        ("brave", Brave, settings.brave_api_key, settings.brave_url),
        ("tavily", Tavily, settings.tavily_api_key, settings.tavily_url),
        ("serper", Serper, settings.serper_api_key, settings.serper_url),
    )
    for name, kind, key, url in keyed:
        if key is not None:
            refused = f"See whether {name.upper()}_API_KEY is right, and what its account has left."
            index = Index(name=name, client=client, url=url, refused=refused, key=key.get_secret_value())
            found.append(kind(index=index))
    return found
