"""A question to documents: answered from what was found in them, each statement with the words that bear it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend.annotations import Knob, Reads
from nis_backend.capabilities.documents.choosing import answering, best_passages, closest_sentences
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
from nis_backend.capabilities.documents.given import Asked, passages_for
from nis_backend.capabilities.documents.samples import ASK, LEASE
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.choosing import Scored
    from nis_backend.context import Context

MOST_PASSAGES, MOST_STATEMENTS, MOST_QUOTES = 12, 8, 3
NOT_THERE = "The documents do not say."
EXTRACTED = "No language model composed this: these are the documents' own sentences that are closest to the question."


class AskDocuments(Asked, Composes):
    """A question, and the documents that are to answer it."""

    question: Annotated[str, Reads("question")] = Field(min_length=1, max_length=2000, description="What is asked.")
    passages: Annotated[int, Knob()] = Field(
        default=8, ge=1, le=MOST_PASSAGES, description="Most passages that the answer is looked for in."
    )


class Statement(Model):
    """Something that the documents say."""

    text: str
    quotes: list[int] = Field(description="Numbers of the quotes that bear it out, from 1.")


class Left(Model):
    """A statement of the model's that is not told, because nothing bears it out."""

    text: str
    reason: str


class DocumentsAnswer(Model):
    """What the documents say, and where they say it."""

    found: bool = Field(description="Whether they answer it: false where no words of theirs bear an answer out.")
    answer: str = Field(description="The statements, each with its quotes' numbers; empty when there is none.")
    statements: list[Statement]
    quotes: list[Citation] = Field(description="The words that bear the answer out, as they stand in the documents.")
    nearest: list[Citation] = Field(description="Where nothing answers it: the sentences that came closest. No answer.")
    left_out: list[Left] = Field(description="What the model stated and no words of the documents bear out.")
    dropped: list[str] = Field(description="What the model quoted and no passage has.")
    documents: list[str] = Field(description="The names of the documents whose passages were looked at.")
    looked_at: int = Field(description="How many passages.")
    method: str = Field(description="How the answer was made: composed by a model, or sentences chosen by a formula.")
    model: str | None = Field(description="The language model that composed it; null where none did.")
    embedding_model: str | None = Field(description="Of the vectors that were compared here; null by words alone.")
    input_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    output_tokens: int | None = Field(default=None, description="By the model's count; null when it states none.")
    cost: float | None = Field(default=None, description="Dollars; null where no price is known.")
    notes: list[str] = Field(description="What limits this answer.")


def _draw(_request: AskDocuments, result: DocumentsAnswer) -> list[View]:
    if not result.found:
        near = "\n\nThe closest sentences, which are no answer:\n\n" if result.nearest else ""
        return [Text(text=NOT_THERE + near + "\n\n".join(map(said_at, result.nearest)))]
    if result.model is None:
        said = "\n\n".join(map(said_at, result.quotes))
        return [Text(text=f"{said}\n\n*{EXTRACTED}*")]
    said = " ".join(f"{plain(one.text)} {_marks(one.quotes)}" for one in result.statements)
    places = "\n".join(f"- [{number}] {plain(one.where)}" for number, one in enumerate(result.quotes, 1))
    return [Text(text=f"{said}\n\n{places}"), *quotes_table(result.quotes)]


def _marks(quotes: list[int]) -> str:
    return "".join(f"[{number}]" for number in quotes)


@operation(
    "documents.ask_documents",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=600,
    examples=(
        Example(
            title="What a lease says of its end",
            request={"files": [LEASE], "question": "How can the lease be terminated?"},
            question="What does this contract say about termination?",
            also=ASK,
        ),
        Example(
            title="What it does not say",
            request={"files": [LEASE], "question": "Who insures the cargo?", "by": "sentences"},
            question="Does the attached document say who insures the cargo?",
        ),
    ),
)
async def ask_documents(request: AskDocuments, ctx: Context) -> DocumentsAnswer:
    """Answer a question from documents and nothing else: files, or what is kept; with quotes checked word for word.

    Each quote stands in its document at the page and character that it names. A statement without such a quote, or
    with a number that its quotes do not have, is left out. That the documents do not say it is an answer. Without a
    language model that may be relied on, the answer is the closest sentences themselves, and says so.

    Raises:
        InvalidRequest: nothing was given to look in, or a file cannot be read.
        NotFound: there is no such collection, document or model.
        UpstreamFailed: the model's answer was wrong in its form, twice.
    """
    given = await passages_for(ctx, request, request.question, request.passages)
    passages = (
        given.passages if given.ranked else await best_passages(ctx, request.question, given.passages, request.passages)
    )
    composing = await Composing.of(ctx, request)
    rest: dict[str, Any] = {
        "documents": list(dict.fromkeys(one.document for one in passages)),
        "looked_at": len(passages),
        "notes": list(given.notes),
    }
    if composing is None or not passages:
        return await _extracted(ctx, request, passages, rest)
    return await _composed(composing, request, passages, rest)


async def _extracted(
    ctx: Context, request: AskDocuments, passages: Sequence[Passage], rest: dict[str, Any]
) -> DocumentsAnswer:
    """The closest sentences."""
    chosen = await closest_sentences(ctx, request.question, passages)
    told = answering(chosen, MOST_QUOTES)
    cited = Cited(passages=passages)
    statements = [_sentence(cited, one) for one in told]
    near = () if told else chosen.sentences[:MOST_QUOTES]
    return DocumentsAnswer(
        found=bool(told),
        answer=" ".join(f"{one.text} {_marks(one.quotes)}" for one in statements),
        statements=statements,
        quotes=cited.found,
        nearest=[passages[one.passage].cite(one.start, one.end) for one in near],
        left_out=[],
        dropped=[],
        method=f"Sentences of the documents, chosen by {chosen.formula}; those of at least {chosen.least}.",
        model=None,
        embedding_model=chosen.model,
        **rest,
    )


def _sentence(cited: Cited, one: Scored) -> Statement:
    """A sentence as a statement; of a row of a table, its head is quoted too: it says what the numbers are."""
    passage = cited.passages[one.passage]
    numbers = [cited.put(passage.cite(*place)) for place in ((one.start, one.end), one.head) if place is not None]
    return Statement(text=" ".join(cited.found[numbers[0] - 1].text.split()), quotes=numbers)


async def _composed(
    composing: Composing, request: AskDocuments, passages: Sequence[Passage], rest: dict[str, Any]
) -> DocumentsAnswer:
    """A model's statements, those that quotes bear out."""
    quote = closed(
        {
            "passage": {"type": "integer", "enum": list(range(len(passages)))},
            "words": {"type": "string", "maxLength": LONGEST_QUOTE},
        }
    )
    statement = closed(
        {
            "quotes": {"type": "array", "items": quote, "maxItems": MOST_QUOTES},
            "statement": {"type": "string", "maxLength": 2000},
        }
    )
    schema = closed(
        {"found": {"type": "boolean"}, "statements": {"type": "array", "items": statement, "maxItems": MOST_STATEMENTS}}
    )
    told = (
        f"You answer a question from passages of documents and from nothing else. {DATA} Say first whether they answer "
        "it (found). Then answer in statements of one sentence each, in the question's language; for each, first "
        "quote the words that bear it out, copied exactly, each with the number of its passage. What you cannot "
        "quote, you do not state. Where the passages do not say it, found is false and there are no statements. "
        "Answer as JSON."
    )
    answer = await composing.ask(told, f"{shown(passages)}\n\nQuestion: {request.question}", schema)
    cited = Cited(passages=passages)
    statements: list[Statement] = []
    left: list[Left] = []
    for one in answer["statements"] if answer["found"] else ():
        text = unlinked(one["statement"])
        numbers = [cited.number(quote["words"], quote["passage"]) for quote in one["quotes"]]
        quotes = list(dict.fromkeys(number for number in numbers if number is not None))
        reason = _reason(text, [cited.found[number - 1].text for number in quotes], request.question)
        if not text:
            continue
        if reason:
            left.append(Left(text=text, reason=reason))
        else:
            statements.append(Statement(text=text, quotes=quotes))
    statements, quotes = renumbered(statements, cited.found)
    return DocumentsAnswer(
        found=bool(statements),
        answer=" ".join(f"{one.text} {_marks(one.quotes)}" for one in statements),
        statements=statements,
        quotes=[cited.whole(one) for one in quotes],
        nearest=[],
        left_out=left,
        dropped=list(cited.dropped),
        method=f"Composed by {composing.model} from {len(passages)} passages; each quote was found in its passage.",
        embedding_model=None,
        **composing.said(),
        **rest,
    )


def _reason(text: str, quotes: list[str], question: str) -> str:
    """Why a statement is not told; empty where its quotes bear it out."""
    if not quotes:
        return "No words of the documents were quoted that stand there."
    if strange := unborne(text, quotes, question):
        return f"Its quotes do not have {', '.join(strange)}."
    return ""


def renumbered(statements: list[Statement], quotes: list[Citation]) -> tuple[list[Statement], list[Citation]]:
    """The statements with the quotes that they use, numbered anew in the order in which they are used."""
    used = list(dict.fromkeys(number for one in statements for number in one.quotes))
    places = {number: place for place, number in enumerate(used, 1)}
    told = [one.model_copy(update={"quotes": [places[number] for number in one.quotes]}) for one in statements]
    return told, [quotes[number - 1] for number in used]


OPERATIONS = (ask_documents,)
