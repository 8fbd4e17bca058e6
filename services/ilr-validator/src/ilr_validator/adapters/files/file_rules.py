"""Which rules of the file's name are judged here, and which cannot be, with the reason."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.engine.reference import Organisations
from ilr_validator.packs.pack import Pack

OF_THE_NAME: Final = frozenset(f"Filename_{number}" for number in range(1, 9))
OF_WHAT_CAME_BEFORE: Final[Mapping[str, str]] = {
    "Filename_2": "what the provider sent before is not known",
    "Filename_8": "what the provider sent before is not known",
    "Inconsistent UKPRN": "who sends the file is not known",
}
NO_ORGANISATIONS: Final = "no table organisations"
NAME_NOT_JUDGED: Final = "the name of the file was not to be judged"


def provider_check(reference: Snapshot) -> Callable[[float], bool] | None:
    """Give what tells whether a UKPRN is a provider's; None where the reference data lacks it."""
    table = cast("Organisations | None", reference.tables.get(Organisations))
    if table is None:
        return None
    known = frozenset(table.UKPRN.tolist())
    return known.__contains__


def file_rules_not_run(pack: Pack, reference: Snapshot, *, is_name_judged: bool) -> dict[str, str]:
    """Give the file rules of the pack that are not judged, with the reason."""
    reasons = dict(OF_WHAT_CAME_BEFORE)
    if Organisations not in reference.tables:
        reasons["Filename_3"] = NO_ORGANISATIONS
    if not is_name_judged:
        reasons |= dict.fromkeys(OF_THE_NAME, NAME_NOT_JUDGED)
    return {rule: reason for rule, reason in reasons.items() if rule in pack.facts}
