"""What a rule is: an official name, a message, the rows that break it, and what it reports of them.

How one is written stands at `rule`; how it is run, in `engine/run.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Destinations, Message, Outcomes
from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows

Scope: TypeAlias = Literal["learner", "message", "destination_and_progression"]
ParameterValues: TypeAlias = "Numbers | Text | Sequence[Any]"
Parameter: TypeAlias = "str | tuple[str, Any]"
Definition = TypeVar("Definition", bound=Callable[[Batch], "Mask | Rows"])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack."""

    name: str
    message: str
    table: type[Table]
    parameters: tuple[Parameter, ...]
    scope: Scope
    reports_aim: bool
    reports_learner: bool
    breaks: Callable[[Batch], "Mask | Rows"]
    """Gives the rows that break the rule."""
    concerns_all: bool = False
    """Whether the rule may be not run also for learners who have no row in its table."""


def rule(
    table: type[Table],
    *parameters: Parameter,
    name: str | None = None,
    scope: Scope | None = None,
    reports_aim: bool = True,
    reports_learner: bool = True,
) -> Callable[[Callable[[Batch], "Mask | Rows"]], Rule]:
    """Make a rule of the function below it.

        @rule(Aims, "LearnStartDate", "LearnActEndDate")
        def LearnActEndDate_01(b: Batch) -> Mask:
            \"\"\"The actual end date is before the start date.\"\"\"
            return b.aims.LearnActEndDate < b.aims.LearnStartDate

    The function's name is the official name and the first line of its docstring is the message that
    users read. It gives the mask of the rows of its table that break the rule, or their row numbers
    (a row twice is reported twice). Parameters are official field names, looked up in the row, then
    in the rows above it, or pairs of a name and a constant or a function of batch and rows.

    `scope` says at which record the rule looks; by default at one learner, or at a destination and
    progression record where its table is one. Rules over a whole file say "message".
    """
    of_destination = issubclass(table, Destinations | Outcomes)
    usual: Scope = "destination_and_progression" if of_destination else "learner"

    def make(function: Callable[[Batch], "Mask | Rows"]) -> Rule:
        return Rule(
            name=name or function.__name__,
            message=(function.__doc__ or "").strip().partition("\n")[0],
            table=table,
            parameters=parameters,
            scope=scope or ("message" if table is Message else usual),
            reports_aim=reports_aim,
            reports_learner=reports_learner,
            breaks=function,
        )

    return make
