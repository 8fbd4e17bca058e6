"""Cuts the accepted learners out of a partner's XML file: what was quarantined is not validated.

Reads and writes as it goes, whatever the file's size. Decides nothing about records.
"""

import re
import zipfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.sax import handler, make_parser
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

LEARNER: Final = "Learner"
OFFICIAL_NAME: Final = re.compile(r"ILR-[0-9]{8}-[0-9]{4}-[0-9]{8}-[0-9]{6}-[0-9]{2}")


def official_name(file: Path, ukprn: int) -> str:
    """Return the file's own name where it is an official one, else one made of its date."""
    if OFFICIAL_NAME.fullmatch(file.stem):
        return f"{file.stem}.xml"
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return f"ILR-{ukprn}-2526-{written:%Y%m%d-%H%M%S}-01.xml"


def accepted_part(file: Path, to: Path, *, left_out: Collection[int]) -> None:
    """Write the XML file, or the one in a zip, without the learners at these positions (from 1)."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            (member,) = (one for one in archive.infolist() if not one.is_dir())
            with archive.open(member) as source:
                _copy(source, to, left_out)
    else:
        with file.open("rb") as source:
            _copy(source, to, left_out)


def _copy(source: object, to: Path, left_out: Collection[int]) -> None:
    with to.open("wb") as out:
        parser = make_parser()  # noqa: S317 - learner-api has read the file strictly before
        parser.setFeature(handler.feature_external_ges, False)
        parser.setContentHandler(_Without(XMLGenerator(out, "utf-8"), frozenset(left_out)))
        parser.parse(source)  # type: ignore[arg-type]


class _Without(handler.ContentHandler):
    """Passes on what it reads but for some learners."""

    def __init__(self, onward: XMLGenerator, left_out: frozenset[int]) -> None:
        super().__init__()
        self._onward = onward
        self._left_out = left_out
        self._position = 0
        self._is_left_out = False

    def startDocument(self) -> None:  # noqa: N802 - of the library
        """Begin."""
        self._onward.startDocument()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Pass on the start of an element."""
        if _local(name) == LEARNER:
            self._position += 1
            self._is_left_out = self._position in self._left_out
        if not self._is_left_out:
            self._onward.startElement(name, attrs)

    def endElement(self, name: str) -> None:  # noqa: N802 - of the library
        """Pass on the end of an element."""
        if not self._is_left_out:
            self._onward.endElement(name)
        elif _local(name) == LEARNER:
            self._is_left_out = False

    def characters(self, content: str) -> None:
        """Pass on text."""
        if not self._is_left_out:
            self._onward.characters(content)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
