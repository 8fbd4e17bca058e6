"""Apprenticeship contract types (ACT) of an aim: one after the other, and up to its end."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_null, take_mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.employment import has_monitoring
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.y2020_21.rules.cross_entity.act_records import (
    ACT,
    acts_without_employment,
    employment_at_start,
    overlapping_acts,
)

KEPT = carried("2020-21", R_102="R102", R_104="R104", R_121="R121", R_122="R122", R_123="R123")


@rule(FAMs, ACT, "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def R_101(b: Batch) -> Mask:
    """Two contract types of the aim apply at the same time."""
    return overlapping_acts(b)


def _acts_of_mixed_learners(b: Batch) -> Mask:
    """Tell which ACTs are of learners with more than one contract type."""
    acts = fams_of(b, "ACT")
    rows = np.flatnonzero(acts)
    learner, code = b.fams.learner[rows], b.fams.LearnDelFAMCode.codes[rows]
    changes = (learner[1:] == learner[:-1]) & (code[1:] != code[:-1])
    if not changes.any():
        return np.zeros(b.fams.size, bool)
    return acts & b.fams.of_learner(b.learners.mask(learner[1:][changes]))


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", reports_aim=False)
def R_105(b: Batch) -> Rows:
    """Different contract types of the learner apply at the same time."""
    fams = b.fams
    acts = _acts_of_mixed_learners(b)
    one, other = fams.pairs(acts, fams, acts)
    starts, ends, codes = (
        fams.LearnDelFAMDateFrom,
        fams.LearnDelFAMDateTo,
        fams.LearnDelFAMCode.codes,
    )
    if not len(one):
        return one
    overlap = (starts[one] <= starts[other]) & (is_null(ends[one]) | (starts[other] <= ends[one]))
    hits = np.sort(other[overlap & (codes[one] != codes[other])])
    _, firsts = np.unique(fams.learner[hits], return_index=True)
    return hits[firsts]


def _made_redundant(b: Batch) -> Mask:
    """Tell for each learner whether the latest employment status says so (OET 1)."""
    statuses = b.employments
    every = np.ones(statuses.size, bool)
    latest = statuses.row_of_max(statuses.DateEmpStatApp, every)
    return take_mask(has_monitoring(b, "OET", 1), latest)


def _status(b: Batch, rows: Rows) -> Numbers:
    return employment_at_start(b, b.fams.mask(rows))[rows]


@rule(
    FAMs,
    ("EmpStat", _status),
    "FundModel",
    "LearnDelFAMType",
    "LearnDelFAMCode",
    "LearnDelFAMDateFrom",
)
def R_110(b: Batch) -> Mask:
    """The learner is not employed when an apprenticeship contract with an employer starts."""
    mask = acts_without_employment(b)
    if not mask.any():
        return mask
    mask = mask & ~b.fams.of_parent(has_fam(b, "RES")) & ~b.fams.of_learner(_made_redundant(b))
    return b.fams.first_of_parent(mask)
