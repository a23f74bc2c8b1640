"""Small projects, each with a dependency whose worth is known: what an analysis has to find."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SERVICE = """
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    {top}

    async def index(request):
        return JSONResponse({answer})


    app = Starlette(routes=[Route("/", index)])
"""
START = "python -m uvicorn app:app --port {port} --log-level warning"
READY = "http://127.0.0.1:{port}/"


@dataclass(frozen=True, kw_only=True)
class Known:
    """A project, the package that is asked about, and what is true of it."""

    name: str
    package: str
    truth: str
    """What is the case, in words."""
    word: str
    """The verdict that follows."""
    files: Mapping[str, str]
    start: str = START
    ready: str = READY
    smoke: str = ""
    installed: tuple[str, ...] = ()
    """What is installed, where it is not what is required: a conflict cannot be."""
    wants: tuple[str, ...] = field(default=())
    """Words that the evidence has to have."""

    def write(self, folder: Path) -> None:
        """The project's files."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip(), "utf-8")

    def install(self, folder: Path, uv: str, variables: Mapping[str, str]) -> None:
        """Its environment, in `.venv`."""
        python = folder / ".venv/bin/python"
        asked = self.installed or ("-r", str(folder / "requirements.txt"))
        for command in (
            [uv, "venv", "--quiet", str(folder / ".venv")],
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *asked],
        ):
            subprocess.run(command, check=True, env=dict(variables))


def _service(top: str = "", answer: str = '{"ok": True}') -> str:
    return textwrap.dedent(SERVICE).format(top=textwrap.dedent(top).strip(), answer=answer)


SMOKE = """python -c "
import json, urllib.request
print(urllib.request.urlopen('http://127.0.0.1:{port}/').read().decode())"
"""

KNOWN = (
    Known(
        name="unused",
        package="scipy",
        truth="no line uses it, and nothing requires it",
        word="SAFE",
        files={"app.py": _service(), "requirements.txt": "starlette\nuvicorn\nscipy\n"},
        smoke=SMOKE,
    ),
    Known(
        name="third party",
        package="python-multipart",
        truth="the framework imports it where a form is read, and does not require it: forms fail without",
        word="UNSAFE",
        files={
            "app.py": _service()
            .replace('JSONResponse({"ok": True})', 'JSONResponse({"name": (await request.form()).get("name")})')
            .replace('Route("/", index)', 'Route("/", index, methods=["GET", "POST"])'),
            "requirements.txt": "starlette\nuvicorn\npython-multipart\n",
            "smoke.py": """
                import sys, urllib.request
                print(urllib.request.urlopen(sys.argv[1], data=b"name=Ada").read().decode())
            """,
        },
        smoke="python smoke.py http://127.0.0.1:{port}/",
        wants=("starlette",),
    ),
    Known(
        name="optional",
        package="orjson",
        truth="imported where it is there; without it the answer has other bytes",
        word="UNSAFE",
        files={
            "app.py": _service(
                """
                try:
                    import orjson

                    def packed(value):
                        return orjson.dumps(value).decode()
                except ImportError:
                    import json

                    def packed(value):
                        return json.dumps(value)
                """,
                '{"packed": packed({"name": "Zoë", "at": 1})}',
            ),
            "requirements.txt": "starlette\nuvicorn\norjson\n",
        },
        smoke=SMOKE,
        wants=("app.py",),
    ),
    Known(
        name="command",
        package="gunicorn",
        truth="nobody imports it; the Procfile and the image start its command",
        word="UNSAFE",
        files={
            "app.py": """
                def app(environ, start_response):
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [b"ok"]
            """,
            "Procfile": "web: gunicorn --bind 127.0.0.1:$PORT app:app\n",
            "Dockerfile": """
                FROM python:3.11-slim
                COPY . .
                RUN pip install -r requirements.txt
                CMD ["gunicorn", "app:app"]
            """,
            "requirements.txt": "gunicorn\nitsdangerous\n",
        },
        start="gunicorn --bind 127.0.0.1:{port} app:app",
        wants=("Procfile", "Dockerfile"),
    ),
    Known(
        name="plug-in",
        package="pytest-asyncio",
        truth="nobody imports it; pytest finds it by its entry point, and asynchronous tests fail without",
        word="UNSAFE",
        files={
            "app.py": "async def double(value):\n    return 2 * value\n",
            "tests/test_app.py": """
                from app import double


                async def test_it_doubles():
                    assert await double(2) == 4
            """,
            "pytest.ini": """
                [pytest]
                asyncio_mode = auto
                asyncio_default_fixture_loop_scope = function
                pythonpath = .
            """,
            "requirements.txt": "pytest\npytest-asyncio\n",
        },
        start="",
        ready="",
        smoke="python -m pytest -q",
        wants=("pytest",),
    ),
    Known(
        name="conflict",
        package="tensorflow",
        truth="unused, and it requires numpy < 2 beside numpy 2: the two cannot be installed together",
        word="SAFE",
        files={
            "app.py": _service("import numpy", '{"sum": int(numpy.ones(4).sum())}'),
            "requirements.txt": "starlette\nuvicorn\nnumpy>=2\ntensorflow==2.15.1\n",
        },
        installed=("starlette", "uvicorn", "numpy>=2"),
        smoke=SMOKE,
        wants=("numpy", "2.0.0"),
    ),
)
