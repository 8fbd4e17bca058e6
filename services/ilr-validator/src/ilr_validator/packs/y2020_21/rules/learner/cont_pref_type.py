"""ContPrefType: how the learner may be contacted, and what for."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import display
from ilr_validator.engine.record import ContactPreferences, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, is_known, one_of
from ilr_validator.packs.derived.dd06 import earliest_start

FOR_WHAT = "RUI"
HOW = "PMC"


@derived
def preferences_of(b: Batch, kind: str, *codes: float) -> Mask:
    """Tell for each preference whether it is of this type, and of one of the codes if given."""
    mask = b.contacts.ContPrefType.is_any(kind)
    return mask & one_of(b.contacts.ContPrefCode, *codes) if codes else mask


def has_preference(b: Batch, kind: str, *codes: float) -> Mask:
    """Tell for each learner whether it has such a preference."""
    return b.contacts.any(preferences_of(b, kind, *codes))


@rule(ContactPreferences, "ContPrefType", "ContPrefCode")
def ContPrefType_01(b: Batch) -> Mask:
    """The contact preference's code does not exist for its type."""
    contacts = b.contacts
    return ~b.in_list("ContPrefType", contacts, None, contacts.ContPrefType, contacts.ContPrefCode)


@rule(ContactPreferences, "ContPrefType", "ContPrefCode")
def ContPrefType_02(b: Batch) -> Mask:
    """A learner not to be contacted at all can have no further preferences."""
    restricted = has_preference(b, FOR_WHAT, 3, 4, 5)
    others = preferences_of(b, FOR_WHAT, 1, 2, 6, 7) | preferences_of(b, HOW, 1, 2, 3, 4, 5, 6)
    return others & b.contacts.of_parent(restricted)


def _earliest_start(b: Batch, rows: Rows) -> list[str]:
    return [display(start) for start in b.contacts.of_parent(earliest_start(b))[rows]]


@rule(ContactPreferences, ("DD06", _earliest_start), "ContPrefType", "ContPrefCode")
def ContPrefType_03(b: Batch) -> Mask:
    """The contact preference was not valid when the first aim started."""
    contacts = b.contacts
    starts = contacts.of_parent(earliest_start(b))
    asked = is_known(starts)
    return asked & ~b.in_list_at(
        "ContPrefType", contacts, asked, starts, contacts.ContPrefType, contacts.ContPrefCode
    )


@rule(Learners, ("ContPrefType", FOR_WHAT), ("ContPrefCode", "(incompatible combination)"))
def ContPrefType_04(b: Batch) -> Mask:
    """Preferences RUI 1 or 2 of before May 2018 stand beside RUI 6 or 7 of after it."""
    return has_preference(b, FOR_WHAT, 1, 2) & has_preference(b, FOR_WHAT, 6, 7)


def _codes(b: Batch, rows: Rows) -> list[str]:
    chosen = preferences_of(b, HOW)
    return [
        ", ".join(
            f"{code:.0f}" for code in b.contacts.ContPrefCode[chosen & (b.contacts.parent == row)]
        )
        for row in rows
    ]


@rule(Learners, ("ContPrefCode", _codes), ("ContPrefType", HOW))
def ContPrefType_05(b: Batch) -> Mask:
    """Preferences PMC 1, 2 or 3 of before May 2018 stand beside PMC 4, 5 or 6 of after it."""
    return has_preference(b, HOW, 1, 2, 3) & has_preference(b, HOW, 4, 5, 6)


@rule(Learners, ("ContPrefType", FOR_WHAT))
def ContPrefType_06(b: Batch) -> Mask:
    """There are more than two preferences of type RUI."""
    return b.contacts.count(preferences_of(b, FOR_WHAT)) > 2


@rule(Learners, ("ContPrefType", HOW))
def ContPrefType_07(b: Batch) -> Mask:
    """There are more than three preferences of type PMC."""
    return b.contacts.count(preferences_of(b, HOW)) > 3
