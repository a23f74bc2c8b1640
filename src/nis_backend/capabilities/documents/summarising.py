"""A document in few sentences, each with the words of the document that it stands on.

With a model, part by part: what it says of each part has quotes that are checked; those sentences are then told in
fewer, each naming the ones it is made of, so that the places go along. Without one, the document's own sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.alongside import each
from nis_backend.annotations import Names
from nis_backend.capabilities.documents.asking import Left, Statement, renumbered
from nis_backend.capabilities.documents.central import CENTRAL, central
from nis_backend.capabilities.documents.citing import (
    DATA,
    LONGEST_QUOTE,
    Citation,
    Cited,
    Passage,
    quotes_table,
    said_at,
    shown,
    unborne,
    unlinked,
)
from nis_backend.capabilities.documents.composing import Composes, Composing, closed
from nis_backend.capabilities.documents.given import WhichDocument, document_for
from nis_backend.capabilities.documents.samples import LEASE, SUMMARISE
from nis_backend.capabilities.documents.telling import tell
from nis_backend.errors import InvalidRequest, UpstreamFailed
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.given import Reading
    from nis_backend.context import Context
    from nis_backend.operation import Json

MOST_SENTENCES = 40
PART = 12_000
"""Characters that a model reads at once, some 3,000 tokens, where it does not say that it has room for fewer."""
BESIDE = 1500
"""Tokens of the instruction and the answer."""
MOST_PARTS = 200
OF_A_PART = 6
"""Sentences that a part is told in."""
AT_ONCE = 4
"""Parts that are read side by side."""
EXTRACTED = "No language model wrote this: these are the document's own sentences, in their order."


class SummariseDocument(WhichDocument, Composes):
    """A document, and how it is to be told."""

    sentences: Annotated[int, Names("points", "lines", "statements")] = Field(
        default=6, ge=1, le=MOST_SENTENCES, description="Most sentences of the summary."
    )
    focus: str | None = Field(default=None, min_length=1, max_length=1000, description="What the reader wants to know.")


class DocumentSummary(Model):
    """What a document says, in few sentences."""

    document: str = Field(description="Its name.")
    summary: str = Field(description="The sentences, each with its quotes' numbers.")
    sentences: list[Statement]
    quotes: list[Citation] = Field(description="The words that bear the sentences out, as they stand in the document.")
    left_out: list[Left] = Field(description="What the model stated and no words of the document bear out.")
    pages: int = Field(description="Pages that were read.")
    parts: int = Field(description="In how many parts a model read it; 0 without one.")
    method: str = Field(description="How the summary was made.")
    model: str | None = Field(description="The language model that wrote it; null where none did.")
    embedding_model: str | None = Field(description="Of the vectors that were compared; null by words alone.")
    input_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    output_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    cost: float | None = Field(default=None, description="Dollars; null where no price is known.")
    notes: list[str] = Field(description="What was left out when the document was read.")


def _draw(_request: SummariseDocument, result: DocumentSummary) -> list[View]:
    if result.model is None:
        said = "\n\n".join(map(said_at, result.quotes))
        return [Text(text=f"{said}\n\n*{EXTRACTED}*")]
    lines = "\n".join(
        f"- {plain(one.text)} ({', '.join(dict.fromkeys(_at(result.quotes[number - 1]) for number in one.quotes))})"
        for one in result.sentences
    )
    return [Text(text=lines), *quotes_table(result.quotes)]


def _at(quote: Citation) -> str:
    return plain(quote.where) if quote.page is None else f"page {quote.page}"


@operation(
    "documents.summarise_document",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=1800,
    examples=(
        Example(
            title="A lease in three sentences",
            request={"file": LEASE, "sentences": 3},
            question="Summarise this document in three sentences.",
            also=SUMMARISE,
        ),
    ),
)
async def summarise_document(request: SummariseDocument, ctx: Context) -> DocumentSummary:
    """Tell a document in few sentences, each with its page and with quotes that are checked word for word.

    A language model reads it part by part, however long it is; a sentence that no words of the document bear out is
    left out. Without one to rely on, the summary is the document's own sentences that have the most of it, and says so.
    Begun as a run, no part is read twice after a crash.

    Raises:
        InvalidRequest: the document has no text.
        TooLarge: the model would read it in more than 200 parts.
        UpstreamFailed: the model's answer was wrong in its form, twice.
    """
    document = await document_for(ctx, request)
    if not any(text.strip() for _, text in document.pages):
        raise InvalidRequest(
            f"{document.name} has no text.", field="document", value=document.name, remedy="Give one that has words."
        )
    composing = await Composing.of(ctx, request)
    if composing is None:
        return await _extracted(ctx, request, document)
    return await _Writing(request, ctx, document, composing).whole()


async def _extracted(ctx: Context, request: SummariseDocument, document: Reading) -> DocumentSummary:
    """The sentences that have the most of the document."""
    found = await central(ctx, document.sentences(), request.sentences, request.focus)
    quotes = [one.cite(0, len(one.text)) for one in found.passages]
    sentences = [Statement(text=" ".join(one.text.split()), quotes=[number]) for number, one in enumerate(quotes, 1)]
    return DocumentSummary(
        **_beginning(document),
        summary=_joined(sentences),
        sentences=sentences,
        quotes=quotes,
        left_out=[],
        parts=0,
        method=found.method,
        model=None,
        embedding_model=found.model,
    )


def _beginning(document: Reading) -> Json:
    return {"document": document.name, "pages": len(document.pages), "notes": list(document.notes)}


def _joined(sentences: Sequence[Statement]) -> str:
    return " ".join(f"{one.text} {''.join(f'[{number}]' for number in one.quotes)}" for one in sentences)


class _Writing:
    """One document that a model reads."""

    def __init__(self, request: SummariseDocument, ctx: Context, document: Reading, composing: Composing) -> None:
        self._request = request
        self._ctx = ctx
        self._document = document
        self._composing = composing
        self._cited = Cited(passages=document.passages())
        self._left: list[Left] = []
        self._read = 0

    async def whole(self) -> DocumentSummary:
        """All of it, in as many rounds as it takes."""
        parts = self._composing.parts(self._cited.passages, self._room(), MOST_PARTS, what="it", field="document")

        async def one(numbered: tuple[int, Sequence[int]]) -> list[Statement]:
            told = await self._part(*numbered)
            self._read += 1
            await tell(self._ctx, 0.9 * self._read / len(parts), f"{self._read} of {len(parts)} parts are read.")
            return told

        read = await each(one, enumerate(parts, 1), AT_ONCE)
        said = [sentence for part in read for sentence in part]
        rounds = 0
        while len(said) > self._request.sentences:
            rounds += 1
            fewer = await self._fewer(rounds, said)
            if len(fewer) >= len(said):
                said = said[: self._request.sentences]
                break
            said = fewer
        if not said:
            raise UpstreamFailed(
                f"{self._composing.model} has said nothing of {self._document.name} that its words bear out.",
                remedy="Ask another model, or take the document's own sentences: by sentences.",
            )
        sentences, quotes = renumbered(said, self._cited.found)
        model = self._composing.model
        return DocumentSummary(
            **_beginning(self._document),
            summary=_joined(sentences),
            sentences=sentences,
            quotes=[self._cited.whole(one) for one in quotes],
            left_out=self._left,
            parts=len(parts),
            method=f"Written by {model} from {len(parts)} parts in {rounds} rounds of fewer sentences; quotes checked.",
            embedding_model=None,
            **self._composing.said(),
        )

    def _room(self) -> int:
        return self._composing.room(PART, BESIDE)

    async def _part(self, number: int, part: Sequence[int]) -> list[Statement]:
        passages = [self._cited.passages[place] for place in part]
        quote = closed(
            {
                "passage": {"type": "integer", "enum": list(range(len(passages)))},
                "words": {"type": "string", "maxLength": LONGEST_QUOTE},
            }
        )
        sentence = closed(
            {
                "quotes": {"type": "array", "items": quote, "minItems": 1, "maxItems": 3},
                "sentence": {"type": "string", "maxLength": 1000},
            }
        )
        most = min(OF_A_PART, max(2, self._request.sentences))
        schema = closed({"sentences": {"type": "array", "items": sentence, "maxItems": most}})
        told = (
            f"You summarise a part of a document in at most {most} sentences, in its own language.{self._focus()} "
            f"{DATA} For each sentence, first quote the words that it stands on, copied exactly, each with the number "
            "of its passage; then write the sentence. Keep names, and numbers with their units. Answer as JSON."
        )
        answer = await self._composing.ask(told, shown(passages), schema, f"part {number}")
        said: list[Statement] = []
        for one in answer["sentences"]:
            given: list[Json] = one["quotes"]
            numbers = [self._cited.number(quote["words"], part[int(quote["passage"])]) for quote in given]
            self._keep(said, unlinked(one["sentence"]), [one for one in numbers if one is not None])
        return said

    async def _fewer(self, round_: int, said: Sequence[Statement]) -> list[Statement]:
        """The sentences in fewer, each made of some of them."""
        room = self._room()
        groups: list[list[Statement]] = [[]]
        for one in said:
            if groups[-1] and sum(len(other.text) + 20 for other in groups[-1]) + len(one.text) > room:
                groups.append([])
            groups[-1].append(one)
        most = self._request.sentences if len(groups) == 1 else max(2, len(said) // (2 * len(groups)))
        found: list[Statement] = []
        for number, group in enumerate(groups, 1):
            found += await self._merged(f"round {round_} group {number}", group, most)
        return found

    async def _merged(self, name: str, group: Sequence[Statement], most: int) -> list[Statement]:
        made_of = {"type": "integer", "enum": list(range(len(group)))}
        sentence = closed(
            {
                "of": {"type": "array", "items": made_of, "minItems": 1, "maxItems": 4},
                "sentence": {"type": "string", "maxLength": 1000},
            }
        )
        schema = closed({"sentences": {"type": "array", "items": sentence, "maxItems": most}})
        told = (
            "You are given numbered sentences that summarise parts of a document, in its order. Tell the most "
            f"important of it in at most {most} sentences.{self._focus()} {DATA} For each, first name the numbers of "
            "the sentences that it is made of (of). Keep names, and numbers with their units. Answer as JSON."
        )
        lines = "\n".join(f"{number}: {one.text}" for number, one in enumerate(group))
        answer = await self._composing.ask(told, lines, schema, name)
        said: list[Statement] = []
        for one in answer["sentences"]:
            made: list[int] = one["of"]
            self._keep(said, unlinked(one["sentence"]), [quote for number in made for quote in group[number].quotes])
        return said

    def _keep(self, said: list[Statement], text: str, quotes: list[int]) -> None:
        """A sentence that its quotes bear out; of another, why it is left out."""
        strange = unborne(text, [self._cited.found[number - 1].text for number in quotes], self._request.focus or "")
        if text and quotes and not strange:
            said.append(Statement(text=text, quotes=list(dict.fromkeys(quotes))))
        elif text:
            why = (
                f"Its quotes do not have {', '.join(strange)}." if quotes else "No words that stand there were quoted."
            )
            self._left.append(Left(text=text, reason=why))

    def _focus(self) -> str:
        return f" The reader wants to know: {self._request.focus}" if self._request.focus else ""


__all__ = ["CENTRAL", "OPERATIONS", "Passage", "summarise_document"]
OPERATIONS = (summarise_document,)
