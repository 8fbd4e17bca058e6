"""Which aims and which employment statuses go into the new year (appendix B of the specification).

An aim goes on while it has no end date. All aims of a programme go with one that goes on, closed
ones too; so do a programme on a break, and what is completed but not yet known to be achieved.
"""

from collections.abc import Sequence
from typing import Final

from ilr_validator.packs.migrations.entities import Entity

PROGRAMME_AIM: Final = "1"
ON_BREAK: Final = "6"
NOT_YET_KNOWN: Final = "8"
PROGRAMME: Final = ("ProgType", "StdCode", "FworkCode", "PwayCode")


def is_open(aim: Entity) -> bool:
    """Tell whether an aim goes on: it has no end date."""
    return not aim.fields.get("LearnActEndDate")


def is_on_break(aim: Entity) -> bool:
    """Tell whether an aim is on an agreed break."""
    return aim.fields.get("CompStatus") == ON_BREAK


def selected(aims: Sequence[Entity]) -> list[Entity]:
    """Give the aims that go into the new year, in their order."""
    going = [_goes(aim) for aim in aims]
    programmes = {_programme(aim) for aim, goes in zip(aims, going, strict=True) if goes}
    return [
        aim
        for aim, goes in zip(aims, going, strict=True)
        if goes or (aim.fields.get("ProgType") and _programme(aim) in programmes)
    ]


def _goes(aim: Entity) -> bool:
    is_programme = bool(aim.fields.get("ProgType")) and aim.fields.get("AimType") == PROGRAMME_AIM
    return (
        is_open(aim)
        or aim.fields.get("Outcome") == NOT_YET_KNOWN
        or (is_programme and is_on_break(aim))
    )


def _programme(aim: Entity) -> tuple[str, ...]:
    return tuple(aim.fields.get(name, "") for name in PROGRAMME)


def statuses_before_and_after(
    statuses: Sequence[Entity], aims: Sequence[Entity]
) -> tuple[list[Entity], list[Entity]]:
    """Divide employment statuses into those that go into the new year and those that do not.

    The one directly before the earliest start of the aims goes, and every later one. The earliest
    start is the original one where it is there.
    """
    starts = [aim.day("OrigLearnStartDate") or aim.day("LearnStartDate") for aim in aims]
    earliest = min(starts)
    before = [one for one in statuses if one.day("DateEmpStatApp") < earliest]
    last = max((one.day("DateEmpStatApp") for one in before), default="")
    left = [one for one in before if one.day("DateEmpStatApp") < last]
    return [one for one in statuses if not any(one is other for other in left)], left
