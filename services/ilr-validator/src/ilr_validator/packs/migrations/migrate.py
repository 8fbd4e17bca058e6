"""Takes one learner's record into the new year, and says what a person must enter or decide."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ilr_validator.engine import dates
from ilr_validator.packs.migrations.entities import Entity
from ilr_validator.packs.migrations.plan import FAMS, PAIRS, Action, Plan, Step
from ilr_validator.packs.migrations.selection import (
    is_on_break,
    is_open,
    selected,
    statuses_before_and_after,
)

AIM: Final = "LearningDelivery"
STATUS: Final = "LearnerEmploymentStatus"
LONG_PAST: Final = 2
GIVEN: Final = "given"
"""Stands for a value that is not repeated."""
ON_A_BREAK: Final = "on a break: return a restart when the learner comes back"
NOT_YET_KNOWN: Final = "closed, but the outcome was not yet known: enter it"
ENDED_LONG_AGO: Final = "still open, though its planned end is more than two years ago"
CONTRACT_ENDED: Final = "the aim goes on, but its latest contract ended before the year did"
NOT_LISTED: Final = "whether the code is valid in the new year is not known"


class Decision(NamedTuple):
    """Something that a person must enter, decide or look at."""

    learner: str
    aim: str
    """AimSeqNumber in the old file; empty where it is about the learner."""
    new_aim: str
    """AimSeqNumber in the new file; empty where the aim is not in it."""
    entity: str
    field: str
    was: str
    """The code that stood there, or `given`: other values are not repeated."""
    what: str
    """`enter`, `decide` or `check`."""
    why: str


@dataclass(slots=True)
class Migrated:
    """What became of a learner."""

    learner: Entity | None
    """None where no aim goes into the new year."""
    decisions: list[Decision] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def migrate_learner(learner: Entity, plan: Plan) -> Migrated:
    """Take a learner into the new year."""
    work = _Work(plan, learner.fields.get("LearnRefNumber", ""))
    aims = list(learner.of(AIM))
    going = selected(aims)
    numbers = _numbered(going)
    for aim in aims:
        if id(aim) not in numbers:
            work.leave_aim(aim)
    if not going:
        work.result.counts["learners left behind"] += 1
        return work.result
    statuses, left = statuses_before_and_after(list(learner.of(STATUS)), going)
    work.result.counts["employment statuses left behind"] += len(left)
    kept = {id(one) for one in (*going, *statuses)}
    whole = Entity(
        learner.name,
        learner.fields,
        [one for one in learner.children if one.name not in {AIM, STATUS} or id(one) in kept],
    )
    work.result.learner = work.taken(whole, None, numbers)
    work.result.counts["learners"] += 1
    work.result.counts["aims"] += len(going)
    return work.result


def _numbered(aims: list[Entity]) -> dict[int, int]:
    """Give aims, by identity, their numbers from 1 without gaps, in the order of the old ones."""

    def old(pair: tuple[int, Entity]) -> tuple[int, int]:
        number = pair[1].fields.get("AimSeqNumber", "")
        return (int(number) if number.isdecimal() else 99, pair[0])

    ordered = sorted(enumerate(aims), key=old)
    return {id(aim): number for number, (_, aim) in enumerate(ordered, 1)}


class _Work:
    """The work on one learner: what is known of it, and what is found."""

    def __init__(self, plan: Plan, reference: str) -> None:
        self.plan = plan
        self.reference = reference
        self.result = Migrated(None)

    def leave_aim(self, aim: Entity) -> None:
        """Leave an aim behind; one on a break is not forgotten."""
        self.result.counts["aims left behind"] += 1
        if is_on_break(aim):
            old = aim.fields.get("AimSeqNumber", "")
            self._tell(_Place(old, ""), AIM, "CompStatus", "6", what="check", why=ON_A_BREAK)

    def taken(self, row: Entity, place: "_Place | None", numbers: dict[int, int]) -> Entity:
        """Give an entity, with all below it, as it is in the new year."""
        place = place or _Place("", "")
        new = Entity(row.name, dict(row.fields))
        if row.name == AIM:
            number = str(numbers[id(row)])
            place = _Place(row.fields.get("AimSeqNumber", ""), number, is_open(row))
            new.fields["AimSeqNumber"] = number
            self._look_at_aim(row, place)
        for step in self.plan.of(row.name):
            if step.field:
                self._field(step, row, new, place)
        for child in row.children:
            if self._goes(child, row, place):
                below = self.taken(child, place, numbers)
                if not below.is_empty:
                    new.children.append(below)
        return new

    def _look_at_aim(self, aim: Entity, place: "_Place") -> None:
        if not place.is_open and aim.fields.get("Outcome") == "8":
            self._tell(place, AIM, "Outcome", "8", what="check", why=NOT_YET_KNOWN)
        limit = f"{int(self.plan.year_begins[:4]) - LONG_PAST}-08-01"
        if place.is_open and aim.day("LearnPlanEndDate") < limit:
            self._tell(place, AIM, "LearnPlanEndDate", GIVEN, what="check", why=ENDED_LONG_AGO)

    def _field(self, step: Step, row: Entity, new: Entity, place: "_Place") -> None:
        if step.action is Action.ASK:
            wanted = any(step.fits(aim) for aim in row.of(AIM))
            if wanted and not row.fields.get(step.field):
                self._tell(place, row.name, step.field, "", what="enter", why=step.why)
        elif step.field in new.fields and step.fits(row):
            was = row.fields[step.field] if step.where else GIVEN
            if step.action is Action.RENAME:
                new.fields[step.to] = new.fields.pop(step.field)
            elif step.action is not Action.KEEP:
                del new.fields[step.field]
            self._note(step, place, row.name, step.field, was)

    def _goes(self, child: Entity, parent: Entity, place: "_Place") -> bool:
        """Tell whether an entity below another goes into the new year by the steps for it."""
        return all(
            self._passes(step, child, parent, place)
            for step in self.plan.of(child.name)
            if not step.field and step.fits(child)
        )

    def _passes(self, step: Step, row: Entity, parent: Entity, place: "_Place") -> bool:
        if step.action is Action.VALID:
            return self._is_valid(step, row, place)
        if step.action is Action.REOPEN:
            self._reopen(row, parent, place)
            return True
        if step.action is Action.CONTINUING and place.is_open:
            return True
        self._note(step, place, row.name, "", _code(row))
        return step.action is Action.KEEP

    def _is_valid(self, step: Step, row: Entity, place: "_Place") -> bool:
        key = "".join(row.fields.get(name, "") for name in PAIRS[row.name]).upper()
        valid, code = self.plan.codes.get(key), PAIRS[row.name][1]
        if valid is None and not self.plan.pack.code_lists[FAMS].is_complete:
            self._tell(place, row.name, code, _code(row), what="check", why=NOT_LISTED)
            return True
        if valid is not None and valid[1] >= dates.parse(self.plan.year_begins):
            return True
        self._tell(place, row.name, code, _code(row), what="decide", why=step.why)
        return False

    def _reopen(self, row: Entity, aim: Entity, place: "_Place") -> None:
        """Take the end from the latest contract of an open aim, where it ended with the year."""
        same = [one for one in aim.of(row.name) if _kind(one) == _kind(row)]
        latest = max(one.day("LearnDelFAMDateFrom") for one in same)
        name = "LearnDelFAMDateTo"
        end = row.day(name)
        if not place.is_open or not end or row.day("LearnDelFAMDateFrom") != latest:
            return
        if end >= self.plan.year_ended:
            del row.fields[name]
            self.result.counts["contracts reopened"] += 1
        else:
            self._tell(
                place, row.name, "LearnDelFAMDateTo", GIVEN, what="check", why=CONTRACT_ENDED
            )

    def _note(self, step: Step, place: "_Place", entity: str, name: str, was: str) -> None:
        """Count what a step did, and tell a person where the step says so."""
        what = {Action.ENTER: "enter", Action.DECIDE: "decide", Action.KEEP: "check"}
        if step.action in what:
            self._tell(place, entity, name, was, what=what[step.action], why=step.why)
        else:
            self.result.counts[f"{step.action.value}: {name or entity}"] += 1

    def _tell(
        self, place: "_Place", entity: str, name: str, was: str, *, what: str, why: str
    ) -> None:
        self.result.decisions.append(
            Decision(self.reference, place.old, place.new, entity, name, was, what, why)
        )


class _Place(NamedTuple):
    """The aim that is worked on, by its old and its new number; both empty above the aims."""

    old: str
    new: str
    is_open: bool = True


def _kind(row: Entity) -> str:
    return row.fields.get(PAIRS[row.name][0], "").upper()


def _code(row: Entity) -> str:
    """Give the type and code of a row, or its only code; `given` where it has none."""
    names: tuple[str, ...] = PAIRS.get(row.name, ("LLDDCat",))
    return " ".join(_texts(row, names)) or GIVEN


def _texts(row: Entity, names: tuple[str, ...]) -> Iterator[str]:
    return (row.fields[name] for name in names if name in row.fields)
