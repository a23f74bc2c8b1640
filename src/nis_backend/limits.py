"""What a field takes of pictures, sounds and films, and how much of one: refused by its header, before any work.

    class Classify(Model):
        image: Annotated[Blob, Picture()] = Field(description="The photograph.")
        sounds: list[Annotated[Blob, Sound(seconds=60)]] = Field(max_length=8, description="…")

Whoever calls the operation on whatever surface, the one place that resolves blobs (`Shelf.resolve`) looks at the bytes
before a worker starts: of another media type, it is `WrongMedia`; broken or empty, `InvalidRequest`; larger than the
field's own limits or the server's (`NIS_MAX_PIXELS`, `NIS_MAX_FRAMES`, `NIS_MAX_MEDIA_SECONDS`), `TooLarge`. The JSON
schema says what is taken as `accepts`. A header is a claim: in the worker, `blob.limits` are the same limits, and what
decodes holds to them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic_core import core_schema

from nis_backend.errors import InvalidRequest, TooLarge, WrongMedia
from nis_backend.media import media_type_of
from nis_backend.record import record

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from nis_backend.headers.span import Facts

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/avif")
"""What `pictures.py` opens."""
SOUNDS = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg", "audio/aiff")
"""What libsndfile decodes."""
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS = (
    "application/pdf",
    f"{_OFFICE}wordprocessingml.document",
    f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}presentationml.presentation",
    "application/zip",  # office files of which nobody says more
    "text/html",
    "message/rfc822",
)
"""What documents are read from (`capabilities/documents/reading`), beside plain texts, pictures and sounds."""
FILMS = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "image/gif")
"""What OpenCV decodes."""

LONGEST_SIDE = 32_766
"""Pixels of a side: OpenCV's warping counts them in 16 bits."""

HEAD = 4096
"""Bytes by which a media type is told."""


@record
class Limits:
    """The most that is decoded of one file."""

    pixels: int = 50_000_000
    """Width × height; as numbers of three colours each takes three bytes."""
    frames: int = 2_000
    """Pictures in one file: of an animation, the pages of a TIFF, of a film."""
    seconds: float = 3_600.0
    """How long a sound or a film plays."""

    def narrowed(self, pixels: int | None, frames: int | None, seconds: float | None) -> Limits:
        """These, and no more than each of those that is not None."""
        return Limits(
            pixels=self.pixels if pixels is None else min(self.pixels, pixels),
            frames=self.frames if frames is None else min(self.frames, frames),
            seconds=self.seconds if seconds is None else min(self.seconds, seconds),
        )


USUAL = Limits()


@record
class Media:
    """A blob field's media types, and its own limits where they are narrower than the server's.

    As an annotation of `Blob` or `Blob | None`; of a list, it stands at the items.
    """

    types: tuple[str, ...]
    pixels: int | None = None
    frames: int | None = None
    seconds: float | None = None

    def within(self, limits: Limits) -> Limits:
        """The server's limits, narrowed to the field's."""
        return limits.narrowed(self.pixels, self.frames, self.seconds)

    def check(self, file: BinaryIO, declared: str, field: str, limits: Limits) -> None:
        """Refuse what is not taken, by the header of a file at its beginning, where it is left.

        Raises:
            WrongMedia: it is of no media type that the field takes.
            InvalidRequest: it is empty, or its header is broken.
            TooLarge: its header tells more than is taken.
        """
        from nis_backend.headers.reading import facts_of  # noqa: PLC0415 - loads with the first picture or sound
        from nis_backend.headers.span import Broken  # noqa: PLC0415 - as above

        place = file.tell()
        head = file.read(HEAD)
        file.seek(place)
        if not head:
            raise InvalidRequest(f"{field} has no bytes.", field=field, remedy=f"Send {self._wanted}.")
        kind = media_type_of(head, declared)
        if kind not in self.types:
            raise WrongMedia(
                f"{field} is {kind}, which is not taken here.",
                field=field,
                value=kind,
                remedy=f"Send {self._wanted}. What it is is told by the bytes, not by its name.",
            )
        limits = self.within(limits)
        try:
            facts = facts_of(file, kind, limits.frames)
        except Broken:
            raise InvalidRequest(
                f"{field} begins as {kind} and does not go on as one: it is cut short or broken.",
                field=field,
                value=kind,
                remedy="Send the whole file, as it was made.",
            ) from None
        _refuse(facts, field, limits)

    @property
    def _wanted(self) -> str:
        return " or ".join(", ".join(self.types).rsplit(", ", 1))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The blob itself is marked with what its field takes: whoever resolves it sees no annotations."""
        from nis_backend.blob import Blob  # noqa: PLC0415 - it stands on this module

        def marked(value: Blob | None) -> Blob | None:
            return value if value is None else value.taken_as(self)

        return core_schema.no_info_after_validator_function(marked, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        schema["accepts"] = list(self.types)
        return schema


def Picture(*, pixels: int | None = None, frames: int | None = None) -> Media:  # noqa: N802 - an annotation
    """A field that takes a picture, of which the first frame is looked at."""
    return Media(types=PICTURES, pixels=pixels, frames=frames)


def Sound(*, seconds: float | None = None) -> Media:  # noqa: N802 - as above
    """A field that takes a sound."""
    return Media(types=SOUNDS, seconds=seconds)


def Film(*, pixels: int | None = None, frames: int | None = None, seconds: float | None = None) -> Media:  # noqa: N802
    """A field that takes a film; `pixels` are those of one frame."""
    return Media(types=FILMS, pixels=pixels, frames=frames, seconds=seconds)


def _refuse(facts: Facts, field: str, limits: Limits) -> None:
    """Refuse what is larger than the limits; see `Media.check`."""
    width, height = facts.width, facts.height
    if width is not None and height is not None:
        refuse_sides(width, height, field, limits)
    if facts.frames is not None and facts.frames > limits.frames:
        raise TooLarge(
            f"{field} has more than {limits.frames} pictures in it.",
            field=field,
            value=facts.frames,
            remedy="Send fewer.",
        )
    if facts.seconds is not None and not facts.seconds <= limits.seconds:
        raise TooLarge(
            f"{field} plays {facts.seconds:.1f} s; at most {limits.seconds:g} s are taken.",
            field=field,
            value=facts.seconds,
            remedy="Send a part of it.",
        )


def refuse_sides(width: int, height: int, field: str, limits: Limits) -> None:
    """Refuse a picture by its sides, in pixels.

    Raises:
        TooLarge: there are more than the limits allow.
        InvalidRequest: there are none.
    """
    if not (width and height):
        raise InvalidRequest(
            f"{field} has no pixels.", field=field, value=f"{width} × {height}", remedy="Send another."
        )
    if width * height > limits.pixels or max(width, height) > LONGEST_SIDE:
        raise TooLarge(
            f"{field} has {width} × {height} pixels; at most {limits.pixels} are read, "
            f"and no side longer than {LONGEST_SIDE}.",
            field=field,
            value=f"{width} × {height}",
            remedy="Send it smaller.",
        )
