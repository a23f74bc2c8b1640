"""A report as a file: one page, or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nis_backend.impact.forms.markdown import markdown
from nis_backend.impact.forms.page import page
from nis_backend.impact.forms.views import headline, of_report

if TYPE_CHECKING:
    from nis_backend.impact.report import Report


def written(report: Report, form: Literal["markdown", "html"]) -> str:
    """The file's text. Markdown has no charts: its tables have their figures."""
    if form == "markdown":
        return markdown(of_report(report, charts=False))
    return page(f"{headline(report.change, report.version)} · {report.project}", of_report(report))
