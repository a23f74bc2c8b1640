# ruff: noqa: INP001, S603 - a script of the Dockerfile, not a package; it starts what it names by its path
"""Takes out of an image what nothing of it uses, and compiles the rest. Prints what each measure saved.

    slim.py base                 Python as the base brings it
    slim.py packages FOLDER      an environment with packages
    slim.py code FOLDER          an environment with nis alone

Written for the Python of the base, with its standard library alone.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path

INSTALLERS = ("pip", "setuptools", "wheel", "uv")
"""Distributions that only install others. (ctranslate2 asks for setuptools, which it imports on Windows.)"""

NEVER_IMPORTED = ("ensurepip", "idlelib", "lib2to3/tests", "pydoc_data", "test", "tkinter", "turtledemo")
"""Of the standard library: what installs pip, draws windows, explains Python's words, and tests Python itself."""

CONVERTED = re.compile(r"(?:UTF|UNICODE|ISO8859-|CP125|gconv-modules).*")
"""Of glibc's converters, those of Unicode and of one byte for a letter. Python reads texts by its own; OpenCV's FFmpeg
asks for one where a film's subtitles are drawn, and apt where it speaks another language."""

AWS = (
    *("s3", "sts", "sso", "sso-oidc", "signin", "iam", "ecs", "ecr", "cloudformation", "logs", "elbv2", "cloudwatch"),
    *(
        "application-autoscaling",
        "autoscaling",
        "secretsmanager",
        "ssm",
        "ec2",
        "rds",
        "elasticache",
        "kafka",
        "pricing",
    ),
    *("acm", "route53", "budgets", "resourcegroupstaggingapi"),
)
"""Services of AWS that nis speaks to, and those that give it its rights. Botocore brings the words of 400 others."""

SPOKEN = re.compile(r"(?:root|en(?:_.*)?)\.dat")
"""Of babel's languages, what a2ui-core falls back to: nis has it check surfaces, and never has it format a number."""

SOURCES = re.compile(r"\.(?:pyi|pyx|pxd|pxi|c|cc|cpp|h|hpp|cuh|a|lib|cmake|f90|la)")
"""What compilers and type checkers read. There are none in the image."""

UNSPOKEN = (
    *(f"google/{name}" for name in ("api_core", "auth", "cloud", "gapic", "logging", "longrunning", "oauth2")),
    *("pyasn1", "pyasn1_modules"),
    *(f"confluent_kafka/{name}" for name in ("avro", "kafkatest", "schema_registry")),
    *("sqlalchemy/testing", "alembic/testing"),
)
"""Clients of Google's cloud and of schema registries, and tests' tools: they come along, and nothing imports them.

(a2a-sdk asks for google-api-core, and takes of it only the messages of googleapis-common-protos.)"""

ARROW = ("libarrow_flight.so*", "_flight.*.so", "libarrow_s3.so*", "_s3fs.*.so")
"""Of Arrow, what speaks to its own servers and to S3: nis reads Parquet from files."""

TESTED = ("numpy", "pyarrow", "scipy", "onnxruntime", "torch", "google", "psycopg_pool", "sympy", "networkx", "mpmath")
"""Packages whose folders `tests` are theirs alone. (numpy.testing and torch.testing are imported, and stay.)"""


COLOURED = re.compile(
    r"(?:__init__|_mapping|bash|c_cpp|configs|css|data|diff|html|javascript|markup|python|shell|special|sql)\..*"
)
"""Of pygments' languages, those whose code answers usually hold: another is compiled where it is coloured."""


def sizes(paths: Iterable[Path]) -> int:
    """Bytes of files, and of those in folders."""
    return sum(
        one.lstat().st_size
        for path in paths
        for one in ([*path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path])
        if one.is_symlink() or one.is_file()
    )


def remove(what: str, paths: Iterable[Path]) -> None:
    """Remove files and folders, and say how many bytes that were."""
    found = [path for path in paths if path.is_symlink() or path.exists()]
    saved = sizes(found)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    sys.stdout.write(f"{what}: {saved / 1e6:.1f} MB\n")


def installed(site: Path, names: Iterable[str]) -> Iterator[Path]:
    """Every file of distributions, and their folders."""
    for one in distributions(path=[str(site)]):
        if one.name.lower() in names:
            for file in one.files or ():
                yield Path(str(one.locate_file(file)))
            yield from (site / str(file).split("/")[0] for file in one.files or () if str(file)[0] != ".")


def compile_all(folder: Path) -> None:
    """Compile for good: what is compiled is not compared with its source, whose times an image need not keep.

    Without the columns of each instruction: a traceback names the line, and does not underline a part of it.
    """
    remove("compiled before", folder.rglob("__pycache__"))
    options = ["-q", "-q", "-f", "-r", "64", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([sys.executable, "-X", "no_debug_ranges", "-m", "compileall", *options, folder], check=False)
    sys.stdout.write(f"compiled: {sizes(folder.rglob('__pycache__')) / 1e6:.1f} MB\n")


def strip(folder: Path) -> None:
    """Libraries without what only a debugger reads. One that then cannot be loaded, but could before, is put back.

    What auditwheel has put into folders `NAME.libs` was moved about already, and stays as it is.
    """
    tool, before, after = shutil.which("strip"), 0, 0
    libraries = [path for path in folder.rglob("*.so*") if path.is_file() and path.parent.suffix != ".libs"]
    if tool is None:
        sys.exit("The program strip is not here: it comes with binutils.")
    for path in libraries:
        lean = path.with_name(f"{path.name}.lean")
        done = subprocess.run([tool, "--strip-unneeded", "-o", lean, path], capture_output=True, check=False)
        if done.returncode or (lean.stat().st_size < path.stat().st_size and loads(path) and not loads(lean)):
            sys.stdout.write(f"as it was: {path.name}\n")
        elif lean.stat().st_size < path.stat().st_size:
            before, after = before + path.stat().st_size, after + lean.stat().st_size
            shutil.copymode(path, lean)
            lean.replace(path)
        lean.unlink(missing_ok=True)
    sys.stdout.write(f"symbols for debuggers: {(before - after) / 1e6:.1f} MB\n")


def loads(path: Path) -> bool:
    """Whether the linker takes a library, with all that it stands on."""
    load = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    return not subprocess.run([sys.executable, "-c", load, path], capture_output=True, check=False).returncode


def earlier(service: Path) -> list[Path]:
    """All but the newest form of a service, by the days that folders are named for, which is what is spoken."""
    return sorted(service.glob("[0-9]*-[0-9]*-[0-9]*/"))[:-1]


def base() -> None:
    """Python without installers, and no program that makes its caller root."""
    library = Path(sysconfig.get_path("stdlib"))
    for site in {Path(sysconfig.get_path("purelib")), library / "site-packages", library / "dist-packages"}:
        remove(
            f"installers in {site}", [*installed(site, INSTALLERS), site / "_distutils_hack", site / "pkg_resources"]
        )
    remove("modules that nothing imports", [library / name for name in NEVER_IMPORTED])
    remove("wheels of installers", [Path("/usr/share/python-wheels")])
    converters = (one for folder in Path("/usr/lib").glob("*/gconv") for one in folder.iterdir())
    remove("converters of other scripts", (one for one in converters if not CONVERTED.fullmatch(one.name)))
    remove("time zones with leap seconds", [Path("/usr/share/zoneinfo/right")])
    remove("what debconf was before", Path("/var/cache/debconf").glob("*-old"))
    headers = Path(sysconfig.get_path("include"))
    remove("headers", (one for one in headers.rglob("*.h") if one.name != "pyconfig.h"))
    scripts = Path(sysconfig.get_path("scripts"))
    remove("programs", [*scripts.glob("pip*"), *scripts.glob("wheel*"), *scripts.glob("idle*")])
    compile_all(library)
    for folder in ("/usr", "/bin", "/sbin", "/opt"):
        for path in Path(folder).rglob("*"):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                path.chmod(mode & ~(stat.S_ISUID | stat.S_ISGID))


def packages(site: Path) -> None:
    """Packages without installers, tests, and what only a compiler reads."""
    remove("installers", installed(site, INSTALLERS))
    remove("sources", (path for path in site.rglob("*") if SOURCES.fullmatch(path.suffix) and path.is_file()))
    remove("tests", [path for name in TESTED for path in (site / name).rglob("tests") if path.is_dir()])
    remove("onnxruntime for programs in C, a second time", (site / "onnxruntime/capi").glob("libonnxruntime.so.*"))
    remove("clients that nothing speaks through", (site / name for name in UNSPOKEN))
    remove("Arrow's clients of servers", (one for name in ARROW for one in (site / "pyarrow").glob(name)))
    remove("services of AWS", (one for one in (site / "botocore/data").glob("*/") if one.name not in AWS))
    remove("their earlier forms", [old for one in (site / "botocore/data").glob("*/") for old in earlier(one)])
    remove("languages", (one for one in (site / "babel/locale-data").glob("*") if not SPOKEN.fullmatch(one.name)))
    strip(site)
    compile_all(site)
    languages = (site / "pygments/lexers/__pycache__").glob("*")
    remove("languages of code, compiled", (one for one in languages if not COLOURED.fullmatch(one.name)))


def code(site: Path) -> None:
    """Our own package, without where its wheel lay when it was installed."""
    remove("where it came from", site.glob("*.dist-info/direct_url.json"))
    compile_all(site)


def main(mode: str, *folders: str) -> None:
    """Do what the command line says."""
    if mode == "base":
        base()
        return
    (site,) = (Path(folders[0]) / "lib").glob("python3*/site-packages")
    {"packages": packages, "code": code}[mode](site)


if __name__ == "__main__":
    main(*sys.argv[1:])
