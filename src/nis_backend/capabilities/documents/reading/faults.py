"""What is wrong with a file, as the failure that its sender is told: the file's name, the fault and the remedy."""

from __future__ import annotations

from nis_backend.errors import InvalidRequest, NotSupported, TooLarge, WrongMedia

FIELD = "document"


def broken(name: str, what: str) -> InvalidRequest:
    """A file that begins as what it is and does not go on as that."""
    return InvalidRequest(
        f"{_called(name)} cannot be read: {what}.",
        field=FIELD,
        value=name,
        remedy="Send the whole file, as it was made; if a program opens it, save it anew there.",
    )


def locked(name: str) -> InvalidRequest:
    """A file that opens with a password only."""
    return InvalidRequest(
        f"{_called(name)} is encrypted: it opens with a password only.",
        field=FIELD,
        value=name,
        remedy="Save a copy without the password, and send that.",
    )


def too_large(name: str, what: str, remedy: str) -> TooLarge:
    """A file that would take more than is given to one."""
    return TooLarge(f"{_called(name)} {what}.", field=FIELD, value=name, remedy=remedy)


def unread(name: str, kind: str, remedy: str) -> WrongMedia:
    """A file of a kind that is not read."""
    return WrongMedia(f"{_called(name)} is {kind}, which is not read here.", field=FIELD, value=name, remedy=remedy)


def with_macros(name: str) -> NotSupported:
    """A file with programs in it."""
    return NotSupported(
        f"{_called(name)} has macros: programs that run where it is opened.",
        field=FIELD,
        value=name,
        remedy="Save it without macros (.docx, .xlsx, .pptx), or set ignore_macros: then its text is read, "
        "and no macro is run.",
    )


def _called(name: str) -> str:
    return repr(name) if name else "The document"
