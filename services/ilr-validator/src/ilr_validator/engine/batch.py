"""A batch: the columns of some learners with all that rules may ask, and what was asked in vain.

Rules see nothing else. A lookup whose table is absent marks the learners that reached it as *not
run* for the rule at work; the runner starts that list anew for each rule (spec/ilr.md section 0.3).
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import numpy as np

from ilr_validator.engine.code_lists import CodeList, keys_of
from ilr_validator.engine.dates import MIN_DATE
from ilr_validator.engine.facts import FileFacts, Year
from ilr_validator.engine.record import Record
from ilr_validator.engine.reference import ReferenceTable
from ilr_validator.engine.tables import NO_ROW, Table, is_lasting
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import NOTHING, Dates, Mask, Numbers, Rows

AnyReference = TypeVar("AnyReference", bound=ReferenceTable)
NOT_YET: Final[Any] = object()
Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all batches of a run: year, file, code lists, reference data."""

    year: Year
    constants: Mapping[str, Any]
    """What a pack names for its definitions, for example which programme types are of DD07."""
    code_lists: Mapping[str, CodeList]
    file: FileFacts = FileFacts()  # noqa: RUF009 - frozen
    reference: Mapping[type[ReferenceTable], ReferenceTable] | None = None
    is_absent_empty: bool = False
    """Whether an absent table or fact answers "nothing" instead of leaving rules not run."""


class Batch(Record):
    """Learners in columns, the lookups of rules, and the memory of what was derived from them."""

    def __init__(self, tables: dict[type[Table], Table], surroundings: Surroundings) -> None:
        super().__init__(tables)
        self.surroundings = surroundings
        self.year = surroundings.year
        self.constants = surroundings.constants
        self.not_run = np.zeros(self.learners.size, bool)
        self.has_not_run = False
        self._derived: dict[Any, Any] = {}
        self._keys: dict[tuple[int, ...], tuple[tuple[Text | Numbers, ...], Text]] = {}

    def begin(self) -> None:
        """Start the list of learners for whom a rule cannot be judged anew."""
        self.not_run = np.zeros(self.learners.size, bool)
        self.has_not_run = False

    @functools.cached_property
    def first_aims(self) -> Rows:
        """Give for each learner the row of its first aim."""
        rows: Rows = np.searchsorted(self.aims.parent, np.arange(self.learners.size))
        return rows

    # Facts of the file.

    @property
    def ukprn(self) -> float:
        """Give the UKPRN of the file's provider."""
        return self._fact(self.surroundings.file.ukprn, 0.0)

    @property
    def filename_ukprn(self) -> float:
        """Give the UKPRN in the file's name; NaN where the name holds none."""
        return self._fact(self.surroundings.file.filename_ukprn, np.nan)

    @property
    def preparation_date(self) -> float:
        """Give the file preparation date."""
        return self._fact(self.surroundings.file.preparation_date, MIN_DATE)

    @property
    def return_period(self) -> float:
        """Give the number of the return, 1 to 14."""
        return self._fact(self.surroundings.file.return_period, 0.0)

    @property
    def now(self) -> float:
        """Give the moment of the check (UTC)."""
        return self._fact(self.surroundings.file.now, MIN_DATE)

    def _fact(self, value: float, empty: float) -> float:
        if not np.isnan(value):
            return value
        if not self.surroundings.is_absent_empty:
            self.not_run[:] = self.has_not_run = True
        return empty

    # Code lists. A row that is not in `where` is not looked up; the answer for it is false.

    def in_list(
        self,
        name: str,
        table: Table,
        where: Mask | None,
        *keys: Text | Numbers,
        as_written: bool = False,
    ) -> Mask:
        """Tell for each row of `where` whether its key is in a code list, at whatever date.

        Letter case counts where `as_written`.
        """

        def holds(found: CodeList, key: Text) -> Mask:
            return found.holds(key, as_written=as_written)

        return self._answer(name, table, where, holds, keys)

    def in_list_at(
        self, name: str, table: Table, where: Mask | None, dates: Dates, *keys: Text | Numbers
    ) -> Mask:
        """Tell for each row whether its key is in the list and valid at the date (`IsCurrent`)."""

        def current(found: CodeList, key: Text) -> Mask:
            starts, ends = found.starts_and_ends(key)
            result: Mask = (dates >= starts) & (dates <= ends)
            return result

        return self._answer(name, table, where, current, keys)

    def not_after_list(
        self, name: str, table: Table, where: Mask | None, dates: Dates, *keys: Text | Numbers
    ) -> Mask:
        """Tell whether the key is listed and the date not after its last (`IsVaguelyCurrent`)."""

        def vaguely(found: CodeList, key: Text) -> Mask:
            result: Mask = dates <= found.starts_and_ends(key)[1]
            return result

        return self._answer(name, table, where, vaguely, keys)

    def after_list(
        self, name: str, table: Table, where: Mask | None, dates: Dates, *keys: Text | Numbers
    ) -> Mask:
        """Tell whether the key is listed and the date after its last day (`IsExpired`)."""

        def expired(found: CodeList, key: Text) -> Mask:
            result: Mask = dates > found.starts_and_ends(key)[1]
            return result

        return self._answer(name, table, where, expired, keys)

    def _answer(
        self,
        name: str,
        table: Table,
        where: Mask | None,
        ask: Callable[[CodeList, Text], Mask],
        keys: tuple[Text | Numbers, ...],
    ) -> Mask:
        reached = np.ones(table.size, bool) if where is None else where
        if not np.count_nonzero(reached):
            return np.zeros(table.size, bool)
        found = self.surroundings.code_lists.get(name)
        if found is None:
            if not self.surroundings.is_absent_empty:
                self.mark_not_run(table, reached)
            return np.zeros(table.size, bool)
        key = self._key(keys)
        if not found.is_complete:
            self.mark_not_run(table, reached & ~found.holds(key))
        return reached & ask(found, key)

    def _key(self, keys: tuple[Text | Numbers, ...]) -> Text:
        """Join columns to keys, once for all rules that ask with the same ones."""
        if not all(map(is_lasting, keys)):
            return keys_of(*keys)
        of = tuple(map(id, keys))
        kept = self._keys.get(of)
        if kept is None:
            # The columns are kept with it, so that their identity is not given out again.
            kept = self._keys[of] = (keys, keys_of(*keys))
        return kept[1]

    # Reference data.

    def lookup(
        self,
        kind: type[AnyReference],
        table: Table,
        where: Mask,
        keys: Text | Numbers,
        by: str | None = None,
    ) -> tuple[Rows, Rows, AnyReference]:
        """Pair each row of `where` with each row of a reference table that has its key.

        The key is looked for in the table's KEY column, or in the column `by`. Gives the rows of
        `table`, the rows of the reference table (equally long), and that table.
        """
        rows = where.nonzero()[0]
        found = self.whole(kind, table, where)
        if not len(rows) or not found.size:
            return NOTHING, NOTHING, found
        wanted = keys.spread(rows) if isinstance(keys, Text) else keys[rows]
        one, other = found.matching(wanted, by)
        return rows[one], other, found

    def exists(
        self, kind: type[AnyReference], table: Table, where: Mask, keys: Text | Numbers
    ) -> Mask:
        """Tell for each row of `where` whether a reference table has its key."""
        if not isinstance(keys, Text):
            rows, _, _ = self.lookup(kind, table, where, keys)
            return table.mask(rows)
        found = self.whole(kind, table, where)
        if not np.count_nonzero(where):
            return np.zeros(table.size, bool)
        return where & keys.each(found.first_with(keys) >= 0)

    def first(
        self, kind: type[AnyReference], table: Table, where: Mask, keys: Text | Numbers
    ) -> tuple[Rows, AnyReference]:
        """Give each row of `where` the first row of a reference table that has its key.

        NO_ROW stands where there is none, and for the rows that are not in `where`.
        """
        result = np.full(table.size, NO_ROW)
        if not isinstance(keys, Text):
            rows, others, found = self.lookup(kind, table, where, keys)
            result[rows[::-1]] = others[::-1]
            return result, found
        found = self.whole(kind, table, where)
        rows = where.nonzero()[0]
        if len(rows):
            result[rows] = found.first_with(keys).take(keys.codes.take(rows))
        return result, found

    def whole(self, kind: type[AnyReference], table: Table, where: Mask) -> AnyReference:
        """Give a whole reference table to the rows of `where`; empty where it is absent."""
        found = (self.surroundings.reference or {}).get(kind)
        if found is None:
            if not self.surroundings.is_absent_empty:
                self.mark_not_run(table, where)
            found = kind.without_rows()
        return cast("AnyReference", found)

    def mark_not_run(self, table: Table, rows: Mask) -> None:
        """Say that the rule at work cannot be judged for the learners of these rows."""
        if not np.count_nonzero(rows):
            return
        self.has_not_run = True
        if table is self.destinations or table is self.outcomes or table is self.message:
            self.not_run[:] = True
        else:
            self.not_run[table.learner[rows]] = True


def derived(
    function: Callable[Concatenate[Batch, Given], Result],
) -> Callable[Concatenate[Batch, Given], Result]:
    """Keep what a function derives from a batch, so that rules share it.

    Its further arguments must be hashable. It must not look anything up: what a lookup could not
    answer would be remembered for one rule and forgotten for the next.
    """

    @functools.wraps(function)
    def kept(batch: Batch, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        key: Any = function
        if args or kwargs:
            key = (function, args, *kwargs.items()) if kwargs else (function, args)
        memory = batch._derived  # noqa: SLF001 - the other half of the class
        result: Result = memory.get(key, NOT_YET)
        if result is not NOT_YET:
            return result
        result = memory[key] = function(batch, *args, **kwargs)
        if isinstance(result, np.ndarray):
            result.setflags(write=False)  # shared by rules: none may change it for the others
        return result

    return kept
