"""How a string, or a word of a setting, names a package: by a dotted path, a plug-in's name, an address's scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from nis_backend.impact.proof.target import Target, schemes

DOTTED = re.compile(r"(?<![\w.\-/@\\$])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?::([A-Za-z_][\w.]*))?(?![\w\-/@(]|\.\w)")
SCHEME = re.compile(r"(?<![\w+.])([a-z][a-z0-9]*)(?:\+([a-z0-9_]+))?(?:\+[a-z0-9_]+)*://", re.IGNORECASE)
DRIVER = re.compile(r"^(?:[a-z][a-z0-9]*)?\+([a-z][a-z0-9_]*)(?=://|$)")
"""A driver in a part of an address: `postgresql+asyncpg`, `+asyncpg://` behind a computed beginning."""
ENDINGS = frozenset(
    {
        *(
            "cfg",
            "com",
            "conf",
            "config",
            "csv",
            "db",
            "dev",
            "gz",
            "html",
            "in",
            "ini",
            "internal",
            "io",
            "js",
            "json",
        ),
        *("local", "lock", "log", "md", "net", "org", "pid", "png", "py", "pyc", "rst", "sh", "so", "sock", "sql"),
        *("sqlite", "svg", "tar", "toml", "txt", "xml", "yaml", "yml", "zip", "service", "whl", "ai", "app", "co"),
    }
)
"""Last parts of names of files and hosts."""
PLUGGED = re.compile(
    r"(?:^|_)(?:apps|plugins?|extensions?|modules|middlewares?|backends?|engine|drivers?|drivername|flavou?r|parser|features"
    r"|dialect|library|loaders?|handlers?|worker_class|worker-class|theme|html_theme|provider|serializer|transport|hiddenimports"
    r"|load-plugins|addopts|required_plugins|p|k|build-backend|http|ws|loop|packages|storage|json_library|compression)(?:\[\]|\.(?:append|extend|add|insert)\(\))?$",
    re.IGNORECASE,
)
"""Names of settings and arguments whose value is a module or a plug-in by its bare name: `engine="pyarrow"`."""
TAKERS = frozenset(
    {"BeautifulSoup()", "use()", "matplotlib.use()", "mpl.use()", "loadPlugin()", "plugin()", "load_plugin()"}
)
VERSIONS = frozenset(
    {
        *(
            "version()",
            "metadata.version()",
            "distribution()",
            "metadata.distribution()",
            "metadata()",
            "get_distribution()",
        ),
        *("pkg_resources.get_distribution()", "pkg_resources.require()", "metadata.metadata()", "metadata.requires()"),
        *(
            "metadata.files()",
            "get_version()",
            "require_version()",
            "package_version()",
            "importlib_metadata.version()",
        ),
    }
)


def dotted(target: Target, text: str) -> Iterator[str]:
    """The dotted names in a text that are the package's."""
    for found in DOTTED.finditer(text):
        name = found[1]
        last = name.rpartition(".")[2]
        if target.has(name) and not (last.lower() in ENDINGS and found[2] is None):
            yield found[0]


def addressed(target: Target, text: str) -> Iterator[str]:
    """The schemes of addresses in a text that name the package: `postgresql+psycopg://`, `redis://`."""
    points = {point.name.lower() for point in target.plugins}
    for found in SCHEME.finditer(text):
        scheme, driver = found[1].lower(), (found[2] or "").lower()
        whole = f"{scheme}+{driver}" if driver else scheme
        if driver:
            named = driver in target.words or f"{scheme}.{driver}" in points or target.key in schemes().get(whole, ())
        else:
            named = scheme in points or target.key in schemes().get(scheme, ())
        if named or (driver and canonicalize_name(driver) == target.key):
            yield f"{whole}://"


def driven(target: Target, text: str) -> Iterator[str]:
    """The drivers of a part of an address that are the package's."""
    yield from (f"+{driver}" for driver in DRIVER.findall(text) if driver in target.words)


def bare(target: Target, text: str, to: str) -> bool:
    """Whether a bare word that is said to a setting or an argument names the package or a plug-in of it."""
    return text.lower() in target.words and (
        bool(PLUGGED.search(to)) or to in TAKERS or to.endswith(("_plugins", "sys.modules"))
    )
