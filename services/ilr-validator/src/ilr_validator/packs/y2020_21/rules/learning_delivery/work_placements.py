"""Work placements of an aim: WorkPlaceEmpId, -EndDate, -Mode, -StartDate, and whether they are."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, WorkPlacements
from ilr_validator.engine.reference import Employers
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, is_known
from ilr_validator.packs.derived import dd14
from ilr_validator.packs.queries.aims import is_of_programme
from ilr_validator.packs.queries.work_placements import (
    has_placement_after_end,
    has_placement_without_employer,
    has_valid_mode,
)

FROM_AUGUST_2014 = day(2014, 8, 1)
TEMPORARY_EMPLOYER = 999_999_999
DAYS_TO_REGISTER = 60
T_LEVEL_PLACEMENT = "ZWRKX003"
INDUSTRY_PLACEMENT = "ZWRKX002"
PLACEMENT_AIMS: Final = (
    "Z0007834", "Z0007835", "Z0007836", "Z0007837", "Z0007838", "Z0002347", "ZWRKX001",
    INDUSTRY_PLACEMENT,
)  # fmt: skip
"""Aims of work experience, supported internships and industry placements, T Levels apart."""


@derived
def _has_placement(b: Batch) -> Mask:
    return b.work_placements.any(np.ones(b.work_placements.size, bool))


# The employer.


def _names_employer(b: Batch) -> Mask:
    ids = b.work_placements.WorkPlaceEmpId
    return is_known(ids) & (ids != TEMPORARY_EMPLOYER)


@rule(WorkPlacements, "WorkPlaceEmpId")
def WorkPlaceEmpId_01(b: Batch) -> Mask:
    """The employer of a work placement is not known."""
    placements = b.work_placements
    named = _names_employer(b)
    if not named.any():
        return named
    return named & ~b.exists(Employers, placements, named, placements.WorkPlaceEmpId)


@rule(WorkPlacements, "WorkPlaceEmpId")
def WorkPlaceEmpId_02(b: Batch) -> Mask:
    """The number of the employer of a work placement has a wrong check digit."""
    named = _names_employer(b)
    if not named.any():
        return named
    return named & ~dd14.has_check_digit(b.work_placements.WorkPlaceEmpId)


def _temporary_employers_of_trainees(b: Batch) -> Mask:
    placements = b.work_placements
    temporary = placements.WorkPlaceEmpId == TEMPORARY_EMPLOYER
    return temporary & placements.of_parent(is_of_programme(b, 24))


def _days_since_start(b: Batch) -> Numbers:
    days: Numbers = b.preparation_date - b.work_placements.WorkPlaceStartDate
    return days


@rule(Aims, ("WorkPlaceEmpId", TEMPORARY_EMPLOYER))
def WorkPlaceEmpId_03(b: Batch) -> Mask:
    """A trainee's work placement still names the temporary employer, for up to sixty days."""
    mask = _temporary_employers_of_trainees(b)
    if mask.any():
        mask = mask & (_days_since_start(b) <= DAYS_TO_REGISTER)
    return b.work_placements.any(mask)


@rule(Aims, ("WorkPlaceEmpId", TEMPORARY_EMPLOYER))
def WorkPlaceEmpId_04(b: Batch) -> Mask:
    """A trainee's work placement names the temporary employer after more than sixty days."""
    mask = _temporary_employers_of_trainees(b)
    if mask.any():
        mask = mask & (_days_since_start(b) > DAYS_TO_REGISTER)
    return b.work_placements.any(mask)


@rule(Aims, "ProgType")
def WorkPlaceEmpId_05(b: Batch) -> Mask:
    """A trainee's work placement names no employer."""
    return is_of_programme(b, 24) & has_placement_without_employer(b)


# Dates and mode.


@rule(WorkPlacements, "WorkPlaceStartDate", "WorkPlaceEndDate")
def WorkPlaceEndDate_01(b: Batch) -> Mask:
    """A work placement ends before it starts."""
    return b.work_placements.WorkPlaceEndDate < b.work_placements.WorkPlaceStartDate


@rule(Aims, "LearnActEndDate")
def WorkPlaceEndDate_02(b: Batch) -> Mask:
    """A work placement ends after its aim ended."""
    return has_placement_after_end(b)


@rule(WorkPlacements, "WorkPlaceMode")
def WorkPlaceMode_01(b: Batch) -> Mask:
    """The mode of a work placement is not on the list of codes."""
    return ~has_valid_mode(b)


@rule(WorkPlacements, "LearnStartDate", "WorkPlaceStartDate")
def WorkPlaceStartDate_02(b: Batch) -> Mask:
    """A work placement starts before its aim."""
    placements = b.work_placements
    return placements.WorkPlaceStartDate < placements.of_parent(b.aims.LearnStartDate)


# Whether there must be a work placement.


@rule(Aims, "LearnAimRef")
def WorkPlaceStartDate_01(b: Batch) -> Mask:
    """An aim of work experience that started from August 2014 has no work placement record."""
    mask = b.aims.LearnAimRef.is_any(*PLACEMENT_AIMS)
    return mask & (b.aims.LearnStartDate >= FROM_AUGUST_2014) & ~_has_placement(b)


@rule(Aims, "LearnAimRef")
def WorkPlaceStartDate_03(b: Batch) -> Mask:
    """A work placement stands on an aim that is not work experience."""
    placed = _has_placement(b)
    if not placed.any():
        return placed
    return placed & ~b.aims.LearnAimRef.is_any(*PLACEMENT_AIMS, T_LEVEL_PLACEMENT)


@rule(Aims, "FundModel")
def WorkPlaceStartDate_04(b: Batch) -> Mask:
    """An industry placement is not funded as 16 to 19 learning (FundModel 25)."""
    placements = b.aims.LearnAimRef.is_any(INDUSTRY_PLACEMENT, T_LEVEL_PLACEMENT)
    return placements & (b.aims.FundModel != 25)


@rule(Aims, ("LearnAimRef", T_LEVEL_PLACEMENT))
def WorkPlacement_01(b: Batch) -> Mask:
    """The industry placement of a T Level has no work placement record."""
    mask = b.aims.LearnAimRef.is_any(T_LEVEL_PLACEMENT)
    return b.aims.first_of_learner(mask & ~_has_placement(b)) if mask.any() else mask
