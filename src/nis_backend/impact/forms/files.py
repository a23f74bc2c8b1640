"""What was found, as views and as a file: one page, or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.impact.forms.views import headline, of_audit, of_ranking, of_report
from nis_backend.impact.report import Audit, Ranking, Report

if TYPE_CHECKING:
    from nis_backend.view import View


def views_of(found: Report | Ranking | Audit, *, charts: bool) -> list[View]:
    """As views; a ranking and an audit have no charts."""
    match found:
        case Report():
            return of_report(found, charts=charts)
        case Ranking():
            return of_ranking(found)
        case Audit():
            return of_audit(found)


def written(found: Report | Ranking | Audit, form: str) -> str:
    """As a document, `markdown` or `html`. Markdown has no charts: its tables have their figures."""
    if form == "markdown":
        from nis_backend.impact.forms.markdown import markdown  # noqa: PLC0415 - one of two

        return markdown(views_of(found, charts=False))
    from nis_backend.impact.forms.page import page  # noqa: PLC0415 - as above

    return page(_title(found), views_of(found, charts=True))


def _title(found: Report | Ranking | Audit) -> str:
    match found:
        case Report():
            return f"{headline(found.change, found.version)} · {found.project}"
        case Ranking():
            return f"The dependencies of {found.project}"
        case Audit():
            return "A note, checked"
