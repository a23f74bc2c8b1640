"""Reads a migration or impact note and checks what it claims.

`rules.toml` says what is checked, in which words and after which source; `nis_backend.prices` has AWS's
sizes and prices.
`reading` takes the Markdown apart; `figures` finds quantities in a sentence; `equations`, `changes`, `tables`, `aws`,
`claims` and `commands` each check one kind of statement; `auditing` puts them together.
"""

from nis_backend.impact.audit.auditing import audit

__all__ = ["audit"]
