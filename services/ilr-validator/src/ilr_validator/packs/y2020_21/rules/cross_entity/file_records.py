"""Learners of one file against each other: references and ULNs stand in it only once.

These rules need the keys of all learners of the file at once and nothing else of them.
"""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Numbers, Rows, is_known

TEMPORARY_ULN = 9_999_999_999


def repeated_references(references: Text) -> Rows:
    """Give for each record with a reference that others have the first record that has it."""
    keys = references.folded
    rows = np.flatnonzero((np.bincount(keys) > 1)[keys])
    _, firsts, group = np.unique(keys[rows], return_index=True, return_inverse=True)
    return rows[firsts[group]]


def repeated_ulns(ulns: Numbers) -> Rows:
    """Give the records with a ULN that others have, the temporary one apart."""
    rows = np.flatnonzero(is_known(ulns) & (ulns != TEMPORARY_ULN))
    _, group, counts = np.unique(ulns[rows], return_inverse=True, return_counts=True)
    return rows[counts[group] > 1]


@rule(Learners, scope="message")
def R06(b: Batch) -> Rows:
    """Another learner of the file has this learner reference number."""
    return repeated_references(b.learners.LearnRefNumber)


def _provider(b: Batch, rows: Rows) -> Numbers:
    return np.full(len(rows), b.message.LearningProviderUKPRN[0])


@rule(Learners, ("UKPRN", _provider), "ULN", scope="message")
def R59(b: Batch) -> Rows:
    """Another learner of the file has this ULN."""
    return repeated_ulns(b.learners.ULN)
