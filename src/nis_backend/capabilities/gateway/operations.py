"""Providers, routes, and their changes: the operations of this capability."""

from __future__ import annotations

from nis_backend.capabilities.gateway import changes, providers, routes

OPERATIONS = (*providers.OPERATIONS, *routes.OPERATIONS, *changes.OPERATIONS)
