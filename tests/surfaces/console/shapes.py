"""Operations with every shape that a form can meet, and with every question that a run can ask."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from nis_backend.annotations import Unit
from nis_backend.context import Context
from nis_backend.operation import Model, Recorded, operation


class Point(Model):
    """A place."""

    x: Annotated[float, Unit("m")]
    y: Annotated[float, Unit("m")] = 0


class Circle(Model):
    """A circle."""

    kind: Literal["circle"] = "circle"
    radius: Annotated[float, Unit("m")] = Field(gt=0)


class Polygon(Model):
    """A polygon."""

    kind: Literal["polygon"] = "polygon"
    corners: list[Point] = Field(min_length=1, max_length=8)


class Branch(Model):
    """Something with more of itself inside."""

    name: str
    inner: Branch | None = None


class Shapes(Model):
    """One of each."""

    text: str
    count: int = Field(ge=1, le=9)
    share: Annotated[float, Unit("")] = 0.5
    flag: bool
    wide: bool = True
    colour: Literal["red", "green"] = "green"
    maybe: int | None = None
    tags: list[str] = Field(default=[], max_length=3)
    numbers: list[float] = Field(default=[])
    pair: tuple[str, int] | None = None
    origin: Point
    target: Point | None = None
    figure: Annotated[Circle | Polygon, Field(discriminator="kind")]
    either: int | str | None = None
    free: dict[str, float] = Field(default={})
    tree: Branch | None = None


class Answer(Model):
    """What was asked."""

    asked: dict[str, Any]  # Any: JSON


@operation("shapes.echo_shape", effect="reads")
def echo_shape(request: Shapes, ctx: object) -> Answer:
    """Answer what was asked, without what was left at its default.

    Raises:
        InvalidRequest: a field is wrong.
    """
    return Answer(asked=request.model_dump(mode="json", exclude_unset=True))


class Order(Model):
    """What is ordered."""

    thing: str


class Sent(Model):
    """Where it went."""

    place: str


@operation("shapes.send_thing", effect="writes")
async def send_thing(request: Order, ctx: Context) -> Recorded[Sent]:
    """Send a thing where a person says, once another has allowed it."""
    await ctx.approve(f"{request.thing} leaves the house.", operation="shapes.send_thing")
    return await ctx.ask(Sent, "Where does it go?", operation="shapes.send_thing")


OPERATIONS = (echo_shape, send_thing)
