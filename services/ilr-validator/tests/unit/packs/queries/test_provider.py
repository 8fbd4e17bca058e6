"""What is known of the file's own provider, looked up once for all rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import Organisations
from ilr_validator.packs.queries import provider

Build = Callable[..., Batch]
UKPRN = 10_000_001
SOME = np.array([True, False])


@pytest.mark.parametrize(
    ("rows", "is_university", "is_residential"),
    [
        ([{"UKPRN": UKPRN, "LegalOrgType": "UHEO", "LongTermResid": 0}], True, False),
        ([{"UKPRN": UKPRN, "LegalOrgType": "uheo", "LongTermResid": 1}], False, True),
        ([{"UKPRN": UKPRN}], False, False),
        ([{"UKPRN": 2, "LegalOrgType": "UHEO", "LongTermResid": 1}], False, False),
        ([], False, False),
    ],
)
def test_every_row_that_asks_gets_the_same_answer(
    aims: Build, rows: Sequence[Mapping[str, Any]], *, is_university: bool, is_residential: bool
) -> None:
    b = aims({}, {}, reference={"organisations": rows})
    legal = provider.has_legal_type(b, b.aims, SOME, "UHEO", "USDC")
    assert legal.tolist() == [is_university, False]
    residential = provider.is_long_term_residential(b, b.aims, SOME)
    assert residential.tolist() == [is_residential, False]
    row, _ = provider.row_of_provider(b, b.aims, SOME, Organisations)
    assert (row >= 0) == any(one["UKPRN"] == UKPRN for one in rows)


def test_who_asks_about_an_unknown_provider_is_not_run(learners: Build) -> None:
    one: Mapping[str, Any] = {"LearningDeliveries": [{}]}
    b = learners(one, one, reference={"organisations": []}, ukprn=np.nan)
    assert not provider.has_legal_type(b, b.aims, SOME, "UHEO").any()
    assert b.not_run.tolist() == [True, False]


def test_who_asks_an_absent_table_is_not_run(learners: Build) -> None:
    one: Mapping[str, Any] = {"LearningDeliveries": [{}]}
    b = learners(one, one)
    provider.is_long_term_residential(b, b.aims, ~SOME & SOME)
    assert not b.not_run.any()
    provider.is_long_term_residential(b, b.aims, ~SOME)
    assert b.not_run.tolist() == [False, True]
