"""The providers that are set up, by the settings and at run time: they load with the first look at them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nis_backend.drivers.gateway.registry import Registry, of_driver, of_row
from nis_backend.drivers.llm.configured import provider_of, providers_of

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.gateway.registry import Provider
    from nis_backend.drivers.http.base import Client
    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.settings import Settings


def registry_of(settings: Settings, store: Store, http: Client, compute: Compute) -> Registry:
    """What is configured: the providers of the settings, and what is set up at run time."""
    settled = [of_driver(one, settings) for one in providers_of(settings, http, compute, store)]
    return Registry(store, settled, partial(_set_up, settings=settings, http=http), settings.model)


def _set_up(row: Row, settings: Settings, http: Client) -> Provider:
    return of_row(row, provider_of(row, settings, http), settings)
