"""Endpoints of submissions: push a file, follow it, settle its quarantine, verify its records."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from learner_api.adapters.http.dependencies import (
    Means,
    MeansDep,
    partner_of,
    sender_of,
    submission_of,
)
from learner_api.adapters.http.schemas import (
    SubmissionOut,
    VerificationIn,
    VerificationOut,
)
from learner_api.application.verify_records import VerifyRecords
from learner_api.application.verify_records import verify_records as verify
from learner_api.domain.submission import (
    ENDED,
    SubmissionState,
)
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.errors import DomainError
from matricula_chassis.http import (
    STREAMS_BODY,
    EventSourceResponse,
    Page,
    ServerSentEvent,
    cursor_after,
    cursor_key,
    decode_cursor,
    etag_of,
    idempotency_key,
    problem_document,
    problem_responses,
    progress_events,
)

router = APIRouter(tags=["submissions"])
MAX_PAGE: Final = 500
STREAM_PAGE: Final = 2_000
FILE_TYPES: Final = (
    "application/xml",
    "text/xml",
    "text/csv",
    "application/x-ndjson",
    "application/ndjson",
    "application/zip",
    "application/octet-stream",
)
_FILE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An ILR file: XML, CSV, NDJSON, or a zip that holds one of them.",
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}} for name in FILE_TYPES
        },
    }
}


def media_type_of(request: Request) -> str:
    """Return the media type of a file; raises DomainError("unsupported-media-type")."""
    name = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in FILE_TYPES:
        raise DomainError("unsupported-media-type")
    return name


@router.post(
    "/v1/submissions",
    status_code=202,
    tags=[STREAMS_BODY],
    responses={
        200: {"model": SubmissionOut, "description": "The same file was sent before."},
        **problem_responses(413, 415),
    },
    openapi_extra=_FILE_BODY,
)
async def create_submission(
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("create_submission"))],
) -> SubmissionOut:
    """Push a whole file in one request. The same file again leads to the first submission (200).

    The content's SHA-256 makes repeating safe, so no Idempotency-Key is needed.
    """
    received = await means.receive.receive(
        sender_of(principal),
        ActionContext.from_principal(principal),
        media_type=media_type_of(request),
        chunks=request.stream(),
    )
    response.headers["Location"] = f"/v1/submissions/{received.submission_id}"
    if received.is_same_file:
        response.status_code = 200
    shown = await _shown(request, means, principal, received.submission_id)
    return shown.model_copy(update={"is_same_file": received.is_same_file})


@router.get("/v1/submissions")
async def list_submissions(
    request: Request,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_submissions"))],
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page[SubmissionOut]:
    """List submissions, the newest first. A partner sees its own."""
    secret = cursor_key(means.cursor_secret, listing="submissions")
    after = None
    if cursor is not None:
        at, submission_id = decode_cursor(cursor, key=secret)
        after = (datetime.fromisoformat(str(at)), UUID(str(submission_id)))
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.submissions.page(
            ukprn=provider_of(principal),
            partner=partner_of(principal),
            after=after,
            limit=limit + 1,
        )
    following = cursor_after(
        found, limit, lambda one: [one.received_at.isoformat(), str(one.submission_id)], key=secret
    )
    now = means.clock.now()
    return Page(
        items=[
            SubmissionOut.of(one, now=now, problem=_problem(request, one.problem))
            for one in found[:limit]
        ],
        next=following,
    )


@router.get("/v1/submissions/{submission_id}")
async def get_submission(
    submission_id: UUID,
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_submission"))],
) -> SubmissionOut:
    """Return a submission: state, counts, progress, verifications, or why it was refused."""
    shown = await _shown(request, means, principal, submission_id)
    response.headers["ETag"] = etag_of(shown.version)
    return shown


async def _existing(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("stream_submission_progress"))],
) -> Principal:
    await submission_of(means, principal, submission_id)
    return principal


@router.get("/v1/submissions/{submission_id}/events", response_class=EventSourceResponse)
async def stream_submission_progress(
    submission_id: UUID,
    request: Request,
    means: MeansDep,
    principal: Annotated[Principal, Depends(_existing)],
) -> AsyncIterator[ServerSentEvent]:
    """Follow a submission by server-sent events until nothing more happens by itself."""

    async def snapshot() -> SubmissionOut:
        return await _shown(request, means, principal, submission_id)

    async for event in progress_events(request, snapshot, is_final=_is_settled):
        yield event


@router.post("/v1/submissions/{submission_id}/verification", status_code=202)
async def verify_records(
    submission_id: UUID,
    body: VerificationIn,
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("verify_records"))],
    key: Annotated[IdempotencyKey, Depends(idempotency_key)],
) -> SubmissionOut:
    """Say that accepted records are right; they then go live. Progress is on the submission."""
    context = ActionContext.from_principal(principal)
    command = VerifyRecords(
        submission_id=submission_id,
        ukprn=provider_of(principal),
        record_ids=body.record_ids,
        method=body.method,
        sample_size=body.sample_size,
    )
    location = f"/v1/submissions/{submission_id}"
    async with means.work(context) as work:
        if await work.replay_or_claim(key) is None:
            asked = await verify(
                command, work=work, context=context, clock=means.clock, ids=means.ids
            )
            await work.store_outcome(
                StoredOutcome(status=202, resource_id=str(asked), etag=None, location=location)
            )
    response.headers["Location"] = location
    return await _shown(request, means, principal, submission_id)


async def _shown(
    request: Request, means: Means, principal: Principal, submission_id: UUID
) -> SubmissionOut:
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.submissions.get(
            submission_id, ukprn=provider_of(principal), partner=partner_of(principal)
        )
        asked = await work.submissions.verifications(submission_id)
    return SubmissionOut.of(
        one,
        now=means.clock.now(),
        problem=_problem(request, one.problem),
        verifications=[VerificationOut.of(each, _problem(request, each.problem)) for each in asked],
    )


def _is_settled(one: SubmissionOut) -> bool:
    return SubmissionState(one.state) in ENDED and all(
        each.state != "open" for each in one.verifications
    )


def _problem(request: Request, stored: Any) -> dict[str, Any] | None:
    """Return the problem object of a refusal: the same that a request would have got."""
    if stored is None:
        return None
    kind = request.app.state.problems.kind(stored["problem"], default_status=422)
    document = problem_document(kind, correlation_id=None)
    details = stored.get("details")
    return document | {"details": details} if details else document
