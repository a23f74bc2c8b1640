"""Prices of today: asked over the Price List API's own protocol, of a server here that has products of its shape."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from nis_backend.errors import InvalidRequest, Malformed, Unavailable
from nis_backend.prices.aws import prices
from nis_backend.prices.offers import QUESTIONS, TASKS, offers, prefix_of, priced
from nis_backend.prices.refresh import refresh, remembered

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 26)
TWO = 2
"""Products of a page: fewer than AWS's hundred, so that there are several."""


def product(service: str, usage: str, usd: str | None, **attributes: str) -> dict[str, Any]:
    """A product as the API tells one: https://docs.aws.amazon.com/aws-cost-management, GetProducts."""
    family = attributes.pop("productFamily", "")
    price = {"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd} if usd else {"CNY": "1"}}
    return {
        "product": {
            "productFamily": family,
            "attributes": {"regionCode": "eu-north-1", "usagetype": usage, **attributes},
            "sku": "SKU",
        },
        "serviceCode": service,
        "terms": {"OnDemand": {"SKU.T": {"priceDimensions": {"SKU.T.D": price}, "sku": "SKU"}}},
        "version": "20261125",
        "publicationDate": "2026-11-25T10:00:00Z",
    }


def steps(service: str, usage: str, *prices: tuple[str, str], **attributes: str) -> dict[str, Any]:
    """A product whose price falls, or begins, with the quantity."""
    found = product(service, usage, "0", **attributes)
    found["terms"]["OnDemand"]["SKU.T"]["priceDimensions"] = {
        str(i): {"beginRange": begin, "pricePerUnit": {"USD": usd}} for i, (begin, usd) in enumerate(prices)
    }
    return found


MICRO = {"instanceType": "cache.t4g.micro"}
SENT = {"fromRegionCode": "eu-north-1", "transferType": "AWS Outbound"}
PRODUCTS = [
    product("AmazonECS", "EUN1-ECS-EC2-vCPU-Hours", "0.0000000000"),
    product("AmazonECS", "EUN1-Fargate-vCPU-Hours:perCPU", "0.0445200000"),
    product("AmazonECS", "EUN1-Fargate-GB-Hours", "0.0048900000"),
    product("AmazonECS", "EUN1-Fargate-Windows-vCPU-Hours:perCPU", "0.0910000000"),
    product("AmazonECS", "EUN1-Fargate-ARM-GB-Hours", None),
    product("AWSELB", "EUN1-LoadBalancerUsage", "0.0239400000", productFamily="Load Balancer-Application"),
    product("AWSELB", "EUN1-Outposts-LoadBalancerUsage", "0.0000000000", productFamily="Load Balancer-Application"),
    product("AWSELB", "EUN1-TS-LoadBalancerUsage", "0.0055000000", productFamily="Load Balancer-Application"),
    product("AWSELB", "EUN1-LoadBalancerUsage", "0.0266000000", productFamily="Load Balancer-Network"),
    product("AmazonVPC", "EUN1-PublicIPv4:InUseAddress", "0.0050000000"),
    steps("AmazonVPC", "EUN1-VpcEndpoint-Bytes", ("1048576", "0.006"), ("0", "0.01")),
    product("AmazonElastiCache", "EUN1-NodeUsage:cache.t4g.micro", "0.0136", cacheEngine="Valkey", **MICRO),
    product(
        "AmazonElastiCache", "EUN1-ExtendedSupportYr3-NodeUsage:cache.t4g.micro", "1", cacheEngine="Redis", **MICRO
    ),
    product("AmazonECR", "EUN1-TimedStorage-ByteHrs", "0.1"),
    product("AmazonECR", "EUN1-TimedStorage-ByteHrs", "0.2"),
    steps("AWSDataTransfer", "EUN1-DataTransfer-Out-Bytes", ("0", "0.0000000000"), ("100", "0.0900000000"), **SENT),
    product("awskms", "eu-north-1-KMS-Keys", "1.0000000000"),
]


class Api(BaseHTTPRequestHandler):
    """GetProducts: filters, pages; and who has no key of ours is refused as AWS does."""

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer one page."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        if "AKIANOTALLOWEDNOTALLO" in self.headers["Authorization"]:
            denied = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: pricing:GetProducts"
            self._answer(400, {"__type": "AccessDeniedException", "message": denied})
            return
        found = [
            json.dumps(one) for one in PRODUCTS if one["serviceCode"] == asked["ServiceCode"] and self._fits(one, asked)
        ]
        found += ["{not json", "[]", '{"product": 3}', "null"]
        begin = int(asked.get("NextToken") or 0)
        more = {"NextToken": str(begin + TWO)} if begin + TWO < len(found) else {}
        self._answer(200, {"FormatVersion": "aws_v1", "PriceList": found[begin : begin + TWO], **more})

    def _fits(self, one: dict[str, Any], asked: dict[str, Any]) -> bool:
        said = {"productFamily": one["product"]["productFamily"], **one["product"]["attributes"]}
        return all(said.get(each["Field"]) == each["Value"] for each in asked["Filters"])

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """The API, where boto3 looks for it, and a key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAALLOWEDALLOWEDAL")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield server
        server.shutdown()
        thread.join(10)


@pytest.mark.usefixtures("api")
def test_prices_are_those_that_aws_tells_today(tmp_path: Path) -> None:
    """Promise: refreshed prices are of today, from the API; a product that is not meant, or odd, is none of them."""
    kept = tmp_path / "folder" / "prices.json"
    found = refresh("eu-north-1", path=kept, today=DAY)
    assert {name: rate.usd for name, rate in found.of("eu-north-1")} == {
        "fargate.vcpu_hour": Decimal("0.04452"),
        "fargate.gb_hour": Decimal("0.00489"),
        "alb.hour": Decimal("0.02394"),
        "ipv4.hour": Decimal("0.005"),
        "endpoint.gb": Decimal("0.01"),
        "cache.cache.t4g.micro.valkey": Decimal("0.0136"),
        "out.gb": Decimal("0.09"),
        "kms.key_month": Decimal(1),
    }
    assert {rate.dated for _, rate in found.of("eu-north-1")} == {"2026-11-26"}
    assert remembered(kept) == found
    found.check_region("eu-north-1")
    refresh("eu-north-1", path=kept, today=date(2026, 11, 27))
    assert len(remembered(kept).rates) == len(found.rates), "what was kept of a region is replaced"


@pytest.mark.usefixtures("api")
def test_a_region_that_aws_does_not_know_is_refused() -> None:
    """And not answered with the snapshot's prices."""
    with pytest.raises(InvalidRequest, match="no prices of mars-north-1"):
        refresh("mars-north-1")


def test_without_a_key_or_a_right_it_is_unavailable_with_the_remedy(
    api: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: typed, with what to do, and without the account's number."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOTALLOWEDNOTALLO")
    with pytest.raises(Unavailable, match="AccessDeniedException") as caught:
        refresh("eu-north-1")
    assert "123456789012" not in caught.value.message
    assert "pricing:GetProducts" in caught.value.remedy
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unavailable, match="credentials") as caught:
        refresh("eu-north-1")
    assert "aws configure" in caught.value.remedy
    del api


def test_what_is_kept_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file that is not ours stops nothing else; none at all is the snapshot."""
    assert remembered(tmp_path / "none.json") == prices()
    (tmp_path / "bad.json").write_text('[{"region": 1}]', "utf-8")
    with pytest.raises(Malformed, match=r"bad\.json"):
        remembered(tmp_path / "bad.json")


KEYS = st.sampled_from(["product", "terms", "OnDemand", "attributes", "usagetype", "priceDimensions"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(st.lists(JSON.map(json.dumps) | st.text(max_size=20), max_size=5))
def test_no_answer_breaks_the_reading(answers: list[str]) -> None:
    """Products are AWS's to shape: what is not understood is passed over, and every price is more than nothing."""
    assert all(one.usd > 0 for one in offers(answers))
    assert prefix_of(offers(answers)) is None


def test_every_price_that_bills_ask_for_is_asked_for() -> None:
    """What the snapshot knows of us-east-1 and the API is not asked for is what no usage type was read of."""
    asked = {name for question in (TASKS, *QUESTIONS) for name in question.named.values()}
    known = {name for name, _ in prices().of("us-east-1") if not name.startswith("ec2.")}
    assert known - asked == {
        *("kafka.storage_gb_month", "kafka.serverless_hour", "kafka.serverless_partition_hour"),
        *("kafka.serverless_gb_month", "kafka.serverless_in_gb", "kafka.serverless_out_gb"),
        *("rds.backup_gb_month", "zone.month"),
    }


def test_a_usage_type_without_a_prefix_is_one_region_alone() -> None:
    """us-east-1 writes LCUUsage; elsewhere that would be another region's."""
    text = [json.dumps(product("AWSELB", "LCUUsage", "0.008"))]
    question = QUESTIONS[0]
    assert priced(question, offers(text), region="us-east-1", prefix="USE1-") == {"alb.lcu_hour": Decimal("0.008")}
    assert priced(question, offers(text), region="eu-north-1", prefix="EUN1-") == {}
