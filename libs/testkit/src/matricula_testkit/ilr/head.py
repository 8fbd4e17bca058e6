"""What stands before the learners of a file: header, provider, and the file's name."""

from datetime import datetime
from typing import Any, Final

PREPARED: Final = datetime(2026, 2, 3, 9, 15, 0)  # noqa: DTZ001 - the header's time has no zone
"""When synthetic files say they were written; in the past, so that no check on the future fires."""


def head(ukprn: int, *, written: datetime, serial: int) -> dict[str, Any]:
    """Return Header and LearningProvider of a file of the year 2025-26."""
    return {
        "Header": {
            "CollectionDetails": {
                "Collection": "ILR",
                "Year": "2526",
                "FilePreparationDate": written.date().isoformat(),
            },
            "Source": {
                "ProtectiveMarking": "OFFICIAL-SENSITIVE-Personal",
                "UKPRN": ukprn,
                "SoftwareSupplier": "Synthetic data",
                "SoftwarePackage": "matricula-testkit",
                "Release": "1",
                "SerialNo": f"{serial:02d}",
                "DateTime": written.isoformat(timespec="seconds"),
            },
        },
        "LearningProvider": {"UKPRN": ukprn},
    }


def stem(ukprn: int, *, written: datetime) -> str:
    """Return the file's name without its ending, `ILR-<UKPRN>-2526-<date>-<time>-01`."""
    return f"ILR-{ukprn}-2526-{written:%Y%m%d-%H%M%S}-01"
