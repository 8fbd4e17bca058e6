"""Runs rules over a batch: which rows broke which rule, and who could not be judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import Parameter, Rule
from ilr_validator.engine.tables import NO_ROW, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Rows, take

FILE_DATES: Final = frozenset({"FilePreparationDate", "FilePrepDate"})
DATE_NAMES: Final = FILE_DATES.union(
    *({name for name, sort in kind.KINDS.items() if sort is Dates} for kind in Batch.NAMES)
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule found in one batch."""

    rule: Rule
    rows: Rows
    """The rows of the rule's table that broke it."""
    not_run: Mask | None
    """The learners for whom the rule could not be judged; None where it was judged for all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule, as it is reported."""

    rule: Rule
    learner: int
    """The row of the learner in the batch; -1 where the rule names none."""
    aim: int
    """The place of the aim among the learner's aims, from 0; -1 where the rule names none."""
    learn_ref_number: str | None
    aim_seq_number: int | None
    parameters: tuple[tuple[str, Any], ...]
    """Names and values: int, float, str, None; dates as dd/MM/yyyy."""
    row: int
    """The row of the rule's table in the batch."""


def run(batch: Batch, rules: Iterable[Rule]) -> Iterator[Outcome]:
    """Evaluate each rule on the whole batch; gives those broken or not judged by somebody.

    Who has no row in the rule's table cannot break it, whatever could not be asked: a rule without
    rows is not evaluated, and not run only for learners who have some.
    """
    for each in rules:
        table = batch.table(each.table)
        is_of_learner = each.scope == "learner" and not each.concerns_all
        if is_of_learner and not table.size:
            continue
        if batch.has_not_run:
            batch.begin()
        rows = _rows(each.breaks(batch))
        if not batch.has_not_run:
            if len(rows):
                yield Outcome(each, rows, None)
            continue
        if each.scope != "learner":
            batch.not_run[:] = True
            yield Outcome(each, rows[:0], batch.not_run)
            continue
        if is_of_learner:
            batch.not_run &= _have_rows(batch, table)
        rows = rows[~batch.not_run[table.learner[rows]]]
        if batch.not_run.any():
            yield Outcome(each, rows, batch.not_run)
        elif len(rows):
            yield Outcome(each, rows, None)


def _have_rows(batch: Batch, table: Table) -> Mask:
    has = np.zeros(len(batch.not_run), bool)
    has[table.learner] = True
    return has


def _rows(found: Mask | Rows) -> Rows:
    if found.dtype.kind == "b":
        return found.nonzero()[0]
    return found[found >= 0].astype(np.intp)


def findings(batch: Batch, outcome: Outcome) -> list[Finding]:
    """Build what is reported of each breach. Costly next to finding them, so for breaches only."""
    rows = outcome.rows
    if not len(rows):
        return []
    rule = outcome.rule
    table = batch.table(rule.table)
    names = [
        parameter if isinstance(parameter, str) else parameter[0] for parameter in rule.parameters
    ]
    values = [_values(batch, table, rows, parameter) for parameter in rule.parameters]
    references, learners = _learners(batch, table, rows)
    aims = _aims(table, rows) if rule.reports_aim else np.full(len(rows), NO_ROW)
    sequences = take(batch.aims.AimSeqNumber, aims).tolist()
    places = _places(batch, aims)
    return [
        Finding(
            rule=rule,
            learner=learners[place],
            aim=places[place],
            learn_ref_number=references[place] if rule.reports_learner else None,
            aim_seq_number=_plain(sequences[place]),
            parameters=tuple(
                (name, value)
                for name, column in zip(names, values, strict=True)
                for value in _each(column[place])
            ),
            row=int(rows[place]),
        )
        for place in range(len(rows))
    ]


def _each(value: Any) -> tuple[Any, ...]:
    """Give the values of a parameter that is sent once for each of several things."""
    return value if isinstance(value, tuple) else (value,)


def _learners(batch: Batch, table: Table, rows: Rows) -> tuple[list[str | None], list[int]]:
    if table is batch.destinations or table is batch.outcomes:
        own = rows if table is batch.destinations else table.parent[rows]
        return _texts(batch.destinations.LearnRefNumber.take(own)), [-1] * len(rows)
    if table is batch.message:
        return [None] * len(rows), [-1] * len(rows)
    learner = table.learner[rows]
    return _texts(batch.learners.LearnRefNumber.take(learner)), learner.tolist()


def _aims(table: Table, rows: Rows) -> Rows:
    while not isinstance(table, Aims):
        if table.up is None:
            return np.full(len(rows), NO_ROW)
        table, rows = table.up, table.parent[rows]
    return rows


def _places(batch: Batch, aims: Rows) -> list[int]:
    """Give the place of each aim among the aims of its learner."""
    places = np.full(len(aims), NO_ROW)
    those = aims >= 0
    places[those] = aims[those] - batch.first_aims[batch.aims.learner[aims[those]]]
    return places.tolist()


def _values(batch: Batch, table: Table, rows: Rows, parameter: Parameter) -> list[Any]:
    if isinstance(parameter, str):
        name, source = parameter, _field(batch, table, rows, parameter)
    else:
        name, source = parameter
        if callable(source):
            source = source(batch, rows)
        elif not isinstance(source, list | np.ndarray | Text):
            source = [source] * len(rows)
    if isinstance(source, Text):
        return _texts(source)
    if not isinstance(source, np.ndarray):
        return list(source)
    if name in DATE_NAMES:
        return [None if np.isnan(value) else dates.display(value) for value in source]
    return [_plain(value) for value in source.tolist()]


class NoSuchFieldError(LookupError):
    """A rule sends a parameter that neither its table nor one above it has."""

    def __init__(self, field: str, entity: str) -> None:
        super().__init__("there is no such field in the table or above it", field, entity)
        self.field = field
        self.entity = entity


def _field(batch: Batch, table: Table, rows: Rows, name: str) -> Any:
    if name == "UKPRN":
        return np.full(len(rows), batch.ukprn)
    if name in FILE_DATES:
        return np.full(len(rows), batch.preparation_date)
    above: Table | None = table
    while above is not None:
        column = above.column(name)
        if column is not None:
            return column.take(rows)
        rows, above = above.parent[rows], above.up
    raise NoSuchFieldError(name, table.ENTITY)


def _plain(value: float) -> Any:
    if value != value:  # noqa: PLR0124 - NaN
        return None
    return int(value) if float(value).is_integer() else value


def _texts(column: Text) -> list[str | None]:
    return [column.values[code] for code in column.codes]
