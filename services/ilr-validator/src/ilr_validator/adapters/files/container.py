"""The outermost stage: the name of the file, and the zip around it (spec/ilr.md section 3.2).

The order of the checks is that of the official upload page; the first failure wins.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Final

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal, UnreadableFileError
from ilr_validator.adapters.files.sources import Source, Workspace

NAME: Final = re.compile(
    r"ILR-(?P<ukprn>[1-9]\d{7})-(?P<year>\d{4})-(?P<date>20\d{6})-(?P<time>\d{6})-(?P<serial>\d+)"
    r"\.(?P<kind>xml|zip)",
    re.IGNORECASE | re.ASCII,
)
LARGEST: Final = 500 * 1024 * 1024
HIGHEST_RATIO: Final = 200
ENCRYPTED: Final = 0x1 | 0x40
ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""Of a zip with a file, and of one with none."""
BROKEN: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, EOFError,
    NotImplementedError, ValueError, OSError,
)  # fmt: skip
"""What the zip module raises for bytes that are no sound zip. OSError: bzip2, and wrong places."""
PIECE: Final = 1024 * 1024
UNPACKED: Final = "unpacked.xml"
NOT_OF_THE_FORM: Final = "The file name is not of the form ILR-UKPRN-year-date-time-serial.xml."


def ukprn_in(name: str) -> int | None:
    """Give the UKPRN in a file's name; None where the name is not of the official form."""
    parts = NAME.fullmatch(name)
    return int(parts["ukprn"]) if parts else None


def year_in(name: str) -> str | None:
    """Give the academic year in a file's name, as "2025-26"; None where it has none."""
    parts = NAME.fullmatch(name)
    return f"20{parts['year'][:2]}-{parts['year'][2:]}" if parts else None


def check_name(
    name: str, *, pack: str, now: datetime, is_provider: Callable[[float], bool] | None
) -> None:
    """Check a file's name; `now` is UK time. `is_provider` None: nobody knows the providers.

    Raises FileRefusedError with the first file rule that the name breaks. What was sent before
    (Filename_2 and _8) is not judged here.
    """
    year = pack[2:4] + pack[5:7]
    parts = NAME.fullmatch(name)
    if parts is None:
        raise _refused("Filename_1", NOT_OF_THE_FORM, name)
    if parts["year"] != year:
        message = f"The year in the file name is not {year}."
        raise _refused("Filename_4", message, name)
    if len(parts["serial"]) != 2:  # noqa: PLR2004 - the official length
        raise _refused("Filename_5", "The serial number in the file name has not two digits.", name)
    if parts["serial"] == "00":
        raise _refused("Filename_6", "The serial number in the file name is 00.", name)
    try:
        made = datetime.strptime(parts["date"] + parts["time"], "%Y%m%d%H%M%S")  # noqa: DTZ007 - UK time
    except ValueError:
        raise _refused("Filename_1", "Date or time in the file name do not exist.", name) from None
    if made > now.replace(tzinfo=None):
        raise _refused("Filename_7", "The date and time in the file name are in the future.", name)
    if is_provider is not None and not is_provider(int(parts["ukprn"])):
        raise _refused("Filename_3", "There is no provider with the UKPRN in the file name.", name)


def _refused(rule: str, message: str, name: str) -> FileRefusedError:
    return FileRefusedError(Refusal(rule, message, parameters=(("Filename", name),)))


def unpacked(
    source: Source, name: str, work: Workspace, *, largest: int = LARGEST
) -> tuple[Source, str]:
    """Give the XML file and its name: the file itself, or what is in the zip, unpacked into `work`.

    Raises FileRefusedError for a broken file rule, UnreadableFileError where it is too large.
    """
    stem = Path(name).stem
    is_zip = source.read(0, 4) in ZIP_STARTS or Path(name).suffix.lower() == ".zip"
    if not is_zip:
        _check_size(source.size, largest)
        return source, name
    target = f"{stem}.xml"
    try:
        with source.stream() as stream, zipfile.ZipFile(stream) as archive:
            member = _only_member(archive, stem)
            _check_size(member.file_size, largest)
            if member.file_size > max(member.compress_size, 1024) * HIGHEST_RATIO:
                raise FileRefusedError(Refusal("ZIP_CORRUPT", "The zip grows suspiciously large."))
            with archive.open(member) as content, work.create(UNPACKED) as copy:
                _copy(content, copy)
    except _NoRoomError as error:
        raise error.reason from None
    except BROKEN:
        raise FileRefusedError(Refusal("ZIP_CORRUPT", "The zip cannot be read.")) from None
    except RuntimeError:
        raise FileRefusedError(Refusal("Protected ZIP file", "The zip has a password.")) from None
    return work.source(UNPACKED), target


class _NoRoomError(Exception):
    """The unpacked file cannot be written: that is no fault of the zip."""

    def __init__(self, reason: OSError) -> None:
        super().__init__("the unpacked file cannot be written")
        self.reason = reason


def _copy(content: IO[bytes], copy: BinaryIO) -> None:
    while piece := content.read(PIECE):
        try:
            copy.write(piece)
        except OSError as error:
            raise _NoRoomError(error) from error


def _only_member(archive: zipfile.ZipFile, stem: str) -> zipfile.ZipInfo:
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    if not members:
        raise FileRefusedError(Refusal("ZIP_EMPTY", "There is no file in the zip."))
    if members[0].flag_bits & ENCRYPTED:
        raise FileRefusedError(Refusal("Protected ZIP file", "The zip has a password."))
    if len(members) > 1:
        raise FileRefusedError(Refusal("ZIP_CORRUPT", "There is more than one file in the zip."))
    if members[0].filename.lower() != f"{stem}.xml".lower():
        message = "The file in the zip does not bear the name of the zip."
        raise FileRefusedError(Refusal("ZIP_INCONSISTENT_FILENAME", message))
    return members[0]


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise UnreadableFileError("the file is too large", bytes=size, allowed=largest)
    if size == 0:
        raise FileRefusedError(Refusal("Schema", "The file is empty."))
