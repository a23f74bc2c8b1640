"""How much of what a resource is in a month; prices come later."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from nis_backend.deployment.stack import number

if TYPE_CHECKING:
    from nis_backend.deployment.stack import Properties, Stack
    from nis_backend.deployment.usage import Usage


@dataclass(frozen=True, kw_only=True)
class Metered:
    """So much of something in a month."""

    what: str
    quantity: Decimal
    unit: str
    rate: str
    """The name of its price."""


class Unmetered(Exception):
    """How much it is cannot be read from the resource."""


@dataclass(frozen=True, kw_only=True)
class Meter:
    """One resource, and all that its price depends on."""

    name: str
    said: Properties
    stack: Stack
    usage: Usage

    @property
    def hours(self) -> Decimal:
        """Hours of the month."""
        return exact(self.usage.hours)

    def number(self, key: str, otherwise: int | str | None = None) -> Decimal:
        """A property that is a number."""
        return certain(number(self.said.get(key), otherwise), key)

    def addresses(self, count: Decimal) -> Metered:
        """Public IPv4 addresses in use."""
        return Metered(what="public IPv4 addresses", quantity=self.hours * count, unit="address-hour", rate="ipv4.hour")


def exact(value: float) -> Decimal:
    """A number as it is written."""
    return Decimal(str(value))


def certain(value: Decimal | None, key: str) -> Decimal:
    """A number that must be known."""
    if value is None or value < 0:
        raise Unmetered(f"its {key} is not known")
    return value
