"""Numbers as a person writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEAST, _MOST = -4, 7
"""Powers of ten between which a number is written out: beyond, zeros get hard to count."""


def format_number(value: float, digits: int = 4) -> str:
    """`value` to that many significant digits, as a person writes it: 58.31, 0.00012, 3×10⁻⁷, 12,350."""
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if not _LEAST <= exponent < max(digits, _MOST):
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        times = "" if mantissa.lstrip("-") == "1" else "×"
        mantissa = mantissa if times else mantissa[:-1]
        return f"{mantissa}{times}10{str(exponent).translate(SUPERSCRIPT)}".replace("-", "\u2212")
    text = f"{float(f'{mantissa}e{power}'):,.{max(0, digits - 1 - exponent)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "\u2212")


def format_complex(real: float, imaginary: float, digits: int = 5) -> str:
    """`real + imaginary·i` as a person writes it: 2 − 3i, and 2 where there is no imaginary part."""
    if not imaginary:
        return format_number(real, digits)
    sign = "\u2212" if imaginary < 0 else "+"
    return f"{format_number(real, digits)} {sign} {format_number(abs(imaginary), digits)}i"


def format_powers(powers: Iterable[tuple[str, Fraction | int]]) -> str:
    """What has these powers of dimensions, in words: length · mass / time²; a pure number of none."""
    known = list(powers)
    above = [f"{name}{format_power(power)}" for name, power in known if power > 0]
    below = [f"{name}{format_power(-power)}" for name, power in known if power < 0]
    return " / ".join([" · ".join(above) or "1", *below]) if known else "a pure number"


def format_power(power: Fraction | int) -> str:
    """A power as it stands behind a name: ², ⁻¹, ^(1/2); nothing for 1."""
    if power == 1:
        return ""
    return str(power).translate(SUPERSCRIPT) if power == int(power) else f"^({power})"


def format_known(value: float, error: float) -> str:
    """`value` with no digit that an error of this size makes doubtful, and at most four."""
    if value == 0 or error <= 0:
        return format_number(value)
    sure = math.floor(math.log10(abs(value))) - math.floor(math.log10(error))
    return format_number(value, max(1, min(4, sure)))
