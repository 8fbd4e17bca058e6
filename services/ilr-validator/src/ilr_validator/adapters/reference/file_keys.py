"""The distinct keys that a file needs of reference data: aims, standards, postcodes, providers.

They are what a provider asks its sources for, and what a snapshot is cut down to (nothing of other
providers or of learners elsewhere is kept longer than needed).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "LearnAimRef": {"LearningDelivery": ("LearnAimRef",)},
    "StdCode": {"LearningDelivery": ("StdCode",)},
    "FworkCode": {"LearningDelivery": ("FworkCode",)},
    "Postcode": {
        "Learner": ("Postcode", "PostcodePrior"),
        "LearningDelivery": ("DelLocPostCode", "LSDPostcode"),
        "LearningDeliveryHE": ("HEPostCode",),
    },
    "UKPRN": {"Learner": ("PrevUKPRN", "PMUKPRN"), "LearningDelivery": ("PartnerUKPRN",)},
    "EmpId": {
        "LearnerEmploymentStatus": ("EmpId",),
        "LearningDeliveryWorkPlacement": ("WorkPlaceEmpId",),
    },
    "EPAOrgID": {"LearningDelivery": ("EPAOrgID",)},
    "ConRefNumber": {"LearningDelivery": ("ConRefNumber",)},
    "CampId": {"Learner": ("CampId",)},
    "ULN": {"Learner": ("ULN",)},
    "LearnRefNumber": {"Learner": ("LearnRefNumber", "PrevLearnRefNumber")},
}
"""For each kind of key the fields that hold it, by entity."""
PERSONAL: Final = frozenset({"ULN", "LearnRefNumber"})
"""Kinds of key that say who a learner is: needed to cut a snapshot down, never printed."""


@dataclass(frozen=True, slots=True)
class FileKeys:
    """The keys of one file, in upper case."""

    found: Mapping[str, set[str]] = field(default_factory=lambda: {name: set() for name in COLUMNS})

    def add(self, name: str, texts: Iterable[str | None]) -> None:
        """Add keys of a kind."""
        self.found[name].update(text.upper() for text in texts if text)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Give kind and key of every key that is not personal data, in order."""
        for name, keys in self.found.items():
            if name not in PERSONAL:
                yield from ((name, key) for key in sorted(keys))
