"""Records that a learner or an aim may have only once."""

from collections.abc import Sequence

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import (
    AimMonitorings,
    ContactPreferences,
    Employments,
    FAMs,
    LearnerFAMs,
    LearnerMonitorings,
    Learners,
    LLDDProblems,
    WorkPlacements,
)
from ilr_validator.engine.rule import rule
from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.queries.groups import first_repeated, numbered


def _every(table: Table) -> Mask:
    return np.ones(table.size, bool)


def _upper(texts: Text, rows: Rows, absent: str | None = None) -> Sequence[str | None]:
    found = (texts.at(row) for row in rows)
    return [absent if text is None else text.upper() for text in found]


@derived
def _repeated_aims(b: Batch) -> Rows:
    return first_repeated(_every(b.aims), b.aims.parent, b.aims.AimSeqNumber)


def _repeated_numbers(b: Batch, rows: Rows) -> Sequence[str]:
    repeats = _repeated_aims(b)
    of_learner = [repeats[b.aims.parent[repeats] == row] for row in rows]
    numbers = np.nan_to_num(b.aims.AimSeqNumber)  # an absent number is 0 in the official model
    return [", ".join(str(int(numbers[aim])) for aim in aims) for aims in of_learner]


@rule(Learners, ("AimSeqNumber", _repeated_numbers))
def R07(b: Batch) -> Mask:
    """Two aims of the learner have the same sequence number."""
    return b.aims.any(b.aims.mask(_repeated_aims(b)))


@rule(Employments, "DateEmpStatApp")
def R43(b: Batch) -> Rows:
    """Two employment statuses of the learner apply from the same date."""
    return first_repeated(_every(b.employments), b.employments.parent, b.employments.DateEmpStatApp)


@rule(LLDDProblems, "LLDDCat")
def R45(b: Batch) -> Rows:
    """The learner has the same learning difficulty, disability or health problem twice."""
    return first_repeated(_every(b.lldd_problems), b.lldd_problems.parent, b.lldd_problems.LLDDCat)


@rule(ContactPreferences, "ContPrefType", "ContPrefCode")
def R47(b: Batch) -> Rows:
    """The learner has the same contact preference twice."""
    contacts = b.contacts
    keys = (contacts.ContPrefType.codes, contacts.ContPrefCode)
    return first_repeated(_every(contacts), contacts.parent, *keys)


def _learner_occurrence(b: Batch, rows: Rows) -> Sequence[str | None]:
    return _upper(b.learner_monitorings.ProvSpecLearnMonOccur, rows, "")


@rule(LearnerMonitorings, ("ProvSpecLearnMonOccur", _learner_occurrence))
def R49(b: Batch) -> Rows:
    """The learner has the same provider-specified monitoring occurrence twice."""
    monitorings = b.learner_monitorings
    occurrences = monitorings.ProvSpecLearnMonOccur.folded
    return first_repeated(_every(monitorings), monitorings.parent, occurrences)


def _aim_occurrence(b: Batch, rows: Rows) -> Sequence[str | None]:
    return _upper(b.aim_monitorings.ProvSpecDelMonOccur, rows)


@rule(AimMonitorings, ("ProvSpecDelMonOccur", _aim_occurrence))
def R50(b: Batch) -> Rows:
    """The aim has the same provider-specified monitoring occurrence twice."""
    monitorings = b.aim_monitorings
    occurrences = monitorings.ProvSpecDelMonOccur.folded
    return first_repeated(_every(monitorings), monitorings.parent, occurrences)


def _learner_fam_type(b: Batch, rows: Rows) -> Sequence[str | None]:
    return _upper(b.learner_fams.LearnFAMType, rows, "")


@rule(LearnerFAMs, ("LearnFAMType", _learner_fam_type), "LearnFAMCode")
def R51(b: Batch) -> Rows:
    """The learner has the same funding and monitoring type and code twice."""
    fams = b.learner_fams
    keys = (fams.LearnFAMType.folded, fams.LearnFAMCode)
    return first_repeated(_every(fams), fams.parent, *keys)


def _first_spelling(b: Batch, rows: Rows) -> Text:
    """Give the type as the aim's first record of that type spells it."""
    types = numbered(b.fams.parent, b.fams.LearnDelFAMType.folded)
    _, firsts, group = np.unique(types, return_index=True, return_inverse=True)
    return b.fams.LearnDelFAMType.take(firsts[group[rows]])


@rule(FAMs, ("LearnDelFAMType", _first_spelling), "LearnDelFAMCode")
def R52(b: Batch) -> Rows:
    """The aim has the same funding and monitoring type and code twice."""
    fams = b.fams
    codes = fams.LearnDelFAMCode.folded
    joint = fams.LearnDelFAMType.folded.astype(np.int64) * (codes.max(initial=0) + 1) + codes
    return first_repeated(~fams.LearnDelFAMType.is_any("ACT", "ALB", "LSF"), fams.parent, joint)


@rule(WorkPlacements, "WorkPlaceStartDate", "WorkPlaceEmpId")
def R67(b: Batch) -> Rows:
    """Two work placements of the aim have the same employer and start date."""
    placements = b.work_placements
    keys = (placements.WorkPlaceStartDate, placements.WorkPlaceEmpId)
    return first_repeated(_every(placements), placements.parent, *keys)


@rule(WorkPlacements, "WorkPlaceStartDate", reports_aim=False)
def R96(b: Batch) -> Rows:
    """Two work placements of the learner start on the same date."""
    placements = b.work_placements
    return first_repeated(_every(placements), placements.learner, placements.WorkPlaceStartDate)
