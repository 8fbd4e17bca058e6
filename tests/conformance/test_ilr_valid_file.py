"""The valid learners as a file: it is schema-valid, nothing is found, nobody is left out."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from tests.conformance import ilr_valid_learners as valid
from tests.conformance.ilr_vectors import DATA

from ilr_validator.adapters.files.validation import Order, validate
from ilr_validator.adapters.reference.snapshot import Snapshot, load_snapshot
from matricula_testkit.ilr.head import PREPARED, head, stem
from matricula_testkit.ilr.writers import XmlWriter

OFFICIAL = DATA / "official" / "schema-2025-26.xsd"
PROVIDER = valid.FILE["ukprn"]
LEARNERS = [*valid.learners().values(), *valid.more_learners().values()]


def as_xml() -> bytes:
    """Give the file."""
    stream = BytesIO()
    writer = XmlWriter(stream, head(PROVIDER, written=PREPARED, serial=1))
    for learner in LEARNERS:
        writer.write(learner)
    writer.close()
    return stream.getvalue()


@pytest.mark.skipif(not OFFICIAL.is_file(), reason="the official schema is not beside the checkout")
def test_the_file_is_valid_by_the_official_schema() -> None:
    schema = etree.XMLSchema(etree.parse(OFFICIAL))
    assert schema.validate(etree.fromstring(as_xml())), str(schema.error_log)


def test_nothing_is_found_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / f"{stem(PROVIDER, written=PREPARED)}.xml"
    path.write_bytes(as_xml())
    order = Order(
        path=path,
        out=tmp_path / "out",
        now=datetime(2026, 2, 3, 12, tzinfo=UTC),
        application_version="0",
        reference=Snapshot(
            tables=valid.snapshot(), code_lists=load_snapshot(valid.SAMPLE).code_lists
        ),
        workers=1,
    )
    result = validate(order, lambda _done, _all: None)
    assert (result.learners, result.errors, result.warnings) == (len(LEARNERS), 0, 0)
    assert set(result.not_run) <= set(valid.MAY_STAY_NOT_RUN)
    assert result.valid_file is not None
    kept = etree.parse(result.valid_file).getroot().findall("{*}Learner/{*}LearnRefNumber")
    assert [one.text for one in kept] == [one["LearnRefNumber"] for one in LEARNERS]
