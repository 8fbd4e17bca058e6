"""Destination and progression records against each other and against the learners of the file."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import add_months
from ilr_validator.engine.record import Destinations, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import (
    Dates,
    Mask,
    Numbers,
    Rows,
    is_known,
    join_sorted,
    one_of,
    take,
)
from ilr_validator.packs.queries.groups import first_repeated
from ilr_validator.packs.y2020_21.rules.cross_entity.file_records import repeated_references

FUNDED = (25, 35, 70, 81)
TRAINEESHIP_OR_STANDARD = (24, 25)
BREAK_IN_LEARNING = 6


@rule(Destinations, scope="message")
def R69(b: Batch) -> Mask:
    """An outcome of this type, code and start date is given twice."""
    outcomes = b.outcomes
    keys = (outcomes.OutCode, outcomes.OutType.folded, outcomes.OutStartDate)
    twice = first_repeated(np.ones(outcomes.size, bool), outcomes.parent, *keys)
    return outcomes.any(outcomes.mask(twice))


@rule(Destinations, scope="message")
def R71(b: Batch) -> Rows:
    """Another destination and progression record has this learner reference number."""
    return np.unique(repeated_references(b.destinations.LearnRefNumber))


@derived
def _matched(b: Batch, *, ignore_case: bool) -> tuple[Rows, Rows]:
    """Pair each learner with each destination record that has the same reference."""
    if not b.destinations.size:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    numbers: dict[str | None, int] = {}

    def coded(references: Text) -> Rows:
        folded = (
            text.upper() if ignore_case and text is not None else text for text in references.values
        )
        keys = [numbers.setdefault(text, len(numbers)) for text in folded]
        return np.array(keys, np.intp)[references.codes]

    learners = coded(b.learners.LearnRefNumber)
    destinations = coded(b.destinations.LearnRefNumber)
    order = np.argsort(destinations, kind="stable")
    one, other = join_sorted(learners, destinations[order])
    return one, order[other]


@derived
def _with_other_uln(b: Batch) -> tuple[Rows, Rows]:
    learners, destinations = _matched(b, ignore_case=False)
    differ = b.learners.ULN[learners] != b.destinations.ULN[destinations]
    return learners[differ], destinations[differ]


def _destination_uln(b: Batch, _rows: Rows) -> Numbers:
    return b.destinations.ULN[_with_other_uln(b)[1]]


def _destination_reference(b: Batch, _rows: Rows) -> Text:
    return b.destinations.LearnRefNumber.take(_with_other_uln(b)[1])


@rule(
    Learners,
    "ULN",
    ("LearnerDestinationandProgression.ULN", _destination_uln),
    ("LearnerDestinationandProgression.LearnRefNumber", _destination_reference),
    scope="message",
)
def R85(b: Batch) -> Rows:
    """The ULN of the learner is not the one of the destination and progression record."""
    learners, _ = _with_other_uln(b)
    return learners


@derived
def _last_end(b: Batch) -> tuple[Dates, Mask]:
    """Give each learner's latest actual end, and whether it began a break in learning."""
    rows = b.aims.row_of_max(b.aims.LearnActEndDate, is_known(b.aims.LearnActEndDate))
    return take(b.aims.LearnActEndDate, rows), take(b.aims.CompStatus, rows) == BREAK_IN_LEARNING


@derived
def _finished(b: Batch) -> Mask:
    """Tell for each learner whether all aims have ended, one is funded, and none is on a break."""
    ended = b.aims.all(is_known(b.aims.LearnActEndDate))
    return ended & b.aims.any(one_of(b.aims.FundModel, *FUNDED)) & ~_last_end(b)[1]


def _has_outcome_since(b: Batch, learners: Rows, destinations: Rows) -> Mask:
    """Tell for each learner whether one of its records has an outcome since its last aim ended."""
    latest = b.outcomes.max(b.outcomes.OutStartDate)
    since = latest[destinations] >= _last_end(b)[0][learners]
    return b.learners.mask(learners[since])


@rule(Learners, scope="message")
def R107(b: Batch) -> Mask:
    """The learner has finished and no destination since then is recorded."""
    mask = _finished(b)
    if not mask.any():
        return mask
    mask = mask & ~b.aims.any(one_of(b.aims.ProgType, *TRAINEESHIP_OR_STANDARD))
    learners, destinations = _matched(b, ignore_case=False)
    _, firsts = np.unique(learners, return_index=True)
    return mask & ~_has_outcome_since(b, learners[firsts], destinations[firsts])


@rule(Learners, scope="message")
def R108(b: Batch) -> Mask:
    """The learner finished two months ago or more and no destination since then is recorded."""
    mask = _finished(b)
    if not mask.any():
        return mask
    mask = mask & b.aims.any(~one_of(b.aims.ProgType, *TRAINEESHIP_OR_STANDARD))
    mask = mask & ~_has_outcome_since(b, *_matched(b, ignore_case=True))
    if not mask.any():
        return mask
    return mask & (b.preparation_date >= add_months(_last_end(b)[0], 2))
