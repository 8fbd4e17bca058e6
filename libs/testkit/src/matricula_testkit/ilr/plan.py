"""Decides, before the first learner is written, which records get which faults and what follows.

The plan holds only the faulty places, so that writing streams whatever the number of learners.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import faults, identifiers
from matricula_testkit.ilr.learners import learner

Record = dict[str, Any]
_DEFAULT_COUNT: Final = 2


class UnknownFaultError(ValueError):
    """A fault that cannot be planted; `asked` is the text it was asked with."""

    def __init__(self, asked: str) -> None:
        super().__init__("unknown fault, or faults that cannot meet in one record")
        self.asked = asked


class TooFewLearnersError(ValueError):
    """The sample is too small for the faults asked for."""

    def __init__(self, *, learners: int, needed: int) -> None:
        super().__init__("too few learners for these faults")
        self.learners = learners
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Request:
    """So many records, each with all of these faults."""

    kinds: tuple[str, ...]
    count: int

    @property
    def places(self) -> int:
        """How many records of the file one of these takes."""
        if faults.SECOND_FILE in self.kinds:
            return 0
        return 1 + sum(kind in faults.EARLIER_AND_LATER for kind in self.kinds)


@dataclass(slots=True)
class _Change:
    """What happens to one record, and the reasons it must get; learners count from 0."""

    plants: list[tuple[faults.Plant, int]] = field(default_factory=list)
    has_real_uln: bool = False
    takes_ref_of: int | None = None
    takes_uln_of: int | None = None
    reasons: set[str] = field(default_factory=set)


def parse(text: str) -> list[Request]:
    """Read `schema:3,duplicate_uln:2`, `uln_check_digit+schema:1`, `all`; "" is none.

    Raises UnknownFaultError naming the part that is wrong.
    """
    asked = [part.strip() for part in text.split(",") if part.strip()]
    parts = [one for part in asked for one in (faults.EVERYTHING if part == "all" else (part,))]
    return [_request(part) for part in parts]


def _request(part: str) -> Request:
    names, _, count = part.partition(":")
    kinds = tuple(dict.fromkeys(faults.ALIASES.get(name, name) for name in names.split("+")))
    is_known = all(kind in faults.KINDS for kind in kinds)
    is_alone = faults.SECOND_FILE not in kinds or len(kinds) == 1
    if not is_known or not is_alone or not (count.isdecimal() or count == ""):
        raise UnknownFaultError(part)
    return Request(kinds, int(count) if count else _DEFAULT_COUNT)


class Plan:
    """The faulty places of one sample.

    `apply` changes a record and says what it must lead to; `conflicts` is the number of records of
    the second file that must contradict somebody of the first.
    """

    def __init__(self, requests: Sequence[Request], *, learners: int, seed: int) -> None:
        self.learners = learners
        self.seed = seed
        self.conflicts = sum(
            request.count for request in requests if faults.SECOND_FILE in request.kinds
        )
        self._changes: defaultdict[int, _Change] = defaultdict(_Change)
        needed = sum(request.places * request.count for request in requests)
        if needed + self.conflicts > learners:
            raise TooFewLearnersError(learners=learners, needed=needed + self.conflicts)
        places = Random(f"places {seed} {learners}").sample(range(learners), needed)
        self._taken = frozenset(places)
        free = iter(places)
        serial = 0
        for request in requests:
            if request.places == 0:
                continue
            for _ in range(request.count):
                *earlier, later = sorted(next(free) for _ in range(request.places))
                self._plan(request.kinds, earlier=earlier, later=later, serial=serial)
                serial += 1

    def apply(self, index: int, record: Record) -> frozenset[str]:
        """Change the record in place where the plan says so; return the reasons it must get."""
        change = self._changes.get(index)
        if change is None:
            return frozenset()
        if change.has_real_uln:
            record["ULN"] = identifiers.uln(self.seed, index)
        for plant, variant in change.plants:
            plant(record, self.seed, variant)
        if change.takes_uln_of is not None:
            record["ULN"] = self._finished(change.takes_uln_of)["ULN"]
        if change.takes_ref_of is not None:
            record["LearnRefNumber"] = identifiers.learn_ref_number(self.seed, change.takes_ref_of)
        return frozenset(change.reasons)

    def untouched(self) -> Iterator[int]:
        """Yield, in an order of the seed's, learners that the plan leaves alone."""
        rng = Random(f"untouched {self.seed} {self.learners}")
        seen = set(self._taken)
        while len(seen) < self.learners:
            index = rng.randrange(self.learners)
            if index not in seen:
                seen.add(index)
                yield index

    def _finished(self, index: int) -> Record:
        record = learner(self.seed, index)
        self.apply(index, record)
        return record

    def _plan(self, kinds: tuple[str, ...], *, earlier: list[int], later: int, serial: int) -> None:
        change = self._changes[later]
        lenders = iter(earlier)
        if "duplicate_learner" in kinds:
            change.takes_ref_of = next(lenders)
            change.reasons.add("duplicate_learner")
        if "duplicate_uln" in kinds:
            change.takes_uln_of = next(lenders)
            self._lend_uln(change, is_wrong="uln_check_digit" in kinds, serial=serial)
        plants = faults.SINGLE if len(kinds) == 1 else faults.BESIDE_OTHERS
        for kind in kinds:
            if kind in plants:
                change.plants.append((plants[kind], serial))
                change.reasons.update(faults.REASONS.get(kind, (kind,)))

    def _lend_uln(self, borrower: _Change, *, is_wrong: bool, serial: int) -> None:
        lender = self._changes[borrower.takes_uln_of or 0]
        lender.has_real_uln = True
        for change in (lender, borrower):
            change.reasons.add("duplicate_uln")
        if is_wrong:
            # both carry the wrong ULN, or they would not share it
            lender.plants.append((faults.break_uln, serial))
            lender.reasons.add("uln_check_digit")
