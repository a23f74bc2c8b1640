"""Writes down who imports what in each Python process of a project's command: put on its path as `sitecustomize`.

It runs inside the studied interpreter: Python 3.8 or later, nothing but what every start has loaded already. Beside it
stands `settings`: the folder to write to, the modules that are looked for, the folder of their metadata, a line each.
Each process writes a file there, a line for each event, fields parted by tabs:

    process  PID  PARENT  start|fork  ARGUMENTS…
    before   MODULE                          loaded already: by a `.pth` file, or by the start itself
    import   MODULE  IMPORTER  FILE  LINE    begun; the importer is `hook` within a `.pth` line
    failed   MODULE  EXCEPTION
    took     MODULE  SECONDS                 its own, what it imports apart
    has      IMPORTER  FILE  MODULE          found in a module's names: imported there, though it was loaded already
    read     FILE  IMPORTER  ITSFILE         of the metadata
    program|socket|thread  WHAT  MODULE  ITSFILE  DURING   DURING: the module that was being imported, or nothing

The import system's own `_find_and_load` is wrapped, which every import that finds nothing in `sys.modules` goes
through. `sys.meta_path`, `sys.path`, `sys.modules` and tracebacks are as they would be without.
"""

# It uses what every start has loaded and no more, and never fails:
# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH123, UP031, BLE001, S102, S110, SIM105, SLF001
# pyright: reportPrivateUsage=false
import _thread
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MOST_BYTES = 8 << 20
"""Of one process's file."""
MOST_WAITING = 100
LONGEST = 300
MACHINERY = ("importlib", "_frozen_importlib", "_frozen_importlib_external", "importlib_metadata", "pkg_resources")
READING = (*MACHINERY, "pathlib", "zipfile", "io", "codecs", "email", "genericpath", "posixpath", "os", "functools")
STARTING = (*READING, "subprocess", "threading", "concurrent", "multiprocessing", "socket", "asyncio", "contextlib")

WRAPPER = """
def _find_and_load(name, import_):
    entered = _begin(name)
    try:
        return _original(name, import_)
    except BaseException as failure:
        _fail(name, failure)
        raise
    finally:
        _finish(name, entered)
"""


class Trace:
    """The file of this process, and the imports that are going on in each thread."""

    def __init__(self, folder: str, modules: "list[str]", metadata: str) -> None:
        self.folder, self.modules, self.metadata = folder, modules, metadata
        self.tops = {name.partition(".")[0] for name in modules}
        self.loaded = False
        self.open("start")

    def open(self, how: str) -> None:
        """Begin the file of this process."""
        self.path = os.path.join(self.folder, "%d-%d" % (os.getpid(), time.time_ns()))
        self.size = 0
        self.waiting: list[str] = []
        self.going: dict[int, list[tuple[str, float]]] = {}
        self.nested: dict[int, list[float]] = {}
        self.threads = _thread._count()
        words = getattr(sys, "orig_argv", None) or getattr(sys, "argv", [])
        self.write("process", os.getpid(), os.getppid(), how, *words[:20])

    def write(self, *fields: object, later: bool = False) -> None:
        """A line, at once or with the next."""
        self.waiting.append("\t".join([str(one)[:LONGEST].replace("\t", " ").replace("\n", " ") for one in fields]))
        if later and len(self.waiting) < MOST_WAITING:
            return
        data = ("\n".join(self.waiting) + "\n").encode("utf-8", "backslashreplace")
        self.waiting = []
        self.size += len(data)
        if self.size > MOST_BYTES:
            return
        # Opened for each line: a number kept open may be closed by the program, and then be another file's.
        try:
            handle = _open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            return
        try:
            _write(handle, data)
        except OSError:
            pass
        finally:
            _close(handle)

    def is_looked_for(self, name: str) -> bool:
        """Whether a module is one of the package's."""
        return name.partition(".")[0] in self.tops and any(
            name == one or name.startswith(one + ".") for one in self.modules
        )

    def begin(self, name: str) -> float:
        """An import begins; its moment."""
        entered = _clock()
        importer, file, line = _importer(MACHINERY)
        self.write("import", name, importer, file, line)
        thread = _thread.get_ident()
        self.going.setdefault(thread, []).append((name, _clock()))
        self.nested.setdefault(thread, []).append(0.0)
        return entered

    def finish(self, name: str, entered: float) -> None:
        """An import has ended; what it took counts as its importer's nested time."""
        thread = _thread.get_ident()
        stack, nested = self.going.get(thread), self.nested.get(thread)
        if not stack or not nested:
            return
        own = _clock() - stack.pop()[1] - nested.pop()
        self.loaded = self.loaded or self.is_looked_for(name)
        if self.loaded:
            self.scan(name)
        if _thread._count() > self.threads:
            # Not every Python tells of a thread's start by `sys.audit`.
            self.write("thread", "%d more running" % (_thread._count() - self.threads), name, "", name)
        self.threads = max(self.threads, _thread._count())
        self.write("took", name, "%.6f" % own, later=bool(stack))
        if nested:
            nested[-1] += _clock() - entered
        else:
            del self.going[thread], self.nested[thread]

    def scan(self, name: str) -> None:
        """Which of the package's modules, or things of theirs, a module just imported has among its names."""
        if self.is_looked_for(name) or name not in sys.modules:
            return
        try:
            names = object.__getattribute__(sys.modules[name], "__dict__")  # a lazy module stays unloaded
            found = {_home(value) for value in list(names.values())}
        except Exception:
            return
        for one in sorted(found - {""}):
            if self.is_looked_for(one):
                self.write("has", name, str(names.get("__file__", "")), one, later=True)

    def during(self) -> str:
        """The module that this thread is importing."""
        stack = self.going.get(_thread.get_ident())
        return stack[-1][0] if stack else ""

    def heard(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """An event of `sys.audit`."""
        if event == "open":
            path = arguments[0]
            if isinstance(path, str) and "-info" in path and os.path.basename(os.path.dirname(path)) == self.metadata:
                importer, file, _ = _importer(READING)
                self.write("read", os.path.basename(path), importer, file)
            return
        kind = EVENTS.get(event)
        if kind is None:
            return
        importer, file, _ = _importer(STARTING)
        self.threads += kind == "thread"
        frame = sys._getframe(2)
        if event == "os.posix_spawn" and frame.f_globals.get("__name__") == "subprocess":
            return  # told of already
        self.write(kind, _what(event, arguments), importer, file, self.during())


EVENTS = {
    "subprocess.Popen": "program",
    "os.system": "program",
    "os.exec": "program",
    "os.posix_spawn": "program",
    "os.spawn": "program",
    "socket.connect": "socket",
    "socket.bind": "socket",
    "socket.getaddrinfo": "socket",
    "_thread.start_new_thread": "thread",
}


def _what(event: str, arguments: "tuple[Any, ...]") -> str:
    if event == "socket.getaddrinfo":
        return "%s:%s" % (arguments[0], arguments[1])
    if event.startswith("socket."):
        return "%s %s" % (event[7:], arguments[1])
    if event.startswith("_thread"):
        return str(getattr(arguments[0], "__qualname__", "a thread"))
    if event == "os.system":
        return _text(arguments[0])
    words = arguments[2] if event == "os.spawn" else arguments[1]
    if isinstance(words, (str, bytes)) or not words:
        return _text(words or arguments[0])
    return " ".join([_text(one) for one in words])


def _text(word: object) -> str:
    return os.fsdecode(word) if isinstance(word, (str, bytes)) else str(word)


def _home(value: object) -> str:
    """The module that a value is, or comes from; nothing of its own code is run."""
    kind: type = type(value)
    held: Any = value
    if kind is Module:
        return str(object.__getattribute__(held, "__dict__").get("__name__", ""))
    if kind is Function or kind is Builtin:
        return str(value.__module__)
    if issubclass(kind, type):
        return str(type.__getattribute__(held, "__dict__").get("__module__", ""))
    return ""


def _importer(through: "tuple[str, ...]") -> "tuple[str, str, int]":
    """Module, file and line of the code that is at it, seen through modules that only do it for others."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        file = frame.f_code.co_filename
        if frame.f_globals is OWN or name.partition(".")[0] in through or file.startswith("<frozen importlib"):
            frame = frame.f_back
            continue
        if name == "site":
            return "hook", "", 0
        if name == "runpy":
            return "__main__", "", 0
        return name, file, frame.f_lineno
    return "__main__", "", 0


def _begin(name: str) -> float:
    try:
        return TRACE.begin(name)
    except Exception:
        return 0.0


def _fail(name: str, failure: BaseException) -> None:
    try:
        TRACE.write("failed", name, type(failure).__name__)
    except Exception:
        pass


def _finish(name: str, entered: float) -> None:
    try:
        TRACE.finish(name, entered)
    except Exception:
        pass


def _hear(event: str, arguments: "tuple[Any, ...]") -> None:
    if event != "open" and event not in EVENTS:
        return
    thread = _thread.get_ident()
    if thread in BUSY:
        return
    BUSY.add(thread)
    try:
        TRACE.heard(event, arguments)
    except Exception:
        pass
    finally:
        BUSY.discard(thread)


def _forked() -> None:
    BUSY.clear()
    try:
        TRACE.open("fork")
    except Exception:
        pass


def _install() -> None:
    bootstrap: Any = sys.modules["_frozen_importlib"]
    # By its name the file is one of the import system's: tracebacks and warnings leave its frames out.
    names: dict[str, Any] = {
        "_original": bootstrap._find_and_load,
        "_begin": _begin,
        "_fail": _fail,
        "_finish": _finish,
    }
    names["__name__"] = "importlib._bootstrap"
    exec(compile(WRAPPER, "<frozen importlib._bootstrap>", "exec"), names)
    bootstrap._find_and_load = names["_find_and_load"]
    os.register_at_fork(after_in_child=_forked)
    sys.addaudithook(_hear)


def _leave(folder: str) -> None:
    """Take us off the path, so that the project's own `sitecustomize` is found, and what it would see is the same."""
    sys.path[:] = [one for one in sys.path if one != folder]
    sys.path_importer_cache.pop(folder, None)
    sys.modules.pop("sitecustomize", None)


_open, _write, _close, _clock = os.open, os.write, os.close, time.perf_counter
OWN = globals()
BUSY: "set[int]" = set()
Module: type = type(sys)  # pyright: ignore[reportUnknownVariableType]
Function: type = type(_importer)
Builtin: type = type(len)

if __name__ == "sitecustomize":
    HERE = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(HERE, "settings"), encoding="utf-8") as _file:
        _folder, _modules, _metadata = (_file.read() + "\n\n\n").split("\n")[:3]
    TRACE = Trace(_folder, [one for one in _modules.split(",") if one], _metadata)
    for _name in list(sys.modules):
        if TRACE.is_looked_for(_name):
            TRACE.loaded = True
            TRACE.write("before", _name)
    _leave(HERE)
    _install()
    # Where there is none it is not found, as it would not have been: `site` passes over that.
    __import__("sitecustomize")
