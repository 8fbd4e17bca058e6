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
    ukprn = ""
    aims: list[dict[str, str]] = []
    with path.open("rb") as stream:
        events = etree.iterparse(
            stream, events=("end",), resolve_entities=False, no_network=True, huge_tree=False
        )
        for _, element in events:
            name = etree.QName(element).localname
            if name == "LearningProvider":
                ukprn = element.findtext("{*}UKPRN") or ""
            elif name == "LearningDelivery":
                aims.append(_texts(element))
            elif name == "Learner":
                if not ukprn:
                    raise SnapshotError("does not name its provider", file=path.name)
                learner = _texts(element)
                yield from (_row(ukprn, learner, aim) for aim in aims)
                aims = []
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def _texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(one).localname: one.text or "" for one in element}


def _row(ukprn: str, learner: dict[str, str], aim: dict[str, str]) -> list[str]:
    found = {"UKPRN": ukprn} | {name: learner.get(name, "") for name in FROM_LEARNER}
    return [found[name] if name in found else aim.get(name, "") for name in PriorYearLearners.KINDS]
