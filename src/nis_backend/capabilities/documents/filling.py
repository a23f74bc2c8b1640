"""Fields of a caller's schema, filled from a document: each with the words that bear it out, or null."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.documents.citing import DATA, Citation, Cited, quotes_table, shown
from nis_backend.capabilities.documents.composing import Composes, Composing
from nis_backend.capabilities.documents.given import WhichDocument, document_for
from nis_backend.capabilities.documents.leaves import Filled, asked_for, check_schema, grown, listed, merged, value_of
from nis_backend.capabilities.documents.ruling import RULES, by_rules
from nis_backend.capabilities.documents.samples import FIELDS, LEASE, LEASE_FIELDS
from nis_backend.capabilities.documents.telling import tell
from nis_backend.capabilities.documents.values import says
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Json, Model, operation
from nis_backend.view import Table, Text, View, plain

if TYPE_CHECKING:
    from nis_backend.capabilities.documents.given import Reading
    from nis_backend.capabilities.documents.leaves import Tree
    from nis_backend.context import Context

PART = 24_000
"""Characters that a model reads at once, where it does not say that it has room for fewer."""
BESIDE = 2000
"""Tokens of the instruction, the schema and the answer."""
MOST_PARTS = 60


class ExtractFields(WhichDocument, Composes):
    """A document, and what is to be found in it."""

    fields: Json = Field(
        description="JSON schema of an object: properties of type string (also with format date, email or uri, or an "
        "enum), number, integer, boolean, object, or array of these. Titles and descriptions say what is meant."
    )


class FoundField(Model):
    """A value, and the words that say it."""

    path: str = Field(description="Where it is in the value, as items[0].price.")
    value: Any = Field(description="Null where no words of the document bear a value out.")  # Any: JSON
    quote: Citation | None = Field(description="The words, as they stand there.")
    reason: str = Field(default="", description="Why there is no value, where one was proposed.")
    others: list[Citation] = Field(
        default_factory=list[Citation], description="Other words for the same field, elsewhere in the document."
    )


class ExtractedFields(Model):
    """What the document says of each field."""

    document: str = Field(description="Its name.")
    value: Any = Field(description="As the schema lays it out; null for each value that was not found.")  # Any: JSON
    fields: list[FoundField] = Field(description="Each value with its words, in the order of the names.")
    missing: list[str] = Field(description="Paths of those that were not found.")
    method: str = Field(description="By a model or by rules, and how values are checked.")
    model: str | None = Field(description="The language model that found them; null where none did.")
    input_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    output_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    cost: float | None = Field(default=None, description="Dollars; null where no price is known.")
    notes: list[str] = Field(description="What was left out when the document was read.")


def _draw(_request: ExtractFields, result: ExtractedFields) -> list[View]:
    found = [one for one in result.fields if one.value is not None]
    rows: list[list[str | float]] = [
        [one.path, _cell(one.value), "" if one.quote is None else one.quote.where] for one in result.fields
    ]
    said = f"Found {len(found)} of {len(result.fields)} fields in {plain(result.document)}."
    rules = "" if result.model else "\n\n*Found by rules, without a language model.*"
    quotes = [one.quote for one in found if one.quote is not None]
    return [
        Text(text=said + rules),
        Table(title="Fields", columns=["field", "value", "where"], rows=rows),
        *quotes_table(quotes),
    ]


def _cell(value: object) -> str | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return "not found" if value is None else str(value)


@operation(
    "documents.extract_fields",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=1800,
    examples=(
        Example(
            title="Begin, rent and deposit of a lease",
            request={"file": LEASE, "fields": LEASE_FIELDS},
            question="Extract these fields from the document.",
            also=FIELDS,
        ),
    ),
)
async def extract_fields(request: ExtractFields, ctx: Context) -> ExtractedFields:
    """Fill a JSON schema from a document, each value with the words and the page that say it; null where none do.

    A language model proposes; a value stays only if the words that it quotes stand in the document, and if they say the
    value: its digits, its letters. Without a model to rely on, rules find dates, amounts, e-mail and web addresses and
    what stands behind its label. Nothing is invented.

    Raises:
        InvalidRequest: the schema is none of an object, or has what is not filled here.
        TooLarge: the model would read the document in more than 60 parts.
        UpstreamFailed: the model's answer was wrong in its form, twice.
    """
    check_schema(request.fields)
    document = await document_for(ctx, request)
    if not any(text.strip() for _, text in document.pages):
        raise InvalidRequest(
            f"{document.name} has no text.", field="file", value=document.name, remedy="Give one that has words."
        )
    composing = await Composing.of(ctx, request)
    if composing is None:
        tree = await asyncio.to_thread(by_rules, request.fields, document)
        return _told(document, tree, {"method": RULES, "model": None})
    tree = await _read(ctx, composing, request, document)
    how = f"Proposed by {composing.model}; kept where the quoted words stand in the document and say the value."
    return _told(document, tree, {"method": how, **composing.said()})


def _told(document: Reading, tree: Tree, rest: Json) -> ExtractedFields:
    fields = [
        FoundField(path=path, value=one.value, quote=one.quote, reason=one.reason, others=list(one.others))
        for path, one in listed(tree)
    ]
    return ExtractedFields(
        document=document.name,
        value=value_of(tree),
        fields=fields,
        missing=[one.path for one in fields if one.value is None],
        notes=list(document.notes),
        **rest,
    )


async def _read(ctx: Context, composing: Composing, request: ExtractFields, document: Reading) -> Tree:
    """What a model proposes, part by part: of each value the first that is borne out, lists one after the other."""
    cited = Cited(passages=document.passages())
    room = composing.room(PART, BESIDE)
    parts = composing.parts(cited.passages, room, MOST_PARTS, what=document.name, field="file")
    told = (
        f"You find fields in passages of a document. {DATA} For each field give the words of the passages that say it, "
        "copied exactly, and the value; both are null where the passages do not say it. Lists hold what the passages "
        "say and are empty otherwise. Dates are YYYY-MM-DD. Never guess, never calculate. Answer as JSON."
    )
    tree: Tree = None
    for number, part in enumerate(parts, 1):
        passages = [cited.passages[place] for place in part]
        answer = await composing.ask(told, shown(passages), asked_for(request.fields), f"part {number}")
        grew = grown(request.fields, answer, partial(_checked, cited, part[0]))
        tree = grew if tree is None else merged(tree, grew)
        await tell(ctx, number / len(parts), f"{number} of {len(parts)} parts are read.")
    return tree


def _checked(cited: Cited, first: int, name: str, schema: Json, answer: Any) -> Filled:  # Any: JSON
    """A leaf: its value if the words that were quoted stand in the document and say it."""
    words, value = (answer["words"], answer["value"]) if answer else (None, None)
    if value is None or value == "":
        return Filled(schema=schema, name=name)
    number = cited.number(words or "", first)
    if number is None:
        return Filled(
            schema=schema, name=name, reason=f"No words that stand in the document were quoted for {value!r}."
        )
    quote = cited.found[number - 1]
    if why := says(schema, value, quote.text):
        return Filled(schema=schema, name=name, reason=why)
    return Filled(schema=schema, name=name, value=value, quote=cited.whole(quote))


OPERATIONS = (extract_fields,)
