"""The provider's own file of the year before: its aims, for rules that look across years."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.importing.destination import Destination
from ilr_validator.engine.reference import PriorYearLearners

FROM_LEARNER: Final = ("PrevUKPRN", "PMUKPRN", "ULN", "LearnRefNumber", "PrevLearnRefNumber")


def import_prior_year(path: Path, into: Destination) -> None:
    """Take in an ILR file of an earlier year, in whatever namespace.

    Raises SnapshotError where it is malformed or no ILR file.
    """
    name = f"{PriorYearLearners.ENTITY}.csv"
    try:
        into.write(name, list(PriorYearLearners.KINDS), _aims(path))
    except (OSError, etree.XMLSyntaxError):
        raise SnapshotError("is no XML that can be read", file=path.name) from None
    if not into.rows[name]:
        raise SnapshotError("holds no learner with an aim", file=path.name)


def _aims(path: Path) -> Iterator[list[str]]:
    learner: dict[str, str] = {}
    aim: dict[str, str] = {}
    aims: list[dict[str, str]] = []
    ukprn = _provider(path)
    events = etree.iterparse(
        str(path), events=("end",), resolve_entities=False, no_network=True, huge_tree=False
    )
    for _, element in events:
        name = etree.QName(element).localname
        if name == "Learner":
            learner = {etree.QName(one).localname: one.text or "" for one in element}
            for one in aims:
                yield _row(ukprn, learner, one)
            aims = []
        elif name == "LearningDelivery":
            aim = {etree.QName(one).localname: one.text or "" for one in element}
            aims.append(aim)
        if name in {"Learner", "LearnerDestinationandProgression"}:
            element.clear()


def _provider(path: Path) -> str:
    events = etree.iterparse(str(path), events=("end",), resolve_entities=False, no_network=True)
    for _, element in events:
        name = etree.QName(element).localname
        if name == "LearningProvider":
            return str(element.findtext("{*}UKPRN") or "")
        if name == "Learner":
            break
    raise SnapshotError("does not name its provider", file=path.name)


def _row(ukprn: str, learner: dict[str, str], aim: dict[str, str]) -> list[str]:
    found = {"UKPRN": ukprn} | {name: learner.get(name, "") for name in FROM_LEARNER}
    return [found[name] if name in found else aim.get(name, "") for name in PriorYearLearners.KINDS]
