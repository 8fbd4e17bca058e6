"""Endpoints of live learners: key in, amend, read, search, history. Thin: one use case each."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from learner_api.adapters.http.dependencies import (
    MeansDep,
    keyed_in_by,
    note_read,
    visible_part,
)
from learner_api.adapters.http.schemas import (
    HistoryOut,
    LearnerIn,
    LearnerOut,
    LearnerPatch,
    LearnerSearch,
    Written,
)
from learner_api.application.amend_learner import AmendLearner
from learner_api.application.amend_learner import amend_learner as amend
from learner_api.application.create_learner import CreateLearner
from learner_api.application.create_learner import create_learner as create
from learner_api.application.find_learners import find_learners as find
from learner_api.domain.learner_version import StoredLearner
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.errors import FieldFault, Invalid, NotFound
from matricula_chassis.http import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    etag_of,
    idempotency_key,
    if_match,
)

router = APIRouter(tags=["learners"])


def _written_out(value: Any) -> Any:
    # pydantic would take digits for seconds since 1970.
    if value is not None and _DAY_FIRST.match(str(value)) is None:
        raise PydanticCustomError("date_format", "This is not written as RFC 3339 asks")
    return value


MAX_FOUND = 100
_DAY_FIRST = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@router.post("/v1/learners", status_code=201)
async def create_learner(
    body: LearnerIn,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("create_learner"))],
    key: Annotated[IdempotencyKey, Depends(idempotency_key)],
) -> Written:
    """Key in one learner. Every faulty field is named in `errors`, with its rule."""
    command = CreateLearner(
        ukprn=provider_of(principal), record=body.record, provenance=keyed_in_by(principal)
    )
    async with means.work(ActionContext.from_principal(principal)) as work:
        outcome = await work.replay_or_claim(key)
        if outcome is None:
            learner_id = await create(
                command, work=work, writer=means.writer, indexes=means.indexes, clock=means.clock
            )
            outcome = StoredOutcome(
                status=201,
                resource_id=str(learner_id),
                etag=etag_of(1),
                location=f"/v1/learners/{learner_id}",
            )
            await work.store_outcome(outcome)
    response.headers["ETag"] = outcome.etag or etag_of(1)
    response.headers["Location"] = outcome.location or ""
    return Written(id=UUID(outcome.resource_id), version=1)


@router.patch("/v1/learners/{learner_id}")
async def amend_learner(
    learner_id: UUID,
    body: LearnerPatch,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("amend_learner"))],
    version: Annotated[int, Depends(if_match)],
) -> Written:
    """Amend a learner by a JSON merge patch, against the version in If-Match."""
    command = AmendLearner(
        learner_id=learner_id,
        ukprn=provider_of(principal),
        version=version,
        patch=body.record,
        provenance=keyed_in_by(principal),
    )
    async with means.work(ActionContext.from_principal(principal)) as work:
        now_at = await amend(command, work=work, writer=means.writer, indexes=means.indexes)
    response.headers["ETag"] = etag_of(now_at)
    return Written(id=learner_id, version=now_at)


@router.get("/v1/learners/{learner_id}")
async def get_learner(
    learner_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_learner"))],
) -> LearnerOut:
    """Return a live learner, as far as the caller may see it. The read is recorded."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.learners.load([learner_id], ukprn=provider_of(principal))
        if not found:
            raise NotFound("learner-not-found", learner_id=str(learner_id))
        note_read(
            work,
            principal,
            means,
            operation="get_learner",
            resource_type="learner",
            resource_id=learner_id,
            rows=1,
        )
    response.headers["ETag"] = etag_of(found[0].version)
    return _shown(found[0], means, principal)


@router.get("/v1/learners")
async def search_learners(
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("search_learners"))],
    learn_ref_number: Annotated[
        str | None, Query(max_length=12, description="Exactly this LearnRefNumber.")
    ] = None,
    updated_since: Annotated[
        datetime | None,
        BeforeValidator(_written_out),
        Query(description="Changed at or after this time (with an offset)."),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_FOUND)] = 50,
) -> Page[LearnerOut]:
    """List live learners, the longest unchanged first. To search by a person's data, POST."""
    if updated_since is not None and updated_since.tzinfo is None:
        raise Invalid(
            "validation-failed",
            faults=[FieldFault("/updated_since", "timezone", "The time needs an offset.")],
        )
    secret = cursor_key(means.cursor_secret, listing="learners")
    after = None
    if cursor is not None:
        changed, last = decode_cursor(cursor, key=secret)
        after = (datetime.fromisoformat(str(changed)), UUID(str(last)))
    ukprn = provider_of(principal)
    async with means.work(ActionContext.from_principal(principal)) as work:
        keys = await work.learners.page(
            ukprn,
            after=after,
            limit=limit + 1,
            learn_ref_number=learn_ref_number,
            updated_since=updated_since,
        )
        found = await work.learners.load([row[0] for row in keys[:limit]], ukprn=ukprn)
        note_read(
            work,
            principal,
            means,
            operation="search_learners",
            resource_type="learner",
            rows=len(found),
        )
    following = cursor_after(keys, limit, lambda one: [one[1].isoformat(), str(one[0])], key=secret)
    return Page(items=[_shown(one, means, principal) for one in found], next=following)


@router.post("/v1/learners/search")
async def find_learners(
    body: LearnerSearch,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("find_learners"))],
) -> Page[LearnerOut]:
    """Find learners by ULN, NINumber, Email, Postcode, FamilyName or FamilyName and DateOfBirth.

    A search is a POST, because personal data must not stand in an address. At most 100 are shown.
    """
    query = body.model_dump(exclude_none=True)
    if set(query) <= {"is_prefix", "DateOfBirth"}:
        raise Invalid(
            "validation-failed",
            faults=[FieldFault("", "nothing_to_find", "Name at least one thing to look for.")],
        )
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await find(
            query,
            ukprn=provider_of(principal),
            limit=MAX_FOUND,
            work=work,
            indexes=means.indexes,
        )
        note_read(
            work,
            principal,
            means,
            operation="find_learners",
            resource_type="learner",
            rows=len(found),
        )
    return Page(items=[_shown(one, means, principal) for one in found])


@router.get("/v1/learners/{learner_id}/history")
async def get_learner_history(
    learner_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_learner_history"))],
) -> Page[HistoryOut]:
    """Return every version of a learner: who changed which fields, and what stood there before."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.learners.load([learner_id], ukprn=provider_of(principal))
        if not found:
            raise NotFound("learner-not-found", learner_id=str(learner_id))
        entries = await work.learners.history(found[0])
        note_read(
            work,
            principal,
            means,
            operation="get_learner_history",
            resource_type="learner",
            resource_id=learner_id,
            rows=len(entries),
        )
    sees_all = all(
        means.policy.grants(principal, permission)
        for permission in ("learner.special:read", "learner.criminal:read")
    )
    return Page(
        items=[
            HistoryOut.of(entry, old_values=_old_values(entry.old_values, sees_all=sees_all))
            for entry in entries
        ]
    )


def _old_values(values: Any, *, sees_all: bool) -> dict[str, Any] | None:
    # Old values may be of any class; who may not see every class sees the names only.
    return dict(values) if values is not None and sees_all else None


def _shown(one: StoredLearner, means: MeansDep, principal: Principal) -> LearnerOut:
    record, withheld = visible_part(one.record, policy=means.policy, principal=principal)
    return LearnerOut.of(one, record=record, withheld=withheld)
