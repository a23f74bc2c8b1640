"""Numbers as a person writes them."""

from __future__ import annotations

import math

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


def format_known(value: float, error: float) -> str:
    """`value` with no digit that an error of this size makes doubtful, and at most four."""
    if value == 0 or error <= 0:
        return format_number(value)
    sure = math.floor(math.log10(abs(value))) - math.floor(math.log10(error))
    return format_number(value, max(1, min(4, sure)))
