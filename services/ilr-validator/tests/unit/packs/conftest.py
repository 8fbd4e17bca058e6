"""Batches of made-up learners for the tests of derived data and shared questions."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

import pytest

from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.facts import FileFacts, Year
from ilr_validator.engine.objects import columns_of, tables_of
from ilr_validator.engine.reference import reference_tables


def build(
    *learners: Mapping[str, Any],
    pack: str = "2020-21",
    reference: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    destinations: Sequence[Mapping[str, Any]] = (),
    ukprn: float = 10_000_001,
) -> Batch:
    settings = resources.files(f"ilr_validator.packs.y{pack.replace('-', '_')}") / "pack.toml"
    kinds = reference_tables()
    tables = {
        kinds[name]: kinds[name](columns_of(kinds[name], rows), len(rows))
        for name, rows in (reference or {}).items()
    }
    return Batch(
        tables_of(learners, destinations=destinations),
        Surroundings(
            year=Year.starting(int(pack[:4])),
            constants=tomllib.loads(settings.read_text("utf-8"))["constants"],
            code_lists={},
            file=FileFacts(ukprn=ukprn),
            reference=tables,
        ),
    )


@pytest.fixture
def learners() -> Callable[..., Batch]:
    """Build a batch of learners; a reference table that is not given is absent."""
    return build


@pytest.fixture
def aims() -> Callable[..., Batch]:
    """Build a batch of one learner with these aims; further fields are the learner's."""

    def with_aims(*own: Mapping[str, Any], statuses: Any = (), **learner: Any) -> Batch:
        given = {"reference", "pack", "ukprn"} & learner.keys()
        around = {name: learner.pop(name) for name in given}
        record = {"LearnerEmploymentStatuses": list(statuses), **learner}
        return build({**record, "LearningDeliveries": list(own)}, **around)

    return with_aims
