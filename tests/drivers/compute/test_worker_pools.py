"""What the compute contract promises, kept by processes of this machine."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.frames import LENGTHS, MAX_FRAME, WINDOW
from nis_backend.drivers.compute.processes import WorkerPools, seconds_ahead
from nis_backend.drivers.telemetry.ids import HERE, NOWHERE, Ids
from nis_backend.errors import (
    Busy,
    Conflict,
    InternalError,
    InvalidRequest,
    NotFound,
    TooLarge,
    Unavailable,
    WorkerLost,
)

WORKERS = Path(__file__).parent / "workers"
LIMIT = 30.0
"""Seconds that anything awaited here may take on a busy machine."""


def pool(entry: str, kind: Any = "exclusive", **traits: Any) -> Pool:  # Any: a pool's traits differ in type
    """A pool named after its entry in `workers/pool_entries.py`."""
    path = os.pathsep.join([str(WORKERS), *filter(None, [os.environ.get("PYTHONPATH")])])
    where = entry if ":" in entry else f"pool_entries:{entry}"
    return Pool(name=entry, kind=kind, entry=where, environment={"PYTHONPATH": path}, **traits)


@asynccontextmanager
async def opened(*pools: Pool, grace: float = 5.0) -> AsyncGenerator[WorkerPools]:
    """The pools, and after them no process of theirs."""
    compute = WorkerPools(pools, grace=grace)
    try:
        async with asyncio.timeout(LIMIT):
            yield compute
    finally:
        pids = [pid for status in compute.status() for pid in status.pids]
        await compute.close()
        assert not any(map(lives, pids))


def lives(pid: int) -> bool:
    """Whether there is such a process, other than one that waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid: int) -> None:
    """Wait until the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), LIMIT)
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def collected(items: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:  # Any: JSON
    """All items of a call."""
    return [item async for item in items]


Run = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a test's coroutine on the loop of the command line, and on that of the server."""

    def bounded(test: Callable[[], Awaitable[None]]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(test(), 2 * LIMIT))

    return bounded


def test_items_arrive_in_order_from_calls_that_share_a_process(run: Run) -> None:
    """`shared`: calls are multiplexed by id in one process, each one's items in the order they were yielded."""

    async def test() -> None:
        async with opened(pool("count", "shared", options={"option": 5})) as compute:
            answers = await asyncio.gather(
                *(collected(compute.stream("count", {"n": 50, "name": name})) for name in "abcdefgh")
            )
            assert len({item["pid"] for answer in answers for item in answer}) == 1
            for name, answer in zip("abcdefgh", answers, strict=True):
                assert [item["number"] for item in answer] == list(range(50))
                assert {(item["name"], item["option"]) for item in answer} == {(name, 5)}

    run(test)


def test_calls_that_share_a_process_are_in_it_at_once(run: Run) -> None:
    """`shared`: one call can release what another waits for, so neither waits for the other's end."""

    async def test() -> None:
        async with opened(pool("gate", "shared")) as compute, aclosing(compute.stream("gate", {"hold": "a"})) as held:
            assert (await anext(held))["held"] == "a"
            assert compute.status()[0].busy == 1
            await compute.call("gate", {"release": "a"})
            assert await anext(held) == {"released": "a"}

    run(test)


def test_bytes_travel_raw_beside_json(run: Run) -> None:
    """Frames are JSON and raw buffers, so an image needs no base64."""

    async def test() -> None:
        payload = {
            "image": bytes(range(256)) * 4096,
            "empty": b"",
            "text": "é\ud800\x00",
            "deep": {"list": [1, None, 2.5]},
        }
        async with opened(pool("echo")) as compute:
            assert await compute.call("echo", payload) == payload

    run(test)


def test_a_cancelled_call_of_a_shared_pool_ends_alone(run: Run) -> None:
    """`shared`: cancel is a frame; the handler's task is cancelled, the process and its other calls live on."""

    async def test() -> None:
        async with opened(pool("gate", "shared")) as compute:
            other = compute.stream("gate", {"hold": "other"})
            pid = (await anext(other))["pid"]
            async with aclosing(compute.stream("gate", {"hold": "mine"})) as mine:
                assert (await anext(mine))["pid"] == pid
            assert await compute.call("gate", {}) == {"ended": ["mine"]}
            await compute.call("gate", {"release": "other"})
            assert await collected(other) == [{"released": "other"}]
            assert compute.status()[0].pids == (pid,)

    run(test)


def test_a_cancelled_task_cancels_its_call(run: Run) -> None:
    """A caller that is cancelled, as by its deadline, cancels what it asked for."""

    async def test() -> None:
        async with opened(pool("gate", "shared")) as compute:
            began = asyncio.Event()

            async def hold() -> None:
                async for _ in compute.stream("gate", {"hold": "mine"}):
                    began.set()

            holding = asyncio.create_task(hold())
            await began.wait()
            holding.cancel()
            with pytest.raises(asyncio.CancelledError):
                await holding
            assert await compute.call("gate", {}) == {"ended": ["mine"]}

    run(test)


def test_an_ignored_cancel_kills_the_shared_process(run: Run) -> None:
    """`shared`: a kill when cancel is ignored for the grace; other calls in flight are told why."""

    async def test() -> None:
        async with opened(pool("stubborn", "shared"), grace=0.1) as compute:
            other = compute.stream("stubborn", {"stay": True})
            pid = (await anext(other))["pid"]
            async with aclosing(compute.stream("stubborn", {"stay": True})) as mine:
                await anext(mine)
            with pytest.raises(WorkerLost, match=r"stubborn.*ignored its cancellation for 0\.1 s"):
                await anext(other)
            assert not lives(pid)
            assert (await compute.call("stubborn", {}))["pid"] != pid

    run(test)


def test_a_call_cancelled_while_its_process_opens_does_not_kill_it(run: Run, tmp_path: Path) -> None:
    """`shared`: a process that is still importing cannot hear a cancel; the grace begins when it can."""

    async def test() -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        async with opened(pool("slow_to_open", "shared", options={"pipe": str(pipe)}), grace=2.0) as compute:
            impatient = asyncio.create_task(collected(compute.stream("slow_to_open", {"hold": "mine"})))
            patient = asyncio.create_task(compute.call("slow_to_open", {}))
            # Opening for writing succeeds once the entry reads; longer than the grace after the cancel.
            end = await asyncio.to_thread(pipe.open, "wb")
            pids = compute.status()[0].pids
            impatient.cancel()
            await asyncio.wait({patient}, timeout=2.5)
            assert not patient.done()
            end.close()
            await patient
            await compute.call("slow_to_open", {})
            assert (compute.status()[0].busy, compute.status()[0].pids) == (0, pids)

    run(test)


def test_a_cancelled_call_of_an_exclusive_pool_kills_its_process_and_what_that_started(run: Run) -> None:
    """`exclusive`: cancel kills, even a handler that blocks its loop, and the whole session with it."""

    async def test() -> None:
        async with opened(pool("blocked")) as compute:
            async with aclosing(compute.stream("blocked", {"start": True})) as items:
                first = await anext(items)
            await gone(first["pid"])
            await gone(first["child"])
            async with aclosing(compute.stream("blocked", {})) as items:
                assert (await anext(items))["pid"] != first["pid"]

    run(test)


def test_an_exclusive_process_has_one_call_and_is_used_again(run: Run) -> None:
    """`exclusive`: calls at once have processes of their own, as many as the pool may have; later calls reuse them."""

    async def test() -> None:
        async with opened(pool("gate", processes=2)) as compute:
            async with (
                aclosing(compute.stream("gate", {"hold": "a"})) as first,
                aclosing(compute.stream("gate", {"hold": "b"})) as second,
            ):
                assert (await anext(first))["pid"] != (await anext(second))["pid"]
                third = asyncio.create_task(compute.call("gate", {}))
                while not compute.status()[0].waiting:  # noqa: ASYNC110 - nobody is told of it
                    await asyncio.sleep(0)
                status = compute.status()[0]
                assert (status.processes, status.busy, status.waiting) == (2, 2, 1)
            assert await third == {"ended": []}
        async with opened(pool("failing", processes=2)) as compute:
            pids = {(await compute.call("failing", {}))["pid"] for _ in range(3)}
            with pytest.raises(Conflict):
                await compute.call("failing", {"how": "known"})
            pids.add((await compute.call("failing", {}))["pid"])
            assert len(pids) == 1

    run(test)


def test_a_killed_process_fails_its_calls_and_the_next_call_has_another(run: Run) -> None:
    """Crash → every call in flight gets `WorkerLost` that names the pool and the signal."""

    async def test() -> None:
        async with opened(pool("gate", "shared")) as compute:
            calls = [compute.stream("gate", {"hold": name}) for name in "ab"]
            pid = {(await anext(call))["pid"] for call in calls}.pop()
            os.kill(pid, signal.SIGKILL)
            for call in calls:
                with pytest.raises(WorkerLost, match=r"'gate' was killed by signal 9") as lost:
                    await anext(call)
                assert "memory" in lost.value.remedy
            assert await compute.call("gate", {}) == {"ended": []}
            assert compute.status()[0].pids != (pid,)

    run(test)


def test_a_process_killed_between_two_calls_is_replaced_before_the_next(run: Run) -> None:
    """An idle process that died is not the next caller's failure."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            pid = (await compute.call("failing", {}))["pid"]
            os.kill(pid, signal.SIGKILL)
            while compute.status()[0].processes:  # noqa: ASYNC110 - nobody is told of it, which is what is tested
                await asyncio.sleep(0)
            assert (await compute.call("failing", {}))["pid"] != pid

    run(test)


@pytest.mark.parametrize(("how", "said"), [("exit", "exit code 7"), ("crash", "signal 11")])
def test_a_process_that_ends_itself_is_lost(run: Run, how: str, said: str) -> None:
    """`WorkerLost` names the exit code, or the signal of a native library's fault."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            with pytest.raises(WorkerLost, match=said):
                await compute.call("failing", {"how": how})

    run(test)


def test_a_dead_process_is_noticed_although_its_child_holds_the_socket(run: Run) -> None:
    """Loss is known from the death of the process, not from the end of its socket alone."""

    async def test() -> None:
        async with (
            opened(pool("silent_parent"), grace=0.1) as compute,
            aclosing(compute.stream("silent_parent", {})) as items,
        ):
            child = (await anext(items))["child"]
            with pytest.raises(WorkerLost, match="signal 11"):
                await anext(items)
            await gone(child)

    run(test)


def test_an_idle_process_ends(run: Run) -> None:
    """After `idle_seconds` without a call no process is left, and the next call starts one."""

    async def test() -> None:
        for kind in ("exclusive", "shared"):
            async with opened(pool("failing", kind, idle_seconds=0.05)) as compute:
                first = (await compute.call("failing", {}))["pid"]
                await gone(first)
                second = (await compute.call("failing", {}))["pid"]
                assert second != first

    run(test)


def test_a_call_in_progress_is_not_idle(run: Run) -> None:
    """The idle time counts from the end of the last call."""

    async def test() -> None:
        async with opened(pool("gate", "shared", idle_seconds=0.05)) as compute:
            held = compute.stream("gate", {"hold": "a"})
            pid = (await anext(held))["pid"]
            with suppress(TimeoutError):
                await asyncio.wait_for(gone(pid), 0.3)
            await compute.call("gate", {"release": "a"})
            assert await collected(held) == [{"released": "a"}]
            await gone(pid)

    run(test)


SERVER = """
import asyncio, sys
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools, seconds_ahead

async def main():
    environment = {"PYTHONPATH": sys.argv[1]}
    pools = [Pool(name=e, kind=k, entry=f"pool_entries:{e}", environment=environment) for e, k in
             (("gate", "shared"), ("blocked", "exclusive"))]
    compute = WorkerPools(pools)
    held, blocked = compute.stream("gate", {"hold": "a"}), compute.stream("blocked", {})
    print((await anext(held))["pid"], (await anext(blocked))["pid"], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a blocked worker ends when it next reads its socket")
def test_processes_die_with_a_killed_server(run: Run) -> None:
    """They die with their server, whatever they are doing."""
    path = pool("gate").environment["PYTHONPATH"]
    with subprocess.Popen([sys.executable, "-c", SERVER, path], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pids = [int(pid) for pid in server.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(lives, pids))
        server.kill()

    async def test() -> None:
        await asyncio.gather(*map(gone, pids))

    run(test)


def test_a_full_queue_is_refused(run: Run) -> None:
    """Queue bound → `Busy` with a remedy, at once; a call that gave up its place leaves it to the next."""

    async def test() -> None:
        async with opened(pool("gate", queue=1)) as compute:
            held = compute.stream("gate", {"hold": "a"})
            await anext(held)
            waiting = asyncio.create_task(compute.call("gate", {}))
            await asyncio.wait({waiting}, timeout=0.01)
            with pytest.raises(Busy, match="1 calls waiting") as busy:
                await compute.call("gate", {})
            assert (busy.value.retry_after, busy.value.remedy) == (1, "Call again in 1 s.")
            waiting.cancel()
            await asyncio.wait({waiting})
            waiting = asyncio.create_task(compute.call("gate", {}))
            await asyncio.wait({waiting}, timeout=0.01)
            await held.aclose()
            assert await waiting == {"ended": []}
        async with opened(pool("gate", "shared", queue=2)) as compute:
            calls = [compute.stream("gate", {"hold": name}) for name in "ab"]
            for call in calls:
                await anext(call)
            with pytest.raises(Busy, match="2 calls in progress"):
                await compute.call("gate", {})
            await calls[0].aclose()
            assert await compute.call("gate", {}) == {"ended": ["a"]}

    run(test)


def test_who_is_patient_waits_behind_a_full_queue(run: Run) -> None:
    """Callers that are bounded already are not refused, and have their turns in the order in which they came."""

    async def test() -> None:
        async with opened(pool("gate", queue=0)) as compute:
            held = compute.stream("gate", {"hold": "a"})
            await anext(held)
            patient = [asyncio.create_task(compute.call("gate", {}, patient=True)) for _ in range(5)]
            await asyncio.wait(patient, timeout=0.01)
            assert compute.status()[0].waiting == 5
            with pytest.raises(Busy):
                await compute.call("gate", {})
            await held.aclose()
            assert await asyncio.gather(*patient) == [{"ended": []}] * 5

    run(test)


@pytest.mark.parametrize(
    ("took", "waiting", "at_once", "said"),
    [([], 64, 2, None), ([3.0], 64, 2, 96.0), ([1.0, 2.0], 4, 1, 6.0), ([5.0], 0, 8, 5.0), ([0.01], 64, 64, 0.01)],
)
def test_a_refusal_tells_the_time_by_the_calls_before(
    took: list[float], waiting: int, at_once: int, said: float | None
) -> None:
    """Back-pressure: until those who wait have had their turns, at least one turn; nothing where none has ended."""
    assert seconds_ahead(took, waiting, at_once) == said


def test_what_needs_too_much_memory_fails_alone(run: Run) -> None:
    """`Pool.memory`: a typed failure that names the setting; the process answers the next call."""

    async def test() -> None:
        async with opened(pool("memory", memory=2**28)) as compute:
            pid = (await compute.call("memory", {"take": 2**20}))["pid"]
            with pytest.raises(TooLarge, match="268435456 bytes of NIS_WORKER_MEMORY") as refused:
                await compute.call("memory", {"take": 2**29})
            assert "ask for less" in refused.value.remedy
            assert (await compute.call("memory", {"take": 2**20}))["pid"] == pid
        async with opened(pool("memory", memory=2**28, options={"open": 2**29})) as compute:
            with pytest.raises(Unavailable, match="'memory' needs more memory than the 268435456 bytes"):
                await compute.call("memory", {"take": 1})

    run(test)


def test_a_missing_package_is_named_with_the_extra_that_has_it(run: Run) -> None:
    """A package that is not installed is `Unavailable`, met in the entry or in a call; the process is of use still."""

    async def test() -> None:
        async with opened(
            pool("package_that_nobody_has:open", extra="science"), pool("failing", extra="local"), pool("count")
        ) as compute:
            with pytest.raises(Unavailable, match="'package_that_nobody_has', which is not installed") as missing:
                await compute.call("package_that_nobody_has:open", {})
            assert missing.value.remedy == "Run: pip install 'nis-backend[science]'."
            with pytest.raises(Unavailable) as missing:
                await compute.call("failing", {"how": "package"})
            assert "nis-backend[local]" in missing.value.remedy
            assert (await compute.call("failing", {}))["pid"] in compute.status()[1].pids

    run(test)


def test_an_entry_that_is_refused_answers_every_call_and_is_tried_again(run: Run, tmp_path: Path) -> None:
    """A `NisError` of the entry, such as missing weights, reaches each caller; once mended, no restart is needed."""

    async def test() -> None:
        file = tmp_path / "weights"
        async with opened(pool("without_weights", "shared", options={"file": str(file)})) as compute:
            calls = [compute.call("without_weights", {}) for _ in range(3)]
            for refused in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(refused, Unavailable)
                assert (refused.message, refused.remedy) == ("The weights are missing.", "Run: nis weights pull.")
            file.touch()
            assert await compute.call("without_weights", {"now": 1}) == {"now": 1}

    run(test)


def test_an_unknown_pool_is_unavailable(run: Run) -> None:
    """`Unavailable`: the pool is unknown."""

    async def test() -> None:
        async with opened(pool("echo")) as compute:
            with pytest.raises(Unavailable, match="'nothing'") as unknown:
                await compute.call("nothing", {})
            assert "echo" in unknown.value.remedy

    run(test)


def test_a_failure_keeps_its_class_and_all_that_it_says(run: Run) -> None:
    """A `NisError` that the handler raises arrives as the same class, with field, value, remedy and fields."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            with pytest.raises(Conflict) as taken:
                await compute.call("failing", {"how": "known"})
            error = taken.value
            assert type(error) is Conflict
            assert (error.message, error.remedy, error.field) == ("It is taken.", "Take another.", "name")
            assert error.value == "this one"
            assert [(one.field, one.value, one.remedy) for one in error.fields] == [("a", "1", "Give another.")]

    run(test)


def test_a_fault_is_logged_and_not_told(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """A traceback goes to the worker's stderr, never to the caller."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            with pytest.raises(InternalError) as fault:
                await compute.call("failing", {"how": "unknown"})
            assert "secret" not in str(fault.value.problem())

    run(test)
    written = capfd.readouterr()
    assert "RuntimeError: secret of the inside" in written.err
    assert written.out == ""


def test_numbers_that_lead_to_no_number_are_the_callers_matter(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """A division by zero, or a float that is none any more: a typed refusal, and the traceback in the log."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            with pytest.raises(InvalidRequest, match="division by zero") as refused:
                await compute.call("failing", {"how": "numbers"})
            assert "secret" not in str(refused.value.problem())

    run(test)
    assert "ZeroDivisionError: secret of the inside" in capfd.readouterr().err


def test_an_item_that_is_not_json_is_a_fault(run: Run) -> None:
    """NaN is no JSON, and no constant takes its place."""

    async def test() -> None:
        async with opened(pool("failing")) as compute:
            with pytest.raises(InternalError):
                await compute.call("failing", {"how": "nan"})
            assert await compute.call("failing", {})

    run(test)


def test_a_call_for_one_item_refuses_none_and_several(run: Run) -> None:
    """`call` waits for the one item that its handler yields."""

    async def test() -> None:
        async with opened(pool("count")) as compute:
            assert (await compute.call("count", {"n": 1}))["number"] == 0
            for n, said in ((0, "none"), (2, "several")):
                with pytest.raises(InternalError, match=said):
                    await compute.call("count", {"n": n})

    run(test)


def test_keys_of_the_server_do_not_reach_a_worker(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is what Python and native libraries read, and the pool's own; the session is the worker's."""
    for name in ("OPENAI_API_KEY", "NIS_API_KEY", "AWS_SECRET_ACCESS_KEY", "SOME_TOKEN"):
        monkeypatch.setenv(name, "secret")

    async def test() -> None:
        async with opened(pool("environment")) as compute:
            found = await compute.call("environment", {})
            assert "secret" not in found["environment"].values()
            assert found["environment"]["PATH"] == os.environ["PATH"]
            assert str(WORKERS) in found["environment"]["PYTHONPATH"]
            assert found["session"] == found["pid"]
            # Three standard ones, the socket, the loop's three, and the one that lists them.
            assert len(found["descriptors"]) <= 8

    run(test)


def test_what_is_printed_does_not_break_the_wire(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """Native libraries print on stdout; it is the server's stderr."""

    async def test() -> None:
        async with opened(pool("printing")) as compute:
            assert await compute.call("printing", {}) == {}

    run(test)
    written = capfd.readouterr()
    assert ("printed on stdout" in written.err, written.out) == (True, "")


def raw(header: bytes, buffers: bytes = b"") -> bytes:
    """A frame of these bytes, whatever they are."""
    return LENGTHS.pack(len(header), len(buffers)) + header + buffers


def progressed(**said: object) -> bytes:
    """A frame of progress as a worker may write it."""
    body: dict[str, object] = {"fraction": 0.5, "message": "", "values": {}, **said}
    return raw(json.dumps({"kind": "progress", "call": 1, "body": body, "buffers": []}).encode())


def ignore(_fraction: float, _message: str, _values: Mapping[str, float]) -> None:
    """Somebody who does not care how far the call is."""


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param(LENGTHS.pack(2**31, 0), "a frame of 2147483648 bytes", id="huge header"),
        pytest.param(LENGTHS.pack(8, MAX_FRAME), "more than 16777216", id="huge buffers"),
        pytest.param(raw(b"{]"), "not JSON", id="no JSON"),
        pytest.param(raw(b"\xff\xfe"), "not JSON", id="no text"),
        pytest.param(raw(b"[" * 50_000), "not JSON", id="deep"),
        pytest.param(raw(b"{}"), "without kind", id="empty"),
        pytest.param(raw(b'{"kind":"exec","call":1,"body":{},"buffers":[]}'), "without kind", id="unknown kind"),
        pytest.param(
            raw(b'{"kind":"item","call":1,"body":{},"buffers":[["a",10000]]}', b"x"),
            "buffers that do not fit",
            id="short buffer",
        ),
        pytest.param(
            raw(b'{"kind":"item","call":1,"body":{},"buffers":[["a",-1],["b",2]]}', b"x"),
            "buffers that do not fit",
            id="negative buffer",
        ),
        pytest.param(
            raw(b'{"kind":"item","call":1,"body":{},"buffers":[]}', b"x"), "buffers that do not fit", id="surplus"
        ),
        (
            progressed(fraction=math.nan),
            "progress that is none",
        ),
        (progressed(values={"loss": math.inf}), "a value that is no number"),
        (progressed(values={"loss": "small"}), "a value that is no number"),
        (progressed(values=[1.0]), "progress that is none"),
        (progressed(values={"x" * 65: 1.0}), "values that are none"),
        (progressed(values={str(number): 1.0 for number in range(17)}), "values that are none"),
        pytest.param(
            raw(b'{"kind":"error","call":1,"body":{"errors":[{"no":1}]},"buffers":[]}'),
            "a problem that is none",
            id="NaN progress",
        ),
    ],
)
def test_a_worker_that_breaks_the_wire_is_ended(run: Run, sent: bytes, said: str) -> None:
    """A worker that has read hostile input is not trusted: what it sends is bounded and checked."""

    async def test() -> None:
        async with opened(pool("hostile")) as compute:
            with pytest.raises(WorkerLost, match=said):
                await compute.call("hostile", {"bytes": sent}, on_progress=ignore)

    run(test)


def test_items_beyond_the_window_end_the_worker(run: Run) -> None:
    """A worker that sends on although nobody takes cannot fill the server's memory."""

    async def test() -> None:
        frame = raw(b'{"kind":"item","call":1,"body":{},"buffers":[["a",1048576]]}', bytes(2**20))
        async with opened(pool("hostile")) as compute:
            items = compute.stream("hostile", {"bytes": frame, "times": 40})
            await anext(items)
            await asyncio.gather(*map(gone, compute.status()[0].pids))
            with pytest.raises(WorkerLost, match="more items than its reader had room for"):
                await collected(items)

    run(test)


def test_a_slow_reader_holds_up_its_handler_and_nobody_else(run: Run) -> None:
    """Back-pressure: a handler waits when a window is sent and not taken, while other calls of the process go on."""

    async def test() -> None:
        size = 50_000
        async with (
            opened(pool("flood", "shared")) as compute,
            aclosing(compute.stream("flood", {"name": "slow", "size": size})) as slow,
            aclosing(compute.stream("flood", {"name": "quick", "size": size})) as quick,
        ):
            for number in range(1, 101):
                assert (await anext(slow))["number"] == number
            for number in range(1, 1001):
                assert (await anext(quick))["number"] == number
            yielded = (await compute.call("flood", {"yielded": "slow"}))["yielded"]
            assert 100 <= yielded <= 100 + 2 * WINDOW // size

    run(test)


def test_a_payload_item_or_failure_beyond_a_frame_is_too_large(run: Run) -> None:
    """Both sides refuse to send what the other would refuse to read, and the process lives on."""

    async def test() -> None:
        async with opened(pool("echo"), pool("flood"), pool("failing")) as compute:
            with pytest.raises(TooLarge):
                await compute.call("echo", {"filling": bytes(MAX_FRAME)})
            assert compute.status()[0].processes == 0
            with pytest.raises(TooLarge):
                await compute.call("flood", {"name": "a", "size": MAX_FRAME})
            with pytest.raises(TooLarge):
                await compute.call("failing", {"how": "long"})
            assert [status.processes for status in compute.status()] == [0, 1, 1]

    run(test)


def test_progress_arrives_in_order_and_in_time(run: Run) -> None:
    """`progress` is callable from any thread at each step, and the last word arrives before the end of the call."""

    async def test() -> None:
        told: list[tuple[float, str, Mapping[str, float]]] = []

        def hear(fraction: float, message: str, values: Mapping[str, float]) -> None:
            told.append((fraction, message, values))

        async with opened(pool("report")) as compute:
            await compute.call("report", {}, on_progress=hear)
        assert [fraction for fraction, _, _ in told] == sorted(fraction for fraction, _, _ in told)
        assert told[-1] == (1.0, "counted", {"left": 0.0})
        assert 2 <= len(told) < 1000
        assert {tuple(values) for _, _, values in told} == {("left",)}
        assert [values["left"] for _, _, values in told] == pytest.approx([1e5 * (1 - one) for one, _, _ in told])

    run(test)


def test_numbers_of_progress_outlast_a_remark_right_behind_them(run: Run) -> None:
    """What is told seldom is told once: a curve loses no number to words."""

    async def test() -> None:
        told: list[tuple[float, str, Mapping[str, float]]] = []

        def hear(fraction: float, message: str, values: Mapping[str, float]) -> None:
            told.append((fraction, message, values))

        async with opened(pool("remark")) as compute:
            await compute.call("remark", {}, on_progress=hear)
        assert told[-1][1] == "halfway"
        assert [values for _, _, values in told if values] == [{"loss": 3.0}]

    run(test)


def test_operations_are_performed_in_a_thread_of_the_worker(run: Run) -> None:
    """Operations are found by module and name and validated; their process is reused, or killed by a cancel."""

    async def test() -> None:
        entry = "nis_backend.drivers.compute.operations:perform_operations"

        def payload(operation: str, numbers: str) -> dict[str, str]:
            return {"module": "pool_operations", "operation": operation, "request": f'{{"numbers": {numbers}}}'}

        async def leave(compute: WorkerPools) -> None:
            begun = asyncio.Event()
            forever = payload("sums.wait_forever", "[]")
            waiting = asyncio.create_task(
                compute.call(entry, forever, on_progress=lambda _fraction, _message, _values: begun.set())
            )
            await begun.wait()
            waiting.cancel()
            await asyncio.wait({waiting})
            assert waiting.cancelled()

        async with opened(pool(entry)) as compute:
            answer = (await compute.call(entry, payload("sums.add_numbers", "[1, 2.5]")))["result"]
            assert '"total":3.5' in answer
            assert "MainThread" not in answer
            with pytest.raises(Conflict, match="no sum") as one:
                await compute.call(entry, payload("sums.add_numbers", "[1]"))
            assert (one.value.field, one.value.value) == ("numbers", "[1.0]")
            with pytest.raises(NotFound):
                await compute.call(entry, payload("sums.none", "[]"))
            (pid,) = compute.status()[0].pids
            assert str(pid) in answer
            await leave(compute)
            await gone(pid)
        async with opened(pool(entry, "shared"), grace=0.1) as compute:
            await compute.call(entry, payload("sums.add_numbers", "[1, 2]"))
            (pid,) = compute.status()[0].pids
            await leave(compute)
            await gone(pid)

    run(test)


def test_a_closed_pool_starts_nothing(run: Run) -> None:
    """`close` ends every process, fails the calls in flight and refuses later ones."""

    async def test() -> None:
        async with opened(pool("gate", "shared"), pool("blocked")) as compute:
            held, blocked = compute.stream("gate", {"hold": "a"}), compute.stream("blocked", {})
            pids = [(await anext(one))["pid"] for one in (held, blocked)]
            await compute.close()
            assert not any(map(lives, pids))
            for one in (held, blocked):
                with pytest.raises(WorkerLost, match="the server stops"):
                    await anext(one)
            with pytest.raises(Unavailable, match="closed"):
                await compute.call("gate", {})

    run(test)


def test_the_server_side_loads_nothing_heavy() -> None:
    """The server starts without what workers import."""
    listed = "import sys, nis_backend.drivers.compute.processes; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True, timeout=LIMIT
    ).stdout
    assert {"numpy", "scipy", "multiprocessing", "ctypes"}.isdisjoint(modules.split())


def test_lines_of_a_worker_have_the_ids_of_their_call(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """Promise: a request is found by its id also in what computes for it, each of two at once by its own."""

    async def body() -> None:
        async with opened(pool("logs", "shared", log={"service": "nis-backend-api"})) as compute:

            async def ask(request_id: str) -> None:
                HERE.set(Ids(request_id=request_id, run_id="run-1"))
                await compute.call("logs", {"x": 1})

            await asyncio.gather(ask("r-1"), ask("r-2"))
            assert HERE.get() is NOWHERE

    run(body)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert {line["message"] for line in lines} == {"asked of ['x']"}
    assert {(line["request_id"], line["run_id"], line["pool"]) for line in lines} == {
        ("r-1", "run-1", "logs"),
        ("r-2", "run-1", "logs"),
    }


def test_pools_that_are_added_make_room_for_each_other(run: Run) -> None:
    """At most so many have a process: the one not called for longest ends, and none does that has a call under way."""

    async def body() -> None:
        added = [replace(pool("gate", "shared"), name=f"one-{number}") for number in range(3)]
        async with opened() as compute:
            for one in (added[0], added[1], added[0], added[2]):
                compute.add(one, 2)
                assert await compute.call(one.name, {}) == {"ended": []}
            with pytest.raises(Unavailable, match="no pool 'one-9'"):
                await compute.call("one-9", {})
            [status] = compute.status()
            assert (status.name, status.busy) == ("added", 0)
            held = [compute.stream(one.name, {"hold": "a"}) for one in (added[0], added[2])]
            try:
                for one, items in zip((added[0], added[2]), held, strict=True):
                    compute.add(one, 2)
                    await anext(items)
                with pytest.raises(Busy, match="2 models"):
                    compute.add(added[1], 2)
            finally:
                for items in held:
                    await items.aclose()

    run(body)
