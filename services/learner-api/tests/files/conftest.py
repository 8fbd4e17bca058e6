"""Builds small learner files for the tests of the readers."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileRefused, Limits
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.writers import WRITERS

Record = dict[str, Any]
FORMATS = ("xml", "csv", "ndjson")


class Ilr:
    """Learners, files of them, and what reading such a file gives."""

    FORMATS = FORMATS

    @staticmethod
    def head() -> Record:
        return {
            "Header": {
                "CollectionDetails": {
                    "Collection": "ILR",
                    "Year": "2526",
                    "FilePreparationDate": "2025-11-01",
                },
                "Source": {
                    "ProtectiveMarking": "OFFICIAL-SENSITIVE-Personal",
                    "UKPRN": 10000001,
                    "SoftwareSupplier": "Matricula",
                    "SerialNo": "01",
                    "DateTime": "2025-11-01T10:00:00",
                },
            },
            "LearningProvider": {"UKPRN": 10000001},
        }

    @staticmethod
    def learner(index: int = 0) -> Record:
        return learner(7, index)

    def learners(self, count: int = 3) -> list[Record]:
        return [self.learner(index) for index in range(count)]

    def write(self, kind: str, learners: Sequence[Record], head: Record | None = None) -> bytes:
        stream = io.BytesIO()
        writer = WRITERS[kind](stream, head or self.head())
        for item in learners:
            writer.write(item)
        writer.close()
        return stream.getvalue()

    def xml(self, learner_xml: str = "", *, head_xml: str | None = None) -> bytes:
        """An XML file around the text of its learners."""
        head = self.write("xml", []).decode().removesuffix("</Message>\n")
        return ((head if head_xml is None else head_xml) + learner_xml + "</Message>").encode()

    def learner_xml(self, item: Record | None = None) -> str:
        """The text of one Learner element."""
        text = self.write("xml", [item or self.learner()]).decode()
        return text[text.index("<Learner>") : text.rindex("</Message>")]

    @staticmethod
    def read(content: bytes, **options: Any) -> list[ParsedRecord]:
        with open_submission(io.BytesIO(content), **options) as file:
            return list(file.records())

    def reasons(self, content: bytes, **options: Any) -> list[tuple[str, ...]]:
        return [record.reasons for record in self.read(content, **options)]

    def refusal(self, content: bytes, **options: Any) -> FileRefused:
        with pytest.raises(FileRefused) as caught:
            self.read(content, **options)
        return caught.value

    @staticmethod
    def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return stream.getvalue()


@pytest.fixture(scope="session")
def ilr() -> Ilr:
    return Ilr()


@pytest.fixture(scope="session")
def small_limits() -> Callable[..., Limits]:
    return Limits
