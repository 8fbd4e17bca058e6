"""Zips around a file, and telling what a file is."""

import io
import struct
import zipfile
from typing import Any

import pytest

from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record_file import Limits


@pytest.fixture(name="content")
def _content(ilr: Any) -> bytes:
    content: bytes = ilr.write("xml", ilr.learners(50))
    return content


@pytest.mark.parametrize("kind", ["xml", "csv", "ndjson"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_one_file_in_a_zip_is_read_whatever_its_name(ilr: Any, kind: str, method: int) -> None:
    content = ilr.write(kind, ilr.learners(50))
    for name in (f"ILR.{kind}", "../../etc/passwd", "a/b/c", "C:\\x.bin"):
        packed = ilr.zipped((name, content), method=method)
        file = open_submission(io.BytesIO(packed), media_type="application/zip")
        assert (file.container, file.format) == ("zip", kind)
        assert len(list(file.records())) == 50
        assert file.bytes_read <= file.bytes_total == len(packed)


def test_folders_and_the_shadow_files_of_macos_do_not_count(ilr: Any, content: bytes) -> None:
    packed = ilr.zipped(("data/", b""), ("data/a.xml", content), ("__MACOSX/data/._a.xml", b"x"))
    assert len(ilr.read(packed)) == 50


def test_a_zip64_archive_is_read(ilr: Any, content: bytes) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("a", "w", force_zip64=True) as out:
        out.write(content)
    assert len(ilr.read(stream.getvalue())) == 50


def test_a_zip_with_two_files_is_refused(ilr: Any, content: bytes) -> None:
    refusal = ilr.refusal(ilr.zipped(("a.xml", content), ("b.xml", content)))
    assert refusal.problem == "archive-not-one-file"
    assert refusal.context == {"count": 2}


def test_a_zip_with_no_file_is_refused(ilr: Any) -> None:
    assert ilr.refusal(ilr.zipped()).problem == "archive-not-one-file"
    assert ilr.refusal(ilr.zipped(("folder/", b""))).problem == "archive-not-one-file"


def test_a_zip_with_very_many_entries_is_refused_without_listing_them(ilr: Any) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(25_000):
            archive.writestr(str(number), b"")
    refusal = ilr.refusal(stream.getvalue())
    assert (refusal.problem, refusal.context) == ("archive-not-one-file", {})


def test_a_zip_with_a_password_is_refused(ilr: Any, content: bytes) -> None:
    packed = bytearray(ilr.zipped(("a.xml", content)))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    assert ilr.refusal(bytes(packed)).problem == "archive-encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 97])
def test_an_uncommon_compression_is_refused(ilr: Any, content: bytes, method: int) -> None:
    if method in {9, 97}:
        packed = bytearray(ilr.zipped(("a.xml", content)))
        struct.pack_into("<H", packed, 8, method)
        struct.pack_into("<H", packed, packed.rindex(b"PK\x01\x02") + 10, method)
    else:
        packed = ilr.zipped(("a.xml", content), method=method)
    assert ilr.refusal(bytes(packed)).problem == "archive-unsupported"


def test_a_zip_in_a_zip_is_refused(ilr: Any, content: bytes) -> None:
    inner = ilr.zipped(("a.xml", content))
    assert ilr.refusal(ilr.zipped(("a.zip", inner))).problem == "unknown-format"


def test_a_zip_that_unpacks_to_too_much_is_refused_by_its_directory(
    ilr: Any, content: bytes
) -> None:
    limits = Limits(max_expanded_bytes=len(content) - 1)
    refusal = ilr.refusal(ilr.zipped(("a.xml", content)), limits=limits)
    assert refusal.problem == "archive-bomb"


def test_a_zip_that_unpacks_a_thousandfold_is_refused(ilr: Any) -> None:
    refusal = ilr.refusal(ilr.zipped(("a.xml", b"<" + b" " * 50_000_000)))
    assert refusal.problem == "archive-bomb"
    assert refusal.context == {"limit_ratio": 200}


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_states(ilr: Any) -> None:
    packed = bytearray(ilr.zipped(("a.xml", b"<" + b" " * 50_000_000)))
    directory = packed.rindex(b"PK\x01\x02")
    struct.pack_into("<L", packed, directory + 24, 100_000)
    refusal = ilr.refusal(bytes(packed))
    assert refusal.problem in {"archive-corrupt", "malformed-xml"}


@pytest.mark.parametrize("cut", [4, 30, 200, -1, -30])
def test_a_damaged_zip_is_refused(ilr: Any, content: bytes, cut: float) -> None:
    assert ilr.refusal(ilr.zipped(("a.xml", content))[:cut]).problem == "archive-corrupt"


def test_a_zip_with_a_flipped_byte_is_refused(ilr: Any, content: bytes) -> None:
    packed = bytearray(ilr.zipped(("a.xml", content)))
    for place in range(40, len(packed) - 100, max(1, len(packed) // 60)):
        damaged = packed.copy()
        damaged[place] ^= 0xFF
        refusal = ilr.refusal(bytes(damaged))
        assert refusal.problem in {
            "archive-corrupt", "malformed-xml", "wrong-encoding", "external-entities-forbidden",
            "wrong-namespace", "file-structure-invalid", "header-invalid",
        }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file_is_refused(ilr: Any, content: bytes) -> None:
    assert ilr.refusal(content).problem == "empty-file"
    assert ilr.refusal(ilr.zipped(("a.xml", content))).problem == "empty-file"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7", b"\x89PNG\r\n", b"hello", b"\xd0\xcf\x11\xe0", b"\0"]
)
def test_what_is_none_of_the_formats_is_refused(ilr: Any, content: bytes) -> None:
    assert ilr.refusal(content).problem == "unknown-format"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"filename": "a.xml"}, "malformed-xml"),
        ({"media_type": "text/xml; charset=utf-8"}, "malformed-xml"),
        ({"filename": "A.CSV"}, "csv-missing-columns"),
        ({"media_type": "text/csv"}, "csv-missing-columns"),
        ({"media_type": "application/x-ndjson"}, "malformed-ndjson"),
        ({"filename": "a.ndjson", "media_type": "text/csv"}, "malformed-ndjson"),
    ],
)
def test_a_file_that_shows_no_format_is_judged_by_its_name(
    ilr: Any, options: Any, problem: str
) -> None:
    assert ilr.refusal(b"hello", **options).problem == problem
