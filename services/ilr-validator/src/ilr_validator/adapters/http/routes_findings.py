"""Endpoints of findings: all of a validation, by rule and severity, or those of one learner."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from ilr_validator.adapters.http.dependencies import (
    Means,
    MeansDep,
    note_read,
    sees_learners,
)
from ilr_validator.adapters.http.schemas import FindingOut, FindingSearch, RuleName, Severity
from ilr_validator.domain.findings import FindingFilter
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.http import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    problem_responses,
)

router = APIRouter(tags=["findings"])


@router.get("/v1/validations/{validation_id}/findings", responses=problem_responses(400, 404))
async def list_findings(
    validation_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_findings"))],
    rule: Annotated[RuleName | None, Query(description="Official name of a rule.")] = None,
    severity: Annotated[Severity | None, Query(description="E, W or F.")] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[FindingOut]:
    """List findings in the order of the file; while parts are checked, those found so far."""
    wanted = FindingFilter(rule=rule, severity=severity)
    return await _page(
        means, principal, validation_id, wanted,
        cursor=cursor, limit=limit, operation="list_findings",
    )  # fmt: skip


@router.post(
    "/v1/validations/{validation_id}/findings/search", responses=problem_responses(400, 404, 422)
)
async def search_findings(
    validation_id: UUID,
    body: FindingSearch,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("search_findings"))],
) -> Page[FindingOut]:
    """List the findings of one learner."""
    ukprn = provider_of(principal)
    wanted = FindingFilter(
        rule=body.rule,
        severity=body.severity,
        reference_index=means.index.of(body.learn_ref_number, ukprn=ukprn),
    )
    return await _page(
        means, principal, validation_id, wanted,
        cursor=body.cursor, limit=body.limit, operation="search_findings",
        reference=body.learn_ref_number,
    )  # fmt: skip


async def _page(
    means: Means,
    principal: Principal,
    validation_id: UUID,
    wanted: FindingFilter,
    *,
    cursor: str | None,
    limit: int,
    operation: str,
    reference: str | None = None,
) -> Page[FindingOut]:
    secret = cursor_key(means.cursor_secret, listing=f"findings/{validation_id}")
    after = 0 if cursor is None else int(decode_cursor(cursor, key=secret)[0])
    sees = sees_learners(means, principal)
    items: list[FindingOut] = []
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.validations.get(validation_id, ukprn=provider_of(principal))
        rows = await work.validations.findings(
            validation_id, wanted=wanted, after=after, limit=limit + 1
        )
        key = None
        if sees and one.wrapped_key is not None:
            key = means.vault.folder(validation_id, one.wrapped_key).key
        for row in rows[:limit]:
            values = None if key is None else key.open_values(row.sealed, row.position)
            shown = FindingOut.of(row, values)
            if reference is None or _is_same(shown.learn_ref_number, reference):
                items.append(shown)
        if items and sees:
            note_read(
                work, principal, means,
                operation=operation, resource_type="validation", resource_id=validation_id,
                rows=len(items),
            )  # fmt: skip
    following = cursor_after(rows, limit, lambda row: [row.position], key=secret)
    return Page(items=items, next=following)


def _is_same(found: str | None, asked: str) -> bool:
    """Say whether a row is meant: equal index values may belong to different learners."""
    return found is not None and found.strip().upper() == asked.strip().upper()
