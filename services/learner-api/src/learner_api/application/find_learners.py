"""Use case: find learners by what identifies them, through blind indexes.

The indexes give candidates; only learners whose decrypted data matches are returned.
"""

from collections.abc import Mapping
from typing import Any

from learner_api.application.ports import Indexes, Work
from learner_api.domain.learner_version import StoredLearner
from learner_api.domain.record import comparison_form


async def find_learners(
    query: Mapping[str, Any], *, ukprn: int, limit: int, work: Work, indexes: Indexes
) -> list[StoredLearner]:
    """Return a provider's learners that match every member of the query (ILR names)."""
    candidates = await work.learners.matching(ukprn, indexes.of_query(query), limit=limit * 2)
    found = await work.learners.load(candidates, ukprn=ukprn)
    return [one for one in found if one.is_readable and _matches(one.record, query)][:limit]


def _matches(record: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    for name, wanted in query.items():
        if name == "is_prefix":
            continue
        value = record.get(name)
        if value is None:
            return False
        if name == "FamilyName":
            form, sought = comparison_form(value), comparison_form(wanted)
            if not (form.startswith(sought) if query.get("is_prefix") else form == sought):
                return False
        elif _plain(value) != _plain(wanted):
            return False
    return True


def _plain(value: object) -> str:
    return "".join(str(value).split()).casefold()
