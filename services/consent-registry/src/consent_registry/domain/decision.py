"""Decides whether a partner may send a provider a data set, for a purpose, on a day.

Pure. Every answer explains itself: what was asked, what it rests on, which rule decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from consent_registry.domain.agreement import Agreement
from consent_registry.domain.lawful_basis import DATA_CLASSES, LawfulBasis

RULE_VERSION: Final = "intake-1"
"""Version of the rule below; it stands in every decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the partner, the provider, the data set, the purpose and the day."""

    partner_id: str
    ukprn: int
    data_set: str
    purpose: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer. `problem` says why not; bases are those in force, by data class."""

    allowed: bool
    problem: str | None
    agreement: Agreement | None
    bases: Mapping[str, LawfulBasis]
    why: Mapping[str, Any]


def decide(
    question: Question, agreements: Sequence[Agreement], bases: Sequence[LawfulBasis]
) -> Decision:
    """Decide from the provider's agreements with the partner and its bases for the purpose.

    Without a live agreement nothing may be sent. A live agreement must name the data set and the
    purpose; of several that do, the newest counts. The classes it agrees, and those with a basis
    in force, are returned for a check record by record.
    """
    live = [one for one in agreements if one.is_live(question.on)]
    fitting = [
        one
        for one in live
        if question.data_set in one.data_sets and question.purpose in one.purposes
    ]
    in_force = {
        data_class: found
        for data_class in DATA_CLASSES
        if (found := _newest_basis(bases, data_class, question)) is not None
    }
    chosen = max(fitting, key=lambda one: (one.starts_on, one.agreement_id.bytes), default=None)
    problem = None
    if chosen is None:
        problem = "agreement-does-not-cover-data-set" if live else "no-live-agreement"
    return Decision(
        allowed=chosen is not None,
        problem=problem,
        agreement=chosen,
        bases=in_force,
        why={
            "rule": RULE_VERSION,
            "asked": {
                "partner_id": question.partner_id,
                "ukprn": question.ukprn,
                "data_set": question.data_set,
                "purpose": question.purpose,
                "on": question.on.isoformat(),
            },
            "agreements_found": len(agreements),
            "agreements_live": len(live),
            "agreement_id": None if chosen is None else str(chosen.agreement_id),
            "bases": {name: str(one.basis_id) for name, one in in_force.items()},
            "result": problem or "allowed",
        },
    )


def _newest_basis(
    bases: Sequence[LawfulBasis], data_class: str, question: Question
) -> LawfulBasis | None:
    found = [
        one
        for one in bases
        if one.data_class == data_class
        and one.purpose == question.purpose
        and one.is_in_force(question.on)
    ]
    return max(found, key=lambda one: (one.starts_on, one.basis_id.bytes), default=None)
