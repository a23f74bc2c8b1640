"""pint's units, counted in decimals: 98.6 °F is 37 °C, not 37.00000000000006. Loads in workers only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pint

# Any: pint's types know a registry of Decimals only as one of floats.
REGISTRY: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=cast("Any", Decimal))
