"""Endpoints of learners: the check of one learner of a form, and what a live learner breaks."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from ilr_validator.adapters.http.dependencies import MeansDep, note_read
from ilr_validator.adapters.http.learner_schemas import (
    AcademicYear,
    FormFindingOut,
    LearnerCheckIn,
    LearnerCheckOut,
    LearnerFindingOut,
    LearnerFindingsPage,
    YearCheckOut,
    YearSummaryOut,
)
from ilr_validator.adapters.http.schemas import Severity
from ilr_validator.application.check_learner import Occasion
from ilr_validator.application.learner_ports import NoRulesError
from ilr_validator.application.record_json import RecordNotReadableError
from ilr_validator.domain.learner_findings import LearnerFindingFilter
from ilr_validator.packs.calendar import open_years, return_at
from ilr_validator.packs.pack import available
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.clock import london_date
from matricula_chassis.errors import FieldFault, Invalid, NotFound
from matricula_chassis.http import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    problem_responses,
)

router = APIRouter(tags=["learners"])
MOST_AIMS: Final = 98
FAULTS: Final = {
    "unknown_field": "There is a name here that the record does not have.",
    "not_an_object": "This must be an object, or a list of objects.",
}


@router.post("/v1/learner-checks", responses=problem_responses(404, 422))
async def check_learner(
    body: LearnerCheckIn,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("check_learner"))],
) -> LearnerCheckOut:
    """Check one learner of a form by every rule of a year. Nothing is stored."""
    ukprn = provider_of(principal)
    _limit_aims(body.record)
    now = means.clock.now()
    today = london_date(now)
    year = body.academic_year or next(reversed(open_years(today)), "")
    if year not in available():
        raise NotFound("academic-year-not-found")
    return_name = body.return_name or return_at(year, today)
    try:
        judged = await means.checks.judge(year, [body.record], Occasion(ukprn, now, return_name))
    except NoRulesError:
        raise NotFound("academic-year-not-found") from None
    except RecordNotReadableError as error:
        fault = FieldFault(f"/record{error.pointer}", error.fault, FAULTS[error.fault])
        raise Invalid("validation-failed", faults=[fault]) from None
    result = judged.results[0]
    return LearnerCheckOut(
        academic_year=year,
        return_name=return_name,
        pack_version=judged.pack_version,
        reference_digest=judged.reference_digest,
        is_valid=result.is_valid,
        findings=[FormFindingOut.of(one) for one in result.findings],
        not_run=list(result.not_run),
        stages=sorted(result.stages),
    )


@router.get("/v1/learners/{learner_id}/findings", responses=problem_responses(400, 404))
async def list_learner_findings(
    learner_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_learner_findings"))],
    academic_year: Annotated[AcademicYear | None, Query(description="One year only.")] = None,
    state: Annotated[
        Literal["open", "closed"] | None, Query(description="Still there, or gone.")
    ] = None,
    severity: Annotated[Severity | None, Query(description="E, W or F.")] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> LearnerFindingsPage:
    """List what a live learner breaks and broke, the oldest first, for each year by itself."""
    secret = cursor_key(means.cursor_secret, listing=f"learner-findings/{learner_id}")
    after = None if cursor is None else UUID(str(decode_cursor(cursor, key=secret)[0]))
    ukprn = provider_of(principal)
    wanted = LearnerFindingFilter(
        academic_year, severity, None if state is None else state == "open"
    )
    async with means.learner_work(ActionContext.from_principal(principal)) as work:
        known = await work.learner_findings.states([learner_id], ukprn=ukprn)
        if learner_id not in known:
            raise NotFound("learner-not-checked")
        found = await work.learner_findings.page(
            learner_id, ukprn=ukprn, wanted=wanted, after=after, limit=limit + 1
        )
        note_read(
            work, principal, means,
            operation="list_learner_findings", resource_type="learner", resource_id=learner_id,
            rows=len(found[:limit]),
        )  # fmt: skip
    following = cursor_after(found, limit, lambda one: [str(one.finding_id)], key=secret)
    return LearnerFindingsPage(
        items=[LearnerFindingOut.of(one) for one in found[:limit]],
        next=following,
        checks=[YearCheckOut.of(one) for one in known[learner_id].values()],
    )


@router.get("/v1/learner-findings")
async def summarise_learner_findings(
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("summarise_learner_findings"))],
) -> Page[YearSummaryOut]:
    """Sum up what the live learners break at present, for each year: counts only."""
    async with means.learner_work(ActionContext.from_principal(principal)) as work:
        found = await work.learner_findings.summary(ukprn=provider_of(principal))
    return Page(items=[YearSummaryOut.of(one) for one in found], next=None)


def _limit_aims(record: Mapping[str, Any]) -> None:
    aims = record.get("LearningDelivery")
    if isinstance(aims, list) and len(aims) > MOST_AIMS:
        fault = FieldFault(
            f"/record/LearningDelivery/{MOST_AIMS}", "too_many", "A learner has at most 98 aims."
        )
        raise Invalid("validation-failed", faults=[fault])
