"""What is told of a deployment, drawn: words first, then tables that say the same as the model."""

from __future__ import annotations

import pytest

from nis_backend.deployment.report import (
    Arithmetic,
    Comparison,
    Difference,
    Finding,
    Findings,
    Image,
    Layer,
    LogLine,
    LogLines,
    Outcome,
    Plan,
    Price,
    PriceLine,
    Resource,
    Revision,
    ServiceStatus,
    Span,
    Status,
    Step,
)
from nis_backend.deployment.views import views_of
from nis_backend.drawing import draw
from nis_backend.view import Series, Table, Text

LINE = PriceLine(
    resource="Api", what="vCPUs", quantity=182.5, unit="vCPU-hour", price=0.04048, month=7.39, dated="2026-09-11",
    source="https://aws.example",
)  # fmt: skip
PRICE = Price(region="us-east-1", lines=[LINE] * 14, month=103.46, assumed=["730 hours"], left_out=["tax"])
PLAN = Plan(
    name="nis-backend",
    target="aws",
    profile="small",
    region="us-east-1",
    resources=[Resource(id="Api", kind="AWS::ECS::Service", change="add")],
    price=PRICE,
    times=[Arithmetic(what="Drain", seconds=5, parts=[Span(what="linger", seconds=5)], holds=False, told="too long")],
    warnings=["One task."],
    refused="No certificate.",
)
STATUS = Status(
    name="nis-backend",
    target="aws",
    exists=True,
    state="UPDATE_COMPLETE",
    services=[ServiceStatus(service="api", desired=1, running=1, healthy=1)],
    revisions=[Revision(id="7", image="a@sha256:1", created=1.0, state="serving")],
    alarms=["nis-backend-5xx"],
)
FOUND = {
    "plan": (PLAN, "would be refused: No certificate."),
    "price": (PRICE, "103.46 USD"),
    "status": (STATUS, "nis-backend-5xx"),
    "absent": (Status(name="one", target="local", exists=False), "There is no one on local."),
    "logs": (LogLines(lines=[LogLine(time=1.0, service="api", task="t", text="<b>hello</b>")]), "1 line."),
    "findings": (
        Findings(
            kind="task definition",
            findings=[Finding(rule="pairs", severity="error", place="cpu", said="no", remedy="do")],
            checked=["pairs", "tags"],
        ),
        "1 error; 2 rules",
    ),
    "comparison": (
        Comparison(before="6", after="7", differences=[Difference(place="image", before="a", after="b")]),
        "1 difference",
    ),
    "outcome": (
        Outcome(ended="rolled_back", revision="6", steps=[Step(what="start", ok=False, seconds=2.0)], seconds=3.0),
        "Taken back in 3.0 s.",
    ),
    "image": (
        Image(name="a", digest="sha256:1", layers=[Layer(digest="sha256:2", compressed=2**21, unpacked=0)]),
        "is `sha256:1`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_words_come_first_and_say_what_counts(name: str) -> None:
    """Promise: the first view is the answer in words."""
    found, words = FOUND[name]
    views = views_of(found, charts=False)
    assert isinstance(views[0], Text)
    assert words in views[0].text
    for view in views:
        if isinstance(view, Table):
            assert all(len(row) == len(view.columns) for row in view.rows)
    assert not any(isinstance(view, Series) for view in views)


def test_a_bill_is_drawn_by_its_largest_lines_and_the_rest() -> None:
    """What is drawn adds up to the bill."""
    (chart,) = [view for view in views_of(PLAN) if isinstance(view, Series)]
    assert sum(value or 0 for value in chart.lines[0].values) == pytest.approx(PRICE.month)
    assert chart.x.names[-1] == "all else"
    assert "<svg" in draw(chart)


def test_the_table_of_a_bill_ends_with_its_sum() -> None:
    """To the cent, as it was added."""
    (table,) = [view for view in views_of(PRICE) if isinstance(view, Table) and view.title.startswith("A month")]
    assert table.rows[-1] == ["sum", "", "", "", "", "103.46", ""]
    assert table.rows[0][:6] == ["Api", "vCPUs", 182.5, "vCPU-hour", "0.04048", "7.39"]


def test_a_column_that_holds_nothing_is_not_shown() -> None:
    """Sizes that were not measured are no zeros."""
    found, _ = FOUND["image"]
    (table,) = [view for view in views_of(found) if isinstance(view, Table)]
    assert table.columns == ["layer", "compressed"]
    assert table.rows[-1] == ["sum", 2.0]


def test_a_sum_that_misses_prices_is_not_told_as_the_price() -> None:
    """What could not be priced makes it the least that a month costs."""
    found = PRICE.model_copy(update={"left_out": ["Api: load balancer; no price alb.hour of us-west-2 known."]})
    (words, *_) = views_of(found)
    assert isinstance(words, Text)
    assert words.text == "A month in us-east-1 costs at least 103.46 USD: 1 price unknown."
