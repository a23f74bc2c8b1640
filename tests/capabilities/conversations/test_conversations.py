"""Conversations: what a person who keeps many of them is promised."""

from __future__ import annotations

import contextlib
import re
import threading
from typing import Any

import pytest
from ground import Ground
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nis_backend.caller import LOCAL, Caller
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound

Json = dict[str, Any]
STORY = "Write a long story about the sea and a ship."


def say(ground: Ground, message: str, conversation_id: str | None = None, **given: Any) -> Json:
    """A turn, to its end."""
    return ground.call("chat.send_message", {"message": message, "conversation_id": conversation_id, **given})


def get(ground: Ground, conversation_id: str, **given: Any) -> Json:
    """The conversation as it is."""
    return ground.call("conversations.get_conversation", {"id": conversation_id, **given})


def messages(conversation: Json) -> list[str]:
    """What the person said in it."""
    return [turn["message"] for turn in conversation["turns"]]


def under_way(ground: Ground, conversation_id: str) -> str:
    """A run that answers in the conversation and does not end by itself."""
    return ground.call("chat.send_message", {"message": STORY, "conversation_id": conversation_id}, wait=False)["id"]


def stop(ground: Ground, run_id: str) -> None:
    """Cancel the run and wait for its end."""
    ground.call("runs.cancel_run", {"id": run_id})
    ground.call("runs.stream_events", {"id": run_id})


def test_the_last_active_comes_first_and_pages_follow_each_other(ground: Ground) -> None:
    """Promise: a list by last activity, paged by cursor, without a hole."""
    ids = [say(ground, f"paged {number}")["conversation_id"] for number in range(4)]
    say(ground, "again", ids[1])
    seen: list[str] = []
    cursor = None
    while not set(ids) <= set(seen):
        page = ground.call("conversations.list_conversations", {"limit": 2, "cursor": cursor})
        seen += [line["id"] for line in page["conversations"]]
        cursor = page["next_cursor"]
        assert cursor or set(ids) <= set(seen)
    assert [one for one in seen if one in ids] == [ids[1], ids[3], ids[2], ids[0]]
    with pytest.raises(InvalidRequest) as refused:
        ground.call("conversations.list_conversations", {"cursor": "page 2"})
    assert refused.value.field == "cursor"


def test_what_is_put_away_is_in_a_list_of_its_own(ground: Ground) -> None:
    """Promise: archived conversations leave the usual list and are still found."""
    one = say(ground, "put me away")["conversation_id"]
    line = ground.call("conversations.update_conversation", {"id": one, "archived": True, "title": "Away"})
    assert (line["title"], line["archived"]) == ("Away", True)

    def first(*, archived: bool) -> str:
        page = ground.call("conversations.list_conversations", {"limit": 1, "archived": archived})
        return page["conversations"][0]["id"] if page["conversations"] else ""

    assert (first(archived=True) == one, first(archived=False) == one) == (True, False)
    ground.call("conversations.update_conversation", {"id": one, "archived": False})
    assert first(archived=False) == one


def test_a_search_answers_the_words_in_their_text(ground: Ground) -> None:
    """Promise: messages, answers and titles are searched, with the words found marked."""
    turn = say(ground, "The quokka is a small wallaby of Rottnest island.")
    named = {"id": turn["conversation_id"], "title": "Quokka, a wallaby"}
    before = ground.call("conversations.search_conversations", {"query": "quokka"})["matches"]
    assert [one["run_id"] for one in before] == [turn["run_id"]], "a title that repeats the message is not told twice"
    ground.call("conversations.update_conversation", named)
    found = ground.call("conversations.search_conversations", {"query": "WALLABY, quok"})["matches"]
    ours = [one for one in found if one["conversation_id"] == turn["conversation_id"]]
    in_message = next(one for one in ours if one["run_id"] == turn["run_id"])
    assert {in_message["snippet"][begin:end] for begin, end in in_message["marks"]} == {"quokka", "wallaby"}
    assert any(one["run_id"] is None for one in ours), "the title"
    page = ground.call("conversations.search_conversations", {"query": "quokka", "limit": 1})
    rest = ground.call("conversations.search_conversations", {"query": "quokka", "cursor": page["next_cursor"]})
    assert len(page["matches"]) + len(rest["matches"]) == len(found)


def test_no_query_is_read_as_a_query_language(ground: Ground) -> None:
    """Promise: words are words; what has none is refused by name, whatever the query holds."""
    say(ground, "bandicoot OR text")

    @settings(max_examples=100, deadline=None)
    @given(st.text(min_size=1, max_size=60) | st.text('"*^-+:(){}bandicootORNOTANDNEAR ', min_size=1, max_size=60))
    @example('bandicoot" OR text:*')
    @example("NEAR(bandicoot text, 2)")
    @example("'; drop table said; --")
    def search(query: str) -> None:
        wordless = not re.search(r"[^\W_]", query)
        with pytest.raises(InvalidRequest, match="no word") if wordless else contextlib.nullcontext():
            found = ground.call("conversations.search_conversations", {"query": query})
            assert all(one["snippet"] for one in found["matches"])

    search()


def test_another_owner_finds_nothing(ground: Ground) -> None:
    """Promise: owners are checked where data is read: another's conversation is as absent as one that never was."""
    one = say(ground, "xylophone secrets")["conversation_id"]

    async def as_bob(name: str, **request: Any) -> Any:
        result = await ground.process.context(Caller(owner="eve")).call_named(name, request)
        return result.model_dump()

    assert ground.run(as_bob("conversations.search_conversations", query="xylophone"))["matches"] == []
    assert ground.run(as_bob("conversations.list_conversations"))["conversations"] == []
    for name, more in (
        ("get_conversation", {}),
        ("update_conversation", {"title": "mine"}),
        ("delete_conversation", {}),
        ("branch_conversation", {}),
        ("regenerate_answer", {}),
    ):
        with pytest.raises(NotFound):
            ground.run(as_bob(f"conversations.{name}", id=one, **more))
    assert messages(get(ground, one)) == ["xylophone secrets"]


def test_turns_are_paged_from_the_end(ground: Ground) -> None:
    """Promise: a long conversation is read backwards, each page oldest first."""
    one = say(ground, "turn 0")["conversation_id"]
    for number in range(1, 5):
        say(ground, f"turn {number}", one)
    last = get(ground, one, limit=2)
    middle = get(ground, one, limit=2, cursor=last["next_cursor"])
    first = get(ground, one, limit=2, cursor=middle["next_cursor"])
    assert [*messages(first), *messages(middle), *messages(last)] == [f"turn {number}" for number in range(5)]
    assert first["next_cursor"] is None


def test_an_answer_again_counts_and_the_earlier_stays(ground: Ground) -> None:
    """Promise: an answer again is a run of its own and counts; the earlier answer stays as an alternative."""
    first = say(ground, "What is a quoll?")
    one = first["conversation_id"]
    second = ground.call("conversations.regenerate_answer", {"id": one})
    third = ground.call(
        "conversations.regenerate_answer", {"id": one, "run_id": first["run_id"], "message": "A quoll?"}
    )
    (turn,) = get(ground, one)["turns"]
    assert (turn["run_id"], turn["message"]) == (third["run_id"], "A quoll?")
    assert turn["alternatives"] == [first["run_id"], second["run_id"]]
    assert third["conversation_id"] == one
    say(ground, "And then?", one)
    assert messages(get(ground, one)) == ["A quoll?", "And then?"]
    with pytest.raises(Conflict, match="not the last turn"):
        ground.call("conversations.regenerate_answer", {"id": one, "run_id": first["run_id"]})


def test_an_answer_again_that_fails_leaves_the_earlier_one(ground: Ground) -> None:
    """Promise: the newest answer that succeeded counts."""
    first = say(ground, "Fine so far")
    one = first["conversation_id"]
    run = ground.call("conversations.regenerate_answer", {"id": one, "message": STORY}, wait=False)["id"]
    with pytest.raises(Conflict, match="has not ended"):
        ground.call("conversations.regenerate_answer", {"id": one})
    stop(ground, run)
    (turn,) = get(ground, one)["turns"]
    assert (turn["run_id"], turn["alternatives"]) == (first["run_id"], [run])


def test_an_answer_again_is_by_the_model_that_is_named(ground: Ground) -> None:
    """Promise: what is not set stays as it was, and a model that is not there is refused before a run begins."""
    first = say(ground, "Remember the facts", context={"name": "Ada"}, user_id="ada")
    one = first["conversation_id"]
    with pytest.raises(NisError):
        ground.call("conversations.regenerate_answer", {"id": one, "model": "gpt-17"})
    again = ground.call("conversations.regenerate_answer", {"id": one})
    assert again["user_id"] == "ada"
    run = ground.call("runs.get_run", {"id": again["run_id"]})
    assert run["input"]["context"] == {"name": "Ada"}
    assert len(get(ground, one)["turns"][0]["alternatives"]) == 1


def test_a_branch_goes_its_own_way(ground: Ground) -> None:
    """Promise: a branch has the turns up to the one named, and neither side sees what the other says later."""
    first = say(ground, "branch one")
    one = first["conversation_id"]
    say(ground, "branch two", one)
    branch = ground.call("conversations.branch_conversation", {"id": one, "run_id": first["run_id"], "title": "Other"})
    assert (branch["title"], branch["branched_from"]) == ("Other", first["run_id"])
    say(ground, "branch three", branch["id"])
    assert messages(get(ground, one)) == ["branch one", "branch two"]
    assert messages(get(ground, branch["id"])) == ["branch one", "branch three"]
    copied = get(ground, branch["id"])["turns"][0]["run_id"]
    events = [
        [(event["seq"], event["body"]["type"]) for event in ground.call("runs.stream_events", {"id": run})]
        for run in (first["run_id"], copied)
    ]
    assert events[0] == events[1]
    again = ground.call("conversations.branch_conversation", {"id": branch["id"]})
    assert messages(get(ground, again["id"])) == ["branch one", "branch three"]


def test_a_branch_from_an_earlier_answer_has_that_one(ground: Ground) -> None:
    """Promise: an alternative is not lost: a branch goes on from it, and can be answered again by itself."""
    first = say(ground, "pick me")
    one = first["conversation_id"]
    second = ground.call("conversations.regenerate_answer", {"id": one, "message": "not me"})
    for run_id, message in ((first["run_id"], "pick me"), (second["run_id"], "not me")):
        branch = ground.call("conversations.branch_conversation", {"id": one, "run_id": run_id})
        ground.call("conversations.regenerate_answer", {"id": branch["id"]})
        (turn,) = get(ground, branch["id"])["turns"]
        assert (turn["message"], len(turn["alternatives"])) == (message, 1)


def test_a_branch_needs_a_turn_of_the_conversation_that_has_ended(ground: Ground) -> None:
    """Promise: what cannot be branched is refused by name."""
    one = say(ground, "one")["conversation_id"]
    other = say(ground, "other")["run_id"]
    with pytest.raises(NotFound, match="no turn"):
        ground.call("conversations.branch_conversation", {"id": one, "run_id": other})
    run = under_way(ground, one)
    with pytest.raises(Conflict, match="has not ended"):
        ground.call("conversations.branch_conversation", {"id": one})
    stop(ground, run)


def test_what_is_deleted_is_gone_and_its_branch_stays(ground: Ground) -> None:
    """Promise: delete takes the messages, the runs and their logs; a branch holds copies of its own."""
    turn = say(ground, "zyzzyva forever")
    one = turn["conversation_id"]
    branch = ground.call("conversations.branch_conversation", {"id": one})["id"]
    assert ground.call("conversations.delete_conversation", {"id": one}) == {"id": one}
    for name, request in (
        ("conversations.get_conversation", {"id": one}),
        ("conversations.delete_conversation", {"id": one}),
        ("runs.get_run", {"id": turn["run_id"]}),
        ("chat.send_message", {"message": "still there?", "conversation_id": one}),
    ):
        with pytest.raises(NotFound):
            ground.call(name, request)
    assert get(ground, branch)["branched_from"] is None
    found = ground.call("conversations.search_conversations", {"query": "zyzzyva"})["matches"]
    assert {match["conversation_id"] for match in found} == {branch}


def test_a_conversation_under_way_is_not_deleted(ground: Ground) -> None:
    """Promise: a typed conflict that names the run; once it has ended the conversation can go."""
    one = say(ground, "busy")["conversation_id"]
    run = under_way(ground, one)
    with pytest.raises(Conflict, match=run):
        ground.call("conversations.delete_conversation", {"id": one})
    stop(ground, run)
    ground.call("conversations.delete_conversation", {"id": one})


def test_messages_and_a_delete_at_once_leave_no_orphan(ground: Ground) -> None:
    """Promise: whichever comes first, no run is left in a conversation that is gone."""
    one = say(ground, "racing")["conversation_id"]
    refused: list[str] = []

    def race(name: str, request: Json) -> None:
        try:
            ground.call(name, request)
        except (NotFound, Conflict) as error:
            refused.append(error.code)

    calls = [("chat.send_message", {"message": f"race {n}", "conversation_id": one}) for n in range(6)]
    calls.insert(3, ("conversations.delete_conversation", {"id": one}))
    threads = [threading.Thread(target=race, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    async def orphans() -> bool:
        ctx = ground.process.context(LOCAL)
        rows = await ctx.store.select("runs", where={"conversation_id": one})
        return bool(rows) and await ctx.store.get("conversations", one) is None

    assert not ground.run(orphans())
    assert set(refused) <= {"not_found", "conflict"}


def test_a_change_of_nothing_is_refused(ground: Ground) -> None:
    """Promise: a wrong request names what to give."""
    one = say(ground, "unchanged")["conversation_id"]
    with pytest.raises(InvalidRequest) as refused:
        ground.call("conversations.update_conversation", {"id": one})
    assert "title" in refused.value.remedy
    with pytest.raises(NotFound):
        ground.call("conversations.update_conversation", {"id": "conversation-0", "title": "x"})
