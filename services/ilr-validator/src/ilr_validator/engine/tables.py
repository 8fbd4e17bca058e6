"""Tables: the rows of one entity, each below a row of its parent, children of one parent together.

A table declares its columns by annotation: `Numbers`, `Dates` or `Text`. A declared column that the
input does not bring is all null, so that one table serves every year's record.
"""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar, get_type_hints

import numpy as np

from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, begins_group, join_numbered

Column: TypeAlias = Numbers | Text
AnyColumn = TypeVar("AnyColumn", Numbers, Text, Mask)

NO_ROW = -1


def _keep_unchanged(column: "Column | Mask") -> None:
    """Let nobody change a column: rules share it, and what was made of it."""
    if not isinstance(column, Text):
        column.setflags(write=False)


def is_lasting(column: "Column | Mask") -> bool:
    """Tell whether nobody can change a column any more."""
    return isinstance(column, Text) or not column.flags.writeable


class Table:
    """Rows of one entity. `parent` holds for each row its row in `up`, in ascending order."""

    ENTITY: ClassVar[str]
    KINDS: ClassVar[Mapping[str, object]] = {}
    """The declared columns, each with its kind: Numbers, Dates or Text."""

    def __init_subclass__(cls) -> None:
        """Note which columns the table declares."""
        hints = get_type_hints(cls, include_extras=True)
        kinds = (Numbers, Dates, Text)
        cls.KINDS = {name: kind for name, kind in hints.items() if kind in kinds}

    def __init__(
        self, columns: Mapping[str, Column], size: int, *, up: "Table | None" = None,
        parent: Rows | None = None,
    ) -> None:  # fmt: skip
        self.size = size
        self.up = up
        self.parent: Rows = np.zeros(size, np.intp) if parent is None else parent
        self._spread: dict[tuple[int, int], tuple[Any, Any]] = {}
        for name, column in columns.items():
            _keep_unchanged(column)
            setattr(self, name, column)

    def __getattr__(self, name: str) -> Column:
        """Give a declared column that the input did not bring: all null."""
        kind = self.KINDS.get(name)
        if kind is None:
            raise AttributeError("there is no such column", name=name, obj=self)
        column: Column = Text.nulls(self.size) if kind is Text else np.full(self.size, np.nan)
        _keep_unchanged(column)
        setattr(self, name, column)
        return column

    def column(self, name: str) -> Column | None:
        """Give a column by its official name; None where the entity has no such field."""
        column: Column | None = getattr(self, name) if name in self.KINDS else None
        return column

    @functools.cached_property
    def learner(self) -> Rows:
        """Give for each row the row of its learner."""
        if self.up is None or self.up.up is None:
            return np.arange(self.size, dtype=np.intp)
        return self.up.learner[self.parent]

    @property
    def learners(self) -> int:
        """Give the number of learners of the batch."""
        if self.up is None or self.up.up is None:
            return self.size
        return self.up.learners

    # From the parent down to the rows.

    def of_parent(self, values: AnyColumn) -> AnyColumn:
        """Give each row the value of its parent: `fams.of_parent(aims.FundModel)`."""
        return self._below(values, self.parent)

    def of_learner(self, values: AnyColumn) -> AnyColumn:
        """Give each row the value of its learner: `aims.of_learner(learners.DateOfBirth)`."""
        return self._below(values, self.learner)

    def _below(self, values: AnyColumn, rows: Rows) -> AnyColumn:
        """Give the values at rows above; of what nobody can change, once for all who ask."""
        if not is_lasting(values):
            return values.take(rows)
        key = id(values), id(rows)
        kept = self._spread.get(key)
        if kept is None:
            result = values.spread(rows) if isinstance(values, Text) else values.take(rows)
            _keep_unchanged(result)
            # The values are kept with the result, so that their identity is not given out again.
            kept = self._spread[key] = (values, result)
        found: AnyColumn = kept[1]
        return found

    # From the rows up to the parent. A mask says which rows take part.

    @property
    def parents(self) -> int:
        """Give the number of parents, those without a row included."""
        return self.up.size if self.up is not None else 1

    def any(self, mask: Mask) -> Mask:
        """Tell for each parent whether at least one of its rows is in the mask."""
        result = np.zeros(self.parents, bool)
        result[self.parent[mask]] = True
        return result

    def all(self, mask: Mask) -> Mask:
        """Tell for each parent whether all its rows are in the mask; true where it has none."""
        return ~self.any(~mask)

    def count(self, mask: Mask) -> Numbers:
        """Give for each parent the number of its rows in the mask."""
        counts: Numbers = np.bincount(self.parent[mask], minlength=self.parents).astype(np.float64)
        return counts

    def max(self, values: Numbers, mask: Mask | None = None) -> Numbers:
        """Give for each parent the greatest value of its rows in the mask; null for none."""
        return self._extreme(np.fmax, values, mask)

    def min(self, values: Numbers, mask: Mask | None = None) -> Numbers:
        """Give for each parent the least value of its rows in the mask; null if there is none."""
        return self._extreme(np.fmin, values, mask)

    def _extreme(self, ufunc: np.ufunc, values: Numbers, mask: Mask | None) -> Numbers:
        result = np.full(self.parents, np.nan)
        parent = self.parent if mask is None else self.parent[mask]
        if len(parent):
            starts = begins_group(parent).nonzero()[0]
            result[parent[starts]] = ufunc.reduceat(
                values if mask is None else values[mask], starts
            )
        return result

    def sum(self, values: Numbers, mask: Mask) -> Numbers:
        """Give for each parent the sum of the values in the mask, null counting as 0."""
        weights = np.nan_to_num(values[mask])
        return np.bincount(self.parent[mask], weights, self.parents).astype(np.float64)

    def first(self, mask: Mask) -> Rows:
        """Give for each parent its first row in the mask; NO_ROW where there is none."""
        rows = mask.nonzero()[0][::-1]
        result = np.full(self.parents, NO_ROW, np.intp)
        result[self.parent[rows]] = rows
        return result

    def last(self, mask: Mask) -> Rows:
        """Give for each parent its last row in the mask; NO_ROW where there is none."""
        rows = mask.nonzero()[0]
        result = np.full(self.parents, NO_ROW, np.intp)
        result[self.parent[rows]] = rows
        return result

    def row_of_max(self, values: Numbers, mask: Mask) -> Rows:
        """Give for each parent the first row with the greatest value (`OrderByDescending.First`).

        Null counts as the least value, so a row of null is given only where nothing else is there.
        """
        best = self.of_parent(self.max(values, mask))
        return self.first(mask & ((values == best) | (np.isnan(values) & np.isnan(best))))

    def row_of_min(self, values: Numbers, mask: Mask) -> Rows:
        """Give for each parent the first row with the least value (`OrderBy.First`): null first."""
        null = mask & np.isnan(values)
        has_null = self.of_parent(self.any(null))
        best = self.of_parent(self.min(values, mask))
        return self.first(null | (mask & (values == best) & ~has_null))

    # Among the rows themselves.

    def mask(self, rows: Rows) -> Mask:
        """Give the mask in which just these rows stand; negative rows are left out."""
        result = np.zeros(self.size, bool)
        result[rows[rows >= 0]] = True
        return result

    def first_of_parent(self, mask: Mask) -> Mask:
        """Keep of a mask the first row of each parent: for rules that stop at the first hit."""
        return self.mask(self.first(mask))

    def first_of_learner(self, mask: Mask) -> Mask:
        """Keep of a mask the first row of each learner: for rules that stop at the first hit."""
        rows = mask.nonzero()[0]
        if not len(rows):
            return mask
        return self.mask(rows[begins_group(self.learner[rows])])

    def siblings(self, left: Mask, right: Mask) -> tuple[Rows, Rows]:
        """Pair each row of `left` with each row of `right` below the same parent, itself included.

        Gives two arrays of rows of equal length, in the order of `left`, then of `right`.
        """
        left_rows, right_rows = left.nonzero()[0], right.nonzero()[0]
        one, other = join_numbered(self.parent[left_rows], self.parent[right_rows], self.parents)
        return left_rows[one], right_rows[other]

    def pairs(self, mask: Mask, other: "Table", other_mask: Mask) -> tuple[Rows, Rows]:
        """Pair each row of the mask with each row of another table's mask of the same learner."""
        left_rows, right_rows = mask.nonzero()[0], other_mask.nonzero()[0]
        learners = max(self.learners, other.learners)
        one, two = join_numbered(self.learner[left_rows], other.learner[right_rows], learners)
        return left_rows[one], right_rows[two]
