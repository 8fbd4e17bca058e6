"""Names of files, and the zip around them: the official rule for each fault."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from ilr_validator.adapters.files.refusals import UnreadableFileError

from . import made

GOOD = made.document(made.numbered(1)).encode()
STEM = made.NAME.removesuffix(".xml")
ZIP = f"{STEM}.zip"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def marked(content: bytes, bits: int) -> bytes:
    """Set flags of the first member, in its own header and in the directory."""
    result = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + place
        (flags,) = struct.unpack_from("<H", content, at)
        struct.pack_into("<H", result, at, flags | bits)
    return bytes(result)


def broken(content: bytes) -> bytes:
    """Spoil the compressed bytes in the middle."""
    middle = len(content) // 3
    return (
        content[:middle]
        + bytes(255 - byte for byte in content[middle : middle + 40])
        + content[middle + 40 :]
    )


NAMES = {
    "learners.xml": "Filename_1",
    "ILR-10000001-2526-20260203-091500.xml": "Filename_1",
    "ILR-00000001-2526-20260203-091500-01.xml": "Filename_1",
    "ILR-10000001-2526-19990203-091500-01.xml": "Filename_1",
    "ILR-10000001-2526-20260230-091500-01.xml": "Filename_1",
    "ILR-10000001-2526-20260203-246000-01.xml": "Filename_1",
    "ILR-1000000\u0661-2526-20260203-091500-01.xml": "Filename_1",
    "ILR-10000001-2425-20260203-091500-01.xml": "Filename_4",
    "ILR-10000001-2526-20260203-091500-1.xml": "Filename_5",
    "ILR-10000001-2526-20260203-091500-001.xml": "Filename_5",
    "ILR-10000001-2526-20260203-091500-00.xml": "Filename_6",
    "ILR-10000001-2526-20260302-091500-01.xml": "Filename_7",
    "ILR-10000001-2526-20260301-120001-01.xml": "Filename_7",
}


@pytest.mark.parametrize(("name", "rule"), NAMES.items())
def test_a_wrong_name_refuses_the_file(tmp_path: Path, name: str, rule: str) -> None:
    run = made.run(tmp_path, GOOD, name=name)
    assert run.rules == {"": {rule}}
    assert run.result.valid_file is None
    assert made.run(tmp_path, GOOD, name=name, checks_name=False).result.learners == 1


@pytest.mark.parametrize(
    "name", [made.NAME, made.NAME.lower(), "ILR-10000001-2526-20260301-120000-99.XML"]
)
def test_a_right_name_is_taken(tmp_path: Path, name: str) -> None:
    assert made.run(tmp_path, GOOD, name=name).result.learners == 1


def test_a_zip_is_judged_as_what_is_in_it(tmp_path: Path) -> None:
    plain = made.run(tmp_path, GOOD)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        run = made.run(
            tmp_path, zipped((made.NAME, GOOD), method=method), name=ZIP, out=tmp_path / f"{method}"
        )
        assert [tuple(row.values()) for row in run.rows] == [
            tuple(row.values()) for row in plain.rows
        ]
        assert run.result.valid_file is not None
        assert run.result.valid_file.name == f"{STEM}-valid.xml"
    mac = zipped((made.NAME.lower(), GOOD), (f"__MACOSX/._{made.NAME}", b"x"))
    assert made.run(tmp_path, mac, name=ZIP, pack=None).result.learners == 1


WHOLE = zipped((made.NAME, GOOD))
ZIPS = {
    "two files": (zipped((made.NAME, GOOD), ("other.xml", GOOD)), "ZIP_CORRUPT"),
    "no file": (zipped(), "ZIP_EMPTY"),
    "a folder alone": (zipped((f"{STEM}/", b"")), "ZIP_EMPTY"),
    "another name": (zipped(("other.xml", GOOD)), "ZIP_INCONSISTENT_FILENAME"),
    "in a folder": (zipped((f"x/{made.NAME}", GOOD)), "ZIP_INCONSISTENT_FILENAME"),
    "outside": (zipped((f"../{made.NAME}", GOOD)), "ZIP_INCONSISTENT_FILENAME"),
    "an empty file": (zipped((made.NAME, b"")), "Schema"),
    "a password": (marked(WHOLE, 0x1), "Protected ZIP file"),
    "a strong password": (marked(WHOLE, 0x41), "Protected ZIP file"),
    "a bomb": (zipped((made.NAME, b" " * 50_000_000)), "ZIP_CORRUPT"),
    "corrupt": (broken(WHOLE), "ZIP_CORRUPT"),
    "corrupt, bzip2": (broken(zipped((made.NAME, GOOD), method=zipfile.ZIP_BZIP2)), "ZIP_CORRUPT"),
    "corrupt, LZMA": (broken(zipped((made.NAME, GOOD), method=zipfile.ZIP_LZMA)), "ZIP_CORRUPT"),
    "wrong checksum": (
        WHOLE.replace(struct.pack("<L", zlib.crc32(GOOD)), b"\0\1\2\3"), "ZIP_CORRUPT"
    ),
    "cut off": (WHOLE[:-30], "ZIP_CORRUPT"),
    "cut in half": (WHOLE[: len(WHOLE) // 2], "ZIP_CORRUPT"),
    "nothing": (b"", "ZIP_CORRUPT"),
    "not a zip": (GOOD, "ZIP_CORRUPT"),
    "its start alone": (b"PK\x03\x04", "ZIP_CORRUPT"),
    "an unknown method": (
        WHOLE.replace(b"\x08\0", b"\x63\0"), "ZIP_CORRUPT"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "rule"), ZIPS.values(), ids=list(ZIPS))
def test_a_wrong_zip_refuses_the_file(tmp_path: Path, content: bytes, rule: str) -> None:
    run = made.run(tmp_path, content, name=ZIP)
    assert run.rules == {"": {rule}}
    assert run.result.valid_file is None


def test_a_zip_of_a_size_that_is_not_allowed_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="too large"):
        made.run(tmp_path, WHOLE, name=ZIP, largest=len(GOOD) - 1)


def test_a_zip_says_its_year_by_its_name(tmp_path: Path) -> None:
    name = ZIP.replace("2526", "9900")
    assert made.run(tmp_path, WHOLE, name=name, pack=None).rules == {"": {"Filename_4"}}
