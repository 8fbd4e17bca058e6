"""Judges the header of a file, whatever its format, and builds the records of its learners.

A wrong header refuses the file as a whole; a wrong learner never does.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from learner_api.domain.record import Fault, ParsedRecord, usable_reference
from learner_api.domain.record_checks import (
    MAX_FAULTS,
    check_consistency,
    read_entity,
    read_record,
)
from learner_api.domain.record_file import FileHead, FileRefused
from learner_api.domain.record_model import HEADER
from matricula_chassis.errors import FieldFault
from matricula_contracts import fields

KNOWN_YEARS: Final = frozenset(f"{year:02}{year + 1:02}" for year in range(12, 30))
"""Academic years that may be named in a refusal, because they are years and nothing else."""


def read_head(raw: Mapping[str, Any], structure: Sequence[Fault] = ()) -> FileHead:
    """Return the header, or refuse the file: wrong-year, header-invalid or ukprn-mismatch.

    `raw` is everything but the learners under ILR names; `structure` are faults found on the way.
    """
    _refuse_other_year(raw)
    data, faults = read_entity(HEADER, raw, lenient=True)
    faults[:0] = structure
    if faults:
        raise FileRefused(
            "header-invalid",
            faults=[FieldFault(f.pointer or "/", f.code, f.message) for f in faults[:MAX_FAULTS]],
            fields=", ".join(sorted({f.pointer.strip("/") or "Message" for f in faults})),
        )
    details, source = data["Header"]["CollectionDetails"], data["Header"]["Source"]
    if source["UKPRN"] != data["LearningProvider"]["UKPRN"]:
        raise FileRefused("ukprn-mismatch", fields="Header/Source/UKPRN, LearningProvider/UKPRN")
    return FileHead(
        ukprn=source["UKPRN"],
        collection=details["Collection"],
        year=details["Year"],
        file_preparation_date=date.fromisoformat(details["FilePreparationDate"]),
        serial_no=source["SerialNo"],
        written_at=source["DateTime"],
        software_supplier=source.get("SoftwareSupplier"),
        software_package=source.get("SoftwarePackage"),
        release=source.get("Release"),
        data=data,
    )


def _refuse_other_year(raw: Mapping[str, Any]) -> None:
    found: Any = raw
    for name in ("Header", "CollectionDetails", "Year"):
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str) and found != fields.YEAR and found in KNOWN_YEARS:
        raise FileRefused("wrong-year", expected=fields.YEAR, found=found)


def build_record(
    position: int, raw: Mapping[str, Any], structure: Sequence[Fault] = ()
) -> ParsedRecord:
    """Return one learner with its faults; `structure` are those found while taking it apart."""
    data, faults = read_record(raw, lenient=True)
    return ParsedRecord(position, usable_reference(data), data, (*structure, *faults))


def sound_record(position: int, data: dict[str, Any]) -> ParsedRecord:
    """Return one learner whose data is in its normal form and has no fault against the model."""
    return ParsedRecord(position, usable_reference(data), data, tuple(check_consistency(data)))
