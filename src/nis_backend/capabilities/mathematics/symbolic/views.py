"""What answers on formulas look like: the answer in words, LaTeX as text, a curve, and the receipt as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.view import Text, verbatim

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.requests import EvaluateRequest, SimplifyRequest
    from nis_backend.capabilities.mathematics.symbolic.results import Evaluation, Simplified
    from nis_backend.view import View

LONGEST = 300
"""Characters of an answer that are shown in words."""


def draw_evaluation(request: EvaluateRequest, found: Evaluation) -> list[View]:
    """The value, exact and as a decimal."""
    given = ", ".join(f"{name} = {value}" for name, value in request.values.items())
    where = f" where {verbatim(given)}" if given else ""
    exact = ""
    if found.exact and found.exact not in (found.decimal, request.expression.strip()):
        exact = f"exactly {_shown(found.exact)}, "
    words = f"{_shown(request.expression)}{where} = **{_cut(found.decimal)}** ({exact}{error_words(found.receipt)})."
    return [Text(text=words), _latex(found.latex), receipt_table(found.receipt)]


def draw_simplified(request: SimplifyRequest, found: Simplified) -> list[View]:
    """The form that was found, and where it has more values than the formula had."""
    same = "" if found.changed else " It is in that form already."
    lost = f" The formula as given has no value at {', '.join(found.excluded)}." if found.excluded else ""
    form = found.form.replace("_", " ")
    words = f"{_shown(request.expression)} = **{_shown(found.expression)}** ({form}; {_verdict(found)}).{same}{lost}"
    return [Text(text=words), _latex(found.latex), receipt_table(found.receipt)]


def _verdict(found: Simplified) -> str:
    return error_words(found.receipt)


def _shown(text: str) -> str:
    return verbatim(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _latex(text: str) -> Text:
    return Text(text=f"LaTeX: {_shown(text)}")
