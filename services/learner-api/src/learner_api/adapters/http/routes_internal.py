"""Endpoints for the other services of the platform; nobody reaches them through the gateway."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from learner_api.adapters.http.dependencies import MeansDep, context_of, note_read
from learner_api.adapters.http.schemas import LearnerRecordOut
from learner_api.domain.submission import PURPOSE
from matricula_chassis.auth import Principal, requires
from matricula_chassis.errors import NotFound
from matricula_chassis.http import etag_of, problem_responses

router = APIRouter(tags=["services"])


@router.get("/v1/learner-records/{learner_id}", responses=problem_responses(404))
async def read_learner_record(
    learner_id: UUID,
    ukprn: Annotated[
        int, Query(ge=10_000_000, le=99_999_999, description="The provider whose learner it is.")
    ],
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("read_learner_record"))],
) -> LearnerRecordOut:
    """Return the whole record of a live learner, to be checked. The read is recorded."""
    async with means.work(context_of(principal)) as work:
        found = await work.learners.load([learner_id], ukprn=ukprn)
        if not found:
            raise NotFound("learner-not-found", learner_id=str(learner_id))
        note_read(
            work,
            principal,
            means,
            operation="read_learner_record",
            resource_type="learner",
            resource_id=learner_id,
            rows=1,
            ukprn=ukprn,
            purpose=PURPOSE,
        )
    response.headers["ETag"] = etag_of(found[0].version)
    return LearnerRecordOut.of(found[0])
