"""AWS's prices of a region of today: asked of its Price List API, kept in a file, and put before the snapshot's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import RootModel, ValidationError

from nis_backend.errors import InvalidRequest, Malformed, Unavailable
from nis_backend.prices.aws import Prices, Rates, prices
from nis_backend.prices.offers import QUESTIONS, TASKS, offers, prefix_of, priced

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.prices.offers import Question

    Ask = Callable[[Question, str], Iterator[str]]
    """The answers to a question about a region: each a product as JSON."""

API_REGION = "us-east-1"
"""One of the regions that the API is in; it tells of all."""
API = "https://api.pricing.us-east-1.amazonaws.com"
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 4
ALLOWED = "Its key must allow pricing:GetProducts."
_SECRET = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|(?<!\d)\d{12}(?!\d)")


class _Kept(RootModel[list[Rates]]):
    """What was asked, as a file keeps it."""


def refresh(region: str, *, path: Path | None = None, ask: Ask | None = None, today: date | None = None) -> Prices:
    """The prices with those of a region as AWS tells them now; what it does not tell stays the snapshot's, of its day.

    Kept at `path`, where one is given, for `remembered`.

    Raises:
        Unavailable: there is no key, it does not allow it, nobody answers, or boto3 is not installed.
        InvalidRequest: AWS has no prices of such a region.
    """
    asked, day = ask or asked_of_aws(), (today or datetime.now(UTC).date()).isoformat()
    tasks = list(offers(asked(TASKS, region)))
    prefix = prefix_of(tasks)
    if prefix is None:
        raise InvalidRequest(
            f"AWS tells no prices of {region}.",
            field="region",
            value=region,
            remedy="Give it as AWS writes it: eu-west-1.",
        )
    rows: list[Rates] = []
    for question in (TASKS, *QUESTIONS):
        found = tasks if question is TASKS else list(offers(asked(question, region)))
        usd = priced(question, found, region=region, prefix=prefix)
        if usd:
            published = max(one.published for one in found)
            read = f"GetProducts of {question.service}, published {published}"
            rows.append(Rates(region=region, source=f"{API}/#{question.service}", dated=day, read_from=read, usd=usd))
    if path is not None:
        others = [row for row in _kept(path) if row.region != region] if path.exists() else []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_Kept([*rows, *others]).model_dump_json(indent=1), "utf-8")
    return _before(rows)


def remembered(path: Path) -> Prices:
    """The prices with those that were kept there, which may be of many regions; the snapshot where there is no file.

    Raises:
        Malformed: it is no such file.
    """
    return _before(_kept(path)) if path.exists() else prices()


def _kept(path: Path) -> list[Rates]:
    try:
        return _Kept.model_validate_json(path.read_text("utf-8")).root
    except (ValidationError, UnicodeDecodeError):
        raise Malformed(f"{path.name} holds no prices.", field="path", remedy="Delete it, and refresh again.") from None


def _before(rows: list[Rates]) -> Prices:
    known = prices()
    return known.model_copy(update={"rates": [*rows, *known.rates]})


def asked_of_aws() -> Ask:
    """Asks the API with the key that AWS's own tools would use.

    Raises:
        Unavailable: boto3 is not installed.
    """
    try:
        boto3, config = import_module("boto3"), import_module("botocore.config")
        failed = import_module("botocore.exceptions")
    except ImportError:
        raise Unavailable("boto3 is not installed.", remedy="Run: pip install 'nis-backend[aws]'.") from None
    # Any: the package makes its clients from descriptions when it runs.
    settings: Any = config.Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": ATTEMPTS},
    )

    # A session of its own: the package's shared one keeps the first key that it found.
    session: Any = boto3.session.Session()
    clients: list[Any] = []

    def ask(question: Question, region: str) -> Iterator[str]:
        try:
            if not clients:
                clients.append(session.client("pricing", region_name=API_REGION, config=settings))
            pages = (
                clients[0]
                .get_paginator("get_products")
                .paginate(ServiceCode=question.service, Filters=question.filters(region), FormatVersion="aws_v1")
            )
            for page in pages:
                yield from map(str, page["PriceList"])
        except failed.ClientError as error:
            said = error.response.get("Error", {})
            why = _SECRET.sub("(hidden)", str(said.get("Message", "")))
            raise Unavailable(f"AWS tells no prices: {said.get('Code')}. {why}".strip(), remedy=ALLOWED) from None
        except failed.BotoCoreError as error:
            why = _SECRET.sub("(hidden)", str(error))
            remedy = (
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure." if "redential" in why else ""
            )
            raise Unavailable(
                f"AWS's prices cannot be asked: {why}", remedy=remedy or f"Look to the network. {ALLOWED}"
            ) from None

    return ask
