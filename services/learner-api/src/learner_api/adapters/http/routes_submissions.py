"""Endpoints of submissions: push a file, follow it, settle its quarantine, verify its records."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from learner_api.adapters.http.dependencies import (
    Means,
    MeansDep,
    context_of,
    note_read,
    partner_of,
    provider_of,
    sender_of,
    visible_part,
)
from learner_api.adapters.http.schemas import (
    MissingOut,
    RecordOut,
    RecordPatch,
    RecordWithData,
    RejectionIn,
    SubmissionOut,
    VerificationIn,
    VerificationOut,
)
from learner_api.application.correct_record import CorrectRecord
from learner_api.application.correct_record import correct_record as correct
from learner_api.application.reject_record import RejectRecord
from learner_api.application.reject_record import reject_record as reject
from learner_api.application.verify_records import VerifyRecords
from learner_api.application.verify_records import verify_records as verify
from learner_api.domain.staged import StagedRecord
from learner_api.domain.submission import (
    ENDED,
    Reason,
    RecordState,
    Submission,
    SubmissionState,
)
from matricula_chassis.auth import Principal, requires
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.errors import DomainError
from matricula_chassis.http import (
    STREAMS_BODY,
    EventSourceResponse,
    Page,
    ServerSentEvent,
    cursor_key,
    decode_cursor,
    encode_cursor,
    etag_of,
    idempotency_key,
    if_match,
    problem_document,
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


@router.post("/v1/submissions", status_code=202, tags=[STREAMS_BODY], openapi_extra=_FILE_BODY)
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
        context_of(principal),
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
    async with means.work(context_of(principal)) as work:
        found = await work.submissions.page(
            ukprn=provider_of(principal),
            partner=partner_of(principal),
            after=after,
            limit=limit + 1,
        )
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = encode_cursor(
            [last.received_at.isoformat(), str(last.submission_id)], key=secret
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
    await _submission(means, principal, submission_id)
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


@router.get("/v1/submissions/{submission_id}/records")
async def list_submission_records(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_submission_records"))],
    state: Annotated[RecordState | None, Query()] = None,
    reason: Annotated[Reason | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page[RecordOut]:
    """List a submission's records in file order, by state and by reason, without their data."""
    secret = cursor_key(means.cursor_secret, listing="records")
    after = None if cursor is None else int(decode_cursor(cursor, key=secret)[0])
    await _submission(means, principal, submission_id)
    async with means.work(context_of(principal)) as work:
        found = await work.staging.page(
            submission_id, after=after, limit=limit + 1, state=state, reason=reason
        )
    following = (
        encode_cursor([found[limit - 1].position], key=secret) if len(found) > limit else None
    )
    return Page(items=[RecordOut.of(one) for one in found[:limit]], next=following)


@router.get("/v1/submissions/{submission_id}/records/{record_id}")
async def get_submission_record(
    submission_id: UUID,
    record_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_submission_record"))],
) -> RecordWithData:
    """Return one record with its data, as far as the caller may see it. The read is recorded."""
    await _submission(means, principal, submission_id)
    async with means.work(context_of(principal)) as work:
        one = await work.staging.one(submission_id, record_id)
        note_read(
            work,
            principal,
            means,
            operation="get_submission_record",
            resource_type="staged_record",
            resource_id=record_id,
            rows=1,
        )
    response.headers["ETag"] = etag_of(one.version)
    return _with_data(one, means, principal)


@router.patch("/v1/submissions/{submission_id}/records/{record_id}")
async def correct_record(
    submission_id: UUID,
    record_id: UUID,
    body: RecordPatch,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("correct_record"))],
    version: Annotated[int, Depends(if_match)],
) -> RecordWithData:
    """Correct a record in quarantine by a JSON merge patch; it is checked again, whole."""
    command = CorrectRecord(
        submission_id=submission_id,
        record_id=record_id,
        ukprn=provider_of(principal),
        version=version,
        patch=body.data,
    )
    async with means.work(context_of(principal)) as work:
        one = await correct(command, work=work, indexes=means.indexes)
    response.headers["ETag"] = etag_of(one.version)
    return _with_data(one, means, principal)


@router.post("/v1/submissions/{submission_id}/records/{record_id}/rejection", status_code=204)
async def reject_record(
    submission_id: UUID,
    record_id: UUID,
    body: RejectionIn,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("reject_record"))],
    key: Annotated[IdempotencyKey, Depends(idempotency_key)],
) -> None:
    """Reject a record in quarantine. Rejecting one of two duplicates releases the other."""
    command = RejectRecord(
        submission_id=submission_id,
        record_id=record_id,
        ukprn=provider_of(principal),
        actor=principal.subject,
        reason=body.reason,
    )
    async with means.work(context_of(principal)) as work:
        if await work.replay_or_claim(key) is None:
            await reject(command, work=work, clock=means.clock)
            await work.store_outcome(
                StoredOutcome(status=204, resource_id=str(record_id), etag=None, location=None)
            )


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
    context = context_of(principal)
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


@router.get("/v1/submissions/{submission_id}/outcomes", response_class=StreamingResponse)
async def list_submission_outcomes(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_submission_outcomes"))],
) -> StreamingResponse:
    """Stream what became of every record, in file order, as NDJSON."""
    await _submission(means, principal, submission_id)

    async def lines() -> AsyncIterator[bytes]:
        async for one in _all_records(means, principal, submission_id):
            yield orjson.dumps(
                {
                    "position": one.position,
                    "learn_ref_number": one.learn_ref_number,
                    "outcome": _outcome(one),
                    "state": one.state,
                    "reasons": one.reasons,
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.get("/v1/submissions/{submission_id}/errors", response_class=StreamingResponse)
async def get_submission_errors(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_submission_errors"))],
) -> StreamingResponse:
    """Stream what is wrong with each quarantined record as CSV: one line for each fault."""
    await _submission(means, principal, submission_id)

    async def lines() -> AsyncIterator[str]:
        yield _csv_line(["position", "learn_ref_number", "reason", "field", "code", "message"])
        async for one in _all_records(
            means, principal, submission_id, state=RecordState.QUARANTINED
        ):
            explained = {fault["reason"] for fault in one.faults}
            for fault in one.faults:
                yield _csv_line(
                    [
                        one.position,
                        one.learn_ref_number,
                        fault["reason"],
                        fault["pointer"],
                        fault["code"],
                        fault["message"],
                    ]
                )
            for reason in one.reasons:
                if reason not in explained:
                    yield _csv_line([one.position, one.learn_ref_number, reason, "", reason, ""])

    return StreamingResponse(lines(), media_type="text/csv")


@router.get("/v1/submissions/{submission_id}/missing")
async def list_missing(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_missing"))],
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page[MissingOut]:
    """List live learners whom the file does not name. An absence changes nothing by itself."""
    secret = cursor_key(means.cursor_secret, listing="missing")
    after = None if cursor is None else str(decode_cursor(cursor, key=secret)[0])
    one = await _submission(means, principal, submission_id)
    async with means.work(context_of(principal)) as work:
        found = await work.staging.absent_learners(
            submission_id, ukprn=one.ukprn, after=after, limit=limit + 1
        )
    following = encode_cursor([found[limit - 1][0]], key=secret) if len(found) > limit else None
    return Page(
        items=[MissingOut(learner_id=row[1], learn_ref_number=row[0]) for row in found[:limit]],
        next=following,
    )


async def _submission(means: Means, principal: Principal, submission_id: UUID) -> Submission:
    async with means.work(context_of(principal)) as work:
        return await work.submissions.get(
            submission_id, ukprn=provider_of(principal), partner=partner_of(principal)
        )


async def _shown(
    request: Request, means: Means, principal: Principal, submission_id: UUID
) -> SubmissionOut:
    async with means.work(context_of(principal)) as work:
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


async def _all_records(
    means: Means, principal: Principal, submission_id: UUID, *, state: str | None = None
) -> AsyncIterator[StagedRecord]:
    after: int | None = None
    while True:
        async with means.work(context_of(principal)) as work:
            page = await work.staging.page(
                submission_id, after=after, limit=STREAM_PAGE, state=state
            )
        for one in page:
            yield one
        if len(page) < STREAM_PAGE:
            return
        after = page[-1].position


def _with_data(one: StagedRecord, means: Means, principal: Principal) -> RecordWithData:
    data, withheld = visible_part(one.data, policy=means.policy, principal=principal)
    return RecordWithData.of(one, data=data, withheld=withheld)  # type: ignore[return-value]


def _outcome(one: StagedRecord) -> Literal["accepted", "quarantined"]:
    return "quarantined" if one.reasons else "accepted"


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


def _csv_line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
