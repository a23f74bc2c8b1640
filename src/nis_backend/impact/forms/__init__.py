"""A report as a person reads it: on a terminal, as Markdown for a pull request, as a page with charts."""
