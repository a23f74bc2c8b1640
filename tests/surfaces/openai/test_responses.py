"""Responses: what the official client gets, from a run's log, as often as it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Serve, Server, running_server
from fake_openai import Canned, FakeOpenAI, delta, event, says
from test_openai_dialect import client_of

Json = dict[str, Any]
STORY = "Tell me a long story"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}
SCRIPT = {
    "tools": True,
    "replies": [
        {"when": "endless", "text": "And then " * 200, "pause": 10},
        {"when": "long story", "text": "Once upon a time there was a ship.", "input_tokens": 4, "output_tokens": 8},
        {"when": "weather", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]},
        {"after_tool": True, "text": "It is {tool}."},
        {"text": "I answer from a script.", "input_tokens": 3, "output_tokens": 5},
    ],
}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model says."""
    file = tmp_path_factory.mktemp("script") / "script.json"
    file.write_text(json.dumps(SCRIPT))
    return file


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory, script: Path) -> Iterator[Server]:
    """A server whose model says what the script holds."""
    with running_server(tmp_path_factory.mktemp("responses"), environment={"NIS_SCRIPTED": str(script)}) as one:
        yield one


@pytest.fixture
def client(speaking: Server) -> Iterator[openai.OpenAI]:
    """Its client."""
    with client_of(speaking.url) as one:
        yield one


def respond(client: openai.OpenAI, said: Any = "Hello", **given: Any) -> Any:
    """A response, or its stream; Any: the client has a type of its own for each overload."""
    create: Any = client.responses.create
    return create(**{"model": "scripted", "input": said, **given})


def test_a_response_has_words_counts_and_what_was_asked(client: openai.OpenAI) -> None:
    """The object as the client types it, and the same when it is retrieved."""
    made = respond(client, instructions="Be kind.", metadata={"a": "b"}, temperature=0.5, max_output_tokens=64)
    assert (made.status, made.output_text, made.model) == (
        "completed",
        "[scripted] I answer from a script.",
        "scripted:scripted",
    )
    assert (made.usage.input_tokens, made.usage.output_tokens, made.usage.total_tokens) == (3, 5, 8)
    assert (made.instructions, made.metadata, made.temperature, made.max_output_tokens) == (
        "Be kind.",
        {"a": "b"},
        0.5,
        64,
    )
    assert client.responses.retrieve(made.id) == made


def test_a_stream_is_a_view_that_is_the_same_when_it_is_read_again(client: openai.OpenAI) -> None:
    """The helper's own checks hold, numbers rise by one, and a replay is equal from every number on."""
    with client.responses.stream(model="scripted", input=STORY) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == "[scripted] Once upon a time there was a ship."
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    replayed = list(client.responses.retrieve(final.id, stream=True))
    assert [event.sequence_number for event in replayed] == list(range(len(events)))
    for after in (0, 5, len(events) - 1):
        rest = list(client.responses.retrieve(final.id, stream=True, starting_after=after))
        assert rest == replayed[after + 1 :]
    with pytest.raises(openai.BadRequestError, match="no event after"):
        list(client.responses.retrieve(final.id, stream=True, starting_after=len(events)))
    assert client.responses.retrieve(final.id).output_text == final.output_text


def test_a_response_follows_another_with_what_a_tool_answered(client: openai.OpenAI) -> None:
    """Calls are items; their outputs are told to the model after the turns before."""
    asked = respond(client, "What is the weather?", tools=[WEATHER])
    (call,) = asked.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "get_weather", {"city": "Paris"})
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    told = respond(client, [output], previous_response_id=asked.id, tools=[WEATHER])
    assert (told.output_text, told.previous_response_id) == ("[scripted] It is sunny.", asked.id)
    # The same, by a client that keeps its own turns.
    again = respond(client, [{"role": "user", "content": "weather"}, call.to_dict(), output], store=False)
    assert again.output_text == told.output_text


def test_input_items_are_listed_in_pages(client: openai.OpenAI) -> None:
    """Each has an id; the last is first unless it is asked otherwise."""
    said = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": [{"type": "input_text", "text": "Three"}]},
    ]
    made = respond(client, said)
    listed = list(client.responses.input_items.list(made.id, limit=2))
    assert [one.to_dict()["content"][0]["text"] for one in listed] == ["Three", "Two", "One"]  # type: ignore[index]
    assert len({one.id for one in listed}) == 3
    (first,) = client.responses.input_items.list(made.id, limit=1, order="asc").data
    assert (first.type, first.to_dict()["role"]) == ("message", "user")


def test_items_that_are_kept_are_referred_to(client: openai.OpenAI) -> None:
    """Of the input and of the output; one that is not there is refused, never left out."""
    asked = respond(client, "What is the weather?", tools=[WEATHER])
    (call,) = asked.output
    (given,) = client.responses.input_items.list(asked.id).data
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    references = [{"type": "item_reference", "id": given.id}, {"id": call.id}]
    told = respond(client, [*references, output], tools=[WEATHER])
    assert told.output_text == "[scripted] It is sunny."
    items = client.responses.input_items.list(told.id, order="asc").data
    assert [one.type for one in items] == ["message", "function_call", "function_call_output"]
    for wrong in ("msg_none", call.id.replace("_0", "_7")):
        with pytest.raises(openai.BadRequestError, match="no item") as error:
            respond(client, [{"type": "item_reference", "id": wrong}])
        assert error.value.param == "input[0].id"


def test_a_response_in_the_background_is_cancelled_and_deleted(client: openai.OpenAI) -> None:
    """It goes on by itself; a second cancel answers the same; what is deleted is gone, for those that follow too."""
    made = respond(client, "An endless story", background=True)
    assert made.status in {"queued", "in_progress"}
    assert made.background
    with pytest.raises(openai.ConflictError):
        client.responses.delete(made.id)
    assert client.responses.cancel(made.id).status == "cancelled"
    assert client.responses.cancel(made.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="no answer to follow"):
        respond(client, previous_response_id=made.id)
    client.responses.delete(made.id)
    for forgotten in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
        with pytest.raises(openai.NotFoundError, match=made.id):
            forgotten(made.id)
    with pytest.raises(openai.NotFoundError, match=made.id) as error:
        respond(client, previous_response_id=made.id)
    assert error.value.param == "previous_response_id"


def test_what_is_not_to_be_kept_leaves_nothing(client: openai.OpenAI, speaking: Server) -> None:
    """A call and no run: not in the list of runs, not to be retrieved; it may follow what is kept."""
    told = "a word that nobody keeps"
    before = respond(client)
    made = respond(client, told, store=False, previous_response_id=before.id)
    assert (made.status, made.store, made.usage.total_tokens) == ("completed", False, 8)
    with client.responses.stream(model="scripted", input=told, store=False) as stream:
        assert stream.get_final_response().output_text == made.output_text
    for one in (made.id, stream.get_final_response().id):
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(one)
    for file in speaking.data.rglob("nis.db*"):
        assert told.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"truncation": "auto"}, "truncation"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
        ({"temperature": 3}, "temperature"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}},
            "tool_choice",
        ),
        ({"input": [{"type": "computer_call"}]}, "input[0]"),
        ({"input": []}, "input"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "function_call_output", "call_id": "1"}]}, "input[0].output"),
        ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema"),
        ({"background": True, "store": False}, "store"),
        ({"include": ["message.output_text.logprobs"]}, "top_logprobs"),
        ({"include": ["everything"]}, "include[0]"),
        ({"extra_body": {"service_tier": "free"}}, "service_tier"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"metadata": {"a": "b" * 513}}, "metadata.a"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"stream_options": {"include_obfuscation": True}}, "stream_options"),
        ({"extra_body": {"moderation": {"model": "m"}}}, "moderation"),
        ({"prompt": {"id": "a", "version": "first"}}, "prompt.version"),
    ],
    ids=str,
)
def test_what_cannot_be_followed_is_refused_by_name(client: openai.OpenAI, given: Json, param: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    with pytest.raises(openai.BadRequestError) as error:
        respond(client, **({"said": given["input"]} if "input" in given else given))
    assert error.value.param == param


def test_an_answer_names_the_tier_that_it_was_served_by(client: openai.OpenAI) -> None:
    """OpenAI's reference: the tier of an answer may differ from the one that was asked for."""
    asked: Any = client.chat.completions.create
    given = {"model": "scripted", "messages": [{"role": "user", "content": "Hello"}], "service_tier": "flex"}
    assert respond(client, service_tier="flex").service_tier == "default"
    assert asked(**given).service_tier == "default"
    assert {chunk.service_tier for chunk in asked(**given, stream=True)} == {"default"}


def test_a_prompt_is_put_into_a_request(client: openai.OpenAI) -> None:
    """Its words are the instructions, or what is asked; another version, and a value that is missing, by name."""
    template = {"name": "tale", "template": "Tell a {{kind}} story.", "model": "scripted:scripted"}
    client.post("/../prompts", body=template, cast_to=object)
    named = {"id": "tale", "version": "1", "variables": {"kind": "long"}}
    made: Any = client.responses.create(prompt=named)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a dict
    assert (made.output_text, made.model) == ("[scripted] Once upon a time there was a ship.", "scripted:scripted")
    assert (made.prompt.id, made.prompt.version) == ("tale", "1")
    told = respond(
        client, prompt={**named, "variables": {"kind": {"type": "input_text", "text": "sea"}}}, instructions="!"
    )
    assert told.instructions == "Tell a sea story.\n\n!"
    long = "long " * 10_000
    told = respond(client, prompt={**named, "variables": {"kind": long}})
    assert (told.instructions, told.prompt) == (
        f"Tell a {long} story.",
        told.prompt.model_copy(update={"variables": None}),
    )
    for wrong, param in (
        ({"id": "tale"}, "prompt.variables"),
        ({**named, "version": "2"}, "prompt.version"),
        ({"id": "none"}, "prompt.id"),
    ):
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as error:
            respond(client, prompt=wrong)
        assert str(error.value.param).startswith(param)


def test_the_tokens_of_an_input_are_counted(client: openai.OpenAI) -> None:
    """With the instructions and the turns before; a word is one to this model."""
    before = respond(client, "One two three", instructions="Not told again.")
    count: Any = client.responses.input_tokens.count
    assert count(model="scripted", input="four five", instructions="Be kind.").input_tokens == 4
    told = count(model="scripted", input="four five", previous_response_id=before.id)
    assert (told.object, told.input_tokens) == ("response.input_tokens", 3 + 6 + 2)
    for given, param in (({}, "input"), ({"model": "nobodys", "input": "a"}, "model")):
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as error:
            count(**{"model": "scripted", **given})
        assert error.value.param == param


def test_the_chances_of_its_tokens_are_told_where_the_model_has_them(serve: Serve) -> None:
    """In the item and with the end of its words, the same at each reading; of what is not kept too."""
    one = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Ho", "logprob": -1.5}]}
    chunk = {"index": 0, "delta": {"content": "Hi"}, "logprobs": {"content": [one]}, "finish_reason": None}
    said = Canned(pieces=[event(choices=[chunk]), delta("stop"), b"data: [DONE]\n\n"])
    fake = FakeOpenAI(said, said, models=["m"])
    asked = {"model": "local:m", "top_logprobs": 1, "include": ["message.output_text.logprobs"]}
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url)
        with client_of(server.url) as client:
            for kept in (True, False):
                events: list[Any] = list(respond(client, stream=True, store=kept, **asked))
                assert fake.asked[-1].body["top_logprobs"] == 1
                (done,) = [one for one in events if one.type == "response.output_text.done"]
                made = events[-1].response
                (told,) = made.output[0].content[0].logprobs
                assert (told.token, told.logprob, told.bytes) == ("Hi", -0.5, [72, 105])
                assert [(other.token, other.bytes) for other in told.top_logprobs] == [("Ho", [72, 111])]
                assert [one.logprob for one in done.logprobs] == [told.logprob]
                assert not kept or client.responses.retrieve(made.id) == made


def test_another_owners_response_is_not_there(serve: Serve, script: Path) -> None:
    """Promise: owners never cross, in a chain either."""
    server = serve(NIS_SCRIPTED=str(script), NIS_API_KEY="the-first-key")
    with client_of(server.url, "the-first-key") as first:
        made = respond(first)
        key: Any = first.post("/../keys", body={"name": "b", "owner": "bob", "scopes": ["*"]}, cast_to=object)
    with client_of(server.url, key["key"]) as bob:
        assert respond(bob).status == "completed"
        with pytest.raises(openai.NotFoundError):
            bob.responses.retrieve(made.id)
        with pytest.raises(openai.NotFoundError) as error:
            respond(bob, previous_response_id=made.id)
        assert error.value.param == "previous_response_id"


def test_a_response_outlasts_a_death_and_its_stream_goes_on_from_a_number(serve: Serve, tmp_path: Path) -> None:
    """Promise: a run does not depend on its server; no number is lost or told twice.

    Before words were told the stream goes on as if nothing had been; after some it ends as failed, and the response
    does not: the wire has no word to take words back.
    """
    silent, spoken = Canned(pieces=[], held=True), Canned(pieces=[delta(content="Once ")], held=True)
    fake = FakeOpenAI(silent, spoken, models=["m"])
    data = tmp_path / "data"
    with fake.in_thread():
        first = serve(data=data, NIS_LOCAL_URL=fake.url)
        with client_of(first.url) as client:
            streams = [respond(client, STORY, model="local:m", background=True, stream=True)]
            seen: list[list[Any]] = [[next(streams[0]) for _ in range(3)]]
            assert fake.came.wait(60)
            streams.append(respond(client, STORY, model="local:m", background=True, stream=True))
            seen.append([next(streams[1]) for _ in range(6)])
        first.kill()
        fake.replies[:] = [says("Once upon a time")] * 2
        second = serve(data=data, NIS_LOCAL_URL=fake.url)
        with client_of(second.url) as client:
            for before, ends in zip(seen, ("response.completed", "response.failed"), strict=True):
                name, last = before[0].response.id, before[-1].sequence_number
                rest = list(client.responses.retrieve(name, stream=True, starting_after=last))
                numbers = [one.sequence_number for one in (*before, *rest)]
                assert numbers == list(range(len(numbers)))
                assert rest[-1].type == ends
                replayed = list(client.responses.retrieve(name, stream=True))
                assert [one.to_dict() for one in replayed] == [one.to_dict() for one in (*before, *rest)]
                assert finished(client, name).output_text == "Once upon a time"


def finished(client: openai.OpenAI, name: str) -> Any:
    """The response, once its run has ended."""
    run = name.replace("resp_", "run-")
    client.get(f"/../runs/{run}/events", cast_to=object, options={"headers": {"Prefer": "wait=60"}})
    return client.responses.retrieve(name)
