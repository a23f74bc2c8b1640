"""Our catalog and the strict validation against it. Importing this loads `a2ui-core`; nothing else does."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

from a2ui.core.basic_catalog.v0_9 import BasicCatalog
from a2ui.core.basic_catalog.v0_9.components import CatalogComponentCommon
from a2ui.core.catalog import Catalog, ModelComponentApi
from a2ui.core.exceptions import A2uiError
from a2ui.core.processing import MessageProcessor
from a2ui.core.processing.message_processor import MessageProcessorOptions
from a2ui.core.schema.v0_9.common_types import StrictBaseModel
from a2ui.core.validation import STRICT_VALIDATION
from pydantic import Field, ValidationError

from nis_backend.surfaces.a2ui import CATALOG

if TYPE_CHECKING:
    from a2ui.core.catalog import CatalogApi

    from nis_backend.operation import Json


class Quantity(StrictBaseModel):
    """A named quantity and its values."""

    label: str = Field(description="What it is called.")
    unit: str = Field(default="", description="Its unit; empty for a plain number.")
    values: list[float | None] = Field(description="Its values, in order; null where one is missing.")
    names: list[str] = Field(default=[], description="Words in the place of the values: categories.")
    edges: list[float] = Field(default=[], description="Where bars over it begin and end, one more than values.")
    scale: Literal["linear", "log", "time"] = Field(default="linear", description="Time is seconds since 1970, UTC.")
    mark: Literal["line", "points", "bars"] = Field(default="line", description="As what its values are drawn.")
    group: str = Field(default="", description="The label of the line whose colour it shares.")
    errors: list[float | None] = Field(default=[], description="How far each value may be off, up and down.")


class Table(CatalogComponentCommon):
    """Rows under named columns."""

    component: Literal["Table"] = "Table"
    title: str = Field(description="What the table shows.")
    columns: list[str] = Field(description="The columns' names.")
    rows: list[list[str | float]] = Field(description="The cells of each row, in the order of the columns.")


class Chart(CatalogComponentCommon):
    """Lines, points or bars over one axis. Lines whose units differ belong on scales of their own."""

    component: Literal["Chart"] = "Chart"
    title: str = Field(description="What the chart shows.")
    x: Quantity = Field(description="The horizontal axis.")
    lines: list[Quantity] = Field(description="The lines; each has as many values as `x`.")
    y: str = Field(default="", description="What is measured upwards, where lines are groups with names of their own.")


@cache
def _catalogs() -> tuple[CatalogApi, ...]:
    basic = BasicCatalog()
    ours = Catalog(
        catalog_id=CATALOG,
        protocol_version=basic.protocol_version,
        components=[*basic.components.values(), ModelComponentApi(Table), ModelComponentApi(Chart)],
        functions=list(basic.functions.values()),
        theme_model=basic.theme_model,
        schema_id=CATALOG,
        title="nis catalog",
        description="The A2UI basic catalog with Table and Chart.",
        declared_protocol_version=None,
        common_types_uri=basic.common_types_uri,
        theme_location=basic.theme_location,
        union_defs=basic.union_defs,
    )
    return basic, ours


def complaint(messages: list[Json]) -> str | None:
    """What is wrong with a surface's messages, envelope, components and their tree; None when nothing is."""
    # The processor keeps the surfaces it has seen, so each check has one of its own.
    processor = MessageProcessor(_catalogs(), options=MessageProcessorOptions(validation_config=STRICT_VALIDATION))
    try:
        # cast: the declared type is the parsed models', the processor takes plain JSON as well.
        processor.process_messages(cast("Any", messages))
    except (A2uiError, ValidationError) as error:
        return str(error)
    return None


def document() -> str:
    """Our catalog as the JSON document we serve."""
    return json.dumps(_catalogs()[1].to_json(), indent=1, ensure_ascii=False) + "\n"
