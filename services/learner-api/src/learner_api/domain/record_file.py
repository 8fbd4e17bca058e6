"""What a learner file is as a whole: its header, its limits, and the refusal of all of it.

Knows no format; the readers are in adapters.files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from matricula_chassis.errors import Invalid

_MEBIBYTE = 1024 * 1024


class FileRefused(Invalid):
    """A file cannot be taken as a whole; nothing of it may stay behind.

    `problem` and `context` say why (slug of the problem catalogue, lines, limits, column names of
    the record); nothing of what the file holds is in them.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a file may ask of us, in bytes.

    `max_bytes`: the file as stored. `max_expanded_bytes`: the content of a zip. `max_ratio`: how
    many times larger that content may be than the zip. `max_record_bytes`: one learner.
    """

    max_bytes: int = 500 * _MEBIBYTE
    max_expanded_bytes: int = 500 * _MEBIBYTE
    max_ratio: int = 200
    max_record_bytes: int = 2 * _MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHead:
    """The header of a file: who made it, for which provider and year.

    `written_at` is the header's DateTime as it stands, which need not have a time zone. `data` is
    the whole header under ILR names.
    """

    ukprn: int
    collection: str
    year: str
    file_preparation_date: date
    serial_no: str
    written_at: str
    software_supplier: str | None
    software_package: str | None
    release: str | None
    data: Mapping[str, Any]
