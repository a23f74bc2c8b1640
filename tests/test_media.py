"""What bytes are is told by the bytes."""

from __future__ import annotations

import pytest

from nis_backend.media import media_type_of

PNG = b"\x89PNG\r\n\x1a\n"
MP4 = b"\x00\x00\x00\x18ftypisom"

TOLD = [
    (PNG, "", "image/png"),
    (PNG, "text/html", "image/png"),
    (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "image/webp"),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "", "audio/wav"),
    (b"RIFF\x00\x00\x00\x00AVI LIST", "", "video/x-msvideo"),
    (b"FORM\x00\x00\x00\x00AIFFCOMM", "", "audio/aiff"),
    (b"BM\x00\x10\x00\x00\x00\x00\x00\x00\x36", "", "image/bmp"),
    (b"BMW is a maker of cars.", "", "text/plain"),
    (b"to find WEBP and WAVE", "", "text/plain"),
    (b"\x00\x00\x01\x00\x01\x00", "", "image/vnd.microsoft.icon"),
    (b"\x00\x00\x00\x1cftypavif", "image/png", "image/avif"),
    (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafavif", "", "image/avif"),
    (b"\x00\x00\x00\x1cftypheic", "", "image/heic"),
    (b"\x00\x00\x00\x1cftypM4A ", "", "audio/mp4"),
    (b"\x00\x00\x00\x1cftypqt  ", "", "video/quicktime"),
    (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", "", "video/x-matroska"),
    (b"\x1aE\xdf\xa3\x93B\x82\x84webm", "audio/webm", "audio/webm"),
    (b"\xff\xfb\x90\x64", "", "audio/mpeg"),
    (b"\xff\xf1\x50\x80", "", "audio/aac"),
    (b"\xff\xfeH\x00i\x00", "", "application/octet-stream"),
    (b"%PDF-1.7", "text/plain", "application/pdf"),
    (MP4, "", "video/mp4"),
    (MP4, "audio/mp4", "audio/mp4"),
    (MP4, "text/html", "video/mp4"),
    (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (b"PK\x03\x04", "text/html", "application/zip"),
    (b"Hello", "", "text/plain"),
    (b"Hello", "text/markdown; charset=utf-8", "text/markdown"),
    (b'{"a": 1}', "application/json", "application/json"),
    (b"Hello", "image/png", "text/plain"),
    ("Grüße".encode()[:-1], "", "text/plain"),
    ("Größe".encode()[:3], "", "text/plain"),
    (b"<!DOCTYPE html><p>", "image/png", "text/html"),
    (b"  <script>alert(1)</script>", "text/plain", "text/html"),
    (b"\xef\xbb\xbf<html>", "text/plain", "text/html"),
    (b'<?xml version="1.0"?><!-- x --><svg xmlns="">', "text/plain", "image/svg+xml"),
    (b"\x00\x01\x02", "", "application/octet-stream"),
    (b"\x00\x01\x02", "text/html", "application/octet-stream"),
    (b"\x00\x01\x02", "application/x-mine", "application/x-mine"),
    (b"\x00\x01\x02", "not a type\r\nx: y", "application/octet-stream"),
    (b"", "", "text/plain"),
]


@pytest.mark.parametrize(("head", "declared", "kind"), TOLD)
def test_the_bytes_tell_and_a_word_counts_where_they_do_not(head: bytes, declared: str, kind: str) -> None:
    """A page of somebody's is never an image, nor a text, because it was called one."""
    assert media_type_of(head, declared) == kind


def test_a_file_of_comments_alone_is_read_at_once() -> None:
    """Each comment can end at any later one's end: tried in every way, this would take longer than there is time."""
    assert media_type_of(b"<!---->" * 580, "") == "text/plain"
