"""Endpoints for the other services of the platform; nobody reaches them through the gateway."""

from typing import Annotated

from fastapi import APIRouter, Depends

from learner_api.adapters.http.dependencies import MeansDep, note_read
from learner_api.adapters.http.schemas import LearnerRecordOut, LearnerRecordsIn
from learner_api.domain.submission import PURPOSE
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, requires
from matricula_chassis.http import Page

router = APIRouter(tags=["services"])


@router.post("/v1/learner-records")
async def read_learner_records(
    body: LearnerRecordsIn,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("read_learner_records"))],
) -> Page[LearnerRecordOut]:
    """Return whole records of live learners of a provider, to be checked. The read is recorded.

    Learners that there are not, or that are another provider's, are left out.
    """
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.learners.load(list(dict.fromkeys(body.learner_ids)), ukprn=body.ukprn)
        note_read(
            work,
            principal,
            means,
            operation="read_learner_records",
            resource_type="learner",
            resource_id=found[0].learner_id if len(found) == 1 else None,
            rows=len(found),
            ukprn=body.ukprn,
            purpose=PURPOSE,
        )
    return Page(items=[LearnerRecordOut.of(one) for one in found], next=None)
