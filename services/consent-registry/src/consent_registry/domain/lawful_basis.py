"""A lawful basis: why a class of data may be processed for a purpose, from when to when.

Pure (P-038, P-052). Special-category data needs an Article 9 condition, criminal-offence data
Article 10 or official authority, and both a condition of DPA 2018 Schedule 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from matricula_chassis.errors import Conflict, FieldFault, Invalid

ORDINARY: Final = "ordinary"
SPECIAL_CATEGORY: Final = "special_category"
CRIMINAL_OFFENCE: Final = "criminal_offence"

ARTICLE_6: Final[Mapping[str, str]] = {
    "art6_1_a": "UK GDPR Article 6(1)(a), consent",
    "art6_1_b": "UK GDPR Article 6(1)(b), contract",
    "art6_1_c": "UK GDPR Article 6(1)(c), legal obligation",
    "art6_1_d": "UK GDPR Article 6(1)(d), vital interests",
    "art6_1_e": "UK GDPR Article 6(1)(e), public task",
    "art6_1_ea": "UK GDPR Article 6(1)(ea), recognised legitimate interests",
    "art6_1_f": "UK GDPR Article 6(1)(f), legitimate interests",
}
ARTICLE_9: Final[Mapping[str, str]] = {
    "art9_2_a": "UK GDPR Article 9(2)(a), explicit consent",
    "art9_2_b": "UK GDPR Article 9(2)(b), employment and social protection law",
    "art9_2_c": "UK GDPR Article 9(2)(c), vital interests",
    "art9_2_g": "UK GDPR Article 9(2)(g), substantial public interest",
    "art9_2_j": "UK GDPR Article 9(2)(j), archiving, research, statistics",
}
ARTICLE_10: Final[Mapping[str, str]] = {
    "art10": "UK GDPR Article 10 with DPA 2018 section 10(5)",
}
SCHEDULE_1: Final[Mapping[str, str]] = {
    "sch1_para1": "DPA 2018 Schedule 1 paragraph 1, employment and social protection",
    "sch1_para6": "DPA 2018 Schedule 1 paragraph 6, statutory and government purposes",
    "sch1_para8": "DPA 2018 Schedule 1 paragraph 8, equality of opportunity or treatment",
    "sch1_para18": "DPA 2018 Schedule 1 paragraph 18, safeguarding",
}
CONDITIONS: Final = {**ARTICLE_6, **ARTICLE_9, **ARTICLE_10, **SCHEDULE_1}

# Each class needs one condition out of every group listed for it.
_NEEDS: Final[Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]]] = {
    ORDINARY: (("an Article 6 condition", ARTICLE_6),),
    SPECIAL_CATEGORY: (
        ("an Article 6 condition", ARTICLE_6),
        ("an Article 9 condition", ARTICLE_9),
        ("a Schedule 1 condition", SCHEDULE_1),
    ),
    CRIMINAL_OFFENCE: (
        ("an Article 6 condition", ARTICLE_6),
        ("the Article 10 condition", ARTICLE_10),
        ("a Schedule 1 condition", SCHEDULE_1),
    ),
}
DATA_CLASSES: Final = tuple(_NEEDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulBasis:
    """One basis of a provider (UKPRN) for a purpose and a data class. Dates are inclusive."""

    basis_id: UUID
    ukprn: int
    purpose: str
    data_class: str
    conditions: tuple[str, ...]
    starts_on: date
    ends_on: date | None = None
    version: int = 1
    registered_by: str = ""

    def __post_init__(self) -> None:
        faults = [
            FieldFault("/conditions", "condition_missing", f"This data class needs {wanted}.")
            for wanted, group in _NEEDS[self.data_class]
            if not group.keys() & set(self.conditions)
        ]
        if not set(self.conditions) <= CONDITIONS.keys():
            faults.append(
                FieldFault("/conditions", "unknown_condition", "A condition is not in the list.")
            )
        # Later versions were ended by somebody, perhaps before the first day: then it never holds.
        is_new = self.version == 1
        if is_new and self.ends_on is not None and self.ends_on < self.starts_on:
            faults.append(
                FieldFault("/ends_on", "before_start", "The basis ends before it starts.")
            )
        if faults:
            raise Invalid("validation-failed", faults=faults)

    def is_in_force(self, on: date) -> bool:
        """Say whether the basis holds on a day (Europe/London)."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)

    def ended(self, on: date) -> "LawfulBasis":
        """Return the basis with its last day; raises Conflict when it has ended before that.

        One that has not begun yet is withdrawn: it will hold on no day.
        """
        if self.ends_on is not None and self.ends_on <= on:
            raise Conflict("basis-state-conflict")
        return replace(self, ends_on=on, version=self.version + 1)
