"""What is looked at before an archive is unpacked: Office's files are ZIP archives of XML, and may be made to burst."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.reading.faults import broken, locked, too_large, with_macros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

MOST_MEMBERS = 20_000
MOST_UNPACKED = 256 * 2**20
"""Bytes of all members together, as the archive says: none yields more than it says."""
MOST_XML = 48 * 2**20
"""Bytes of a part that is held as a tree, which takes some eight times as much."""
MOST_RATIO = 150
"""Of a large part, how many times it is larger than packed: text is packed to a fifth, seldom to a twentieth."""
LARGE = 4 * 2**20
PROLOG = 65_536
"""Bytes of a part in which its root element has to begin."""

_DECLARED = re.compile(rb"<\s*!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ROOT = re.compile(rb"<[A-Za-z_]")
_MACROS = re.compile(r"vbaProject\.bin$|vbaData\.xml$|/macrosheets/", re.IGNORECASE)
_STREAMED = re.compile(r"xl/worksheets/[^/]+\.xml$")


def checked(file: BinaryIO, name: str, *, ignore_macros: bool) -> zipfile.ZipFile:
    """The archive, none of whose parts is encrypted, bursts, declares entities, or is a program.

    Raises:
        InvalidRequest: it is broken or encrypted.
        TooLarge: it unpacks to more than is given to one.
        NotSupported: it has macros.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise broken(name, "the archive that it is is cut short or broken") from None
    members = archive.infolist()
    _refuse_bombs(members, name)
    if any(one.flag_bits & 1 for one in members):
        raise locked(name)
    # The two ways that Office's files have (ECMA-376 part 2, annex B).
    if any(one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for one in members):
        raise broken(name, "its parts are packed as those of no such file are")
    if not ignore_macros and any(_MACROS.search(one.filename) for one in members):
        raise with_macros(name)
    for one in members:
        if one.filename.endswith((".xml", ".rels")):
            _refuse_entities(archive, one, name)
    return archive


def _refuse_bombs(members: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise too_large(name, f"has {len(members)} parts; at most {MOST_MEMBERS} are read", "Save it anew, smaller.")
    whole = sum(one.file_size for one in members)
    if whole > MOST_UNPACKED:
        raise too_large(
            name,
            f"unpacks to {whole} bytes; at most {MOST_UNPACKED} are read",
            "Send it in parts, or without its pictures.",
        )
    for one in members:
        if one.file_size > LARGE and one.file_size > MOST_RATIO * max(1, one.compress_size):
            raise too_large(
                name,
                f"has a part that unpacks to {one.file_size // max(1, one.compress_size)} times its size "
                f"({one.filename}): an archive made to burst",
                "Save it anew with the program that made it.",
            )
        if one.filename.endswith(".xml") and one.file_size > MOST_XML and not _STREAMED.match(one.filename):
            raise too_large(
                name,
                f"has {one.file_size} bytes of text in one part ({one.filename}); at most {MOST_XML} are read",
                "Send it in parts.",
            )


def _refuse_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Office's parts declare no entities (ECMA-376 part 2, 8.1.4): what does is made to burst, or to read files."""
    try:
        with archive.open(member) as part:
            head = part.read(PROLOG).replace(b"\x00", b"")  # in UTF-16 too
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, zlib.error):
        raise broken(name, f"its part {member.filename} is cut short or broken") from None
    root = _ROOT.search(head)
    if _DECLARED.search(head, 0, root.start() if root else len(head)):
        raise broken(name, f"its part {member.filename} declares entities, which no such file has")
